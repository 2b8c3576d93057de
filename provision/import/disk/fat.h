/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a FAT filesystem, such as an EFI system partition that is mounted at /boot, as mtools(1) reads them, confined. */
#ifndef BD_IMPORT_DISK_FAT_H
#define BD_IMPORT_DISK_FAT_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct bd_fat {
	int fd; /* of the disk; borrowed */
	uint64_t offset_bytes, size_bytes; /* of the partition */
};

/* Called with each file and directory, parents first. path: "/" of the top, "/EFI/BOOT". content_fd: of a regular file: a temporary one
 * of size_bytes, borrowed; -1: it is a directory. */
typedef int (*bd_fat_visit)(void *context, const char *path, int content_fd, uint64_t size_bytes,
			    struct bd_error *err);

/* ENOPKG: mtools is not installed. EIO: it is damaged. ENOTSUP: it has names that mtools takes for patterns. */
int bd_fat_read(const struct bd_fat *fat, bd_fat_visit visit, void *context, struct bd_error *err);

#endif
