/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a whole disk image: the regions of the plan into one sparse file. */
#ifndef BD_DISK_IMAGE_H
#define BD_DISK_IMAGE_H

#include <stdbool.h>

#include "disk/grub.h"
#include "disk/plan.h"
#include "ext3/ext3.h"
#include "rootfs/tree.h"

/* What goes into a partition that is mounted in the root. */
struct bd_image_mount {
	const char *path; /* for messages */
	const struct bd_sealed *base;
	const struct bd_tree *tree;
	uint8_t uuid[16];
};

struct bd_image_spec {
	const struct bd_plan *plan;
	enum bd_boot_sector boot_sector;
	const struct bd_grub *grub; /* for BD_BOOT_SECTOR_GRUB2; else not looked at */
	const struct bd_sealed *base; /* a sealed template that the root filesystem is filled with, or NULL */
	int64_t base_time; /* ctime of base's files */
	int prepared_fd; /* base as a filesystem of the plan's size (disk/prepared_image.h), to be cloned; -1: none */
	bool is_clone; /* the root region has that filesystem in it already, as in a snapshot of a volume */
	struct bd_base_layout clone_layout; /* then: how it is laid out */
	const struct bd_tree *tree; /* what goes into the root filesystem, over base */
	uint32_t disk_signature; /* not 0 */
	uint8_t swap_uuid[16]; /* when the plan has a swap region */
	struct bd_image_mount mounts[BD_PLAN_MOUNTS_MAX]; /* as many as the plan has */
	/* Of all filesystems; UUID and label are the root's. Offset and size are set from the plan. */
	struct bd_ext3_params ext3;
	bool on_device; /* a block device, which has its size */
};

/* Of a file that is to be a disk. EFBIG: that is not possible there. */
int bd_image_set_size(int fd, uint64_t size_bytes, struct bd_error *err);

/* Whether base and tree fit into the plan's root filesystem, and those of the mounts into theirs: ENOSPC, before anything is
 * touched. path: the file or device, of its full size. */
int bd_image_check_fit(const char *path, const struct bd_image_spec *spec, struct bd_error *err);

/* fd: an empty file, or a device that reads as zeros, open for writing; path: the same, for libext2fs and GRUB Legacy.
 * The partition table is written last; to a device, when all else has been flushed to it. Itself it is not flushed. */
int bd_image_write(int fd, const char *path, const struct bd_image_spec *spec, void (*progress)(uint64_t bytes_done),
		   struct bd_ext3_geometry *geometry_out, struct bd_error *err);

#endif
