/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of assignments, as os-release(5): NAME=value, a line each, values as a shell would read them, but without expansion. */
#ifndef BD_KERNEL_ENV_TEXT_H
#define BD_KERNEL_ENV_TEXT_H

#include <stddef.h>

#include "base/err.h"

/* The value of a key, cleaned; the last one where there are several, as in a shell. *value_out stays as it is where there is none, or
 * it is empty. The caller frees. E2BIG: it has limit_bytes or more. */
int bd_env_text_get(const char *text, const char *key, size_t limit_bytes, char **value_out, struct bd_error *err);

/* Control characters become spaces; those at both ends go. */
void bd_env_text_clean(char *text);

#endif
