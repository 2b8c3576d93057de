/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about fleet/assign.h. */
#include "fleet_assign_checks.h"

#include <stdbool.h>

#include "fleet/host_defaults.h"
#include "guest/description.h"

#define GROUP(settings) "{\"fleet\": \"shop\", \"groups\": {\"g\": {\"guests\": \"w{1..3}\", " settings "}}}"

static struct bd_fleet_place *assign(const struct bd_fleet *fleet, const struct bd_fleet_taken *taken, size_t count)
{
	struct bd_fleet_place *places;

	if (bd_fleet_assign(fleet, taken, count, &places, &err) != 0)
		fail_msg("%s", err.message);
	return places;
}

static bool same_mac(const struct bd_fleet_place *one, const struct bd_fleet_place *other)
{
	return memcmp(one->mac, other->mac, sizeof(one->mac)) == 0;
}

static void a_mac_follows_from_fleet_and_name(void **state)
{
	struct bd_fleet fleet = read_fleet("{\"fleet\": \"shop\", \"guests\": {\"a\": {}, \"b\": {}}}");
	struct bd_fleet turned = read_fleet("{\"fleet\": \"shop\", \"guests\": {\"c\": {}, \"b\": {}, \"a\": {}}}");
	struct bd_fleet other = read_fleet("{\"fleet\": \"ship\", \"guests\": {\"a\": {}, \"b\": {}}}");
	struct bd_fleet_place *places = assign(&fleet, NULL, 0), *again = assign(&turned, NULL, 0);
	struct bd_fleet_place *others = assign(&other, NULL, 0);

	(void)state;
	assert_memory_equal(places[0].mac, "\x00\x16\x3e", 3);
	assert_true(places[0].mac[3] < 0x80); /* as those that `new` makes up */
	assert_true(places[0].has_mac);
	assert_true(same_mac(&places[0], &again[2]));
	assert_true(same_mac(&places[1], &again[1]));
	assert_false(same_mac(&places[0], &places[1]));
	assert_false(same_mac(&places[0], &others[0]));
	free(places);
	free(again);
	free(others);
	bd_fleet_dispose(&fleet);
	bd_fleet_dispose(&turned);
	bd_fleet_dispose(&other);
}

static void a_mac_stays_the_same_from_release_to_release(void **state)
{
	struct bd_fleet fleet = read_fleet("{\"fleet\": \"shop\", \"guests\": {\"web01\": {}}}");
	struct bd_fleet_place *places = assign(&fleet, NULL, 0);

	(void)state;
	assert_memory_equal(places[0].mac, "\x00\x16\x3e\x36\xee\xa6", 6);
	free(places);
	bd_fleet_dispose(&fleet);
}

static void a_guest_without_network_has_no_mac(void **state)
{
	struct bd_fleet fleet = read_fleet("{\"fleet\": \"a\", \"defaults\": {\"network\": false, \"pool\": null},"
					   " \"guests\": {\"a\": {}, \"b\": {\"network\": true}}}");
	struct bd_fleet_place *places = assign(&fleet, NULL, 0);

	(void)state;
	assert_false(places[0].has_mac);
	assert_string_equal(places[0].address, "");
	assert_true(places[1].has_mac);
	free(places);
	bd_fleet_dispose(&fleet);
}

static void a_mac_that_another_guest_has_is_not_derived(void **state)
{
	struct bd_fleet fleet = read_fleet("{\"fleet\": \"shop\", \"guests\": {\"a\": {}}}");
	struct bd_fleet_place *first = assign(&fleet, NULL, 0), *second, *third, *kept;
	struct bd_fleet_taken taken[3] = { { .name = "x", .has_mac = true }, { .name = "y", .has_mac = true } };

	(void)state;
	memcpy(taken[0].mac, first->mac, 6);
	second = assign(&fleet, taken, 1);
	assert_false(same_mac(first, second));
	memcpy(taken[1].mac, second->mac, 6);
	third = assign(&fleet, taken, 2);
	assert_false(same_mac(first, third));
	assert_false(same_mac(second, third));
	/* Nobody has the first any more, and the guest keeps what it has. */
	taken[0] = (struct bd_fleet_taken){ .name = "a", .has_mac = true };
	memcpy(taken[0].mac, third->mac, 6);
	kept = assign(&fleet, taken, 1);
	assert_true(same_mac(kept, third));
	/* One that is none of its own it does not keep. */
	taken[0].mac[5] ^= 1;
	free(kept);
	kept = assign(&fleet, taken, 1);
	assert_true(same_mac(kept, first));
	free(first);
	free(second);
	free(third);
	free(kept);
	bd_fleet_dispose(&fleet);
}

static void a_mac_of_the_manifest_goes_before_derived_ones(void **state)
{
	struct bd_fleet fleet = read_fleet("{\"fleet\": \"shop\", \"guests\": {\"web01\": {},"
					   " \"x\": {\"mac\": \"00:16:3E:36:EE:A6\"}}}");
	struct bd_fleet_place *places = assign(&fleet, NULL, 0);

	(void)state;
	assert_memory_equal(places[1].mac, "\x00\x16\x3e\x36\xee\xa6", 6);
	assert_false(same_mac(&places[0], &places[1]));
	free(places);
	bd_fleet_dispose(&fleet);
}

static void check_addresses(const char *text, const struct bd_fleet_taken *taken, size_t taken_count,
			    const char *const *expected)
{
	struct bd_fleet fleet = read_fleet(text);
	struct bd_fleet_place *places = assign(&fleet, taken, taken_count);

	for (size_t i = 0; i < fleet.count; i++)
		assert_string_equal(places[i].address, expected[i]);
	free(places);
	bd_fleet_dispose(&fleet);
}

static void addresses_of_a_pool_are_given_in_order(void **state)
{
	(void)state;
	check_addresses(GROUP("\"pool\": \"192.0.2.100-192.0.2.102/24\""), NULL, 0,
			(const char *const[]){ "192.0.2.100/24", "192.0.2.101/24", "192.0.2.102/24" });
	/* All hosts of a network: the first and the last address are none. */
	check_addresses(GROUP("\"pool\": [\"192.0.2.0/30\", \"198.51.100.0-198.51.100.255/24\"]"), NULL, 0,
			(const char *const[]){ "192.0.2.1/30", "192.0.2.2/30", "198.51.100.1/24" });
	check_addresses(GROUP("\"pool\": [\"192.0.2.4/31\", \"192.0.2.9/32\"]"), NULL, 0,
			(const char *const[]){ "192.0.2.4/31", "192.0.2.5/31", "192.0.2.9/32" });
	check_addresses(GROUP("\"pool\": \"255.255.255.252-255.255.255.255/8\", \"ip6\": \"auto\""), NULL, 0,
			(const char *const[]){ "255.255.255.252/8", "255.255.255.253/8", "255.255.255.254/8" });
}

static void what_is_somebody_s_is_not_given_away(void **state)
{
	static const struct bd_fleet_taken taken[] = {
		{ .name = "x", .address = "192.0.2.3/16" },
		{ .name = "y", .address = "dhcp" },
		{ .name = "z", .address = "nonsense" },
	};

	(void)state;
	check_addresses(
		"{\"fleet\": \"shop\", \"groups\": {\"g\": {\"guests\": \"w{1..3}\", \"pool\": \"192.0.2.0/24\","
		" \"gateway\": \"192.0.2.1\", \"dns\": [\"192.0.2.2,192.0.2.4\", \"2001:db8::1\"]}},"
		" \"guests\": {\"m\": {\"ip\": \"192.0.2.6/24\"}}}",
		taken, 3, (const char *const[]){ "192.0.2.5/24", "192.0.2.7/24", "192.0.2.8/24", "" });
}

static void what_the_host_has_as_gateway_and_name_server_is_not_given_away(void **state)
{
	const struct bd_json_node none = { .type = BD_JSON_NULL };
	struct bd_host_defaults host = { .is_there = true };
	struct bd_fleet fleet = read_fleet("{\"fleet\": \"shop\", \"groups\": {\"g\": {\"guests\": \"w{1..3}\","
					   " \"pool\": \"192.0.2.0/24\"}}}");
	const struct bd_fleet_taken taken[] = { { .name = "w3", .address = "192.0.2.4/24" } };

	(void)state;
	host.layer.settings[BD_FLEET_GATEWAY] = (struct bd_fleet_setting){ &bd_fleet_keys[BD_FLEET_GATEWAY], &none,
									   (const char *const[]){ "192.0.2.1" }, 1 };
	host.layer.settings[BD_FLEET_DNS] =
		(struct bd_fleet_setting){ &bd_fleet_keys[BD_FLEET_DNS], &none,
					   (const char *const[]){ "192.0.2.2,192.0.2.4" }, 1 };
	fleet.host = &host;
	struct bd_fleet_place *places = assign(&fleet, taken, 1);
	assert_string_equal(places[0].address, "192.0.2.3/24");
	assert_string_equal(places[1].address, "192.0.2.5/24");
	assert_string_equal(places[2].address, "192.0.2.4/24"); /* what a guest has it keeps */
	free(places);
	bd_fleet_dispose(&fleet);
}

static void pools_may_overlap(void **state)
{
	(void)state;
	check_addresses("{\"fleet\": \"shop\", \"groups\": {"
			"\"g\": {\"guests\": \"w{1..2}\", \"pool\": \"192.0.2.11-192.0.2.20/24\"},"
			"\"h\": {\"guests\": \"x{1..2}\", \"pool\": \"192.0.2.10-192.0.2.20/24\"},"
			"\"i\": {\"guests\": \"y{1..2}\", \"pool\": \"192.0.2.12-192.0.2.20/24\"}}}",
			NULL, 0,
			(const char *const[]){ "192.0.2.11/24", "192.0.2.12/24", "192.0.2.10/24", "192.0.2.13/24",
					       "192.0.2.14/24", "192.0.2.15/24" });
}

static void a_guest_keeps_its_address_when_the_fleet_changes(void **state)
{
	static const struct bd_fleet_taken taken[] = {
		{ .name = "w3", .address = "192.0.2.1/24" },
		{ .name = "w2", .address = "192.0.2.9/24" },
		{ .name = "gone", .address = "192.0.2.2/24" },
	};

	(void)state;
	check_addresses(GROUP("\"pool\": \"192.0.2.0/24\""), taken, 3,
			(const char *const[]){ "192.0.2.3/24", "192.0.2.9/24", "192.0.2.1/24" });
	/* Outside of its pool it does not keep it. */
	check_addresses(GROUP("\"pool\": \"192.0.2.0/29\""), taken, 3,
			(const char *const[]){ "192.0.2.3/29", "192.0.2.4/29", "192.0.2.1/29" });
}

static void a_pool_that_is_too_small_says_by_how_many(void **state)
{
	static const struct bd_fleet_taken taken[] = { { .name = "x", .address = "192.0.2.2/24" } };

	(void)state;
	check_refused(
		GROUP("\"pool\": \"192.0.2.1-192.0.2.2/24\""), taken, 1,
		"f.json:1:65: the pool 192.0.2.1-192.0.2.2/24 is too small by 2: it has room for 1 of 3 guests");
	check_refused(GROUP("\"pool\": [\"192.0.2.1/32\", \"192.0.2.3/32\"]"), NULL, 0,
		      "f.json:1:65: the pool 192.0.2.1/32, ... is too small by 1: it has room for 2 of 3 guests");
}

static void what_is_no_pool_is_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ GROUP("\"pool\": \"192.0.2.1\""),
		  "f.json:1:65: w1: \"pool\": \"192.0.2.1\" is not a pool such as" },
		{ GROUP("\"pool\": \"192.0.2.0/33\""), "f.json:1:65: w1: \"pool\": \"192.0.2.0/33\" is not a pool" },
		{ GROUP("\"pool\": \"192.0.2.0/0\""), "f.json:1:65: w1: \"pool\": \"192.0.2.0/0\" is not a pool" },
		{ GROUP("\"pool\": \"192.0.2.0/24x\""),
		  "f.json:1:65: w1: \"pool\": \"192.0.2.0/24x\" is not a pool" },
		{ GROUP("\"pool\": \"192.0.2.7-9/24\""),
		  "f.json:1:65: w1: \"pool\": \"192.0.2.7-9/24\" is not a pool" },
		{ GROUP("\"pool\": \"192.0.2.7/24-192.0.2.9/24\""), "f.json:1:65: w1: \"pool\": " },
		{ GROUP("\"pool\": \"-/24\""), "f.json:1:65: w1: \"pool\": \"-/24\" is not a pool" },
		{ GROUP("\"pool\": \"2001:db8::/64\""),
		  "f.json:1:65: w1: \"pool\": \"2001:db8::/64\" is not a pool" },
		{ GROUP("\"pool\": \"192.0.2.7/24\""),
		  "f.json:1:65: w1: \"pool\": \"192.0.2.7/24\" is a host address, not a network address" },
		{ GROUP("\"pool\": \"192.0.2.7-192.0.2.6/24\""),
		  "f.json:1:65: w1: \"pool\": \"192.0.2.7-192.0.2.6/24\": the end is below the beginning" },
		{ GROUP("\"pool\": [\"192.0.2.7/32\", \"192.0.2.7-192.0.3.6/24\"]"),
		  "f.json:1:82: w1: \"pool\": the ends of \"192.0.2.7-192.0.3.6/24\" are in different /24" },
		{ GROUP("\"pool\": \"192.0.2.255-192.0.2.255/24\""),
		  "f.json:1:65: w1: \"pool\": \"192.0.2.255-192.0.2.255/24\" contains no host address" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_refused(rows[i].text, NULL, 0, rows[i].message);
}

static void nothing_is_claimed_twice(void **state)
{
	static const struct bd_fleet_taken taken[] = {
		{ .name = "mail",
		  .address = "192.0.2.9/24",
		  .address6 = "2001:db8::9/64",
		  .has_mac = true,
		  .mac = { 0x00, 0x16, 0x3e, 0, 0, 9 } },
		{ .name = "mail", .network = "ip=198.51.100.8/24,ip=198.51.100.9/24,ip6=2001:db8:1::9/64" },
		{ .name = "odd", .network = "ip=nonsense" },
	};
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ GROUP("\"ip\": \"192.0.2.5/24\""),
		  "f.json:1:63: \"ip\": w1 and w2 would both have 192.0.2.5/24; let it count along" },
		{ GROUP("\"ip6\": \"2001:db8::5/64\""), "f.json:1:64: \"ip6\": w1 and w2 would both have" },
		{ GROUP("\"mac\": \"00:16:3e:00:00:01\""), "f.json:1:64: \"mac\": w1 and w2 would both have" },
		{ "{\"fleet\": \"a\", \"guests\": {\"a\": {\"ip\": \"192.0.2.5/24\"},\n\"b\": {\"ip\": \"192.0.2.5/25\"}}}",
		  "f.json:2:13: \"ip\": 192.0.2.5/25 of b is also that of a (line 1)" },
		{ "{\"fleet\": \"a\", \"guests\": {\"a\": {\"ip6\": \"2001:db8::0/64\"},\n\"b\": {\"ip6\": \"2001:db8::/64\"}}}",
		  "f.json:2:14: \"ip6\": 2001:db8::/64 of b is also that of a (line 1)" },
		{ "{\"fleet\": \"a\", \"guests\": {\"a\": {\"ip\": \"192.0.2.9/24\"}}}",
		  "f.json:1:39: \"ip\": 192.0.2.9/24 of a is in use by mail, a guest of this host" },
		{ "{\"fleet\": \"a\", \"guests\": {\"a\": {\"ip6\": \"2001:DB8::9/64\"}}}",
		  "f.json:1:40: \"ip6\": 2001:DB8::9/64 of a is in use by mail, a guest of this host" },
		{ "{\"fleet\": \"a\", \"guests\": {\"a\": {\"mac\": \"00:16:3E:00:00:09\"}}}",
		  "f.json:1:40: \"mac\": 00:16:3E:00:00:09 of a is in use by mail, a guest of this host" },
		{ GROUP("\"networks\": [\"mac=00:16:3e:00:00:01\"]"),
		  "f.json:1:69: \"networks\": w1 and w2 would both have 00:16:3e:00:00:01; let it count along" },
		{ "{\"fleet\": \"a\", \"guests\": {\"a\": {\"networks\": [\"ip=198.51.100.9/24\"]}}}",
		  "f.json:1:45: \"networks\": 198.51.100.9 of a is in use by mail, a guest of this host" },
		{ "{\"fleet\": \"a\", \"guests\": {\"a\": {\"networks\": [\"ip6=2001:DB8::9/64\"]}}}",
		  "f.json:1:45: \"networks\": 2001:db8::9 of a is in use by mail, a guest of this host" },
		{ "{\"fleet\": \"a\", \"guests\": {\"a\": {\"ip6\": \"2001:db8:1::9/64\"}}}",
		  "f.json:1:40: \"ip6\": 2001:db8:1::9/64 of a is in use by mail, a guest of this host" },
		{ "{\"fleet\": \"a\", \"guests\": {\"a\": {\"ip\": \"192.0.2.300/24\"}}}",
		  "f.json:1:39: a: \"ip\": \"192.0.2.300/24\" is neither dhcp nor" },
		{ "{\"fleet\": \"a\", \"guests\": {\"a\": {\"mac\": \"01:16:3e:00:00:01\"}}}",
		  "f.json:1:40: a: \"mac\": 01:16:3e:00:00:01 is a multicast address" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_refused(rows[i].text, taken, sizeof(taken) / sizeof(*taken), rows[i].message);
}

static void what_a_guest_has_itself_is_no_conflict(void **state)
{
	static const struct bd_fleet_taken taken[] = {
		{ .name = "w1",
		  .address = "192.0.2.11/24",
		  .address6 = "2001:db8::1/64",
		  .has_mac = true,
		  .mac = { 0x00, 0x16, 0x3e, 0, 0, 11 } },
	};
	struct bd_fleet fleet = read_fleet(GROUP(
		"\"ip\": \"192.0.2.{11..13}/24\", \"mac\": \"00:16:3e:00:00:0{1..3}\", \"ip6\": \"2001:db8::{1..3}/64\""));
	struct bd_fleet_place *places = assign(&fleet, taken, 1);

	(void)state;
	assert_int_equal(places[0].mac[5], 1);
	assert_string_equal(places[0].address, "");
	free(places);
	bd_fleet_dispose(&fleet);
}

/* DHCP and automatic addresses are none. */
static void many_guests_may_ask_dhcp(void **state)
{
	struct bd_fleet fleet = read_fleet(GROUP("\"ip\": \"dhcp\", \"ip6\": \"auto\""));

	(void)state;
	free(assign(&fleet, NULL, 0));
	bd_fleet_dispose(&fleet);
}

static int compare_places(const void *a, const void *b)
{
	return memcmp(((const struct bd_fleet_place *)a)->mac, ((const struct bd_fleet_place *)b)->mac, 6);
}

static int compare_addresses(const void *a, const void *b)
{
	return strcmp(((const struct bd_fleet_place *)a)->address, ((const struct bd_fleet_place *)b)->address);
}

#define MANY 10000

/* What a first run has given, the second finds in the configs. */
static struct bd_fleet_taken *taken_from(const struct bd_fleet *fleet, const struct bd_fleet_place *places)
{
	struct bd_fleet_taken *taken = calloc(MANY, sizeof(*taken));

	for (size_t i = 0; i < MANY; i++) {
		size_t from = MANY - 1 - i;
		taken[i] = (struct bd_fleet_taken){ .name = fleet->guests[from].name,
						    .address = places[from].address,
						    .has_mac = true };
		memcpy(taken[i].mac, places[from].mac, 6);
	}
	return taken;
}

static void ten_thousand_guests_each_have_their_own(void **state)
{
	struct bd_fleet fleet =
		read_fleet("{\"fleet\": \"shop\", \"groups\": {\"g\": {\"guests\": \"n{00001..10000}\","
			   " \"pool\": \"10.0.0.0/18\", \"gateway\": \"10.0.0.1\"}}}");
	struct bd_fleet_place *places = assign(&fleet, NULL, 0), *again;
	struct bd_fleet_taken *taken = taken_from(&fleet, places);
	size_t not_first = 0;

	(void)state;
	assert_int_equal(fleet.count, MANY);
	assert_string_equal(places[0].address, "10.0.0.2/18");
	assert_string_equal(places[MANY - 1].address, "10.0.39.17/18");
	again = assign(&fleet, taken, MANY);
	assert_memory_equal(again, places, MANY * sizeof(*places));

	/* Alone in their fleet, some guests would have another MAC: there were collisions. */
	for (size_t i = 0; i < MANY; i++) {
		struct bd_fleet alone = fleet;
		alone.guests = &fleet.guests[i];
		alone.count = 1;
		struct bd_fleet_place *one = assign(&alone, NULL, 0);
		not_first += !same_mac(one, &places[i]);
		free(one);
	}
	assert_in_range(not_first, 1, 30);
	qsort(places, MANY, sizeof(*places), compare_places);
	for (size_t i = 1; i < MANY; i++)
		assert_false(same_mac(&places[i - 1], &places[i]));
	qsort(places, MANY, sizeof(*places), compare_addresses);
	for (size_t i = 1; i < MANY; i++)
		assert_string_not_equal(places[i - 1].address, places[i].address);
	free(places);
	free(again);
	free(taken);
	bd_fleet_dispose(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mac_follows_from_fleet_and_name),
		cmocka_unit_test(a_mac_stays_the_same_from_release_to_release),
		cmocka_unit_test(a_guest_without_network_has_no_mac),
		cmocka_unit_test(a_mac_that_another_guest_has_is_not_derived),
		cmocka_unit_test(a_mac_of_the_manifest_goes_before_derived_ones),
		cmocka_unit_test(addresses_of_a_pool_are_given_in_order),
		cmocka_unit_test(what_is_somebody_s_is_not_given_away),
		cmocka_unit_test(what_the_host_has_as_gateway_and_name_server_is_not_given_away),
		cmocka_unit_test(pools_may_overlap),
		cmocka_unit_test(a_guest_keeps_its_address_when_the_fleet_changes),
		cmocka_unit_test(a_pool_that_is_too_small_says_by_how_many),
		cmocka_unit_test(what_is_no_pool_is_refused),
		cmocka_unit_test(nothing_is_claimed_twice),
		cmocka_unit_test(what_a_guest_has_itself_is_no_conflict),
		cmocka_unit_test(many_guests_may_ask_dhcp),
		cmocka_unit_test(ten_thousand_guests_each_have_their_own),
	};
	return cmocka_run_group_tests(tests, make_fleet_folder, remove_fleet_folder);
}
