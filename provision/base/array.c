/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grows arrays by doubling, with checked sizes. */
#include "base/array.h"

#include <stdlib.h>

void *bd_array_grown(void *items, size_t count, size_t item_bytes, struct bd_error *err)
{
	size_t capacity = count;

	return bd_array_reserved(items, &capacity, count + 1, item_bytes, err);
}

void *bd_array_reserved(void *items, size_t *capacity, size_t wanted, size_t item_bytes, struct bd_error *err)
{
	size_t room = *capacity > BD_ARRAY_FIRST / 2 ? *capacity : BD_ARRAY_FIRST / 2;
	void *grown = NULL;

	if (!__builtin_mul_overflow(room, 2, &room))
		grown = reallocarray(items, room > wanted ? room : wanted, item_bytes);
	if (!grown) {
		bd_no_memory(err);
		return NULL;
	}
	*capacity = room > wanted ? room : wanted;
	return grown;
}
