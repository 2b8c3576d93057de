/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a run of a boot loader: a directory for the kernel and the ramdisk, and the file for its answer. They have the
 * guest's name, whose lock keeps others away, and are for root only. Knows nothing of libxl. */
#ifndef BD_LIBXL_BOOTLOADER_FILES_H
#define BD_LIBXL_BOOTLOADER_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Beside libxl's own, which are bootloader.DOMID.d and bootloader.DOMID.out. */
#define BD_BOOTLOADER_FOLDER BD_LOCALSTATEDIR "/lib/xen"

struct bd_bootloader_files {
	char directory[PATH_MAX], output[PATH_MAX]; /* "": there are none */
};

/* Removes what a run that was killed has left, first. */
int bd_bootloader_files_make(const char *folder, const char *name, struct bd_bootloader_files *files_out,
			     struct bd_error *err);

/* What the answer's file has, with a NUL behind it, which size does not count; the caller frees. EFBIG: more than an answer. */
int bd_bootloader_files_answer(const struct bd_bootloader_files *files, char **text_out, size_t *size_out,
			       struct bd_error *err);

/* Opens a file that the answer names, and removes its name. inside: it has to be in the directory, as the boot loader was not
 * trusted with more. EPERM: it is not, or is no regular file. */
int bd_bootloader_files_take(const struct bd_bootloader_files *files, const char *path, bool inside, int *fd_out,
			     struct bd_error *err);

/* With all that is in the directory. Idempotent. */
void bd_bootloader_files_remove(struct bd_bootloader_files *files);

#endif
