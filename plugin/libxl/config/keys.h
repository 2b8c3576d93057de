/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The positions of the keys in the text of a config. */
#ifndef BD_LIBXL_CONFIG_KEYS_H
#define BD_LIBXL_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* One use of a key at the top level: `name = value` or, with adds, `name += value`. */
struct bd_key_use {
	char *name;
	unsigned line;
	bool adds;
};

struct bd_key_uses {
	struct bd_key_use *items;
	size_t count;
	unsigned octal_line; /* of the first octal escape in a string; 0: there is none */
};

void bd_key_uses_dispose(struct bd_key_uses *uses); /* idempotent; a zeroed struct will do */

/* Finds the keys of a text. What it finds is right for every text that libxlutil accepts: there an identifier
 * outside of strings and comments is always a key. Refuses what libxlutil would stumble over (NUL bytes, CRLF, a
 * comment without a newline). Keys are appended to uses. path: for messages. */
int bd_keys_scan(const char *path, const char *text, size_t size_bytes, struct bd_key_uses *uses,
		 struct bd_error *err);

#endif
