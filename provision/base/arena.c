/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of blocks of 64 KiB; larger objects get their own block. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_ROOM ((size_t)65536)

struct bd_arena_piece {
	struct bd_arena_piece *next;
	max_align_t data[];
};

void *bd_arena_take(struct bd_arena *arena, size_t count, size_t size_bytes)
{
	size_t size;

	if (__builtin_mul_overflow(count, size_bytes, &size) || size > SIZE_MAX / 2)
		return NULL;
	size = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	if (!arena->pieces || size > arena->room - arena->used) {
		size_t room = size > PIECE_ROOM ? size : PIECE_ROOM;
		struct bd_arena_piece *piece = calloc(1, sizeof(*piece) + room);
		if (!piece)
			return NULL;
		piece->next = arena->pieces;
		arena->pieces = piece;
		arena->used = 0;
		arena->room = room;
	}
	void *taken = (char *)arena->pieces->data + arena->used;
	arena->used += size;
	return taken;
}

char *bd_arena_text(struct bd_arena *arena, const char *text, size_t length)
{
	char *copy = bd_arena_take(arena, length + 1, 1);

	if (copy)
		memcpy(copy, text, length);
	return copy;
}

void bd_arena_dispose(struct bd_arena *arena)
{
	while (arena->pieces) {
		struct bd_arena_piece *next = arena->pieces->next;
		free(arena->pieces);
		arena->pieces = next;
	}
	*arena = (struct bd_arena){ 0 };
}
