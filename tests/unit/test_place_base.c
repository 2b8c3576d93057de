/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about an ext3 that is filled from a sealed template. The judges are e2fsck, debugfs and the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pack_checks.h"
#include "place_checks.h"
#include "template/sources.h"
#include "tree_checks.h"

static void import_folder(const char *path)
{
	begin_pack();
	if (bd_source_directory(path, NULL, seal, &err) < 0)
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
	assert_int_equal(allocated_bytes("first"), allocated_bytes("second"));
}

/* Import of what was made is the template again. */
static void what_is_imported_from_the_image_is_the_template(void **state)
{
	(void)state;
	import_everything();
	write_image("image", 0, 64 * MIB);
	begin_pack();
	if (bd_source_disk("image", NULL, seal, &err) < 0)
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
	seal_meta("lost+found", &(struct bd_seal_meta){ .mode = S_IFDIR | 0711, .uid = 7, .mtime_s = -86400 });
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
	assert_not_written(64 * MIB, EEXIST, "/lost+found has to be a directory");
}

/* ---- block maps ---- */

/* The last block of each tree of a map, with 1024 pointers in a block. */
#define DIRECT_END 12
#define SINGLE_END (DIRECT_END + 1024)
#define DOUBLE_END (UINT64_C(1) * SINGLE_END + 1024 * 1024)

static void dense_files_around_every_border_have_their_content(void **state)
{
	static const uint64_t sizes[] = { 0,
					  1,
					  BLOCK - 1,
					  BLOCK,
					  BLOCK + 1,
					  (DIRECT_END - 1) * BLOCK,
					  DIRECT_END * BLOCK - 1,
					  DIRECT_END * BLOCK,
					  DIRECT_END * BLOCK + 1,
					  (DIRECT_END + 1) * BLOCK,
					  (SINGLE_END - 1) * BLOCK,
					  SINGLE_END * BLOCK,
					  SINGLE_END * BLOCK + 1,
					  (SINGLE_END + 1) * BLOCK,
					  (SINGLE_END + 1024) * BLOCK,
					  (SINGLE_END + 1025) * BLOCK };
	char path[300];
	(void)state;
	SH("mkdir tree tree/lost+found; head -c 12M /dev/urandom >random");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		snprintf(path, sizeof(path), "head -c %llu random >tree/%02zu", (unsigned long long)sizes[i], i);
		SH(path);
	}
	import_folder("tree");
	write_image("image", MIB, 256 * MIB);
	check_clean("image", MIB);
	with_kernel("image", MIB, "loop,ro", is_like_the_tree);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		snprintf(path, sizeof(path), "dump /%02zu found", i);
		debugfs(path);
		snprintf(path, sizeof(path), "cmp found tree/%02zu", i);
		SH(path);
	}
}

/* Blocks with content; what lies between them are holes. */
#define SPARSE_BLOCKS_MAX 8
static const struct sparse_file {
	const char *name;
	uint64_t size_bytes;
	uint64_t blocks[SPARSE_BLOCKS_MAX]; /* each + 1; 0 ends them */
	unsigned map_blocks; /* that it takes */
} sparse_files[] = {
	{ "nothing-but-a-hole", 5 * GIB, { 0 }, 0 },
	{ "first", GIB, { 1 }, 0 },
	{ "last-direct", 16 * BLOCK, { DIRECT_END }, 0 },
	{ "first-single", DIRECT_END *BLOCK + 5, { DIRECT_END + 1 }, 1 },
	{ "both-sides-of-12", GIB, { DIRECT_END, DIRECT_END + 1 }, 1 },
	{ "last-single", GIB, { SINGLE_END }, 1 },
	{ "first-double", GIB, { SINGLE_END + 1 }, 2 },
	{ "both-sides-of-1036", GIB, { SINGLE_END, SINGLE_END + 1 }, 3 },
	{ "two-doubles", GIB, { SINGLE_END + 1024, SINGLE_END + 1025 }, 3 },
	{ "double-with-gap", 2 * GIB, { SINGLE_END + 1, SINGLE_END + 1024 * 200 }, 3 },
	{ "last-double", 5 * GIB, { DOUBLE_END }, 2 },
	{ "first-triple", 5 * GIB, { DOUBLE_END + 1 }, 3 },
	{ "both-sides-of-4-gib", 5 * GIB, { DOUBLE_END, DOUBLE_END + 1 }, 5 },
	{ "all-levels", 5 * GIB, { 1, DIRECT_END + 1, SINGLE_END + 1, DOUBLE_END + 1 }, 6 },
	{ "two-in-a-triple", 5 * GIB, { DOUBLE_END + 1024, DOUBLE_END + 1025 }, 4 },
	{ "triple-of-triple", 20 * GIB, { DOUBLE_END + 1024 * 1024, DOUBLE_END + 1024 * 1024 + 1 }, 5 },
	{ "last-byte", 5 * GIB, { 5 * GIB / BLOCK }, 3 },
	{ "a-terabyte", 1024 * GIB, { 1024 * GIB / BLOCK }, 3 },
};

static unsigned content_blocks_of(const struct sparse_file *file)
{
	unsigned count = 0;
	while (count < SPARSE_BLOCKS_MAX && file->blocks[count])
		count++;
	return count;
}

static void seal_sparse(const struct sparse_file *file)
{
	uint8_t bytes[BLOCK];
	seal_meta(file->name, &(struct bd_seal_meta){ .mode = S_IFREG | 0644, .size_bytes = file->size_bytes });
	for (unsigned i = 0; i < content_blocks_of(file); i++) {
		uint64_t at = (file->blocks[i] - 1) * BLOCK;
		size_t size = file->size_bytes - at < BLOCK ? (size_t)(file->size_bytes - at) : BLOCK;
		fill_block(bytes, file->blocks[i]);
		if (bd_seal_data(seal, at, bytes, size, &err) < 0)
			fail_msg("%s: %s", file->name, err.message);
	}
}

static void assert_sparse(const char *folder, const struct sparse_file *file)
{
	uint8_t expected[BLOCK], found[BLOCK];
	char path[300];
	struct stat st;
	uint64_t end = 0;
	snprintf(path, sizeof(path), "%s/%s", folder, file->name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, file->size_bytes);
	assert_int_equal(st.st_blocks / 8, content_blocks_of(file) + file->map_blocks);
	for (unsigned i = 0; i < content_blocks_of(file); i++) {
		uint64_t at = (file->blocks[i] - 1) * BLOCK;
		size_t size = file->size_bytes - at < BLOCK ? (size_t)(file->size_bytes - at) : BLOCK;
		assert_int_equal(lseek(fd, (off_t)end, SEEK_DATA), at);
		assert_int_equal(pread(fd, found, BLOCK, (off_t)at), size);
		fill_block(expected, file->blocks[i]);
		assert_memory_equal(found, expected, size);
		end = at + size;
	}
	if (end < file->size_bytes)
		assert_int_equal(lseek(fd, (off_t)end, SEEK_DATA), -1);
	close(fd);
}

static void assert_all_sparse(const char *folder)
{
	for (size_t i = 0; i < sizeof(sparse_files) / sizeof(*sparse_files); i++)
		assert_sparse(folder, &sparse_files[i]);
}

static void holes_at_every_border_stay_holes(void **state)
{
	char request[300], expected[80];
	(void)state;
	begin_pack();
	for (size_t i = 0; i < sizeof(sparse_files) / sizeof(*sparse_files); i++)
		seal_sparse(&sparse_files[i]);
	finish_pack();
	write_image("image", MIB, 64 * MIB);
	check_clean("image", MIB);
	assert_true(allocated_bytes("image") < MIB);
	for (size_t i = 0; i < sizeof(sparse_files) / sizeof(*sparse_files); i++) {
		const struct sparse_file *file = &sparse_files[i];
		snprintf(request, sizeof(request), "stat /%s", file->name);
		snprintf(expected, sizeof(expected), "Blockcount: %u\n",
			 (content_blocks_of(file) + file->map_blocks) * 8);
		assert_debugfs(request, expected);
	}
	with_kernel("image", MIB, "loop,ro", assert_all_sparse);
}

static void a_file_that_ext3_cannot_hold_is_refused_before_anything_is_written(void **state)
{
	(void)state;
	begin_pack();
	seal_meta("a/too-large", &(struct bd_seal_meta){ .mode = S_IFREG, .size_bytes = 5 * 1024 * GIB });
	finish_pack();
	assert_not_written(64 * MIB, EFBIG, "/a/too-large");
}

/* The content of a template whose map blocks lie elsewhere goes in one run from group to group. */
static void content_is_not_interrupted_by_maps(void **state)
{
	char name[32];
	(void)state;
	begin_pack();
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "f%02d", i);
		seal_dense(name, 100);
	}
	finish_pack();
	write_image("image", MIB, 64 * MIB);
	check_clean("image", MIB);
	unsigned first = 0, next = 0;
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "blocks /f%02d", i);
		debugfs(name);
		/* 12, the map's, 88 more. */
		char *at = strchr(output, '\n') + 1;
		for (int j = 0; j < 101; j++) {
			unsigned block = (unsigned)strtoul(at, &at, 10);
			if (j == 12)
				continue;
			if (first)
				assert_int_equal(block, next);
			first = 1;
			next = block + 1;
		}
	}
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
		  &(struct bd_seal_meta){ .mode = S_IFREG, .xattrs = &xattr, .xattr_count = 1 });
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
	seal_meta("both", &(struct bd_seal_meta){ .mode = S_IFREG, .xattrs = xattrs, .xattr_count = 2 });
	finish_pack();
	write_image("image", MIB, 8 * MIB);
	check_clean("image", MIB);
	assert_debugfs("ea_list /both", "user.large (4000)");
	assert_non_null(strstr(output, "security.small (40)"));
}

/* ---- room ---- */

static void seal_some_of_everything(void)
{
	static char value[1000];
	char path[300], target[200];
	struct bd_xattr xattr = { "user.v", value, sizeof(value) };
	memset(value, 'v', sizeof(value));
	memset(target, 't', sizeof(target));
	target[199] = '\0';
	begin_pack();
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(path, sizeof(path), "long-names/%0250u", i);
		seal_bytes(path, "", 0);
	}
	for (unsigned i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "files/%u", i);
		seal_dense(path, 20);
		snprintf(path, sizeof(path), "links/%u", i);
		seal_meta(path, &(struct bd_seal_meta){ .mode = S_IFLNK | 0777, .target = target });
		snprintf(path, sizeof(path), "attributes/%u", i);
		seal_meta(path, &(struct bd_seal_meta){ .mode = S_IFREG, .xattrs = &xattr, .xattr_count = 1 });
	}
	finish_pack();
}

static uint64_t missing_kib(void)
{
	const char *text = strstr(err.message, " KiB are missing");
	assert_non_null(text);
	while (text > err.message && text[-1] >= '0' && text[-1] <= '9')
		text--;
	return strtoull(text, NULL, 10);
}

static void what_does_not_fit_is_refused_and_the_message_says_by_how_much(void **state)
{
	(void)state;
	seal_some_of_everything();
	uint64_t size = 16 * MIB;
	assert_not_written(size, ENOSPC, "KiB are missing");
	uint64_t missing = missing_kib() * KIB;
	print_message("# missing %llu KiB\n", (unsigned long long)(missing / KIB));
	write_image("image", MIB, size + missing);
	check_clean("image", MIB);
	assert_true(geometry.free_block_count * BLOCK < missing / 10);
	assert_not_written(size + missing * 9 / 10, ENOSPC, "KiB are missing");
}

/* At every size the room is known before anything is written. */
static void no_size_is_found_too_small_only_in_the_end(void **state)
{
	(void)state;
	seal_some_of_everything();
	assert_int_equal(bd_tree_add_dir(&tree, "/long-names", 0755, &err), 0);
	for (unsigned i = 0; i < 100; i++) {
		char path[300];
		snprintf(path, sizeof(path), "/long-names/new-%0240u", i);
		assert_int_equal(bd_tree_add_text(&tree, path, 0644, "new", &err), 0);
	}
	bool fits = false;
	for (uint64_t size = 28 * MIB; size < 38 * MIB; size += 64 * KIB) {
		make_sparse("image", MIB + size);
		int r = try_write("image", MIB, size);
		if (r < 0) {
			assert_false(fits);
			assert_int_equal(err.code, ENOSPC);
			assert_non_null(strstr(err.message, "KiB are missing"));
			assert_int_equal(allocated_bytes("image"), 0);
		} else if (!fits) {
			check_clean("image", MIB);
			print_message("# %llu blocks are free\n", (unsigned long long)geometry.free_block_count);
			fits = true;
		}
	}
	assert_true(fits);
}

static void it_can_be_filled_to_the_last_inode(void **state)
{
	char path[64];
	(void)state;
	begin_pack();
	finish_pack();
	write_image("image", MIB, 8 * MIB);
	for (unsigned more = 0; more < 2; more++) {
		begin_pack();
		for (unsigned i = 0; i < geometry.inode_count - 11 + more; i++) {
			snprintf(path, sizeof(path), "%u", i);
			seal_bytes(path, "", 0);
		}
		finish_pack();
		if (more) {
			assert_not_written(8 * MIB, ENOSPC, "files");
		} else {
			write_image("image", MIB, 8 * MIB);
			check_clean("image", MIB);
		}
	}
}

static void other_blocks_than_the_templates_are_refused(void **state)
{
	struct bd_ext3_params params = params_for(MIB, 64 * MIB);
	(void)state;
	begin_pack();
	finish_pack();
	make_sparse("image", 65 * MIB);
	params.block_size = 1024;
	struct bd_ext3_files files = { .base = &pack, .fd = -1 };
	assert_int_equal(bd_ext3_write("image", &params, &files, NULL, NULL, &err), -1);
	assert_int_equal(err.code, EINVAL);
	assert_int_equal(allocated_bytes("image"), 0);
}

static uint64_t last_progress;

static void note_progress(uint64_t bytes_done)
{
	assert_true(bytes_done >= last_progress);
	last_progress = bytes_done;
}

static void progress_goes_on_from_the_template_to_the_tree(void **state)
{
	struct bd_ext3_params params = params_for(MIB, 64 * MIB);
	(void)state;
	begin_pack();
	seal_dense("dense", 2000);
	finish_pack();
	assert_int_equal(bd_tree_add_text(&tree, "/new", 0644, "new", &err), 0);
	make_sparse("image", 65 * MIB);
	int fd = open("image", O_RDWR | O_CLOEXEC);
	struct bd_ext3_files files = { .base = &pack, .tree = &tree, .fd = fd };
	last_progress = 0;
	assert_int_equal(bd_ext3_write("image", &params, &files, note_progress, NULL, &err), 0);
	assert_int_equal(last_progress, 2000 * BLOCK + 3);
	close(fd);
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
		TEST(dense_files_around_every_border_have_their_content),
		TEST(holes_at_every_border_stay_holes),
		TEST(a_file_that_ext3_cannot_hold_is_refused_before_anything_is_written),
		TEST(content_is_not_interrupted_by_maps),
		TEST(a_directory_of_100000_names_that_are_not_utf8_is_indexed),
		TEST(a_root_of_many_names_is_indexed),
		TEST(more_directories_than_the_kernel_counts_are_refused),
		TEST(as_many_names_as_the_kernel_counts_are_fine_and_more_are_refused),
		TEST(attributes_go_into_the_inode_then_into_a_block),
		TEST(attributes_that_ext3_cannot_hold_are_a_clear_error),
		TEST(the_inode_and_a_block_are_used_together),
		TEST(what_does_not_fit_is_refused_and_the_message_says_by_how_much),
		TEST(no_size_is_found_too_small_only_in_the_end),
		TEST(it_can_be_filled_to_the_last_inode),
		TEST(other_blocks_than_the_templates_are_refused),
		TEST(progress_goes_on_from_the_template_to_the_tree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
