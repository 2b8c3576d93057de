/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filesystems of the disk, as those see them who read its boot configuration. Devices are named as GRUB does ("hd0,gpt2"); "" is what
 * a reader was given as the device of the configuration, where it was given that. Paths are absolute, symlinks in them are followed. */
#ifndef BD_BOOTMENU_FILES_H
#define BD_BOOTMENU_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum bd_bootmenu_search { BD_BOOTMENU_SEARCH_UUID, BD_BOOTMENU_SEARCH_LABEL, BD_BOOTMENU_SEARCH_FILE };

#define BD_BOOTMENU_DEVICE_SIZE 128
#define BD_BOOTMENU_NAME_SIZE 512 /* of a filesystem's UUID or label, with its NUL */
#define BD_BOOTMENU_EXPECTED_MAX 16 /* files, at once */

struct bd_bootmenu_files {
	void *source; /* borrowed; the first argument of all the functions */
	/* The whole content, with a NUL behind it; the caller frees. *text_out NULL: there is no such regular file. EFBIG: it is larger
	 * than limit_bytes. */
	int (*read)(void *source, const char *device, const char *path, size_t limit_bytes, char **text_out,
		    size_t *size_out, struct bd_error *err);
	/* *type_out: 'f' a regular file, 'd' a directory, '\0' nothing, or nothing of these. */
	int (*look)(void *source, const char *device, const char *path, char *type_out, struct bd_error *err);
	/* The names in a directory, without "." and "..", in any order; nothing where there is no such directory. */
	int (*list)(void *source, const char *device, const char *path,
		    int (*visit)(void *context, const char *name, struct bd_error *err), void *context,
		    struct bd_error *err);
	/* The first device that has a filesystem of that UUID (in any case) or label, or that file. False: none. */
	int (*search)(void *source, enum bd_bootmenu_search by, const char *what,
		      char device_out[BD_BOOTMENU_DEVICE_SIZE], bool *found_out, struct bd_error *err);
	/* The other way round: the UUID, as GRUB writes it, or label of the device's filesystem. False: it has none. May be NULL: they are not
	 * known. */
	int (*describe)(void *source, const char *device, enum bd_bootmenu_search what,
			char text_out[BD_BOOTMENU_NAME_SIZE], bool *known_out, struct bd_error *err);
	/* Small files that are read next, so that they can be had at once; they need not be there. May be NULL. */
	int (*expect)(void *source, const char *device, const char *const *paths, size_t count, struct bd_error *err);
};

/* As read, but one that is larger than limit_bytes is not there, either. */
int bd_bootmenu_read_small(const struct bd_bootmenu_files *files, const char *device, const char *path,
			   size_t limit_bytes, char **text_out, size_t *size_out, struct bd_error *err);

/* A regular file. */
int bd_bootmenu_is_file(const struct bd_bootmenu_files *files, const char *device, const char *path,
			bool *is_file_out, struct bd_error *err);

#endif
