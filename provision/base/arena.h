/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory in a few large blocks for many small objects that are freed together. */
#ifndef BD_BASE_ARENA_H
#define BD_BASE_ARENA_H

#include <stddef.h>

struct bd_arena_piece;

/* Zeroed: empty. */
struct bd_arena {
	struct bd_arena_piece *pieces; /* the newest first */
	size_t used, room; /* of the newest, bytes */
};

/* Zeroed and aligned for any type; NULL: out of memory. */
void *bd_arena_take(struct bd_arena *arena, size_t count, size_t size_bytes);
/* A copy, with a NUL behind it. */
char *bd_arena_text(struct bd_arena *arena, const char *text, size_t length);
void bd_arena_dispose(struct bd_arena *arena); /* idempotent */

#endif
