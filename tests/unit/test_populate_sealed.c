/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about an ext3 that is filled from a sealed template. The judges are e2fsck, debugfs and the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import/directory/source_directory.h"
#include "import/disk/source_disk.h"
#include "sealed_checks.h"
#include "populate_checks.h"
#include "tree_checks.h"

static void import_folder(const char *path)
{
	begin_pack();
	if (bd_source_directory(path, NULL, writer, &err) < 0)
		fail_msg("%s", err.message);
	finish_pack();
}

/* ---- everything that a Unix filesystem holds ---- */

/* A root has lost+found, which ext3 then takes over. */
static const char more_script[] =
	"cd tree; mkdir -m 700 lost+found; echo found >lost+found/'#12'; touch -m -d '1970-01-01 00:00:00.25Z' sticky\n"
	"for n in 1 59 60 4000; do ln -s \"$(printf %${n}s | tr ' ' t)\" target-$n; done\n"
	"touch -m -d '1901-12-14Z' file-1901; touch -m -d '2446-05-10 22:38:55.999999999Z' file-2446\n"
	"d=.; for i in $(seq 60); do d=$d/deep; mkdir $d; done; echo deep >$d/file\n"
	"mkdir many; (cd many; i=0; while [ $i -lt 700 ]; do : >\"$(printf 'n\\344me-%d' $i)\"; i=$((i+1)); done)\n"
	"setfattr -n user.a -v 1 many; setfattr -n user.large -v \"$(printf %3000s | tr ' ' L)\" many\n"
	"if [ \"$(id -u)\" = 0 ]; then : >owner; chown 4294967294:4294967294 owner; chmod 6755 owner\n"
	"mknod small c 255 255; mknod large-major b 256 1; mknod large-minor c 1 256; mknod largest b 4095 1048575\n"
	"fi; find . ! -type d -exec touch -h -a -d '2011-02-03 04:05:06.700800900Z' '{}' +\n";

static void is_like_the_tree(const char *folder)
{
	assert_same_folders("tree", folder);
}

static void import_everything(void)
{
	SH(make_tree_script);
	SH(more_script);
	make_socket("tree/socket");
	RUN("touch", "-a", "-d", "2011-02-03 04:05:06.700800900Z", "tree/socket");
	import_folder("tree");
}

static void everything_survives(void **state)
{
	(void)state;
	import_everything();
	write_image("image", MIB, 4 * GIB);
	check_clean("image", MIB);
	with_kernel("image", MIB, "loop,ro", is_like_the_tree);
	/* 5 GiB of holes, and 700 KiB of content in all. */
	assert_true(allocated_bytes("image") < 4 * MIB);
}

static void everything_survives_at_an_offset_that_no_block_fits(void **state)
{
	(void)state;
	import_everything();
	write_image("image", CYLINDER, 700 * MIB + 512);
	check_clean("image", CYLINDER);
	with_kernel("image", CYLINDER, "loop,ro", is_like_the_tree);
}

static void debugfs_sees_the_same(void **state)
{
	(void)state;
	import_everything();
	write_image("image", MIB, 64 * MIB);
	check_clean("image", MIB);
	assert_int_equal(mkdir("out", 0700), 0);
	debugfs("dump /random out/random");
	RUN("cmp", "out/random", "tree/random");
	debugfs("rdump /deep out");
	RUN("diff", "-r", "--no-dereference", "tree/deep", "out/deep");
	debugfs("ea_get -f out/value /random user.big");
	SH("getfattr --only-values -n user.big tree/random | cmp - out/value");
	assert_debugfs("ea_get /file user.text", "value");
	assert_debugfs("stat /file", "Links: 3");
	assert_non_null(strstr(output, "ctime: 0x6553ed18:")); /* BASE_TIME */
	assert_non_null(strstr(output, "mtime: 0x3b9aca00:1d6f3454"));
	assert_debugfs("stat /target-59", "Fast link dest: \"tttt");
	debugfs("stat /target-60");
	assert_null(strstr(output, "Fast link dest"));
	assert_non_null(strstr(output, "Blockcount: 8"));
	assert_debugfs("stat /fifo", "Type: FIFO");
	assert_debugfs("stat /socket", "Type: socket");
	assert_debugfs("stat /dangling", "mtime: 0xed300880:77359400"); /* 1960, half a second */
	assert_debugfs("stat /lost+found", "Inode: 11 ");
	assert_debugfs("ls /lost+found", "#12");
	assert_debugfs("htree_dump /many", "Indirect levels: 0");
	if (geteuid() != 0)
		return;
	assert_debugfs("stat /owner", "User:    -2   Group:    -2");
	assert_debugfs("stat /owner", "Mode:  06755");
	assert_debugfs("stat /largest", "(New-style) Device major/minor number: 4095:1048575");
	assert_debugfs("stat /null", "\nDevice major/minor number: 01:03");
	debugfs("ea_get -f out/value /ping security.capability");
	SH("getfattr --only-values -n security.capability tree/ping | cmp - out/value");
}

static void the_same_input_gives_the_same_bytes_at_any_time(void **state)
{
	(void)state;
	import_everything();
	assert_int_equal(bd_tree_add_text(&tree, "/new", 0644, "new", &err), 0);
	write_image("first", CYLINDER, 64 * MIB);
	sleep(1);
	setenv("E2FSPROGS_FAKE_TIME", "1234567890", 1);
	write_image("second", CYLINDER, 64 * MIB);
	unsetenv("E2FSPROGS_FAKE_TIME");
	RUN("cmp", "first", "second");
}

/* Import of what was made is the template again. */
static void what_is_imported_from_the_image_is_the_template(void **state)
{
	(void)state;
	import_everything();
	write_image("image", 0, 64 * MIB);
	begin_pack();
	if (bd_source_disk("image", NULL, writer, &err) < 0)
		fail_msg("%s", err.message);
	finish_pack();
	assert_same_tree("tree", 0);
}

static void an_empty_template_is_a_root_with_lost_and_found(void **state)
{
	(void)state;
	begin_pack();
	finish_pack();
	write_image("image", MIB, 8 * MIB);
	check_clean("image", MIB);
	assert_debugfs("ls -p /", "/11/040700/0/0/lost+found//");
	debugfs("stat /lost+found");
	assert_non_null(strstr(output, "Size: 16384"));
}

static void lost_and_found_keeps_its_blocks_and_gets_the_templates_mode(void **state)
{
	(void)state;
	begin_pack();
	seal_meta("lost+found", &(struct bd_file_meta){ .mode = S_IFDIR | 0711, .uid = 7, .mtime_s = -86400 });
	seal_text("a", "a");
	finish_pack();
	write_image("image", MIB, 8 * MIB);
	check_clean("image", MIB);
	debugfs("stat /lost+found");
	assert_non_null(strstr(output, "Inode: 11 "));
	assert_non_null(strstr(output, "Mode:  0711"));
	assert_non_null(strstr(output, "User:     7"));
	assert_non_null(strstr(output, "Size: 16384"));
}

static void lost_and_found_of_the_template_may_be_large(void **state)
{
	(void)state;
	char path[300];
	begin_pack();
	for (int i = 0; i < 400; i++) {
		snprintf(path, sizeof(path), "lost+found/%0200d", i);
		seal_text(path, "found");
	}
	finish_pack();
	write_image("image", MIB, 16 * MIB);
	check_clean("image", MIB);
	snprintf(path, sizeof(path), "cat /lost+found/%0200d", 399);
	assert_debugfs(path, "found");
}

static void lost_and_found_has_to_be_a_directory(void **state)
{
	(void)state;
	begin_pack();
	seal_text("lost+found", "a file");
	finish_pack();
	assert_not_written(64 * MIB, ENOTDIR, "/lost+found must be a directory");
}

/* ---- directories ---- */

static void assert_many_found(const char *folder)
{
	char path[300];
	struct stat st;
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(path, sizeof(path), "%s/many/na\xe4me-\xff%u", folder, i * 7919);
		if (lstat(path, &st) < 0)
			fail_msg("%s is missing", path);
	}
	snprintf(path, sizeof(path), "%s/many/na\xe4me-x", folder);
	assert_int_equal(lstat(path, &st), -1);
}

static void write_as_a_guest(const char *folder)
{
	assert_many_found(folder);
	SH("cd mnt/many; for i in $(seq 3000); do : >guest-$i; done; rm -f na*me-*77; mkdir sub; mv guest-1* sub\n");
}

static void a_directory_of_100000_names_that_are_not_utf8_is_indexed(void **state)
{
	char path[300];
	(void)state;
	begin_pack();
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(path, sizeof(path), "many/na\xe4me-\xff%u", i * 7919);
		seal_bytes(path, "", 0);
	}
	finish_pack();
	write_image("image", MIB, 2 * GIB);
	check_clean("image", MIB);
	SH("debugfs -R 'htree_dump /many' 'image?offset=1048576' 2>&1 | head -12");
	assert_non_null(strstr(output, "Hash Version: 1"));
	assert_non_null(strstr(output, "Indirect levels: 1"));
	with_kernel("image", MIB, "loop,rw", write_as_a_guest);
	check_clean("image", MIB);
}

static void a_root_of_many_names_is_indexed(void **state)
{
	char path[300];
	(void)state;
	begin_pack();
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "%u", i);
		seal_text(path, path);
	}
	finish_pack();
	write_image("image", MIB, 64 * MIB);
	check_clean("image", MIB);
	assert_debugfs("htree_dump /", "Indirect levels: 0");
	assert_debugfs("cat /999", "999");
}

static void more_directories_than_the_kernel_counts_are_refused(void **state)
{
	char path[300];
	(void)state;
	begin_pack();
	for (unsigned i = 0; i <= 64998; i++) {
		snprintf(path, sizeof(path), "full/%u", i);
		seal_dir(path);
	}
	finish_pack();
	make_sparse("image", 2 * GIB);
	assert_int_equal(try_write("image", MIB, GIB), -1);
	assert_int_equal(err.code, EMLINK);
	assert_non_null(strstr(err.message, "/full"));
}

static void as_many_names_as_the_kernel_counts_are_fine_and_more_are_refused(void **state)
{
	char path[300];
	(void)state;
	for (unsigned names = 65000; names <= 65001; names++) {
		begin_pack();
		seal_text("d/0", "linked");
		for (unsigned i = 1; i < names; i++) {
			snprintf(path, sizeof(path), "d/%u", i);
			seal_hard_link(path, "d/0");
		}
		finish_pack();
		make_sparse("image", 65 * MIB);
		if (names == 65000) {
			assert_int_equal(try_write("image", MIB, 64 * MIB), 0);
			check_clean("image", MIB);
		} else {
			assert_int_equal(try_write("image", MIB, 64 * MIB), -1);
			assert_int_equal(err.code, EMLINK);
			assert_non_null(strstr(err.message, "/d/"));
		}
	}
}

/* ---- attributes ---- */

/* A file with user.v of so many bytes, and the template's result. */
static int write_with_attribute(size_t size)
{
	char *value = malloc(size + 1);
	memset(value, 'v', size);
	struct bd_xattr xattr = { "user.v", value, size };
	begin_pack();
	seal_meta("etc/with-attribute",
		  &(struct bd_file_meta){ .mode = S_IFREG, .xattrs = &xattr, .xattr_count = 1 });
	finish_pack();
	free(value);
	make_sparse("image", 65 * MIB);
	return try_write("image", MIB, 64 * MIB);
}

static void attributes_go_into_the_inode_then_into_a_block(void **state)
{
	/* 4 of a header, 16 and 4 of an entry with a name of 1 byte, 4 at the end; the inode has 96, a block 4096. */
	static const size_t in_inode = 96 - 4 - 20 - 4, in_block = 4096 - 32 - 20 - 4;
	(void)state;
	assert_int_equal(write_with_attribute(in_inode), 0);
	check_clean("image", MIB);
	assert_debugfs("stat /etc/with-attribute", "File ACL: 0\n");
	assert_int_equal(write_with_attribute(in_inode + 1), 0);
	check_clean("image", MIB);
	assert_debugfs("stat /etc/with-attribute", "Blockcount: 8\n");
	assert_int_equal(write_with_attribute(in_block), 0);
	check_clean("image", MIB);
	assert_int_equal(write_with_attribute(0), 0);
	check_clean("image", MIB);
	assert_debugfs("ea_list /etc/with-attribute", "user.v (0)");
}

static void attributes_that_ext3_cannot_hold_are_a_clear_error(void **state)
{
	(void)state;
	assert_int_equal(write_with_attribute(4096 - 32 - 20 - 4 + 1), -1);
	assert_int_equal(err.code, E2BIG);
	assert_non_null(strstr(err.message, "/etc/with-attribute"));
	assert_non_null(strstr(err.message, "extended attributes take"));
}

/* As the kernel's ext4 does, which a template may come from. */
static void the_inode_and_a_block_are_used_together(void **state)
{
	static char large[4000], small[40];
	struct bd_xattr xattrs[] = { { "user.large", large, sizeof(large) }, { "security.small", small, 40 } };
	(void)state;
	memset(large, 'l', sizeof(large));
	memset(small, 's', sizeof(small));
	begin_pack();
	seal_meta("both", &(struct bd_file_meta){ .mode = S_IFREG, .xattrs = xattrs, .xattr_count = 2 });
	finish_pack();
	write_image("image", MIB, 8 * MIB);
	check_clean("image", MIB);
	assert_debugfs("ea_list /both", "user.large (4000)");
	assert_non_null(strstr(output, "security.small (40)"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_place_folder, leave_place_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_survives),
		TEST(everything_survives_at_an_offset_that_no_block_fits),
		TEST(debugfs_sees_the_same),
		TEST(the_same_input_gives_the_same_bytes_at_any_time),
		TEST(what_is_imported_from_the_image_is_the_template),
		TEST(an_empty_template_is_a_root_with_lost_and_found),
		TEST(lost_and_found_keeps_its_blocks_and_gets_the_templates_mode),
		TEST(lost_and_found_of_the_template_may_be_large),
		TEST(lost_and_found_has_to_be_a_directory),
		TEST(a_directory_of_100000_names_that_are_not_utf8_is_indexed),
		TEST(a_root_of_many_names_is_indexed),
		TEST(more_directories_than_the_kernel_counts_are_refused),
		TEST(as_many_names_as_the_kernel_counts_are_fine_and_more_are_refused),
		TEST(attributes_go_into_the_inode_then_into_a_block),
		TEST(attributes_that_ext3_cannot_hold_are_a_clear_error),
		TEST(the_inode_and_a_block_are_used_together),
	};
	const struct CMUnitTest ext4_tests[] = {
		TEST(everything_survives),
		TEST(debugfs_sees_the_same),
		TEST(the_same_input_gives_the_same_bytes_at_any_time),
		TEST(what_is_imported_from_the_image_is_the_template),
		TEST(lost_and_found_of_the_template_may_be_large),
		TEST(a_root_of_many_names_is_indexed),
		TEST(attributes_go_into_the_inode_then_into_a_block),
	};
	int failed = cmocka_run_group_tests_name("ext3", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("ext4", ext4_tests, as_ext4, NULL);
}
