/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides how a copy of a whole disk is booted, and makes it. */
#include "ops/create/whole_disk.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/progress.h"
#include "base/sector.h"
#include "disk/copy.h"
#include "disk/image.h"
#include "ops/create/room.h"
#include "ops/create/whole_boot.h"
#include "ops/create/whole_table.h"
#include "template/store.h"
#include "template/store_verify.h"

static int open_template(const char *name, const char *store_path, struct bd_stored *stored, struct bd_error *err)
{
	struct bd_store store;

	return bd_store_open(store_path, &store, err) == 0 ? bd_store_get(&store, name, stored, err) : -1;
}

/* What the config, the seed disk and the size of the disk can say; all else has its place in a filesystem that is made for the
 * guest. */
static bool is_possible(enum bd_field field)
{
	static const enum bd_field fields[] = { BD_FIELD_SIZE,
						BD_FIELD_DEVICE,
						BD_FIELD_LVM,
						BD_FIELD_OVERWRITE,
						BD_FIELD_DISKS,
						BD_FIELD_TEMPLATE,
						BD_FIELD_TEMPLATES,
						BD_FIELD_TYPE,
						BD_FIELD_BOOT,
						BD_FIELD_MEMORY,
						BD_FIELD_VCPUS,
						BD_FIELD_NETWORK,
						BD_FIELD_BRIDGE,
						BD_FIELD_MAC,
						BD_FIELD_IP,
						BD_FIELD_GATEWAY,
						BD_FIELD_IP6,
						BD_FIELD_GATEWAY6,
						BD_FIELD_NET,
						BD_FIELD_DNS,
						BD_FIELD_SSH_KEYS,
						BD_FIELD_USER,
						BD_FIELD_USER_DATA,
						BD_FIELD_RUN_ONCE,
						BD_FIELD_ROOT_PASSWORD_HASH,
						BD_FIELD_ROOT_PASSWORD_FILE,
						BD_FIELD_ROOT_PASSWORD_HASH_FILE,
						BD_FIELD_SEED,
						BD_FIELD_SEED_FILE,
						BD_FIELD_DIR,
						BD_FIELD_START };

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i] == field)
			return true;
	return false;
}

/* says_nobody: there is neither a seed disk, nor anything on the disk that could take its place. */
static int check_request(const struct bd_create_request *request, bool says_nobody, struct bd_error *err)
{
	for (enum bd_field field = BD_FIELD_NONE + 1; field < BD_FIELD_COUNT; field++)
		if (bd_create_request_has(request, field) && !is_possible(field))
			return bd_usage_field(err, field, "the template %s is a whole disk, which is copied as it is",
					      request->template);
	for (enum bd_field field = BD_FIELD_IP; says_nobody && field < BD_FIELD_SEED; field++)
		if (bd_create_request_has(request, field))
			return bd_usage_field(
				err, field,
				"the template %s is a whole disk without an ext filesystem or cloud-init: without a seed "
				"disk, nothing tells the guest",
				request->template);
	for (size_t i = 0; i < request->disks.count; i++)
		if (request->disks.items[i].mount)
			return bd_usage_field(
				err, BD_FIELD_DISKS,
				"the template %s is a whole disk, in which nothing can be told to mount %s; "
				"give the size alone for an empty disk",
				request->template, request->disks.items[i].mount);
	return 0;
}

int create_whole_disk_look(const struct bd_create_request *request, struct create_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	struct bd_error later;

	bd_stored_init(&stored);
	if (bd_template_is_built_in(request->template) ||
	    open_template(request->template, request->templates, &stored, &later) != 0 ||
	    stored.manifest.kind != BD_TEMPLATE_DISK)
		return 0;
	job->is_whole_disk = true;
	job->whole_disk = stored.manifest.disk;
	job->never_reports = !bd_manifest_disk_may_report(&job->whole_disk);
	job->seed_inside = request->only_disk && !request->seed_disk && stored.manifest.system.cloud_init &&
			   strstr(stored.manifest.disk.content, "ext");
	return check_request(request, request->only_disk && !request->seed_disk && !job->seed_inside, err);
}

/* Nearly every disk from elsewhere has been tried with firmware that starts it as a machine does. GRUB for Xen reads grub.cfg only
 * where Debian keeps it, and no entries of the Boot Loader Specification. */
static void choose_type(const struct bd_create_request *request, struct create_job *job)
{
	bool by_firmware = request->boot == BD_BOOT_UEFI ||
			   (request->boot != BD_BOOT_BIGDISK &&
			    (job->whole_disk.has_boot_code || job->whole_disk.has_efi_partition));

	job->guest.type = bd_create_request_has(request, BD_FIELD_TYPE) ? request->type
			  : by_firmware					? BD_GUEST_HVM
									: BD_GUEST_PV;
}

/* Where it is possible, a guest without emulated devices, which the disk's own boot configuration boots. What cannot be told is no reason
 * to make no guest. */
static int try_bigdisk(const struct bd_create_request *request, struct create_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	bool has_type = bd_create_request_has(request, BD_FIELD_TYPE);
	enum bd_guest_type type = has_type ? request->type : BD_GUEST_PV;
	struct bd_error problem = BD_ERROR_INIT;

	bd_stored_init(&stored);
	if (type == BD_GUEST_HVM || job->whole_disk.is_windows || bd_create_request_has(request, BD_FIELD_BOOT) ||
	    open_template(request->template, request->templates, &stored, &problem) != 0)
		return 0;
	if (whole_boot_look(&stored, type, &job->whole_boot, &problem) != 0) {
		if (problem.kind == BD_KIND_CANCELED)
			return bd_fail_as(err, &problem, "%s", problem.message);
		bd_warn("it cannot be told whether the disk of the template %s could boot by bigdisk: %s",
			request->template, problem.message);
	}
	if (!job->whole_boot.is_for_bigdisk) {
		if (*job->whole_boot.reason)
			bd_debug("the template %s is not for bigdisk: %s", request->template, job->whole_boot.reason);
		return 0;
	}
	job->guest.type = type;
	job->guest.boot = BD_BOOT_BIGDISK;
	return 0;
}

int create_whole_disk_decide_boot(const struct bd_create_request *request, struct create_job *job,
				  struct bd_error *err)
{
	const struct bd_manifest_disk *disk = &job->whole_disk;
	bool asked = bd_create_request_has(request, BD_FIELD_BOOT);
	struct bd_guest *guest = &job->guest;

	if (!job->only_disk && try_bigdisk(request, job, err) != 0)
		return -1;
	if (job->whole_boot.is_for_bigdisk)
		return 0;
	choose_type(request, job);
	if (guest->type != BD_GUEST_HVM) {
		guest->boot = asked ? request->boot : BD_BOOT_PVGRUB;
		if (guest->boot == BD_BOOT_DIRECT)
			return bd_usage_field(err, BD_FIELD_BOOT,
					      "direct takes kernel and initramfs out of a root filesystem, and the "
					      "template %s is a whole disk; use bigdisk, pvgrub or pygrub",
					      request->template);
		return 0;
	}
	if (asked && request->boot != BD_BOOT_UEFI)
		return bd_usage_field(
			err, BD_FIELD_BOOT,
			"%s is for pv and pvh guests; an hvm guest boots from its boot sector, or by uefi",
			bd_guest_boot_name(request->boot));
	if (asked && !disk->has_efi_partition)
		return bd_usage_field(err, BD_FIELD_BOOT, "the disk of the template %s has no EFI system partition",
				      request->template);
	guest->boot = asked || (!disk->has_boot_code && disk->has_efi_partition) ? BD_BOOT_UEFI : BD_BOOT_DISK;
	return 0;
}

int create_whole_disk_decide_size(const struct bd_create_request *request, struct create_job *job,
				  struct bd_error *err)
{
	uint64_t least_bytes = job->whole_disk.size_bytes, size_bytes = job->plan.disk_bytes;
	char least[32];

	if (!request->size && !request->device)
		size_bytes = least_bytes;
	bd_format_size(least_bytes, least, sizeof(least));
	if (size_bytes < least_bytes && request->only_disk)
		return bd_no_room(err, "%s has %llu bytes, and the disk of the template %s %s, %llu bytes",
				  request->device, (unsigned long long)size_bytes, request->template, least,
				  (unsigned long long)least_bytes);
	if (size_bytes < least_bytes)
		return bd_usage_field(
			err, request->size ? BD_FIELD_SIZE : BD_FIELD_DEVICE,
			"%s, %llu bytes, is smaller than the disk of the template %s, which has %s, %llu bytes",
			request->size ? request->size : request->device, (unsigned long long)size_bytes,
			request->template, least, (unsigned long long)least_bytes);
	if (size_bytes % BD_SECTOR_BYTES)
		return bd_usage_field(err, BD_FIELD_SIZE, "%s is not a whole number of sectors of 512 bytes",
				      request->size);
	job->plan = (struct bd_plan){ .layout = job->plan.layout, .disk_bytes = size_bytes };
	return 0;
}

bool create_whole_disk_shares(int disk_fd, const char *folder)
{
	return bd_disk_copy_shares(disk_fd, folder);
}

static int check_room(const struct create_job *job, const struct bd_stored *stored, struct bd_error *err)
{
	uint64_t bytes = stored->manifest.payload_bytes, free_bytes;
	char folder[PATH_MAX], need[32], there[32];

	if (job->on_device)
		return 0;
	if (create_free_bytes(job, folder, &free_bytes, err) != 0)
		return -1;
	if (bytes <= free_bytes || bd_disk_copy_shares(stored->disk_fd, folder))
		return 0;
	bd_format_size(bytes, need, sizeof(need));
	bd_format_size(free_bytes, there, sizeof(there));
	return bd_no_room(err, "the disk of the template %s takes %s, and %s has %s free", job->template, need,
			  folder, there);
}

int create_whole_disk_open(const struct create_job *job, struct bd_stored *stored, struct bd_error *err)
{
	if (open_template(job->template, job->templates, stored, err) != 0 || bd_stored_check(stored, err) != 0)
		return -1;
	if (stored->manifest.kind != BD_TEMPLATE_DISK || stored->manifest.disk.size_bytes > job->plan.disk_bytes)
		return bd_in_use(err, "the template %s was replaced meanwhile", job->template);
	return check_room(job, stored, err);
}

int create_whole_disk_write(const struct create_job *job, const struct bd_stored *stored, int fd,
			    struct bd_error *err)
{
	struct stat there;

	bd_progress_stage("copying the disk", stored->manifest.payload_bytes);
	if (bd_disk_copy(stored->disk_fd, fd, bd_progress_update, err) != 0)
		return -1;
	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot access %s", job->image_path);
	/* The copy of a file has that one's size. */
	if (S_ISREG(there.st_mode) && bd_image_set_size(fd, job->plan.disk_bytes, err) != 0)
		return -1;
	return create_whole_table_fit(fd, job->image_path, stored->manifest.disk.size_bytes, job->plan.disk_bytes,
				      err);
}
