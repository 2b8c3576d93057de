/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about the block maps of files that come from a sealed template: their borders, holes, and where they lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import/directory/source_directory.h"
#include "sealed_checks.h"
#include "populate_checks.h"

static void import_folder(const char *path)
{
	begin_pack();
	if (bd_source_directory(path, NULL, writer, &err) < 0)
		fail_msg("%s", err.message);
	finish_pack();
}

static void is_like_the_tree(const char *folder)
{
	assert_same_folders("tree", folder);
}

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
	seal_meta(file->name, &(struct bd_file_meta){ .mode = S_IFREG | 0644, .size_bytes = file->size_bytes });
	for (unsigned i = 0; i < content_blocks_of(file); i++) {
		uint64_t at = (file->blocks[i] - 1) * BLOCK;
		size_t size = file->size_bytes - at < BLOCK ? (size_t)(file->size_bytes - at) : BLOCK;
		fill_block(bytes, file->blocks[i]);
		if (bd_sealed_writer_data(writer, at, bytes, size, &err) < 0)
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

/* A block of every two; a leaf holds 340 extents, the inode four. */
static void seal_fragments(const char *path, uint64_t extents)
{
	uint8_t bytes[BLOCK];
	seal_meta(path, &(struct bd_file_meta){ .mode = S_IFREG | 0644, .size_bytes = extents * 2 * BLOCK });
	for (uint64_t i = 0; i < extents; i++) {
		fill_block(bytes, i);
		if (bd_sealed_writer_data(writer, i * 2 * BLOCK, bytes, sizeof(bytes), &err) < 0)
			fail_msg("%s: %s", path, err.message);
	}
}

static void extents_go_into_the_inode_then_into_a_tree(void **state)
{
	static const struct {
		const char *path;
		unsigned extents, tree_blocks;
	} files[] = { { "/4", 4, 0 },	  { "/5", 5, 1 },	{ "/340", 340, 1 }, { "/341", 341, 2 },
		      { "/1360", 1360, 4 }, { "/1361", 1361, 5 + 1 } };
	char request[80], expected[80];
	(void)state;
	begin_pack();
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		seal_fragments(files[i].path + 1, files[i].extents);
	finish_pack();
	write_image("image", MIB, 64 * MIB);
	check_clean("image", MIB);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(request, sizeof(request), "stat %s", files[i].path);
		snprintf(expected, sizeof(expected), "Blockcount: %u\n",
			 (files[i].extents + files[i].tree_blocks) * 8);
		assert_debugfs(request, expected);
		uint8_t block[BLOCK], found[BLOCK];
		snprintf(request, sizeof(request), "dump %s found", files[i].path);
		debugfs(request);
		int fd = open("found", O_RDONLY | O_CLOEXEC);
		for (uint64_t at = 0; at < files[i].extents; at++) {
			fill_block(block, at);
			assert_int_equal(pread(fd, found, BLOCK, (off_t)(at * 2 * BLOCK)), BLOCK);
			assert_memory_equal(found, block, BLOCK);
		}
		close(fd);
	}
}

static void a_file_that_ext3_cannot_hold_is_refused_before_anything_is_written(void **state)
{
	(void)state;
	begin_pack();
	seal_meta("a/too-large", &(struct bd_file_meta){ .mode = S_IFREG, .size_bytes = 5 * 1024 * GIB });
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_place_folder, leave_place_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dense_files_around_every_border_have_their_content),
		TEST(holes_at_every_border_stay_holes),
		TEST(a_file_that_ext3_cannot_hold_is_refused_before_anything_is_written),
		TEST(content_is_not_interrupted_by_maps),
	};
	const struct CMUnitTest ext4_tests[] = {
		TEST(dense_files_around_every_border_have_their_content),
		TEST(extents_go_into_the_inode_then_into_a_tree),
	};
	int failed = cmocka_run_group_tests_name("ext3", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("ext4", ext4_tests, as_ext4, NULL);
}
