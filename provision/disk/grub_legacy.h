/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Installs GRUB Legacy: its stage files are put into the guest, and its own shell writes the boot sector. */
#ifndef BD_DISK_GRUB_LEGACY_H
#define BD_DISK_GRUB_LEGACY_H

#include "base/err.h"
#include "rootfs/tree.h"

/* The stage files for the tree. ENOPKG: they are not installed. */
int bd_grub_legacy_add_stages(struct bd_tree *tree, struct bd_error *err);
/* Once the image is complete: three commands for GRUB Legacy's own shell, which works on the plain file. */
int bd_grub_legacy_setup(const char *image_path, struct bd_error *err);

#endif
