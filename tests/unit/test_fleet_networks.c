/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about fleet/networks.h, and about what fleet/assign.h makes of further interfaces. */
#include "fleet_assign_checks.h"

#include "guest/description.h"

#define GROUP(networks) \
	"{\"fleet\": \"shop\", \"groups\": {\"g\": {\"guests\": \"w{1..3}\",\n\"networks\": " networks "}}}"
#define ONE(settings) "{\"fleet\": \"shop\", \"guests\": {\"w1\": {" settings "}}}"

static void check_text(const struct bd_fleet *fleet, size_t guest, size_t network, const char *expected)
{
	const struct bd_fleet_setting *setting = bd_fleet_find(&fleet->guests[guest], "networks");

	assert_non_null(setting);
	assert_in_range(network, 0, setting->value_count - 1);
	assert_string_equal(setting->values[network], expected);
}

static void an_object_is_the_text_of_an_interface(void **state)
{
	struct bd_fleet fleet = read_fleet(GROUP(
		"[{\"bridge\": \"b1\", \"ip\": [\"192.0.2.{11..13}/24\", \"192.0.3.{1..3}/24\"], \"ip6\": \"2001:db8::{1..3}/64\","
		" \"mac\": \"00:16:3e:00:00:0{1..3}\", \"dns\": \"192.0.2.1,192.0.2.2\", \"mtu\": 9000, \"vlan\": \"10p/20\","
		" \"trusted\": false, \"rate\": null}, \"bridge=b2,ip=198.51.100.{1..3}/24\", {\"trusted\": true}, {}]"));

	(void)state;
	check_text(&fleet, 1, 0,
		   "bridge=b1,ip=192.0.2.12/24,ip=192.0.3.2/24,ip6=2001:db8::2/64,mac=00:16:3e:00:00:02,"
		   "dns=192.0.2.1,dns=192.0.2.2,mtu=9000,vlan=10p/20,untrusted");
	check_text(&fleet, 2, 1, "bridge=b2,ip=198.51.100.3/24");
	check_text(&fleet, 0, 2, "trusted");
	check_text(&fleet, 0, 3, "ip=dhcp");
	bd_fleet_dispose(&fleet);
}

static void a_pool_gives_addresses_and_the_gateways_stay_free(void **state)
{
	static const char text[] = GROUP(
		"[{\"bridge\": \"b1\", \"pool\": \"192.0.2.0/29\", \"gateway\": \"192.0.2.1\", \"dns\": \"192.0.2.2\"}]");
	static const struct bd_fleet_taken taken[] = {
		{ .name = "old", .network = "ip=192.0.2.3/24", .interface = 1 },
		/* It keeps its address, and its MAC, which is one that is derived for it. */
		{ .name = "w3" },
		{ .name = "w3", .interface = 1, .network = "ip=192.0.2.4/29,gateway=192.0.2.1" },
	};
	static const char *const expected[] = { "192.0.2.5/29", "192.0.2.6/29", "192.0.2.4/29" };
	struct bd_fleet fleet = read_fleet(text);
	struct bd_fleet_place *places = NULL;

	(void)state;
	if (bd_fleet_assign(&fleet, taken, 3, &places, &err) != 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(places[i].further[0].address, expected[i]);
		assert_true(places[i].further[0].has_mac);
		assert_memory_equal(places[i].further[0].mac, "\x00\x16\x3e", 3);
		assert_memory_not_equal(places[i].further[0].mac, places[i].mac, 6);
	}
	assert_memory_not_equal(places[0].further[0].mac, places[1].further[0].mac, 6);
	free(places);
	bd_fleet_dispose(&fleet);
}

static void a_derived_mac_stays_and_gives_way(void **state)
{
	static const char text[] = ONE("\"networks\": [\"bridge=b1\", \"mac=00:16:3e:00:00:09\"]");
	struct bd_fleet_taken taken[] = { { .name = "w1" }, { .name = "w1", .interface = 1, .has_mac = true } };
	struct bd_fleet fleet = read_fleet(text);
	struct bd_fleet_place *first = NULL, *again = NULL, *other = NULL;

	(void)state;
	assert_int_equal(bd_fleet_assign(&fleet, NULL, 0, &first, &err), 0);
	assert_false(first[0].further[1].has_mac); /* the manifest says it */
	memcpy(taken[1].mac, first[0].further[0].mac, 6);
	assert_int_equal(bd_fleet_assign(&fleet, taken, 2, &again, &err), 0);
	assert_memory_equal(again[0].further[0].mac, first[0].further[0].mac, 6);
	taken[0].name = taken[1].name = "old";
	assert_int_equal(bd_fleet_assign(&fleet, taken, 2, &other, &err), 0);
	assert_memory_not_equal(other[0].further[0].mac, first[0].further[0].mac, 6);
	free(first);
	free(again);
	free(other);
	bd_fleet_dispose(&fleet);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct bd_fleet_taken taken[] = {
		{ .name = "old", .interface = 1, .has_mac = true, .mac = { 0x00, 0x16, 0x3e, 0, 0, 9 } },
	};
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ GROUP("[{\"pool\": \"192.0.2.1-192.0.2.2/24\"}]"),
		  "f.json:2:23: the pool 192.0.2.1-192.0.2.2/24 is too small by 1: it has room for 2 of 3 guests" },
		{ GROUP("[{\"pool\": \"192.0.2.9/24\"}]"),
		  "f.json:2:14: w1: \"networks\": pool: \"192.0.2.9/24\" is a host" },
		{ GROUP("[{\"pool\": \"192.0.2.0/24\", \"gateway\": \"192.0.3.1\"}]"),
		  "f.json:2:14: w1: \"networks\": gateway: 192.0.3.1 is not in the network of" },
		{ GROUP("[{\"bridge\": \"b\", \"ip\": \"192.0.2.5/24\"}]"),
		  "f.json:2:13: \"networks\": w1 and w2 would both have 192.0.2.5" },
		{ GROUP("[\"mac=00:16:3e:00:00:09\"]"),
		  "f.json:2:13: \"networks\": 00:16:3e:00:00:09 of w1 is in use by old" },
		{ ONE("\"ip\": \"192.0.2.5/24\", \"networks\": [\"ip=192.0.2.5/24\"]"),
		  "f.json:1:71: \"networks\": w1 has 192.0.2.5 twice" },
		{ ONE("\"networks\": [\"ip6=2001:db8::5/64\", {\"ip6\": \"2001:DB8::5/64\"}]"),
		  "f.json:1:49: \"networks\": w1 has 2001:db8::5 twice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_refused(rows[i].text, taken, 1, rows[i].message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_is_the_text_of_an_interface),
		cmocka_unit_test(a_pool_gives_addresses_and_the_gateways_stay_free),
		cmocka_unit_test(a_derived_mac_stays_and_gives_way),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
	};

	return cmocka_run_group_tests(tests, make_fleet_folder, remove_fleet_folder);
}
