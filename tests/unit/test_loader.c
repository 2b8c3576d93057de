/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about toolstack/loader.h, on a machine without Xen. The plugin is build/tests/fake-toolstack.so. */
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "toolstack/loader.h"

static char here[4096]; /* the folder of this program */
static char fake[sizeof(here) + 64];
static struct bd_error err;

static void check_fails(int code, const char *part)
{
	struct bd_loaded_toolstack loaded;
	memset(&loaded, 0x55, sizeof(loaded));
	struct bd_loaded_toolstack untouched = loaded;
	assert_int_equal(bd_toolstack_load(true, &loaded, &err), -1);
	assert_int_equal(err.code, code);
	if (!strstr(err.message, part))
		fail_msg("\"%s\" is not in \"%s\"", part, err.message);
	assert_memory_equal(&loaded, &untouched, sizeof(loaded));
}

static void a_plugin_named_by_hand_is_loaded_without_xen(void **state)
{
	(void)state;
	struct bd_loaded_toolstack loaded;
	setenv("XEN_BIGDISK_TOOLSTACK", fake, 1);
	assert_int_equal(bd_toolstack_load(true, &loaded, &err), 0);
	assert_string_equal(loaded.plugin->name, "fake");
	assert_string_equal(loaded.path, fake);
	bd_toolstack_unload(&loaded);
	assert_null(loaded.plugin);
	bd_toolstack_unload(&loaded);
}

static void a_plugin_named_by_hand_stands_for_its_hypervisor(void **state)
{
	(void)state;
	struct bd_xen_version version = { 0 };
	setenv("XEN_BIGDISK_TOOLSTACK", fake, 1);
	setenv("FAKE_TOOLSTACK_XEN", "4.20", 1);
	assert_int_equal(bd_xen_running(&version, &err), 0);
	assert_int_equal(version.major, 4);
	assert_int_equal(version.minor, 20);
	setenv("FAKE_TOOLSTACK_XEN", "new", 1);
	assert_int_equal(bd_xen_running(&version, &err), -1);
	assert_int_equal(err.code, EINVAL);
	setenv("XEN_BIGDISK_TOOLSTACK", "/nonexistent.so", 1);
	assert_int_equal(bd_xen_running(&version, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void a_file_that_is_no_plugin_is_refused(void **state)
{
	(void)state;
	Dl_info libc;
	setenv("XEN_BIGDISK_TOOLSTACK", "/nonexistent/plugin.so", 1);
	check_fails(ENOENT, "/nonexistent/plugin.so");
	setenv("XEN_BIGDISK_TOOLSTACK", "/etc/passwd", 1);
	check_fails(ELIBACC, "/etc/passwd");
	assert_int_not_equal(dladdr((void *)(uintptr_t)&fopen, &libc), 0);
	char *path = realpath(libc.dli_fname, NULL);
	assert_non_null(path);
	setenv("XEN_BIGDISK_TOOLSTACK", path, 1);
	check_fails(ELIBBAD, "has no bd_toolstack_entry");
	free(path);
}

static void a_plugin_of_another_abi_is_refused(void **state)
{
	(void)state;
	setenv("XEN_BIGDISK_TOOLSTACK", fake, 1);
	setenv("FAKE_TOOLSTACK_ABI", "99", 1);
	check_fails(ELIBBAD, "has ABI 99, but this program needs 4");
	unsetenv("FAKE_TOOLSTACK_ABI");
	setenv("FAKE_TOOLSTACK_SIZE", "40", 1);
	check_fails(ELIBBAD, "too old");
	setenv("FAKE_TOOLSTACK_SIZE", "8", 1);
	check_fails(ELIBBAD, "its table is empty");
	setenv("FAKE_TOOLSTACK_SIZE", "0", 1);
	check_fails(ELIBBAD, "its table is empty");

	struct bd_loaded_toolstack loaded;
	setenv("FAKE_TOOLSTACK_SIZE", "4096", 1); /* a later version with more members */
	assert_int_equal(bd_toolstack_load(true, &loaded, &err), 0);
	bd_toolstack_unload(&loaded);
}

static void without_xen_there_is_nothing_to_start_guests_with(void **state)
{
	(void)state;
	struct bd_xen_version version;
	if (access("/sys/hypervisor/type", F_OK) == 0)
		skip();
	assert_int_equal(bd_xen_running(&version, &err), -1);
	assert_int_equal(err.code, ENODEV);
	assert_string_equal(err.message, "no Xen is running here");
	check_fails(ENODEV, "no Xen is running here");
	setenv("XEN_BIGDISK_TOOLSTACK", "", 1); /* as if it were not set */
	check_fails(ENODEV, "no Xen is running here");
}

static void put_plugin(const char *name)
{
	char path[sizeof(fake)];
	snprintf(path, sizeof(path), "%.4000s/%s", here, name);
	unlink(path);
	assert_int_equal(symlink(fake, path), 0);
}

static void drop_plugin(const char *name)
{
	char path[sizeof(fake)];
	snprintf(path, sizeof(path), "%.4000s/%s", here, name);
	unlink(path);
}

static void to_describe_a_config_the_newest_plugin_will_do(void **state)
{
	(void)state;
	struct bd_loaded_toolstack loaded;
	if (access("/sys/hypervisor/type", F_OK) == 0)
		skip();
	put_plugin("toolstack-libxl-9.20.so");
	put_plugin("toolstack-libxl-10.3.so");
	put_plugin("toolstack-libxl-99.9.so.old");
	int r = bd_toolstack_load(false, &loaded, &err);
	drop_plugin("toolstack-libxl-9.20.so");
	drop_plugin("toolstack-libxl-10.3.so");
	drop_plugin("toolstack-libxl-99.9.so.old");
	assert_int_equal(r, 0);
	assert_non_null(strstr(loaded.path, "/toolstack-libxl-10.3.so"));
	bd_toolstack_unload(&loaded);
}

static int clear(void **state)
{
	(void)state;
	unsetenv("XEN_BIGDISK_TOOLSTACK");
	unsetenv("FAKE_TOOLSTACK_XEN");
	unsetenv("FAKE_TOOLSTACK_ABI");
	unsetenv("FAKE_TOOLSTACK_SIZE");
	return 0;
}

/* build/tests/unit/test_loader: the fake lies one folder up. */
static int find_fake(void **state)
{
	(void)state;
	ssize_t length = readlink("/proc/self/exe", here, sizeof(here) - 1);
	if (length <= 0)
		return -1;
	here[length] = '\0';
	*strrchr(here, '/') = '\0';
	snprintf(fake, sizeof(fake), "%s/../fake-toolstack.so", here);
	return access(fake, F_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_plugin_named_by_hand_is_loaded_without_xen, clear),
		cmocka_unit_test_setup(a_plugin_named_by_hand_stands_for_its_hypervisor, clear),
		cmocka_unit_test_setup(a_file_that_is_no_plugin_is_refused, clear),
		cmocka_unit_test_setup(a_plugin_of_another_abi_is_refused, clear),
		cmocka_unit_test_setup(without_xen_there_is_nothing_to_start_guests_with, clear),
		cmocka_unit_test_setup(to_describe_a_config_the_newest_plugin_will_do, clear),
	};
	return cmocka_run_group_tests(tests, find_fake, NULL);
}
