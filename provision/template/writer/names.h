/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of a template under construction: a tree in about 40 bytes per name. Names are referred to by number;
 * the root is 0. */
#ifndef BD_TEMPLATE_WRITER_NAMES_H
#define BD_TEMPLATE_WRITER_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sodium.h>

#include "base/err.h"

#define BD_NO_NAME UINT32_MAX

struct bd_name {
	uint32_t parent, next; /* next: in the same directory, in the order in which they came */
	uint32_t inode; /* the owner's own number */
	uint32_t layer; /* of the last source that had it, or something below it */
	uint32_t text; /* in the arena: type, size, bytes */
};

struct bd_names {
	struct bd_name *names;
	uint32_t count;
	uint8_t *arena;
	size_t arena_used, arena_capacity;
	uint32_t *index; /* hash table: number + 1; 0: empty. Names that are removed stay in it. */
	size_t index_size;
	uint32_t layer; /* of the names that are added now */
	uint8_t key[crypto_shorthash_KEYBYTES]; /* whoever made the archive cannot choose names that collide */
};

/* The root has the type of a directory. */
int bd_names_init(struct bd_names *names, struct bd_error *err);
void bd_names_dispose(struct bd_names *names); /* idempotent */

uint32_t bd_names_find(const struct bd_names *names, uint32_t parent, const char *text, size_t size);
/* The caller links it to its siblings. size: 1 to 255. type: enum bd_file_type, not BD_TYPE_NONE. */
int bd_names_add(struct bd_names *names, uint32_t parent, const char *text, size_t size, uint8_t type,
		 uint32_t *number_out, struct bd_error *err);
void bd_names_remove(struct bd_names *names, uint32_t number);
/* For bd_names_find, when the parents of names have changed. */
int bd_names_index_again(struct bd_names *names, struct bd_error *err);

uint8_t bd_names_type(const struct bd_names *names, uint32_t number); /* 0: it is removed */
const uint8_t *bd_names_text(const struct bd_names *names, uint32_t number, size_t *size_out);
/* The printable path, for messages: "etc/passwd"; bytes that are not printable as \xNN. */
void bd_names_path(const struct bd_names *names, uint32_t number, char *text_out, size_t size);

#endif
