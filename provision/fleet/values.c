/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converts nodes to texts. */
#include "fleet/values.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/range.h"

static bool has_type(enum bd_fleet_kind kind, const struct bd_json_node *node)
{
	switch (kind) {
	case BD_FLEET_NUMBER:
		return node->type == BD_JSON_NUMBER || node->type == BD_JSON_STRING;
	case BD_FLEET_FLAG:
		return node->type == BD_JSON_BOOL;
	case BD_FLEET_LIST:
		return node->type == BD_JSON_ARRAY || node->type == BD_JSON_STRING;
	case BD_FLEET_NETWORK_LIST:
		return node->type == BD_JSON_ARRAY || node->type == BD_JSON_STRING || node->type == BD_JSON_OBJECT;
	default:
		return node->type == BD_JSON_STRING;
	}
}

int bd_fleet_value_check_type(const struct bd_fleet_source *source, const char *name, enum bd_fleet_kind kind,
			      const struct bd_json_node *node, struct bd_error *err)
{
	if (!has_type(kind, node))
		return bd_json_fail(source->json, node, err, "\"%s\" is %s, where %s is needed", name,
				    bd_json_type_name(node->type), bd_fleet_kind_name(kind));
	for (size_t i = 0; node->type == BD_JSON_ARRAY && i < node->child_count; i++)
		if (node->children[i].type != BD_JSON_STRING &&
		    (kind != BD_FLEET_NETWORK_LIST || node->children[i].type != BD_JSON_OBJECT))
			return bd_json_fail(source->json, &node->children[i], err,
					    "\"%s\" has %s in it, where only strings%s may be", name,
					    bd_json_type_name(node->children[i].type),
					    kind == BD_FLEET_NETWORK_LIST ? " and objects" : "");
	return 0;
}

int bd_fleet_value_check_range(const struct bd_fleet_source *source, const char *name,
			       const struct bd_json_node *node, enum bd_fleet_rank rank, size_t guest_count,
			       struct bd_error *err)
{
	struct bd_error problem;
	size_t count;

	if (rank == BD_FLEET_OF_HOST)
		return bd_json_fail(source->json, node, err,
				    "\"%s\": a range is allowed in a group of a manifest only", name);
	if (rank == BD_FLEET_OF_DEFAULTS)
		return bd_json_fail(source->json, node, err,
				    "\"%s\": a range is allowed in a group only; \"defaults\" is for all "
				    "guests",
				    name);
	if (rank == BD_FLEET_OF_GUEST)
		return bd_json_fail(source->json, node, err,
				    "\"%s\": a range is allowed in a group only; this is one guest", name);
	if (bd_range_count(node->text, &count, &problem) != 0)
		return bd_json_fail(source->json, node, err, "\"%s\": %s", name, problem.message);
	if (count < guest_count)
		return bd_json_fail(source->json, node, err, "\"%s\": \"%s\" is for %zu guests; the group has %zu",
				    name, node->text, count, guest_count);
	return 0;
}

size_t bd_fleet_value_count(const struct bd_json_node *node)
{
	return node->type == BD_JSON_ARRAY ? node->child_count : 1;
}

const struct bd_json_node *bd_fleet_value_node(const struct bd_json_node *node, size_t index)
{
	return node->type == BD_JSON_ARRAY ? &node->children[index] : node;
}

bool bd_fleet_value_counts(bool counts, const struct bd_json_node *value)
{
	return counts && value->text && strpbrk(value->text, "{}");
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

int bd_fleet_value_item(const struct bd_fleet_source *source, const struct bd_fleet_key *key,
			const struct bd_json_node *value, size_t index, const char **item_out, struct bd_error *err)
{
	BD_FREE char *item = NULL;

	if (bd_range_item(value->text, index, &item, err) != 0)
		return -1;
	*item_out = bd_arena_text(source->memory, item, strlen(item));
	return *item_out ? bd_fleet_value_place(source, key, item_out, err) : bd_no_memory(err);
}
