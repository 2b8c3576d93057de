/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that will be done to create a guest, decided before anything is touched. */
#ifndef BD_OPS_CREATE_JOB_H
#define BD_OPS_CREATE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/grub.h"
#include "disk/plan.h"
#include "guest/description.h"
#include "guest/identity.h"
#include "ops/create/replaced.h"
#include "ops/create/whole_boot.h"
#include "rootfs/system.h"
#include "template/manifest.h"
#include "volume/place.h"

struct create_job {
	struct bd_guest guest;
	struct bd_identity identity;
	struct bd_plan plan;
	enum bd_boot_sector boot_sector;
	const char *template, *templates; /* templates: the folder of the templates; NULL: the system's */
	bool is_whole_disk; /* the template is one; the plan has no regions then */
	struct bd_manifest_disk whole_disk; /* as the template has it */
	struct whole_boot whole_boot; /* of it, where nobody has said how it boots */
	uint8_t hash_seed[16];
	char *image_path,
		*cfg_path; /* the image is a file, or what is there already with on_device; cfg_path: NULL with only_disk */
	struct bd_volume_place
		volume; /* on_device, but the device is made: NAME, here; group "": it is there already */
	char *kernel_path; /* of dom0: what cfg's kernel= names; NULL: none */
	char *ramdisk_path; /* direct boot only */
	char *disk_paths[BD_FURTHER_DISKS_MAX]; /* of guest.disks */
	char *mounts[BD_PLAN_MOUNTS_MAX]; /* of its partitions, which borrow them */
	char *seed_path; /* with is_whole_disk: ops/create/seed.h */
	bool in_system_folders; /* not side by side in a folder that was given */
	bool on_device; /* a block device, or with only_disk a file, that has its size */
	bool overwrite;
	bool seed_inside; /* only_disk and is_whole_disk: what cloud-init is to read is put on the disk itself */
	bool only_disk; /* no guest of this host: no config, no start, and none of its files besides */
	const struct create_replaced *replaced; /* the guest that it is planned in the place of; NULL: none */
	bool start, keep_failed;
	const char *fleet; /* its name, or NULL */
	unsigned wait_s; /* 0: do not wait */
	bool never_reports; /* nothing in it tells dom0 that it is up */
	struct bd_system system; /* of its root, as far as it is known; see lacks */
	unsigned lacks; /* what of system.lacks concerns this guest */
};

/* Whether the disk is a logical volume that is made for it. */
static inline bool create_makes_volume(const struct create_job *job)
{
	return job->volume.group[0] != '\0';
}

void create_job_dispose(struct create_job *job); /* idempotent */

#endif
