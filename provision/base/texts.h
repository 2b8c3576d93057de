/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing list of borrowed strings, such as the values of an option that may be given more than once. */
#ifndef BD_BASE_TEXTS_H
#define BD_BASE_TEXTS_H

#include <stddef.h>

#include "base/err.h"

struct bd_texts {
	const char **items; /* the array is owned, the texts are borrowed */
	size_t count;
};

int bd_texts_append(struct bd_texts *texts, const char *text, struct bd_error *err);
void bd_texts_dispose(struct bd_texts *texts); /* idempotent */

#endif
