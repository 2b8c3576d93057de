/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings as an xl config has them. Pure. */
#ifndef BD_XLCFG_QUOTE_H
#define BD_XLCFG_QUOTE_H

#include <stdio.h>

#include "base/err.h"

/* In quotes: control characters are refused (EINVAL), " and \ escaped. The caller frees. */
int bd_xlcfg_quote(const char *text, char **quoted_out, struct bd_error *err);

/* Writes the line of a key whose value is a string. EINVAL: as bd_xlcfg_quote. */
int bd_xlcfg_put_string(FILE *out, const char *key, const char *value, struct bd_error *err);

#endif
