/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disk as the child sees it: its devices, and their files. Filesystems of the ext family are read here, all others by grub-fstest
 * (asking.h), whose answers are kept, as each takes a process. */
#ifndef BD_BOOTLOADER_READING_DISK_H
#define BD_BOOTLOADER_READING_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "bootloader/reading/device.h"
#include "bootloader/reading/listing.h"
#include "filestream/frame.h"

/* What grub-fstest has said of a directory. */
struct bd_boot_folder {
	const struct bd_boot_device *device; /* borrowed */
	char *path; /* "/boot"; "" is the root; owned */
	struct bd_grub_listing listing;
};

/* A small file that it has read. */
struct bd_boot_text {
	const struct bd_boot_device *device; /* borrowed */
	char *path, *data; /* owned */
	size_t size;
};

struct bd_boot_disk {
	int fd; /* borrowed; its offset moves */
	uint64_t disk_bytes;
	struct bd_frame_writer writer; /* to the parent */
	struct bd_boot_devices devices;
	bool may_ask; /* grub-fstest can be had: not with an offset */
	bool was_asked; /* for all devices and volumes */
	struct bd_boot_folder *folders; /* owned */
	size_t folder_count;
	struct bd_boot_text *texts; /* owned */
	size_t text_count;
	unsigned note_count;
};

/* The writer has been set up. */
int bd_boot_disk_open(int fd, uint64_t disk_bytes, bool has_offset, uint64_t offset_bytes, struct bd_boot_disk *disk,
		      struct bd_error *err);
void bd_boot_disk_dispose(struct bd_boot_disk *disk); /* idempotent */

/* What GRUB knows of the devices and volumes, once. That it is not installed is told, and no error. */
int bd_boot_disk_ask_devices(struct bd_boot_disk *disk, struct bd_error *err);
/* Tells it, and asks no more. */
void bd_boot_disk_lacks_grub(struct bd_boot_disk *disk, const char *reason);

/* Whether its files can be had, as far as is known now. */
bool bd_boot_disk_reads(const struct bd_boot_disk *disk, const struct bd_boot_device *device);

/* An ext device's filesystem, opened at its first use; NULL: it cannot be, which is told once, and the device is dropped. */
struct bd_places_fs *bd_boot_disk_ext(struct bd_boot_disk *disk, struct bd_boot_device *device);

/* "(loop0,gpt2)/boot/vmlinuz"; the caller frees. */
int bd_boot_disk_grub_path(const struct bd_boot_device *device, const char *path, char **path_out,
			   struct bd_error *err);

/* Tells the parent: the level and one line. Of many, the first ones only. */
void bd_boot_disk_tell(struct bd_boot_disk *disk, enum bd_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
