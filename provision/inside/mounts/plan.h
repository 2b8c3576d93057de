/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a disk belongs to its root filesystem: the partitions that its /etc/fstab mounts below it. Reads nothing: the table and the
 * text are the caller's. */
#ifndef BD_INSIDE_MOUNTS_PLAN_H
#define BD_INSIDE_MOUNTS_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "disk/partitions.h"

#define BD_MOUNTS_MAX 32
#define BD_MOUNT_PATH_SIZE 256
#define BD_MOUNTS_FSTAB_BYTES_MAX (256u << 10) /* of the text; a longer one is refused */

struct bd_planned_mount {
	char path[BD_MOUNT_PATH_SIZE]; /* absolute, without "." and ".." */
	size_t partition; /* its index in the table */
};

struct bd_mount_plan {
	struct bd_planned_mount
		mounts[BD_MOUNTS_MAX]; /* the root filesystem is none of them; what is below another comes after it */
	size_t mount_count;
	struct bd_planned_mount
		left_out[BD_MOUNTS_MAX]; /* EFI system partitions, of which a guest of Xen has no use */
	size_t left_out_count;
};

/* Whether it is where distributions mount the EFI system partition. */
bool bd_mount_is_place_of_efi(const char *path);

/* root: its index, or that of none: what is mounted is then on other disks. fstab: its text; NULL: there is none.
 * ENOTSUP: what it mounts cannot be had: it is another filesystem, which advice (may be NULL) says how to read, or is on LVM or md. EINVAL: a part of the system is on another disk, or it is not clear what is meant. */
int bd_mount_plan_make(const struct bd_partitions *partitions, size_t root, const char *fstab,
		       const char *(*advice)(const char *type), struct bd_mount_plan *plan_out, struct bd_error *err);

#endif
