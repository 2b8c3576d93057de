/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about guest/identity.h: what makes a guest itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "guest/identity.h"

static struct bd_guest guest_called(const char *name)
{
	struct bd_error err = BD_ERROR_INIT;
	static struct bd_network network;
	struct bd_guest guest = { .memory_mib = 512, .networks = { &network, 1 } };

	network = (struct bd_network){ .address_count = 0 };
	assert_int_equal(bd_guest_set_name(&guest, name, &err), 0);
	for (int i = 0; i < 16; i++) {
		guest.root_uuid[i] = (uint8_t)(0x10 + i);
		guest.swap_uuid[i] = (uint8_t)(0x20 + i);
	}
	return guest;
}

static const char *text_of(const struct bd_guest *guest, const char *path, struct bd_tree *tree)
{
	struct bd_error err = BD_ERROR_INIT;

	const struct bd_identity identity = { .file_count = 0 };
	struct bd_identity_result result;

	*tree = (struct bd_tree){ 0 };
	if (bd_identity_apply(&identity, guest, NULL, NULL, tree, &result, &err) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(result.ssh_host_key_fingerprint, "");
	const struct bd_node *node = bd_tree_find(tree, path);
	assert_non_null(node);
	assert_int_equal(node->mode, S_IFREG | 0644);
	assert_int_equal(strlen(node->data), node->size_bytes);
	return node->data;
}

static void assert_text(const struct bd_guest *guest, const char *path, const char *text)
{
	struct bd_tree tree;

	assert_string_equal(text_of(guest, path, &tree), text);
	bd_tree_dispose(&tree);
}

static void assert_has(const struct bd_guest *guest, const char *path, const char *part, bool has)
{
	struct bd_tree tree;
	const char *text = text_of(guest, path, &tree);

	if ((strstr(text, part) != NULL) != has)
		fail_msg("%s %s \"%s\":\n%s", path, has ? "lacks" : "has", part, text);
	bd_tree_dispose(&tree);
}

static void the_host_name_is_the_guests_name(void **state)
{
	struct bd_guest guest = guest_called("web01");

	(void)state;
	assert_text(&guest, "/etc/hostname", "web01\n");
	assert_has(&guest, "/etc/hosts", "\n127.0.1.1\tweb01\n", true);
}

static void a_name_with_a_domain_is_found_by_its_short_form_too(void **state)
{
	struct bd_guest guest = guest_called("web01.example.org");

	(void)state;
	assert_has(&guest, "/etc/hosts", "\n127.0.1.1\tweb01.example.org web01\n", true);
}

static void the_longest_name_fits_everywhere(void **state)
{
	struct bd_guest guest = guest_called("a23456789012345678901234567890.a23456789012345678901234567890123");

	(void)state;
	assert_int_equal(strlen(guest.name), 64);
	assert_has(&guest, "/etc/hosts", "ip6-allrouters\n", true);
	assert_has(&guest, "/etc/hostname", "90123\n", true);
}

static void fstab_names_the_filesystems_by_their_uuids(void **state)
{
	struct bd_guest guest = guest_called("web01");

	(void)state;
	assert_has(&guest, "/etc/fstab",
		   "\nUUID=10111213-1415-1617-1819-1a1b1c1d1e1f / ext3 defaults,errors=remount-ro 0 1\n", true);
	assert_has(&guest, "/etc/fstab", "swap", false);
	guest.disks = (struct bd_guest_disks){
		.count = 3,
		.items = { { .mount = "/var/lib", .uuid = { 1 } }, { 0 }, { .mount = "/var", .uuid = { 2 } } }
	};
	assert_has(&guest, "/etc/fstab",
		   " 0 1\nUUID=02000000-0000-0000-0000-000000000000 /var ext3 defaults 0 2\n"
		   "UUID=01000000-0000-0000-0000-000000000000 /var/lib ext3 defaults 0 2\n",
		   true);
	guest.has_swap = true;
	assert_has(&guest, "/etc/fstab", "\nUUID=20212223-2425-2627-2829-2a2b2c2d2e2f none swap sw 0 0\n", true);
}

static void the_network_is_dhcp_unless_an_address_is_given(void **state)
{
	struct bd_guest guest = guest_called("web01");

	(void)state;
	assert_text(&guest, "/etc/network/interfaces",
		    "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n");
	guest.networks.count = 0;
	assert_text(&guest, "/etc/network/interfaces", "auto lo\niface lo inet loopback\n");
}

static void a_static_address_comes_with_netmask_and_gateway(void **state)
{
	static const struct {
		const char *ip, *netmask;
	} rows[] = {
		{ "192.0.2.10/24", "\tnetmask 255.255.255.0\n" },
		{ "192.0.2.10/32", "\tnetmask 255.255.255.255\n" },
		{ "192.0.2.10/1", "\tnetmask 128.0.0.0\n" },
		{ "192.0.2.10/20", "\tnetmask 255.255.240.0\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		struct bd_guest guest = guest_called("web01");
		assert_int_equal(bd_network_add_ip(guest.networks.items, rows[i].ip, &err), 0);
		assert_has(&guest, "/etc/network/interfaces", "iface eth0 inet static\n\taddress 192.0.2.10\n", true);
		assert_has(&guest, "/etc/network/interfaces", rows[i].netmask, true);
		assert_has(&guest, "/etc/network/interfaces", "gateway", false);
		if (guest.networks.items->addresses[0].prefix_length == 32)
			continue; /* nobody else is in its network */
		assert_int_equal(bd_network_set_gateway(guest.networks.items, "192.0.2.1", &err), 0);
		assert_has(&guest, "/etc/network/interfaces", "\tgateway 192.0.2.1\n", true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_host_name_is_the_guests_name),
		cmocka_unit_test(a_name_with_a_domain_is_found_by_its_short_form_too),
		cmocka_unit_test(the_longest_name_fits_everywhere),
		cmocka_unit_test(fstab_names_the_filesystems_by_their_uuids),
		cmocka_unit_test(the_network_is_dhcp_unless_an_address_is_given),
		cmocka_unit_test(a_static_address_comes_with_netmask_and_gateway),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
