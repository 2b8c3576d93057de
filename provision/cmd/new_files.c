/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making a guest's files: template, image, extracted kernel, cfg; all as drafts, then published at once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/progress.h"
#include "cmd/new.h"
#include "guest/bootcfg.h"
#include "guest/host.h"
#include "guest/identity.h"
#include "guest/xlcfg.h"
#include "image/image.h"
#include "template/payload.h"
#include "template/template.h"

void new_files_init(struct new_files *files)
{
	*files = (struct new_files){
		.image = BD_DRAFT_INIT, .kernel = BD_DRAFT_INIT, .ramdisk = BD_DRAFT_INIT, .cfg = BD_DRAFT_INIT
	};
}

void new_files_dispose(struct new_files *files)
{
	bd_draft_dispose(&files->cfg);
	bd_draft_dispose(&files->ramdisk);
	bd_draft_dispose(&files->kernel);
	bd_draft_dispose(&files->image);
}

/* Better said now than by a guest that hangs in GRUB. */
static int check_kernel(const struct new_job *job, const struct bd_template *template, struct bd_error *err)
{
	const struct bd_node *kernel = NULL;

	if (template->kernel_path && job->guest.type == BD_GUEST_PV && job->guest.boot == BD_BOOT_PVGRUB)
		kernel = bd_tree_find(&template->tree, template->kernel_path);
	if (!kernel || !kernel->host_path)
		return 0;
	return bd_payload_check_pv_grub(kernel->host_path, err) == 0 ? 0 : bd_wrap(err, "--boot pvgrub");
}

/* Template, boot configuration and identity become one tree. */
static int fill_tree(const struct new_job *job, struct bd_template *template, struct bd_grub *grub,
		     struct bd_error *err)
{
	const bool legacy = job->boot_sector == BD_BOOT_SECTOR_GRUB_LEGACY;

	if (bd_template_open(job->template, template, err) != 0 || check_kernel(job, template, err) != 0)
		return -1;
	if (bd_bootcfg_add(&job->guest, template->kernel_path, template->initramfs_path, legacy, &template->tree,
			   err) != 0)
		return -1;
	/* An empty disk stays empty but for what makes it bootable. */
	if (template->kernel_path && bd_identity_add(&job->guest, &template->tree, err) != 0)
		return -1;
	if (job->boot_sector == BD_BOOT_SECTOR_GRUB2)
		return bd_grub2_prepare(&job->plan, grub, &template->tree, err);
	return legacy ? bd_grub_legacy_add_stages(&template->tree, err) : 0;
}

static void fill_label(const char *name, char label_out[17])
{
	/* The first part of the name: what of it fits into a label. */
	size_t length = strcspn(name, ".");
	if (length > 16)
		length = 16;
	memcpy(label_out, name, length);
	label_out[length] = '\0';
}

static int write_image(const struct new_job *job, const struct bd_template *template, const struct bd_grub *grub,
		       struct new_files *files, struct bd_error *err)
{
	struct bd_image_spec spec = { .plan = &job->plan,
				      .boot_sector = job->boot_sector,
				      .grub = grub,
				      .tree = &template->tree,
				      .disk_signature = job->disk_signature };

	memcpy(spec.swap_uuid, job->guest.swap_uuid, sizeof(spec.swap_uuid));
	memcpy(spec.ext3.uuid, job->guest.root_uuid, sizeof(spec.ext3.uuid));
	memcpy(spec.ext3.hash_seed, job->hash_seed, sizeof(spec.ext3.hash_seed));
	spec.ext3.now = time(NULL);
	fill_label(job->guest.name, spec.ext3.label);

	/* A guest's disk is nobody else's to read: 0600, whatever the umask. */
	if (bd_draft_open(job->image_path, 0600, &files->image, err) != 0)
		return -1;
	if (bd_image_write(files->image.fd, files->image.work_path, &spec, bd_progress_update, &files->geometry,
			   err) != 0)
		return bd_wrap(err, "cannot make %s", job->image_path);
	return 0;
}

/* So that an unprivileged pygrub can read it. */
static int share_image(struct new_job *job, struct bd_draft *image, struct bd_error *err)
{
	if (!job->guest.restrict_bootloader || bd_host_let_bootloader_read(image->fd, err) == 0)
		return 0;
	if (err->code != ENOTSUP)
		return bd_wrap(err, "%s", job->image_path);
	bd_warn("the filesystem of %s has no ACLs, so pygrub will read the guest's disk as root", job->image_path);
	job->guest.restrict_bootloader = false;
	return 0;
}

static int extract(const struct new_job *job, struct new_files *files, const char *guest_path, const char *path,
		   struct bd_draft *draft, struct bd_error *err)
{
	const struct bd_region *root = bd_plan_find(&job->plan, BD_REGION_ROOT);

	if (bd_draft_open(path, 0600, draft, err) != 0)
		return -1;
	return bd_ext3_read_file(files->image.work_path, bd_region_start_bytes(root), guest_path, draft->fd, err);
}

static int extract_kernel(const struct new_job *job, const struct bd_template *template, struct new_files *files,
			  struct bd_error *err)
{
	if (job->guest.boot != BD_BOOT_DIRECT)
		return 0;
	if (extract(job, files, template->kernel_path, job->kernel_path, &files->kernel, err) != 0)
		return -1;
	if (!template->initramfs_path)
		return 0;
	files->has_ramdisk = true;
	return extract(job, files, template->initramfs_path, job->ramdisk_path, &files->ramdisk, err);
}

int new_cfg_text(const struct new_job *job, bool has_ramdisk, char **text_out, struct bd_error *err)
{
	char cmdline[BD_CMDLINE_SIZE];
	struct bd_xlcfg_files files = { .image = job->image_path, .kernel = job->kernel_path };

	if (job->guest.boot == BD_BOOT_DIRECT) {
		bd_kernel_cmdline(&job->guest, cmdline);
		files.cmdline = cmdline;
		files.ramdisk = has_ramdisk ? job->ramdisk_path : NULL;
	}
	return bd_xlcfg_format(&job->guest, &files, text_out, err);
}

static int write_cfg(const struct new_job *job, struct new_files *files, struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (new_cfg_text(job, files->has_ramdisk, &text, err) != 0 ||
	    bd_draft_open(job->cfg_path, 0644, &files->cfg, err) != 0)
		return -1;
	return bd_pwrite_all(files->cfg.fd, text, strlen(text), 0, job->cfg_path, err);
}

static uint64_t content_bytes(const struct bd_tree *tree)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < tree->count; i++) {
		struct stat there;
		if (tree->nodes[i].host_path && stat(tree->nodes[i].host_path, &there) == 0)
			bytes += (uint64_t)there.st_size;
		else
			bytes += tree->nodes[i].size_bytes;
	}
	return bytes;
}

static int sync_all(struct new_files *files, struct bd_error *err)
{
	struct bd_draft *const drafts[] = { &files->image, &files->kernel, &files->ramdisk, &files->cfg };

	for (size_t i = 0; i < sizeof(drafts) / sizeof(*drafts); i++)
		if (drafts[i]->fd >= 0 && bd_draft_sync(drafts[i], err) != 0)
			return -1;
	return bd_cancel_check(err);
}

int new_files_make(struct new_job *job, struct new_files *files, struct bd_error *err)
{
	BD_DISPOSE(bd_template_dispose) struct bd_template template;
	BD_DISPOSE(bd_grub_dispose) struct bd_grub grub;

	bd_template_init(&template);
	bd_grub_init(&grub);
	bd_progress_stage("preparing the template", 0);
	if (fill_tree(job, &template, &grub, err) != 0 || bd_cancel_check(err) != 0)
		return -1;
	files->has_kernel = template.kernel_path != NULL;

	bd_progress_stage("writing the disk image", content_bytes(&template.tree));
	if (write_image(job, &template, &grub, files, err) != 0 || bd_cancel_check(err) != 0)
		return -1;
	if (extract_kernel(job, &template, files, err) != 0 || share_image(job, &files->image, err) != 0 ||
	    write_cfg(job, files, err) != 0)
		return -1;

	bd_progress_stage("flushing it to the disk", 0);
	return sync_all(files, err);
}

/* The cfg comes last: while it is missing there is no guest. Names in one folder reach the disk in the order in which
 * they were made; across folders the first has to be flushed before the second name is given. */
static int publish(struct new_files *files, struct bd_error *err)
{
	struct bd_draft *const drafts[] = { &files->image, &files->kernel, &files->ramdisk };

	for (size_t i = 0; i < sizeof(drafts) / sizeof(*drafts); i++)
		if (drafts[i]->fd >= 0 && bd_draft_publish(drafts[i], err) != 0)
			return -1;
	if (!bd_draft_same_folder(&files->image, &files->cfg) && bd_draft_sync_folder(&files->image, err) != 0)
		return -1;
	return bd_draft_publish(&files->cfg, err) != 0 ? -1 : bd_draft_sync_folder(&files->cfg, err);
}

int new_files_publish(struct new_files *files, struct bd_error *err)
{
	if (publish(files, err) == 0)
		return 0;
	new_files_retract(files);
	return -1;
}

void new_files_retract(struct new_files *files)
{
	bd_draft_retract(&files->cfg);
	bd_draft_retract(&files->ramdisk);
	bd_draft_retract(&files->kernel);
	bd_draft_retract(&files->image);
}
