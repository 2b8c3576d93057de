/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assigns addresses from pools and MAC addresses. A guest that has one in its config keeps it, so a fleet can grow
 * or shrink without changes to the others. */
#include "fleet/assign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/random.h"
#include "fleet/networks.h"
#include "fleet/pool.h"
#include "fleet/taken.h"
#include "fleet/values.h"
#include "guest/description.h"
#include "guest/network_spec.h"

/* Of 2^23 addresses some collide in any large fleet; that so many of one guest's do means that the space is full. */
#define MAC_ATTEMPTS 16

/* An interface whose address comes from a pool. */
struct want {
	const struct bd_fleet_guest *guest;
	const struct bd_json_node *pools; /* one text or an array of them */
	uint32_t own; /* the address that it has and may keep; 0: none */
	char *address_out; /* of BD_POOL_ADDRESS_SIZE */
};

struct wants {
	struct want *items;
	size_t count, capacity;
};

static void wants_dispose(struct wants *wants)
{
	free(wants->items);
}

static int read_pool(const struct bd_taken_addresses *addresses, const struct want *want, size_t index,
		     struct bd_pool *pool_out, struct bd_error *err)
{
	const struct bd_json_node *node = bd_fleet_value_node(want->pools, index);
	struct bd_error problem;

	if (bd_pool_parse(node->text, pool_out, &problem) == 0)
		return 0;
	return bd_json_fail(&addresses->fleet->json, node, err, "%s: \"pool\": %s", want->guest->name,
			    problem.message);
}

static bool is_own(const struct bd_taken_addresses *addresses, const struct bd_address *address, const char *guest)
{
	const struct bd_address_entry *entry = bd_address_table_find(&addresses->table, address);

	return entry && entry->guest && strcmp(entry->guest, guest) == 0;
}

/* 1: it has one now, 0: the pool is used up. */
static int give_address(struct bd_taken_addresses *addresses, const struct want *want, struct bd_error *err)
{
	const size_t pool_count = bd_fleet_value_count(want->pools);
	struct bd_pool pool;

	for (size_t i = 0; i < pool_count; i++) {
		if (read_pool(addresses, want, i, &pool, err) != 0)
			return -1;
		if (want->own >= pool.first && want->own <= pool.last) {
			bd_pool_format(want->own, pool.prefix_length, want->address_out);
			return 1;
		}
	}
	for (size_t i = 0; i < pool_count; i++) {
		if (read_pool(addresses, want, i, &pool, err) != 0)
			return -1;
		uint32_t ipv4 = bd_address_table_next_free(&addresses->table, pool.first);
		if (ipv4 > pool.last)
			continue;
		struct bd_address address = bd_address_of_ipv4(ipv4);
		struct bd_address_entry *entry = bd_address_table_add(&addresses->table, &address);
		if (!entry)
			return bd_no_memory(err);
		entry->guest = want->guest->name;
		bd_pool_format(ipv4, pool.prefix_length, want->address_out);
		return 1;
	}
	return 0;
}

/* The one address of an interface, if nobody before the guest has it. */
static uint32_t own_address(const struct bd_taken_addresses *addresses, size_t number, size_t interface)
{
	const struct bd_fleet_taken *own = bd_taken_addresses_own(addresses, number, interface);
	struct bd_network network = { 0 };
	struct bd_error ignored;
	uint32_t ipv4;

	if (!own)
		return 0;
	if (interface ? !own->network || bd_network_spec_parse(own->network, &network, &ignored) != 0
		      : !own->address || bd_network_add_ip(&network, own->address, &ignored) != 0)
		return 0;
	if (network.address_count != 1 || !bd_address_parse_ipv4(network.addresses[0].text, &ipv4))
		return 0;
	struct bd_address address = bd_address_of_ipv4(ipv4);
	return is_own(addresses, &address, own->name) ? ipv4 : 0;
}

static int add_want(struct wants *wants, const struct bd_fleet_guest *guest, const struct bd_json_node *pools,
		    uint32_t own, char *address_out, struct bd_error *err)
{
	if (bd_array_reserve(wants->items, wants->capacity, wants->count + 1, err) != 0)
		return -1;
	wants->items[wants->count++] = (struct want){ guest, pools, own, address_out };
	return 0;
}

static int find_wants(const struct bd_taken_addresses *addresses, struct bd_fleet_place *places, struct wants *wants,
		      struct bd_error *err)
{
	for (size_t i = 0; i < addresses->fleet->count; i++) {
		const struct bd_fleet_guest *guest = &addresses->fleet->guests[i];
		const struct bd_fleet_setting *pool = bd_fleet_find(guest, "pool");
		const struct bd_fleet_setting *networks = bd_fleet_find(guest, "networks");
		if (pool &&
		    add_want(wants, guest, pool->node, own_address(addresses, i, 0), places[i].address, err) != 0)
			return -1;
		for (size_t network = 0; networks && network < networks->value_count; network++) {
			const struct bd_json_node *pools =
				bd_fleet_network_pool(bd_fleet_value_node(networks->node, network));
			if (pools && add_want(wants, guest, pools, own_address(addresses, i, network + 1),
					      places[i].further[network].address, err) != 0)
				return -1;
		}
	}
	return 0;
}

static int fail_full(const struct bd_taken_addresses *addresses, const struct wants *wants,
		     const struct bd_json_node *pools, size_t missing, struct bd_error *err)
{
	size_t sharing = 0;

	for (size_t i = 0; i < wants->count; i++)
		sharing += wants->items[i].pools == pools;
	return bd_json_fail(&addresses->fleet->json, pools, err,
			    "the pool %s%s is too small by %zu: it has room for %zu of %zu guest%s",
			    bd_fleet_value_node(pools, 0)->text, bd_fleet_value_count(pools) > 1 ? ", ..." : "",
			    missing, sharing - missing, sharing, sharing == 1 ? "" : "s");
}

static int give_addresses(struct bd_taken_addresses *addresses, struct bd_fleet_place *places, struct bd_error *err)
{
	BD_DISPOSE(wants_dispose) struct wants wants = { NULL, 0, 0 };
	const struct bd_json_node *full = NULL;
	size_t missing = 0;

	if (find_wants(addresses, places, &wants, err) != 0)
		return -1;
	for (size_t i = 0; i < wants.count; i++) {
		int r = give_address(addresses, &wants.items[i], err);
		if (r < 0)
			return -1;
		if (r > 0)
			continue;
		if (!full)
			full = wants.items[i].pools;
		missing += wants.items[i].pools == full;
	}
	return full ? fail_full(addresses, &wants, full, missing, err) : 0;
}

/* The labels of the first interface are those of before there were others. */
static int derive_mac(const struct bd_random *random, unsigned attempt, size_t interface, uint8_t mac_out[6],
		      struct bd_error *err)
{
	char label[64];

	if (interface)
		snprintf(label, sizeof(label), "mac %u of interface %zu", attempt, interface);
	else
		snprintf(label, sizeof(label), "mac %u", attempt);
	return bd_mac_random(random, label, mac_out, err);
}

/* 1: the guest's cfg has one of those that are derived for it, and keeps it. */
static int keep_mac(const struct bd_taken_addresses *addresses, size_t number, size_t interface,
		    const struct bd_random *random, uint8_t mac_out[6], struct bd_error *err)
{
	const struct bd_fleet_taken *own = bd_taken_addresses_own(addresses, number, interface);
	struct bd_address address;

	if (!own || !own->has_mac)
		return 0;
	address = bd_address_of_mac(own->mac);
	if (!is_own(addresses, &address, own->name))
		return 0;
	for (unsigned i = 1; i <= MAC_ATTEMPTS; i++) {
		if (derive_mac(random, i, interface, mac_out, err) != 0)
			return -1;
		if (memcmp(mac_out, own->mac, sizeof(own->mac)) == 0)
			return 1;
	}
	return 0;
}

static int give_mac(struct bd_taken_addresses *addresses, size_t number, size_t interface, const char *seed,
		    uint8_t mac_out[6], struct bd_error *err)
{
	const struct bd_fleet_guest *guest = &addresses->fleet->guests[number];
	struct bd_random random;

	if (bd_random_seed(&random, seed, guest->name, err) != 0)
		return -1;
	int r = keep_mac(addresses, number, interface, &random, mac_out, err);
	if (r != 0)
		return r < 0 ? -1 : 0;
	for (unsigned i = 1; i <= MAC_ATTEMPTS; i++) {
		if (derive_mac(&random, i, interface, mac_out, err) != 0)
			return -1;
		struct bd_address address = bd_address_of_mac(mac_out);
		struct bd_address_entry *entry = bd_address_table_add(&addresses->table, &address);
		if (!entry)
			return bd_no_memory(err);
		if (entry->guest)
			continue;
		entry->guest = guest->name;
		return 0;
	}
	return bd_json_fail(&addresses->fleet->json, guest->node, err,
			    "there is no free MAC address for %s; give it one", guest->name);
}

static int give_further_macs(struct bd_taken_addresses *addresses, size_t number, const char *seed,
			     struct bd_fleet_place *place, struct bd_error *err)
{
	const struct bd_fleet_setting *networks = bd_fleet_find(&addresses->fleet->guests[number], "networks");

	for (size_t i = 0; networks && i < networks->value_count; i++)
		if (place->further[i].has_mac &&
		    give_mac(addresses, number, i + 1, seed, place->further[i].mac, err) != 0)
			return -1;
	return 0;
}

static int give_macs(struct bd_taken_addresses *addresses, struct bd_fleet_place *places, struct bd_error *err)
{
	char seed[sizeof("fleet ") + BD_FLEET_NAME_SIZE];
	const struct bd_fleet *fleet = addresses->fleet;

	snprintf(seed, sizeof(seed), "fleet %s", fleet->name);
	for (size_t i = 0; i < fleet->count; i++)
		if (places[i].has_mac && !bd_fleet_find(&fleet->guests[i], "mac") &&
		    give_mac(addresses, i, 0, seed, places[i].mac, err) != 0)
			return -1;
	/* Those of the first interfaces are as they were before there were others. */
	for (size_t i = 0; i < fleet->count; i++)
		if (give_further_macs(addresses, i, seed, &places[i], err) != 0)
			return -1;
	return 0;
}

int bd_fleet_assign(const struct bd_fleet *fleet, const struct bd_fleet_taken *taken, size_t taken_count,
		    struct bd_fleet_place **places_out, struct bd_error *err)
{
	BD_DISPOSE(bd_taken_addresses_dispose) struct bd_taken_addresses addresses = { 0 };
	BD_FREE struct bd_fleet_place *places = calloc(fleet->count + 1, sizeof(*places));

	if (!places)
		return bd_no_memory(err);
	if (bd_taken_addresses_collect(fleet, taken, taken_count, &addresses, places, err) != 0 ||
	    give_addresses(&addresses, places, err) != 0 || give_macs(&addresses, places, err) != 0)
		return -1;
	*places_out = bd_take_ptr(places);
	return 0;
}
