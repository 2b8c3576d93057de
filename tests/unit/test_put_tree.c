/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about inside/change/put_tree.h, inside/root.h and ext3/uuid.h. The filesystems are made by mke2fs, and judged by
 * e2fsck, debugfs and dumpe2fs. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/parse.h"
#include "ext3/uuid.h"
#include "folder_checks.h"
#include "inside/change/put_tree.h"
#include "inside/root.h"
#include "tree_folder.h"

#define MIB (1024 * 1024)
#define OFFSET_BYTES (1 * MIB)
#define SIZE_BYTES (63 * MIB)
#define DISK "disk?offset=1048576" /* its first partition */
#define UUID "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"

#define OK(call) \
	do { \
		if ((call) != 0) \
			fail_msg("%s: %s", #call, err.message); \
	} while (0)

/* What all disks begin with, in a folder of the whole program, as the host takes its time for so many files:
 * etc/{old,linked,gone,empty/}, a hard link to etc/linked, many/ with 1500 files, lib -> usr/lib, loop. */
static char root_folder[4096];

static int make_root(void **state)
{
	(void)state;
	void *folder;
	if (enter_folder(&folder) < 0)
		return -1;
	snprintf(root_folder, sizeof(root_folder), "%s", (const char *)folder);
	RUN("sh", "-c",
	    "mkdir -p etc/empty many usr/lib && echo old >etc/old && echo linked >etc/linked && "
	    "ln etc/linked etc/other && echo gone >etc/gone && head -c 300000 /dev/urandom >usr/lib/large && "
	    "ln -s usr/lib lib && ln -s loop loop && cd many && "
	    "seq -f 'a file with a long name %g' 1500 | xargs -d '\\n' touch");
	return chdir("/");
}

static int remove_root(void **state)
{
	void *folder = root_folder;
	(void)state;
	return leave_folder(&folder);
}

/* type: options of mke2fs. */
static void make_disk(const char *options)
{
	char command[5120];

	snprintf(
		command, sizeof(command),
		"rm -f disk && truncate -s 64M disk && echo 2048 | sfdisk -q disk && mke2fs -q -L before %s -d '%s' -E offset=1048576 disk 63m",
		options, root_folder);
	RUN("sh", "-c", command);
}

static void assert_clean(void)
{
	RUN("e2fsck", "-fn", DISK);
}

static void assert_cat(const char *path, const char *text)
{
	char request[256];

	snprintf(request, sizeof(request), "cat %s", path);
	const char *const argv[] = { "sh", "-c", "debugfs -R \"$1\" '" DISK "' 2>/dev/null", "sh", request, NULL };
	run_program(argv, NULL);
	assert_string_equal(output, text);
}

/* debugfs' words about a path are in output then. */
static void ask_debugfs(const char *request)
{
	RUN("debugfs", "-R", request, DISK);
}

static int put_tree(const struct bd_ext_identity *identity, bool is_draft)
{
	const struct bd_change_request request = {
		.partition = 1, .identity = identity, .is_draft = is_draft, .now = 1700000000
	};
	int fd = open("disk", O_RDWR | O_CLOEXEC);
	int r = bd_inside_put_tree(fd, &tree, &request, &err);

	close(fd);
	return r;
}

static void edit_tree(void)
{
	OK(put_tree(NULL, true));
	assert_clean();
}

static unsigned long free_of(const char *what)
{
	RUN("dumpe2fs", "-h", DISK);
	const char *at = strstr(output, what);
	assert_non_null(at);
	return strtoul(at + strlen(what), NULL, 10);
}

static const char *const kinds[] = { "-t ext2",
				     "-t ext3",
				     "-t ext3 -b 4096 -I 128",
				     "-t ext4",
				     "-t ext4 -b 1024 -O ^metadata_csum,uninit_bg",
				     "-t ext4 -O metadata_csum,metadata_csum_seed",
				     "-t ext4 -O ^extents,^64bit",
				     "-t ext4 -O inline_data" };

static void every_kind_takes_files_directories_links_and_whiteouts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		static char large[3 * MIB];
		memset(large, 'x', sizeof(large));
		print_message("%s\n", kinds[i]);
		make_disk(kinds[i]);
		bd_tree_dispose(&tree);
		tree = (struct bd_tree){ 0 };
		OK(bd_tree_add_dir(&tree, "/etc", 0700, &err));
		OK(bd_tree_add_text(&tree, "/etc/old", 0640, "new\n", &err));
		OK(bd_tree_set_owner(&tree, "/etc/old", 70000, 42, &err));
		OK(bd_tree_add_text(&tree, "/etc/none", 0644, "", &err));
		OK(bd_tree_add_whiteout(&tree, "/etc/gone", &err));
		OK(bd_tree_add_whiteout(&tree, "/etc/never", &err));
		OK(bd_tree_add_symlink(&tree, "/etc/link", "../usr/lib/large", &err));
		OK(bd_tree_add_parents(&tree, "/var/deep/er/file", &err));
		OK(bd_tree_add_data(&tree, "/var/deep/er/file", 0600, large, sizeof(large), &err));
		edit_tree();
		assert_cat("/etc/old", "new\n");
		ask_debugfs("stat /etc/link");
		assert_non_null(strstr(output, "../usr/lib/large"));
		ask_debugfs("stat /etc/gone");
		assert_non_null(strstr(output, "File not found"));
		ask_debugfs("dump /var/deep/er/file copy");
		struct stat copy;
		assert_int_equal(stat("copy", &copy), 0);
		assert_int_equal(copy.st_size, sizeof(large));
	}
}

static void owners_modes_and_times_are_the_nodes_and_a_directory_stays(void **state)
{
	(void)state;
	make_disk("-t ext4");
	OK(bd_tree_add_dir(&tree, "/etc", 0700, &err));
	OK(bd_tree_add_text(&tree, "/etc/old", 0640, "new\n", &err));
	OK(bd_tree_set_owner(&tree, "/etc/old", 70000, 42, &err));
	edit_tree();
	ask_debugfs("stat /etc/old");
	assert_non_null(strstr(output, "Mode:  0640"));
	assert_non_null(strstr(output, "User: 70000"));
	assert_non_null(strstr(output, "Group:    42"));
	assert_non_null(strstr(output, "mtime: 0x6553f100"));
	ask_debugfs("stat /etc");
	assert_non_null(strstr(output, "Mode:  0755"));
}

static void a_directory_takes_another_mode_and_owner_and_keeps_the_rest(void **state)
{
	(void)state;
	make_disk("-t ext4");
	RUN("debugfs", "-w", "-R", "ea_set /etc user.kept value", DISK);
	RUN("debugfs", "-w", "-R", "sif /etc mode 042777", DISK);
	OK(bd_tree_change_dir(&tree, "/etc", 02755, 70000, 42, &err));
	OK(bd_tree_change_dir(&tree, "/", 0711, 5, 6, &err));
	OK(bd_tree_add_text(&tree, "/etc/new", 0640, "new\n", &err));
	edit_tree();
	ask_debugfs("stat /etc");
	assert_non_null(strstr(output, "Mode:  02755"));
	assert_non_null(strstr(output, "User: 70000   Group:    42"));
	ask_debugfs("ea_get /etc user.kept");
	assert_non_null(strstr(output, "value"));
	assert_cat("/etc/new", "new\n");
	assert_cat("/etc/old", "old\n");
	ask_debugfs("stat /");
	assert_non_null(strstr(output, "Mode:  0711"));
	assert_non_null(strstr(output, "User:     5   Group:     6"));
}

static void another_name_of_a_replaced_file_keeps_its_content(void **state)
{
	(void)state;
	make_disk("-t ext3");
	OK(bd_tree_add_dir(&tree, "/etc", 0755, &err));
	OK(bd_tree_add_text(&tree, "/etc/linked", 0644, "new\n", &err));
	edit_tree();
	assert_cat("/etc/linked", "new\n");
	assert_cat("/etc/other", "linked\n");
	ask_debugfs("stat /etc/other");
	assert_non_null(strstr(output, "Links: 1"));
}

static void attributes_of_other_files_stay_and_the_selinux_label_goes_over(void **state)
{
	(void)state;
	make_disk("-t ext3");
	RUN("debugfs", "-w", "-R", "ea_set /etc/old security.selinux a_label", DISK);
	RUN("debugfs", "-w", "-R", "ea_set /etc/old user.mine gone", DISK);
	RUN("debugfs", "-w", "-R", "ea_set /etc/linked user.mine stays", DISK);
	OK(bd_tree_add_dir(&tree, "/etc", 0755, &err));
	OK(bd_tree_add_text(&tree, "/etc/old", 0644, "new\n", &err));
	edit_tree();
	ask_debugfs("ea_list /etc/old");
	assert_non_null(strstr(output, "a_label"));
	assert_null(strstr(output, "user.mine"));
	ask_debugfs("ea_list /etc/linked");
	assert_non_null(strstr(output, "stays"));
}

static void what_is_replaced_gives_its_blocks_and_its_inode_back(void **state)
{
	static char large[300000];

	(void)state;
	make_disk("-t ext3");
	unsigned long blocks = free_of("Free blocks:"), inodes = free_of("Free inodes:");
	OK(bd_tree_add_parents(&tree, "/usr/lib/large", &err));
	memset(large, 'x', sizeof(large));
	OK(bd_tree_add_data(&tree, "/usr/lib/large", 0644, large, sizeof(large), &err));
	edit_tree();
	assert_int_equal(free_of("Free blocks:"), blocks);
	assert_int_equal(free_of("Free inodes:"), inodes);
}

/* A directory with an index (htree) is found by the kernel and by e2fsck through it. */
static void a_directory_with_an_index_takes_and_loses_names(void **state)
{
	static const char *const options[] = { "-t ext3", "-t ext4" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char path[64];
		make_disk(options[i]);
		/* mke2fs makes no index, e2fsck does. */
		RUN("sh", "-c", "e2fsck -fyD '" DISK "' || test $? -eq 1");
		ask_debugfs("htree_dump /many");
		assert_non_null(strstr(output, "Root node dump"));
		bd_tree_dispose(&tree);
		tree = (struct bd_tree){ 0 };
		OK(bd_tree_add_dir(&tree, "/many", 0755, &err));
		for (int n = 1; n <= 200; n++) {
			snprintf(path, sizeof(path), "/many/a file with a long name %d", n);
			OK(bd_tree_add_whiteout(&tree, path, &err));
			snprintf(path, sizeof(path), "/many/another file of a long name %d", n * 7);
			OK(bd_tree_add_text(&tree, path, 0644, "here\n", &err));
		}
		edit_tree();
		assert_cat("\"/many/another file of a long name 700\"", "here\n");
	}
}

static void uuid_and_label_reach_all_copies_of_the_superblock(void **state)
{
	static const char *const options[] = { "-t ext2 -b 1024", "-t ext3 -b 1024",
					       "-t ext4 -b 1024 -O ^metadata_csum,uninit_bg",
					       "-t ext4 -b 1024 -O metadata_csum,metadata_csum_seed" };
	struct bd_ext_identity identity = { .label = "after" };
	uint8_t uuid[16];

	(void)state;
	OK(bd_parse_uuid(UUID, uuid, &err));
	identity.uuid = uuid;
	for (size_t i = 0; i < 2 * sizeof(options) / sizeof(*options); i++) {
		/* The first one has no journal: it can be changed as a draft only. */
		bool is_draft = i % 2 == 0;
		if (i == 1)
			continue;
		make_disk(options[i / 2]);
		OK(put_tree(&identity, is_draft));
		assert_clean();
		RUN("dumpe2fs", "-h", DISK);
		assert_non_null(strstr(output, UUID));
		assert_non_null(strstr(output, "after\n"));
		RUN("dumpe2fs", "-h", "-o", "superblock=8193", "-o", "blocksize=1024", DISK);
		assert_non_null(strstr(output, UUID));
	}
}

static void a_uuid_that_all_checksums_depend_on_is_left_to_e2fsprogs(void **state)
{
	struct bd_ext_identity identity = { 0 };
	uint8_t uuid[16];

	(void)state;
	make_disk("-t ext4 -O metadata_csum,^metadata_csum_seed");
	OK(bd_parse_uuid(UUID, uuid, &err));
	identity.uuid = uuid;
	assert_int_equal(put_tree(&identity, true), -1);
	assert_int_equal(err.code, ENOTSUP);
	OK(bd_ext3_set_uuid_by_tools("disk", OFFSET_BYTES, uuid, &err));
	assert_clean();
	RUN("dumpe2fs", "-h", DISK);
	assert_non_null(strstr(output, UUID));
}

static void refuses(const char *why, int code)
{
	assert_int_equal(put_tree(NULL, true), -1);
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.message, why));
	bd_tree_dispose(&tree);
	tree = (struct bd_tree){ 0 };
}

static void a_directory_gives_way_to_no_file_and_the_reverse(void **state)
{
	(void)state;
	make_disk("-t ext3");
	OK(bd_tree_add_dir(&tree, "/etc", 0755, &err));
	OK(bd_tree_add_text(&tree, "/etc/empty", 0644, "", &err));
	refuses("/etc/empty", EISDIR);
	OK(bd_tree_add_dir(&tree, "/etc", 0755, &err));
	OK(bd_tree_add_whiteout(&tree, "/etc/empty", &err));
	refuses("/etc/empty", EISDIR);
	OK(bd_tree_add_dir(&tree, "/etc", 0755, &err));
	OK(bd_tree_add_dir(&tree, "/etc/old", 0755, &err));
	refuses("/etc/old", EEXIST);
}

static void a_full_filesystem_is_no_room(void **state)
{
	static char large[70 * MIB];

	(void)state;
	make_disk("-t ext3");
	memset(large, 'x', sizeof(large));
	OK(bd_tree_add_data(&tree, "/large", 0644, large, sizeof(large), &err));
	refuses("/large", ENOSPC);
}

/* But for less than 200 KiB. */
static void fill_disk(void)
{
	static char full[64 * MIB];
	size_t left_bytes = 0;
	int r;

	memset(full, 'x', sizeof(full));
	do {
		left_bytes += 20000;
		bd_tree_dispose(&tree);
		tree = (struct bd_tree){ 0 };
		OK(bd_tree_add_data(&tree, "/full", 0644, full,
				    free_of("Free blocks:") * free_of("Block size:") - left_bytes, &err));
		r = put_tree(NULL, true);
	} while (r != 0 && left_bytes < 400000);
	OK(r);
}

/* In a draft, what becomes free is used again at once: also blocks that were written before that. */
static void a_full_draft_takes_files_in_place_of_others(void **state)
{
	static uint8_t large[400000];

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		print_message("%s\n", kinds[i]);
		make_disk(kinds[i]);
		fill_disk();
		assert_true(free_of("Free blocks:") * free_of("Block size:") < 290000);
		bd_tree_dispose(&tree);
		tree = (struct bd_tree){ 0 };
		for (size_t at = 0; at < sizeof(large); at++)
			large[at] = (uint8_t)(at * 7 + at / 251 + i);
		OK(bd_tree_add_parents(&tree, "/usr/lib/large", &err));
		OK(bd_tree_add_whiteout(&tree, "/usr/lib/large", &err));
		OK(bd_tree_add_dir(&tree, "/new", 0755, &err));
		OK(bd_tree_add_data(&tree, "/new/large", 0644, large, 290000, &err));
		edit_tree();
		ask_debugfs("dump /new/large copy");
		FILE *copy = fopen("copy", "re");
		static uint8_t got[400000];
		assert_int_equal(fread(got, 1, sizeof(got), copy), 290000);
		fclose(copy);
		assert_memory_equal(got, large, 290000);
	}
}

static void open_root(struct bd_inside_root *root, int disk_fd)
{
	OK(bd_inside_root_open(disk_fd, OFFSET_BYTES, SIZE_BYTES, root, &err));
}

static int count_entries(void *context, const char *name, uint8_t type, struct bd_error *failure)
{
	(void)name, (void)type, (void)failure;
	++*(unsigned *)context;
	return 0;
}

static void a_root_is_read_by_paths_with_symlinks_on_the_way(void **state)
{
	struct bd_root_facts facts;
	struct bd_inside_root root;
	unsigned count = 0;
	char *text;
	size_t size;

	(void)state;
	make_disk("-t ext4");
	int fd = open("disk", O_RDONLY | O_CLOEXEC);
	open_root(&root, fd);
	const struct bd_root_reader reader = bd_inside_root_reader(&root);
	OK(reader.look(&root, "/lib/large", true, &facts, &err));
	assert_true(S_ISREG(facts.mode));
	assert_int_equal(facts.size_bytes, 300000);
	OK(reader.look(&root, "/lib", false, &facts, &err));
	assert_true(S_ISLNK(facts.mode));
	OK(reader.look(&root, "/etc/old/below", true, &facts, &err));
	assert_int_equal(facts.mode, 0);
	assert_int_equal(reader.look(&root, "/loop", true, &facts, &err), -1);
	assert_int_equal(err.code, ELOOP);
	OK(reader.resolve_parents(&root, "/lib/new/file", &text, &err));
	assert_string_equal(text, "/usr/lib/new/file");
	free(text);
	OK(reader.resolve_parents(&root, "/lib", &text, &err));
	assert_string_equal(text, "/lib");
	free(text);
	OK(reader.read_link(&root, "/lib", &text, &err));
	assert_string_equal(text, "usr/lib");
	free(text);
	OK(reader.read_link(&root, "/lib/large", &text, &err));
	assert_null(text);
	OK(reader.read_link(&root, "/nothing", &text, &err));
	assert_null(text);
	OK(reader.read_file(&root, "/etc/old", 100, &text, &size, &err));
	assert_string_equal(text, "old\n");
	assert_int_equal(size, 4);
	free(text);
	OK(reader.read_file(&root, "/etc", 100, &text, &size, &err));
	assert_null(text);
	assert_int_equal(reader.read_file(&root, "/lib/large", 100, &text, &size, &err), -1);
	assert_int_equal(err.code, EFBIG);
	OK(reader.list(&root, "/many", count_entries, &count, &err));
	assert_int_equal(count, 1500);
	OK(reader.list(&root, "/nowhere", count_entries, &count, &err));
	assert_string_equal(root.label, "before");
	bd_inside_root_dispose(&root);
	bd_inside_root_dispose(&root);
	close(fd);
}

static void assert_refused_at(uint64_t offset_bytes, uint64_t size_bytes, int code, const char *why)
{
	struct bd_inside_root root = BD_INSIDE_ROOT_INIT;
	int fd = open("disk", O_RDONLY | O_CLOEXEC);

	assert_int_equal(bd_inside_root_open(fd, offset_bytes, size_bytes, &root, &err), -1);
	assert_int_equal(err.code, code);
	if (!strstr(err.message, why))
		fail_msg("%s", err.message);
	close(fd);
}

static void assert_root_refused(int code, const char *why)
{
	assert_refused_at(OFFSET_BYTES, SIZE_BYTES, code, why);
}

static void what_is_not_clean_or_would_be_damaged_is_no_root(void **state)
{
	(void)state;
	make_disk("-t ext2");
	RUN("debugfs", "-w", "-R", "ssv state 0", DISK);
	assert_root_refused(EBUSY, "not unmounted cleanly");
	make_disk("-t ext2");
	RUN("debugfs", "-w", "-R", "ssv state 3", DISK);
	assert_root_refused(EBUSY, "errors");
	make_disk("-t ext4 -O quota");
	assert_root_refused(ENOTSUP, "quota");
	make_disk("-t ext4 -O mmp");
	assert_root_refused(ENOTSUP, "mmp");
	make_disk("-t ext4 -O ea_inode");
	assert_root_refused(ENOTSUP, "ea_inode");
	make_disk("-t ext3");
	assert_refused_at(OFFSET_BYTES, SIZE_BYTES / 2, EIO, "truncated");
	assert_refused_at(0, SIZE_BYTES, EIO, "");
}

/* It is read as it will be after that, and is so after the tree was put there. */
static void a_journal_is_read_through_and_then_replayed(void **state)
{
	struct bd_inside_root root = BD_INSIDE_ROOT_INIT;
	char *text;

	(void)state;
	make_disk("-t ext3");
	int fd = open("disk", O_RDWR | O_CLOEXEC);
	OK(bd_inside_root_open(fd, OFFSET_BYTES, SIZE_BYTES, &root, &err));
	assert_false(root.was_replayed);
	bd_inside_root_dispose(&root);
	/* The block of /etc/old in a transaction, with other content. */
	RUN("sh", "-c",
	    "printf 'young\\n' >block && truncate -s 1024 block && b=$(debugfs -R 'blocks /etc/old' '" DISK
	    "' 2>/dev/null | tr -d ' ') && printf 'sif /etc/old size 6\\njo\\njw -b %s block\\njc\\n' \"$b\" | debugfs -w -f - '" DISK
	    "' && dumpe2fs -h '" DISK "' | grep needs_recovery");
	OK(bd_inside_root_open(fd, OFFSET_BYTES, SIZE_BYTES, &root, &err));
	assert_true(root.was_replayed);
	const struct bd_root_reader reader = bd_inside_root_reader(&root);
	OK(reader.read_file(&root, "/etc/old", 100, &text, NULL, &err));
	assert_string_equal(text, "young\n");
	free(text);
	bd_inside_root_dispose(&root);
	close(fd);
	OK(bd_tree_add_text(&tree, "/new", 0644, "new\n", &err));
	edit_tree();
	assert_cat("/etc/old", "young\n");
	assert_cat("/new", "new\n");
}

/* The names of patterns are names here. */
static void a_whiteout_takes_no_other_file(void **state)
{
	(void)state;
	make_disk("-t ext3");
	OK(bd_tree_add_dir(&tree, "/etc", 0755, &err));
	OK(bd_tree_add_whiteout(&tree, "/etc/o*", &err));
	OK(bd_tree_add_whiteout(&tree, "/etc/[a-z]one", &err));
	edit_tree();
	assert_cat("/etc/old", "old\n");
	assert_cat("/etc/gone", "gone\n");
}

static void a_device_and_a_hosts_file_are_put_there(void **state)
{
	(void)state;
	make_disk("-t ext4");
	RUN("sh", "-c", "seq 100000 >here");
	OK(bd_tree_add_device(&tree, "/null", S_IFCHR | 0666, makedev(1, 3), &err));
	OK(bd_tree_add_host_file(&tree, "/there", 0644, "here", &err));
	edit_tree();
	ask_debugfs("stat /null");
	assert_non_null(strstr(output, "character special"));
	ask_debugfs("dump /there copy");
	RUN("cmp", "here", "copy");
}

int main(void)
{
#define FACT(name) cmocka_unit_test_setup_teardown(name, enter_with_tree, leave_with_tree)
	const struct CMUnitTest tests[] = {
		FACT(every_kind_takes_files_directories_links_and_whiteouts),
		FACT(owners_modes_and_times_are_the_nodes_and_a_directory_stays),
		FACT(a_directory_takes_another_mode_and_owner_and_keeps_the_rest),
		FACT(another_name_of_a_replaced_file_keeps_its_content),
		FACT(attributes_of_other_files_stay_and_the_selinux_label_goes_over),
		FACT(what_is_replaced_gives_its_blocks_and_its_inode_back),
		FACT(a_directory_with_an_index_takes_and_loses_names),
		FACT(uuid_and_label_reach_all_copies_of_the_superblock),
		FACT(a_uuid_that_all_checksums_depend_on_is_left_to_e2fsprogs),
		FACT(a_directory_gives_way_to_no_file_and_the_reverse),
		FACT(a_full_filesystem_is_no_room),
		FACT(a_full_draft_takes_files_in_place_of_others),
		FACT(a_root_is_read_by_paths_with_symlinks_on_the_way),
		FACT(what_is_not_clean_or_would_be_damaged_is_no_root),
		FACT(a_journal_is_read_through_and_then_replayed),
		FACT(a_whiteout_takes_no_other_file),
		FACT(a_device_and_a_hosts_file_are_put_there),
	};
	return cmocka_run_group_tests(tests, make_root, remove_root);
}
