/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converts nodes to texts. */
#include "fleet/values.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/range.h"

size_t bd_fleet_value_count(const struct bd_json_node *node)
{
	return node->type == BD_JSON_ARRAY ? node->child_count : 1;
}

const struct bd_json_node *bd_fleet_value_node(const struct bd_json_node *node, size_t index)
{
	return node->type == BD_JSON_ARRAY ? &node->children[index] : node;
}

bool bd_fleet_value_counts(const struct bd_fleet_key *key, const struct bd_json_node *value)
{
	return key->counts && strpbrk(value->text, "{}");
}

int bd_fleet_value_place(const struct bd_fleet_source *source, const struct bd_fleet_key *key, const char **value,
			 struct bd_error *err)
{
	size_t folder_length = strlen(source->folder), length = strlen(*value);

	if (!key->is_path || **value == '/')
		return 0;
	char *path = bd_arena_take(source->memory, folder_length + 1 + length + 1, 1);
	if (!path)
		return bd_no_memory(err);
	/* The root is a folder that ends in a slash already. */
	sprintf(path, "%s%s%s", source->folder, strcmp(source->folder, "/") == 0 ? "" : "/", *value);
	*value = path;
	return 0;
}

int bd_fleet_values_count_along(const struct bd_fleet_source *source, struct bd_fleet_setting *setting, size_t index,
				struct bd_error *err)
{
	const char **values = NULL;

	for (size_t i = 0; setting->key->counts && i < setting->value_count; i++) {
		const struct bd_json_node *value = bd_fleet_value_node(setting->node, i);
		BD_FREE char *item = NULL;
		if (!bd_fleet_value_counts(setting->key, value))
			continue;
		if (!values && !(values = bd_arena_take(source->memory, setting->value_count, sizeof(*values))))
			return bd_no_memory(err);
		if (setting->values != values)
			memcpy(values, setting->values, setting->value_count * sizeof(*values));
		setting->values = values;
		if (bd_range_item(value->text, index, &item, err) != 0)
			return -1;
		values[i] = bd_arena_text(source->memory, item, strlen(item));
		if (!values[i])
			return bd_no_memory(err);
		if (bd_fleet_value_place(source, setting->key, &values[i], err) != 0)
			return -1;
	}
	return 0;
}
