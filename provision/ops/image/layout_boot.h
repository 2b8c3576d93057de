/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot loader of a disk that gets another layout. */
#ifndef BD_OPS_IMAGE_LAYOUT_BOOT_H
#define BD_OPS_IMAGE_LAYOUT_BOOT_H

#include <stdint.h>

#include "base/err.h"
#include "disk/mbr.h"
#include "disk/plan.h"
#include "ops/image/place.h"

/* place: the disk as it was, with its first sector; fd: the new one, complete but for the boot loader. Fills the gap before partition 1,
 * and gives the boot code that belongs to it. GRUB 2 is made anew for the layout; where most of its modules do not fit into the gap,
 * those that are missing are put into /boot/grub/i386-pc. GRUB Legacy's stage 1.5, which lies in the gap, goes with it.
 * ENOTSUP: another boot loader, or one that has the sectors of its files written down. ENOPKG: bd_grub2_prepare. ENOSPC: no room for the
 * modules. */
int layout_boot_write(const struct image_place *place, const uint8_t sector[BD_SECTOR_BYTES],
		      const struct bd_plan *plan, int fd, uint8_t boot_code_out[BD_MBR_BOOT_CODE_BYTES],
		      struct bd_error *err);

#endif
