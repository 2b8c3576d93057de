/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about plugin/hotplug/vif/link.h and apply.h, on devices in a network namespace; ip(8) is the golden. */
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "hotplug/backend_nodes.h"
#include "hotplug/vif/apply.h"
#include "hotplug/vif/link.h"
#include "memory_xenstore.h"
#include "network_checks.h"

static struct bd_error err;
static struct vif_netlink *netlink;

/* A bridge, and a device as it comes from a driver, with addresses that somebody gave it. */
static void prepare(void)
{
	need_network();
	assert_true(ip("link add name br0 type bridge") && ip("link set br0 mtu 1400 up"));
	assert_true(ip("link add vif7.0 type veth peer name peer"));
	err = (struct bd_error)BD_ERROR_INIT;
	vif_netlink_close(&netlink);
	assert_int_equal(vif_netlink_open(&netlink, &err), 0);
}

static struct vif_link find(const char *name)
{
	struct vif_link link = { 0 };
	bool there = false;
	assert_int_equal(vif_link_find(netlink, name, &link, &there, &err), 0);
	assert_true(there);
	return link;
}

static bool is_there(const char *name)
{
	struct vif_link link;
	bool there = true;
	assert_int_equal(vif_link_find(netlink, name, &link, &there, &err), 0);
	return there;
}

static bool ip_says(const char *words, const char *part)
{
	return ip(words) && strstr(ip_output, part) != NULL;
}

static void a_device_is_found_with_what_is_asked_of_it(void **state)
{
	static const uint8_t address[6] = { 2, 0, 0, 0, 0, 7 };

	(void)state;
	prepare();
	assert_true(ip("link set vif7.0 address 02:00:00:00:00:07") && ip("link set vif7.0 mtu 1300 master br0"));
	struct vif_link bridge = find("br0"), vif = find("vif7.0");
	assert_true(bridge.is_bridge && !vif.is_bridge);
	assert_int_equal(bridge.mtu, 1400);
	assert_int_equal(vif.mtu, 1300);
	assert_true(bridge.flags & IFF_UP && !(vif.flags & IFF_UP));
	assert_int_equal(bridge.master, 0);
	assert_int_equal(vif.master, bridge.index);
	assert_int_equal(vif.index, if_nametoindex("vif7.0"));
	assert_memory_equal(vif.address, address, 6);
	assert_string_equal(vif.name, "vif7.0");
}

static void a_device_has_its_own_name_when_found_by_another(void **state)
{
	(void)state;
	prepare();
	if (!ip("link property add dev br0 altname the-bridge-of-all-guests0") ||
	    !ip("link property add dev br0 altname lan")) {
		print_message("ip knows no altname\n");
		skip();
	}
	assert_string_equal(find("lan").name, "br0");
}

static void a_name_that_no_device_has_or_could_have_is_not_found(void **state)
{
	static const char *const names[] = { "br1", "", "a/b", "a b", "name-of-16-chars", "a:b", "br0\n" };

	(void)state;
	prepare();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(is_there(names[i]));
}

static void each_change_is_what_ip_sees(void **state)
{
	static const uint8_t address[6] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

	(void)state;
	prepare();
	unsigned vif = find("vif7.0").index, bridge = find("br0").index;
	assert_int_equal(vif_link_rename(netlink, vif, "web0", &err), 0);
	assert_false(is_there("vif7.0"));
	assert_int_equal(vif_link_set_address(netlink, vif, address, &err), 0);
	assert_true(ip_says("link show web0", "link/ether fe:ff:ff:ff:ff:ff"));
	assert_int_equal(vif_link_set_mtu(netlink, vif, 1234, &err), 0);
	assert_true(ip_says("link show web0", " mtu 1234 "));
	assert_int_equal(vif_link_set_master(netlink, vif, bridge, &err), 0);
	assert_true(ip_says("link show web0", " master br0 "));
	assert_int_equal(vif_link_set_up(netlink, vif, true, &err), 0);
	assert_true(ip_says("link show web0", ",UP"));
	assert_int_equal(vif_link_set_up(netlink, vif, false, &err), 0);
	assert_false(ip_says("link show web0", ",UP"));
	assert_int_equal(vif_link_set_master(netlink, vif, 0, &err), 0);
	assert_false(ip_says("link show web0", " master "));
}

static void what_the_kernel_refuses_is_said(void **state)
{
	(void)state;
	prepare();
	unsigned vif = find("vif7.0").index;
	assert_int_equal(vif_link_set_mtu(netlink, vif, 9999999, &err), -1);
	assert_string_equal(err.message, "cannot set the network device's MTU to 9999999: Invalid argument");
	assert_int_equal(vif_link_rename(netlink, vif, "br0", &err), -1);
	assert_string_equal(err.message, "cannot rename the network device to br0: File exists");
	assert_int_equal(vif_link_rename(netlink, vif, "a b", &err), -1);
	assert_int_equal(vif_link_set_master(netlink, vif, vif, &err), -1);
	assert_int_equal(vif_link_set_up(netlink, 9999, true, &err), -1);
	assert_string_equal(err.message, "cannot take the network device up: No such device");
	/* The socket is as good as before. */
	assert_int_equal(vif_link_set_up(netlink, vif, true, &err), 0);
}

static void all_addresses_of_the_device_go_and_no_others(void **state)
{
	char words[64];

	(void)state;
	prepare();
	assert_true(ip("link set vif7.0 up") && ip("link set peer up"));
	assert_true(ip("addr add 10.1.0.1/24 dev vif7.0") && ip("addr add 10.1.0.2/24 dev vif7.0"));
	assert_true(ip("addr add 10.2.0.1 peer 10.2.0.2 dev vif7.0") && ip("addr add 10.3.0.1/16 dev peer"));
	for (unsigned i = 1; i <= 100; i++) { /* more than are taken in one round */
		snprintf(words, sizeof(words), "addr add 2001:db8::%x/64 dev vif7.0 nodad", i);
		if (!ip(words))
			break; /* no IPv6 here */
	}
	unsigned vif = find("vif7.0").index;
	assert_int_equal(vif_link_flush_addresses(netlink, vif, &err), 0);
	assert_true(ip("-o addr show dev vif7.0"));
	assert_string_equal(ip_output, "");
	assert_true(ip_says("-o addr show dev peer", "10.3.0.1/16"));
	assert_int_equal(vif_link_flush_addresses(netlink, vif, &err), 0);
}

/* ---- plans */

#define FRONTEND_MTU "/local/domain/7/device/vif/0/mtu"
#define STATUS "backend/vif/7/0/hotplug-status"

static const struct vif_request request = { .device = "vif7.0", .domid = 7, .backend_path = "backend/vif/7/0" };
static char warning[VIF_REASON_SIZE];

static struct vif_plan make_plan(void)
{
	struct vif_plan plan = { .attach = true,
				 .port = find("vif7.0").index,
				 .name = "vif7.0",
				 .bridge = find("br0").index,
				 .change_master = true,
				 .mtu = 1400,
				 .mtu_path = FRONTEND_MTU,
				 .report = true };
	clear_nodes();
	put("7", "backend/vif/7/0/frontend-id");
	return plan;
}

static int apply(const struct vif_plan *plan)
{
	return vif_apply(plan, &request, netlink, &memory_xenstore, warning, &err);
}

static void a_device_is_attached_and_taken_off_again(void **state)
{
	(void)state;
	prepare();
	assert_true(ip("addr add 10.1.0.1/24 dev vif7.0") && ip("link set vif7.0 up"));
	struct vif_plan plan = make_plan();
	assert_int_equal(apply(&plan), 0);
	assert_string_equal(get(FRONTEND_MTU), "1400");
	assert_string_equal(get(STATUS), "connected");
	assert_string_equal(warning, "");
	struct vif_link link = find("vif7.0");
	assert_int_equal(link.mtu, 1400);
	assert_int_equal(link.master, plan.bridge);
	assert_true(link.flags & IFF_UP);
	assert_int_equal(link.address[0], 0xfe);
	assert_false(ip_says("-o addr show dev vif7.0", "10.1.0.1"));

	plan.attach = false;
	shared->writes = 0;
	assert_int_equal(apply(&plan), 0);
	assert_int_equal(shared->writes, 0);
	assert_int_equal(find("vif7.0").master, 0);
	assert_false(find("vif7.0").flags & IFF_UP);
}

static void an_mtu_that_the_device_refuses_is_passed_over(void **state)
{
	(void)state;
	prepare();
	struct vif_plan plan = make_plan();
	plan.mtu = 9999999;
	assert_int_equal(apply(&plan), 0);
	assert_non_null(strstr(warning, "MTU to 9999999"));
	assert_string_equal(get(FRONTEND_MTU), "9999999");
	assert_string_equal(get(STATUS), "connected");
	assert_int_equal(find("vif7.0").master, plan.bridge);
}

static void a_device_that_went_meanwhile_is_an_error_only_when_attached(void **state)
{
	(void)state;
	prepare();
	struct vif_plan plan = make_plan();
	assert_true(ip("link del vif7.0"));
	assert_int_equal(apply(&plan), -1);
	assert_string_equal(err.message, "cannot take the network device down: No such device");
	assert_int_equal(shared->writes, 0);
	strcpy(plan.new_name, "web0");
	assert_int_equal(apply(&plan), -1);
	assert_string_equal(err.message, "ip link set vif7.0 name web0 failed");
	plan.attach = false;
	assert_int_equal(apply(&plan), 0);
	assert_string_equal(warning, "cannot take the network device down: No such device; "
				     "cannot take the network device from its bridge: No such device");
}

static void a_store_that_cannot_be_written_is_an_error(void **state)
{
	(void)state;
	prepare();
	struct vif_plan plan = make_plan();
	here.failing = FRONTEND_MTU;
	assert_int_equal(apply(&plan), -1);
	assert_string_equal(err.message, "Writing /local/domain/7/device/vif/0/mtu 1400 to xenstore failed.");
	assert_int_equal(find("vif7.0").master, 0);
	here.failing = STATUS;
	assert_int_equal(apply(&plan), -1);
	assert_string_equal(err.message, "Writing backend/vif/7/0/hotplug-status connected to xenstore failed.");
}

/* libxl has given up waiting and removed the backend, and the domain with it. */
static void nothing_is_written_for_a_backend_that_has_gone(void **state)
{
	(void)state;
	prepare();
	struct vif_plan plan = make_plan();
	put(NULL, "backend/vif/7/0/frontend-id");
	assert_int_equal(apply(&plan), -1);
	assert_string_equal(err.message, "backend/vif/7/0 was removed during hotplug add");
	assert_int_equal(bd_backend_refuse(&memory_xenstore, "backend/vif/7/0", "error", err.message, &err), 0);
	plan.mtu = 0;
	assert_int_equal(apply(&plan), -1);
	assert_string_equal(err.message, "backend/vif/7/0 was removed during hotplug add");
	assert_int_equal(shared->writes, 0);
}

static int close_netlink(void **state)
{
	(void)state;
	vif_netlink_close(&netlink);
	vif_netlink_close(&netlink);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_is_found_with_what_is_asked_of_it),
		cmocka_unit_test(a_device_has_its_own_name_when_found_by_another),
		cmocka_unit_test(a_name_that_no_device_has_or_could_have_is_not_found),
		cmocka_unit_test(each_change_is_what_ip_sees),
		cmocka_unit_test(what_the_kernel_refuses_is_said),
		cmocka_unit_test(all_addresses_of_the_device_go_and_no_others),
		cmocka_unit_test(a_device_is_attached_and_taken_off_again),
		cmocka_unit_test(an_mtu_that_the_device_refuses_is_passed_over),
		cmocka_unit_test(a_device_that_went_meanwhile_is_an_error_only_when_attached),
		cmocka_unit_test(a_store_that_cannot_be_written_is_an_error),
		cmocka_unit_test(nothing_is_written_for_a_backend_that_has_gone),
	};
	return cmocka_run_group_tests(tests, NULL, close_netlink);
}
