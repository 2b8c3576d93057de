/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vif-bigdisk beside Xen's own vif-bridge: each does the same in a network of its own and with a xenstore of its own, and what they leave
 * behind is compared: the devices, the nodes that were written, and the exit status. The program is build/vif-bigdisk, the scripts
 * those of xen-utils-common. */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/process/run.h"
#include "fake_xenstored.h"
#include "network_checks.h"

#define BACKEND "/local/domain/0/backend/vif/7/0"

static char program_path[PATH_MAX]; /* of build/vif-bigdisk */
static char folder[] = "/tmp/test_hotplug_vif_program.XXXXXX";
static char state_text[2][8192]; /* what the script, and what the program left behind */

static const char *const script_names[] = {
	"vif-bridge", "vif-common.sh", "xen-network-common.sh", "xen-hotplug-common.sh", "xen-script-common.sh",
	"logging.sh", "locking.sh",    "hotplugpath.sh"
};
#define SCRIPTS (sizeof(script_names) / sizeof(script_names[0]))

struct situation {
	const char *command, *type; /* "online", "vif" */
	const char *nodes[8]; /* name below BACKEND, value, ... */
	const char *network[8]; /* words of ip(8), after the usual devices were made */
	const char *refusing; /* as in struct fake_store */
	bool without_type; /* as Xen before 4.3 called it */
};

#define CASE(command_, type_, ...) (&(struct situation){ .command = (command_), .type = (type_), __VA_ARGS__ })

/* ---- the scene */

static void copy_file(const char *from, const char *name)
{
	char path[PATH_MAX];
	struct bd_error err = BD_ERROR_INIT;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	const char *argv[] = { "cp", "-L", "--preserve=mode", from, path, NULL };
	if (bd_run(&(struct bd_run){ .argv = argv }, &err) != 0)
		fail_msg("%s", err.message);
}

static void write_file(const char *name, const char *content, mode_t mode)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(content, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static const char *read_file(const char *name)
{
	static char text[70000];
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "r");
	text[file ? fread(text, 1, sizeof(text) - 1, file) : 0] = '\0';
	if (file)
		fclose(file);
	return text;
}

/* The scripts and the program side by side, as in /etc/xen/scripts. */
static void need_scripts(void)
{
	static const char *const programs[] = { "bash", "xenstore-read", "xenstore-write", "logger" };
	char path[PATH_MAX];
	struct bd_error err = BD_ERROR_INIT;

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (bd_find_program(programs[i], path, sizeof(path), &err) != 0) {
			print_message("%s\n", err.message);
			skip();
		}
	for (size_t i = 0; i < SCRIPTS; i++) {
		snprintf(path, sizeof(path), "/etc/xen/scripts/%s", script_names[i]);
		if (access(path, R_OK) != 0) {
			print_message("%s is not there\n", path);
			skip();
		}
		copy_file(path, script_names[i]);
	}
	copy_file(program_path, "vif-bigdisk");
}

/* xen-hotplug-common.sh appends to a file in /var/log/xen. */
static void need_network_and_log(void)
{
	need_network();
	if (mount("none", "/var/log/xen", "tmpfs", MS_NOSUID | MS_NODEV, NULL) != 0) {
		print_message("there is no /var/log/xen\n");
		skip();
	}
}

/* Two bridges, and the devices of an HVM guest as netback and QEMU make them, one of them with an address. */
static void make_devices(const struct situation *situation)
{
	need_network_and_log();
	assert_true(ip("link add name br0 type bridge") && ip("link set br0 mtu 1400 up"));
	assert_true(ip("link add name br1 type bridge"));
	assert_true(ip("link add vif7.0 type veth peer name p0") && ip("link add vif7.0-emu type veth peer name p1"));
	assert_true(ip("addr add 10.0.0.1/24 dev vif7.0") && ip("link set vif7.0 up"));
	for (size_t i = 0; i < 8 && situation->network[i]; i++)
		if (!ip(situation->network[i]))
			fail_msg("ip %s: %s", situation->network[i], ip_output);
}

/* A line of `ip -o` without what differs from network to network. */
static void append_line(char *text, size_t size, const char *line)
{
	size_t used = strlen(text);
	const char *name = strchr(line, ' '), *link = strstr(line, " link/ether ");
	const char *flags = strchr(line, '<'), *up = flags ? strstr(flags, "UP") : NULL, *mtu = strstr(line, " mtu ");
	const char *master = strstr(line, " master ");
	if (!name || !flags || !mtu || !link)
		return;
	bool is_fixed = strncmp(link + 12, "fe:ff:ff:ff:ff:ff", 17) == 0;
	snprintf(text + used, size - used, "%.*s%s mtu %u%.*s%s\n", (int)strcspn(name + 1, "@:"), name + 1,
		 up && up < strchr(flags, '>') ? " up" : "", (unsigned)atoi(mtu + 5),
		 master ? (int)(9 + strcspn(master + 8, " ")) - 1 : 0, master ? master : "",
		 is_fixed ? " fe:ff:ff:ff:ff:ff" : "");
}

static void describe_network(char *text, size_t size)
{
	assert_true(ip("-o link show"));
	for (char *rest = ip_output, *line = strtok_r(rest, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		append_line(text, size, line);
	assert_true(ip("-o -4 addr show"));
	for (char *rest = ip_output, *line = strtok_r(rest, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		size_t used = strlen(text);
		const char *name = strchr(line, ' ') + 1;
		snprintf(text + used, size - used, "%.*s has an address\n", (int)strcspn(name, " "), name);
	}
}

/* ---- running */

static int run(const char *program, const struct situation *situation, const char *extra_environment)
{
	char path[PATH_MAX], type[32];
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		snprintf(path, sizeof(path), "%s/%s", folder, program);
		snprintf(type, sizeof(type), "type_if=%s", situation->type);
		setenv("vif", "vif7.0", 1);
		setenv("INTERFACE", "vif7.0-emu", 1);
		setenv("XENBUS_PATH", "backend/vif/7/0", 1);
		setenv("XENBUS_TYPE", "vif", 1);
		if (extra_environment)
			putenv((char *)(uintptr_t)extra_environment);
		int nowhere = open("/dev/null", O_RDWR);
		dup2(nowhere, 1);
		dup2(nowhere, 2);
		execl(path, path, situation->command, situation->without_type ? NULL : type, NULL);
		_exit(99);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Without the mtu that vif-bridge writes below /local/domain/VIFNAME. */
static void drop_line(char *text, const char *beginning)
{
	char *at = strstr(text, beginning);
	if (at)
		memmove(at, strchr(at, '\n') + 1, strlen(strchr(at, '\n') + 1) + 1);
}

static const char *leave_behind(const char *program, const struct situation *situation, char text[8192])
{
	static struct fake_store store;
	char path[256], log[4096];

	make_devices(situation);
	store = (struct fake_store){ .refusing = situation->refusing };
	for (size_t i = 0; i + 1 < 8 && situation->nodes[i]; i += 2) {
		snprintf(path, sizeof(path), "%s/%s", BACKEND, situation->nodes[i]);
		store_put(&store, path, situation->nodes[i + 1]);
	}
	store_put(&store, BACKEND "/frontend-id", "7");
	assert_int_equal(store_start(&store, folder), 0);
	int status = run(program, situation, NULL);
	store_stop(&store, log, sizeof(log));
	snprintf(text, 8192, "status %d\n%s", status, log);
	describe_network(text, 8192);
	return text;
}

/* Both leave behind what the scene began with, but for what expected_lines has: each of these is in the program's text. */
static void check_same(const struct situation *situation, const char *const *expected_lines)
{
	need_scripts();
	const char *script = leave_behind("vif-bridge", situation, state_text[0]);
	const char *ours = leave_behind("vif-bigdisk", situation, state_text[1]);
	assert_string_equal(ours, script);
	for (; *expected_lines; expected_lines++)
		if (!strstr(ours, *expected_lines))
			fail_msg("no \"%s\" in\n%s", *expected_lines, ours);
}

#define LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define CONNECTED BACKEND "/hotplug-status=connected\n"
#define ERROR(text) BACKEND "/hotplug-error=" text "\n" BACKEND "/hotplug-status=error\n"

static void a_vif_goes_online(void **state)
{
	(void)state;
	check_same(CASE("online", "vif", .nodes = { "bridge", "br0" }),
		   LINES("status 0\n/local/domain/7/device/vif/0/mtu=1400\n" CONNECTED,
			 "vif7.0 up mtu 1400 master br0 fe:ff:ff:ff:ff:ff\n", "vif7.0-emu mtu 1500\n"));
	assert_null(strstr(state_text[1], "has an address"));
}

static void a_vif_goes_online_with_an_mtu_of_its_own(void **state)
{
	(void)state;
	check_same(CASE("online", "vif", .nodes = { "bridge", "br0", "mtu", "1300" }),
		   LINES("/local/domain/7/device/vif/0/mtu=1300\n" CONNECTED, "vif7.0 up mtu 1300 master br0"));
	check_same(CASE("online", "vif", .nodes = { "bridge", "br0", "mtu", "0" }),
		   LINES("status 0\n" CONNECTED, "vif7.0 up mtu 1500 master br0"));
	check_same(CASE("online", "vif", .nodes = { "bridge", "br0", "mtu", "9999999" }),
		   LINES("/mtu=9999999\n" CONNECTED, "vif7.0 up mtu 1500 master br0"));
}

static void a_vif_that_is_on_its_bridge_stays_there(void **state)
{
	(void)state;
	check_same(CASE("online", "vif", .nodes = { "bridge", "br0" }, .network = { "link set vif7.0 master br0" }),
		   LINES("status 0\n", CONNECTED, "vif7.0 up mtu 1400 master br0 fe:ff:ff:ff:ff:ff\n"));
}

static void type_vif_is_what_is_not_said(void **state)
{
	(void)state;
	check_same(CASE("online", "vif", .nodes = { "bridge", "br0" }, .without_type = true),
		   LINES("status 0\n", CONNECTED, "vif7.0 up mtu 1400 master br0"));
}

static void a_vif_goes_offline(void **state)
{
	(void)state;
	check_same(CASE("offline", "vif", .nodes = { "bridge", "br0" },
			.network = { "link set vif7.0 master br0", "link set vif7.0-emu master br0" }),
		   LINES("status 0\nbr0", "vif7.0 mtu 1500\n", "vif7.0-emu mtu 1500 master br0\n"));
	check_same(CASE("offline", "vif", .nodes = { "bridge", "br0" }, .network = { "link set vif7.0 master br1" }),
		   LINES("status 0\nbr0", "vif7.0 mtu 1500 master br1\n"));
	check_same(CASE("offline", "vif", .nodes = { "bridge", "br0" }, .network = { "link del vif7.0" }),
		   LINES("status 0\nbr0"));
}

static void a_tap_is_added_and_removed(void **state)
{
	(void)state;
	check_same(CASE("add", "tap", .nodes = { "bridge", "br0" }),
		   LINES("status 0\nbr0", "vif7.0-emu up mtu 1400 master br0 fe:ff:ff:ff:ff:ff\n",
			 "vif7.0 up mtu 1500\n"));
	check_same(CASE("remove", "tap", .nodes = { "bridge", "br0" },
			.network = { "link set vif7.0-emu up master br0" }),
		   LINES("status 0\nbr0", "vif7.0-emu mtu 1500\n"));
	check_same(CASE("add", "tap", .nodes = { "bridge", "br0", "vifname", "web0" }),
		   LINES("status 0\nbr0", "web0-emu up mtu 1400 master br0"));
	check_same(CASE("remove", "tap", .nodes = { "bridge", "br0", "vifname", "web0" },
			.network = { "link set vif7.0-emu name web0-emu", "link set web0-emu up master br0" }),
		   LINES("status 0\nbr0", "web0-emu mtu 1500\n"));
}

static void what_is_for_the_other_kind_of_device_changes_nothing(void **state)
{
	(void)state;
	check_same(CASE("add", "vif", .nodes = { "bridge", "br0" }), LINES("status 0\nbr0", "vif7.0 up mtu 1500\n"));
	check_same(CASE("online", "tap", .nodes = { "bridge", "br0" }), LINES("status 0\nbr0"));
	check_same(
		CASE("offline", "tap", .nodes = { "bridge", "br0" }, .network = { "link set vif7.0-emu master br0" }),
		LINES("status 0\nbr0", "vif7.0-emu mtu 1500 master br0\n"));
}

/* The script writes the MTU to /local/domain/web0/device/vif/web0/mtu, where no guest looks. */
static void a_vifname_is_given_and_the_guest_told_of_its_mtu(void **state)
{
	const struct situation situation = *CASE("online", "vif", .nodes = { "bridge", "br0", "vifname", "web0" });

	(void)state;
	need_scripts();
	char *script = state_text[0], *ours = state_text[1];
	leave_behind("vif-bridge", &situation, script);
	leave_behind("vif-bigdisk", &situation, ours);
	assert_non_null(strstr(script, "/local/domain/web0/device/vif/web0/mtu=1400\n"));
	assert_non_null(strstr(ours, "/local/domain/7/device/vif/0/mtu=1400\n"));
	drop_line(script, "/local/domain/web0/");
	drop_line(ours, "/local/domain/7/");
	assert_string_equal(ours, script);
	assert_non_null(strstr(ours, "web0 up mtu 1400 master br0 fe:ff:ff:ff:ff:ff\n"));

	check_same(CASE("offline", "vif", .nodes = { "bridge", "br0", "vifname", "web0" },
			.network = { "link set vif7.0 down", "link set vif7.0 name web0",
				     "link set web0 up master br0" }),
		   LINES("status 0\nbr0", "web0 mtu 1500\n"));
}

static void errors_are_in_the_scripts_words(void **state)
{
	(void)state;
	check_same(CASE("online", "vif", .nodes = { "bridge", "br9" }),
		   LINES("status 1\n" ERROR("Could not find bridge device br9")));
	check_same(CASE("offline", "vif", .nodes = { "bridge", "br9" }),
		   LINES("status 1\n" ERROR("Could not find bridge device br9")));
	check_same(CASE("add", "tap", .nodes = { "bridge", "br9" }),
		   LINES("status 1\n" ERROR("Could not find bridge device br9")));
	check_same(CASE("online", "vif", .nodes = { "bridge", "br0", "vifname", "br1" }),
		   LINES("status 1\n" ERROR(
			   "Cannot rename interface vif7.0. An interface with name br1 already exists.")));
	check_same(CASE("online", "vif", .nodes = { "bridge", "br0", "vifname", "web0" },
			.network = { "link del vif7.0" }),
		   LINES("status 1\n" ERROR("ip link set vif7.0 name web0 failed")));
	check_same(CASE("online", "vif", .nodes = { "bridge", "br0" }, .refusing = "/local/domain/7/"),
		   LINES("status 1\n" ERROR("Writing /local/domain/7/device/vif/0/mtu 1400 to xenstore failed.")));
}

/* Where the script ends without a word, ours says why. */
static void an_error_that_the_script_keeps_to_itself_is_said(void **state)
{
	const struct situation situation =
		*CASE("online", "vif", .nodes = { "bridge", "br0" }, .network = { "link del vif7.0" });

	(void)state;
	need_scripts();
	const char *script = leave_behind("vif-bridge", &situation, state_text[0]);
	const char *ours = leave_behind("vif-bigdisk", &situation, state_text[1]);
	assert_int_equal(strncmp(script, "status 1\nbr0 ", 13), 0);
	assert_non_null(strstr(ours, "status 1\n" ERROR("Cannot find device \"vif7.0\"") "br0 "));
}

/* ---- handing over */

/* A script that tells how it was called. */
static void put_telltale(void)
{
	char text[512];
	snprintf(text, sizeof(text), "#!/bin/sh\necho \"$0 $* $vif $XENBUS_PATH $bridge\" >%s/told\nexit 7\n",
		 folder);
	write_file("vif-bridge", text, 0755);
	write_file("told", "", 0644);
}

static void check_handed_over(const struct situation *situation, const char *told)
{
	char expected[512];
	leave_behind("vif-bigdisk", situation, state_text[1]);
	snprintf(expected, sizeof(expected), "%s/vif-bridge %s\n", folder, told);
	assert_string_equal(read_file("told"), expected);
	assert_int_equal(strncmp(state_text[1], "status 7\nbr0", 12), 0);
	assert_non_null(strstr(state_text[1], "vif7.0 up mtu 1500\n"));
	assert_non_null(strstr(state_text[1], "vif7.0 has an address\n"));
}

static void an_edited_script_is_executed_as_we_were(void **state)
{
	(void)state;
	need_scripts();
	put_telltale();
	setenv("bridge", "br0", 1);
	check_handed_over(CASE("online", "vif", .refusing = NULL), "online type_if=vif vif7.0 backend/vif/7/0 br0");
	unsetenv("bridge");
	check_handed_over(CASE("change", "vif", .refusing = NULL), "change type_if=vif vif7.0 backend/vif/7/0 ");
}

/* The real vif-bridge answers: it finds the only bridge that has a port, as `bridge link` tells. */
static void a_guest_without_a_bridge_gets_the_one_that_the_script_finds(void **state)
{
	(void)state;
	check_same(CASE("online", "vif", .nodes = { "mac", "00:16:3e:00:00:01" },
			.network = { "link set p1 master br0" }),
		   LINES("status 0\n", CONNECTED, "vif7.0 up mtu "));
}

static void a_hook_is_run_by_the_script(void **state)
{
	char path[PATH_MAX];

	(void)state;
	need_scripts();
	/* Known, but without what it sources: that it was called is seen by how it ends. */
	snprintf(path, sizeof(path), "%s/vif-post.d", folder);
	assert_int_equal(mkdir(path, 0755), 0);
	write_file("vif-post.d/10-shaping.hook", "", 0755);
	snprintf(path, sizeof(path), "%s/vif-bridge", folder);
	assert_int_equal(chmod(path, 0644), 0);
	leave_behind("vif-bigdisk", CASE("online", "vif", .nodes = { "bridge", "br0" }), state_text[1]);
	assert_non_null(strstr(state_text[1], "status 1\n" BACKEND "/hotplug-error=cannot execute "));
	assert_non_null(strstr(state_text[1], "because of the hook vif-post.d/10-shaping.hook\n"));
	write_file("vif-post.d/10-shaping.hook", "", 0644);
	leave_behind("vif-bigdisk", CASE("online", "vif", .nodes = { "bridge", "br0" }), state_text[1]);
	assert_non_null(strstr(state_text[1], "status 0\n"));
	snprintf(path, sizeof(path), "%s/vif-post.d/10-shaping.hook", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/vif-post.d", folder);
	assert_int_equal(rmdir(path), 0);
}

/* Xen's own vif-common.sh, which is Debian's without the patch, has rules where iptables works. */
static void iptables_is_left_to_the_script_where_that_uses_it(void **state)
{
	static char text[70000], program[512];

	(void)state;
	need_scripts();
	snprintf(text, sizeof(text), "%s", read_file("vif-common.sh"));
	char *from = strstr(text, "  # This function is disabled"), *until = strstr(text, "  # Check for a working");
	assert_true(from && until);
	memmove(from, until, strlen(until) + 1);
	write_file("vif-common.sh", text, 0644);
	snprintf(program, sizeof(program), "bindir=\"%s\"\nsbindir=\"/usr/sbin\"\nLIBEXEC_BIN=\"/usr/bin\"\n",
		 folder);
	write_file("hotplugpath.sh", program, 0644);
	snprintf(program, sizeof(program), "#!/bin/sh\necho \"$*\" >>%s/told\n", folder);
	write_file("iptables", program, 0755);
	write_file("told", "", 0644);
	const struct situation situation =
		*CASE("online", "vif", .nodes = { "bridge", "br0", "ip", "10.9.0.1 10.9.0.2" });
	leave_behind("vif-bridge", &situation, state_text[0]);
	snprintf(text, sizeof(text), "%s", read_file("told"));
	assert_non_null(strstr(
		text, "-w -I FORWARD -m physdev --physdev-is-bridged --physdev-in vif7.0 -s 10.9.0.2 -j ACCEPT\n"));
	write_file("told", "", 0644);
	leave_behind("vif-bigdisk", &situation, state_text[1]);
	assert_string_equal(state_text[1], state_text[0]);
	/* One question more: ours. */
	assert_int_equal(strncmp(read_file("told"), "-w -L -n\n", 9), 0);
	assert_string_equal(read_file("told") + 9, text);

	write_file("iptables", "#!/bin/sh\nexit 3\n", 0755);
	write_file("told", "", 0644);
	leave_behind("vif-bigdisk", &situation, state_text[1]);
	assert_string_equal(state_text[1], state_text[0]);
	assert_string_equal(read_file("told"), "");
}

static void without_a_xenstore_nothing_is_changed(void **state)
{
	const struct situation situation = *CASE("online", "vif", .nodes = { "bridge", "br0" });

	(void)state;
	need_scripts();
	make_devices(&situation);
	assert_int_equal(run("vif-bigdisk", &situation, "XENSTORED_PATH=/nonexistent"), 1);
	*state_text[1] = '\0';
	describe_network(state_text[1], sizeof(state_text[1]));
	assert_non_null(strstr(state_text[1], "vif7.0 up mtu 1500\n"));
}

/* build/tests/unit/test_hotplug_vif_program: the program lies two folders up. */
static int find_program(void **state)
{
	(void)state;
	char here[PATH_MAX - 32];
	ssize_t length = readlink("/proc/self/exe", here, sizeof(here) - 1);
	if (length <= 0)
		return -1;
	here[length] = '\0';
	*strrchr(here, '/') = '\0';
	snprintf(program_path, sizeof(program_path), "%s/../../vif-bigdisk", here);
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	const char *argv[] = { "rm", "-rf", folder, NULL };

	(void)state;
	return bd_run(&(struct bd_run){ .argv = argv }, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vif_goes_online),
		cmocka_unit_test(a_vif_goes_online_with_an_mtu_of_its_own),
		cmocka_unit_test(a_vif_that_is_on_its_bridge_stays_there),
		cmocka_unit_test(type_vif_is_what_is_not_said),
		cmocka_unit_test(a_vif_goes_offline),
		cmocka_unit_test(a_tap_is_added_and_removed),
		cmocka_unit_test(what_is_for_the_other_kind_of_device_changes_nothing),
		cmocka_unit_test(a_vifname_is_given_and_the_guest_told_of_its_mtu),
		cmocka_unit_test(errors_are_in_the_scripts_words),
		cmocka_unit_test(an_error_that_the_script_keeps_to_itself_is_said),
		cmocka_unit_test(an_edited_script_is_executed_as_we_were),
		cmocka_unit_test(a_guest_without_a_bridge_gets_the_one_that_the_script_finds),
		cmocka_unit_test(a_hook_is_run_by_the_script),
		cmocka_unit_test(iptables_is_left_to_the_script_where_that_uses_it),
		cmocka_unit_test(without_a_xenstore_nothing_is_changed),
	};
	return cmocka_run_group_tests(tests, find_program, remove_folder);
}
