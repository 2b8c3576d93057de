/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about recipes/kernel.h and base/file/cache.h. apt is played by scripts; the packages are real ones. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/file/cache.h"
#include "base/log.h"
#include "base/progress.h"
#include "recipes/kernel.h"
#include "recipes/kernel_fetch.h"
#include "rootfs/kernel_name.h"
#include "test_template_fixture.h"

static struct bd_error err;
static struct bd_kernel kernel;

static void add_kernel(const char *version, int with_modules)
{
	char name[256];
	snprintf(name, sizeof(name), "boot/vmlinuz-%s", version);
	write_text(name, "kernel");
	snprintf(name, sizeof(name), "modules/%s/modules.dep", version);
	if (with_modules)
		write_text(name, "");
}

static void versions_sort_as_dpkg_sorts_them(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{ "6.1.0-9-amd64", "6.1.0-10-amd64" },
		{ "6.1.0-56-amd64", "6.12.107+deb13-amd64" },
		{ "6.12~rc3-amd64", "6.12-amd64" },
		{ "5.15.0-101-generic", "5.15.0-99-generic" },
		{ "6.1.0-28-amd64", "6.1.0-28-amd64" },
		{ "6.1.0-28-amd64", "6.1.0-28-cloud-amd64" },
		{ "4.19.0", "4.19.0-1" },
		{ "6.01", "6.1" },
		{ "6.1a", "6.1+" },
		{ "10.0", "9.9" },
	};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		const char *a = pairs[i][0], *b = pairs[i][1];
		/* The golden: dpkg's own order. */
		const char *less[] = { "dpkg", "--compare-versions", a, "lt-nl", b, NULL };
		const char *equal[] = { "dpkg", "--compare-versions", a, "eq", b, NULL };
		int expected = bd_run(&(struct bd_run){ .argv = equal }, &err) == 0  ? 0
			       : bd_run(&(struct bd_run){ .argv = less }, &err) == 0 ? -1
										     : 1;
		int r = bd_kernel_compare_versions(a, b);
		assert_int_equal((r > 0) - (r < 0), expected);
		r = bd_kernel_compare_versions(b, a);
		assert_int_equal((r > 0) - (r < 0), -expected);
	}
}

static void the_newest_kernel_of_boot_wins(void **state)
{
	(void)state;
	add_kernel("6.1.0-9-amd64", 1);
	add_kernel("6.1.0-10-amd64", 1);
	add_kernel("5.10.0-30-amd64", 1);
	write_text("boot/vmlinuz-old", "not a version");
	write_text("boot/config-6.12.0", "");
	assert_int_equal(bd_kernel_newest_in(at("boot"), at("modules"), &kernel, &err), 0);
	assert_string_equal(kernel.version, "6.1.0-10-amd64");
	assert_string_equal(kernel.image_path, at("boot/vmlinuz-6.1.0-10-amd64"));
	assert_string_equal(kernel.modules_path, at("modules/6.1.0-10-amd64"));
}

static void a_kernel_without_its_modules_is_passed_over(void **state)
{
	(void)state;
	add_kernel("6.1.0-9-amd64", 1);
	add_kernel("6.1.0-10-amd64", 0);
	assert_int_equal(bd_kernel_newest_in(at("boot"), at("modules"), &kernel, &err), 0);
	assert_string_equal(kernel.version, "6.1.0-9-amd64");
}

/* In a child, as somebody else when we are root, who reads everything. */
static void a_kernel_that_cannot_be_read_is_passed_over(void **state)
{
	(void)state;
	add_kernel("6.1.0-9-amd64", 1);
	add_kernel("6.1.0-10-amd64", 1);
	chmod(scratch, 0755);
	chmod(at("boot/vmlinuz-6.1.0-10-amd64"), 0);
	pid_t child = fork();
	if (child == 0) {
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(2);
		int r = bd_kernel_newest_in(at("boot"), at("modules"), &kernel, &err);
		_exit(r == 0 && strcmp(kernel.version, "6.1.0-9-amd64") == 0 ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void no_kernel_is_said(void **state)
{
	(void)state;
	assert_int_equal(bd_kernel_newest_in(at("boot"), at("modules"), &kernel, &err), -1);
	assert_int_equal(err.code, ENOPKG);
	assert_int_equal(bd_kernel_newest_cached(at("kernels"), &kernel, &err), -1);
	assert_int_equal(err.code, ENOPKG);
}

/* ---- the fetch */

static char *path_before;

/* Scripts called apt-cache and apt-get come first in PATH; kernels/ is the cache. */
static int set_up_apt(void **state)
{
	char path[8192];
	if (make_scratch(state) != 0)
		return -1;
	path_before = strdup(getenv("PATH"));
	snprintf(path, sizeof(path), "%s/bin:%s", scratch, path_before);
	setenv("PATH", path, 1);
	mkdir(at("kernels"), 0755);
	bd_log_set_level(BD_LOG_ERROR);
	bd_progress_init(BD_PROGRESS_OFF);
	write_script("bin/apt-cache",
		     "#!/bin/sh\n"
		     "case $3 in\n"
		     "linux-image-amd64) echo '  Depends: linux-image-6.9.0-1-amd64' ;;\n"
		     "linux-image-6.9.0-1-amd64) echo '  Depends: kmod'; echo '  Recommends: apparmor' ;;\n"
		     "*) echo 'E: No packages found' >&2; exit 100 ;;\n"
		     "esac\n");
	write_script("bin/dpkg", "#!/bin/sh\necho amd64\n");
	return 0;
}

static int tear_down_apt(void **state)
{
	setenv("PATH", path_before, 1);
	free(path_before);
	bd_log_set_level(BD_LOG_INFO);
	return remove_scratch(state);
}

/* A kernel package with its modules below lib; apt-get gives it to whoever asks. */
static void offer_package(const char *lib)
{
	char name[256], script[8192];
	write_text("package/DEBIAN/control",
		   "Package: linux-image-6.9.0-1-amd64\nVersion: 6.9.1-1\nArchitecture: all\n"
		   "Maintainer: nobody <nobody@example.org>\nDescription: test\n");
	write_text("package/boot/vmlinuz-6.9.0-1-amd64", "kernel");
	snprintf(name, sizeof(name), "package/%s/modules/6.9.0-1-amd64/modules.builtin", lib);
	write_text(name, "kernel/fs/ext4/ext4.ko\n");
	snprintf(name, sizeof(name), "package/%s/modules/6.9.0-1-amd64/kernel/sound/noise.ko", lib);
	write_text(name, "never needed");
	const char *argv[] = { "dpkg-deb", "--root-owner-group", "-b", at("package"), at("k.deb"), NULL };
	if (bd_run(&(struct bd_run){ .argv = argv }, &err) != 0)
		fail_msg("%s", err.message);
	snprintf(script, sizeof(script),
		 "#!/bin/sh\n[ \"$*\" = '--quiet download linux-image-6.9.0-1-amd64' ] || exit 1\ncp %s .\n",
		 at("k.deb"));
	write_script("bin/apt-get", script);
}

static unsigned entries_of(const char *folder)
{
	unsigned count = 0;
	DIR *entries = opendir(folder);
	assert_non_null(entries);
	while (readdir(entries))
		count++;
	closedir(entries);
	return count - 2;
}

static void assert_fetched(void)
{
	if (bd_kernel_fetch(at("kernels"), &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(entries_of(at("kernels")), 1);
	assert_int_equal(bd_kernel_newest_cached(at("kernels"), &kernel, &err), 0);
	assert_string_equal(kernel.version, "6.9.0-1-amd64");
	assert_int_equal(access(kernel.image_path, R_OK), 0);
	assert_int_equal(access(at("kernels/6.9.0-1-amd64/lib/modules/6.9.0-1-amd64/modules.dep"), R_OK), 0);
	assert_int_equal(access(at("kernels/6.9.0-1-amd64/lib/modules/6.9.0-1-amd64/modules.builtin"), R_OK), 0);
	assert_int_not_equal(access(at("kernels/6.9.0-1-amd64/lib/modules/6.9.0-1-amd64/kernel/sound"), F_OK), 0);
}

static void a_package_is_fetched_unpacked_and_then_found(void **state)
{
	(void)state;
	offer_package("lib");
	assert_fetched();
}

static void a_package_of_merged_usr_is_the_same(void **state)
{
	(void)state;
	offer_package("usr/lib");
	assert_fetched();
}

static void a_failed_download_leaves_nothing_and_says_what_to_do(void **state)
{
	(void)state;
	write_script("bin/apt-get", "#!/bin/sh\necho 'E: Failed to fetch http://example.org'\nexit 100\n");
	assert_int_equal(bd_kernel_fetch(at("kernels"), &err), -1);
	assert_non_null(strstr(err.message, "Failed to fetch"));
	assert_non_null(strstr(err.message, "apt-get update"));
	assert_int_equal(entries_of(at("kernels")), 0);
}

static void a_package_that_apt_does_not_know_is_said(void **state)
{
	(void)state;
	offer_package("lib");
	write_script("bin/apt-cache", "#!/bin/sh\nexit 100\n");
	assert_int_equal(bd_kernel_fetch(at("kernels"), &err), -1);
	assert_int_equal(err.code, ENOPKG);
	assert_non_null(strstr(err.message, "apt-get update"));
	assert_int_equal(entries_of(at("kernels")), 0);
}

static void a_package_without_a_kernel_leaves_nothing(void **state)
{
	(void)state;
	offer_package("lib");
	unlink(at("package/boot/vmlinuz-6.9.0-1-amd64"));
	const char *argv[] = { "dpkg-deb", "--root-owner-group", "-b", at("package"), at("k.deb"), NULL };
	assert_int_equal(bd_run(&(struct bd_run){ .argv = argv }, &err), 0);
	assert_int_equal(bd_kernel_fetch(at("kernels"), &err), -1);
	assert_int_equal(err.code, ENOPKG);
	assert_int_equal(entries_of(at("kernels")), 0);
}

/* ---- the cache's folder */

static void the_cache_is_made_where_the_environment_says(void **state)
{
	(void)state;
	char path[4096];
	struct stat st;
	char wish[4096];
	snprintf(wish, sizeof(wish), "%s/", at("a/b/cache"));
	setenv("XEN_BIGDISK_CACHE", wish, 1);
	assert_int_equal(bd_cache_dir(path, sizeof(path), &err), 0);
	assert_string_equal(path, at("a/b/cache"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(bd_cache_subdir("kernels", path, sizeof(path), &err), 0);
	assert_string_equal(path, at("a/b/cache/kernels"));
	assert_int_equal(stat(path, &st), 0);
	unsetenv("XEN_BIGDISK_CACHE");
}

static void a_relative_cache_is_wrong_usage(void **state)
{
	(void)state;
	char path[4096];
	setenv("XEN_BIGDISK_CACHE", "somewhere", 1);
	assert_int_equal(bd_cache_dir(path, sizeof(path), &err), -1);
	assert_int_equal(err.code, BD_EUSAGE);
	unsetenv("XEN_BIGDISK_CACHE");
}

static void a_cache_that_cannot_be_made_is_said(void **state)
{
	(void)state;
	char path[4096];
	write_text("file", "");
	setenv("XEN_BIGDISK_CACHE", at("file/cache"), 1);
	assert_int_equal(bd_cache_dir(path, sizeof(path), &err), -1);
	assert_int_equal(err.code, ENOTDIR);
	setenv("XEN_BIGDISK_CACHE", at("file"), 1);
	assert_int_equal(bd_cache_dir(path, sizeof(path), &err), -1);
	assert_int_equal(err.code, ENOTDIR);
	unsetenv("XEN_BIGDISK_CACHE");
}

static void a_cache_of_another_user_is_refused(void **state)
{
	(void)state;
	char path[4096];
	if (geteuid() != 0)
		skip(); /* only root can make such a folder */
	mkdir(at("theirs"), 0755);
	assert_int_equal(chown(at("theirs"), 12345, 12345), 0);
	setenv("XEN_BIGDISK_CACHE", at("theirs"), 1);
	assert_int_equal(bd_cache_dir(path, sizeof(path), &err), -1);
	assert_int_equal(err.code, EPERM);
	unsetenv("XEN_BIGDISK_CACHE");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_scratch, remove_scratch)
#define APT_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_apt, tear_down_apt)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(versions_sort_as_dpkg_sorts_them),
		TEST(the_newest_kernel_of_boot_wins),
		TEST(a_kernel_without_its_modules_is_passed_over),
		TEST(a_kernel_that_cannot_be_read_is_passed_over),
		TEST(no_kernel_is_said),
		APT_TEST(a_package_is_fetched_unpacked_and_then_found),
		APT_TEST(a_package_of_merged_usr_is_the_same),
		APT_TEST(a_failed_download_leaves_nothing_and_says_what_to_do),
		APT_TEST(a_package_that_apt_does_not_know_is_said),
		APT_TEST(a_package_without_a_kernel_leaves_nothing),
		TEST(the_cache_is_made_where_the_environment_says),
		TEST(a_relative_cache_is_wrong_usage),
		TEST(a_cache_that_cannot_be_made_is_said),
		TEST(a_cache_of_another_user_is_refused),
	};
	return cmocka_run_group_tests_name("kernel", tests, NULL, NULL);
}
