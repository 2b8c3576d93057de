/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The "key=value" of which the strings of a config consist, and the numbers in them. Errors do not say where. */
#ifndef BD_LIBXL_CONFIG_PAIRS_H
#define BD_LIBXL_CONFIG_PAIRS_H

#include <stdbool.h>

#include "base/err.h"

struct bd_pair {
	char *name, *value; /* in the text that was split */
};

/* Splits a text, which is changed, at its first equals sign. trims: blanks around both are dropped, and an empty value is
 * refused. EINVAL: there is no equals sign. */
int bd_pair_split(char *text, bool trims, struct bd_pair *pair_out, struct bd_error *err);

/* A decimal number. As xl, takes what begins with one, and passes over what follows. */
int bd_parse_ulong(const char *text, unsigned long *number_out, struct bd_error *err);
/* "4" or "4-7". */
int bd_parse_range(const char *text, unsigned long *first_out, unsigned long *last_out, struct bd_error *err);

#endif
