/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads an object of settings: names, types, ranges, paths. */
#include "fleet/layer.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "fleet/networks.h"

static int fail_unknown(const struct bd_fleet_source *source, const struct bd_json_node *node,
			const char *const *others, struct bd_error *err)
{
	const char *guess = bd_fleet_key_guess(node->key, others, true);

	if (guess)
		return bd_json_fail_key(source->json, node, err, "\"%s\" is unknown; did you mean \"%s\"?", node->key,
					guess);
	return bd_json_fail_key(source->json, node, err, "\"%s\" is unknown; see xen-bigdisk-fleet(5) for the keys",
				node->key);
}

static int read_value(const struct bd_fleet_source *source, const struct bd_fleet_key *key,
		      const struct bd_json_node *node, enum bd_fleet_rank rank, size_t guest_count,
		      const char **value_out, struct bd_error *err)
{
	if (node->type == BD_JSON_OBJECT)
		return bd_fleet_network_check(source, node, rank, guest_count, err) != 0
			       ? -1
			       : bd_fleet_network_text(source, node, 0, value_out, err);
	if (!*node->text)
		return bd_json_fail(source->json, node, err, "\"%s\" is empty; null cancels a value set before",
				    key->name);
	*value_out = node->text;
	if (bd_fleet_value_counts(key->counts, node))
		return bd_fleet_value_check_range(source, key->name, node, rank, guest_count, err);
	return bd_fleet_value_place(source, key, value_out, err);
}

static int read_setting(const struct bd_fleet_source *source, const struct bd_json_node *node,
			enum bd_fleet_rank rank, size_t guest_count, struct bd_fleet_setting *setting,
			struct bd_error *err)
{
	setting->node = node;
	if (node->type == BD_JSON_NULL)
		return 0;
	if (bd_fleet_value_check_type(source, setting->key->name, setting->key->kind, node, err) != 0)
		return -1;
	setting->value_count = bd_fleet_value_count(node);
	const char **values = bd_arena_take(source->memory, setting->value_count, sizeof(*values));
	if (!values)
		return bd_no_memory(err);
	for (size_t i = 0; i < setting->value_count; i++)
		if (read_value(source, setting->key, bd_fleet_value_node(node, i), rank, guest_count, &values[i],
			       err) != 0)
			return -1;
	setting->values = values;
	return 0;
}

int bd_fleet_layer_read(const struct bd_fleet_source *source, const struct bd_json_node *object,
			enum bd_fleet_rank rank, const char *const *others, size_t guest_count,
			struct bd_fleet_layer *layer_out, struct bd_error *err)
{
	memset(layer_out, 0, sizeof(*layer_out));
	if (!object)
		return 0;
	for (size_t i = 0; i < object->child_count; i++) {
		const struct bd_json_node *node = &object->children[i];
		const struct bd_fleet_key *key = bd_fleet_key_find(node->key);
		if (!key && others && bd_text_is_any(node->key, others))
			continue;
		if (!key)
			return fail_unknown(source, node, others, err);
		size_t at = (size_t)(key - bd_fleet_keys);
		layer_out->settings[at].key = key;
		layer_out->ranks[at] = rank;
		if (read_setting(source, node, rank, guest_count, &layer_out->settings[at], err) != 0)
			return -1;
	}
	return 0;
}

void bd_fleet_layer_put(struct bd_fleet_layer *base, const struct bd_fleet_layer *over)
{
	for (size_t i = 0; i < BD_FLEET_KEY_COUNT; i++) {
		if (!over->settings[i].key)
			continue;
		base->settings[i] = over->settings[i];
		base->ranks[i] = over->ranks[i];
		/* null and [] take back what was said. */
		base->canceled[i] = over->settings[i].value_count == 0;
		if (base->canceled[i])
			base->settings[i].key = NULL;
	}
}
