/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole disk image: the plan's regions written into one sparse file. */
#ifndef BD_IMAGE_IMAGE_H
#define BD_IMAGE_IMAGE_H

#include "base/tree.h"
#include "image/ext3.h"
#include "image/grub.h"
#include "image/plan.h"

struct bd_image_spec {
	const struct bd_plan *plan;
	enum bd_boot_sector boot_sector;
	const struct bd_grub *grub; /* for BD_BOOT_SECTOR_GRUB2; else not looked at */
	const struct bd_tree *tree; /* everything that goes into the root filesystem */
	uint32_t disk_signature; /* not 0 */
	uint8_t swap_uuid[16]; /* when the plan has a swap region */
	struct bd_ext3_params ext3; /* offset and size are set from the plan */
};

/* fd: an empty file, open for writing; path: the same file, for libext2fs and GRUB Legacy. Not flushed. */
int bd_image_write(int fd, const char *path, const struct bd_image_spec *spec, void (*progress)(uint64_t bytes_done),
		   struct bd_ext3_geometry *geometry_out, struct bd_error *err);

#endif
