/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about import/directory/source_directory.c, by comparison with what the kernel says of the folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "import/directory/source_directory.h"
#include "sealed_checks.h"
#include "tree_checks.h"

static uint64_t progress_seen;

static void see_progress(uint64_t bytes)
{
	assert_true(bytes >= progress_seen);
	progress_seen = bytes;
}

static int import(const char *path)
{
	begin_pack();
	progress_seen = 0;
	return bd_source_directory(path, see_progress, writer, &err);
}

static void assert_imports(const char *path)
{
	if (import(path) != 0)
		fail_msg("%s", err.message);
	finish_pack();
}

static void everything_survives(void **state)
{
	(void)state;
	SH(make_tree_script);
	make_socket("tree/socket");
	SH("touch -a -d '2011-02-03 04:05:06.700800900Z' tree/socket");
	assert_imports("tree");
	assert_same_tree("tree", 0);
	assert_in_range(progress_seen, 300000, 10000000);
}

static void the_same_folder_gives_the_same_template(void **state)
{
	(void)state;
	char checksum[65];
	SH("mkdir tree; cd tree; for i in $(seq 500); do echo $i >$i; done; mkdir -p a/b");
	SH("cp -a tree other; rm other/7; cp -p tree/7 other");
	SH("for f in tree other; do find $f -depth -exec touch -d @1 '{}' +; done");
	assert_imports("tree");
	strcpy(checksum, totals.tree_checksum);
	assert_imports("other");
	assert_string_equal(totals.tree_checksum, checksum);
}

/* Reading is not using: access times stay. */
static void access_times_are_not_touched(void **state)
{
	(void)state;
	struct stat st;
	SH("mkdir tree; echo x >tree/x; touch -a -d @1 tree/x tree");
	assert_imports("tree");
	assert_int_equal(stat("tree", &st), 0);
	assert_int_equal(st.st_atime, 1);
	assert_int_equal(stat("tree/x", &st), 0);
	assert_int_equal(st.st_atime, 1);
	assert_int_equal(look("/x").atime_s, 1);
}

static void a_folder_deeper_than_any_path_is_read(void **state)
{
	(void)state;
	struct rlimit before, few = { 64, 64 };
	RUN("python3", "-c",
	    "import os\n"
	    "os.mkdir('tree'); os.chdir('tree')\n"
	    "for i in range(3000):\n"
	    "  open('a-file', 'w').write(str(i)); os.mkdir('d'); os.mkdir('e'); open('e/x', 'w')\n"
	    "  open('z-file', 'w').write(str(i)); os.chdir('d')\n");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_imports("tree");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(sealed.dir_count, 1 + 2 * 3000);
	assert_int_equal(sealed.inode_count, 1 + 5 * 3000);
	assert_text("/d/d/d/z-file", "3");
	assert_true(exists("/d/d/d/e/x"));
}

static void a_folder_with_many_files_is_read(void **state)
{
	(void)state;
	RUN("python3", "-c", "import os\nos.mkdir('tree')\nfor i in range(50000): open(f'tree/{i}', 'w')");
	assert_imports("tree");
	assert_int_equal(sealed.inode_count, 50001);
}

static void what_ordinary_users_may_not_read_is_named(void **state)
{
	(void)state;
	SH("mkdir -p tree/sub; echo x >tree/sub/secret; chmod 0 tree/sub/secret; chmod 755 .");
	if (geteuid() == 0) {
		assert_int_equal(chmod(*state, 0777), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	int r = import("tree");
	assert_int_equal(seteuid(getuid()), 0);
	assert_int_equal(r, -1);
	assert_int_equal(err.code, EACCES);
	assert_non_null(strstr(err.message, "tree: sub/secret: "));
	assert_non_null(strstr(err.message, "run as root"));
}

static void what_is_not_there_is_named(void **state)
{
	(void)state;
	assert_int_equal(import("nowhere"), -1);
	assert_int_equal(err.code, ENOENT);
	assert_non_null(strstr(err.message, "nowhere"));
	SH(": >file");
	assert_int_equal(import("file"), -1);
	assert_int_equal(err.code, ENOTDIR);
}

/* The first bytes are read, and then the file is cut. */
static void cut_the_file(uint64_t bytes)
{
	(void)bytes;
	assert_int_equal(truncate("tree/file", 100), 0);
}

static void lengthen_the_file(uint64_t bytes)
{
	(void)bytes;
	assert_int_equal(truncate("tree/file", 10000000), 0);
}

static void a_file_that_changes_its_size_is_refused(void **state)
{
	(void)state;
	SH("mkdir tree; head -c 1000000 /dev/urandom >tree/file");
	begin_pack();
	assert_int_equal(bd_source_directory("tree", lengthen_the_file, writer, &err), -1);
	assert_int_equal(err.code, EBUSY);
	assert_non_null(strstr(err.message, "tree: file: "));
	begin_pack();
	assert_int_equal(bd_source_directory("tree", cut_the_file, writer, &err), -1);
	assert_int_equal(err.code, EBUSY);
}

static void a_mount_point_becomes_an_empty_folder(void **state)
{
	(void)state;
	SH("mkdir -p tree/mount tree/bind tree/z; echo x >tree/z/x; : >tree/file; echo host >host");
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		skip();
	assert_int_equal(mount("tmpfs", "tree/mount", "tmpfs", 0, NULL), 0);
	assert_int_equal(mount("tree/z", "tree/bind", NULL, MS_BIND, NULL), 0);
	assert_int_equal(mount("host", "tree/file", NULL, MS_BIND, NULL), 0);
	SH("echo y >tree/mount/y");
	int r = import("tree");
	umount("tree/mount");
	umount("tree/bind");
	umount("tree/file");
	assert_int_equal(r, 0);
	finish_pack();
	assert_true(S_ISDIR(look("/mount").mode));
	assert_false(exists("/mount/y"));
	assert_true(S_ISDIR(look("/bind").mode));
	assert_false(exists("/bind/x"));
	assert_text("/z/x", "x\n");
	assert_text("/file", "");
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, enter_pack_folder, leave_pack_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(everything_survives),
		FACT(the_same_folder_gives_the_same_template),
		FACT(access_times_are_not_touched),
		FACT(a_folder_deeper_than_any_path_is_read),
		FACT(a_folder_with_many_files_is_read),
		FACT(what_ordinary_users_may_not_read_is_named),
		FACT(what_is_not_there_is_named),
		FACT(a_file_that_changes_its_size_is_refused),
		FACT(a_mount_point_becomes_an_empty_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
