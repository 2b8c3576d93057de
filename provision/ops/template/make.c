/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every template is created in the same steps: write the content, detect the system, check that a guest fits,
 * publish. */
#include "ops/template/make.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/lock.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "base/text.h"
#include "initramfs/lack.h"
#include "ops/template/fit.h"
#include "rootfs/detect.h"
#include "rootfs/sealed_root.h"
#include "template/store_folder.h"
#include "template/writer/whole_disk.h"

/* mkdir -p; each folder as the umask wants it, and readable: what is private is so by its own folder. */
static int make_store(const char *path, struct bd_error *err)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = part + 1;; slash++) {
		slash = strchrnul(slash, '/');
		char kept = *slash;
		*slash = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return bd_fail_errno(err, "cannot create the template directory %s", part);
		*slash = kept;
		if (!kept)
			return 0;
	}
}

static int write_manifest(int folder_fd, struct bd_manifest *manifest, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	BD_CLOSE int fd = openat(folder_fd, BD_STORE_MANIFEST, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		return bd_fail_errno(err, "cannot write the template's manifest");
	if (bd_manifest_format(manifest, &text, err) != 0 ||
	    bd_pwrite_all(fd, text, strlen(text), 0, "the template's manifest", err) != 0)
		return -1;
	if (fsync(fd) != 0)
		return bd_fail_errno(err, "cannot write the template's manifest to the disk");
	return 0;
}

static void take_totals(struct bd_manifest *manifest, const struct bd_sealed_writer_totals *totals,
			const struct bd_sealed *sealed)
{
	manifest->inodes = totals->inodes;
	manifest->directories = totals->directories;
	manifest->content_bytes = totals->content_bytes;
	manifest->payload_bytes = totals->payload_bytes;
	manifest->block_bytes = BD_SEALED_BLOCK_BYTES;
	manifest->tree.size_bytes = sealed->end_at;
	manifest->payload.size_bytes = totals->payload_bytes;
	strcpy(manifest->tree.blake2b, totals->tree_checksum);
	strcpy(manifest->payload.blake2b, totals->payload_checksum);
}

static void take_options(struct bd_manifest *manifest, const struct bd_template_options *options)
{
	if (options->description)
		bd_copy_text(manifest->description, sizeof(manifest->description), options->description);
	if (options->has_network)
		bd_system_set_network(&manifest->system, options->network);
	manifest->system.unique_machine_id |= options->unique_machine_id;
	if (options->own_grub_cfg)
		bd_system_keep_grub_cfg(&manifest->system);
}

int bd_template_form_parse(const char *text, enum bd_sealed_writer_form *form_out, struct bd_error *err)
{
	bool root = strcmp(text, "root") == 0;

	if (!root && strcmp(text, "disk") != 0)
		return bd_usage(err, "must be root or disk, not \"%.40s\"", text);
	*form_out = root ? BD_SEALED_WRITER_ROOT : BD_SEALED_WRITER_DISK;
	return 0;
}

/* A disk is taken as it is. */
static int check_disk_options(const struct bd_template_options *options, struct bd_error *err)
{
	if (options->has_network || options->unique_machine_id || options->own_grub_cfg)
		return bd_usage(
			err,
			"it becomes a template of a whole disk, in which nothing is changed: network, machine-id and "
			"grub.cfg can be chosen for a root filesystem only");
	return 0;
}

/* sealed_out stays empty where it is a whole disk. */
static int complete(struct bd_sealed_writer *writer, const char *source_name,
		    const struct bd_template_options *options, struct bd_manifest *manifest,
		    struct bd_sealed *sealed_out, struct bd_error *err)
{
	struct bd_sealed_writer_totals totals;

	if (bd_sealed_writer_has_disk(writer))
		return check_disk_options(options, err) == 0 ? bd_sealed_writer_finish_disk(writer, manifest, err)
							     : -1;
	if (options->form == BD_SEALED_WRITER_DISK)
		return bd_usage(err, "%s is no disk image, and cannot be taken as a whole disk", source_name);
	if (bd_sealed_writer_finish(writer, sealed_out, &totals, err) != 0 ||
	    bd_system_detect(sealed_out, &manifest->system, err) != 0)
		return -1;
	const struct bd_root_reader root = bd_sealed_root_reader(sealed_out);
	if (bd_initramfs_look(&root, &manifest->system, err) != 0)
		return -1;
	take_totals(manifest, &totals, sealed_out);
	return 0;
}

static int publish(int store_fd, const char *name, bool shared, struct bd_sealed_writer *writer,
		   struct bd_manifest *manifest, struct bd_error *err)
{
	BD_DISPOSE(bd_store_folder_dispose) struct bd_store_folder folder = { .fd = -1 };

	/* A root filesystem has secrets in it (/etc/shadow), so the folder is closed to others. */
	if (bd_store_folder_make(store_fd, name, shared ? 0755 : 0700, &folder, err) != 0)
		return -1;
	if (bd_sealed_writer_publish(writer, folder.fd, err) != 0 || write_manifest(folder.fd, manifest, err) != 0 ||
	    bd_cancel_check(err) != 0)
		return -1;
	return bd_store_folder_publish(&folder, name, err);
}

static int write_and_publish(int store_fd, const struct bd_store *store, const struct bd_template_options *options,
			     const char *source_kind, bd_template_fill fill, void *context,
			     struct bd_manifest *manifest, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_writer_free) struct bd_sealed_writer *writer = NULL;
	BD_DISPOSE(bd_sealed_dispose) struct bd_sealed sealed;
	uint64_t limit_bytes = options->limit_bytes ? options->limit_bytes : BD_TEMPLATE_LIMIT_BYTES;

	bd_sealed_init(&sealed);
	if (bd_sealed_writer_begin(store->path, limit_bytes, &writer, err) != 0)
		return -1;
	bd_sealed_writer_set_form(writer, options->form);
	if (options->limit_bytes)
		bd_sealed_writer_allow_any_growth(writer);
	if (fill(context, writer, err) != 0)
		return -1;
	bd_progress_stage("completing it", 0);
	if (bd_cancel_check(err) != 0 ||
	    complete(writer, manifest->source_name, options, manifest, &sealed, err) != 0)
		return -1;
	bd_copy_text(manifest->source_kind, sizeof(manifest->source_kind), source_kind);
	if (options->source_digest)
		bd_copy_text(manifest->source_digest, sizeof(manifest->source_digest), options->source_digest);
	take_options(manifest, options);
	if (manifest->kind == BD_TEMPLATE_ROOT && bd_template_check_fit(&sealed, &manifest->system, err) != 0)
		return -1;
	return publish(store_fd, manifest->name, options->shared, writer, manifest, err);
}

static int check_free(const char *path, struct bd_error *err)
{
	struct stat there;

	if (lstat(path, &there) != 0)
		return 0;
	return bd_exists(err, "%s already exists and was not changed", path);
}

/* The folder, or that which it would be made in. */
static int check_store(const struct bd_store *store, struct bd_error *err)
{
	char part[PATH_MAX];
	BD_CLOSE int fd = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		return bd_fail_errno(err, "cannot open the template directory %s", store->path);
	if (fd >= 0 && bd_store_check_trust(store, fd, store->path, "template directory", err) != 0)
		return -1;
	snprintf(part, sizeof(part), "%s", store->path);
	while (faccessat(AT_FDCWD, *part ? part : "/", W_OK | X_OK, AT_EACCESS) != 0) {
		char *slash = strrchr(part, '/');
		if (errno != ENOENT || !*part)
			return bd_fail_errno(err, "cannot make a template in %s", store->path);
		if (slash)
			*slash = '\0';
		else
			strcpy(part, strcmp(part, ".") == 0 ? "" : ".");
	}
	return 0;
}

int bd_template_plan_make(const struct bd_store *store, const char *name, struct bd_template_plan *plan_out,
			  struct bd_error *err)
{
	if (bd_store_check_name(name, err) != 0 || check_store(store, err) != 0)
		return -1;
	snprintf(plan_out->name, sizeof(plan_out->name), "%s", name);
	snprintf(plan_out->path, sizeof(plan_out->path), "%s/%s", store->path, name);
	return check_free(plan_out->path, err);
}

int bd_template_make(const struct bd_store *store, const char *name, const char *source_kind, const char *source_name,
		     const struct bd_template_options *options, bd_template_fill fill, void *context,
		     struct bd_manifest *manifest_out, struct bd_error *err)
{
	char path[PATH_MAX + BD_TEMPLATE_NAME_SIZE];
	struct bd_manifest manifest = { .name = "" };
	BD_CLOSE int store_fd = -1;
	BD_CLOSE int lock_fd = -1;

	if (bd_store_check_name(name, err) != 0 || bd_manifest_set_created(&manifest, err) != 0 ||
	    make_store(store->path, err) != 0)
		return -1;
	store_fd = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store_fd < 0)
		return bd_fail_errno(err, "cannot open the template directory %s", store->path);
	if (bd_store_check_trust(store, store_fd, store->path, "template directory", err) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/%s", store->path, name);
	if (bd_lock(path, &lock_fd, err) != 0 || check_free(path, err) != 0)
		return -1;
	bd_store_sweep(store_fd);
	strcpy(manifest.name, name);
	bd_copy_text(manifest.source_name, sizeof(manifest.source_name), source_name);
	if (write_and_publish(store_fd, store, options, source_kind, fill, context, &manifest, err) != 0)
		return -1;
	*manifest_out = manifest;
	return 0;
}
