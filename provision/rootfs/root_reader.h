/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a guest's root filesystem, whatever contains it: a sealed template (bd_sealed_root_reader) or an ext
 * filesystem inside an image (ext3/reader/root.h). Paths are absolute; symlinks in them are followed as a kernel
 * running in it would. */
#ifndef BD_ROOTFS_ROOT_READER_H
#define BD_ROOTFS_ROOT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct bd_root_facts {
	mode_t mode; /* 0: nothing is there */
	uint32_t uid, gid;
	uint64_t size_bytes; /* of a regular file */
};

typedef int (*bd_root_visit)(void *context, const char *name, uint8_t type, struct bd_error *err);

struct bd_root_reader {
	const void *source; /* borrowed; the first argument of all the functions */
	/* follow: the last symlink too. ELOOP: symlinks in a circle. */
	int (*look)(const void *source, const char *path, bool follow, struct bd_root_facts *facts_out,
		    struct bd_error *err);
	/* As bd_sealed_resolve_parents, bd_sealed_read_file and bd_sealed_list. */
	int (*resolve_parents)(const void *source, const char *path, char **path_out, struct bd_error *err);
	int (*read_file)(const void *source, const char *path, size_t limit_bytes, char **data_out,
			 size_t *size_bytes_out, struct bd_error *err);
	/* The value of the xattr BD_SELINUX_LABEL, the last symlink not followed; the caller frees. NULL: there is none. */
	int (*read_label)(const void *source, const char *path, void **value_out, size_t *size_bytes_out,
			  struct bd_error *err);
	/* The target of a symlink that the path names; the caller frees. NULL: it names none. */
	int (*read_link)(const void *source, const char *path, char **target_out, struct bd_error *err);
	int (*list)(const void *source, const char *path, bd_root_visit visit, void *context, struct bd_error *err);
};

/* By read_file, a file that nothing depends on: one that is larger than limit_bytes, or whose symlinks lead in circles, counts as one
 * that is not there. size_bytes_out may be NULL. */
int bd_root_read_optional(const struct bd_root_reader *root, const char *path, size_t limit_bytes, char **data_out,
			  size_t *size_bytes_out, struct bd_error *err);

/* Whether something is there, symlinks followed; one that leads in circles is not. */
int bd_root_exists(const struct bd_root_reader *root, const char *path, bool *there_out, struct bd_error *err);
/* Likewise at any of several paths, whose list ends in NULL. follow: the last symlink too. */
int bd_root_has_any(const struct bd_root_reader *root, const char *const *paths, bool follow, bool *there_out,
		    struct bd_error *err);

#endif
