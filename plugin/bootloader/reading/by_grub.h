/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories and small files on filesystems that grub-fstest reads. Each answer takes a process, of some 10 ms, so all are kept, and several
 * directories are asked for at once where that can be foreseen; of files, it reads one. */
#ifndef BD_BOOTLOADER_READING_BY_GRUB_H
#define BD_BOOTLOADER_READING_BY_GRUB_H

#include "base/err.h"
#include "bootloader/reading/disk.h"

/* What is in a directory. *listing_out is borrowed, until the next directory is asked for. Whatever cannot be read is not there. */
int bd_by_grub_list(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path,
		    const struct bd_grub_listing **listing_out, struct bd_error *err);

/* *type_out as in struct bd_bootmenu_files; *size_out of a file. */
int bd_by_grub_look(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path, char *type_out,
		    uint64_t *size_out, struct bd_error *err);

/* A whole file of that size, which bd_by_grub_look has told, with a NUL behind it. The caller frees. EIO: it cannot be read. */
int bd_by_grub_read(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path, size_t size,
		    char **data_out, struct bd_error *err);

#define BD_BY_GRUB_TOGETHER_MAX 18 /* directories */

/* Asks for what is to be looked at next, all at once; what is known already, or not there, is left out. Paths are clean (path.h). */
int bd_by_grub_load_folders(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *const *paths,
			    size_t count, struct bd_error *err);

/* Where boot loaders have their configuration, below a directory ("@") that is the root of a guest. */
int bd_by_grub_load_usual(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *root,
			  struct bd_error *err);

#endif
