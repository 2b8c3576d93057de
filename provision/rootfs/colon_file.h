/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of lines whose fields are separated by colons: passwd(5), shadow(5), group(5), gshadow(5), subuid(5), inittab(5). Pure:
 * texts in, texts out. */
#ifndef BD_ROOTFS_COLON_FILE_H
#define BD_ROOTFS_COLON_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Fields of each. */
enum { BD_PASSWD_UID = 2, BD_PASSWD_GID = 3, BD_PASSWD_HOME = 5, BD_PASSWD_SHELL = 6 };
enum { BD_SHADOW_PASSWORD = 1, BD_SHADOW_CHANGED = 2 };
enum { BD_GROUP_GID = 2, BD_GROUP_MEMBERS = 3 };

/* The line whose first field, with a colon behind it, is the name; NULL: there is none. */
const char *bd_colon_find(const char *text, const char *name);
/* The line behind; NULL: there is none. */
const char *bd_colon_next(const char *line);

/* A field of a line, from 0 on, with its length; of length 0 where the line has not so many. */
const char *bd_colon_field(const char *line, unsigned field, size_t *length_out);
bool bd_colon_is(const char *line, unsigned field, const char *value);
/* False: it is no number. */
bool bd_colon_number(const char *line, unsigned field, uint32_t *number_out);

/* The text with a field of a line, which is in it and has that field, replaced; the caller frees. */
int bd_colon_set(const char *text, const char *line, unsigned field, const char *value, char **text_out,
		 struct bd_error *err);

#endif
