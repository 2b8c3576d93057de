/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side: finds a kernel and an initrd by their paths in the ext2, ext3 and ext4 filesystems of a disk. */
#ifndef BD_BOOTLOADER_READER_H
#define BD_BOOTLOADER_READER_H

#include <stdbool.h>
#include <stdint.h>

struct bd_reader_request {
	const char *kernel; /* both are paths from the root of the filesystem, with or without a slash before them */
	const char *ramdisk; /* NULL: none */
	const char *arguments; /* NULL: none */
	uint64_t disk_bytes;
	bool has_offset; /* then the filesystem begins at offset_bytes, and no table is looked at */
	uint64_t offset_bytes;
	bool without_content;
};

/* bd_sandbox_job.work; context: the struct bd_reader_request. Sends the frames of result_frame.h. Partitions are tried in pygrub's order:
 * the active one first; the first one that has the kernel is taken. */
void bd_reader_work(void *context, int input_fd, int output_fd);

#endif
