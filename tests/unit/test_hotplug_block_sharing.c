/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What block-bigdisk reads in xenstore, decides and writes there, without Xen, devices or root: hotplug/backend_nodes.h, hotplug/block/backend.h, mounts.h and
 * sharing.h. What is expected is what tools/hotplug/Linux/block and block-common.sh of Xen 4.20 do and say. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "hotplug/backend_nodes.h"
#include "hotplug/block/backend.h"
#include "hotplug/block/mounts.h"
#include "hotplug/block/sharing.h"
#include "memory_xenstore.h"

#define DEVICE makedev(0xfd, 3)
#define PATH "backend/vbd/5/51712"

static struct bd_error err;
static struct bd_block_backend backend;
static char mountinfo[] = "/tmp/test_block_mountinfo.XXXXXX";

static void write_mounts(const char *text)
{
	FILE *file = fopen(mountinfo, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* A guest 5 that wants its disk, and nobody else. */
static int begin(void **state)
{
	(void)state;
	err = (struct bd_error)BD_ERROR_INIT;
	clear_nodes();
	put_disk(5, 51712, "/dev/vg/web01", "w");
	write_mounts("22 27 0:21 / /proc rw,relatime - proc proc rw\n");
	assert_int_equal(bd_block_backend_init(&backend, PATH, "backend", "vbd", &err), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bd_block_backend_dispose(&backend);
	return 0;
}

static void modes_are_canonicalised_as_by_xens_script(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum bd_block_mode mode;
	} facts[] = {
		{ "r", BD_BLOCK_READ },	    { "ro", BD_BLOCK_READ },   { "", BD_BLOCK_READ },
		{ "!", BD_BLOCK_READ },	    { "r!", BD_BLOCK_READ },   { "w", BD_BLOCK_WRITE },
		{ "rw", BD_BLOCK_WRITE },   { "w!", BD_BLOCK_FORCED }, { "!w", BD_BLOCK_FORCED },
		{ "rw!", BD_BLOCK_FORCED },
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		assert_int_equal(bd_block_mode(facts[i].text), facts[i].mode);
}

static void the_environment_says_which_backend(void **state)
{
	(void)state;
	static const struct {
		const char *path, *base, *type, *all, *bus_name;
	} facts[] = {
		{ PATH, "backend", "vbd", "backend/vbd", "vbd-5-51712" },
		{ PATH, NULL, NULL, "backend/vbd", "vbd-5-51712" },
		{ "/local/domain/0/backend/vbd/12/768", NULL, NULL, "/local/domain/0/backend/vbd", "vbd-12-768" },
		{ "backend/vbd3/1/2", "backend", "vbd3", "backend/vbd3", "vbd3-1-2" },
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		assert_int_equal(bd_block_backend_init(&backend, facts[i].path, facts[i].base, facts[i].type, &err),
				 0);
		assert_string_equal(backend.path, facts[i].path);
		assert_string_equal(backend.all, facts[i].all);
		assert_string_equal(backend.bus_name, facts[i].bus_name);
	}
}

static void a_path_of_another_form_is_refused(void **state)
{
	(void)state;
	static const char *const paths[] = { "",
					     "/",
					     "5/51712",
					     "vbd/5/51712",
					     "backend/vbd/5/",
					     "backend/vbd//5",
					     "backend/vbd/5",
					     "backend/vbd/x/5",
					     "backend/vbd/5/x",
					     "backend//5/6",
					     "backend/vbd/5/123456789012345678901",
					     "backend/aaaaaaaaaaaaaaaaaaaaaaaaa/5/6" };
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		assert_int_equal(bd_block_backend_init(&backend, paths[i], NULL, NULL, &err), -1);
		assert_non_null(strstr(err.message, "XENBUS_PATH must be of the form backend/vbd/DOMID/DEVID"));
	}
	char *path = calloc(1, 4000);
	memset(path, 'a', 3000);
	memcpy(path + 3000, "/vbd/5/6", 9);
	assert_int_equal(bd_block_backend_init(&backend, path, NULL, NULL, &err), -1);
	assert_int_equal(err.code, ENAMETOOLONG);
	free(path);
}

static void a_device_number_is_hexadecimal_without_zeros(void **state)
{
	(void)state;
	char text[BD_BLOCK_NUMBER_SIZE];
	dev_t device;

	bd_block_format_number(makedev(7, 31), text);
	assert_string_equal(text, "7:1f");
	bd_block_format_number(makedev(0xfd, 0), text);
	assert_string_equal(text, "fd:0");
	bd_block_format_number(makedev(0xfff, 0xfffff), text);
	assert_string_equal(text, "fff:fffff");
	assert_true(bd_block_parse_number("fff:fffff", &device));
	assert_true(device == makedev(0xfff, 0xfffff));
	assert_true(bd_block_parse_number("7:1F", &device));
	assert_true(device == makedev(7, 31));

	static const char *const wrong[] = { "",     ":",	    "7",	   "7:",    ":1",
					     "7:1 ", " 7:1",	    "7:1:2",	   "0x7:1", "-7:1",
					     "7:+1", "123456789:1", "7:123456789", "7;1",   "g:1" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(bd_block_parse_number(wrong[i], &device));
}

static void what_libxl_wrote_is_read(void **state)
{
	(void)state;
	assert_int_equal(bd_block_backend_read(&memory_xenstore, &backend, &err), 0);
	assert_string_equal(backend.params, "/dev/vg/web01");
	assert_string_equal(backend.type, "phy");
	assert_int_equal(backend.mode, BD_BLOCK_WRITE);
	assert_string_equal(backend.frontend_id, "5");
	assert_string_equal(backend.frontend_vm, "/vm/00000000-0000-0000-0000-000000000005");
}

static void what_is_missing_or_empty_is_named_as_by_xens_script(void **state)
{
	(void)state;
	static const char *const names[] = { "params", "mode", "frontend-id" };

	for (size_t i = 0; i < 3; i++) {
		for (int missing = 0; missing < 2; missing++) {
			char expected[80];
			end(NULL);
			begin(NULL);
			put(missing ? NULL : "", PATH "/%s", names[i]);
			assert_int_equal(bd_block_backend_read(&memory_xenstore, &backend, &err), -1);
			snprintf(expected, sizeof(expected), "xenstore-read " PATH "/%s failed.", names[i]);
			assert_string_equal(err.message, expected);
		}
	}
	here.failing = PATH "/params";
	assert_int_equal(bd_block_backend_read(&memory_xenstore, &backend, &err), -1);
	assert_string_equal(err.message, "cannot read " PATH "/params in xenstore");
}

static const struct bd_block_answer answer = {
	.node = "/dev/loop3",
	.device = (dev_t)0x703,
	.device_path = "/dev/loop3",
	.disk_sequence = 18446744073709551615u,
	.is_file = true,
};

static void the_answer_has_the_nodes_of_xens_script(void **state)
{
	(void)state;
	assert_int_equal(bd_block_backend_answer(&memory_xenstore, &backend, &answer, &err), 0);
	assert_string_equal(get(PATH "/node"), "/dev/loop3");
	assert_string_equal(get(PATH "/physical-device"), "7:3");
	assert_string_equal(get(PATH "/physical-device-path"), "/dev/loop3");
	assert_string_equal(get(PATH "/hotplug-status"), "connected");
	assert_string_equal(get(PATH "/bigdisk-diskseq"), "18446744073709551615");
	assert_int_equal(shared->writes, 5);
	assert_string_equal(get(PATH "/hotplug-error"), "");
}

static void the_answer_for_a_device_has_no_node(void **state)
{
	(void)state;
	const struct bd_block_answer device = { .device = DEVICE, .device_path = "/dev/dm-3" };

	/* Only files need InitWait. */
	put("4", PATH "/state");
	assert_int_equal(bd_block_backend_answer(&memory_xenstore, &backend, &device, &err), 0);
	assert_string_equal(get(PATH "/physical-device"), "fd:3");
	assert_string_equal(get(PATH "/physical-device-path"), "/dev/dm-3");
	assert_int_equal(shared->writes, 3);
}

static void there_is_one_answer(void **state)
{
	(void)state;
	put("fd:1", PATH "/physical-device");
	assert_int_equal(bd_block_backend_answer(&memory_xenstore, &backend, &answer, &err), 1);
	assert_int_equal(shared->writes, 0);
	assert_string_equal(get(PATH "/physical-device"), "fd:1");
}

static unsigned commits;

static void answer_before(void)
{
	if (commits++ == 0)
		put("fd:1", PATH "/physical-device");
}

static void there_is_one_answer_of_two_at_the_same_time(void **state)
{
	(void)state;
	commits = 0;
	here.before_commit = answer_before;
	assert_int_equal(bd_block_backend_answer(&memory_xenstore, &backend, &answer, &err), 1);
	assert_int_equal(commits, 1);
	assert_int_equal(shared->writes, 0);
}

static void remove_before(void)
{
	static const char *const names[] = { "frontend", "frontend-id", "params", "script",
					     "online",	 "state",	"type",	  "mode" };

	commits++;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		put(NULL, PATH "/%s", names[i]);
}

static void a_backend_that_is_removed_meanwhile_is_not_written_to(void **state)
{
	(void)state;
	here.before_commit = remove_before;
	assert_int_equal(bd_block_backend_answer(&memory_xenstore, &backend, &answer, &err), -1);
	assert_string_equal(err.message, "Path closed or removed during hotplug add: " PATH " state: unknown");
	assert_int_equal(shared->writes, 0);
	assert_int_equal(bd_backend_refuse(&memory_xenstore, PATH, "error", "late", &err), 0);
	assert_int_equal(shared->writes, 0);
}

static void a_refusal_that_comes_late_is_not_written(void **state)
{
	(void)state;
	here.before_commit = remove_before;
	assert_int_equal(bd_backend_refuse(&memory_xenstore, PATH, "error", "late", &err), 0);
	assert_int_equal(shared->writes, 0);
}

static void touch_always(void)
{
	put("2", PATH "/state");
	commits++;
}

static void a_transaction_is_not_tried_for_ever(void **state)
{
	(void)state;
	commits = 0;
	here.before_commit = touch_always;
	assert_int_equal(bd_block_backend_answer(&memory_xenstore, &backend, &answer, &err), -1);
	assert_int_equal(err.code, EAGAIN);
	assert_int_equal(commits, 100);
	assert_int_equal(shared->writes, 0);
}

static void states_other_than_init_wait_end_a_file(void **state)
{
	(void)state;
	static const struct {
		const char *state;
		bool file, device;
	} facts[] = {
		{ "1", false, true },  { "2", true, true },   { "3", false, true },   { "4", false, true },
		{ "5", false, false }, { "6", false, false }, { NULL, false, false },
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		put(facts[i].state, PATH "/state");
		assert_int_equal(bd_block_backend_check_state(&memory_xenstore, &backend, true, &err),
				 facts[i].file ? 0 : -1);
		assert_int_equal(bd_block_backend_check_state(&memory_xenstore, &backend, false, &err),
				 facts[i].device ? 0 : -1);
	}
}

static void a_refusal_is_written(void **state)
{
	(void)state;
	assert_int_equal(bd_backend_refuse(&memory_xenstore, PATH, "busy", "two\nlines", &err), 0);
	assert_string_equal(get(PATH "/hotplug-error"), "two\nlines");
	assert_string_equal(get(PATH "/hotplug-status"), "busy");
}

static void a_failure_to_write_is_one(void **state)
{
	(void)state;
	here.failing = PATH "/physical-device-path";
	assert_int_equal(bd_block_backend_answer(&memory_xenstore, &backend, &answer, &err), -1);
	assert_string_equal(err.message, "cannot write " PATH "/physical-device-path in xenstore");
	assert_int_equal(shared->writes, 0);
	here.failing = PATH "/hotplug-status";
	assert_int_equal(bd_backend_refuse(&memory_xenstore, PATH, "busy", "text", &err), -1);
	assert_int_equal(shared->writes, 0);
}

static void mounts_are_found(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool reader, writer; /* is kept away */
	} facts[] = {
		{ "36 35 253:3 / /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n", true, true },
		{ "36 35 253:3 / /mnt rw,noatime - ext3 /dev/root rw", true, true },
		{ "36 35 253:3 / /mnt ro,noatime master:1 propagate_from:2 - ext3 /dev/root rw\n", false, true },
		{ "36 35 253:3 / /mnt ro - ext3 /dev/root ro,errors=continue\n", false, true },
		{ "36 35 253:3 / /mnt rw - ext3 /dev/root ro\n", false, true },
		{ "36 35 253:3 / /mnt rw,root - ext3 /dev/root rw,ro_fallback\n", true, true },
		{ "36 35 253:33 / /mnt rw - ext3 /dev/root rw\n", false, false },
		{ "36 35 25:33 / /mnt rw - ext3 /dev/root rw\n", false, false },
		{ "36 35 0:5 / /mnt rw - tmpfs  rw\n", false, false },
		{ "22 27 0:21 / /proc rw - proc proc rw\n36 35 253:3 / /mnt rw - ext3 /dev/root rw\n", true, true },
		/* Of another format: skipped. */
		{ "", false, false },
		{ "\n\n", false, false },
		{ "36 35 253:3\n", false, false },
		{ "36 35 253:3 / /mnt rw master:1\n", false, false },
		{ "36 35 253:3 / /mnt rw -\n", false, false },
		{ "36 35 253:3 / /mnt rw - ext3\n", false, false },
		{ "36 35 253 / /mnt rw - ext3 /dev/root rw\n", false, false },
		{ "36 35 253:3 / /mnt rw - ext3 /dev/root\n", true, true },
		{ "\xff\xfe garbage\n36 35 253:3 / /mnt rw - ext3 /dev/root rw\n", true, true },
	};
	dev_t items[] = { makedev(1, 2), DEVICE }, found;
	const struct bd_block_devices devices = { items, 2 };

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		write_mounts(facts[i].text);
		assert_int_equal(bd_block_find_mount(mountinfo, &devices, true, &found, &err), facts[i].reader);
		assert_int_equal(bd_block_find_mount(mountinfo, &devices, false, &found, &err), facts[i].writer);
		assert_true(!facts[i].writer || found == DEVICE);
	}
	assert_int_equal(bd_block_find_mount("/nonexistent/mountinfo", &devices, false, &found, &err), -1);
}

/* As btrfs has it, whose filesystems have a device of their own. */
static void a_mount_counts_by_its_source_too(void **state)
{
	(void)state;
	char folder[] = "/tmp/test block.XXXXXX", link[64], text[128];
	struct stat device;
	dev_t found;

	if (stat("/dev/loop0", &device) != 0 || !S_ISBLK(device.st_mode)) {
		print_message("there is no /dev/loop0\n");
		skip();
	}
	assert_non_null(mkdtemp(folder));
	snprintf(link, sizeof(link), "%s/a\\b", folder);
	assert_int_equal(symlink("/dev/loop0", link), 0);
	const struct bd_block_devices devices = { &device.st_rdev, 1 };
	snprintf(text, sizeof(text), "36 35 0:41 /@ /mnt rw - btrfs /tmp/test\\040%s/a\\134b rw\n", folder + 10);
	write_mounts(text);
	assert_int_equal(bd_block_find_mount(mountinfo, &devices, true, &found, &err), 1);
	assert_true(found == device.st_rdev);
	/* A folder, as of a bind mount, is no device. */
	write_mounts("36 35 0:41 /@ /mnt rw - fuse /tmp rw\n36 35 0:41 /@ /mnt rw - fuse loop0 rw\n");
	assert_int_equal(bd_block_find_mount(mountinfo, &devices, true, &found, &err), 0);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rmdir(folder), 0);
}

/* Who keeps guest 5 from the device. */
static enum bd_block_user user_for(const char *mode)
{
	dev_t items[] = { DEVICE, makedev(0xfd, 4) }, found;
	const struct bd_block_devices devices = { items, 2 };
	enum bd_block_user user;

	put(mode, PATH "/mode");
	bd_block_backend_dispose(&backend);
	assert_int_equal(bd_block_backend_init(&backend, PATH, "backend", "vbd", &err), 0);
	assert_int_equal(bd_block_backend_read(&memory_xenstore, &backend, &err), 0);
	assert_int_equal(bd_block_find_user(&memory_xenstore, &backend, mountinfo, &devices, &user, &found, &err), 0);
	assert_true(user == BD_BLOCK_NOBODY || found == DEVICE || found == makedev(0xfd, 4));
	return user;
}

static void check_users(enum bd_block_user reader, enum bd_block_user writer)
{
	assert_int_equal(user_for("r"), reader);
	assert_int_equal(user_for("w"), writer);
}

static void put_other(const char *number, const char *mode)
{
	put_disk(7, 51712, "/dev/vg/web01", mode);
	put(number, "backend/vbd/7/51712/physical-device");
}

static void a_disk_that_nobody_has_is_free(void **state)
{
	(void)state;
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_NOBODY);
	put_other("fd:5", "w");
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_NOBODY);
	/* Neither has a backend that has no device yet, or nonsense. */
	static const char *const numbers[] = { NULL, "", "fd", "fd:3x", "253:3", ",fd:3," };
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		put(numbers[i], "backend/vbd/7/51712/physical-device");
		check_users(BD_BLOCK_NOBODY, BD_BLOCK_NOBODY);
	}
}

static void dom0_has_what_it_mounted(void **state)
{
	(void)state;
	write_mounts("36 35 253:3 / /mnt rw - ext3 /dev/root rw\n");
	check_users(BD_BLOCK_DOM0, BD_BLOCK_DOM0);
	write_mounts("36 35 253:4 / /mnt ro - ext3 /dev/root ro\n");
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_DOM0);
}

static void another_guest_has_it(void **state)
{
	(void)state;
	put_other("fd:3", "w");
	check_users(BD_BLOCK_GUEST, BD_BLOCK_GUEST);
	put_other("fd:4", "rw");
	check_users(BD_BLOCK_GUEST, BD_BLOCK_GUEST);
	put_other("fd:3", "r");
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_GUEST);
	put_other("fd:3", NULL);
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_GUEST);
	put_other("fd:3", "w!");
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_GUEST);
}

static void a_guest_may_have_it_twice(void **state)
{
	(void)state;
	put_disk(5, 51728, "/dev/vg/web01", "w");
	put("fd:3", "backend/vbd/5/51728/physical-device");
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_NOBODY);
	/* But another guest's is found behind it. */
	put_other("fd:3", "w");
	check_users(BD_BLOCK_GUEST, BD_BLOCK_GUEST);
}

/* rename-restart keeps the dead one, with a name and a UUID of its own. */
static void a_domain_that_is_kept_after_its_end_does_not_count(void **state)
{
	(void)state;
	put_other("fd:3", "w");
	put("1", "backend/vbd/7/51712/bigdisk-left");
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_NOBODY);
	put_disk(8, 51712, "/dev/vg/web01", "w");
	put("fd:3", "backend/vbd/8/51712/physical-device");
	check_users(BD_BLOCK_GUEST, BD_BLOCK_GUEST);
}

static void a_domain_that_is_going_does_not_count(void **state)
{
	(void)state;
	put_other("fd:3", "w");
	put(NULL, "/local/domain/7/vm");
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_NOBODY);
}

static void the_same_guest_in_a_migration_does_not_count(void **state)
{
	(void)state;
	put_other("fd:3", "w");
	put("/vm/same", "/local/domain/7/vm");
	put("/vm/same-1", "/local/domain/5/vm");
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_NOBODY);
	put("/vm/same-2", "/local/domain/5/vm");
	check_users(BD_BLOCK_GUEST, BD_BLOCK_GUEST);
	put("/vm/same", "/local/domain/5/vm");
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_NOBODY);
}

static void a_device_models_domain_shares_with_its_guest(void **state)
{
	(void)state;
	put_other("fd:3", "w");
	/* Guest 5 is the device model of guest 7, */
	put("7", "/local/domain/5/target");
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_NOBODY);
	/* or the other way round, */
	put(NULL, "/local/domain/5/target");
	put("5", "/local/domain/7/target");
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_NOBODY);
	/* or both of guest 9, */
	put("9", "/local/domain/5/target");
	put("9", "/local/domain/7/target");
	put("/vm/nine", "/local/domain/9/vm");
	check_users(BD_BLOCK_NOBODY, BD_BLOCK_NOBODY);
	/* or of different ones, */
	put("10", "/local/domain/7/target");
	put("/vm/ten", "/local/domain/10/vm");
	check_users(BD_BLOCK_GUEST, BD_BLOCK_GUEST);
	/* or of ones that are not there: two missing ones are not the same, as they were for Xen's script until May 2024. */
	put(NULL, "/local/domain/9/vm");
	put(NULL, "/local/domain/10/vm");
	check_users(BD_BLOCK_GUEST, BD_BLOCK_GUEST);
}

static void what_cannot_be_read_is_not_taken_for_free(void **state)
{
	(void)state;
	static const char *const paths[] = { "backend/vbd/7/51712/physical-device", "/local/domain/7/vm",
					     "/local/domain/5/target", "/local/domain/7/target" };
	dev_t items[] = { DEVICE }, found;
	const struct bd_block_devices devices = { items, 1 };
	enum bd_block_user user;

	put_other("fd:3", "w");
	assert_int_equal(bd_block_backend_read(&memory_xenstore, &backend, &err), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		here.failing = paths[i];
		assert_int_equal(
			bd_block_find_user(&memory_xenstore, &backend, mountinfo, &devices, &user, &found, &err), -1);
	}
	here.failing = NULL;
	assert_int_equal(bd_block_find_user(&memory_xenstore, &backend, "/nonexistent/mountinfo", &devices, &user,
					    &found, &err),
			 -1);
}

static void the_messages_are_those_of_xens_script(void **state)
{
	(void)state;
	static const struct {
		enum bd_block_user user;
		enum bd_block_mode mode;
		bool is_file;
		const char *text;
	} facts[] = {
		{ BD_BLOCK_GUEST, BD_BLOCK_WRITE, false,
		  "Device /dev/dm-3 is mounted in a guest domain,\nand so cannot be mounted now." },
		{ BD_BLOCK_GUEST, BD_BLOCK_READ, false,
		  "Device /dev/dm-3 is mounted read-write in a guest domain,\nand so cannot be mounted read-only now." },
		{ BD_BLOCK_DOM0, BD_BLOCK_WRITE, false,
		  "Device /dev/dm-3 is mounted in the privileged domain,\nand so cannot be mounted by a guest." },
		{ BD_BLOCK_DOM0, BD_BLOCK_READ, false,
		  "Device /dev/dm-3 is mounted read-write in the privileged domain,\n"
		  "and so cannot be mounted read-only by a guest." },
		{ BD_BLOCK_GUEST, BD_BLOCK_WRITE, true,
		  "File /dev/dm-3 is loopback-mounted through fd:3,\nwhich is mounted in a guest domain,\n"
		  "and so cannot be mounted now." },
		{ BD_BLOCK_DOM0, BD_BLOCK_READ, true,
		  "File /dev/dm-3 is loopback-mounted through fd:3,\nwhich is mounted read-write in the privileged domain,\n"
		  "and so cannot be mounted read-only by a guest." },
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		char *text;
		assert_int_equal(bd_block_user_message(facts[i].user, facts[i].mode, "/dev/dm-3", facts[i].is_file,
						       DEVICE, &text, &err),
				 0);
		assert_string_equal(text, facts[i].text);
		free(text);
	}
}

#define FACT(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest facts[] = {
		FACT(modes_are_canonicalised_as_by_xens_script),
		FACT(the_environment_says_which_backend),
		FACT(a_path_of_another_form_is_refused),
		FACT(a_device_number_is_hexadecimal_without_zeros),
		FACT(what_libxl_wrote_is_read),
		FACT(what_is_missing_or_empty_is_named_as_by_xens_script),
		FACT(the_answer_has_the_nodes_of_xens_script),
		FACT(the_answer_for_a_device_has_no_node),
		FACT(there_is_one_answer),
		FACT(there_is_one_answer_of_two_at_the_same_time),
		FACT(a_backend_that_is_removed_meanwhile_is_not_written_to),
		FACT(a_refusal_that_comes_late_is_not_written),
		FACT(a_transaction_is_not_tried_for_ever),
		FACT(states_other_than_init_wait_end_a_file),
		FACT(a_refusal_is_written),
		FACT(a_failure_to_write_is_one),
		FACT(mounts_are_found),
		FACT(a_mount_counts_by_its_source_too),
		FACT(a_disk_that_nobody_has_is_free),
		FACT(dom0_has_what_it_mounted),
		FACT(another_guest_has_it),
		FACT(a_guest_may_have_it_twice),
		FACT(a_domain_that_is_kept_after_its_end_does_not_count),
		FACT(a_domain_that_is_going_does_not_count),
		FACT(the_same_guest_in_a_migration_does_not_count),
		FACT(a_device_models_domain_shares_with_its_guest),
		FACT(what_cannot_be_read_is_not_taken_for_free),
		FACT(the_messages_are_those_of_xens_script),
	};
	int fd = mkstemp(mountinfo);
	if (fd < 0)
		return 1;
	close(fd);
	int failed = cmocka_run_group_tests(facts, NULL, NULL);
	unlink(mountinfo);
	return failed;
}
