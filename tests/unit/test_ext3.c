/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about ext3/ext3.h. The goldens are made on the spot by e2fsprogs' mke2fs, e2fsck, debugfs and dumpe2fs,
 * and by the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "inside/read_file.h"
#include "image_checks.h"
#include "tree_folder.h"

static struct bd_ext3_geometry write_with(const char *path, const struct bd_ext3_params *params)
{
	struct bd_ext3_geometry geometry = { 0 };
	make_sparse(path, params->offset_bytes + params->size_bytes);
	if (bd_ext3_write(path, params, &(struct bd_ext3_files){ .tree = &tree }, NULL, &geometry, &err) < 0)
		fail_msg("%s", err.message);
	return geometry;
}

static struct bd_ext3_geometry write_image(const char *path, uint64_t offset_bytes, uint64_t size_bytes)
{
	struct bd_ext3_params params = params_for(offset_bytes, size_bytes);
	return write_with(path, &params);
}

static const char *at_offset(const char *path, uint64_t offset_bytes)
{
	static char name[80];
	snprintf(name, sizeof(name), "%s?offset=%llu", path, (unsigned long long)offset_bytes);
	return name;
}

static void check_clean(const char *path, uint64_t offset_bytes)
{
	RUN("e2fsck", "-fn", at_offset(path, offset_bytes));
	/* "Illegal block", "HTREE" and the like would be there even if e2fsck thought nothing of it. */
	assert_null(strstr(output, "? no"));
}

/* The same size, UUID, label and time for mke2fs. Its zeroing of the journal can be left out: it is only zeros. */
static void make_golden(const char *path, const struct bd_ext3_params *params, bool zero_journal)
{
	char extended[160], block_size[16], size[32];
	/* The inode tables of ext4 are zeroed, or marked so where it knows that they are zeros. */
	snprintf(extended, sizeof(extended), "offset=%llu,lazy_itable_init=0,lazy_journal_init=%d,hash_seed=%s",
		 (unsigned long long)params->offset_bytes, !zero_journal, "22222222-2222-2222-2222-222222222222");
	snprintf(block_size, sizeof(block_size), "%u", params->block_size);
	snprintf(size, sizeof(size), "%lluk", (unsigned long long)(params->size_bytes / KIB));
	make_sparse(path, params->offset_bytes + params->size_bytes);

	const char *argv[22] = {
		"env", "E2FSPROGS_FAKE_TIME=1700000000",       "mke2fs", "-q",	      "-F", "-t",    bd_fs_type_name(fs_type),
		"-U",  "11111111-1111-1111-1111-111111111111", "-L",	 "guestroot", "-E", extended
	};
	int n = 13;
	if (fs_type == BD_FS_EXT4) {
		argv[n++] = "-O";
		argv[n++] = "^metadata_csum_seed,^orphan_file";
	}
	if (params->block_size) {
		argv[n++] = "-b";
		argv[n++] = block_size;
	}
	argv[n++] = path;
	argv[n++] = size;
	run_program(argv, NULL);
}

/* How much mke2fs thinks that it has written is nothing to compare, nor the superblocks' checksums with it in them. */
static void forget_written_kbytes(const char *path, const struct bd_ext3_params *params, uint32_t block_size)
{
	static const uint8_t zeros[8];
	uint64_t group_bytes = UINT64_C(8) * block_size * block_size, first = block_size == 1024 ? 1024 : 0;
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	for (uint64_t group = 0, at; (at = first + group * group_bytes) < params->size_bytes; group++) {
		uint64_t rest[3] = { group, group, group };
		const uint64_t powers_of[3] = { 3, 5, 7 };
		for (int i = 0; i < 3; i++)
			while (rest[i] > 1 && rest[i] % powers_of[i] == 0)
				rest[i] /= powers_of[i];
		if (group > 1 && rest[0] > 1 && rest[1] > 1 && rest[2] > 1)
			continue;
		at = params->offset_bytes + (group ? at : 1024);
		assert_int_equal(pwrite(fd, zeros, 8, (off_t)at + 0x178), 8);
		assert_int_equal(pwrite(fd, zeros, 4, (off_t)at + 0x3fc), 4);
	}
	close(fd);
}

/* Compares where `data_of` has data; what the other has in its holes is seen by a second call. */
static void assert_same_where_data(int data_of, int other)
{
	static uint8_t ours[1 << 20], theirs[1 << 20];
	off_t end = lseek(data_of, 0, SEEK_END);
	for (off_t at = 0; (at = lseek(data_of, at, SEEK_DATA)) >= 0 && at < end;) {
		off_t hole = lseek(data_of, at, SEEK_HOLE);
		while (at < hole) {
			size_t size = hole - at < (off_t)sizeof(ours) ? (size_t)(hole - at) : sizeof(ours);
			assert_int_equal(pread(data_of, ours, size, at), (ssize_t)size);
			assert_int_equal(pread(other, theirs, size, at), (ssize_t)size);
			if (memcmp(ours, theirs, size))
				fail_msg("the files differ in the %zu bytes from %lld on", size, (long long)at);
			at += (off_t)size;
		}
	}
}

static void assert_same_files(const char *left, const char *right)
{
	int a = open(left, O_RDONLY | O_CLOEXEC), b = open(right, O_RDONLY | O_CLOEXEC);
	assert_int_equal(lseek(a, 0, SEEK_END), lseek(b, 0, SEEK_END));
	assert_same_where_data(a, b);
	assert_same_where_data(b, a);
	close(a);
	close(b);
}

/* Not by st_blocks: the host's filesystem counts blocks of its own extent maps there, which depend on how full it is. */
static void assert_same_holes(const char *left, const char *right)
{
	int a = open(left, O_RDONLY | O_CLOEXEC), b = open(right, O_RDONLY | O_CLOEXEC);
	off_t at = 0;

	for (int whence = SEEK_DATA; at >= 0; whence = whence == SEEK_DATA ? SEEK_HOLE : SEEK_DATA) {
		off_t next = lseek(a, at, whence);
		assert_int_equal(lseek(b, at, whence), next);
		at = next;
	}
	close(a);
	close(b);
}

static uint64_t allocated_bytes(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return (uint64_t)st.st_blocks * 512;
}

/* ---- an empty filesystem ---- */

static void compare_with_mke2fs(uint64_t offset_bytes, uint64_t size_bytes, uint32_t block_size)
{
	struct bd_ext3_params params = params_for(offset_bytes, size_bytes);
	params.block_size = block_size;
	block_size = write_with("ours", &params).block_size;
	make_golden("golden", &params, false);
	if (fs_type == BD_FS_EXT4) {
		forget_written_kbytes("ours", &params, block_size);
		forget_written_kbytes("golden", &params, block_size);
	}
	assert_same_files("ours", "golden");
}

static void every_byte_is_that_of_mke2fs(void **state)
{
	static const uint64_t sizes[] = {
		8 * MIB,	 16 * MIB,  64 * MIB,		100 * MIB,
		128 * MIB - KIB, 128 * MIB, 511 * MIB,		512 * MIB - 4 * KIB,
		512 * MIB,	 513 * MIB, 1 * GIB - 4 * KIB,	1 * GIB,
		3950 * MIB,	 4 * GIB,   4 * GIB + 68 * KIB, 64 * GIB,
	};
	(void)state;
	/* Of ext4, mke2fs zeroes the inode tables. */
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		if (fs_type == BD_FS_EXT3 || sizes[i] <= 4 * GIB)
			compare_with_mke2fs(MIB, sizes[i], 0);
}

static void every_byte_is_that_of_mke2fs_at_odd_sizes(void **state)
{
	/* Not whole groups, a last group too small to keep, partitions that do not end at a block. */
	static const uint64_t sizes[] = {
		9 * MIB + 512,	       24 * MIB + 3 * KIB,    41 * MIB + 40 * KIB,
		137 * MIB + 511 * KIB, 331 * MIB + 7 * KIB,   640 * MIB + 64 * KIB,
		777 * MIB + 1536,      1025 * MIB + 20 * KIB, 2561 * MIB + 3584,
	};
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		compare_with_mke2fs(32256, sizes[i], 0);
}

static void every_byte_is_that_of_mke2fs_at_other_block_sizes(void **state)
{
	(void)state;
	compare_with_mke2fs(MIB, 8 * MIB, 4096);
	compare_with_mke2fs(MIB, 100 * MIB, 4096);
	compare_with_mke2fs(MIB, 100 * MIB, 2048);
	compare_with_mke2fs(MIB, 2 * GIB, 1024);
}

static void every_byte_is_that_of_mke2fs_up_to_2_tib(void **state)
{
	(void)state;
	compare_with_mke2fs(MIB, 2048 * GIB - MIB, 0);
}

static void the_articles_partition_has_1010079_blocks(void **state)
{
	(void)state;
	struct bd_ext3_params params = params_for(32256, 4137283584);
	struct bd_ext3_geometry geometry = write_with("ours", &params);
	assert_int_equal(geometry.block_size, 4096);
	assert_int_equal(geometry.block_count, 1010079);
	make_golden("golden", &params, true);
	assert_same_files("ours", "golden");

	static char golden[sizeof(output)];
	RUN("dumpe2fs", at_offset("golden", 32256));
	strcpy(golden, output);
	RUN("dumpe2fs", at_offset("ours", 32256));
	assert_string_equal(output, golden);
	assert_non_null(
		strstr(output, "has_journal ext_attr resize_inode dir_index filetype sparse_super large_file"));
	assert_non_null(strstr(output, "Block count:              1010079\n"));
	assert_non_null(strstr(output, "Default mount options:    user_xattr acl\n"));
}

static void e2fsck_finds_nothing(void **state)
{
	static const uint64_t sizes[] = { 8 * MIB, 64 * MIB, 512 * MIB, 4 * GIB, 64 * GIB };
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		write_image("image", 32256, sizes[i]);
		check_clean("image", 32256);
	}
}

static void an_empty_4_gib_takes_little(void **state)
{
	(void)state;
	write_image("image", MIB, 4 * GIB);
	assert_true(allocated_bytes("image") < (fs_type == BD_FS_EXT4 ? 3 : 2) * MIB);
}

static void bytes_outside_the_partition_stay(void **state)
{
	(void)state;
	struct bd_ext3_params params = params_for(32256, 64 * MIB);
	static uint8_t before[32256], after[32256], tail[4096];
	memset(before, 0xa5, sizeof(before));
	make_sparse("image", 32256 + 64 * MIB + sizeof(tail));
	int fd = open("image", O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, before, sizeof(before), 0), sizeof(before));
	assert_int_equal(pwrite(fd, before, sizeof(tail), 32256 + 64 * MIB), sizeof(tail));
	assert_int_equal(bd_ext3_write("image", &params, NULL, NULL, NULL, &err), 0);
	assert_int_equal(pread(fd, after, sizeof(after), 0), sizeof(after));
	assert_memory_equal(after, before, sizeof(before));
	assert_int_equal(pread(fd, tail, sizeof(tail), 32256 + 64 * MIB), sizeof(tail));
	assert_memory_equal(tail, before, sizeof(tail));
	close(fd);
}

static void assert_refused(const struct bd_ext3_params *params, int code)
{
	make_sparse("image", 100 * MIB);
	assert_int_equal(bd_ext3_write("image", params, NULL, NULL, NULL, &err), -1);
	assert_int_equal(err.code, code);
	assert_int_equal(allocated_bytes("image"), 0);
}

static void wrong_parameters_are_refused(void **state)
{
	(void)state;
	struct bd_ext3_params params = params_for(0, 8 * MIB - 512);
	assert_refused(&params, ENOSPC);
	params = params_for(100, 8 * MIB);
	assert_refused(&params, EINVAL);
	params = params_for(MIB, 100 * MIB); /* the file ends before it */
	assert_refused(&params, ENOSPC);
	params = params_for(UINT64_MAX - 511, 8 * MIB);
	assert_refused(&params, EFBIG);
	params = params_for(0, 64 * MIB);
	params.block_size = 8192;
	assert_refused(&params, EINVAL);
	params = params_for(0, 64 * MIB);
	params.now = -1;
	assert_refused(&params, EINVAL);
	params = params_for(0, 64 * MIB);
	assert_int_equal(bd_ext3_write("missing", &params, NULL, NULL, NULL, &err), -1);
	assert_int_equal(err.code, ENOENT);

	params = params_for(0, 5 * 1024 * GIB);
	params.block_size = 1024;
	make_sparse("image", 5 * 1024 * GIB);
	assert_int_equal(bd_ext3_write("image", &params, NULL, NULL, NULL, &err), -1);
	assert_int_equal(err.code, EFBIG);
}

/* ---- files in it ---- */

static void add_dir(const char *path)
{
	assert_int_equal(bd_tree_add_dir(&tree, path, 0755, &err), 0);
}

/* Bytes that are never zero and differ from block to block. */
static uint8_t *pattern(size_t size)
{
	uint8_t *bytes = malloc(size + 1);
	uint32_t x = 2463534242;
	for (size_t i = 0; i < size; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		bytes[i] = (uint8_t)(x | 1);
	}
	return bytes;
}

static void add_pattern(const char *path, size_t size)
{
	uint8_t *bytes = pattern(size);
	assert_int_equal(bd_tree_add_data(&tree, path, 0644, bytes, size, &err), 0);
	free(bytes);
}

static void write_file(const char *path, const void *data, size_t size, off_t at)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(pwrite(fd, data, size, at), (ssize_t)size);
	close(fd);
}

static char *slurp(const char *path, size_t *size_out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	size_t size = (size_t)lseek(fd, 0, SEEK_END);
	char *data = malloc(size + 1);
	assert_int_equal(pread(fd, data, size, 0), (ssize_t)size);
	data[size] = '\0';
	*size_out = size;
	close(fd);
	return data;
}

/* The content of the node against a file that another program took out of the image. */
static void assert_file_is_node(const char *path, const struct bd_node *node)
{
	size_t size, want = node->size_bytes;
	char *got = slurp(path, &size);
	char *data = node->host_path ? slurp(node->host_path, &want) : node->data;
	if (size != want || memcmp(got, data, size))
		fail_msg("%s is not what was put into the image", path);
	free(got);
	if (node->host_path)
		free(data);
}

static void assert_folder_is_tree(const char *folder)
{
	for (size_t i = 0; i < tree.count; i++) {
		const struct bd_node *node = &tree.nodes[i];
		char path[4200];
		struct stat st;
		snprintf(path, sizeof(path), "%s%s", folder, node->path);
		if (lstat(path, &st) < 0)
			fail_msg("%s is missing", path);
		assert_int_equal(st.st_mode, node->mode);
		assert_int_equal(st.st_uid, node->uid);
		assert_int_equal(st.st_gid, node->gid);
		if (S_ISREG(node->mode))
			assert_file_is_node(path, node);
		if (S_ISCHR(node->mode) || S_ISBLK(node->mode))
			assert_int_equal(st.st_rdev, node->rdev);
		if (S_ISLNK(node->mode)) {
			char target[4200] = "";
			assert_int_equal(readlink(path, target, sizeof(target) - 1), node->size_bytes);
			assert_string_equal(target, node->data);
		}
	}
}

/* Mounts the image by the kernel's ext3 and calls check with it; says why and goes on where that cannot be done. */
static void with_kernel(const char *image, uint64_t offset_bytes, const char *how, void (*check)(const char *folder))
{
	char options[80], fstype[32];
	if (geteuid() != 0 || access("/dev/loop-control", R_OK) != 0) {
		print_message("not mounted: that takes root and loop devices\n");
		return;
	}
	snprintf(options, sizeof(options), "%s,offset=%llu", how, (unsigned long long)offset_bytes);
	assert_int_equal(mkdir("mnt", 0700), 0);
	const char *const argv[] = { "mount", "-t", bd_fs_type_name(fs_type), "-o", options, image, "mnt", NULL };
	struct bd_run run = { .argv = argv, .output = output, .output_size = sizeof(output) };
	if (bd_run(&run, &err) < 0) {
		fail_msg("mount: %s", err.message);
	} else {
		RUN("stat", "-f", "-c", "%T", "mnt");
		snprintf(fstype, sizeof(fstype), "%.10s", output);
		if (check)
			check("mnt");
		RUN("umount", "mnt");
		assert_string_equal(fstype, "ext2/ext3\n");
	}
}

static void the_kernel_mounts_it(void **state)
{
	(void)state;
	write_image("image", 32256, 64 * MIB);
	with_kernel("image", 32256, "loop,ro", NULL);
	rmdir("mnt");
	write_image("image", MIB, 4 * GIB);
	with_kernel("image", MIB, "loop,ro", NULL);
}

static void add_links_and_devices(void)
{
	char long_target[256];
	memset(long_target, 't', sizeof(long_target));
	long_target[59] = '\0';
	assert_int_equal(bd_tree_add_symlink(&tree, "/fast", "etc/hostname", &err), 0);
	assert_int_equal(bd_tree_add_symlink(&tree, "/fast59", long_target, &err), 0);
	long_target[59] = 't';
	long_target[60] = '\0';
	assert_int_equal(bd_tree_add_symlink(&tree, "/slow60", long_target, &err), 0);
	long_target[60] = 't';
	long_target[255] = '\0';
	assert_int_equal(bd_tree_add_symlink(&tree, "/slow255", long_target, &err), 0);
	assert_int_equal(bd_tree_add_device(&tree, "/dev/console", S_IFCHR | 0600, makedev(5, 1), &err), 0);
	assert_int_equal(bd_tree_add_device(&tree, "/dev/xvda", S_IFBLK | 0660, makedev(202, 0), &err), 0);
	assert_int_equal(bd_tree_add_device(&tree, "/dev/new", S_IFBLK | 0660, makedev(259, 70000), &err), 0);
	assert_int_equal(bd_tree_add_device(&tree, "/dev/fifo", S_IFIFO | 0600, 0, &err), 0);
	assert_int_equal(bd_tree_add_device(&tree, "/dev/socket", S_IFSOCK | 0755, 0, &err), 0);
}

/* One of every kind, sizes around every border of the block map at 1 KiB and 4 KiB. */
static void add_many_kinds(void)
{
	static const size_t sizes[] = { 0,	     1,		1023,	    1024,
					1025,	     4096,	12 * 1024,  12 * 1024 + 1,
					48 * 1024,   49 * 1024, 268 * 1024, 269 * 1024,
					1000 * 1000, 4243456,	4243457,    4300000 };
	assert_int_equal(bd_tree_add_dir(&tree, "/", 0711, &err), 0);
	add_dir("/etc");
	add_dir("/dev");
	assert_int_equal(bd_tree_add_dir(&tree, "/root", 0700, &err), 0);
	assert_int_equal(bd_tree_add_dir(&tree, "/tmp", 01777, &err), 0);
	add_dir("/root/deep");
	add_dir("/root/deep/er");
	add_links_and_devices();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		char path[32];
		snprintf(path, sizeof(path), "/etc/size-%zu", sizes[i]);
		add_pattern(path, sizes[i]);
	}
	assert_int_equal(bd_tree_add_text(&tree, "/etc/hostname", 04644, "web01\n", &err), 0);
	tree.nodes[tree.count - 1].uid = 65534 * 3 + 7;
	tree.nodes[tree.count - 1].gid = 1000000;
	add_dir("/home");
	tree.nodes[tree.count - 1].uid = 70000;

	uint8_t *bytes = pattern(70000);
	write_file("host-file", bytes, 70000, 0);
	write_file("host-holes", bytes, 5000, 0);
	write_file("host-holes", bytes, 5000, 3 * 1024 * 1024 + 17);
	write_file("host-holes", bytes, 1, 20 * 1024 * 1024);
	free(bytes);
	assert_int_equal(bd_tree_add_host_file(&tree, "/root/deep/er/copy", 0755, "host-file", &err), 0);
	assert_int_equal(bd_tree_add_host_file(&tree, "/root/holes", 0644, "host-holes", &err), 0);
	tree.nodes[tree.count - 1].uid = 0;
}

static void every_kind_of_file_arrives(void **state)
{
	static const uint64_t sizes[] = { 64 * MIB, 600 * MIB };
	(void)state;
	add_many_kinds();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		write_image("image", 32256, sizes[i]);
		check_clean("image", 32256);
		with_kernel("image", 32256, "loop,ro", assert_folder_is_tree);
		rmdir("mnt");
	}
}

/* Without the kernel's help, and without root. */
static void debugfs_takes_out_what_was_put_in(void **state)
{
	(void)state;
	uint8_t *bytes = pattern(400000);
	memset(bytes + 100000, 0, 200000);
	add_dir("/a");
	assert_int_equal(bd_tree_add_data(&tree, "/a/holes", 0644, bytes, 400000, &err), 0);
	add_pattern("/a/pattern", 3000000);
	free(bytes);
	write_image("image", MIB, 64 * MIB);
	check_clean("image", MIB);
	RUN("debugfs", "-R", "rdump /a .", at_offset("image", MIB));
	assert_folder_is_tree(".");
	RUN("debugfs", "-R", "stat /a/holes", at_offset("image", MIB));
	/* 391 blocks of 1 KiB, less the 194 that are zeros, and 3 for the map, but none for two extents; in sectors. */
	assert_non_null(strstr(output, fs_type == BD_FS_EXT4 ? "Blockcount: 394" : "Blockcount: 400"));
	assert_non_null(strstr(output, "Links: 1"));
	assert_non_null(strstr(output, "Size of extra inode fields: 32"));
}

static void the_same_input_gives_the_same_bytes_at_any_time(void **state)
{
	(void)state;
	add_many_kinds();
	write_image("first", 32256, 64 * MIB);
	sleep(1);
	setenv("E2FSPROGS_FAKE_TIME", "1234567890", 1);
	write_image("second", 32256, 64 * MIB);
	unsetenv("E2FSPROGS_FAKE_TIME");
	assert_same_files("first", "second");
	assert_same_holes("first", "second");
}

static void lost_and_found_of_the_tree_is_the_filesystems(void **state)
{
	(void)state;
	assert_int_equal(bd_tree_add_dir(&tree, "/lost+found", 0711, &err), 0);
	for (int i = 0; i < 300; i++) {
		char path[64];
		snprintf(path, sizeof(path), "/lost+found/a-file-with-quite-a-long-name-%d", i);
		assert_int_equal(bd_tree_add_text(&tree, path, 0600, "found", &err), 0);
	}
	write_image("image", MIB, 64 * MIB);
	check_clean("image", MIB);
	RUN("debugfs", "-R", "stat /lost+found", at_offset("image", MIB));
	assert_non_null(strstr(output, "Inode: 11 "));
	assert_non_null(strstr(output, "Mode:  0711"));
}

static void lost_and_found_has_to_be_a_directory(void **state)
{
	(void)state;
	struct bd_ext3_params params = params_for(MIB, 64 * MIB);
	make_sparse("image", 65 * MIB);
	assert_int_equal(bd_tree_add_text(&tree, "/lost+found", 0600, "", &err), 0);
	assert_int_equal(bd_ext3_write("image", &params, &(struct bd_ext3_files){ .tree = &tree }, NULL, NULL, &err),
			 -1);
	assert_int_equal(err.code, ENOTDIR);
}

static void add_many_files(const char *folder, int count)
{
	add_dir(folder);
	for (int i = 0; i < count; i++) {
		char path[64];
		snprintf(path, sizeof(path), "%s/file-number-%d", folder, i);
		assert_int_equal(bd_tree_add_text(&tree, path, 0644, path, &err), 0);
	}
}

static void large_directories_are_indexed(void **state)
{
	(void)state;
	add_many_files("/5000", 5000);
	add_many_files("/100", 100);
	write_image("image", MIB, 600 * MIB);
	check_clean("image", MIB);
	with_kernel("image", MIB, "loop,ro", assert_folder_is_tree);
	RUN("debugfs", "-R", "htree_dump /5000", at_offset("image", MIB));
	assert_non_null(strstr(output, "Hash Version: 1"));
	assert_non_null(strstr(output, "Indirect levels: 0"));
}

static void use_as_a_guest_does(const char *folder)
{
	(void)folder;
	RUN("sh", "-ec",
	    "cd mnt/5000; for i in $(seq 1 4000); do echo $i > guest-file-with-a-longer-name-$i; done\n"
	    "rm file-number-1*; mkdir -p sub/sub; mv file-number-2* sub; cat guest-file-with-a-longer-name-77\n"
	    "test $(ls | wc -l) = 6779");
	assert_string_equal(output, "77\n");
}

static void the_guest_goes_on_in_indexed_directories(void **state)
{
	(void)state;
	add_many_files("/5000", 5000);
	write_image("image", MIB, 600 * MIB);
	with_kernel("image", MIB, "loop,rw", use_as_a_guest_does);
	check_clean("image", MIB);
}

static void larger_ones_have_two_levels(void **state)
{
	(void)state;
	add_many_files("/12000", 12000);
	write_image("image", MIB, 200 * MIB);
	check_clean("image", MIB);
	with_kernel("image", MIB, "loop,ro", assert_folder_is_tree);
	RUN("debugfs", "-R", "htree_dump /12000", at_offset("image", MIB));
	assert_non_null(strstr(output, "Indirect levels: 1"));
}

static void a_sparse_5_gib_file_stays_sparse(void **state)
{
	(void)state;
	make_sparse("host", 5 * GIB);
	write_file("host", "begin", 5, 0);
	write_file("host", "end", 3, 5 * (off_t)GIB - 3);
	assert_int_equal(bd_tree_add_host_file(&tree, "/big", 0644, "host", &err), 0);
	write_image("image", MIB, 4 * GIB);
	check_clean("image", MIB);
	assert_true(allocated_bytes("image") < (fs_type == BD_FS_EXT4 ? 3 : 2) * MIB);
	RUN("debugfs", "-R", "stat /big", at_offset("image", MIB));
	assert_non_null(strstr(output, "Size: 5368709120"));
	assert_non_null(strstr(output, "(0):"));
	/* Two blocks of data, three for the way of a block map to the last. */
	assert_non_null(strstr(output, "(1310719):"));
	assert_non_null(strstr(output, fs_type == BD_FS_EXT4 ? "Blockcount: 16" : "Blockcount: 40"));
}

static void a_file_past_the_last_block_of_the_map_is_refused(void **state)
{
	(void)state;
	struct bd_ext3_params params = params_for(MIB, 64 * MIB);
	make_sparse("host", 17 * GIB);
	make_sparse("image", 65 * MIB);
	assert_int_equal(bd_tree_add_host_file(&tree, "/big", 0644, "host", &err), 0);
	assert_int_equal(bd_ext3_write("image", &params, &(struct bd_ext3_files){ .tree = &tree }, NULL, NULL, &err),
			 -1);
	assert_int_equal(err.code, EFBIG);
	assert_non_null(strstr(err.message, "/big"));
}

static void what_does_not_fit_is_refused_before_anything_is_written(void **state)
{
	(void)state;
	struct bd_ext3_params params = params_for(MIB, 16 * MIB);
	make_sparse("image", 17 * MIB);
	add_pattern("/big", 20 * MIB);
	assert_int_equal(bd_ext3_write("image", &params, &(struct bd_ext3_files){ .tree = &tree }, NULL, NULL, &err),
			 -1);
	assert_int_equal(err.code, ENOSPC);
	assert_non_null(strstr(err.message, "KiB are missing"));
	assert_int_equal(allocated_bytes("image"), 0);
}

static void zeros_that_take_room_on_the_host_take_none_here(void **state)
{
	(void)state;
	uint8_t *zeros = calloc(1, 20 * MIB);
	write_file("host", zeros, 20 * MIB, 0);
	free(zeros);
	assert_int_equal(bd_tree_add_host_file(&tree, "/zeros", 0644, "host", &err), 0);
	write_image("image", MIB, 16 * MIB);
	check_clean("image", MIB);
}

static void it_can_be_filled_to_the_last_block(void **state)
{
	(void)state;
	struct bd_ext3_geometry empty = write_image("image", MIB, 16 * MIB);
	uint64_t map_blocks = fs_type == BD_FS_EXT4 ? 0 : 1 + empty.free_block_count / 256;
	uint64_t blocks = empty.free_block_count - 1 - map_blocks;
	add_pattern("/full", blocks * KIB - 5);
	struct bd_ext3_geometry full = write_image("image", MIB, 16 * MIB);
	check_clean("image", MIB);
	assert_true(full.free_block_count < 3);
}

static void more_files_than_inodes_are_refused(void **state)
{
	(void)state;
	struct bd_ext3_params params = params_for(MIB, 8 * MIB);
	make_sparse("image", 9 * MIB);
	add_many_files("/d", 2100);
	assert_int_equal(bd_ext3_write("image", &params, &(struct bd_ext3_files){ .tree = &tree }, NULL, NULL, &err),
			 -1);
	assert_int_equal(err.code, ENOSPC);
	assert_int_equal(allocated_bytes("image"), 0);
}

static uint64_t last_progress;

static void note_progress(uint64_t bytes_done)
{
	assert_true(bytes_done >= last_progress);
	last_progress = bytes_done;
}

static void progress_counts_the_bytes_of_content(void **state)
{
	(void)state;
	struct bd_ext3_params params = params_for(MIB, 64 * MIB);
	make_sparse("image", 65 * MIB);
	add_pattern("/a", 3000000);
	add_pattern("/b", 17);
	last_progress = 0;
	assert_int_equal(
		bd_ext3_write("image", &params, &(struct bd_ext3_files){ .tree = &tree }, note_progress, NULL, &err),
		0);
	assert_int_equal(last_progress, 3000017);
}

static void shrink_host_file(uint64_t bytes_done)
{
	(void)bytes_done;
	assert_int_equal(truncate("host", 1500000), 0);
}

static void grow_host_file(uint64_t bytes_done)
{
	(void)bytes_done;
	assert_int_equal(truncate("host", 5000000), 0);
}

static void a_host_file_that_changes_its_size_is_an_error(void **state)
{
	static void (*const changes[])(uint64_t) = { shrink_host_file, grow_host_file };
	(void)state;
	struct bd_ext3_params params = params_for(MIB, 64 * MIB);
	assert_int_equal(bd_tree_add_host_file(&tree, "/file", 0644, "host", &err), 0);
	for (size_t i = 0; i < 2; i++) {
		uint8_t *bytes = pattern(3000000);
		unlink("host");
		write_file("host", bytes, 3000000, 0);
		free(bytes);
		make_sparse("image", 65 * MIB);
		assert_int_equal(bd_ext3_write("image", &params, &(struct bd_ext3_files){ .tree = &tree }, changes[i],
					       NULL, &err),
				 -1);
		assert_int_equal(err.code, EIO);
		assert_non_null(strstr(err.message, "host changed size while being read"));
	}
}

static void host_paths_that_cannot_be_read_are_errors(void **state)
{
	(void)state;
	struct bd_ext3_params params = params_for(MIB, 64 * MIB);
	make_sparse("image", 65 * MIB);
	assert_int_equal(bd_tree_add_host_file(&tree, "/file", 0644, "missing", &err), 0);
	assert_int_equal(bd_ext3_write("image", &params, &(struct bd_ext3_files){ .tree = &tree }, NULL, NULL, &err),
			 -1);
	assert_int_equal(err.code, ENOENT);
	assert_non_null(strstr(err.message, "/file"));
	assert_int_equal(mkfifo("missing", 0600), 0);
	assert_int_equal(bd_ext3_write("image", &params, &(struct bd_ext3_files){ .tree = &tree }, NULL, NULL, &err),
			 -1);
	assert_int_equal(err.code, EINVAL);
}

/* ---- reading ---- */

static int read_out(const char *guest_path)
{
	int image = open("image", O_RDONLY | O_CLOEXEC),
	    fd = open("out", O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	int r = bd_inside_copy_file(image, 0, guest_path, fd, &err);
	close(image);
	close(fd);
	return r;
}

static void files_can_be_read_back(void **state)
{
	(void)state;
	add_dir("/boot");
	add_pattern("/boot/vmlinuz", 5000000);
	assert_int_equal(bd_tree_add_symlink(&tree, "/vmlinuz", "boot/vmlinuz", &err), 0);
	assert_int_equal(bd_tree_add_symlink(&tree, "/loop", "loop", &err), 0);
	write_image("image", 0, 64 * MIB);
	assert_int_equal(read_out("/boot/vmlinuz"), 0);
	assert_file_is_node("out", bd_tree_find(&tree, "/boot/vmlinuz"));
	assert_int_equal(read_out("/vmlinuz"), 0);
	assert_file_is_node("out", bd_tree_find(&tree, "/boot/vmlinuz"));

	assert_int_equal(read_out("/boot/initrd.img"), -1);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(read_out("/boot/vmlinuz/below"), -1);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(read_out("/boot"), -1);
	assert_int_equal(err.code, EISDIR);
	assert_int_equal(read_out("/loop"), -1);
	assert_int_equal(err.code, ELOOP);
}

static void files_of_ext2_and_ext4_can_be_read(void **state)
{
	static const char *const types[] = { "ext2", "ext4" };
	(void)state;
	assert_int_equal(mkdir("root", 0755), 0);
	write_file("root/file", "hello", 5, 0);
	for (size_t i = 0; i < 2; i++) {
		make_sparse("image", 64 * MIB);
		RUN("mke2fs", "-q", "-F", "-t", types[i], "-d", "root", "image");
		assert_int_equal(read_out("/file"), 0);
		size_t size;
		char *data = slurp("out", &size);
		assert_string_equal(data, "hello");
		free(data);
	}
}

int main(void)
{
#define FACT(f) cmocka_unit_test_setup_teardown(f, enter_with_tree, leave_with_tree)
	const struct CMUnitTest tests[] = {
		FACT(every_byte_is_that_of_mke2fs),
		FACT(every_byte_is_that_of_mke2fs_at_odd_sizes),
		FACT(every_byte_is_that_of_mke2fs_at_other_block_sizes),
		FACT(every_byte_is_that_of_mke2fs_up_to_2_tib),
		FACT(the_articles_partition_has_1010079_blocks),
		FACT(e2fsck_finds_nothing),
		FACT(an_empty_4_gib_takes_little),
		FACT(bytes_outside_the_partition_stay),
		FACT(wrong_parameters_are_refused),
		FACT(the_kernel_mounts_it),
		FACT(every_kind_of_file_arrives),
		FACT(debugfs_takes_out_what_was_put_in),
		FACT(the_same_input_gives_the_same_bytes_at_any_time),
		FACT(lost_and_found_of_the_tree_is_the_filesystems),
		FACT(lost_and_found_has_to_be_a_directory),
		FACT(large_directories_are_indexed),
		FACT(the_guest_goes_on_in_indexed_directories),
		FACT(larger_ones_have_two_levels),
		FACT(a_sparse_5_gib_file_stays_sparse),
		FACT(a_file_past_the_last_block_of_the_map_is_refused),
		FACT(what_does_not_fit_is_refused_before_anything_is_written),
		FACT(zeros_that_take_room_on_the_host_take_none_here),
		FACT(it_can_be_filled_to_the_last_block),
		FACT(more_files_than_inodes_are_refused),
		FACT(progress_counts_the_bytes_of_content),
		FACT(a_host_file_that_changes_its_size_is_an_error),
		FACT(host_paths_that_cannot_be_read_are_errors),
		FACT(files_can_be_read_back),
		FACT(files_of_ext2_and_ext4_can_be_read),
	};
	const struct CMUnitTest ext4_tests[] = {
		FACT(every_byte_is_that_of_mke2fs),
		FACT(every_byte_is_that_of_mke2fs_at_odd_sizes),
		FACT(every_byte_is_that_of_mke2fs_at_other_block_sizes),
		FACT(e2fsck_finds_nothing),
		FACT(an_empty_4_gib_takes_little),
		FACT(the_kernel_mounts_it),
		FACT(every_kind_of_file_arrives),
		FACT(debugfs_takes_out_what_was_put_in),
		FACT(the_same_input_gives_the_same_bytes_at_any_time),
		FACT(lost_and_found_of_the_tree_is_the_filesystems),
		FACT(large_directories_are_indexed),
		FACT(the_guest_goes_on_in_indexed_directories),
		FACT(larger_ones_have_two_levels),
		FACT(a_sparse_5_gib_file_stays_sparse),
		FACT(what_does_not_fit_is_refused_before_anything_is_written),
		FACT(zeros_that_take_room_on_the_host_take_none_here),
		FACT(it_can_be_filled_to_the_last_block),
		FACT(files_can_be_read_back),
	};
	int failed = cmocka_run_group_tests_name("ext3", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("ext4", ext4_tests, as_ext4, NULL);
}
