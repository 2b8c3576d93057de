/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open addressing, at most half full. */
#include "fleet/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"

/* Where the name is in the table, or would be. */
static size_t *slot_of(const struct bd_fleet_names *names, const char *name)
{
	size_t at = bd_hash(BD_HASH_INIT, name, strlen(name)) & (names->table_size - 1);

	while (names->table[at] && strcmp(names->names[names->table[at] - 1], name) != 0)
		at = (at + 1) & (names->table_size - 1);
	return &names->table[at];
}

static int grow_table(struct bd_fleet_names *names, struct bd_error *err)
{
	size_t size = names->table_size ? 2 * names->table_size : 128;
	size_t *table = calloc(size, sizeof(*table));

	if (!table)
		return bd_no_memory(err);
	free(names->table);
	names->table = table;
	names->table_size = size;
	for (size_t i = 0; i < names->count; i++)
		*slot_of(names, names->names[i]) = i + 1;
	return 0;
}

int bd_fleet_names_add(struct bd_fleet_names *names, const char *name, size_t *number_out, bool *new_out,
		       struct bd_error *err)
{
	if (bd_array_grow(names->names, names->count, err) != 0 ||
	    (2 * names->count >= names->table_size && grow_table(names, err) != 0))
		return -1;
	size_t *slot = slot_of(names, name);
	*new_out = *slot == 0;
	if (*new_out) {
		names->names[names->count++] = name;
		*slot = names->count;
	}
	*number_out = *slot - 1;
	return 0;
}

size_t bd_fleet_names_find(const struct bd_fleet_names *names, const char *name)
{
	size_t found = names->count ? *slot_of(names, name) : 0;

	return found ? found - 1 : BD_FLEET_NO_NAME;
}

void bd_fleet_names_dispose(struct bd_fleet_names *names)
{
	free(names->names);
	free(names->table);
	*names = (struct bd_fleet_names){ 0 };
}
