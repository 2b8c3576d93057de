/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings in libxl's structs, which are freed with free(3). */
#ifndef BD_LIBXL_CONFIG_SET_STRING_H
#define BD_LIBXL_CONFIG_SET_STRING_H

#include "base/err.h"

/* strdup with an error; of NULL, NULL. Frees what was there. */
int bd_set_string(char **member, const char *value, struct bd_error *err);

#endif
