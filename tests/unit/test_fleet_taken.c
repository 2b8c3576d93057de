/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about fleet/assign.h: what interfaces of guests of this host have, by hand. */
#include "fleet_assign_checks.h"

#define ONE(settings) "{\"fleet\": \"shop\", \"guests\": {\"w1\": {" settings "}}}"
#define POOL ONE("\"pool\": \"192.0.2.0/24\"")

/* The first guest's address is that one. */
static void check_address(const char *text, const struct bd_fleet_taken *taken, size_t count, const char *address)
{
	struct bd_fleet fleet = read_fleet(text);
	struct bd_fleet_place *places;

	if (bd_fleet_assign(&fleet, taken, count, &places, &err) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(places[0].address, address);
	free(places);
	bd_fleet_dispose(&fleet);
}

static void an_address_of_an_interface_is_in_use(void **state)
{
	static const struct bd_fleet_taken taken[] = {
		{ .name = "old", .has_mac = true, .mac = { 0x00, 0x16, 0x3e, 0, 0, 9 }, .vif_ip = "192.0.2.77" },
		{ .name = "old", .interface = 1, .vif_ip = "  192.0.2.78/24 \t2001:DB8::78 2001:db8::79/64 " },
		{ .name = "odd", .vif_ip = "" },
		{ .name = "odd",
		  .vif_ip = " / nonsense 192.0.2.300 :::::: 1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19" },
	};
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ ONE("\"ip\": \"192.0.2.77/24\""),
		  "f.json:1:43: \"ip\": 192.0.2.77/24 of w1 is in use by old, a guest of this host" },
		{ ONE("\"ip\": \"192.0.2.78/25\""), "f.json:1:43: \"ip\": 192.0.2.78/25 of w1 is in use by old" },
		{ ONE("\"ip6\": \"2001:db8::78/64\""),
		  "f.json:1:44: \"ip6\": 2001:db8::78/64 of w1 is in use by old" },
		{ ONE("\"ip6\": \"2001:db8::79/48\""),
		  "f.json:1:44: \"ip6\": 2001:db8::79/48 of w1 is in use by old" },
		{ ONE("\"mac\": \"00:16:3e:00:00:09\""),
		  "f.json:1:44: \"mac\": 00:16:3e:00:00:09 of w1 is in use by old" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_refused(rows[i].text, taken, sizeof(taken) / sizeof(*taken), rows[i].message);
	check_address(ONE("\"ip\": \"192.0.2.79/24\""), taken, sizeof(taken) / sizeof(*taken), "");
}

static void an_address_of_an_interface_is_not_given_away(void **state)
{
	static const struct bd_fleet_taken taken[] = { { .name = "old", .vif_ip = "192.0.2.1 192.0.2.2" } };

	(void)state;
	check_address(POOL, taken, 1, "192.0.2.3/24");
}

static void an_address_of_a_guest_s_own_interface_is_no_conflict(void **state)
{
	static const struct bd_fleet_taken taken[] = { { .name = "w1", .vif_ip = "192.0.2.77 2001:db8::77" } };

	(void)state;
	check_address(ONE("\"ip\": \"192.0.2.77/24\", \"ip6\": \"2001:db8::77/64\""), taken, 1, "");
	/* But no other one of the fleet may have it. */
	check_refused("{\"fleet\": \"shop\", \"guests\": {\"w1\": {}, \"w2\": {\"ip\": \"192.0.2.77/24\"}}}", taken,
		      1, "f.json:1:53: \"ip\": 192.0.2.77/24 of w2 is in use by w1, a guest of this host");
}

static void a_guest_keeps_its_address_of_a_pool_with_further_interfaces(void **state)
{
	static const struct bd_fleet_taken taken[] = {
		{ .name = "w1", .address = "192.0.2.9/24", .vif_ip = "192.0.2.9" },
		{ .name = "w1", .interface = 1, .vif_ip = "192.0.2.10" },
		{ .name = "w1", .interface = 2 },
	};

	(void)state;
	check_address(POOL, taken, 3, "192.0.2.9/24");
}

static void one_guest_is_no_guests(void **state)
{
	static const struct bd_fleet_taken taken[] = { { .name = "old", .vif_ip = "192.0.2.1" } };

	(void)state;
	check_refused(ONE("\"pool\": \"192.0.2.1/32\""), taken, 1,
		      "f.json:1:45: the pool 192.0.2.1/32 is too small by 1: it has room for 0 of 1 guest");
	assert_null(strstr(err.message, "guests"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_of_an_interface_is_in_use),
		cmocka_unit_test(an_address_of_an_interface_is_not_given_away),
		cmocka_unit_test(an_address_of_a_guest_s_own_interface_is_no_conflict),
		cmocka_unit_test(a_guest_keeps_its_address_of_a_pool_with_further_interfaces),
		cmocka_unit_test(one_guest_is_no_guests),
	};

	return cmocka_run_group_tests(tests, make_fleet_folder, remove_fleet_folder);
}
