/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel, an initrd or a unified kernel image on the disk: parts of it are read, to be looked at, or sent to the parent. */
#ifndef BD_BOOTLOADER_READING_FILE_H
#define BD_BOOTLOADER_READING_FILE_H

#include <stdint.h>

#include "base/err.h"
#include "bootloader/reading/disk.h"
#include "kernel/stream.h"

struct bd_boot_file_source {
	struct bd_boot_disk *disk; /* borrowed */
	struct bd_boot_device *device; /* borrowed */
	char *path; /* owned */
	char *grub_path; /* NULL: of an ext filesystem; owned */
	uint64_t size_bytes;
	/* What was read last, by grub-fstest or out of an ext filesystem. */
	char *piece; /* owned */
	uint64_t piece_at;
	size_t piece_bytes;
};

/* device: GRUB's name. ENOENT: there is no such file. */
int bd_boot_file_source_open(struct bd_boot_disk *disk, const char *device, const char *path,
			     struct bd_boot_file_source *file_out, struct bd_error *err);
void bd_boot_file_source_dispose(struct bd_boot_file_source *file); /* idempotent */

/* To look at it; the file is borrowed, and must not move. */
struct bd_kernel_source bd_boot_file_source_read(struct bd_boot_file_source *file);

/* Sends a part as the next content of the file at hand (result_frame.h), which has to_bytes so far. */
int bd_boot_file_source_send(struct bd_boot_file_source *file, uint64_t from_bytes, uint64_t size_bytes,
			     uint64_t to_bytes, struct bd_error *err);

/* The file at hand, of which so many bytes have been sent, out of the copy that the parent has made of it. */
struct bd_kernel_source bd_boot_copy_read(struct bd_boot_disk *disk, uint64_t size_bytes);

#endif
