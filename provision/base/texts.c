/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing list of borrowed strings. */
#include "base/texts.h"

#include <stdlib.h>

#include "base/array.h"

int bd_texts_append(struct bd_texts *texts, const char *text, struct bd_error *err)
{
	if (bd_array_grow(texts->items, texts->count, err) != 0)
		return -1;
	texts->items[texts->count++] = text;
	return 0;
}

void bd_texts_dispose(struct bd_texts *texts)
{
	free(texts->items);
	*texts = (struct bd_texts){ 0 };
}
