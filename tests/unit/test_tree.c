/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about rootfs/tree.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include <cmocka.h>

#include "rootfs/tree.h"

static struct bd_error err;

static int new_tree(void **state)
{
	struct bd_tree *tree = malloc(sizeof(*tree));
	*tree = (struct bd_tree){ 0 };
	*state = tree;
	return 0;
}

static int drop_tree(void **state)
{
	bd_tree_dispose(*state);
	bd_tree_dispose(*state);
	free(*state);
	return 0;
}

static void nodes_keep_their_order_and_are_found(void **state)
{
	struct bd_tree *tree = *state;
	assert_int_equal(bd_tree_add_dir(tree, "/etc", 0755, &err), 0);
	assert_int_equal(bd_tree_add_text(tree, "/etc/hostname", 0644, "web01\n", &err), 0);
	assert_int_equal(bd_tree_add_symlink(tree, "/etc/mtab", "/proc/mounts", &err), 0);
	assert_int_equal(bd_tree_add_device(tree, "/console", S_IFCHR | 0600, makedev(5, 1), &err), 0);
	assert_int_equal(bd_tree_add_host_file(tree, "/init", 04755, "/bin/true", &err), 0);

	assert_int_equal(tree->count, 5);
	assert_string_equal(tree->nodes[1].path, "/etc/hostname");
	assert_int_equal(tree->nodes[1].mode, S_IFREG | 0644);
	assert_memory_equal(tree->nodes[1].data, "web01\n", 7);
	assert_int_equal(tree->nodes[1].size_bytes, 6);
	assert_string_equal(bd_tree_find(tree, "/etc/mtab")->data, "/proc/mounts");
	assert_int_equal(bd_tree_find(tree, "/etc/mtab")->mode, S_IFLNK | 0777);
	assert_int_equal(bd_tree_find(tree, "/console")->rdev, makedev(5, 1));
	assert_string_equal(bd_tree_find(tree, "/init")->host_path, "/bin/true");
	assert_int_equal(bd_tree_find(tree, "/init")->mode, S_IFREG | 04755);
	assert_null(bd_tree_find(tree, "/et"));
	assert_null(bd_tree_find(tree, "/etc/hostnam"));
	assert_null(bd_tree_find(tree, "/etc/hostname2"));
}

static void the_first_of_two_directories_wins(void **state)
{
	struct bd_tree *tree = *state;
	assert_int_equal(bd_tree_add_dir(tree, "/root", 0700, &err), 0);
	assert_int_equal(bd_tree_add_dir(tree, "/root", 0755, &err), 0);
	assert_int_equal(tree->count, 1);
	assert_int_equal(tree->nodes[0].mode, S_IFDIR | 0700);
}

static void the_root_can_be_added(void **state)
{
	struct bd_tree *tree = *state;
	assert_null(bd_tree_find(tree, "/"));
	assert_int_equal(bd_tree_add_dir(tree, "/", 0711, &err), 0);
	assert_int_equal(bd_tree_find(tree, "/")->mode, S_IFDIR | 0711);
	assert_int_equal(bd_tree_add_text(tree, "/", 0644, "", &err), -1);
	assert_int_equal(err.code, EEXIST);
}

static void what_is_there_stays(void **state)
{
	struct bd_tree *tree = *state;
	assert_int_equal(bd_tree_add_text(tree, "/a", 0644, "first", &err), 0);
	assert_int_equal(bd_tree_add_text(tree, "/a", 0644, "second", &err), -1);
	assert_int_equal(err.code, EEXIST);
	assert_int_equal(bd_tree_add_dir(tree, "/a", 0755, &err), -1);
	assert_int_equal(err.code, EEXIST);
	assert_string_equal(bd_tree_find(tree, "/a")->data, "first");
}

static void a_parent_has_to_be_a_directory_of_the_tree(void **state)
{
	struct bd_tree *tree = *state;
	assert_int_equal(bd_tree_add_text(tree, "/no/file", 0644, "", &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(bd_tree_add_text(tree, "/file", 0644, "", &err), 0);
	assert_int_equal(bd_tree_add_text(tree, "/file/below", 0644, "", &err), -1);
	assert_int_equal(err.code, ENOTDIR);
}

static void paths_of_the_wrong_form_are_refused(void **state)
{
	static const char *const wrong[] = {
		"", "relative", "//", "/a/", "/a//b", "//a", "/.", "/..", "/a/../b", "/a/.", "./a",
	};
	struct bd_tree *tree = *state;
	assert_int_equal(bd_tree_add_dir(tree, "/a", 0755, &err), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(bd_tree_add_dir(tree, wrong[i], 0755, &err), -1);
		assert_int_equal(err.code, EINVAL);
	}
	assert_int_equal(bd_tree_add_dir(tree, "/a/...", 0755, &err), 0);
	assert_int_equal(bd_tree_add_dir(tree, "/a/.b", 0755, &err), 0);
	assert_int_equal(bd_tree_add_symlink(tree, "/a/empty", "", &err), -1);
	assert_int_equal(err.code, EINVAL);
	assert_int_equal(bd_tree_add_device(tree, "/a/device", S_IFREG | 0600, 0, &err), -1);
	assert_int_equal(err.code, EINVAL);
}

static void names_end_at_255_bytes(void **state)
{
	struct bd_tree *tree = *state;
	char path[300] = "/";
	memset(path + 1, 'n', 255);
	assert_int_equal(bd_tree_add_dir(tree, path, 0755, &err), 0);
	path[256] = 'n';
	assert_int_equal(bd_tree_add_dir(tree, path, 0755, &err), -1);
	assert_int_equal(err.code, ENAMETOOLONG);
}

static void missing_parents_are_made(void **state)
{
	struct bd_tree *tree = *state;
	assert_int_equal(bd_tree_add_dir(tree, "/a", 0700, &err), 0);
	assert_int_equal(bd_tree_add_parents(tree, "/a/b/c/file", &err), 0);
	assert_int_equal(bd_tree_find(tree, "/a")->mode, S_IFDIR | 0700);
	assert_int_equal(bd_tree_find(tree, "/a/b/c")->mode, S_IFDIR | 0755);
	assert_null(bd_tree_find(tree, "/a/b/c/file"));
	assert_int_equal(bd_tree_add_text(tree, "/a/b/c/file", 0644, "x", &err), 0);
	assert_int_equal(bd_tree_add_parents(tree, "/a/b/c/file/in/it", &err), -1);
	assert_int_equal(err.code, ENOTDIR);
	assert_int_equal(bd_tree_add_parents(tree, "/a/../b", &err), -1);
	assert_int_equal(err.code, EINVAL);
}

static void a_whiteout_takes_the_place_of_a_node_and_gives_it_back(void **state)
{
	struct bd_tree *tree = *state;
	assert_int_equal(bd_tree_add_dir(tree, "/a", 0700, &err), 0);
	assert_int_equal(bd_tree_add_whiteout(tree, "/gone", &err), 0);
	assert_int_equal(bd_tree_find(tree, "/gone")->mode, 0);
	assert_int_equal(bd_tree_add_text(tree, "/gone/under", 0644, "x", &err), -1);
	assert_int_equal(bd_tree_add_text(tree, "/file", 0644, "x", &err), 0);
	assert_int_equal(bd_tree_set_owner(tree, "/file", 1, 2, &err), 0);
	assert_int_equal(bd_tree_add_whiteout(tree, "/file", &err), 0);
	assert_null(bd_tree_find(tree, "/file")->data);
	assert_int_equal(bd_tree_add_symlink(tree, "/file", "a", &err), 0);
	assert_string_equal(bd_tree_find(tree, "/file")->data, "a");
	assert_int_equal(bd_tree_find(tree, "/file")->uid, 0);
	assert_int_equal(tree->count, 3);
	assert_int_equal(bd_tree_add_whiteout(tree, "/a", &err), -1);
	assert_int_equal(err.code, EISDIR);
	assert_int_equal(bd_tree_add_whiteout(tree, "/", &err), -1);
	assert_int_equal(bd_tree_set_owner(tree, "/nothing", 1, 2, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void what_is_below_a_directory_moves_into_a_tree_of_its_own(void **state)
{
	struct bd_tree *tree = *state, below;

	assert_int_equal(bd_tree_add_dir(tree, "/var", 0750, &err), 0);
	assert_int_equal(bd_tree_set_owner(tree, "/var", 1, 2, &err), 0);
	assert_int_equal(bd_tree_set_label(tree, "/var", "v", 2, &err), 0);
	assert_int_equal(bd_tree_add_dir(tree, "/var/lib", 0755, &err), 0);
	assert_int_equal(bd_tree_add_text(tree, "/variable", 0644, "stays", &err), 0);
	assert_int_equal(bd_tree_add_text(tree, "/var/lib/x", 0600, "moves", &err), 0);
	assert_int_equal(bd_tree_add_whiteout(tree, "/var/gone", &err), 0);
	assert_int_equal(bd_tree_take_below(tree, "/var", &below, &err), 0);
	assert_int_equal(tree->count, 2);
	assert_int_equal(below.count, 4);
	assert_string_equal(bd_tree_find(tree, "/variable")->data, "stays");
	assert_int_equal(bd_tree_find(tree, "/var")->uid, 1);
	assert_null(bd_tree_find(tree, "/var/lib"));
	assert_null(bd_tree_find(tree, "/var/lib/x"));
	const struct bd_node *top = bd_tree_find(&below, "/");
	assert_non_null(top);
	assert_true(top->mode == (S_IFDIR | 0750) && top->uid == 1 && top->gid == 2);
	assert_false(top->changes_dir);
	assert_string_equal(top->label.value, "v");
	assert_string_equal(bd_tree_find(&below, "/lib/x")->data, "moves");
	assert_int_equal(bd_tree_find(&below, "/lib/x")->mode, S_IFREG | 0600);
	assert_int_equal(bd_tree_find(&below, "/gone")->mode, 0);
	/* Both can be added to. */
	assert_int_equal(bd_tree_add_text(&below, "/lib/y", 0600, "", &err), 0);
	assert_int_equal(bd_tree_add_text(tree, "/var/y", 0600, "", &err), 0);
	bd_tree_dispose(&below);
	/* Of a directory that is not in the tree, nothing is. */
	assert_int_equal(bd_tree_take_below(tree, "/srv", &below, &err), 0);
	assert_int_equal(below.count, 0);
	bd_tree_dispose(&below);
	/* One that takes its mode and owner from the tree does so as the top of the other one, too. */
	assert_int_equal(bd_tree_change_dir(tree, "/home", 0711, 3, 4, &err), 0);
	assert_int_equal(bd_tree_take_below(tree, "/home", &below, &err), 0);
	top = bd_tree_find(&below, "/");
	assert_true(top->changes_dir && top->mode == (S_IFDIR | 0711) && top->uid == 3 && top->gid == 4);
	assert_true(bd_tree_find(tree, "/home")->changes_dir);
	bd_tree_dispose(&below);
}

static void a_hundred_thousand_nodes_take_well_under_a_second(void **state)
{
	struct bd_tree *tree = *state;
	struct timespec begin, end;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (int i = 0; i < 100000; i++) {
		char path[64];
		snprintf(path, sizeof(path), "/d%d", i / 1000);
		assert_int_equal(bd_tree_add_dir(tree, path, 0755, &err), 0);
		snprintf(path, sizeof(path), "/d%d/f%d", i / 1000, i);
		assert_int_equal(bd_tree_add_text(tree, path, 0644, "x", &err), 0);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	assert_int_equal(tree->count, 100100);
	assert_string_equal(bd_tree_find(tree, "/d77/f77123")->data, "x");
	assert_true((double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9 < 1.0);
}

int main(void)
{
#define FACT(f) cmocka_unit_test_setup_teardown(f, new_tree, drop_tree)
	const struct CMUnitTest tests[] = {
		FACT(nodes_keep_their_order_and_are_found),
		FACT(the_first_of_two_directories_wins),
		FACT(the_root_can_be_added),
		FACT(what_is_there_stays),
		FACT(a_parent_has_to_be_a_directory_of_the_tree),
		FACT(paths_of_the_wrong_form_are_refused),
		FACT(names_end_at_255_bytes),
		FACT(missing_parents_are_made),
		FACT(a_whiteout_takes_the_place_of_a_node_and_gives_it_back),
		FACT(what_is_below_a_directory_moves_into_a_tree_of_its_own),
		FACT(a_hundred_thousand_nodes_take_well_under_a_second),
	};
	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
