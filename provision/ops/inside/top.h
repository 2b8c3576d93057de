/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of files relative to what was asked for: a stream (inside/open.h) has each match of a pattern at the top, followed by what
 * is below it, all with their whole paths. */
#ifndef BD_OPS_INSIDE_TOP_H
#define BD_OPS_INSIDE_TOP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct inside_top {
	char *path; /* owned; NULL: nothing has come yet */
	size_t name_at; /* where the names begin, perhaps behind a slash */
	bool is_contents; /* not the directory is meant, but what is in it: "/", or "/dir/." */
};

void inside_top_dispose(struct inside_top *top); /* idempotent */

/* The next path of the stream: *name_out, which is borrowed from it, begins with the last component of the top that it belongs to;
 * where the contents of a directory are meant, with what is in it, and is "" for the directory itself. */
int inside_top_take(struct inside_top *top, const char *path, const char **name_out, struct bd_error *err);

#endif
