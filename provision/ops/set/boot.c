/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides how a guest boots. */
#include "ops/set/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "disk/use/in_use.h"
#include "guest/bootcfg.h"
#include "inside/read_file.h"
#include "kernel/needs.h"
#include "ops/guest/names.h"
#include "ops/host/boot_preview.h"
#include "ops/host/host.h"
#include "ops/set/boot_disk.h"
#include "rootfs/posix_acl.h"
#include "xlcfg/quote.h"
#include "xlcfg/vdev.h"

#define IMAGES_FOLDER BD_LOCALSTATEDIR "/lib/xen/images"

/* As it is, and as it is to be. */
struct ways {
	enum bd_guest_type old_type, type;
	bool knows_old; /* else it is none of ours: another boot loader, for instance */
	enum bd_guest_boot old_how, how;
	bool changes; /* the lines on it in the config */
};

/* --- which way ---------------------------------------------------------------------------------------------------- */

static int decide_type(const struct set_job *job, const struct bd_create_request *request, struct ways *ways,
		       struct bd_error *err)
{
	if (bd_guest_type_parse(job->cfg.type, &ways->old_type, err) != 0)
		return bd_wrap(err, "%s: type", job->cfg.path);
	ways->type = bd_create_request_has(request, BD_FIELD_TYPE) ? request->type : ways->old_type;
	return 0;
}

/* What is in order by itself, and not for this type of guest. */
static int check_way(const struct ways *ways, struct bd_error *err)
{
	bool is_hvm = ways->type == BD_GUEST_HVM;

	if (ways->how == BD_BOOT_UEFI && !is_hvm)
		return bd_usage_field(err, BD_FIELD_BOOT, "uefi is for hvm guests");
	if (is_hvm && ways->how != BD_BOOT_UEFI)
		return bd_usage_field(err, BD_FIELD_BOOT,
				      "is for pv and pvh guests; an hvm guest boots from its boot sector");
	return 0;
}

static int decide_way(const struct set_job *job, const struct bd_create_request *request, struct ways *ways,
		      struct bd_error *err)
{
	if (decide_type(job, request, ways, err) != 0)
		return -1;
	bool was_hvm = ways->old_type == BD_GUEST_HVM, is_hvm = ways->type == BD_GUEST_HVM;
	ways->knows_old = bd_cfg_boot(&job->cfg, &ways->old_how);
	ways->how = ways->old_how;
	if (bd_create_request_has(request, BD_FIELD_BOOT)) {
		ways->how = request->boot;
		if (check_way(ways, err) != 0)
			return -1;
		ways->changes = !ways->knows_old || ways->how != ways->old_how;
	}
	if (was_hvm != is_hvm) {
		if (!bd_create_request_has(request, BD_FIELD_BOOT))
			ways->how = is_hvm ? BD_BOOT_DISK : BD_BOOT_PYGRUB;
		ways->changes = true;
	}
	/* There is a GRUB for each. */
	if (ways->type != ways->old_type && ways->knows_old && ways->how == BD_BOOT_PVGRUB)
		ways->changes = true;
	return 0;
}

/* --- what it needs ------------------------------------------------------------------------------------------------ */

static int open_disk(struct set_job *job, struct bd_error *err)
{
	if (!job->cfg.disk_count)
		return bd_fail(err, EINVAL, "%s has no disk to boot from", job->cfg.name);
	job->boot.disk_fd = open(job->cfg.disks[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return job->boot.disk_fd < 0 ? bd_fail_errno(err, "cannot read the disk %s", job->cfg.disks[0]) : 0;
}

static int copy_text(const char *text, char **copy_out, struct bd_error *err)
{
	*copy_out = strdup(text);
	return *copy_out ? 0 : bd_no_memory(err);
}

/* Where no Xen runs, the guest may be made for another host. */
static int lack_on_host(const struct bd_error *missing, struct bd_error *err)
{
	struct bd_xen_version xen;
	struct bd_error ignored;

	if (bd_xen_running(&xen, &ignored) == 0)
		return bd_fail_as(err, missing, "%s", missing->message);
	bd_warn("%s", missing->message);
	return 0;
}

static int find_on_host(int found, const char *path, const struct bd_error *missing, char **path_out,
			struct bd_error *err)
{
	return found != 0 && lack_on_host(missing, err) != 0 ? -1 : copy_text(path, path_out, err);
}

/* Only the unprivileged bootloader is security-supported by the Xen project (XSA-443). */
static void decide_restriction(struct set_job *job)
{
	struct set_boot *boot = &job->boot;
	struct bd_xen_version xen;
	struct bd_error ignored;
	struct stat there;

	if (bd_xen_running(&xen, &ignored) != 0 || !boot_can_restrict(&xen))
		return;
	bool is_file = fstat(boot->disk_fd, &there) == 0 && S_ISREG(there.st_mode);
	bool has_acls = fgetxattr(boot->disk_fd, BD_XATTR_ACL_ACCESS, NULL, 0) >= 0 || errno != ENOTSUP;
	boot->to.restrict_bootloader = is_file && has_acls && bd_host_has_bootloader_user();
	boot->lets_read = boot->to.restrict_bootloader;
	if (!is_file || !has_acls)
		bd_warn("pygrub will read %s as root: the unprivileged pygrub works with disk files on a filesystem "
			"with ACLs only",
			job->cfg.disks[0]);
	else if (!boot->to.restrict_bootloader)
		bd_warn("pygrub will read the guest's disk as root. To make it run unprivileged, run once: " BD_BOOTLOADER_USER_ADD
			" " BD_BOOTLOADER_USER);
}

/* The disk has to have something that it boots, and which it reads as it will then. */
static int decide_bigdisk(const struct set_job *job, struct bd_error *err)
{
	const struct boot_preview_request request = { .disk = job->cfg.disks[0] };
	struct bd_error missing = BD_ERROR_INIT;

	if (boot_preview_check(&request, &missing) == 0)
		return 0;
	return missing.code == ENOPKG ? lack_on_host(&missing, err)
				      : bd_fail_as(err, &missing, "%s", missing.message);
}

/* GRUB in a PV guest unpacks the kernel itself. */
static int check_pv_grub(const struct set_boot_disk *disk, const struct bd_examine_entry *entry, int partition,
			 struct bd_error *err)
{
	BD_FREE char *kernel = NULL;
	size_t size;

	if (strchr(entry->kernel, '$'))
		return 0;
	if (bd_inside_read_file(disk->fd, partition, entry->kernel, BD_KERNEL_LIMIT_BYTES, &kernel, &size, err) != 0)
		return bd_wrap(err, "%s", disk->path);
	return bd_kernel_check_pv_grub_data(kernel, size, err);
}

static int decide_pvgrub(struct set_job *job, const struct ways *ways, const struct set_boot_disk *disk,
			 struct bd_error *err)
{
	const struct bd_examine_entry *entry;
	struct bd_error missing = BD_ERROR_INIT;
	const char *path;
	int partition;

	if (set_boot_disk_is_dark(disk))
		bd_warn("%s has no ext2, ext3 or ext4 filesystem, so that it cannot be told whether GRUB finds a grub.cfg in it",
			disk->path);
	else if (set_boot_disk_entry(disk, &entry, &partition, err) != 0 ||
		 (ways->type == BD_GUEST_PV && check_pv_grub(disk, entry, partition, err) != 0))
		return -1;
	int r = bd_host_find_pvgrub(ways->type, &path, &missing);
	if (find_on_host(r, path, &missing, &job->boot.kernel, err) != 0)
		return -1;
	job->boot.to.kernel = job->boot.kernel;
	return 0;
}

/* Beside the disk, where `new` has them. */
static int decide_kernel_paths(struct set_job *job, struct bd_error *err)
{
	const struct bd_cfg *cfg = &job->cfg;
	char folder[PATH_MAX];

	bd_path_folder(cfg->disks[0], folder);
	if (bd_text_begins_with(cfg->disks[0], "/dev/")) {
		bd_path_folder(cfg->path, folder);
		if (strcmp(folder, BD_SYSCONFDIR "/xen") == 0)
			strcpy(folder, IMAGES_FOLDER);
	}
	if (bd_text_format(&job->boot.kernel, err, "%s/%s.vmlinuz", folder, cfg->name) != 0)
		return -1;
	return *job->boot.ramdisk_inside
		       ? bd_text_format(&job->boot.ramdisk, err, "%s/%s.initramfs", folder, cfg->name)
		       : 0;
}

/* One that a killed run has left has its mark. */
static int check_place(const char *path, struct bd_error *err)
{
	struct stat there;

	if (!path || (lstat(path, &there) != 0 && errno == ENOENT))
		return 0;
	if (S_ISREG(there.st_mode) && there.st_mode & S_ISVTX)
		return 0;
	return bd_exists(err, "%s is there already, and was not changed", path);
}

/* What our own entry has behind its arguments gives way to what is asked for, which may be nothing. */
static int decide_cmdline(struct set_job *job, const struct bd_examine_entry *entry,
			  const struct bd_create_request *request, struct bd_error *err)
{
	const char *append = bd_create_request_has(request, BD_FIELD_APPEND)
				     ? request->append
				     : bd_kernel_cmdline_appended(entry->arguments);

	if (entry->is_cut || strpbrk(entry->arguments, "\"'\\$"))
		return bd_fail(
			err, EINVAL,
			"the kernel's arguments in the boot configuration of %s are %s; write kernel, ramdisk and "
			"cmdline into the config yourself",
			job->cfg.disks[0],
			entry->is_cut ? "longer than Linux takes" : "quoted, or have a variable of GRUB's");
	if (bd_kernel_cmdline_append(entry->arguments, append, &job->boot.cmdline, err) != 0)
		return -1;
	job->boot.to.cmdline = job->boot.cmdline;
	return 0;
}

static int check_free(const struct set_job *job, struct boot *boot, struct bd_error *err)
{
	if (guest_check_stopped(boot, &job->cfg, err) != 0)
		return -1;
	return bd_disk_check_unused(job->boot.disk_fd, err) == 0 ? 0 : bd_wrap(err, "%s", job->cfg.disks[0]);
}

static int decide_direct(struct set_job *job, struct boot *boot, const struct bd_create_request *request,
			 const struct set_boot_disk *disk, struct bd_error *err)
{
	struct set_boot *to = &job->boot;
	const struct bd_examine_entry *entry;

	if (!job->passes_over_domain && check_free(job, boot, err) != 0)
		return -1;
	if (set_boot_disk_entry(disk, &entry, &to->partition, err) != 0)
		return -1;
	if (strchr(entry->kernel, '$') || strchr(entry->initramfs, '$'))
		return bd_fail(err, EINVAL, "the default entry of %s names its kernel by a variable of GRUB's: %s",
			       disk->path, entry->kernel);
	if (*entry->initramfs && !entry->has_initramfs)
		return bd_fail(err, EINVAL, "the default entry of %s loads %s, which is missing or empty", disk->path,
			       entry->initramfs);
	strcpy(to->kernel_inside, entry->kernel);
	strcpy(to->ramdisk_inside, entry->initramfs);
	if (decide_kernel_paths(job, err) != 0 || check_place(to->kernel, err) != 0 ||
	    check_place(to->ramdisk, err) != 0)
		return -1;
	to->copies = true;
	to->to.kernel = to->kernel;
	to->to.ramdisk = to->ramdisk;
	return decide_cmdline(job, entry, request, err);
}

static int decide_uefi(struct set_job *job, const struct set_boot_disk *disk, struct bd_error *err)
{
	struct bd_error missing = BD_ERROR_INIT;
	const char *path;

	if (set_boot_disk_check_efi(disk, err) != 0)
		return -1;
	int r = bd_host_find_ovmf(&path, &missing);
	if (find_on_host(r, path, &missing, &job->boot.kernel, err) != 0)
		return -1;
	job->boot.to.kernel = job->boot.kernel;
	return 0;
}

static int decide_needs(struct set_job *job, struct boot *boot, const struct bd_create_request *request,
			const struct ways *ways, struct bd_error *err)
{
	BD_DISPOSE(set_boot_disk_dispose) struct set_boot_disk disk = { 0 };
	const struct bd_examine_entry *entry;
	int partition;

	if (open_disk(job, err) != 0 || set_boot_disk_look(job->boot.disk_fd, job->cfg.disks[0], &disk, err) != 0)
		return -1;
	switch (ways->how) {
	case BD_BOOT_PYGRUB:
		if (set_boot_disk_entry(&disk, &entry, &partition, err) != 0)
			return -1;
		decide_restriction(job);
		return 0;
	case BD_BOOT_BIGDISK:
		return decide_bigdisk(job, err);
	case BD_BOOT_PVGRUB:
		return decide_pvgrub(job, ways, &disk, err);
	case BD_BOOT_DIRECT:
		return decide_direct(job, boot, request, &disk, err);
	case BD_BOOT_UEFI:
		return decide_uefi(job, &disk, err);
	case BD_BOOT_DISK:
		return set_boot_disk_check_code(&disk, err);
	}
	return 0;
}

/* --- the config --------------------------------------------------------------------------------------------------- */

static int edit_boot(struct set_job *job, const struct ways *ways, struct bd_error *err)
{
	char *changed;

	job->boot.to.how = ways->how;
	if (bd_cfg_edit_boot(job->new_text, ways->old_type == BD_GUEST_HVM, &job->boot.to, &changed, err) != 0)
		return -1;
	bd_text_replace(&job->new_text, changed);
	if ((ways->old_type == BD_GUEST_HVM) == (ways->type == BD_GUEST_HVM))
		return 0;
	if (bd_cfg_edit_vdevs(job->new_text, ways->type == BD_GUEST_HVM, &changed, err) != 0)
		return -1;
	bd_text_replace(&job->new_text, changed);
	return 0;
}

static int edit_type(struct set_job *job, const struct ways *ways, struct bd_error *err)
{
	char quoted[8];

	snprintf(quoted, sizeof(quoted), "\"%s\"", bd_guest_type_name(ways->type));
	return set_job_edit(job, "type", quoted, err);
}

/* As a request has it; hvm guests boot by firmware alone, which has no name there. */
static const char *name_of(enum bd_guest_boot how)
{
	return how == BD_BOOT_DISK ? "boot sector" : bd_guest_boot_name(how);
}

/* Kernel and the like are shown, too: they are files of this host. */
static int add_changes(struct set_job *job, const struct ways *ways, struct bd_error *err)
{
	const struct bd_cfg *cfg = &job->cfg;
	const struct bd_xlcfg_boot *to = &job->boot.to;
	const char *old = ways->knows_old ? name_of(ways->old_how) : cfg->bootloader;

	if (set_job_add(job, "type", bd_guest_type_name(ways->old_type), bd_guest_type_name(ways->type), NULL, err) !=
	    0)
		return -1;
	if (!ways->changes)
		return 0;
	if (set_job_add(job, "boot", old, name_of(ways->how), NULL, err) != 0)
		return -1;
	return set_job_add(job, "kernel", cfg->kernel, ways->how == BD_BOOT_UEFI ? NULL : to->kernel, NULL, err) !=
				       0 ||
			       set_job_add(job, "ramdisk", cfg->ramdisk, to->ramdisk, NULL, err) != 0 ||
			       set_job_add(job, "cmdline", cfg->cmdline, to->cmdline, NULL, err) != 0
		       ? -1
		       : 0;
}

/* Of a guest whose kernel is a file in dom0, and stays one; append NULL: nothing more. */
static int change_append(struct set_job *job, const char *append, struct bd_error *err)
{
	const char *old = job->cfg.cmdline ? job->cfg.cmdline : "", *appended = bd_kernel_cmdline_appended(old);
	BD_FREE char *cmdline = NULL, *quoted = NULL;

	if (!appended)
		return bd_fail(err, EINVAL,
			       "the kernel's command line in %s was written by somebody else; change cmdline there",
			       job->cfg.path);
	if (bd_kernel_cmdline_append(old, append, &cmdline, err) != 0 || bd_xlcfg_quote(cmdline, &quoted, err) != 0 ||
	    set_job_add(job, "append", *appended ? appended : NULL, append, NULL, err) != 0)
		return -1;
	return set_job_edit(job, "cmdline", quoted, err);
}

static int decide_append(struct set_job *job, const struct bd_create_request *request, const struct ways *ways,
			 struct bd_error *err)
{
	if (!bd_create_request_has(request, BD_FIELD_APPEND))
		return 0;
	if (ways->how != BD_BOOT_DIRECT || (!ways->knows_old && !ways->changes))
		return bd_usage(
			err,
			"the kernel's arguments of %s are in the boot configuration inside its disk; change them "
			"there, and see the guest's own documentation for how they last",
			job->cfg.name);
	return ways->changes ? 0 : change_append(job, request->append, err);
}

int set_boot_decide(struct set_job *job, struct boot *boot, const struct bd_create_request *request,
		    struct bd_error *err)
{
	struct ways ways = { 0 };

	if (decide_way(job, request, &ways, err) != 0)
		return -1;
	if (decide_append(job, request, &ways, err) != 0)
		return bd_set_field(err, BD_FIELD_APPEND);
	if (ways.changes && (decide_needs(job, boot, request, &ways, err) != 0 || edit_boot(job, &ways, err) != 0)) {
		if (err->field >= GUEST_REMEDY_START) /* what helps is told */
			return -1;
		return bd_set_field(err,
				    bd_create_request_has(request, BD_FIELD_BOOT) ? BD_FIELD_BOOT : BD_FIELD_TYPE);
	}
	if (ways.type != ways.old_type && edit_type(job, &ways, err) != 0)
		return bd_set_field(err, BD_FIELD_TYPE);
	job->boot.leaves_direct =
		ways.changes && ways.knows_old && ways.old_how == BD_BOOT_DIRECT && ways.how != BD_BOOT_DIRECT;
	return add_changes(job, &ways, err);
}
