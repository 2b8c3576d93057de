/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assigns addresses from pools and MAC addresses. A guest that has one in its config keeps it, so a fleet can grow
 * or shrink without changes to the others. */
#include "fleet/assign.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "fleet/pool.h"
#include "fleet/taken.h"
#include "fleet/values.h"
#include "guest/description.h"

/* Of 2^23 addresses some collide in any large fleet; that so many of one guest's do means that the space is full. */
#define MAC_ATTEMPTS 16

static void set_address(struct bd_fleet_place *place, uint32_t ipv4, unsigned prefix_length)
{
	snprintf(place->address, sizeof(place->address), "%u.%u.%u.%u/%u", ipv4 >> 24, ipv4 >> 16 & 0xff,
		 ipv4 >> 8 & 0xff, ipv4 & 0xff, prefix_length & 63);
}

static int read_pool(const struct bd_taken_addresses *addresses, const struct bd_fleet_guest *guest,
		     const struct bd_fleet_setting *setting, size_t index, struct bd_pool *pool_out,
		     struct bd_error *err)
{
	struct bd_error problem;

	if (bd_pool_parse(setting->values[index], pool_out, &problem) == 0)
		return 0;
	return bd_taken_addresses_fail_value(addresses->fleet, guest, setting,
					     bd_fleet_value_node(setting->node, index), problem.message, err);
}

static bool is_own(const struct bd_taken_addresses *addresses, const struct bd_address *address, const char *guest)
{
	const struct bd_address_entry *entry = bd_address_table_find(&addresses->table, address);

	return entry && entry->guest && strcmp(entry->guest, guest) == 0;
}

/* 1: it has one now, 0: the pool is used up. */
static int give_address(struct bd_taken_addresses *addresses, size_t number, const struct bd_fleet_setting *setting,
			struct bd_fleet_place *place, struct bd_error *err)
{
	const struct bd_fleet_guest *guest = &addresses->fleet->guests[number];
	const struct bd_fleet_taken *own = addresses->own[number];
	struct bd_address address;
	struct bd_pool pool;
	uint32_t ipv4, kept = 0;

	if (own && own->address && !strchr(own->address, ',') && bd_taken_addresses_ipv4(own->address, &ipv4)) {
		address = bd_address_of_ipv4(ipv4);
		kept = is_own(addresses, &address, guest->name) ? ipv4 : 0;
	}
	for (size_t i = 0; i < setting->value_count; i++) {
		if (read_pool(addresses, guest, setting, i, &pool, err) != 0)
			return -1;
		if (kept >= pool.first && kept <= pool.last) {
			set_address(place, kept, pool.prefix_length);
			return 1;
		}
	}
	for (size_t i = 0; i < setting->value_count; i++) {
		if (read_pool(addresses, guest, setting, i, &pool, err) != 0)
			return -1;
		ipv4 = bd_address_table_next_free(&addresses->table, pool.first);
		if (ipv4 > pool.last)
			continue;
		address = bd_address_of_ipv4(ipv4);
		struct bd_address_entry *entry = bd_address_table_add(&addresses->table, &address);
		if (!entry)
			return bd_no_memory(err);
		entry->guest = guest->name;
		set_address(place, ipv4, pool.prefix_length);
		return 1;
	}
	return 0;
}

static int give_addresses(struct bd_taken_addresses *addresses, struct bd_fleet_place *places, struct bd_error *err)
{
	const struct bd_fleet *fleet = addresses->fleet;
	const struct bd_fleet_setting *full = NULL;
	size_t sharing = 0, missing = 0;

	for (size_t i = 0; i < fleet->count; i++) {
		const struct bd_fleet_setting *setting = bd_fleet_find(&fleet->guests[i], "pool");
		int r = setting ? give_address(addresses, i, setting, &places[i], err) : 1;
		if (r < 0)
			return -1;
		if (r > 0)
			continue;
		if (!full)
			full = setting;
		missing += setting->node == full->node;
	}
	if (!full)
		return 0;
	for (size_t i = 0; i < fleet->count; i++) {
		const struct bd_fleet_setting *setting = bd_fleet_find(&fleet->guests[i], "pool");
		sharing += setting && setting->node == full->node;
	}
	return bd_json_fail(&fleet->json, full->node, err,
			    "the pool %s%s is too small by %zu: it has room for %zu of %zu guest%s", full->values[0],
			    full->value_count > 1 ? ", ..." : "", missing, sharing - missing, sharing,
			    sharing == 1 ? "" : "s");
}

static int derive_mac(const struct bd_random *random, unsigned attempt, uint8_t mac_out[6], struct bd_error *err)
{
	char label[16];

	snprintf(label, sizeof(label), "mac %u", attempt);
	return bd_mac_random(random, label, mac_out, err);
}

/* 1: the guest's cfg has one of those that are derived for it, and keeps it. */
static int keep_mac(const struct bd_taken_addresses *addresses, size_t number, const struct bd_random *random,
		    struct bd_fleet_place *place, struct bd_error *err)
{
	const struct bd_fleet_taken *own = addresses->own[number];
	struct bd_address address;

	if (!own || !own->has_mac)
		return 0;
	address = bd_address_of_mac(own->mac);
	if (!is_own(addresses, &address, own->name))
		return 0;
	for (unsigned i = 1; i <= MAC_ATTEMPTS; i++) {
		if (derive_mac(random, i, place->mac, err) != 0)
			return -1;
		if (memcmp(place->mac, own->mac, sizeof(own->mac)) == 0)
			return 1;
	}
	return 0;
}

static int give_mac(struct bd_taken_addresses *addresses, size_t number, const char *seed,
		    struct bd_fleet_place *place, struct bd_error *err)
{
	const struct bd_fleet_guest *guest = &addresses->fleet->guests[number];
	struct bd_random random;

	if (bd_random_seed(&random, seed, guest->name, err) != 0)
		return -1;
	int r = keep_mac(addresses, number, &random, place, err);
	if (r != 0)
		return r < 0 ? -1 : 0;
	for (unsigned i = 1; i <= MAC_ATTEMPTS; i++) {
		if (derive_mac(&random, i, place->mac, err) != 0)
			return -1;
		struct bd_address address = bd_address_of_mac(place->mac);
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

static int give_macs(struct bd_taken_addresses *addresses, struct bd_fleet_place *places, struct bd_error *err)
{
	char seed[sizeof("fleet ") + BD_FLEET_NAME_SIZE];

	snprintf(seed, sizeof(seed), "fleet %s", addresses->fleet->name);
	for (size_t i = 0; i < addresses->fleet->count; i++)
		if (places[i].has_mac && !bd_fleet_find(&addresses->fleet->guests[i], "mac") &&
		    give_mac(addresses, i, seed, &places[i], err) != 0)
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
