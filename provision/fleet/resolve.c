/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From merged layers to the settings of a guest: a more specific layer removes conflicting settings of a more
 * general one, and ranges are expanded for this guest. */
#include "fleet/resolve.h"

#include <string.h>

#include "fleet/networks.h"

/* What cannot be said of one guest together. */
static const struct {
	enum bd_fleet_key_index one;
	const char *value; /* that one has to have; NULL: any */
	enum bd_fleet_key_index other;
} exclusions[] = {
	{ BD_FLEET_IP, NULL, BD_FLEET_POOL },
	{ BD_FLEET_ROOT_PASSWORD_HASH, NULL, BD_FLEET_ROOT_PASSWORD_FILE },
	{ BD_FLEET_NETWORK, "false", BD_FLEET_BRIDGE },
	{ BD_FLEET_NETWORK, "false", BD_FLEET_MAC },
	{ BD_FLEET_NETWORK, "false", BD_FLEET_IP },
	{ BD_FLEET_NETWORK, "false", BD_FLEET_POOL },
	{ BD_FLEET_NETWORK, "false", BD_FLEET_GATEWAY },
	{ BD_FLEET_NETWORK, "false", BD_FLEET_IP6 },
	{ BD_FLEET_NETWORK, "false", BD_FLEET_GATEWAY6 },
	{ BD_FLEET_NETWORK, "false", BD_FLEET_NETWORKS },
	{ BD_FLEET_NETWORK, "false", BD_FLEET_DNS },
	{ BD_FLEET_TYPE, "hvm", BD_FLEET_BOOT },
};

static int resolve_exclusions(const struct bd_fleet_source *source, struct bd_fleet_layer *merged, const char *name,
			      struct bd_error *err)
{
	for (size_t i = 0; i < sizeof(exclusions) / sizeof(*exclusions); i++) {
		struct bd_fleet_setting *one = &merged->settings[exclusions[i].one];
		struct bd_fleet_setting *other = &merged->settings[exclusions[i].other];
		const char *value = exclusions[i].value;
		if (!one->key || !other->key || (value && strcmp(one->values[0], value) != 0))
			continue;
		int above = (int)merged->ranks[exclusions[i].one] - (int)merged->ranks[exclusions[i].other];
		if (above > 0) {
			other->key = NULL;
		} else if (above < 0 && !value) {
			one->key = NULL;
		} else {
			return bd_json_fail(source->json, other->node, err,
					    "\"%s\" and \"%s\"%s%s cannot be used together (guest %s)",
					    other->key->name, one->key->name, value ? ": " : "", value ? value : "",
					    name);
		}
	}
	return 0;
}

/* A gateway of "defaults" is for the guests with a static address; `new` takes none with DHCP. */
static void resolve_gateways(struct bd_fleet_layer *merged)
{
	const struct bd_fleet_setting *ip = &merged->settings[BD_FLEET_IP], *ip6 = &merged->settings[BD_FLEET_IP6];
	bool is_static = merged->settings[BD_FLEET_POOL].key || (ip->key && strcmp(ip->values[0], "dhcp") != 0);
	bool is_static6 = ip6->key && strcmp(ip6->values[0], "auto") != 0 && strcmp(ip6->values[0], "dhcp") != 0 &&
			  strcmp(ip6->values[0], "none") != 0;

	if (!is_static && merged->ranks[BD_FLEET_GATEWAY] == BD_FLEET_OF_DEFAULTS)
		merged->settings[BD_FLEET_GATEWAY].key = NULL;
	if (!is_static6 && merged->ranks[BD_FLEET_GATEWAY6] == BD_FLEET_OF_DEFAULTS)
		merged->settings[BD_FLEET_GATEWAY6].key = NULL;
}

static bool counts(const struct bd_fleet_key *key, const struct bd_json_node *value)
{
	return value->type == BD_JSON_OBJECT ? bd_fleet_network_counts(value)
					     : bd_fleet_value_counts(key->counts, value);
}

/* Replaces ranges by what they are for the guest of this index. */
static int count_along(const struct bd_fleet_source *source, struct bd_fleet_setting *setting, size_t index,
		       struct bd_error *err)
{
	const char **values = NULL;

	for (size_t i = 0; setting->key->counts && i < setting->value_count; i++) {
		const struct bd_json_node *value = bd_fleet_value_node(setting->node, i);
		if (!counts(setting->key, value))
			continue;
		if (!values) {
			values = bd_arena_take(source->memory, setting->value_count, sizeof(*values));
			if (!values)
				return bd_no_memory(err);
			memcpy(values, setting->values, setting->value_count * sizeof(*values));
			setting->values = values;
		}
		if ((value->type == BD_JSON_OBJECT
			     ? bd_fleet_network_text(source, value, index, &values[i], err)
			     : bd_fleet_value_item(source, setting->key, value, index, &values[i], err)) != 0)
			return -1;
	}
	return 0;
}

int bd_fleet_resolve(const struct bd_fleet_source *source, struct bd_fleet_layer *merged, size_t index,
		     struct bd_fleet_guest *guest, struct bd_error *err)
{
	size_t count = 0;

	if (resolve_exclusions(source, merged, guest->name, err) != 0)
		return -1;
	resolve_gateways(merged);
	for (size_t i = 0; i < BD_FLEET_KEY_COUNT; i++)
		count += merged->settings[i].key != NULL;
	struct bd_fleet_setting *settings = bd_arena_take(source->memory, count, sizeof(*settings));
	if (!settings)
		return bd_no_memory(err);
	guest->settings = settings;
	for (size_t i = 0; i < BD_FLEET_KEY_COUNT; i++) {
		if (!merged->settings[i].key)
			continue;
		*settings = merged->settings[i];
		if (count_along(source, settings++, index, err) != 0)
			return -1;
	}
	guest->setting_count = count;
	_Static_assert(BD_FLEET_KEY_COUNT <= 64, "each has a bit");
	for (size_t i = 0; i < BD_FLEET_KEY_COUNT; i++)
		guest->canceled |= (uint64_t)merged->canceled[i] << i;
	return 0;
}
