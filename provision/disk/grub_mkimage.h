/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds GRUB 2's boot sector and core image with grub-mkimage. */
#ifndef BD_DISK_GRUB_MKIMAGE_H
#define BD_DISK_GRUB_MKIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/grub.h"
#include "disk/plan.h"
#include "rootfs/tree.h"

/* Makes both parts for the layout, and adds the modules that have to lie in the filesystem to tree. own_grub_cfg: the
 * template brings its grub.cfg, which may load any module, so all are added.
 * ENOPKG: grub-mkimage or GRUB's i386-pc images are not installed. EFBIG: core.img does not fit into the gap. */
int bd_grub2_prepare(const struct bd_plan *plan, bool own_grub_cfg, struct bd_grub *grub_out, struct bd_tree *tree,
		     struct bd_error *err);

/* Only the boot sector's two parts, for a gap of that size; errors likewise. */
int bd_grub2_load(enum bd_layout layout, uint64_t gap_bytes, struct bd_grub *grub_out, struct bd_error *err);

/* Whether bd_grub2_prepare would find what it needs: ENOENT. The folder of GRUB's images goes to folder_out. */
int bd_grub2_check(char *folder_out, size_t size, struct bd_error *err);

#endif
