/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about guest/network_files.h: one network in the words of each program that may configure it. */
#include "test_identity_fixture.h"

static const struct row empty[] = { { "etc", S_IFDIR | 0755, NULL, 0 } };

static void set(struct world *world, enum bd_network_kind kind, const char *ip, const char *gateway, const char *ip6,
		const char *gateway6, const char *dns)
{
	struct bd_network *network = &world->networks[0];
	struct bd_error err = BD_ERROR_INIT;

	*network = (struct bd_network){ .mac = { 0x00, 0x16, 0x3e, 0x12, 0x34, 0x56 } };
	world->system.network = kind;
	if (bd_network_add_ip(network, ip, &err) != 0 || bd_network_add_ip6(network, ip6, &err) != 0 ||
	    (gateway && bd_network_set_gateway(network, gateway, &err) != 0) ||
	    (gateway6 && bd_network_set_gateway6(network, gateway6, &err) != 0) ||
	    (dns && bd_network_add_dns(network, dns, &err) != 0))
		fail_msg("%s", err.message);
}

static void set_static(struct world *world, enum bd_network_kind kind)
{
	set(world, kind, "192.0.2.10/24", "192.0.2.1", "2001:db8::10/64", "fe80::1", "192.0.2.53,2001:db8::53");
}

static void ifupdown_calls_it_eth0_and_udev_is_told(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, empty, COUNT(empty));
	set_static(&world, BD_NETWORK_IFUPDOWN);
	world_apply(&world);
	assert_string_equal(world_text(&world, "/etc/network/interfaces", 0644),
			    "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n"
			    "\taddress 192.0.2.10\n\tnetmask 255.255.255.0\n\tgateway 192.0.2.1\n"
			    "\tdns-nameservers 192.0.2.53 2001:db8::53\n\n"
			    "iface eth0 inet6 static\n\taddress 2001:db8::10\n\tnetmask 64\n\taccept_ra 0\n"
			    "\tgateway fe80::1\n");
	assert_non_null(strstr(world_text(&world, "/etc/systemd/network/10-xen-bigdisk.link", 0644),
			       "[Match]\nMACAddress=00:16:3e:12:34:56\n\n[Link]\nName=eth0\n"));
	assert_string_equal(world_text(&world, "/etc/resolv.conf", 0644),
			    "nameserver 192.0.2.53\nnameserver 2001:db8::53\n");
	world.system.systemd = false;
	world_apply(&world);
	assert_null(bd_tree_find(&world.overlay, "/etc/systemd/network/10-xen-bigdisk.link"));
	world_dispose(&world);
}

static void ifupdown_without_ipv6_or_with_dhcp_for_it(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, empty, COUNT(empty));
	set(&world, BD_NETWORK_IFUPDOWN, "dhcp", NULL, "dhcp", NULL, NULL);
	world_apply(&world);
	assert_non_null(strstr(world_text(&world, "/etc/network/interfaces", 0644),
			       "\niface eth0 inet dhcp\n\niface eth0 inet6 dhcp\n"));
	set(&world, BD_NETWORK_IFUPDOWN, "dhcp", NULL, "none", NULL, NULL);
	world_apply(&world);
	assert_non_null(strstr(world_text(&world, "/etc/network/interfaces", 0644),
			       "echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6\n"));
	set(&world, BD_NETWORK_IFUPDOWN, "dhcp", NULL, "auto", NULL, "192.0.2.53");
	world_refuses(&world, "needs a static address for it");
	world_dispose(&world);
}

static void networkd_matches_by_mac(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, empty, COUNT(empty));
	set(&world, BD_NETWORK_NETWORKD, "dhcp", NULL, "auto", NULL, NULL);
	world_apply(&world);
	assert_string_equal(world_text(&world, "/etc/systemd/network/10-xen-bigdisk.network", 0644),
			    "[Match]\nMACAddress=00:16:3e:12:34:56\n\n[Network]\nDHCP=ipv4\n");
	set_static(&world, BD_NETWORK_NETWORKD);
	world_apply(&world);
	assert_string_equal(world_text(&world, "/etc/systemd/network/10-xen-bigdisk.network", 0644),
			    "[Match]\nMACAddress=00:16:3e:12:34:56\n\n[Network]\nDHCP=no\nAddress=192.0.2.10/24\n"
			    "Gateway=192.0.2.1\nAddress=2001:db8::10/64\nGateway=fe80::1\nIPv6AcceptRA=no\n"
			    "DNS=192.0.2.53\nDNS=2001:db8::53\n\n[DHCPv4]\nUseDNS=no\n\n[DHCPv6]\nUseDNS=no\n\n"
			    "[IPv6AcceptRA]\nUseDNS=no\n");
	world_dispose(&world);
}

static void files_that_networkd_would_take_first_go_away(void **state)
{
	static const struct row rows[] = {
		{ "etc/systemd/network/05-first.network", S_IFREG | 0644, "x", 0 },
		{ "etc/systemd/network/05-first.link", S_IFREG | 0644, "x", 0 },
		{ "etc/systemd/network/80-last.network", S_IFREG | 0644, "x", 0 },
	};
	struct world world;

	(void)state;
	world_init(&world, rows, COUNT(rows));
	world.system.network = BD_NETWORK_NETWORKD;
	world_apply(&world);
	assert_true(world_removes(&world, "/etc/systemd/network/05-first.network"));
	assert_null(bd_tree_find(&world.overlay, "/etc/systemd/network/05-first.link"));
	assert_null(bd_tree_find(&world.overlay, "/etc/systemd/network/80-last.network"));
	world_dispose(&world);
}

static void networkmanager_gets_a_keyfile_that_only_root_reads(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, empty, COUNT(empty));
	set_static(&world, BD_NETWORK_MANAGER);
	world_apply(&world);
	assert_string_equal(
		world_text(&world, "/etc/NetworkManager/system-connections/xen-bigdisk.nmconnection", 0600),
		"[connection]\nid=xen-bigdisk\nuuid=30313233-3435-3637-3839-3a3b3c3d3e3f\ntype=ethernet\n"
		"autoconnect-priority=100\n\n[ethernet]\nmac-address=00:16:3e:12:34:56\n\n[ipv4]\nmethod=manual\n"
		"address1=192.0.2.10/24,192.0.2.1\ndns=192.0.2.53;\nignore-auto-dns=true\n\n[ipv6]\nmethod=manual\n"
		"address1=2001:db8::10/64,fe80::1\ndns=2001:db8::53;\nignore-auto-dns=true\n");
	world_dispose(&world);
}

static void netplan_reads_ours_only(void **state)
{
	static const struct row rows[] = { { "etc/netplan/50-cloud-init.yaml", S_IFREG | 0600, "x", 0 },
					   { "etc/netplan/README", S_IFREG | 0644, "x", 0 } };
	struct world world;

	(void)state;
	world_init(&world, rows, COUNT(rows));
	set_static(&world, BD_NETWORK_NETPLAN);
	world_apply(&world);
	assert_string_equal(world_text(&world, "/etc/netplan/10-xen-bigdisk.yaml", 0600),
			    "network:\n  version: 2\n  ethernets:\n    eth0:\n      match:\n"
			    "        macaddress: \"00:16:3e:12:34:56\"\n      set-name: eth0\n      dhcp4: false\n"
			    "      dhcp6: false\n      addresses:\n        - \"192.0.2.10/24\"\n"
			    "        - \"2001:db8::10/64\"\n      routes:\n        - to: \"0.0.0.0/0\"\n"
			    "          via: \"192.0.2.1\"\n        - to: \"::/0\"\n          via: \"fe80::1\"\n"
			    "      accept-ra: false\n      nameservers:\n        addresses:\n"
			    "          - \"192.0.2.53\"\n          - \"2001:db8::53\"\n");
	assert_true(world_removes(&world, "/etc/netplan/50-cloud-init.yaml"));
	assert_null(bd_tree_find(&world.overlay, "/etc/netplan/README"));
	/* cloud-init writes its own over ours. */
	world.system.cloud_init = true;
	world_apply(&world);
	world_text(&world, "/etc/netplan/50-cloud-init.yaml", 0600);
	world_dispose(&world);
}

static void resolv_conf_is_left_to_whoever_made_it_a_symlink(void **state)
{
	static const struct row linked[] = { { "etc/resolv.conf", S_IFLNK | 0777,
					       "../run/systemd/resolve/stub-resolv.conf", 0 } };
	static const struct row resolved[] = { { "usr/lib/systemd/systemd-resolved", S_IFREG | 0755, "x", 0 } };
	static const struct row plain[] = { { "usr/lib/systemd/systemd-resolved", S_IFREG | 0755, "x", 0 },
					    { "etc/resolv.conf", S_IFREG | 0644, "nameserver 10.0.2.3\n", 0 } };
	struct world world;

	(void)state;
	world_init(&world, linked, COUNT(linked));
	set_static(&world, BD_NETWORK_NETWORKD);
	world_apply(&world);
	assert_null(bd_tree_find(&world.overlay, "/etc/resolv.conf"));
	world_dispose(&world);

	world_init(&world, resolved, COUNT(resolved));
	set_static(&world, BD_NETWORK_NETWORKD);
	world_apply(&world);
	assert_null(bd_tree_find(&world.overlay, "/etc/resolv.conf"));
	world_dispose(&world);

	world_init(&world, plain, COUNT(plain));
	set_static(&world, BD_NETWORK_NETWORKD);
	world_apply(&world);
	world_text(&world, "/etc/resolv.conf", 0644);
	world_dispose(&world);
}

static void a_template_without_a_known_network_takes_no_address(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, empty, COUNT(empty));
	set(&world, BD_NETWORK_NONE, "dhcp", NULL, "auto", NULL, NULL);
	world_apply(&world);
	set(&world, BD_NETWORK_NONE, "192.0.2.10/24", NULL, "auto", NULL, NULL);
	world_refuses(&world, "nothing that could configure its network");
	world.system.cloud_init = true;
	world_apply(&world);
	world_dispose(&world);
}

static void without_a_network_only_the_loopback_is_left(void **state)
{
	static const enum bd_network_kind kinds[] = { BD_NETWORK_NETWORKD, BD_NETWORK_MANAGER, BD_NETWORK_NETPLAN };
	struct world world;

	(void)state;
	world_init(&world, empty, COUNT(empty));
	world.guest.networks.count = 0;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		world.system.network = kinds[i];
		world_apply(&world);
		assert_null(bd_tree_find(&world.overlay, "/etc/netplan"));
		assert_null(bd_tree_find(&world.overlay, "/etc/NetworkManager"));
		assert_null(bd_tree_find(&world.overlay, "/etc/systemd/network"));
	}
	world.system.network = BD_NETWORK_IFUPDOWN;
	world_apply(&world);
	assert_string_equal(world_text(&world, "/etc/network/interfaces", 0644), "auto lo\niface lo inet loopback\n");
	world_dispose(&world);
}

static void names_of_the_templates_interfaces_go_away(void **state)
{
	static const struct row rows[] = { { "etc/udev/rules.d/70-persistent-net.rules", S_IFREG | 0644, "x", 0 } };
	struct world world;

	(void)state;
	world_init(&world, rows, COUNT(rows));
	world_apply(&world);
	assert_true(world_removes(&world, "/etc/udev/rules.d/70-persistent-net.rules"));
	world_dispose(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ifupdown_calls_it_eth0_and_udev_is_told),
		cmocka_unit_test(ifupdown_without_ipv6_or_with_dhcp_for_it),
		cmocka_unit_test(networkd_matches_by_mac),
		cmocka_unit_test(files_that_networkd_would_take_first_go_away),
		cmocka_unit_test(networkmanager_gets_a_keyfile_that_only_root_reads),
		cmocka_unit_test(netplan_reads_ours_only),
		cmocka_unit_test(resolv_conf_is_left_to_whoever_made_it_a_symlink),
		cmocka_unit_test(a_template_without_a_known_network_takes_no_address),
		cmocka_unit_test(without_a_network_only_the_loopback_is_left),
		cmocka_unit_test(names_of_the_templates_interfaces_go_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
