/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about guest/network_files.h: one network in the words of each program that may configure it. */
#include "test_identity_fixture.h"

#include <unistd.h>

#include "guest/network_spec.h"

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

/* eth0 as at a hoster, eth1 in two networks and without a gateway, eth2 by DHCP. */
static void set_three(struct world *world, enum bd_network_kind kind)
{
	static const char *const specs[] = {
		"mac=00:16:3e:00:00:01,ip=203.0.113.5/32,ip=203.0.113.6/32,gateway=192.0.2.1,ip6=2001:db8::5/128,"
		"gateway6=2001:db8:1::1",
		"mac=00:16:3e:00:00:02,ip=198.51.100.5/24,ip=10.0.0.5/8,ip6=none,dns=198.51.100.53",
		"mac=00:16:3e:00:00:03,ip6=dhcp",
	};
	struct bd_error err = BD_ERROR_INIT;

	world->system.network = kind;
	world->guest.networks.count = COUNT(specs);
	for (size_t i = 0; i < COUNT(specs); i++) {
		world->networks[i] = (struct bd_network){ .address_count = 0 };
		if (bd_network_spec_parse(specs[i], &world->networks[i], &err) != 0)
			fail_msg("%s", err.message);
	}
}

/* The status of a program of the field that reads the text in DIR/NAME, its output in *output_out; where the program is not
 * installed, 0. */
static int judge(const char *program, const char *text, const char *name, const char *command, char output_out[8192])
{
	char dir[] = "/tmp/test-network-XXXXXX", line[1024], path[256];

	output_out[0] = '\0';
	if (access(program, X_OK) != 0)
		return 0;
	assert_non_null(mkdtemp(dir));
	snprintf(line, sizeof(line), "mkdir -p $(dirname %s/%s)", dir, name);
	assert_int_equal(system(line), 0);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	chmod(path, 0600);
	snprintf(line, sizeof(line), "cd %s && { %s; } 2>&1", dir, command);
	FILE *pipe = popen(line, "r");
	assert_non_null(pipe);
	size_t size = fread(output_out, 1, 8191, pipe);
	output_out[size] = '\0';
	int status = pclose(pipe);
	snprintf(line, sizeof(line), "rm -r %s", dir);
	assert_int_equal(system(line), 0);
	return status;
}

static void ifupdown_has_all_interfaces_and_gateways_on_the_link(void **state)
{
	struct world world;
	char output[8192];

	(void)state;
	world_init(&world, empty, COUNT(empty));
	set_three(&world, BD_NETWORK_IFUPDOWN);
	world_apply(&world);
	const char *text = world_text(&world, "/etc/network/interfaces", 0644);
	assert_string_equal(
		text,
		"auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n\taddress 203.0.113.5\n"
		"\tnetmask 255.255.255.255\n\tup ip route add 192.0.2.1 dev eth0\n"
		"\tup ip route add default via 192.0.2.1 dev eth0\n\tup ip addr add 203.0.113.6/32 dev eth0\n\n"
		"iface eth0 inet6 static\n\taddress 2001:db8::5\n\tnetmask 128\n\taccept_ra 0\n"
		"\tup ip -6 route add 2001:db8:1::1 dev eth0\n"
		"\tup ip -6 route add default via 2001:db8:1::1 dev eth0\n\n"
		"auto eth1\niface eth1 inet static\n\taddress 198.51.100.5\n\tnetmask 255.255.255.0\n"
		"\tup ip addr add 10.0.0.5/8 dev eth1\n\tdns-nameservers 198.51.100.53\n"
		"\tpre-up [ ! -e /proc/sys/net/ipv6/conf/eth1/disable_ipv6 ] || "
		"echo 1 >/proc/sys/net/ipv6/conf/eth1/disable_ipv6\n\n"
		"auto eth2\niface eth2 inet dhcp\n\tmetric 2048\n\niface eth2 inet6 dhcp\n");
	assert_non_null(strstr(world_text(&world, "/etc/systemd/network/10-xen-bigdisk-eth2.link", 0644),
			       "MACAddress=00:16:3e:00:00:03\n\n[Link]\nName=eth2\n"));
	if (judge("/usr/sbin/ifup", text, "interfaces", "ifup --no-act --force --verbose -a -i interfaces", output) != 0)
		fail_msg("%s", output);
	if (output[0] && (!strstr(output, "ip route add default via 192.0.2.1 dev eth0") ||
			  !strstr(output, "ip addr add 10.0.0.5/8 dev eth1")))
		fail_msg("%s", output);
	world_dispose(&world);
}

static void networkd_has_a_file_for_each_interface(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, empty, COUNT(empty));
	set_three(&world, BD_NETWORK_NETWORKD);
	world_apply(&world);
	assert_string_equal(world_text(&world, "/etc/systemd/network/10-xen-bigdisk.network", 0644),
			    "[Match]\nMACAddress=00:16:3e:00:00:01\n\n[Network]\nDHCP=no\n"
			    "Address=203.0.113.5/32\nAddress=203.0.113.6/32\nAddress=2001:db8::5/128\n"
			    "IPv6AcceptRA=no\n\n[Route]\nGateway=192.0.2.1\nGatewayOnLink=yes\n\n[Route]\n"
			    "Gateway=2001:db8:1::1\nGatewayOnLink=yes\n");
	assert_string_equal(world_text(&world, "/etc/systemd/network/10-xen-bigdisk-eth1.network", 0644),
			    "[Match]\nMACAddress=00:16:3e:00:00:02\n\n[Network]\nDHCP=no\n"
			    "Address=198.51.100.5/24\nAddress=10.0.0.5/8\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
			    "DNS=198.51.100.53\n\n[DHCPv4]\nUseDNS=no\n\n[DHCPv6]\nUseDNS=no\n\n[IPv6AcceptRA]\n"
			    "UseDNS=no\n");
	assert_string_equal(world_text(&world, "/etc/systemd/network/10-xen-bigdisk-eth2.network", 0644),
			    "[Match]\nMACAddress=00:16:3e:00:00:03\n\n[Network]\nDHCP=yes\n\n[DHCPv4]\n"
			    "RouteMetric=2048\n\n[IPv6AcceptRA]\nRouteMetric=2048\n");
	world_dispose(&world);
}

static void networkmanager_has_a_keyfile_for_each_interface(void **state)
{
	static const char *const paths[] = { "/etc/NetworkManager/system-connections/xen-bigdisk.nmconnection",
					     "/etc/NetworkManager/system-connections/xen-bigdisk-eth1.nmconnection",
					     "/etc/NetworkManager/system-connections/xen-bigdisk-eth2.nmconnection" };
	struct world world;
	char output[8192];

	(void)state;
	world_init(&world, empty, COUNT(empty));
	set_three(&world, BD_NETWORK_MANAGER);
	world_apply(&world);
	assert_non_null(strstr(world_text(&world, paths[0], 0600),
			       "[ipv4]\nmethod=manual\naddress1=203.0.113.5/32,192.0.2.1\naddress2=203.0.113.6/32\n"
			       "route1=192.0.2.1/32\n\n[ipv6]\nmethod=manual\n"
			       "address1=2001:db8::5/128,2001:db8:1::1\nroute1=2001:db8:1::1/128\n"));
	assert_non_null(strstr(world_text(&world, paths[1], 0600), "id=xen-bigdisk-eth1\n"));
	assert_non_null(strstr(world_text(&world, paths[2], 0600), "[ipv4]\nmethod=auto\nroute-metric=2048\n"));
	for (size_t i = 0; i < COUNT(paths); i++)
		if (judge("/usr/bin/nmcli", world_text(&world, paths[i], 0600), "c",
			  "nmcli --offline connection modify connection.autoconnect yes <c", output) != 0)
			fail_msg("%s: %s", paths[i], output);
	world_dispose(&world);
}

static void netplan_has_all_interfaces(void **state)
{
	struct world world;
	char output[8192];

	(void)state;
	world_init(&world, empty, COUNT(empty));
	set_three(&world, BD_NETWORK_NETPLAN);
	world_apply(&world);
	const char *text = world_text(&world, "/etc/netplan/10-xen-bigdisk.yaml", 0600);
	assert_non_null(strstr(text, "      routes:\n        - to: \"0.0.0.0/0\"\n          via: \"192.0.2.1\"\n"
				     "          on-link: true\n        - to: \"::/0\"\n"
				     "          via: \"2001:db8:1::1\"\n          on-link: true\n"));
	assert_non_null(strstr(text, "    eth2:\n      match:\n        macaddress: \"00:16:3e:00:00:03\"\n"));
	if (judge("/usr/sbin/netplan", text, "etc/netplan/a.yaml",
		  "netplan generate --root-dir . && cat run/systemd/network/*.network", output) != 0)
		fail_msg("%s", output);
	if (output[0] && (!strstr(output, "GatewayOnLink=true") || !strstr(output, "RouteMetric=2048")))
		fail_msg("%s", output);
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
		cmocka_unit_test(ifupdown_has_all_interfaces_and_gateways_on_the_link),
		cmocka_unit_test(networkd_has_a_file_for_each_interface),
		cmocka_unit_test(networkmanager_has_a_keyfile_for_each_interface),
		cmocka_unit_test(netplan_has_all_interfaces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
