/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths and glob(7) patterns in an ext2, ext3 or ext4 filesystem. */
#ifndef BD_INSIDE_PATTERN_H
#define BD_INSIDE_PATTERN_H

#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* A path as it is put together component by component. */
struct bd_inside_path {
	char *text; /* owned; NULL: nothing was set */
	size_t capacity;
};

void bd_inside_path_dispose(struct bd_inside_path *path); /* idempotent */
/* Its first parent_size bytes, then a slash where they do not end in one, then name. ENAMETOOLONG. */
int bd_inside_path_set(struct bd_inside_path *path, size_t parent_size, const char *name, struct bd_error *err);

struct bd_inside_match {
	ext2_ino_t directory; /* in which the name is; the root directory's is itself */
	const char *name; /* "/" of the root directory */
	ext2_ino_t number; /* what is found there */
};

struct bd_inside_pattern {
	ext2_filsys fs; /* borrowed */
	bool follow; /* a symbolic link that the last component names */
	struct bd_inside_path *path; /* borrowed: of the match */
	/* What it returns, other than 0, ends the search. */
	int (*take)(void *context, const struct bd_inside_match *match, struct bd_error *err);
	void *context;
	size_t found; /* how many there were */
	bool ended; /* by what take returned */
};

/* A component that is not there by this very name is a pattern where it has * ? or [. Symbolic links on the way are followed
 * inside the filesystem. BD_KIND_NOT_FOUND: no match. */
int bd_inside_pattern_expand(struct bd_inside_pattern *pattern, const char *text, struct bd_error *err);

/* The entry of a directory. follow: it may be a symbolic link, to what it leads to. BD_KIND_NOT_FOUND: there is none. */
int bd_inside_look_up(ext2_filsys fs, ext2_ino_t directory, const char *name, bool follow, ext2_ino_t *number_out,
		      struct bd_error *err);

#endif
