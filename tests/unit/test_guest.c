/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about guest/description.h: which names, MACs, bridges and addresses a guest may have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guest/description.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define CHARS_10 "abcdefghij"
#define CHARS_60 CHARS_10 CHARS_10 CHARS_10 CHARS_10 CHARS_10 CHARS_10

static void a_guest_is_called_like_a_host(void **state)
{
	static const char *const good[] = {
		"a",	 "A",	"web01", "web-01",	 "x--y",
		"WEB01", "0x",	"1a",	 "a1",		 "web01.example.org",
		"a.b.c", "1.a", "3com",	 CHARS_60 "abc", CHARS_60 ".abc",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct bd_error err = BD_ERROR_INIT;
		struct bd_guest guest = { .name = "before" };
		if (bd_guest_set_name(&guest, good[i], &err) != 0)
			fail_msg("\"%s\" was refused: %s", good[i], err.message);
		assert_string_equal(guest.name, good[i]);
	}
}

static void any_other_name_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		".",
		"..",
		"-",
		"-a",
		"a-",
		"a.-b",
		"a-.b",
		".a",
		"a.",
		"a..b",
		"a b",
		"a/b",
		"../x",
		"/x",
		"a_b",
		"a,b",
		"a\"b",
		"a'b",
		"a\\b",
		"a\nb",
		"a\n",
		"a\tb",
		"a;b",
		"a$b",
		"a`b",
		"a*b",
		"a%sb",
		"a:b",
		"a=b",
		"a@b",
		"web\xc3\xa9",
		"\xff",
		"a\x7f",
		"--help",
		CHARS_60 "abcd",
		CHARS_60 ".abcde",
		/* xl takes a number for a domid */
		"1",
		"0",
		"42",
		"0000",
		"1.2",
		"192.0.2.1",
		/* a path of a config, and dom0 itself */
		"web01.cfg",
		".cfg",
		"Domain-0",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct bd_error err = BD_ERROR_INIT;
		struct bd_guest guest = { .name = "before" };
		if (bd_guest_set_name(&guest, bad[i], &err) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(err.code, BD_EUSAGE);
		assert_string_equal(guest.name, "before");
		assert_null(strpbrk(err.message, "\n\t\x7f"));
	}
}

static void types_and_ways_to_boot_have_names(void **state)
{
	static const char *const types[] = { "pv", "pvh", "hvm" }, *const boots[] = { "pygrub", "bigdisk", "pvgrub",
										      "direct", "uefi" };
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		enum bd_guest_type type;
		assert_int_equal(bd_guest_type_parse(types[i], &type, &err), 0);
		assert_string_equal(bd_guest_type_name(type), types[i]);
	}
	for (size_t i = 0; i < sizeof(boots) / sizeof(*boots); i++) {
		enum bd_guest_boot boot;
		assert_int_equal(bd_guest_boot_parse(boots[i], &boot, &err), 0);
		assert_string_equal(bd_guest_boot_name(boot), boots[i]);
	}
	enum bd_guest_type type = BD_GUEST_PVH;
	enum bd_guest_boot boot = BD_BOOT_PVGRUB;
	assert_int_equal(bd_guest_type_parse("PV", &type, &err), -1);
	assert_int_equal(err.code, BD_EUSAGE);
	assert_int_equal(bd_guest_boot_parse("", &boot, &err), -1);
	/* "disk" is what hvm does by itself */
	assert_int_equal(bd_guest_boot_parse("disk", &boot, &err), -1);
	assert_int_equal(type, BD_GUEST_PVH);
	assert_int_equal(boot, BD_BOOT_PVGRUB);
}

static void a_mac_is_six_pairs_and_one_of_a_single_interface(void **state)
{
	static const char *const bad[] = {
		"",
		"00:16:3e:12:34",
		"00:16:3e:12:34:5",
		"00:16:3e:12:34:567",
		"00:16:3e:12:34:56:78",
		"00-16-3e-12-34-56",
		"00163e123456",
		"00:16:3e:12:34:5g",
		" 0:16:3e:12:34:56",
		"00:16:3e:12:34:56 ",
		"0x:16:3e:12:34:56",
		"00:16:3e:12:34,56",
		"01:16:3e:12:34:56",
		"ff:ff:ff:ff:ff:ff",
		/* libxl takes zeros for "make one up", so the cfg would not say what the guest has */
		"00:00:00:00:00:00",
	};
	static const uint8_t golden[6] = { 0x00, 0x16, 0x3e, 0xab, 0xcd, 0xef };
	struct bd_error err = BD_ERROR_INIT;
	char text[BD_MAC_TEXT_SIZE];
	uint8_t mac[6];

	(void)state;
	assert_int_equal(bd_mac_parse("00:16:3E:ab:Cd:eF", mac, &err), 0);
	assert_memory_equal(mac, golden, 6);
	bd_mac_format(mac, text);
	assert_string_equal(text, "00:16:3e:ab:cd:ef");
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (bd_mac_parse(bad[i], mac, &err) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(err.code, BD_EUSAGE);
		assert_memory_equal(mac, golden, 6);
	}
}

static void random_macs_are_in_the_range_of_the_xen_project_and_differ(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	uint8_t macs[64][6];
	unsigned same = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(macs); i++) {
		assert_int_equal(bd_mac_random(&(struct bd_random){ 0 }, "mac", macs[i], &err), 0);
		assert_memory_equal(macs[i], "\x00\x16\x3e", 3);
		same += i && memcmp(macs[i], macs[i - 1], 6) == 0;
	}
	assert_int_equal(same, 0);
}

static void a_bridge_is_named_like_an_interface(void **state)
{
	static const char *const good[] = { "xenbr0", "br-lan", "br0.100", "a", "ovs_br", "123456789012345" };
	static const char *const bad[] = { "",		 ".",	 "..",	"1234567890123456",
					   "a b",	 "a/b",	 "a:b", "a,b",
					   "a\"b",	 "a\nb", "a'b", "a\\b",
					   "br\xc3\xa9", "a=b" };
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (bd_bridge_check(good[i], &err) != 0)
			fail_msg("\"%s\" was refused: %s", good[i], err.message);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (bd_bridge_check(bad[i], &err) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(err.code, BD_EUSAGE);
	}
}

static void an_address_is_dhcp_or_ipv4_with_its_prefix(void **state)
{
	static const char *const bad[] = {
		"",
		"DHCP",
		"192.0.2.10",
		"192.0.2.10/",
		"192.0.2.10/0",
		"192.0.2.10/33",
		"192.0.2.10/-1",
		"192.0.2.10/+8",
		"192.0.2.10/24 ",
		" 192.0.2.10/24",
		"192.0.2/24",
		"192.0.2.256/24",
		"192.0.2.10.1/24",
		"/24",
		"2001:db8::1/64",
		"192.0.2.10/24x",
		"192.0.2.10/255.255.255.0",
		"192.0.2.10/18446744073709551640",
		"0192.0.2.10/24",
		"192.0.2.10\n/24",
		"host/24",
		"127.0.0.1/8",
		"224.0.0.1/24",
		"239.255.255.250/32",
		"0.0.0.1/8",
		"255.255.255.255/32",
	};
	struct bd_network network = { .address_count = 0 };
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	assert_int_equal(bd_network_add_ip(&network, "192.0.2.10/24", &err), 0);
	assert_int_equal(network.address_count, 1);
	assert_string_equal(network.addresses[0].text, "192.0.2.10");
	assert_int_equal(network.addresses[0].prefix_length, 24);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (bd_network_add_ip(&network, bad[i], &err) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(err.code, BD_EUSAGE);
		assert_string_equal(network.addresses[0].text, "192.0.2.10");
	}
	assert_int_equal(bd_network_add_ip(&network, "255.255.255.254/32", &err), 0);
	assert_int_equal(network.address_count, 2);
	assert_int_equal(network.addresses[1].prefix_length, 32);
	assert_int_equal(bd_network_add_ip(&network, "192.0.2.10/32", &err), -1); /* twice */
	assert_int_equal(bd_network_add_ip(&network, "dhcp", &err), -1); /* one or the other */
}

static void a_gateway_is_an_ipv4_address_of_the_guests_network(void **state)
{
	static const char *const bad[] = { "",		 "192.0.2.1/24", "192.0.2",    "gw",	   "192.0.2.1 ",
					   "::1",	 "192.0.2.1\n",	 "192.0.3.1",  "10.0.0.1", "255.255.255.255",
					   "192.0.2.10", "192.0.2.0",	 "192.0.2.255" };
	struct bd_network network = { .address_count = 0 };
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	assert_int_equal(bd_network_set_gateway(&network, "192.0.2.1", &err), -1); /* no static address yet */
	assert_int_equal(bd_network_add_ip(&network, "192.0.2.10/24", &err), 0);
	assert_int_equal(bd_network_set_gateway(&network, "192.0.2.254", &err), 0);
	assert_string_equal(network.gateway, "192.0.2.254");
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (bd_network_set_gateway(&network, bad[i], &err) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(err.code, BD_EUSAGE);
	}
}

static void a_gateway_is_another_host_also_where_any_address_is_on_the_link(void **state)
{
	static const char *const bad[] = { "203.0.113.5", "127.0.0.1", "224.0.0.1", "0.0.0.0", "255.255.255.255" };
	static const char *const bad6[] = { "2001:db8::10", "2001:DB8:0::10", "::1",
					    "::",	    "ff02::1",	      "::ffff:192.0.2.1" };
	struct bd_network network = { .address_count = 0 };
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	assert_int_equal(bd_network_add_ip(&network, "203.0.113.5/32", &err), 0);
	assert_int_equal(bd_network_add_ip6(&network, "2001:db8::10/128", &err), 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (bd_network_set_gateway(&network, bad[i], &err) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
	for (size_t i = 0; i < COUNT(bad6); i++)
		if (bd_network_set_gateway6(&network, bad6[i], &err) != -1)
			fail_msg("\"%s\" was taken", bad6[i]);
	assert_int_equal(bd_network_set_gateway(&network, "203.0.113.5", &err), -1);
	assert_string_equal(err.message, "203.0.113.5 is the guest's own address, and a gateway is another host");
	assert_int_equal(bd_network_set_gateway(&network, "192.0.2.1", &err), 0);
	assert_int_equal(bd_network_set_gateway6(&network, "fe80::1", &err), 0);
}

static void a_network_and_a_broadcast_address_are_nobodys(void **state)
{
	static const char *const bad[] = { "192.0.2.0/24", "192.0.2.255/24", "10.0.0.0/8", "0.0.0.0/1",
					   "192.0.2.4/30" };
	static const char *const good[] = { "192.0.2.4/31", "192.0.2.5/31", "192.0.2.0/32", "10.0.0.255/8" };
	struct bd_network network = { .address_count = 0 };
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (bd_network_add_ip(&network, bad[i], &err) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
	network.address_count = 0;
	for (size_t i = 0; i < COUNT(good); i++)
		if (bd_network_add_ip(&network, good[i], &err) != 0)
			fail_msg("\"%s\": %s", good[i], err.message);
}

static void ipv6_is_a_word_or_an_address_with_its_prefix(void **state)
{
	static const char *const bad[] = {
		"",	 "yes",	      "2001:db8::10",	  "2001:db8::10/",   "2001:db8::10/0",
		"/64",	 "::1/128",   "2001:db8::10/129", "2001:db8::10/6 ", "192.0.2.1/24",
		"::/64", "ff02::1/64"
	};
	struct bd_network network = { .address_count = 0 };
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	assert_int_equal(network.ip6, BD_IP6_AUTO);
	assert_int_equal(bd_network_add_ip6(&network, "dhcp", &err), 0);
	assert_int_equal(network.ip6, BD_IP6_DHCP);
	assert_int_equal(bd_network_add_ip6(&network, "none", &err), 0);
	assert_int_equal(network.ip6, BD_IP6_NONE);
	network = (struct bd_network){ .address_count = 0 };
	assert_int_equal(bd_network_add_ip6(&network, "2001:DB8:0::10/64", &err), 0);
	assert_int_equal(network.ip6, BD_IP6_STATIC);
	assert_string_equal(network.addresses6[0].text, "2001:db8::10");
	assert_int_equal(network.addresses6[0].prefix_length, 64);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (bd_network_add_ip6(&network, bad[i], &err) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(err.code, BD_EUSAGE);
		assert_string_equal(network.addresses6[0].text, "2001:db8::10");
	}
}

static void an_ipv6_gateway_is_link_local_or_in_the_guests_network(void **state)
{
	static const struct {
		const char *ip6, *gateway;
		bool good;
	} rows[] = {
		{ "2001:db8::10/64", "2001:db8::1", true },
		{ "2001:db8::10/64", "fe80::1", true },
		{ "2001:db8::10/64", "2001:db8:0:1::1", false },
		{ "2001:db8::10/63", "2001:db8:0:1::1", true },
		{ "2001:db8::10/127", "2001:db8::11", true },
		{ "2001:db8::10/127", "2001:db8::12", false },
		{ "2001:db8::10/128", "2001:db8::11", true }, /* elsewhere on the link */
		{ "2001:db8::10/64", "192.0.2.1", false },
		{ "auto", "2001:db8::1", false },
		{ "dhcp", "fe80::1", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bd_network network = { .address_count = 0 };
		struct bd_error err = BD_ERROR_INIT;
		assert_int_equal(bd_network_add_ip6(&network, rows[i].ip6, &err), 0);
		if ((bd_network_set_gateway6(&network, rows[i].gateway, &err) == 0) != rows[i].good)
			fail_msg("%s with %s", rows[i].gateway, rows[i].ip6);
	}
}

static void name_servers_are_up_to_three_addresses(void **state)
{
	static const char *const bad[] = { "",		",", "192.0.2.1,", ",192.0.2.1", "192.0.2", "dns.example.org",
					   "192.0.2.1 " };
	struct bd_network network = { .address_count = 0 };
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		network.dns_count = 0;
		if (bd_network_add_dns(&network, bad[i], &err) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(err.code, BD_EUSAGE);
	}
	network.dns_count = 0;
	assert_int_equal(bd_network_add_dns(&network, "192.0.2.53,2001:db8::53", &err), 0);
	assert_int_equal(bd_network_add_dns(&network, "192.0.2.54", &err), 0);
	assert_int_equal(network.dns_count, 3);
	assert_string_equal(network.dns[1], "2001:db8::53");
	assert_string_equal(network.dns[2], "192.0.2.54");
	assert_int_equal(bd_network_add_dns(&network, "192.0.2.55", &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guest_is_called_like_a_host),
		cmocka_unit_test(any_other_name_is_refused),
		cmocka_unit_test(types_and_ways_to_boot_have_names),
		cmocka_unit_test(a_mac_is_six_pairs_and_one_of_a_single_interface),
		cmocka_unit_test(random_macs_are_in_the_range_of_the_xen_project_and_differ),
		cmocka_unit_test(a_bridge_is_named_like_an_interface),
		cmocka_unit_test(an_address_is_dhcp_or_ipv4_with_its_prefix),
		cmocka_unit_test(a_network_and_a_broadcast_address_are_nobodys),
		cmocka_unit_test(a_gateway_is_an_ipv4_address_of_the_guests_network),
		cmocka_unit_test(a_gateway_is_another_host_also_where_any_address_is_on_the_link),
		cmocka_unit_test(ipv6_is_a_word_or_an_address_with_its_prefix),
		cmocka_unit_test(an_ipv6_gateway_is_link_local_or_in_the_guests_network),
		cmocka_unit_test(name_servers_are_up_to_three_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
