/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds names by their directory and text through a hash table. */
#include "template/writer/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "rootfs/file_type.h"

static int grow_index(struct bd_names *names, struct bd_error *err);

static uint64_t hash_of(const struct bd_names *names, uint32_t parent, const char *text, size_t size)
{
	uint8_t input[sizeof(parent) + 255], output[crypto_shorthash_BYTES];

	memcpy(input, &parent, sizeof(parent));
	memcpy(input + sizeof(parent), text, size);
	crypto_shorthash(output, input, sizeof(parent) + size, names->key);
	return get_le64(output);
}

int bd_names_init(struct bd_names *names, struct bd_error *err)
{
	uint32_t root;

	*names = (struct bd_names){ 0 };
	crypto_shorthash_keygen(names->key);
	return bd_names_add(names, BD_NO_NAME, "/", 1, BD_TYPE_DIRECTORY, &root, err);
}

void bd_names_dispose(struct bd_names *names)
{
	free(names->names);
	free(names->arena);
	free(names->index);
	*names = (struct bd_names){ 0 };
}

uint8_t bd_names_type(const struct bd_names *names, uint32_t number)
{
	return names->arena[names->names[number].text];
}

const uint8_t *bd_names_text(const struct bd_names *names, uint32_t number, size_t *size_out)
{
	const uint8_t *at = names->arena + names->names[number].text;

	*size_out = at[1];
	return at + 2;
}

void bd_names_remove(struct bd_names *names, uint32_t number)
{
	names->arena[names->names[number].text] = 0;
}

static bool is(const struct bd_names *names, uint32_t number, uint32_t parent, const char *text, size_t size)
{
	size_t there_size;
	const uint8_t *there = bd_names_text(names, number, &there_size);

	return names->names[number].parent == parent && there_size == size && memcmp(there, text, size) == 0 &&
	       bd_names_type(names, number);
}

uint32_t bd_names_find(const struct bd_names *names, uint32_t parent, const char *text, size_t size)
{
	size_t mask = names->index_size - 1;

	for (size_t at = hash_of(names, parent, text, size) & mask; names->index[at]; at = (at + 1) & mask)
		if (is(names, names->index[at] - 1, parent, text, size))
			return names->index[at] - 1;
	return BD_NO_NAME;
}

static void put_in_index(struct bd_names *names, uint32_t number)
{
	size_t size, mask = names->index_size - 1;
	const uint8_t *text = bd_names_text(names, number, &size);
	size_t at = hash_of(names, names->names[number].parent, (const char *)text, size) & mask;

	while (names->index[at])
		at = (at + 1) & mask;
	names->index[at] = number + 1;
}

/* At most three quarters of it are full. */
static int grow_index(struct bd_names *names, struct bd_error *err)
{
	size_t size = names->index_size ? names->index_size * 2 : 1024;
	uint32_t *index = calloc(size, sizeof(*index));

	if (!index)
		return bd_no_memory(err);
	free(names->index);
	names->index = index;
	names->index_size = size;
	for (uint32_t i = 0; i < names->count; i++)
		if (bd_names_type(names, i))
			put_in_index(names, i);
	return 0;
}

int bd_names_index_again(struct bd_names *names, struct bd_error *err)
{
	return grow_index(names, err);
}

static int make_room(struct bd_names *names, size_t text_size, struct bd_error *err)
{
	size_t arena_bytes = names->arena_used + text_size + 2;

	if (names->count == UINT32_MAX / 2 || arena_bytes > UINT32_MAX)
		return bd_fail(err, EFBIG, "too many files");
	if (bd_array_grow(names->names, names->count, err) != 0 ||
	    bd_array_reserve(names->arena, names->arena_capacity, arena_bytes, err) != 0)
		return -1;
	return names->count + 1 > names->index_size / 4 * 3 ? grow_index(names, err) : 0;
}

int bd_names_add(struct bd_names *names, uint32_t parent, const char *text, size_t size, uint8_t type,
		 uint32_t *number_out, struct bd_error *err)
{
	if (make_room(names, size, err) != 0)
		return -1;
	uint32_t number = names->count++;
	uint8_t *at = names->arena + names->arena_used;
	names->names[number] = (struct bd_name){ parent, BD_NO_NAME, 0, names->layer, (uint32_t)names->arena_used };
	at[0] = type;
	at[1] = (uint8_t)size;
	memcpy(at + 2, text, size);
	names->arena_used += size + 2;
	put_in_index(names, number);
	*number_out = number;
	return 0;
}

static size_t put_printable(char *out, size_t room, const uint8_t *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < size && used + 5 < room; i++) {
		if (text[i] >= ' ' && text[i] != 0x7f)
			out[used++] = (char)text[i];
		else
			used += (size_t)snprintf(out + used, room - used, "\\x%02x", text[i]);
	}
	out[used] = '\0';
	return used;
}

void bd_names_path(const struct bd_names *names, uint32_t number, char *text_out, size_t size)
{
	uint32_t way[64];
	size_t depth = 0, used = 0;

	for (uint32_t at = number; at != 0 && at != BD_NO_NAME && depth < 64; at = names->names[at].parent)
		way[depth++] = at;
	snprintf(text_out, size, "%s", depth ? "" : ".");
	while (depth-- > 0 && used + 6 < size) {
		size_t text_size;
		const uint8_t *text = bd_names_text(names, way[depth], &text_size);
		used += put_printable(text_out + used, size - used, text, text_size);
		if (depth && used + 2 < size) {
			text_out[used++] = '/';
			text_out[used] = '\0';
		}
	}
}
