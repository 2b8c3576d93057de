/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates a guest's files: template, image, extracted kernel, config; all as drafts, then published at once. */
#include "ops/create/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "base/random.h"
#include "disk/facts.h"
#include "disk/grub_legacy.h"
#include "disk/grub_mkimage.h"
#include "disk/image.h"
#include "guest/bootcfg.h"
#include "guest/create_request.h"
#include "guest/identity.h"
#include "guest/kernel_hooks.h"
#include "inside/read_file.h"
#include "ops/create/disks.h"
#include "ops/create/mounts.h"
#include "ops/create/prepared.h"
#include "ops/create/prepared_volume.h"
#include "ops/create/room.h"
#include "ops/create/seed.h"
#include "ops/create/whole_disk.h"
#include "ops/host/host.h"
#include "ops/template/open.h"
#include "recipes/embedded.h"
#include "rootfs/sealed_root.h"
#include "selinux/label_tree.h"
#include "xlcfg/write.h"

void create_files_dispose(struct create_files *files)
{
	bd_atomic_file_dispose(&files->cfg);
	bd_atomic_file_dispose(&files->ramdisk);
	bd_atomic_file_dispose(&files->kernel);
	bd_atomic_file_dispose(&files->seed);
	for (size_t i = 0; i < files->disk_count; i++)
		bd_atomic_file_dispose(&files->disks[i]);
	free(files->disks);
	files->disks = NULL;
	files->disk_count = 0;
	bd_atomic_file_dispose(&files->image);
	bd_device_dispose(&files->device);
	create_volume_dispose(&files->volume);
}

static bool has_own_grub_cfg(const struct bd_template *template)
{
	const struct bd_system *system = bd_template_system(template);

	return system && system->own_grub_cfg;
}

/* Better said now than by a guest that does not come up. */
static int check_kernel(const struct create_job *job, const struct bd_template *template, struct bd_error *err)
{
	bool takes_kernel = job->start && job->guest.type != BD_GUEST_HVM;
	uint64_t memory_bytes;

	if (takes_kernel && bd_template_pack(template) && !template->kernel_path && !has_own_grub_cfg(template)) {
		bd_fail(err, EINVAL, "the template %s has no kernel in /boot, so the guest cannot be started",
			template->name);
		return bd_set_field(err, BD_FIELD_START);
	}
	if (bd_template_memory_bytes(template, &memory_bytes, err) != 0 ||
	    (!job->only_disk && create_check_memory(template->name, memory_bytes, job->guest.memory_mib, err) != 0))
		return -1;
	if (job->guest.boot == BD_BOOT_DIRECT && !template->kernel_path) {
		bd_fail(err, EINVAL, "direct needs a kernel, and the template %s has none in /boot", template->name);
		return bd_set_field(err, BD_FIELD_BOOT);
	}
	if (job->guest.type != BD_GUEST_PV || job->guest.boot != BD_BOOT_PVGRUB)
		return 0;
	return bd_template_check_pv_grub(template, err) == 0 ? 0 : bd_set_field(err, BD_FIELD_BOOT);
}

/* A name without a version stays when the kernel behind it is replaced. */
static bool has_version(const char *kernel_path)
{
	const char *dash = strchr(kernel_path, '-');

	return dash && dash[1] >= '0' && dash[1] <= '9';
}

/* Which kernel is booted is the guest's own affair from now on. */
static int add_hooks(const struct create_job *job, struct bd_template *template, struct bd_error *err)
{
	const struct bd_root_reader root = bd_sealed_root_reader(bd_template_pack(template));
	const struct bd_overlay overlay = { .root = &root, .tree = &template->tree };
	bool added;

	if (bd_kernel_hooks_add(bd_embedded_text("boot-entries"), &overlay, &added, err) != 0)
		return -1;
	if (job->guest.boot == BD_BOOT_DIRECT) {
		bd_warn("%s boots %s, a copy in dom0, whatever kernel is installed in it later: replace the copy after an "
			"upgrade, or boot by pygrub or bigdisk",
			job->guest.name, job->kernel_path);
		return 0;
	}
	if (!added && template->kernel_path && has_version(template->kernel_path))
		bd_warn("%s boots %s until its /boot/grub/grub.cfg is edited: the template %s has no kernel hooks that are known, so nothing updates the file after a kernel upgrade",
			job->guest.name, template->kernel_path, template->name);
	return 0;
}

static int add_bootcfg(const struct create_job *job, struct bd_template *template, struct bd_error *err)
{
	if (has_own_grub_cfg(template) && job->guest.append && job->guest.boot != BD_BOOT_DIRECT)
		return bd_usage_field(err, BD_FIELD_APPEND,
				      "the template %s has a grub.cfg of its own, which is not changed",
				      template->name);
	if (has_own_grub_cfg(template))
		return 0;
	if (bd_bootcfg_add(&job->guest, template->kernel_path, template->initramfs_path,
			   job->boot_sector == BD_BOOT_SECTOR_GRUB_LEGACY, &template->tree, err) != 0)
		return -1;
	return bd_template_pack(template) ? add_hooks(job, template, err) : 0;
}

/* Of what has all of its files by now. */
static int add_labels(const struct create_job *job, const struct bd_sealed *sealed, struct bd_tree *tree,
		      struct bd_error *err)
{
	const struct bd_root_reader root = bd_sealed_root_reader(sealed);

	return bd_selinux_label_tree(&(struct bd_overlay){ .root = &root, .tree = tree }, job->guest.name, err);
}

/* Template, boot configuration and identity become one tree; over a sealed template it is what is laid over that. */
static int fill_tree(const struct create_job *job, struct bd_template *template, struct bd_grub *grub,
		     struct bd_identity_result *identity_out, struct bd_error *err)
{
	if (bd_template_open(job->template, job->templates, template, err) != 0 ||
	    create_mounts_add_points(job, template, err) != 0)
		return -1;
	const struct bd_sealed *sealed = bd_template_pack(template);
	if (check_kernel(job, template, err) != 0 || add_bootcfg(job, template, err) != 0)
		return -1;
	/* An empty disk stays empty but for what makes it bootable. */
	if ((sealed || template->kernel_path) &&
	    bd_identity_apply(&job->identity, &job->guest, bd_template_system(template), sealed, &template->tree,
			      identity_out, err) != 0)
		return -1;
	int r = 0;
	if (job->boot_sector == BD_BOOT_SECTOR_GRUB2)
		r = bd_grub2_prepare(&job->plan, has_own_grub_cfg(template), grub, &template->tree, err);
	else if (job->boot_sector == BD_BOOT_SECTOR_GRUB_LEGACY)
		r = bd_grub_legacy_add_stages(&template->tree, err);
	if (r != 0 && (err->code == ENOPKG || err->code == EFBIG)) /* not installed, or too large for the layout */
		return bd_set_field(err, BD_FIELD_BOOT_SECTOR);
	return r == 0 && sealed ? add_labels(job, sealed, &template->tree, err) : r;
}

int create_files_try(const struct create_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_template_dispose) struct bd_template template;
	BD_DISPOSE(bd_grub_dispose) struct bd_grub grub = { 0 };
	struct bd_identity_result identity = { 0 };

	bd_template_init(&template);
	return fill_tree(job, &template, &grub, &identity, err);
}

int create_files_disk_fd(const struct create_files *files)
{
	return files->device.fd >= 0 ? files->device.fd : files->image.fd;
}

const char *create_files_disk_path(const struct create_files *files)
{
	return files->device.fd >= 0 ? files->device.work_path : files->image.work_path;
}

/* A guest's disk is nobody else's to read: 0600, whatever the umask. Nothing of a device's former owner is left for the
 * guest to read. */
static int open_disk(const struct create_job *job, const struct create_volume_content *content,
		     struct create_files *files, struct bd_error *err)
{
	if (create_makes_volume(job))
		return create_volume_make(job, content, &files->volume, &files->device, err);
	if (!job->on_device)
		return bd_atomic_file_open(job->image_path, 0600, &files->image, err);
	bd_progress_stage("clearing the device", files->device.size_bytes);
	return bd_device_clear(&files->device, bd_progress_update, err);
}

/* When the template was sealed. */
static int64_t created_s(const struct bd_template *template)
{
	struct tm when = { 0 };

	if (!bd_template_pack(template) || !strptime(template->stored.manifest.created, "%Y-%m-%dT%H:%M:%S", &when))
		return 1;
	return timegm(&when);
}

static int fill_spec(const struct create_job *job, const struct bd_template *template,
		     const struct create_mounts *mounts, const struct bd_grub *grub, struct bd_image_spec *spec_out,
		     struct bd_error *err)
{
	struct bd_image_spec spec = { .plan = &job->plan,
				      .boot_sector = job->boot_sector,
				      .grub = grub,
				      .base = create_mounts_root(mounts, template),
				      .base_time = created_s(template),
				      .prepared_fd = -1,
				      .tree = &template->tree,
				      .disk_signature = job->guest.disk_signature,
				      .on_device = job->on_device };

	memcpy(spec.swap_uuid, job->guest.swap_uuid, sizeof(spec.swap_uuid));
	spec.ext3.type = job->guest.fs_type;
	memcpy(spec.ext3.uuid, job->guest.root_uuid, sizeof(spec.ext3.uuid));
	memcpy(spec.ext3.hash_seed, job->hash_seed, sizeof(spec.ext3.hash_seed));
	bd_guest_disk_label(job->guest.name, spec.ext3.label);
	for (size_t i = 0; i < job->guest.disks.partition_count; i++) {
		const struct create_mount *mount = &mounts->items[BD_FURTHER_DISKS_MAX + i];
		const struct bd_guest_disk *partition = &job->guest.disks.items[BD_FURTHER_DISKS_MAX + i];
		spec.mounts[i] = (struct bd_image_mount){ .path = partition->mount,
							  .base = create_mount_base(mount),
							  .tree = &mount->tree };
		memcpy(spec.mounts[i].uuid, partition->uuid, sizeof(spec.mounts[i].uuid));
	}
	if (bd_now(&spec.ext3.now, err) != 0)
		return -1;
	*spec_out = spec;
	return 0;
}

static int write_image(const struct create_job *job, const struct bd_template *template, struct bd_image_spec *spec,
		       struct create_files *files, struct bd_error *err)
{
	BD_CLOSE int prepared_fd = -1;

	if (create_open_prepared(job, template, files->image.fd, spec->base_time, &prepared_fd, err) != 0)
		return -1;
	spec->prepared_fd = prepared_fd;
	bd_progress_stage("writing the disk image", bd_template_content_bytes(template));
	return bd_image_write(create_files_disk_fd(files), create_files_disk_path(files), spec, bd_progress_update,
			      &files->geometry, err);
}

static int open_cfg(const struct create_job *job, struct create_files *files, struct bd_error *err)
{
	return job->only_disk ? 0 : bd_atomic_file_open(job->cfg_path, 0644, &files->cfg, err);
}

/* A folder that cannot be written, or a template that does not fit, is no reason to lose what is on a device. */
static int make_disk(const struct create_job *job, const struct bd_template *template,
		     const struct create_mounts *mounts, const struct bd_grub *grub, struct create_files *files,
		     struct bd_error *err)
{
	char prepared[BD_VOLUME_NAME_SIZE];
	struct create_volume_content content = { .origin = NULL };
	struct bd_image_spec spec;

	if (open_cfg(job, files, err) != 0 || fill_spec(job, template, mounts, grub, &spec, err) != 0 ||
	    create_prepared_volume(job, template, spec.base_time, prepared, &spec.clone_layout, err) != 0)
		return -1;
	spec.is_clone = prepared[0] != '\0';
	content.origin = spec.is_clone ? prepared : NULL;
	if ((files->device.fd >= 0 && bd_image_check_fit(create_files_disk_path(files), &spec, err) != 0) ||
	    open_disk(job, &content, files, err) != 0 || write_image(job, template, &spec, files, err) != 0)
		return bd_wrap(err, "cannot make %s", job->image_path);
	return bd_cancel_check(err);
}

/* So that an unprivileged pygrub can read it. */
static int share_image(struct create_job *job, struct bd_atomic_file *image, struct bd_error *err)
{
	if (!job->guest.restrict_bootloader || bd_host_let_bootloader_read(image->fd, err) == 0)
		return 0;
	if (err->code != ENOTSUP)
		return bd_wrap(err, "%s", job->image_path);
	bd_warn("the filesystem of %s does not support ACLs; pygrub will read the guest's disk as root",
		job->image_path);
	job->guest.restrict_bootloader = false;
	return 0;
}

/* The template was made by others. */
static int extract(const struct create_files *files, const char *guest_path, const char *path,
		   struct bd_atomic_file *draft, struct bd_error *err)
{
	if (bd_atomic_file_open(path, 0600, draft, err) != 0)
		return -1;
	return bd_inside_copy_file(create_files_disk_fd(files), 0, guest_path, draft->fd, err);
}

static int extract_kernel(const struct create_job *job, const struct bd_template *template,
			  struct create_files *files, struct bd_error *err)
{
	if (job->guest.boot != BD_BOOT_DIRECT)
		return 0;
	if (extract(files, template->kernel_path, job->kernel_path, &files->kernel, err) != 0)
		return -1;
	if (!template->initramfs_path)
		return 0;
	files->has_ramdisk = true;
	return extract(files, template->initramfs_path, job->ramdisk_path, &files->ramdisk, err);
}

int create_cfg_text(const struct create_job *job, bool has_ramdisk, char **text_out, struct bd_error *err)
{
	char cmdline[BD_CMDLINE_SIZE];
	struct bd_xlcfg_files files = { .image = job->image_path,
					.disks = job->disk_paths,
					.seed = job->seed_path,
					.kernel = job->kernel_path,
					.template = job->template,
					.fleet = job->fleet,
					.is_windows = job->whole_disk.is_windows,
					.never_reports = job->never_reports };

	if (job->guest.boot == BD_BOOT_DIRECT) {
		bd_kernel_cmdline(&job->guest, has_ramdisk, cmdline);
		files.cmdline = cmdline;
		files.ramdisk = has_ramdisk ? job->ramdisk_path : NULL;
	}
	return bd_xlcfg_format(&job->guest, &files, text_out, err);
}

static int write_cfg(const struct create_job *job, struct create_files *files, struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (job->only_disk)
		return 0;
	if (create_cfg_text(job, files->has_ramdisk, &text, err) != 0)
		return -1;
	return bd_pwrite_all(files->cfg.fd, text, strlen(text), 0, job->cfg_path, err);
}

static void mark(int fd, bool unfinished, const struct timespec *times)
{
	if (fd < 0)
		return;
	bd_disk_mark_unfinished(fd, unfinished);
	/* Where that fails, they are a guest's own, which is the safe side. */
	if (times)
		futimens(fd, times);
}

/* By the mark and the time, which are those of all, they are known as never used (ops/guest/leftover.h). */
static void mark_unfinished(struct create_files *files, bool unfinished)
{
	bool has_several = files->seed.fd >= 0 || files->disk_count;
	struct timespec now[2];

	clock_gettime(CLOCK_REALTIME, &now[0]);
	now[1] = now[0];
	const struct timespec *times = unfinished && has_several ? now : NULL;
	mark(files->image.fd, unfinished, times);
	mark(files->seed.fd, unfinished, times);
	mark(files->kernel.fd, unfinished, NULL);
	mark(files->ramdisk.fd, unfinished, NULL);
	for (size_t i = 0; i < files->disk_count; i++)
		mark(files->disks[i].fd, unfinished, times);
}

int create_files_sync(struct create_files *files, struct bd_error *err)
{
	struct bd_atomic_file *const drafts[] = { &files->image, &files->seed, &files->kernel, &files->ramdisk,
						  &files->cfg };

	bd_progress_stage("flushing it to the disk", 0);
	mark_unfinished(files, true);
	for (size_t i = 0; i < sizeof(drafts) / sizeof(*drafts); i++)
		if (drafts[i]->fd >= 0 && bd_atomic_file_sync(drafts[i], err) != 0)
			return -1;
	for (size_t i = 0; i < files->disk_count; i++)
		if (bd_atomic_file_sync(&files->disks[i], err) != 0)
			return -1;
	if (files->device.fd >= 0 && bd_device_sync(&files->device, err) != 0)
		return -1;
	return bd_cancel_check(err);
}

/* What is on a device stays there until all that can be checked is. */
static int make_whole_disk(struct create_job *job, struct create_files *files, struct bd_error *err)
{
	const struct create_volume_content content = { .origin = NULL };
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;

	bd_stored_init(&stored);
	if ((job->seed_path || job->seed_inside) && !job->identity.authorized_keys &&
	    !job->identity.root_password_hash && !job->identity.user_data)
		bd_warn("%s gets no key and no password, and on most cloud images nobody can log in without",
			job->guest.name);
	if (open_cfg(job, files, err) != 0 || create_whole_disk_open(job, &stored, err) != 0 ||
	    (job->seed_path && create_seed_make(job, &files->seed, err) != 0))
		return -1;
	if (open_disk(job, &content, files, err) != 0)
		return bd_wrap(err, "cannot make %s", job->image_path);
	/* In whole extents. The backup of a GPT is at the end of the disk. */
	if (create_makes_volume(job))
		job->plan.disk_bytes = files->device.size_bytes;
	if (create_whole_disk_write(job, &stored, create_files_disk_fd(files), err) != 0 ||
	    (job->seed_inside && create_seed_put(job, create_files_disk_fd(files), err) != 0))
		return bd_wrap(err, "cannot make %s", job->image_path);
	if (create_disks_make(job, NULL, 0, &files->disks, &files->disk_count, err) != 0)
		return -1;
	if (share_image(job, &files->image, err) != 0 || write_cfg(job, files, err) != 0)
		return -1;
	return create_files_sync(files, err);
}

static int make_root(struct create_job *job, struct create_files *files, struct bd_error *err)
{
	BD_DISPOSE(bd_template_dispose) struct bd_template template;
	BD_DISPOSE(bd_grub_dispose) struct bd_grub grub = { 0 };
	BD_DISPOSE(create_mounts_dispose) struct create_mounts mounts;

	bd_template_init(&template);
	create_mounts_init(&mounts);
	bd_progress_stage("preparing the template", 0);
	if (fill_tree(job, &template, &grub, &files->identity, err) != 0 || bd_cancel_check(err) != 0 ||
	    create_check_room(job, &template, err) != 0 || create_mounts_split(job, &template, &mounts, err) != 0)
		return -1;
	files->has_kernel = template.kernel_path != NULL;

	if (make_disk(job, &template, &mounts, &grub, files, err) != 0 ||
	    create_disks_make(job, &mounts, created_s(&template), &files->disks, &files->disk_count, err) != 0)
		return -1;
	if (extract_kernel(job, &template, files, err) != 0 || share_image(job, &files->image, err) != 0 ||
	    write_cfg(job, files, err) != 0)
		return -1;
	return create_files_sync(files, err);
}

int create_files_make(struct create_job *job, struct create_files *files, struct bd_error *err)
{
	return job->is_whole_disk ? make_whole_disk(job, files, err) : make_root(job, files, err);
}

/* The cfg comes last: while it is missing there is no guest. Names in one folder reach the disk in the order in which
 * they were made; across folders the first has to be flushed before the second name is given. */
static int publish(struct create_files *files, struct bd_error *err)
{
	struct bd_atomic_file *const drafts[] = { &files->seed, &files->kernel, &files->ramdisk };

	if (files->image.fd >= 0 && bd_atomic_file_publish(&files->image, err) != 0)
		return -1;
	for (size_t i = 0; i < files->disk_count; i++)
		if (bd_atomic_file_publish(&files->disks[i], err) != 0)
			return -1;
	for (size_t i = 0; i < sizeof(drafts) / sizeof(*drafts); i++)
		if (drafts[i]->fd >= 0 && bd_atomic_file_publish(drafts[i], err) != 0)
			return -1;
	/* The folder of the kernel and the seed is the image's. */
	struct bd_atomic_file *first = files->image.fd >= 0  ? &files->image
				       : files->seed.fd >= 0 ? &files->seed
							     : &files->kernel;
	if (first->fd >= 0 && (files->cfg.fd < 0 || !bd_atomic_file_same_folder(first, &files->cfg)) &&
	    bd_atomic_file_sync_folder(first, err) != 0)
		return -1;
	if (files->cfg.fd >= 0 &&
	    (bd_atomic_file_publish(&files->cfg, err) != 0 || bd_atomic_file_sync_folder(&files->cfg, err) != 0))
		return -1;
	mark_unfinished(files, false);
	bd_device_keep(&files->device);
	create_volume_keep(&files->volume);
	return 0;
}

int create_files_publish(struct create_files *files, struct bd_error *err)
{
	if (publish(files, err) == 0)
		return 0;
	create_files_retract(files);
	return -1;
}

void create_files_retract(struct create_files *files)
{
	bd_atomic_file_retract(&files->cfg);
	bd_atomic_file_retract(&files->ramdisk);
	bd_atomic_file_retract(&files->kernel);
	bd_atomic_file_retract(&files->seed);
	for (size_t i = files->disk_count; i > 0; i--)
		bd_atomic_file_retract(&files->disks[i - 1]);
	bd_atomic_file_retract(&files->image);
	bd_device_retract(&files->device);
	create_volume_retract(&files->volume);
}
