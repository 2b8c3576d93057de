/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about what vif-bigdisk decides: plugin/hotplug/vif/request.h, decide.h, scripts.h and iptables.h. The messages are
 * those of Xen's vif-bridge and vif-common.sh; test_hotplug_vif_program.c runs these beside it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "hotplug/vif/decide.h"
#include "hotplug/vif/iptables.h"
#include "hotplug/vif/request.h"
#include "hotplug/vif/scripts.h"

static struct bd_error err;
static char reason[VIF_REASON_SIZE];

/* ---- arguments and environment */

static const char *const *variables; /* name, value, ..., NULL */

static const char *look_up(const char *name)
{
	for (const char *const *at = variables; *at; at += 2)
		if (strcmp(*at, name) == 0)
			return at[1];
	return NULL;
}

#define READ(request, arguments, ...) \
	(variables = (const char *const[]){ __VA_ARGS__, NULL }, \
	 vif_request_read((const char *const[]){ arguments, NULL }, look_up, request, reason))
#define WORDS(...) __VA_ARGS__
#define ONLINE WORDS("online", "type_if=vif")
#define LIBXL WORDS("vif", "vif7.0", "XENBUS_PATH", "backend/vif/7/0", "INTERFACE", "vif7.0-emu")

static void a_request_is_read_as_libxl_makes_it(void **state)
{
	struct vif_request request;

	(void)state;
	assert_int_equal(READ(&request, ONLINE, LIBXL), VIF_DO);
	assert_true(request.attach && !request.is_tap);
	assert_string_equal(request.device, "vif7.0");
	assert_string_equal(request.backend_path, "backend/vif/7/0");
	assert_string_equal(request.bridge, "");
	assert_int_equal(request.domid, 7);
	assert_int_equal(request.devid, 0);

	assert_int_equal(READ(&request, WORDS("offline", "type_if=vif"), LIBXL), VIF_DO);
	assert_true(!request.attach && !request.is_tap);
	assert_int_equal(READ(&request, WORDS("add", "type_if=tap"), LIBXL), VIF_DO);
	assert_true(request.attach && request.is_tap);
	assert_string_equal(request.device, "vif7.0-emu");
	/* vif-common.sh takes it from the name. */
	assert_string_equal(request.backend_path, "/local/domain/0/backend/vif/7/0");
	assert_int_equal(READ(&request, WORDS("remove", "type_if=tap"), LIBXL), VIF_DO);
	assert_true(!request.attach && request.is_tap);
}

static void type_and_bridge_may_come_from_the_environment(void **state)
{
	struct vif_request request;

	(void)state;
	assert_int_equal(READ(&request, "online", LIBXL, "bridge", "br7"), VIF_DO);
	assert_false(request.is_tap);
	assert_string_equal(request.bridge, "br7");
	assert_int_equal(READ(&request, "add", LIBXL, "type_if", "tap"), VIF_DO);
	assert_true(request.is_tap);
	assert_int_equal(READ(&request, ONLINE, "vif", "vif12.3", "XENBUS_PATH", "/local/domain/5/backend/vif/12/3"),
			 VIF_DO);
	assert_string_equal(request.backend_path, "/local/domain/5/backend/vif/12/3");
}

static void what_is_for_the_other_kind_of_device_is_nothing_to_do(void **state)
{
	struct vif_request request;

	(void)state;
	assert_int_equal(READ(&request, WORDS("add", "type_if=vif"), LIBXL), VIF_NOTHING);
	assert_int_equal(READ(&request, WORDS("remove", "type_if=vif"), "x", ""), VIF_NOTHING);
	assert_int_equal(READ(&request, WORDS("online", "type_if=tap"), LIBXL), VIF_NOTHING);
	assert_int_equal(READ(&request, WORDS("offline", "type_if=tap"), "x", ""), VIF_NOTHING);
}

static void a_request_of_another_shape_is_handed_over(void **state)
{
	static const char *const devices[] = { "",
					       "vif",
					       "vif7",
					       "vif7.",
					       "vif.0",
					       "vif07.0",
					       "vif7.00",
					       "vif7.0-emu",
					       "vif-7.0",
					       "xvif7.0",
					       "vif7.0.1",
					       "web0",
					       "vif 7.0",
					       "vif99999999999.0",
					       "vif2147483648.0",
					       "vif7.0\n" };
	static const char *const paths[] = {
		"",  "backend/vif/7/1", "backend/vif/7/0/", "backend/vif/17/0", "xbackend/vif/7/0",
		"/", "backend/vbd/7/0"
	};
	struct vif_request request;

	(void)state;
	assert_int_equal(READ(&request, WORDS("online", "type_if=vif", "bridge=br0"), LIBXL), VIF_HAND_OVER);
	assert_string_equal(reason, "the argument bridge=br0");
	assert_int_equal(READ(&request, WORDS("online", "offline"), LIBXL), VIF_HAND_OVER);
	assert_int_equal(READ(&request, "type_if=vif", LIBXL), VIF_HAND_OVER);
	assert_string_equal(reason, "the command (none)");
	assert_int_equal(READ(&request, WORDS("change", "type_if=vif"), LIBXL), VIF_HAND_OVER);
	assert_int_equal(READ(&request, WORDS("online", "type_if=xyz"), LIBXL), VIF_HAND_OVER);
	assert_int_equal(READ(&request, ONLINE, "XENBUS_PATH", "backend/vif/7/0"), VIF_HAND_OVER);
	assert_int_equal(READ(&request, ONLINE, "vif", "vif7.0"), VIF_HAND_OVER);
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		assert_int_equal(READ(&request, ONLINE, "vif", devices[i], "XENBUS_PATH", "backend/vif/7/0"),
				 VIF_HAND_OVER);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(READ(&request, ONLINE, "vif", "vif7.0", "XENBUS_PATH", paths[i]), VIF_HAND_OVER);
}

static void long_values_are_handed_over(void **state)
{
	char path[2 * VIF_PATH_SIZE], bridge[512], device[64];
	struct vif_request request;

	(void)state;
	memset(path, '/', sizeof(path));
	strcpy(path + VIF_PATH_SIZE, "/backend/vif/7/0");
	assert_int_equal(READ(&request, ONLINE, "vif", "vif7.0", "XENBUS_PATH", path), VIF_HAND_OVER);
	memset(bridge, 'b', sizeof(bridge) - 1);
	bridge[sizeof(bridge) - 1] = '\0';
	assert_int_equal(READ(&request, ONLINE, LIBXL, "bridge", bridge), VIF_HAND_OVER);
	snprintf(device, sizeof(device), "vif%d.%d", 123456789, 1234567);
	assert_int_equal(READ(&request, ONLINE, "vif", device, "XENBUS_PATH", "backend/vif/7/0"), VIF_HAND_OVER);
}

/* ---- decisions */

#define BACKEND "/local/domain/0/backend/vif/7/0/"
#define NONE 0xffffffffu

static const char *const *nodes; /* path, value, ..., NULL */
static const struct vif_link *links; /* the last has the index 0 */
static const char *broken; /* a node or a link that cannot be asked for */

static int read_node(void *context, const char *path, char **value_out, struct bd_error *e)
{
	(void)context;
	if (broken && strstr(path, broken))
		return bd_fail(e, EIO, "no answer");
	*value_out = NULL;
	for (const char *const *at = nodes; *at; at += 2)
		if (strncmp(path, BACKEND, sizeof(BACKEND) - 1) == 0 && strcmp(*at, path + sizeof(BACKEND) - 1) == 0)
			*value_out = strdup(at[1]);
	return 0;
}

static int find_link(void *context, const char *name, struct vif_link *link_out, bool *there_out, struct bd_error *e)
{
	(void)context;
	if (broken && strcmp(name, broken) == 0)
		return bd_fail(e, EIO, "no answer");
	*there_out = false;
	for (const struct vif_link *at = links; at->index; at++)
		if (strcmp(at->name, name) == 0 || (strcmp(name, "alias") == 0 && at->master == NONE)) {
			*link_out = *at;
			*there_out = true;
		}
	return 0;
}

static const struct vif_link host[] = {
	{ .name = "br0", .index = 2, .mtu = 1400, .is_bridge = true },
	{ .name = "eth5", .index = 3, .mtu = 1500, .is_bridge = true },
	{ .name = "eth6", .index = 4, .mtu = 1500 },
	{ .name = "vif7.0", .index = 5, .mtu = 1500 },
	{ .name = "vif7.0-emu", .index = 6, .mtu = 1500 },
	{ .name = "taken", .index = 7, .mtu = 1500 },
	{ .name = "taken-emu", .index = 8, .mtu = 1500 },
	{ .name = "real", .index = 9, .mtu = 1500, .master = NONE, .is_bridge = true },
	{ .index = 0 },
};

static const struct vif_request vif = {
	.attach = true, .device = "vif7.0", .domid = 7, .backend_path = "/local/domain/0/backend/vif/7/0"
};
static const struct vif_request tap = { .attach = true,
					.is_tap = true,
					.device = "vif7.0-emu",
					.domid = 7,
					.backend_path = "/local/domain/0/backend/vif/7/0" };

static struct vif_request detaching(const struct vif_request *request)
{
	struct vif_request other = *request;
	other.attach = false;
	return other;
}

static int decide_for(const struct vif_request *request, struct vif_plan *plan_out)
{
	const struct bd_xenstore store = { .read = read_node };
	struct vif_world world = { .store = &store, .find_link = find_link };

	memset(plan_out, 0x55, sizeof(*plan_out));
	return vif_decide(request, &world, plan_out, &err);
}

#define DECIDE(request, plan, ...) (nodes = (const char *const[]){ __VA_ARGS__, NULL }, decide_for(request, plan))

static int begin(void **state)
{
	(void)state;
	links = host;
	broken = NULL;
	err = (struct bd_error)BD_ERROR_INIT;
	return 0;
}

static void check_verdict(const struct vif_plan *plan, enum vif_verdict verdict, const char *text)
{
	assert_int_equal(plan->verdict, verdict);
	assert_string_equal(plan->reason, text);
}

static void a_vif_becomes_a_port_with_the_mtu_of_its_bridge(void **state)
{
	struct vif_plan plan;

	(void)state;
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "br0"), 0);
	check_verdict(&plan, VIF_DO, "");
	assert_true(plan.attach && plan.change_master && plan.report);
	assert_int_equal(plan.port, 5);
	assert_int_equal(plan.bridge, 2);
	assert_int_equal(plan.mtu, 1400);
	assert_string_equal(plan.mtu_path, "/local/domain/7/device/vif/0/mtu");
	assert_string_equal(plan.new_name, "");
}

static void a_tap_tells_nobody_of_its_mtu_and_its_end(void **state)
{
	struct vif_plan plan;

	(void)state;
	assert_int_equal(DECIDE(&tap, &plan, "bridge", "br0"), 0);
	check_verdict(&plan, VIF_DO, "");
	assert_true(plan.attach && plan.change_master && !plan.report);
	assert_int_equal(plan.port, 6);
	assert_int_equal(plan.mtu, 1400);
	assert_string_equal(plan.mtu_path, "");
}

static void the_node_mtu_is_before_the_mtu_of_the_bridge(void **state)
{
	static const char *const strange[] = { "01500", "1500 ", "0x5dc", "-1", "many", "1234567890" };
	struct vif_plan plan;

	(void)state;
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "br0", "mtu", "9000"), 0);
	assert_int_equal(plan.mtu, 9000);
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "br0", "mtu", ""), 0);
	assert_int_equal(plan.mtu, 1400);
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "br0", "mtu", "0"), 0);
	assert_int_equal(plan.verdict, VIF_DO);
	assert_int_equal(plan.mtu, 0);
	assert_string_equal(plan.mtu_path, "");
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		assert_int_equal(DECIDE(&vif, &plan, "bridge", "br0", "mtu", strange[i]), 0);
		assert_int_equal(plan.verdict, VIF_HAND_OVER);
	}
}

static void a_vifname_renames_when_it_is_attached(void **state)
{
	struct vif_plan plan;

	(void)state;
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "br0", "vifname", "web0"), 0);
	check_verdict(&plan, VIF_DO, "");
	assert_string_equal(plan.name, "vif7.0");
	assert_string_equal(plan.new_name, "web0");
	assert_int_equal(plan.port, 5);
	assert_string_equal(plan.mtu_path, "/local/domain/7/device/vif/0/mtu");
	assert_int_equal(DECIDE(&tap, &plan, "bridge", "br0", "vifname", "web0"), 0);
	assert_string_equal(plan.new_name, "web0-emu");
	assert_int_equal(plan.port, 6);
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "br0", "vifname", ""), 0);
	assert_string_equal(plan.new_name, "");
}

static void a_name_that_is_taken_is_refused(void **state)
{
	struct vif_plan plan;

	(void)state;
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "br0", "vifname", "taken"), 0);
	check_verdict(&plan, VIF_FAIL,
		      "Cannot rename interface vif7.0. An interface with name taken already exists.");
	assert_int_equal(DECIDE(&tap, &plan, "bridge", "br0", "vifname", "taken"), 0);
	check_verdict(&plan, VIF_FAIL,
		      "Cannot rename interface vif7.0-emu. An interface with name taken-emu already exists.");
	/* Before the bridge is looked for, as in the script. */
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "br9", "vifname", "taken"), 0);
	assert_int_equal(plan.verdict, VIF_FAIL);
	assert_int_equal(strncmp(plan.reason, "Cannot rename", 13), 0);
}

static void a_device_that_is_not_there_cannot_be_attached(void **state)
{
	struct vif_plan plan;
	struct vif_request missing = vif;

	(void)state;
	strcpy(missing.device, "vif9.0");
	assert_int_equal(DECIDE(&missing, &plan, "bridge", "br0"), 0);
	check_verdict(&plan, VIF_FAIL, "Cannot find device \"vif9.0\"");
	assert_int_equal(DECIDE(&missing, &plan, "bridge", "br0", "vifname", "web0"), 0);
	check_verdict(&plan, VIF_FAIL, "ip link set vif9.0 name web0 failed");
}

static void a_bridge_that_is_not_there_is_named(void **state)
{
	struct vif_request off = detaching(&vif);
	struct vif_plan plan;

	(void)state;
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "br9"), 0);
	check_verdict(&plan, VIF_FAIL, "Could not find bridge device br9");
	assert_int_equal(DECIDE(&off, &plan, "bridge", "br9"), 0);
	check_verdict(&plan, VIF_FAIL, "Could not find bridge device br9");
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "xenbr7"), 0);
	check_verdict(&plan, VIF_FAIL, "Could not find bridge device xenbr7");
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "xenbr6"), 0); /* eth6 is none */
	check_verdict(&plan, VIF_FAIL, "Could not find bridge device xenbr6");
}

static void other_bridges_than_a_plain_one_are_handed_over(void **state)
{
	struct vif_plan plan;

	(void)state;
	assert_int_equal(DECIDE(&vif, &plan, "vifname", ""), 0);
	check_verdict(&plan, VIF_HAND_OVER, "that no bridge is named");
	assert_int_equal(DECIDE(&vif, &plan, "bridge", ""), 0);
	check_verdict(&plan, VIF_HAND_OVER, "that no bridge is named");
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "eth6"), 0); /* Open vSwitch's look like this, too */
	check_verdict(&plan, VIF_HAND_OVER, "eth6, which is no bridge of Linux");
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "xenbr5"), 0);
	check_verdict(&plan, VIF_HAND_OVER, "the bridge xenbr5, which eth5 may stand for");
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "alias"), 0);
	check_verdict(&plan, VIF_HAND_OVER, "the bridge alias, which is another name of real");
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "br0 br1"), 0);
	check_verdict(&plan, VIF_HAND_OVER, "the node bridge=br0 br1");
}

static void the_environments_bridge_is_taken_where_there_is_no_node(void **state)
{
	struct vif_request request = vif;
	struct vif_plan plan;

	(void)state;
	strcpy(request.bridge, "br0");
	assert_int_equal(DECIDE(&request, &plan, "vifname", ""), 0);
	assert_int_equal(plan.verdict, VIF_DO);
	assert_int_equal(DECIDE(&request, &plan, "bridge", ""), 0);
	check_verdict(&plan, VIF_HAND_OVER, "that no bridge is named");
	strcpy(request.bridge, "br0; reboot");
	assert_int_equal(DECIDE(&request, &plan, "vifname", ""), 0);
	assert_int_equal(plan.verdict, VIF_HAND_OVER);
}

static void names_that_a_shell_would_change_are_handed_over(void **state)
{
	static const char *const strange[] = {
		"a b",
		"a*",
		"$(id)",
		"a\nb",
		"-x",
		"a/b",
		"\xc3\xa4",
		"name-of-16-chars",
		"a-name-that-is-longer-than-any-which-the-kernel-or-a-node-could-have"
	};
	struct vif_plan plan;

	(void)state;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		assert_int_equal(DECIDE(&vif, &plan, "bridge", "br0", "vifname", strange[i]), 0);
		assert_int_equal(plan.verdict, VIF_HAND_OVER);
	}
	/* 12 characters are too many with "-emu". */
	assert_int_equal(DECIDE(&tap, &plan, "bridge", "br0", "vifname", "abcdefghijkl"), 0);
	assert_int_equal(plan.verdict, VIF_HAND_OVER);
	assert_int_equal(DECIDE(&tap, &plan, "bridge", "br0", "vifname", "abcdefghijk"), 0);
	assert_int_equal(plan.verdict, VIF_DO);
}

static void a_port_is_not_added_twice_nor_taken_from_another_bridge(void **state)
{
	struct vif_link now[] = { host[0], host[1], host[3], { .index = 0 } };
	struct vif_plan plan;

	(void)state;
	links = now;
	now[2].master = 2;
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "br0"), 0);
	check_verdict(&plan, VIF_DO, "");
	assert_false(plan.change_master);
	now[2].master = 3;
	assert_int_equal(DECIDE(&vif, &plan, "bridge", "br0"), 0);
	check_verdict(&plan, VIF_HAND_OVER, "vif7.0, which is a port of another bridge");
}

static void only_a_port_of_the_bridge_is_taken_off_it(void **state)
{
	struct vif_link now[] = { host[0], host[1], host[3], { .index = 0 } };
	struct vif_request off = detaching(&vif);
	struct vif_plan plan;

	(void)state;
	links = now;
	now[2].master = 2;
	assert_int_equal(DECIDE(&off, &plan, "bridge", "br0", "mtu", "strange"), 0);
	check_verdict(&plan, VIF_DO, "");
	assert_true(!plan.attach && plan.change_master && !plan.report);
	assert_int_equal(plan.mtu, 0);
	now[2].master = 3;
	assert_int_equal(DECIDE(&off, &plan, "bridge", "br0"), 0);
	check_verdict(&plan, VIF_DO, "");
	assert_false(plan.change_master);
}

static void a_device_that_is_gone_needs_not_be_taken_off(void **state)
{
	struct vif_request off = detaching(&vif), off_tap = detaching(&tap);
	struct vif_plan plan;

	(void)state;
	assert_int_equal(DECIDE(&off, &plan, "bridge", "br0", "vifname", "web0"), 0);
	check_verdict(&plan, VIF_NOTHING, "");
	strcpy(off_tap.device, "vif9.0-emu");
	assert_int_equal(DECIDE(&off_tap, &plan, "bridge", "br0"), 0);
	check_verdict(&plan, VIF_NOTHING, "");
	/* By the name that it had been given. */
	assert_int_equal(DECIDE(&off, &plan, "bridge", "br0", "vifname", "taken"), 0);
	check_verdict(&plan, VIF_DO, "");
	assert_int_equal(plan.port, 7);
}

static void what_cannot_be_asked_is_no_answer(void **state)
{
	static const char *const all[] = { "vifname", "bridge", "mtu", "vif7.0", "br0", "web0" };
	struct vif_plan plan, untouched;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		broken = all[i];
		err = (struct bd_error)BD_ERROR_INIT;
		memset(&untouched, 0x55, sizeof(untouched));
		assert_int_equal(DECIDE(&vif, &plan, "bridge", "br0", "vifname", i == 5 ? "web0" : ""), -1);
		assert_string_equal(err.message, "no answer");
		assert_memory_equal(&plan, &untouched, sizeof(plan));
	}
}

/* ---- the scripts beside it */

static const char *const script_names[] = {
	"vif-bridge", "vif-common.sh", "xen-network-common.sh", "xen-hotplug-common.sh", "xen-script-common.sh",
	"logging.sh", "locking.sh",    "hotplugpath.sh"
};
#define SCRIPTS (sizeof(script_names) / sizeof(script_names[0]))
static char folder[] = "/tmp/test_hotplug_vif.XXXXXX";
static char text[70000];

static void write_script(const char *name, const char *content, mode_t mode)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, strlen(content), file), strlen(content));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static bool read_script(const char *from, const char *name)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", from, name);
	FILE *file = fopen(path, "r");
	if (!file)
		return false;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return true;
}

/* Debian's own, as they are installed; skips where they are not. */
static void copy_installed(void)
{
	for (size_t i = 0; i < SCRIPTS; i++) {
		if (!read_script("/etc/xen/scripts", script_names[i])) {
			print_message("/etc/xen/scripts/%s is not there\n", script_names[i]);
			skip();
		}
		write_script(script_names[i], text, 0755);
	}
}

/* Takes what is from one text to the next out of a script, or puts something before a text. */
static void edit(const char *name, const char *from, const char *until, const char *insert)
{
	static char edited[70000];
	assert_true(read_script(folder, name));
	char *begin_at = strstr(text, from), *end_at = begin_at && until ? strstr(begin_at, until) : begin_at;
	assert_non_null(end_at);
	snprintf(edited, sizeof(edited), "%.*s%s%s", (int)(begin_at - text), text, insert, end_at);
	write_script(name, edited, 0755);
}

static void debians_scripts_are_known_and_leave_iptables_alone(void **state)
{
	static struct vif_scripts scripts;

	(void)state;
	copy_installed();
	assert_int_equal(vif_scripts_read(folder, "/opt/bin", &scripts, reason), VIF_DO);
	assert_false(scripts.uses_iptables);
	assert_non_null(strstr(scripts.search_path, "/usr/bin:/usr/sbin:/usr/lib/xen-4."));
	assert_non_null(strstr(scripts.search_path, "/bin:/sbin:/bin:/usr/bin:/usr/sbin:/opt/bin"));
}

/* Debian's patches undone: what `git show stable-4.17:tools/hotplug/Linux/...` has. */
static void xens_own_scripts_are_known_and_use_iptables(void **state)
{
	static struct vif_scripts scripts;

	(void)state;
	copy_installed();
	edit("vif-common.sh", "  # This function is disabled", "  # Check for a working", "");
	assert_int_equal(vif_scripts_read(folder, NULL, &scripts, reason), VIF_DO);
	assert_true(scripts.uses_iptables);
	edit("xen-hotplug-common.sh", "export LANG=", NULL,
	     "export LD_LIBRARY_PATH=\"${libdir}${LD_LIBRARY_PATH+:}$LD_LIBRARY_PATH\"\n");
	assert_int_equal(vif_scripts_read(folder, NULL, &scripts, reason), VIF_DO);
	assert_true(scripts.uses_iptables);
	/* Xen 4.22 has one function less. */
	edit("vif-bridge", "setup_virtual_bridge_port", " \"$dev\"\n        set_mtu", "setup_bridge_port");
	assert_int_equal(vif_scripts_read(folder, NULL, &scripts, reason), VIF_DO);
}

static void an_edited_or_missing_script_is_handed_over(void **state)
{
	static struct vif_scripts scripts;
	char path[256];

	(void)state;
	for (size_t i = 0; i < SCRIPTS - 1; i++) {
		copy_installed();
		assert_int_equal(vif_scripts_read(folder, NULL, &scripts, reason), VIF_DO);
		edit(script_names[i], "#", NULL, "#");
		assert_int_equal(vif_scripts_read(folder, NULL, &scripts, reason), VIF_HAND_OVER);
		assert_non_null(strstr(reason, " is none of those that are known"));
		snprintf(path, sizeof(path), "%s/%s", folder, script_names[i]);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(vif_scripts_read(folder, NULL, &scripts, reason), VIF_HAND_OVER);
		assert_non_null(strstr(reason, " No such file or directory"));
		/* What would never end is not read. */
		assert_int_equal(mkfifo(path, 0600), 0);
		assert_int_equal(vif_scripts_read(folder, NULL, &scripts, reason), VIF_HAND_OVER);
		assert_int_equal(unlink(path), 0);
	}
}

static void folders_may_be_named_and_nothing_else(void **state)
{
	static const char *const strange[] = { "bindir=/usr/bin\n",   "bindir=\"$(id)\"\n",
					       "bindir=\"/a\" # b\n", "exit 0\n",
					       "PATH=\"/opt\"\n",     "bindir=\"a\\\"\n",
					       "export A=\"b\"\n",    "=\"\"\n" };
	static struct vif_scripts scripts;

	(void)state;
	copy_installed();
	write_script("hotplugpath.sh",
		     "# ours\nsbindir=\"/x/sbin\"\n\nbindir=\"/x/bin\"\nLIBEXEC_BIN=\"/x/lib\"\nOTHER=\"\"", 0644);
	assert_int_equal(vif_scripts_read(folder, NULL, &scripts, reason), VIF_DO);
	assert_string_equal(scripts.search_path, "/x/bin:/x/sbin:/x/lib:/sbin:/bin:/usr/bin:/usr/sbin:");
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		write_script("hotplugpath.sh", strange[i], 0644);
		assert_int_equal(vif_scripts_read(folder, NULL, &scripts, reason), VIF_HAND_OVER);
		assert_string_equal(reason, "hotplugpath.sh does more than to name folders");
	}
}

static void a_hook_counts_where_it_may_be_executed(void **state)
{
	char name[NAME_MAX + 1], path[256];

	(void)state;
	assert_false(vif_scripts_has_hook(folder, name));
	snprintf(path, sizeof(path), "%s/vif-post.d", folder);
	assert_int_equal(mkdir(path, 0755), 0);
	write_script("vif-post.d/00-vif-local.hook", "", 0644); /* as Xen has it, of comments only */
	write_script("vif-post.d/README", "", 0755);
	write_script("vif-post.d/.hidden.hook", "", 0755);
	assert_false(vif_scripts_has_hook(folder, name));
	write_script("vif-post.d/10-shaping.hook", "", 0755);
	assert_true(vif_scripts_has_hook(folder, name));
	assert_string_equal(name, "10-shaping.hook");
}

/* ---- iptables */

static void iptables_works_where_it_lists_its_rules(void **state)
{
	char search[64];
	bool works;

	(void)state;
	snprintf(search, sizeof(search), "/nonexistent:%s", folder);
	assert_int_equal(vif_iptables_works(search, &works, &err), 0);
	assert_false(works); /* it is not installed */
	write_script("iptables", "#!/bin/sh\n[ \"$*\" = '-w -L -n' ]\n", 0755);
	assert_int_equal(vif_iptables_works(search, &works, &err), 0);
	assert_true(works);
	write_script("iptables", "#!/bin/sh\necho noise; echo noise >&2; exit 3\n", 0755); /* no module */
	assert_int_equal(vif_iptables_works(search, &works, &err), 0);
	assert_false(works);
	write_script("iptables", "#!/bin/sh\n[ \"$1\" != -w ] || exit 2\n[ \"$*\" = '-L -n' ]\n",
		     0755); /* before 2013 */
	assert_int_equal(vif_iptables_works(search, &works, &err), 0);
	assert_true(works);
	write_script("iptables", "#!/bin/sh\nexit 2\n", 0755);
	assert_int_equal(vif_iptables_works(search, &works, &err), 0);
	assert_false(works);
	write_script("iptables", "#!/nonexistent\n", 0755);
	assert_int_equal(vif_iptables_works(search, &works, &err), -1);
	write_script("iptables", "#!/bin/sh\n", 0644);
	assert_int_equal(vif_iptables_works(search, &works, &err), 0);
	assert_false(works); /* a shell passes over it, too */
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const others[] = { "vif-post.d/00-vif-local.hook", "vif-post.d/README",
					      "vif-post.d/.hidden.hook", "vif-post.d/10-shaping.hook", "iptables" };
	char path[256];

	(void)state;
	for (size_t i = 0; i < SCRIPTS + sizeof(others) / sizeof(others[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, i < SCRIPTS ? script_names[i] : others[i - SCRIPTS]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/vif-post.d", folder);
	rmdir(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read_as_libxl_makes_it),
		cmocka_unit_test(type_and_bridge_may_come_from_the_environment),
		cmocka_unit_test(what_is_for_the_other_kind_of_device_is_nothing_to_do),
		cmocka_unit_test(a_request_of_another_shape_is_handed_over),
		cmocka_unit_test(long_values_are_handed_over),
		cmocka_unit_test_setup(a_vif_becomes_a_port_with_the_mtu_of_its_bridge, begin),
		cmocka_unit_test_setup(a_tap_tells_nobody_of_its_mtu_and_its_end, begin),
		cmocka_unit_test_setup(the_node_mtu_is_before_the_mtu_of_the_bridge, begin),
		cmocka_unit_test_setup(a_vifname_renames_when_it_is_attached, begin),
		cmocka_unit_test_setup(a_name_that_is_taken_is_refused, begin),
		cmocka_unit_test_setup(a_device_that_is_not_there_cannot_be_attached, begin),
		cmocka_unit_test_setup(a_bridge_that_is_not_there_is_named, begin),
		cmocka_unit_test_setup(other_bridges_than_a_plain_one_are_handed_over, begin),
		cmocka_unit_test_setup(the_environments_bridge_is_taken_where_there_is_no_node, begin),
		cmocka_unit_test_setup(names_that_a_shell_would_change_are_handed_over, begin),
		cmocka_unit_test_setup(a_port_is_not_added_twice_nor_taken_from_another_bridge, begin),
		cmocka_unit_test_setup(only_a_port_of_the_bridge_is_taken_off_it, begin),
		cmocka_unit_test_setup(a_device_that_is_gone_needs_not_be_taken_off, begin),
		cmocka_unit_test_setup(what_cannot_be_asked_is_no_answer, begin),
		cmocka_unit_test(debians_scripts_are_known_and_leave_iptables_alone),
		cmocka_unit_test(xens_own_scripts_are_known_and_use_iptables),
		cmocka_unit_test(an_edited_or_missing_script_is_handed_over),
		cmocka_unit_test(folders_may_be_named_and_nothing_else),
		cmocka_unit_test(a_hook_counts_where_it_may_be_executed),
		cmocka_unit_test_setup(iptables_works_where_it_lists_its_rules, begin),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
