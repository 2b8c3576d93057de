/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Determines the size of the disk, and whether a device may be used for it. */
#include "ops/create/device.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/log.h"
#include "base/sector.h"
#include "base/text.h"
#include "inside/probe.h"
#include "virtual_disk/magic.h"
#include "xlcfg/disks.h"
#include "xlcfg/read.h"

#define SIZE_DEFAULT_BYTES ((uint64_t)4 << 30)

/* It writes into a partition of a block device through dom0's node for it only (write_to_partition() in its
 * lib/device.c), and nobody tells dom0 of this one. */
static int check_legacy(const struct bd_create_request *request, struct bd_error *err)
{
	if (request->boot_sector != BD_BOOT_SECTOR_GRUB_LEGACY)
		return 0;
	return bd_usage_field(err, BD_FIELD_BOOT_SECTOR,
			      "GRUB Legacy cannot be set up on a block device, only on a disk in a file; use grub2");
}

static int check_device(const struct bd_create_request *request, struct bd_error *err)
{
	if (!request->device && request->overwrite)
		return bd_usage_field(err, BD_FIELD_OVERWRITE,
				      "is for a device; a file that exists is never replaced");
	bool makes_volume = bd_create_request_has(request, BD_FIELD_LVM);
	if (request->device && makes_volume)
		return bd_usage_field(err, BD_FIELD_LVM, "the disk cannot be on a device, too");
	if (!request->device && !makes_volume)
		return 0;
	if (request->device && request->device[0] != '/')
		return bd_usage_field(err, BD_FIELD_DEVICE, "\"%s\" is not an absolute path, such as /dev/vg/name",
				      request->device);
	return check_legacy(request, err);
}

static int decide_target_size(const struct bd_create_request *request, uint64_t *size_bytes_out, struct bd_error *err)
{
	bool is_file;

	if (bd_target_size(request->device, size_bytes_out, &is_file, err) != 0)
		return -1;
	if (*size_bytes_out % BD_SECTOR_BYTES)
		return bd_fail(err, EINVAL, "the size of %s is not a whole number of 512-byte sectors",
			       request->device);
	return is_file ? 0 : check_legacy(request, err);
}

int create_decide_size(const struct bd_create_request *request, uint64_t *size_bytes_out, struct bd_error *err)
{
	uint64_t device_bytes;

	if (request->only_disk)
		return decide_target_size(request, size_bytes_out, err);
	if (check_device(request, err) != 0)
		return -1;
	if (!request->device) {
		*size_bytes_out = request->size ? request->size_bytes : SIZE_DEFAULT_BYTES;
		return 0;
	}
	if (bd_device_size(request->device, &device_bytes, err) != 0)
		return err->code == ENOTBLK ? bd_set_field(err, BD_FIELD_DEVICE) : -1;
	if (request->size && request->size_bytes > device_bytes) {
		bd_no_room(err, "%s has %llu bytes, which is %llu less than %s", request->device,
			   (unsigned long long)device_bytes, (unsigned long long)(request->size_bytes - device_bytes),
			   request->size);
		return bd_set_field(err, BD_FIELD_SIZE);
	}
	*size_bytes_out = request->size ? request->size_bytes : device_bytes;
	return 0;
}

static bool shares_disk(const char *path, void *device_path)
{
	return bd_device_shares_disk(device_path, path);
}

static int check_cfg(const struct create_job *job, const char *cfg_path, struct bd_error *err)
{
	char *device_path = job->image_path;
	struct bd_error unreadable;
	BD_FREE char *text = NULL;

	if (create_replaced_has(job->replaced, cfg_path))
		return 0;
	if (bd_read_file(cfg_path, BD_CFG_LIMIT_BYTES, &text, NULL, &unreadable) != 0) {
		if (unreadable.code != ENOENT && unreadable.code != EISDIR)
			bd_warn("cannot check whether it uses %s: %s", device_path, unreadable.message);
		return 0;
	}
	if (!bd_xlcfg_find_disk(text, shares_disk, device_path))
		return 0;
	return bd_in_use(err, "%s is a disk of the guest in %s, and was not changed", device_path, cfg_path);
}

/* Overwriting is never meant for another guest's disk. A guest that does not run holds nothing on its device, so that its
 * cfg is all there is to tell. */
static int check_cfgs(const struct create_job *job, const char *folder, const char *ending, struct bd_error *err)
{
	BD_CLOSEDIR DIR *entries = opendir(folder);
	int status = 0;

	for (const struct dirent *entry; entries && status == 0 && (entry = readdir(entries));) {
		size_t length = strlen(entry->d_name), tail = strlen(ending);
		char path[PATH_MAX];
		if (entry->d_name[0] == '.' || length < tail || strcmp(entry->d_name + length - tail, ending) != 0)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) < (int)sizeof(path))
			status = check_cfg(job, path, err);
	}
	return status;
}

static int check_all_cfgs(const struct create_job *job, struct bd_error *err)
{
	char folder[PATH_MAX];

	if (check_cfgs(job, BD_SYSCONFDIR "/xen", ".cfg", err) != 0 ||
	    check_cfgs(job, BD_SYSCONFDIR "/xen/auto", "", err) != 0)
		return -1;
	if (job->only_disk)
		return 0;
	bd_path_folder(job->cfg_path, folder);
	return job->in_system_folders ? 0 : check_cfgs(job, folder, ".cfg", err);
}

int create_device_open(const struct create_job *job, enum bd_device_access access, struct bd_device *device_out,
		       struct bd_error *err)
{
	if (!job->on_device || create_makes_volume(job))
		return 0;
	if (check_all_cfgs(job, err) != 0 ||
	    (job->only_disk ? bd_target_open : bd_device_open)(job->image_path, access, device_out, err) != 0)
		return -1;
	if (bd_virtual_disk_check_raw(device_out->fd, device_out->path, NULL, err) != 0)
		return -1;
	if (!job->overwrite && bd_probe_check_empty(device_out->fd, device_out->path, err) != 0)
		return err->kind == BD_KIND_EXISTS ? bd_set_field(err, BD_FIELD_OVERWRITE) : -1;
	if (device_out->size_bytes < job->plan.disk_bytes)
		return bd_no_room(err, "%s has become smaller", job->image_path);
	return 0;
}

/* The domain that has it is to be destroyed, and what is on it stays. */
static int check_held(const struct create_job *job, struct bd_error *err)
{
	if (check_all_cfgs(job, err) != 0)
		return -1;
	if (job->overwrite)
		return 0;
	bd_exists(err, "%s is the disk of %s, and is not cleared when that is removed", job->image_path,
		  job->guest.name);
	return bd_set_field(err, BD_FIELD_OVERWRITE);
}

int create_device_check(const struct create_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_device_dispose) struct bd_device device = BD_DEVICE_INIT;

	if (job->replaced && job->replaced->removed.was_running &&
	    create_replaced_keeps(job->replaced, job->image_path))
		return check_held(job, err);
	return create_device_open(job, BD_DEVICE_LOOK, &device, err);
}
