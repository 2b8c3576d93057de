/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about a tree that is laid over a sealed template. Each image is made twice, from nothing and from a clone of the
 * template's own image, and both have to be clean and the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sealed_checks.h"
#include "populate_checks.h"

#define SIZE (64 * MIB)

static void add_text(const char *path, const char *text)
{
	if (bd_tree_add_parents(&tree, path, &err) < 0 || bd_tree_add_text(&tree, path, 0600, text, &err) < 0)
		fail_msg("%s", err.message);
}

static void add_dir(const char *path)
{
	if (bd_tree_add_parents(&tree, path, &err) < 0 || bd_tree_add_dir(&tree, path, 0700, &err) < 0)
		fail_msg("%s", err.message);
}

static void take_away(const char *path)
{
	if (bd_tree_add_parents(&tree, path, &err) < 0 || bd_tree_add_whiteout(&tree, path, &err) < 0)
		fail_msg("%s", err.message);
}

/* etc/{passwd,hosts,deep/x}, bin/{a,b,c}, where a, b and c are one file, and a symlink sbin to bin. */
static void seal_root(void)
{
	begin_pack();
	seal_text("etc/passwd", "root");
	seal_text("etc/hosts", "localhost");
	seal_text("etc/deep/x", "x");
	seal_text("bin/a", "abc");
	seal_hard_link("bin/b", "bin/a");
	seal_hard_link("bin/c", "bin/a");
	seal_meta("sbin", &(struct bd_file_meta){ .mode = S_IFLNK | 0777, .target = "bin" });
	seal_dense("large", 2000);
	seal_text("last", "last");
}

static void look_at_both(const char *folder)
{
	assert_int_equal(mkdir("other", 0700), 0);
	RUN("mount", "-t", bd_fs_type_name(fs_type), "-o", "loop,ro,offset=1048576", "clone", "other");
	assert_same_folders(folder, "other");
	RUN("umount", "other");
	assert_int_equal(rmdir("other"), 0);
}

/* As bd_prepared_image_clone makes it: without what lies behind the template's own content. */
static void write_clone(const struct bd_base_layout *layout)
{
	struct bd_ext3_params params = params_for(MIB, SIZE);
	RUN("cp", "--sparse=always", "master", "clone");
	int fd = open("clone", O_RDWR | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)(MIB + layout->end_bytes)), 0);
	assert_int_equal(ftruncate(fd, MIB + SIZE), 0);
	struct bd_ext3_files files = { .base = &sealed,
				       .tree = &tree,
				       .fd = fd,
				       .base_time = BASE_TIME,
				       .is_clone = true,
				       .clone_layout = *layout };
	if (bd_ext3_write("clone", &params, &files, NULL, &geometry, &err) < 0)
		fail_msg("%s", err.message);
	close(fd);
	check_clean("clone", MIB);
}

static void write_both(void)
{
	struct bd_tree ours = tree;
	tree = (struct bd_tree){ 0 };
	write_image("master", MIB, SIZE);
	check_clean("master", MIB);
	tree = ours;
	struct bd_base_layout layout = geometry.base;
	write_image("image", MIB, SIZE);
	check_clean("image", MIB);
	assert_int_equal(geometry.base.places, layout.places);
	assert_int_equal(geometry.base.end_bytes, layout.end_bytes);
	write_clone(&layout);
	SH("dumpe2fs 'image?offset=1048576' >1 2>&1; dumpe2fs 'clone?offset=1048576' >2 2>&1; cmp 1 2");
	with_kernel("image", MIB, "loop,ro", look_at_both);
}

static void assert_refused(int code, const char *text)
{
	make_sparse("image", MIB + SIZE);
	assert_int_equal(try_write("image", MIB, SIZE), -1);
	if (err.code != code || !strstr(err.message, text))
		fail_msg("%d, \"%s\"", err.code, err.message);
	assert_int_equal(allocated_bytes("image"), 0);
}

static void assert_gone(const char *path)
{
	char request[300];
	snprintf(request, sizeof(request), "stat %s", path);
	assert_debugfs(request, "File not found");
}

static void nothing_laid_over_it_leaves_the_template(void **state)
{
	(void)state;
	seal_root();
	finish_pack();
	write_both();
	assert_debugfs("cat /etc/passwd", "root");
	RUN("cmp", "master", "image");
	RUN("cmp", "master", "clone");
}

static void a_file_replaces_a_file_and_takes_its_inode(void **state)
{
	char before[40], after[40];
	(void)state;
	seal_root();
	finish_pack();
	write_image("image", MIB, SIZE);
	debugfs("stat /etc/passwd");
	snprintf(before, sizeof(before), "%.20s", strstr(output, "Inode: "));
	add_text("/etc/passwd", "somebody else");
	write_both();
	debugfs("stat /etc/passwd");
	snprintf(after, sizeof(after), "%.20s", strstr(output, "Inode: "));
	assert_string_equal(after, before);
	assert_non_null(strstr(output, "Mode:  0600"));
	assert_non_null(strstr(output, "Links: 1"));
	assert_debugfs("cat /etc/passwd", "somebody else");
	assert_debugfs("cat /etc/hosts", "localhost");
	assert_debugfs("stat /etc", "Mode:  0755");
}

static void a_large_file_that_is_replaced_leaves_its_blocks(void **state)
{
	(void)state;
	seal_root();
	finish_pack();
	write_image("image", MIB, SIZE);
	uint64_t free_blocks = geometry.free_block_count;
	add_text("/large", "small");
	write_both();
	uint64_t map_blocks = fs_type == BD_FS_EXT4 ? 0 : 2 + 1;
	assert_int_equal(geometry.free_block_count, free_blocks + 2000 + map_blocks - 1);
	assert_debugfs("cat /last", "last");
}

static void one_name_of_several_is_replaced(void **state)
{
	(void)state;
	seal_root();
	finish_pack();
	add_text("/bin/b", "other");
	write_both();
	assert_debugfs("cat /bin/b", "other");
	assert_debugfs("cat /bin/a", "abc");
	assert_debugfs("cat /bin/c", "abc");
	assert_debugfs("stat /bin/c", "Links: 2");
	assert_debugfs("stat /bin/b", "Links: 1");
}

static void all_names_of_a_file_are_replaced_one_by_one(void **state)
{
	(void)state;
	seal_root();
	finish_pack();
	add_text("/bin/a", "1");
	add_text("/bin/b", "2");
	add_text("/bin/c", "3");
	write_both();
	assert_debugfs("cat /bin/a", "1");
	assert_debugfs("cat /bin/b", "2");
	assert_debugfs("cat /bin/c", "3");
}

static void names_are_taken_away(void **state)
{
	(void)state;
	seal_root();
	finish_pack();
	take_away("/etc/hosts");
	take_away("/bin/a");
	take_away("/missing");
	take_away("/missing-dir/missing");
	take_away("/sbin");
	take_away("/large");
	write_both();
	assert_gone("/etc/hosts");
	assert_gone("/bin/a");
	assert_gone("/sbin");
	assert_gone("/missing");
	assert_debugfs("stat /bin/b", "Links: 2");
	assert_debugfs("cat /last", "last");
	/* Its parent had to be in the tree. */
	assert_debugfs("stat /missing-dir", "Type: directory");
}

static void all_names_of_a_file_are_taken_away(void **state)
{
	(void)state;
	seal_root();
	finish_pack();
	take_away("/bin/a");
	take_away("/bin/b");
	take_away("/bin/c");
	write_both();
	assert_gone("/bin/c");
	assert_debugfs("ls -p /bin", "/..//");
}

/* Whole blocks of the inode table: what a clone has there must go. */
static void many_files_in_a_row_are_taken_away(void **state)
{
	char path[64];
	(void)state;
	begin_pack();
	for (int i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "d/%03d", i);
		seal_text(path, path);
	}
	finish_pack();
	for (int i = 10; i < 190; i++) {
		snprintf(path, sizeof(path), "/d/%03d", i);
		take_away(path);
	}
	write_both();
	assert_gone("/d/100");
	assert_debugfs("cat /d/199", "d/199");
}

static void files_and_directories_are_added(void **state)
{
	(void)state;
	seal_root();
	finish_pack();
	add_text("/etc/new", "new");
	add_text("/opt/a/b/c/new", "deep");
	add_text("/etc/deep/y", "y");
	add_dir("/void");
	assert_int_equal(bd_tree_add_symlink(&tree, "/opt/link", "a/b", &err), 0);
	assert_int_equal(bd_tree_add_device(&tree, "/opt/xvda", S_IFBLK | 0660, 202 << 8, &err), 0);
	assert_int_equal(bd_tree_set_owner(&tree, "/etc/new", 70000, 4294967294, &err), 0);
	write_both();
	assert_debugfs("cat /etc/new", "new");
	assert_debugfs("cat /opt/a/b/c/new", "deep");
	assert_debugfs("cat /etc/deep/x", "x");
	assert_debugfs("cat /etc/deep/y", "y");
	assert_debugfs("stat /void", "Links: 2");
	assert_debugfs("stat /opt/a", "Links: 3");
	assert_debugfs("stat /", "Links: 7"); /* etc, etc/.., bin, opt, void, lost+found */
	assert_debugfs("stat /etc/new", "User: 70000   Group:    -2");
}

static void a_block_full_of_names_becomes_an_index(void **state)
{
	char path[300];
	(void)state;
	begin_pack();
	for (int i = 0; i < 15; i++) {
		snprintf(path, sizeof(path), "full/%0250d", i);
		seal_text(path, "old");
	}
	seal_text("last", "last");
	finish_pack();
	for (int i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "/full/new-%0240d", i);
		add_text(path, "new");
	}
	write_both();
	assert_debugfs("htree_dump /full", "Hash Version: 1");
	snprintf(path, sizeof(path), "cat /full/%0250d", 14);
	assert_debugfs(path, "old");
	snprintf(path, sizeof(path), "cat /full/new-%0240d", 4);
	assert_debugfs(path, "new");
}

static void an_index_may_become_a_block(void **state)
{
	char path[300];
	(void)state;
	begin_pack();
	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "full/%0250d", i);
		seal_text(path, "old");
	}
	finish_pack();
	for (int i = 0; i < 15; i++) {
		snprintf(path, sizeof(path), "/full/%0250d", i);
		take_away(path);
	}
	write_both();
	assert_debugfs("stat /full", "Size: 4096");
}

static void lost_and_found_may_be_in_both(void **state)
{
	(void)state;
	seal_root();
	seal_meta("lost+found", &(struct bd_file_meta){ .mode = S_IFDIR | 0711 });
	seal_text("lost+found/old", "old");
	seal_text("lost+found/gone", "gone");
	finish_pack();
	add_text("/lost+found/new", "new");
	take_away("/lost+found/gone");
	write_both();
	assert_debugfs("stat /lost+found", "Inode: 11 ");
	assert_debugfs("stat /lost+found", "Mode:  0711");
	assert_debugfs("cat /lost+found/old", "old");
	assert_debugfs("cat /lost+found/new", "new");
	assert_gone("/lost+found/gone");
}

static void lost_and_found_may_be_in_the_tree_only(void **state)
{
	(void)state;
	seal_root();
	finish_pack();
	add_dir("/lost+found");
	add_text("/lost+found/new", "new");
	write_both();
	assert_debugfs("stat /lost+found", "Inode: 11 ");
	assert_debugfs("stat /lost+found", "Mode:  0700");
	assert_debugfs("cat /lost+found/new", "new");
}

static void lost_and_found_stays_a_directory(void **state)
{
	(void)state;
	seal_root();
	finish_pack();
	take_away("/lost+found");
	assert_refused(ENOTDIR, "/lost+found");
	bd_tree_dispose(&tree);
	add_text("/lost+found", "a file");
	assert_refused(ENOTDIR, "/lost+found");
}

static void the_root_has_the_templates_facts(void **state)
{
	(void)state;
	begin_pack();
	seal_meta(".", &(struct bd_file_meta){ .mode = S_IFDIR | 0711, .uid = 5, .mtime_s = 86400 });
	finish_pack();
	add_dir("/");
	add_text("/new", "new");
	write_both();
	assert_debugfs("stat /", "Mode:  0711");
	assert_debugfs("stat /", "User:     5");
	assert_debugfs("stat /", "mtime: 0x00015180:");
}

static void a_directory_takes_another_mode_and_owner_and_keeps_the_rest(void **state)
{
	static const struct bd_xattr xattr = { "user.kept", "value", 5 };

	(void)state;
	begin_pack();
	seal_meta(".", &(struct bd_file_meta){ .mode = S_IFDIR | 0777, .uid = 5 });
	seal_meta("home", &(struct bd_file_meta){ .mode = S_IFDIR | 0777, .uid = 5 });
	seal_meta("home/user", &(struct bd_file_meta){ .mode = S_IFDIR | 02777,
						       .uid = 1234,
						       .gid = 5,
						       .mtime_s = 86400,
						       .xattrs = &xattr,
						       .xattr_count = 1 });
	seal_text("home/user/file", "text");
	finish_pack();
	add_text("/home/user/new", "new");
	assert_int_equal(bd_tree_change_dir(&tree, "/home/user", 02755, 100000, 7, &err), 0);
	assert_int_equal(bd_tree_change_dir(&tree, "/", 0755, 0, 0, &err), 0);
	write_both();
	assert_debugfs("stat /", "Mode:  0755");
	assert_debugfs("stat /", "User:     0");
	assert_debugfs("stat /home", "Mode:  0777");
	assert_debugfs("stat /home/user", "Mode:  02755");
	assert_debugfs("stat /home/user", "User: 100000   Group:     7");
	assert_debugfs("stat /home/user", "mtime: 0x00015180:");
	assert_debugfs("ea_get /home/user user.kept", "value");
	assert_debugfs("cat /home/user/file", "text");
	assert_int_equal(bd_tree_change_dir(&tree, "/home/user/new", 0755, 0, 0, &err), -1);
	assert_int_equal(err.code, ENOTDIR);
}

static void a_directory_stays_a_directory_and_a_file_a_file(void **state)
{
	(void)state;
	seal_root();
	finish_pack();
	add_text("/etc/deep", "a file");
	assert_refused(EISDIR, "/etc/deep is a directory in the template");
	bd_tree_dispose(&tree);
	take_away("/etc/deep");
	assert_refused(EISDIR, "/etc/deep is a directory in the template");
	bd_tree_dispose(&tree);
	add_dir("/etc/passwd");
	assert_refused(ENOTDIR, "/etc/passwd is not a directory in the template");
	bd_tree_dispose(&tree);
	add_text("/etc/passwd/below", "x");
	assert_refused(ENOTDIR, "/etc/passwd is not a directory in the template");
	bd_tree_dispose(&tree);
	/* Who lays it over the template resolves symlinks before; here nothing is written through one. */
	add_text("/sbin/init", "x");
	assert_refused(ENOTDIR, "/sbin is not a directory in the template");
	bd_tree_dispose(&tree);
	take_away("/sbin/a");
	assert_refused(ENOTDIR, "/sbin is not a directory in the template");
}

static void a_symlink_is_replaced_and_not_followed(void **state)
{
	(void)state;
	seal_root();
	finish_pack();
	add_text("/sbin", "a file now");
	write_both();
	assert_debugfs("cat /sbin", "a file now");
	assert_debugfs("cat /bin/a", "abc");
}

static void names_that_begin_alike_are_told_apart(void **state)
{
	(void)state;
	begin_pack();
	seal_text("a/x", "x");
	seal_text("a/xy", "xy");
	seal_text("a/xyz", "xyz");
	seal_text("ab/x", "ab");
	finish_pack();
	add_text("/a/xy", "changed");
	take_away("/a/x");
	write_both();
	assert_gone("/a/x");
	assert_debugfs("cat /a/xy", "changed");
	assert_debugfs("cat /a/xyz", "xyz");
	assert_debugfs("cat /ab/x", "ab");
}

/* A thousand trees by chance: what is left is what a model in a folder has. */
static void any_tree_over_any_template_is_what_cp_and_rm_would_make(void **state)
{
	unsigned seed = 1;
	(void)state;
	for (int round = 0; round < 20; round++) {
		char path[64];
		FILE *script = fopen("script", "w");
		assert_non_null(script);
		fputs("rm -rf model; mkdir -m 755 model; mkdir -m 700 model/lost+found; cd model; mkdir d0 d1 d2 d3\n",
		      script);
		begin_pack();
		for (int i = 0; i < 60; i++) {
			snprintf(path, sizeof(path), "d%d/f%d", rand_r(&seed) % 4, i);
			seal_text(path, path);
			fprintf(script, "printf %%s %s >%s\n", path, path);
			if (rand_r(&seed) % 3)
				continue;
			char other[64];
			snprintf(other, sizeof(other), "d%d/h%d", rand_r(&seed) % 4, i);
			seal_hard_link(other, path);
			fprintf(script, "ln %s %s\n", path, other);
		}
		finish_pack();
		bd_tree_dispose(&tree);
		for (int i = 0; i < 40; i++) {
			bool gone = rand_r(&seed) % 2;
			snprintf(path, sizeof(path), "/d%d/%c%d", rand_r(&seed) % 4, "fh"[rand_r(&seed) % 2],
				 rand_r(&seed) % 60);
			if (gone)
				take_away(path);
			else if (!bd_tree_find(&tree, path))
				add_text(path, "new");
			else
				continue;
			fprintf(script, gone ? "rm -f .%s\n" : "rm -f .%s; printf new >.%s\n", path, path);
		}
		assert_int_equal(fclose(script), 0);
		RUN("sh", "-eu", "script");
		write_both();
		SH("rm -rf out; mkdir out; debugfs -R 'rdump / out' 'image?offset=1048576' 2>/dev/null; diff -r model out");
		SH("(cd model; find . -type f -printf '%p %n\\n' | sort) >1; sed 's/^\\(.*\\) .*/stat \\1/' 1 >requests\n"
		   "debugfs -f requests 'image?offset=1048576' 2>/dev/null |\n"
		   "awk '/^debugfs: stat / { path = $3 } /^Links: / { print path, $2 }' >2\n"
		   "diff 1 2");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_place_folder, leave_place_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_laid_over_it_leaves_the_template),
		TEST(a_file_replaces_a_file_and_takes_its_inode),
		TEST(a_large_file_that_is_replaced_leaves_its_blocks),
		TEST(one_name_of_several_is_replaced),
		TEST(all_names_of_a_file_are_replaced_one_by_one),
		TEST(names_are_taken_away),
		TEST(all_names_of_a_file_are_taken_away),
		TEST(many_files_in_a_row_are_taken_away),
		TEST(files_and_directories_are_added),
		TEST(a_block_full_of_names_becomes_an_index),
		TEST(an_index_may_become_a_block),
		TEST(lost_and_found_may_be_in_both),
		TEST(lost_and_found_may_be_in_the_tree_only),
		TEST(lost_and_found_stays_a_directory),
		TEST(the_root_has_the_templates_facts),
		TEST(a_directory_takes_another_mode_and_owner_and_keeps_the_rest),
		TEST(a_directory_stays_a_directory_and_a_file_a_file),
		TEST(a_symlink_is_replaced_and_not_followed),
		TEST(names_that_begin_alike_are_told_apart),
		TEST(any_tree_over_any_template_is_what_cp_and_rm_would_make),
	};
	const struct CMUnitTest ext4_tests[] = {
		TEST(a_large_file_that_is_replaced_leaves_its_blocks),
		TEST(many_files_in_a_row_are_taken_away),
		TEST(a_block_full_of_names_becomes_an_index),
		TEST(an_index_may_become_a_block),
		TEST(any_tree_over_any_template_is_what_cp_and_rm_would_make),
	};
	int failed = cmocka_run_group_tests_name("ext3", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("ext4", ext4_tests, as_ext4, NULL);
}
