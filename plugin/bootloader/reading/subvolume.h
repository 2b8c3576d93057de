/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files on filesystems that grub-fstest reads, by paths of a boot configuration or a guest. A btrfs is read from its top, as upstream GRUB
 * has it ("/@/boot/vmlinuz"); the guest, and the GRUB of openSUSE, see the subvolume that is mounted as the root ("/boot/vmlinuz"). What
 * is not at the top is looked for there. */
#ifndef BD_BOOTLOADER_READING_SUBVOLUME_H
#define BD_BOOTLOADER_READING_SUBVOLUME_H

#include <stdint.h>

#include "base/err.h"
#include "bootloader/reading/disk.h"

struct bd_boot_place {
	char *path; /* from the top, clean (path.h); owned */
	char type; /* as in struct bd_bootmenu_files */
	uint64_t size_bytes; /* of a file */
};

/* ENAMETOOLONG: there cannot be such a path. */
int bd_boot_place_find(struct bd_boot_disk *disk, struct bd_boot_device *device, const char *path,
		       struct bd_boot_place *place_out, struct bd_error *err);
void bd_boot_place_dispose(struct bd_boot_place *place); /* idempotent */

/* "@" or "@/.snapshots/1/snapshot": what a guest mounts as its root; "" if that is the top, or not known. Borrowed from the device. Which
 * of snapper's snapshots it is (bootmenu/snapper.h) is found without the filesystem's own word, which is not among what grub-fstest tells. */
int bd_boot_subvolume_find(struct bd_boot_disk *disk, struct bd_boot_device *device, const char **subvolume_out,
			   struct bd_error *err);

#endif
