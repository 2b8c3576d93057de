/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel or an initrd on this host, for libxl, which maps and removes it. Named as pygrub names them: boot_kernel.XXXXXXXX,
 * boot_ramdisk.XXXXXXXX, of root alone. */
#ifndef BD_BOOTLOADER_BOOT_FILE_H
#define BD_BOOTLOADER_BOOT_FILE_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"

enum bd_boot_file_kind { BD_BOOT_KERNEL, BD_BOOT_RAMDISK, BD_BOOT_FILES };

/* "kernel", "initrd": for messages. */
const char *bd_boot_file_word(enum bd_boot_file_kind kind);

struct bd_boot_file {
	int fd; /* open for writing; owned; -1: there is none */
	char path[PATH_MAX];
	bool is_kept; /* removed unless it is */
};

#define BD_BOOT_FILE_INIT \
	{ \
		.fd = -1 \
	}

/* directory NULL: fallback, which is made where it is missing (0700, as pygrub makes its own). A directory that was asked for has to be
 * there. Mode 0600; it is a new file in any case (O_EXCL). */
int bd_boot_file_create(const char *directory, const char *fallback, enum bd_boot_file_kind kind,
			struct bd_boot_file *file_out, struct bd_error *err);
/* It is complete. */
int bd_boot_file_close(struct bd_boot_file *file, struct bd_error *err);
/* Somebody has been told of it, and will remove it. */
void bd_boot_file_keep(struct bd_boot_file *file);
void bd_boot_file_dispose(struct bd_boot_file *file); /* idempotent; removes what was not kept */

#endif
