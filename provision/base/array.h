/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays that grow while they are filled: the one place where sizes are doubled and checked for overflow.
 *
 * Both macros take the array as an lvalue (which may move), return 0, or -1 with "out of memory" in err, and leave the array
 * as it was on failure. The caller frees it with free().
 */
#ifndef BD_BASE_ARRAY_H
#define BD_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define BD_ARRAY_FIRST 8 /* items, a power of two */

/* What an array of count items has room for follows from count, so that nobody has to remember it. */
static inline bool bd_array_is_full(size_t count)
{
	return count == 0 || (count >= BD_ARRAY_FIRST && (count & (count - 1)) == 0);
}

/* Of the array that holds `count` items, or of its copy elsewhere, with room for more. NULL: see above. */
void *bd_array_grown(void *items, size_t count, size_t item_bytes, struct bd_error *err);

/* Of an array with room for *capacity items, with room for at least `wanted` of them; sets *capacity. */
void *bd_array_reserved(void *items, size_t *capacity, size_t wanted, size_t item_bytes, struct bd_error *err);

#define BD_ARRAY_SET(items, call) \
	__extension__({ \
		void *bd_array = (call); \
		if (bd_array) \
			(items) = bd_array; \
		bd_array ? 0 : -1; \
	})

/* Makes room for one more item behind the `count` that are there. Only for arrays that nothing else allocates: it
 * begins with NULL and no items, and every item is added after a call of this. */
#define bd_array_grow(items, count, err) \
	(bd_array_is_full(count) ? BD_ARRAY_SET(items, bd_array_grown((items), (count), sizeof(*(items)), (err))) : 0)

/* Makes room for `wanted` items in total. capacity (a size_t) is the current capacity; 0 if items is NULL. */
#define bd_array_reserve(items, capacity, wanted, err) \
	((wanted) > (capacity) \
		 ? BD_ARRAY_SET(items, bd_array_reserved((items), &(capacity), (wanted), sizeof(*(items)), (err))) \
		 : 0)

#endif
