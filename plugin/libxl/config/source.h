/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a config that libxlutil has accepted, and the position of each of its keys. */
#ifndef BD_LIBXL_CONFIG_SOURCE_H
#define BD_LIBXL_CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <libxlutil.h>

#include "base/err.h"
#include "libxl/config/keys.h"

struct bd_source {
	char *path;
	XLU_Config *xlu;
	struct bd_key_uses keys; /* in their order */
	FILE *report; /* libxlutil's messages go here ... */
	char *report_text; /* ... and are found here after a flush */
	size_t report_size;
};

/* ENOENT and the like as from open(2); EINVAL with path and line for a text that xl would not take either.
 * Not to be moved in memory afterwards: the report stream knows its address. */
int bd_source_read(struct bd_source *source, const char *path, struct bd_error *err);
void bd_source_dispose(struct bd_source *source); /* idempotent */

/* The line of the last use of a key; 0: not used. */
unsigned bd_source_line(const struct bd_source *source, const char *name);

/* Fails with EINVAL, "path:line: " and the message; line: that of `key`. */
int bd_source_fail(const struct bd_source *source, const char *key, struct bd_error *err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* What libxlutil has reported since the last call: its first line without "PATH:", or "" . */
const char *bd_source_report(struct bd_source *source);

#endif
