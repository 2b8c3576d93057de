/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of filling an ext3 from a sealed template share: an image from the pack that was made last, looks into it
 * by e2fsck, debugfs and the kernel, and the comparison of two folders. To be included after sealed_checks.h.
 */
#ifndef BD_TESTS_PLACE_CHECKS_H
#define BD_TESTS_PLACE_CHECKS_H

#include <errno.h>
#include <ftw.h>
#include <sys/xattr.h>

#include "image_checks.h"
#include "rootfs/tree.h"

#define BASE_TIME (NOW - 1000)
#define BLOCK BD_SEALED_BLOCK_BYTES
/* The article's: no block of the image lies at a multiple of 4096 bytes of the file. */
#define CYLINDER 32256

static struct bd_tree tree; /* what is laid over the template */

static int enter_place_folder(void **state)
{
	tree = (struct bd_tree){ 0 };
	return enter_pack_folder(state);
}

static int leave_place_folder(void **state)
{
	bd_tree_dispose(&tree);
	return leave_pack_folder(state);
}

/* ---- templates ---- */

UNUSED static void seal_meta(const char *path, const struct bd_file_meta *meta)
{
	if (bd_sealed_writer_add(writer, path, meta, &err) < 0)
		fail_msg("%s: %s", path, err.message);
}

UNUSED static void seal_dir(const char *path)
{
	seal_meta(path, &(struct bd_file_meta){ .mode = S_IFDIR | 0755, .mtime_s = 1000000000 });
}

UNUSED static void seal_bytes(const char *path, const void *data, size_t size)
{
	seal_meta(path, &(struct bd_file_meta){ .mode = S_IFREG | 0644, .size_bytes = size, .mtime_s = 1000000000 });
	if (size && bd_sealed_writer_data(writer, 0, data, size, &err) < 0)
		fail_msg("%s: %s", path, err.message);
}

UNUSED static void seal_text(const char *path, const char *text)
{
	seal_bytes(path, text, strlen(text));
}

UNUSED static void seal_hard_link(const char *path, const char *target)
{
	if (bd_sealed_writer_link(writer, path, target, &err) < 0)
		fail_msg("%s: %s", path, err.message);
}

/* A block that is not zero anywhere and like no other of the file. */
UNUSED static void fill_block(uint8_t bytes[BLOCK], uint64_t seed)
{
	uint64_t x = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
	for (size_t i = 0; i < BLOCK; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		bytes[i] = (uint8_t)(x | 1);
	}
}

/* A file of so many blocks with content. */
UNUSED static void seal_dense(const char *path, uint64_t blocks)
{
	uint8_t bytes[BLOCK];
	seal_meta(path, &(struct bd_file_meta){ .mode = S_IFREG | 0644, .size_bytes = blocks * BLOCK });
	for (uint64_t i = 0; i < blocks; i++) {
		fill_block(bytes, i);
		if (bd_sealed_writer_data(writer, i * BLOCK, bytes, sizeof(bytes), &err) < 0)
			fail_msg("%s: %s", path, err.message);
	}
}

/* ---- images ---- */

static struct bd_ext3_geometry geometry;

/* bd_ext3_write of the pack and the tree into a file that is there already. */
static int try_write(const char *path, uint64_t offset_bytes, uint64_t size_bytes)
{
	struct bd_ext3_params params = params_for(offset_bytes, size_bytes);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	struct bd_ext3_files files = { .base = &sealed, .tree = &tree, .fd = fd, .base_time = BASE_TIME };
	int r = bd_ext3_write(path, &params, &files, NULL, &geometry, &err);
	close(fd);
	return r;
}

UNUSED static void write_image(const char *path, uint64_t offset_bytes, uint64_t size_bytes)
{
	make_sparse(path, offset_bytes + size_bytes);
	if (try_write(path, offset_bytes, size_bytes) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(geometry.block_size, BLOCK);
}

UNUSED static uint64_t allocated_bytes(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return (uint64_t)st.st_blocks * 512;
}

/* Nothing of the image is written. text: in the message. */
UNUSED static void assert_not_written(uint64_t size_bytes, int code, const char *text)
{
	make_sparse("image", MIB + size_bytes);
	assert_int_equal(try_write("image", MIB, size_bytes), -1);
	if (err.code != code || !strstr(err.message, text))
		fail_msg("%d, \"%s\" instead of %d, \"%s\"", err.code, err.message, code, text);
	assert_int_equal(allocated_bytes("image"), 0);
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
	if (strstr(output, "? no"))
		fail_msg("%s", output);
}

#define DEBUGFS(request) debugfs(request)
UNUSED static void debugfs(const char *request)
{
	RUN("debugfs", "-R", request, at_offset("image", MIB));
}

/* One request of debugfs, and what its answer has in it. */
#define assert_debugfs(request, text) \
	do { \
		debugfs(request); \
		if (!strstr(output, text)) \
			fail_msg("%s: no \"%s\" in\n%s", request, text, output); \
	} while (0)

/* False, and a line that says why, where the kernel cannot be asked to mount. */
static bool can_mount(void)
{
	static const char *why;
	if (geteuid() != 0)
		why = "that takes root";
	else if (access("/dev/loop-control", R_OK | W_OK) != 0)
		why = "there are no loop devices";
	else
		return true;
	print_message("# not mounted: %s\n", why);
	return false;
}

/* Mounts the image by the kernel's ext3 and calls check with the folder. */
UNUSED static void with_kernel(const char *image, uint64_t offset_bytes, const char *how,
			       void (*check)(const char *folder))
{
	char options[80];
	if (!can_mount())
		return;
	snprintf(options, sizeof(options), "%s,offset=%llu", how, (unsigned long long)offset_bytes);
	assert_int_equal(mkdir("mnt", 0700), 0);
	RUN("mount", "-t", bd_fs_type_name(fs_type), "-o", options, image, "mnt");
	check("mnt");
	RUN("umount", "mnt");
	assert_int_equal(rmdir("mnt"), 0);
}

/* ---- two folders ---- */

static const char *expected_top, *found_top;
static unsigned expected_count, found_count;

/* All bytes, and nothing but holes where the expected file has zeros. */
static void compare_content(const char *expected_path, const char *found_path, uint64_t size)
{
	static uint8_t expected[BLOCK * 16], found[BLOCK * 16];
	int left = open(expected_path, O_RDONLY | O_CLOEXEC), right = open(found_path, O_RDONLY | O_CLOEXEC);
	assert_true(left >= 0 && right >= 0);
	for (uint64_t at = 0; at < size;) {
		off_t in_left = lseek(left, (off_t)at, SEEK_DATA), in_right = lseek(right, (off_t)at, SEEK_DATA);
		if (in_left < 0 && in_right < 0)
			break;
		at = (uint64_t)(in_left < 0 || (in_right >= 0 && in_right < in_left) ? in_right : in_left);
		at = at / BLOCK * BLOCK;
		size_t part = size - at < sizeof(found) ? (size_t)(size - at) : sizeof(found);
		assert_int_equal(pread(left, expected, part, (off_t)at), part);
		assert_int_equal(pread(right, found, part, (off_t)at), part);
		if (memcmp(expected, found, part))
			fail_msg("%s differs in the %zu bytes from %llu on", found_path, part,
				 (unsigned long long)at);
		at += part;
	}
	close(left);
	close(right);
}

static ssize_t attribute_names(const char *path, char *names, size_t size)
{
	ssize_t r = llistxattr(path, names, size);
	assert_true(r >= 0);
	return r;
}

static void compare_attributes(const char *expected_path, const char *found_path)
{
	static char names[65536], others[65536], expected[65536], found[65536];
	ssize_t size = attribute_names(expected_path, names, sizeof(names));
	assert_int_equal(attribute_names(found_path, others, sizeof(others)), size);
	for (const char *name = names; name < names + size; name += strlen(name) + 1) {
		ssize_t value_size = lgetxattr(expected_path, name, expected, sizeof(expected));
		assert_true(value_size >= 0);
		if (lgetxattr(found_path, name, found, sizeof(found)) != value_size ||
		    memcmp(expected, found, (size_t)value_size))
			fail_msg("%s has another %s", found_path, name);
	}
}

static void compare_facts(const char *path, const struct stat *expected, const struct stat *found)
{
	if (expected->st_mode != found->st_mode || expected->st_uid != found->st_uid ||
	    expected->st_gid != found->st_gid)
		fail_msg("%s is %o %u:%u instead of %o %u:%u", path, found->st_mode, found->st_uid, found->st_gid,
			 expected->st_mode, expected->st_uid, expected->st_gid);
	if (expected->st_mtim.tv_sec != found->st_mtim.tv_sec || expected->st_mtim.tv_nsec != found->st_mtim.tv_nsec)
		fail_msg("%s has another time", path);
	if (expected->st_nlink != found->st_nlink || expected->st_rdev != found->st_rdev)
		fail_msg("%s has %u links and device %llx instead of %u and %llx", path, (unsigned)found->st_nlink,
			 (unsigned long long)found->st_rdev, (unsigned)expected->st_nlink,
			 (unsigned long long)expected->st_rdev);
	if (!S_ISDIR(expected->st_mode) && expected->st_size != found->st_size)
		fail_msg("%s has %lld bytes instead of %lld", path, (long long)found->st_size,
			 (long long)expected->st_size);
}

static int compare_with_found(const char *path, const struct stat *expected, int type, struct FTW *walk)
{
	char other[8192], target[4096] = "", other_target[4096] = "";
	struct stat found;
	(void)type;
	(void)walk;
	snprintf(other, sizeof(other), "%s%s", found_top, path + strlen(expected_top));
	if (lstat(other, &found) < 0)
		fail_msg("%s is missing", other);
	compare_facts(other, expected, &found);
	if (S_ISREG(expected->st_mode))
		compare_content(path, other, (uint64_t)expected->st_size);
	if (S_ISLNK(expected->st_mode)) {
		assert_true(readlink(path, target, sizeof(target) - 1) > 0);
		assert_true(readlink(other, other_target, sizeof(other_target) - 1) > 0);
		assert_string_equal(target, other_target);
	}
	compare_attributes(path, other);
	expected_count++;
	return 0;
}

static int count_found(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)path;
	(void)st;
	(void)type;
	(void)walk;
	found_count++;
	return 0;
}

/* The same files, with all that belongs to them, and no others. */
UNUSED static void assert_same_folders(const char *expected, const char *found)
{
	expected_top = expected;
	found_top = found;
	expected_count = found_count = 0;
	assert_int_equal(nftw(expected, compare_with_found, 64, FTW_PHYS), 0);
	assert_int_equal(nftw(found, count_found, 64, FTW_PHYS), 0);
	assert_int_equal(expected_count, found_count);
}

#endif
