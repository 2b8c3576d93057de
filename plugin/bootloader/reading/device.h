/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The places of a disk that may have a filesystem, by GRUB's names. */
#ifndef BD_BOOTLOADER_READING_DEVICE_H
#define BD_BOOTLOADER_READING_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bootmenu/files.h"
#include "inside/file_places.h"

/* "hd0,gpt65535" is shorter; names of LVM are up to two times 128 bytes, longer ones are left out. */
struct bd_boot_device {
	char name[BD_BOOTMENU_DEVICE_SIZE]; /* "hd0", "hd0,gpt2", "hd0,msdos5", "lvm/vg-root" */
	char grub_name[BD_BOOTMENU_DEVICE_SIZE]; /* as grub-fstest calls it: "loop0,gpt2" */
	int number; /* of a partition, as the kernel counts them; 0: none */
	uint64_t offset_bytes; /* of an ext filesystem */
	bool is_ext; /* it is read here; all others by grub-fstest */
	bool is_known; /* which of those it is, whether or not grub-fstest has been asked */
	bool is_active; /* by the flag of an MBR */
	bool ignores_case; /* names on it */
	bool is_dropped; /* it has no filesystem that anybody here reads */
	bool is_btrfs;
	bool subvolume_is_known; /* it has been looked for */
	char subvolume[64]; /* "@": that is a guest's root (subvolume.h); "": none */
	char uuid[64], label[260]; /* "": none, or not known yet */
	struct bd_places_fs *fs; /* of an ext filesystem, once it has been opened; owned */
};

struct bd_boot_devices {
	struct bd_boot_device **items; /* others point at them; owned */
	size_t count;
};

#define BD_BOOT_DEVICES_MAX 256

/* In the order in which they are looked at: each kind costs more than the one before. */
enum bd_boot_device_kind {
	BD_BOOT_DEVICE_EXT, /* read here */
	BD_BOOT_DEVICE_KNOWN, /* grub-fstest reads it, and need not be asked what it is */
	BD_BOOT_DEVICE_OTHER, /* the rest, and volumes, which are not there before it has been asked */
};
#define BD_BOOT_DEVICE_KINDS (BD_BOOT_DEVICE_OTHER + 1)

enum bd_boot_device_kind bd_boot_device_kind(const struct bd_boot_device *device);

/* From the partition table, or, with has_offset, of one filesystem that begins there. */
int bd_boot_devices_read(int fd, bool has_offset, uint64_t offset_bytes, struct bd_boot_devices *devices_out,
			 struct bd_error *err);
void bd_boot_devices_dispose(struct bd_boot_devices *devices); /* idempotent */

/* By a name that GRUB of any age takes: "hd0,gpt2", "hd0,msdos2", "hd0,2"; "" is none. NULL: there is none. */
struct bd_boot_device *bd_boot_devices_find(const struct bd_boot_devices *devices, const char *name);

/* What grub-fstest says of one (listing.h): its names are taken over, or it is added; what is no partition of this disk and no volume is
 * passed over. */
int bd_boot_devices_take(struct bd_boot_devices *devices, const char *grub_name, const char *type, const char *uuid,
			 const char *label, struct bd_error *err);

#endif
