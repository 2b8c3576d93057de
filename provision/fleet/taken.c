/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records addresses that are in use, and reports conflicts. */
#include "fleet/taken.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fleet/host_defaults.h"
#include "fleet/keys.h"
#include "fleet/names.h"
#include "fleet/networks.h"
#include "fleet/pool.h"
#include "fleet/values.h"
#include "guest/description.h"
#include "guest/network_spec.h"

const struct bd_fleet_taken *bd_taken_addresses_own(const struct bd_taken_addresses *addresses, size_t guest,
						    size_t interface)
{
	const struct bd_fleet_taken *first = addresses->own[guest];

	for (const struct bd_fleet_taken *at = first; at && at < addresses->end && at->name == first->name; at++)
		if (at->interface == interface)
			return at;
	return NULL;
}

/* Of an address that was checked, of either family. */
static struct bd_address address_of(const struct bd_network_address *own)
{
	struct bd_address address = { 0 };
	uint32_t ipv4;

	if (bd_address_parse_ipv4(own->text, &ipv4))
		return bd_address_of_ipv4(ipv4);
	inet_pton(AF_INET6, own->text, address.bytes);
	return address;
}

/* The first who comes has it. */
static int note(struct bd_address_table *table, const struct bd_address *address, const char *guest,
		struct bd_error *err)
{
	struct bd_address_entry *entry = bd_address_table_add(table, address);

	if (!entry)
		return bd_no_memory(err);
	if (!entry->guest)
		entry->guest = guest;
	return 0;
}

static int note_each(struct bd_taken_addresses *addresses, const struct bd_network_address *own, size_t count,
		     const char *guest, struct bd_error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct bd_address address = address_of(&own[i]);
		if (note(&addresses->table, &address, guest, err) != 0)
			return -1;
	}
	return 0;
}

/* What is written in a cfg by hand and makes no sense is not ours to judge. */
static int note_ipv4(struct bd_taken_addresses *addresses, const char *text, const char *guest, struct bd_error *err)
{
	struct bd_network network = { 0 };
	struct bd_error ignored;

	if (bd_network_add_ip(&network, text, &ignored) != 0)
		return 0;
	return note_each(addresses, network.addresses, network.address_count, guest, err);
}

static int note_ipv6(struct bd_taken_addresses *addresses, const char *text, const char *guest, struct bd_error *err)
{
	struct bd_network network = { 0 };
	struct bd_error ignored;

	if (bd_network_add_ip6(&network, text, &ignored) != 0)
		return 0;
	return note_each(addresses, network.addresses6, network.address6_count, guest, err);
}

/* Of an interface, with or without a prefix length, which does not matter to whether two are the same. */
static int note_vif_ip(struct bd_taken_addresses *addresses, const struct bd_fleet_taken *taken, struct bd_error *err)
{
	static const char blanks[] = " \t";
	char text[BD_ADDRESS_SIZE + sizeof("/128")];

	for (const char *at = taken->vif_ip + strspn(taken->vif_ip, blanks); *at; at += strspn(at, blanks)) {
		size_t word = strcspn(at, blanks), length = strcspn(at, "/ \t");
		bool is_ipv6 = memchr(at, ':', length) != NULL;
		snprintf(text, sizeof(text), "%.*s%s", (int)length, at, is_ipv6 ? "/128" : "/32");
		if ((is_ipv6 ? note_ipv6 : note_ipv4)(addresses, text, taken->name, err) != 0)
			return -1;
		at += word;
	}
	return 0;
}

/* Addresses with commas between them. */
static int note_list(struct bd_taken_addresses *addresses, const char *list, bool is_ipv6, const char *guest,
		     struct bd_error *err)
{
	char text[BD_ADDRESS_SIZE + sizeof("/128")];

	for (const char *at = list; *at; at += *at == ',') {
		size_t length = strcspn(at, ",");
		snprintf(text, sizeof(text), "%.*s", (int)length, at);
		if ((is_ipv6 ? note_ipv6 : note_ipv4)(addresses, text, guest, err) != 0)
			return -1;
		at += length;
	}
	return 0;
}

static int note_network(struct bd_taken_addresses *addresses, const struct bd_fleet_taken *taken,
			struct bd_error *err)
{
	struct bd_network network = { 0 };
	struct bd_error ignored;

	if (bd_network_spec_parse(taken->network, &network, &ignored) != 0)
		return 0;
	return note_each(addresses, network.addresses, network.address_count, taken->name, err) != 0
		       ? -1
		       : note_each(addresses, network.addresses6, network.address6_count, taken->name, err);
}

static int note_taken(struct bd_taken_addresses *addresses, const struct bd_fleet_taken *taken, struct bd_error *err)
{
	if ((taken->address && note_list(addresses, taken->address, false, taken->name, err) != 0) ||
	    (taken->address6 && note_list(addresses, taken->address6, true, taken->name, err) != 0) ||
	    (taken->network && note_network(addresses, taken, err) != 0) ||
	    (taken->vif_ip && note_vif_ip(addresses, taken, err) != 0))
		return -1;
	if (!taken->has_mac)
		return 0;
	struct bd_address address = bd_address_of_mac(taken->mac);
	return note(&addresses->table, &address, taken->name, err);
}

/* Guests outside the fleet come first: an address that one of them shares with one of the fleet is theirs. */
static int note_all_taken(struct bd_taken_addresses *addresses, const struct bd_fleet_names *names,
			  const struct bd_fleet_taken *taken, size_t taken_count, struct bd_error *err)
{
	for (size_t i = 0; i < taken_count; i++)
		if (bd_fleet_names_find(names, taken[i].name) == BD_FLEET_NO_NAME &&
		    note_taken(addresses, &taken[i], err) != 0)
			return -1;
	for (size_t i = 0; i < taken_count; i++) {
		size_t number = bd_fleet_names_find(names, taken[i].name);
		if (number == BD_FLEET_NO_NAME)
			continue;
		if (!addresses->own[number])
			addresses->own[number] = &taken[i];
		if (note_taken(addresses, &taken[i], err) != 0)
			return -1;
	}
	return 0;
}

static int take(struct bd_taken_addresses *addresses, const struct bd_fleet_guest *guest,
		const struct bd_fleet_setting *setting, const char *text, const struct bd_address *address,
		struct bd_error *err)
{
	struct bd_address_entry *entry = bd_address_table_add(&addresses->table, address);
	const struct bd_json_tree *json = &addresses->fleet->json;

	if (!entry)
		return bd_no_memory(err);
	bool is_own = entry->guest && strcmp(entry->guest, guest->name) == 0;
	if (is_own && entry->node)
		return bd_json_fail(json, setting->node, err, "\"%s\": %s has %s twice", setting->key->name,
				    guest->name, text);
	if (!entry->guest || is_own) {
		entry->guest = guest->name;
		entry->node = setting->node;
		return 0;
	}
	if (!entry->node)
		return bd_json_fail(json, setting->node, err,
				    "\"%s\": %s of %s is in use by %s, a guest of this host", setting->key->name,
				    text, guest->name, entry->guest);
	if (entry->node == setting->node)
		return bd_json_fail(
			json, setting->node, err,
			"\"%s\": %s and %s would both have %s; let it count along with a group's guests by "
			"a range such as {11..30}",
			setting->key->name, entry->guest, guest->name, text);
	return bd_json_fail(json, setting->node, err, "\"%s\": %s of %s is also that of %s (line %u)",
			    setting->key->name, text, guest->name, entry->guest, entry->node->line);
}

static int fail_value(const struct bd_taken_addresses *addresses, const struct bd_fleet_guest *guest,
		      const struct bd_fleet_setting *setting, size_t index, const struct bd_error *problem,
		      struct bd_error *err)
{
	return bd_json_fail(&addresses->fleet->json, bd_fleet_value_node(setting->node, index), err, "%s: \"%s\": %s",
			    guest->name, setting->key->name, problem->message);
}

/* text: as the manifest has it; NULL: as inet_ntop writes it. */
static int take_all(struct bd_taken_addresses *addresses, const struct bd_fleet_guest *guest,
		    const struct bd_fleet_setting *setting, const struct bd_network_address *own, size_t count,
		    const char *text, struct bd_error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct bd_address address = address_of(&own[i]);
		if (take(addresses, guest, setting, text ? text : own[i].text, &address, err) != 0)
			return -1;
	}
	return 0;
}

static int take_ip(struct bd_taken_addresses *addresses, const struct bd_fleet_guest *guest,
		   const struct bd_fleet_setting *setting, size_t index, struct bd_error *err)
{
	const char *text = setting->values[index];
	struct bd_network network = { 0 };
	struct bd_error problem;

	if (bd_network_add_ip(&network, text, &problem) != 0)
		return fail_value(addresses, guest, setting, index, &problem, err);
	return take_all(addresses, guest, setting, network.addresses, network.address_count, text, err);
}

static int take_ip6(struct bd_taken_addresses *addresses, const struct bd_fleet_guest *guest,
		    const struct bd_fleet_setting *setting, size_t index, struct bd_error *err)
{
	const char *text = setting->values[index];
	struct bd_network network = { 0 };
	struct bd_error problem;

	if (bd_network_add_ip6(&network, text, &problem) != 0)
		return fail_value(addresses, guest, setting, index, &problem, err);
	return take_all(addresses, guest, setting, network.addresses6, network.address6_count, text, err);
}

static int take_mac(struct bd_taken_addresses *addresses, const struct bd_fleet_guest *guest,
		    const struct bd_fleet_setting *setting, struct bd_fleet_place *place, struct bd_error *err)
{
	struct bd_error problem;

	if (bd_mac_parse(setting->values[0], place->mac, &problem) != 0)
		return fail_value(addresses, guest, setting, 0, &problem, err);
	struct bd_address address = bd_address_of_mac(place->mac);
	return take(addresses, guest, setting, setting->values[0], &address, err);
}

/* IPv4 only: pools have no other. */
static int reserve_text(struct bd_taken_addresses *addresses, const char *text, struct bd_error *err)
{
	uint32_t ipv4;

	if (!bd_address_parse_ipv4(text, &ipv4))
		return 0;
	struct bd_address address = bd_address_of_ipv4(ipv4);
	return bd_address_table_add(&addresses->table, &address) ? 0 : bd_no_memory(err);
}

static int parse_with_address(const char *spec, const struct bd_pool *pool, uint32_t ipv4,
			      struct bd_network *network_out, struct bd_error *problem)
{
	struct bd_network network = { 0 };
	BD_FREE char *text = NULL;
	char address[BD_POOL_ADDRESS_SIZE];

	bd_pool_format(ipv4, pool->prefix_length, address);
	if (bd_text_format(&text, problem, "%s%sip=%s", spec, *spec ? "," : "", address) != 0)
		return -1;
	if (bd_network_spec_parse(text, &network, problem) != 0)
		return -1;
	*network_out = network;
	return 0;
}

/* With an address of its pool, whichever it will be, as its gateway needs one, and may be the first or the last itself. */
static int parse_network(const struct bd_fleet_setting *setting, size_t index, struct bd_network *network,
			 struct bd_error *problem)
{
	const struct bd_json_node *pool_node = bd_fleet_network_pool(bd_fleet_value_node(setting->node, index));
	struct bd_error ignored;
	struct bd_pool pool;

	if (!pool_node)
		return bd_network_spec_parse(setting->values[index], network, problem);
	if (bd_pool_parse(bd_fleet_value_node(pool_node, 0)->text, &pool, problem) != 0)
		return bd_wrap(problem, "pool");
	if (parse_with_address(setting->values[index], &pool, pool.first, network, problem) != 0 &&
	    parse_with_address(setting->values[index], &pool, pool.last, network, &ignored) != 0)
		return -1;
	network->address_count = 0;
	return 0;
}

static int take_network(struct bd_taken_addresses *addresses, const struct bd_fleet_guest *guest,
			const struct bd_fleet_setting *setting, size_t index, struct bd_fleet_further *further,
			struct bd_error *err)
{
	struct bd_network network = { 0 };
	char mac[BD_MAC_TEXT_SIZE];
	struct bd_error problem;

	if (parse_network(setting, index, &network, &problem) != 0)
		return fail_value(addresses, guest, setting, index, &problem, err);
	if (take_all(addresses, guest, setting, network.addresses, network.address_count, NULL, err) != 0 ||
	    take_all(addresses, guest, setting, network.addresses6, network.address6_count, NULL, err) != 0 ||
	    reserve_text(addresses, network.gateway, err) != 0)
		return -1;
	for (size_t i = 0; i < network.dns_count; i++)
		if (reserve_text(addresses, network.dns[i], err) != 0)
			return -1;
	further->has_mac = !network.has_mac;
	if (!network.has_mac)
		return 0;
	struct bd_address address = bd_address_of_mac(network.mac);
	bd_mac_format(network.mac, mac);
	return take(addresses, guest, setting, mac, &address, err);
}

static int take_networks(struct bd_taken_addresses *addresses, const struct bd_fleet_guest *guest,
			 struct bd_fleet_place *place, struct bd_error *err)
{
	const struct bd_fleet_setting *setting = bd_fleet_find(guest, "networks");

	if (!setting)
		return 0;
	place->further = bd_arena_take(addresses->fleet->memory, setting->value_count, sizeof(*place->further));
	if (!place->further)
		return bd_no_memory(err);
	for (size_t i = 0; i < setting->value_count; i++)
		if (take_network(addresses, guest, setting, i, &place->further[i], err) != 0)
			return -1;
	return 0;
}

/* Of each value of a list. setting: may be NULL. */
static int take_each(struct bd_taken_addresses *addresses, const struct bd_fleet_guest *guest,
		     const struct bd_fleet_setting *setting,
		     int (*take_value)(struct bd_taken_addresses *addresses, const struct bd_fleet_guest *guest,
				       const struct bd_fleet_setting *setting, size_t index, struct bd_error *err),
		     struct bd_error *err)
{
	for (size_t i = 0; setting && i < setting->value_count; i++)
		if (take_value(addresses, guest, setting, i, err) != 0)
			return -1;
	return 0;
}

/* Gateways and name servers, the latter maybe several with commas between them: no guest of a pool gets their
 * address. */
static int reserve(struct bd_taken_addresses *addresses, const struct bd_fleet_setting *setting, struct bd_error *err)
{
	char text[INET_ADDRSTRLEN];

	for (size_t i = 0; setting && i < setting->value_count; i++) {
		for (const char *at = setting->values[i]; *at; at += at[0] == ',') {
			size_t length = strcspn(at, ",");
			size_t kept = length < sizeof(text) ? length : 0;
			memcpy(text, at, kept);
			text[kept] = '\0';
			at += length;
			if (reserve_text(addresses, text, err) != 0)
				return -1;
		}
	}
	return 0;
}

static int take_settings(struct bd_taken_addresses *addresses, const struct bd_fleet_guest *guest,
			 struct bd_fleet_place *place, struct bd_error *err)
{
	const struct bd_fleet_setting *mac = bd_fleet_find(guest, "mac"), *network = bd_fleet_find(guest, "network");

	place->has_mac = !network || strcmp(network->values[0], "true") == 0;
	if (take_each(addresses, guest, bd_fleet_find(guest, "ip"), take_ip, err) != 0 ||
	    take_each(addresses, guest, bd_fleet_find(guest, "ip6"), take_ip6, err) != 0 ||
	    take_networks(addresses, guest, place, err) != 0)
		return -1;
	if (mac && take_mac(addresses, guest, mac, place, err) != 0)
		return -1;
	if (reserve(addresses, bd_fleet_find(guest, "gateway"), err) != 0)
		return -1;
	return reserve(addresses, bd_fleet_find(guest, "dns"), err);
}

int bd_taken_addresses_collect(const struct bd_fleet *fleet, const struct bd_fleet_taken *taken, size_t taken_count,
			       struct bd_taken_addresses *addresses, struct bd_fleet_place *places,
			       struct bd_error *err)
{
	BD_DISPOSE(bd_fleet_names_dispose) struct bd_fleet_names names = { 0 };
	size_t number;
	bool is_new;

	addresses->fleet = fleet;
	addresses->end = taken + taken_count;
	addresses->own = calloc(fleet->count + 1, sizeof(*addresses->own));
	if (!addresses->own)
		return bd_no_memory(err);
	for (size_t i = 0; i < fleet->count; i++)
		if (bd_fleet_names_add(&names, fleet->guests[i].name, &number, &is_new, err) != 0)
			return -1;
	if (note_all_taken(addresses, &names, taken, taken_count, err) != 0)
		return -1;
	if (fleet->host && (reserve(addresses, bd_host_defaults_find(fleet->host, "gateway"), err) != 0 ||
			    reserve(addresses, bd_host_defaults_find(fleet->host, "dns"), err) != 0))
		return -1;
	for (size_t i = 0; i < fleet->count; i++)
		if (take_settings(addresses, &fleet->guests[i], &places[i], err) != 0)
			return -1;
	return 0;
}

void bd_taken_addresses_dispose(struct bd_taken_addresses *addresses)
{
	bd_address_table_dispose(&addresses->table);
	free(addresses->own);
	*addresses = (struct bd_taken_addresses){ 0 };
}
