/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sorted array. */
#include "bootmenu/grub/variables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "bootmenu/grub/limits.h"

/* Where it is, or would be. */
static size_t place_of(const struct grub_variables *variables, const char *name, bool *found_out)
{
	size_t low = 0, high = variables->count;

	*found_out = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(variables->items[middle].name, name);
		if (order == 0) {
			*found_out = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *grub_variables_get(const struct grub_variables *variables, const char *name)
{
	bool found;
	size_t place = place_of(variables, name, &found);

	return found ? variables->items[place].value : NULL;
}

const struct grub_origin *grub_variables_origin(const struct grub_variables *variables, const char *name)
{
	bool found;
	size_t place = place_of(variables, name, &found);

	return found ? variables->items[place].origin : NULL;
}

void grub_variables_set_origin(struct grub_variables *variables, const char *name, const struct grub_origin *origin)
{
	bool found;
	size_t place = place_of(variables, name, &found);

	if (found)
		variables->items[place].origin = origin;
}

static int check_room(const struct grub_variables *variables, size_t more_bytes, struct bd_error *err)
{
	if (more_bytes > GRUB_VARIABLES_BYTES_MAX - variables->bytes)
		return bd_fail(err, E2BIG, "the variables are larger than %d bytes", GRUB_VARIABLES_BYTES_MAX);
	return 0;
}

static int find_or_add(struct grub_variables *variables, const char *name, struct grub_variable **variable_out,
		       struct bd_error *err)
{
	bool found;
	size_t place = place_of(variables, name, &found);

	if (found) {
		*variable_out = &variables->items[place];
		return 0;
	}
	if (variables->count == GRUB_VARIABLES_MAX)
		return bd_fail(err, E2BIG, "there are more than %d variables", GRUB_VARIABLES_MAX);
	if (check_room(variables, strlen(name), err) != 0)
		return -1;
	if (bd_array_grow(variables->items, variables->count, err) != 0)
		return -1;
	char *copy = strdup(name);
	if (!copy)
		return bd_no_memory(err);
	struct grub_variable *at = &variables->items[place];
	memmove(at + 1, at, (variables->count - place) * sizeof(*at));
	*at = (struct grub_variable){ .name = copy };
	variables->count++;
	variables->bytes += strlen(name);
	*variable_out = at;
	return 0;
}

int grub_variables_set(struct grub_variables *variables, const char *name, const char *value, struct bd_error *err)
{
	struct grub_variable *variable;
	size_t length = strlen(value);

	if (strcmp(name, "root") == 0 && length >= 2 && value[0] == '(' && value[length - 1] == ')') {
		value++;
		length -= 2;
	}
	if (length > GRUB_WORD_MAX)
		return bd_fail(err, E2BIG, "a variable is longer than %d bytes", GRUB_WORD_MAX);
	if (check_room(variables, length, err) != 0)
		return -1;
	BD_FREE char *copy = strndup(value, length);
	if (!copy)
		return bd_no_memory(err);
	if (find_or_add(variables, name, &variable, err) != 0)
		return -1;
	variables->bytes += length - (variable->value ? strlen(variable->value) : 0);
	free(variable->value);
	variable->value = bd_take_ptr(copy);
	variable->origin = NULL;
	return 0;
}

int grub_variables_export(struct grub_variables *variables, const char *name, struct bd_error *err)
{
	struct grub_variable *variable;

	if (find_or_add(variables, name, &variable, err) != 0)
		return -1;
	variable->exported = true;
	return 0;
}

void grub_variables_unset(struct grub_variables *variables, const char *name)
{
	bool found;
	size_t place = place_of(variables, name, &found);

	if (!found)
		return;
	struct grub_variable *variable = &variables->items[place];
	variables->bytes -= variable->value ? strlen(variable->value) : 0;
	free(variable->value);
	variable->value = NULL;
	variable->origin = NULL;
	variable->exported = false;
}

int grub_variables_copy(const struct grub_variables *from, bool only_exported, struct grub_variables *copy_out,
			struct bd_error *err)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct grub_variable *variable = &from->items[i];
		if (only_exported && !variable->exported)
			continue;
		if (variable->value && grub_variables_set(copy_out, variable->name, variable->value, err) != 0)
			return -1;
		grub_variables_set_origin(copy_out, variable->name, variable->origin);
		if (variable->exported && grub_variables_export(copy_out, variable->name, err) != 0)
			return -1;
	}
	return 0;
}

void grub_variables_dispose(struct grub_variables *variables)
{
	for (size_t i = 0; i < variables->count; i++) {
		free(variables->items[i].name);
		free(variables->items[i].value);
	}
	free(variables->items);
	*variables = (struct grub_variables){ 0 };
}
