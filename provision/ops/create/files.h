/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a guest under construction: written under temporary names, then published one after the other. */
#ifndef BD_OPS_CREATE_FILES_H
#define BD_OPS_CREATE_FILES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/file/atomic_file.h"
#include "disk/device.h"
#include "ext3/ext3.h"
#include "guest/identity.h"
#include "ops/create/job.h"
#include "ops/create/volume.h"

struct bd_template;

/* Published in this order. */
struct create_files {
	struct bd_device
		device; /* instead of the image; open before the files are made, unless it is a volume that is made */
	struct create_volume volume; /* that the device is */
	struct bd_atomic_file image, *disks, seed, kernel, ramdisk, cfg;
	size_t disk_count; /* of disks: those behind the first */
	struct bd_ext3_geometry geometry;
	struct bd_identity_result identity;
	bool has_kernel; /* the template has one */
	bool has_ramdisk;
};

#define CREATE_FILES_INIT \
	{ \
		.device = BD_DEVICE_INIT, .volume = CREATE_VOLUME_INIT, .image = BD_ATOMIC_FILE_INIT, \
		.seed = BD_ATOMIC_FILE_INIT, .kernel = BD_ATOMIC_FILE_INIT, .ramdisk = BD_ATOMIC_FILE_INIT, \
		.cfg = BD_ATOMIC_FILE_INIT \
	}

void create_files_dispose(struct create_files *files); /* idempotent; what is published stays */

/* All of the making that touches nothing: the files that the guest would get are put together, and given up. */
int create_files_try(const struct create_job *job, struct bd_error *err);
/* A filesystem without ACLs takes restrict_bootloader back. */
int create_files_make(struct create_job *job, struct create_files *files, struct bd_error *err);
/* Marks all but the cfg as not published yet, and flushes them. */
int create_files_sync(struct create_files *files, struct bd_error *err);
int create_files_publish(struct create_files *files, struct bd_error *err);
/* Takes back what was published. */
void create_files_retract(struct create_files *files);

/* Where the disk is while it is made, and how other code and other processes reach it: the image or the device. */
int create_files_disk_fd(const struct create_files *files);
const char *create_files_disk_path(const struct create_files *files);

/* The cfg's text; the caller frees. */
int create_cfg_text(const struct create_job *job, bool has_ramdisk, char **text_out, struct bd_error *err);

#endif
