/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes a key of an xl config, or a word of our comment in it, in place, so that comments and everything else are
 * kept. Pure. */
#ifndef BD_XLCFG_EDIT_H
#define BD_XLCFG_EDIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What a key is to be from now on: value is the text behind the equals sign ("512", "\"web02\"", "[ \"mac=...\" ]"; see
 * bd_xlcfg_quote); NULL takes the key away. A key that is not there is added at the end. */
struct bd_cfg_change {
	const char *key, *value;
};

/* The changed text; the caller frees. EINVAL: as bd_cfg_parse. */
int bd_cfg_edit(const char *text, const struct bd_cfg_change *changes, size_t count, char **text_out,
		struct bd_error *err);

/* Sets a key to a number. limit: what the config has of limit_key ("maxmem"), 0 for nothing; it goes up with the value where xl would
 * find it too low. */
int bd_cfg_edit_number(const char *text, const char *key, uint64_t value, const char *limit_key, uint64_t limit,
		       char **text_out, struct bd_error *err);

/* Changes a word of our comment, which is added (as the second line) where there is none; value NULL takes it away.
 * EINVAL: a value with a blank or a control character. */
int bd_cfg_edit_word(const char *text, const char *key, const char *value, char **text_out, struct bd_error *err);

#endif
