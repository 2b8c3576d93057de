/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the root filesystem in the files by which a template boots: its UUID, its partition's PARTUUID. A guest has
 * a disk of its own, whose names take the place of them. */
#ifndef BD_GUEST_BOOT_NAMES_H
#define BD_GUEST_BOOT_NAMES_H

#include <stdbool.h>

#include "guest/description.h"
#include "rootfs/overlay.h"

/* Before fstab is changed, which tells the old names. own_grub_cfg: the template's /boot/grub/grub.cfg is what boots the
 * guest; a filesystem that it names, and that the guest does not have, is said. */
int bd_boot_names_change(const struct bd_guest *guest, bool own_grub_cfg, const struct bd_overlay *overlay,
			 struct bd_error *err);

#endif
