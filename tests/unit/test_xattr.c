/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about ext3/writer/xattr.h. Whether the bytes are right is said by libext2fs, which reads them again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ext2fs/ext2fs.h>

#include "ext3/writer/xattr.h"
#include "sealed_checks.h"
#include "populate_checks.h"

static uint8_t block[4096];

static const struct bd_xattr capability = { "security.capability", "\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20 };
/* user::rw-, user:70000:rwx, group::r--, mask::rwx, other::--- as getxattr(2) gives them. */
#define ACL \
	"\2\0\0\0" \
	"\1\0\6\0\377\377\377\377\2\0\7\0\160\21\1\0\4\0\4\0\377\377\377\377\20\0\7\0\377\377\377\377" \
	"\40\0\0\0\377\377\377\377"
/* libext2fs gives an id of 0 where there is none. */
#define ACL_OF_LIBEXT2FS \
	"\2\0\0\0" \
	"\1\0\6\0\0\0\0\0\2\0\7\0\160\21\1\0\4\0\4\0\0\0\0\0\20\0\7\0\0\0\0\0\40\0\0\0\0\0\0\0"
static const struct bd_xattr access_acl = { "system.posix_acl_access", ACL, 44 };

static void nothing_takes_nothing(void **state)
{
	(void)state;
	assert_int_equal(bd_xattr_inode_bytes(NULL, 0), 0);
}

static void an_attribute_takes_its_entry_and_its_value_in_fours(void **state)
{
	(void)state;
	struct bd_xattr xattr = { "user.a", "12345", 5 };
	assert_int_equal(bd_xattr_inode_bytes(&xattr, 1), 4 + 16 + 4 + 8 + 4);
	xattr.name = "trusted.abcde";
	assert_int_equal(bd_xattr_inode_bytes(&xattr, 1), 4 + 16 + 8 + 8 + 4);
	assert_int_equal(bd_xattr_inode_bytes(&capability, 1), 4 + 16 + 12 + 20 + 4);
	/* 4 of a header, an entry of 4 for each but 8 for who is named. */
	assert_int_equal(bd_xattr_inode_bytes(&access_acl, 1), 4 + 16 + 0 + 28 + 4);
}

static void an_acl_is_kept_in_ext3s_short_form(void **state)
{
	static const char golden[] = "\1\0\0\0\1\0\6\0\2\0\7\0\160\21\1\0\4\0\4\0\20\0\7\0\40\0\0";
	(void)state;
	memset(block, 0, sizeof(block));
	assert_int_equal(bd_xattr_put_in_inode(&access_acl, 1, block, 96, &err), 0);
	assert_memory_equal(block, "\0\0\2\352", 4);
	assert_int_equal(block[4], 0);
	assert_int_equal(block[5], 2);
	assert_memory_equal(block + 96 - 28, golden, 28);
}

static void assert_neither(const struct bd_xattr *xattr, int code, const char *text)
{
	static const uint8_t zeros[sizeof(block)];
	memset(block, 0, sizeof(block));
	assert_int_equal(bd_xattr_inode_bytes(xattr, 1), UINT64_MAX);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(i ? bd_xattr_put_in_block(xattr, 1, block, sizeof(block), &err)
				   : bd_xattr_put_in_inode(xattr, 1, block, 96, &err),
				 -1);
		assert_int_equal(err.code, code);
		assert_non_null(strstr(err.message, text));
		assert_memory_equal(block, zeros, sizeof(block));
	}
}

static void what_ext3_has_no_words_for_is_an_error(void **state)
{
	char name[300] = "user.";
	(void)state;
	assert_neither(&(struct bd_xattr){ "btrfs.compression", "zstd", 4 }, ENOTSUP, "btrfs.compression");
	assert_neither(&(struct bd_xattr){ "system.nfs4_acl", "x", 1 }, ENOTSUP, "system.nfs4_acl");
	assert_neither(&(struct bd_xattr){ "system.posix_acl_access2", "x", 1 }, ENOTSUP, "posix_acl_access2");
	assert_neither(&(struct bd_xattr){ "user", "x", 1 }, ENOTSUP, "user");
	assert_neither(&(struct bd_xattr){ "", "x", 1 }, ENOTSUP, "extended attribute");
	assert_neither(&(struct bd_xattr){ "user.", "x", 1 }, EINVAL, "user.");
	memset(name + 5, 'n', 256);
	assert_neither(&(struct bd_xattr){ name, "x", 1 }, EINVAL, "user.nnn");
}

static void a_damaged_acl_is_an_error(void **state)
{
	(void)state;
	assert_neither(&(struct bd_xattr){ "system.posix_acl_access", "", 0 }, EINVAL, "ACL is damaged");
	assert_neither(&(struct bd_xattr){ "system.posix_acl_access", ACL, 3 }, EINVAL, "ACL is damaged");
	assert_neither(&(struct bd_xattr){ "system.posix_acl_default", ACL, 43 }, EINVAL, "ACL is damaged");
	assert_neither(&(struct bd_xattr){ "system.posix_acl_default", "\1\0\0\0", 4 }, EINVAL, "ACL is damaged");
}

static void what_is_too_large_says_so_and_writes_nothing(void **state)
{
	static uint8_t value[70000];
	struct bd_xattr xattr = { "user.v", value, 4096 - 32 - 16 - 4 - 4 };
	(void)state;
	memset(value, 'v', sizeof(value));
	memset(block, 0, sizeof(block));
	assert_int_equal(bd_xattr_put_in_block(&xattr, 1, block, sizeof(block), &err), 0);
	memset(block, 0, sizeof(block));
	for (int i = 0; i < 2; i++) {
		xattr.size_bytes = i ? sizeof(value) : xattr.size_bytes + 1;
		assert_int_equal(bd_xattr_put_in_block(&xattr, 1, block, sizeof(block), &err), -1);
		assert_int_equal(err.code, E2BIG);
		assert_int_equal(bd_xattr_put_in_inode(&xattr, 1, block, 96, &err), -1);
		assert_int_equal(err.code, ENOSPC);
		assert_int_equal(block[0], 0);
	}
}

/* ---- libext2fs reads them ---- */

#define FILES 400
#define XATTRS_MAX 8

static struct made {
	struct bd_xattr xattrs[XATTRS_MAX];
	char names[XATTRS_MAX][64];
	uint8_t values[XATTRS_MAX][1200];
	size_t count;
} made[FILES];

static void make_one(struct made *file, unsigned *seed, size_t most_bytes)
{
	static const char *const prefixes[] = { "user.", "trusted.", "security." };
	file->count = 0;
	for (size_t i = (size_t)rand_r(seed) % XATTRS_MAX; i > 0; i--) {
		size_t n = file->count, length = (size_t)rand_r(seed) % 20;
		/* The number makes it the only one of its name. Bytes over 127 are hashed in another way by some. */
		snprintf(file->names[n], sizeof(file->names[n]), "%s%zu%.*s", prefixes[rand_r(seed) % 3], n,
			 (int)length, "\xc3\xa4\xffnothing-but-letters");
		size_t size = (size_t)rand_r(seed) % most_bytes;
		for (size_t j = 0; j < size; j++)
			file->values[n][j] = (uint8_t)rand_r(seed);
		file->xattrs[n] = (struct bd_xattr){ file->names[n], file->values[n], size };
		file->count++;
	}
	if (rand_r(seed) % 4 == 0 && file->count < XATTRS_MAX)
		file->xattrs[file->count++] = access_acl;
	if (rand_r(seed) % 4 == 0 && file->count < XATTRS_MAX)
		file->xattrs[file->count++] = capability;
}

static void assert_attributes(ext2_filsys fs, const char *path, const struct made *file)
{
	struct ext2_xattr_handle *handle;
	size_t count;
	ext2_ino_t ino;
	assert_int_equal(ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, &ino), 0);
	assert_int_equal(ext2fs_xattrs_open(fs, ino, &handle), 0);
	assert_int_equal(ext2fs_xattrs_read(handle), 0);
	assert_int_equal(ext2fs_xattrs_count(handle, &count), 0);
	assert_int_equal(count, file->count);
	for (size_t i = 0; i < file->count; i++) {
		void *value;
		size_t size;
		if (ext2fs_xattr_get(handle, file->xattrs[i].name, &value, &size))
			fail_msg("%s has no %s", path, file->xattrs[i].name);
		const void *expected =
			file->xattrs[i].value == access_acl.value ? ACL_OF_LIBEXT2FS : file->xattrs[i].value;
		assert_int_equal(size, file->xattrs[i].size_bytes);
		if (size)
			assert_memory_equal(value, expected, size);
		ext2fs_free_mem(&value);
	}
	ext2fs_xattrs_close(&handle);
}

static void libext2fs_reads_what_was_written(void **state)
{
	unsigned seed = 3;
	char path[32];
	ext2_filsys fs;
	(void)state;
	begin_pack();
	for (size_t i = 0; i < FILES; i++) {
		static const mode_t modes[] = { S_IFREG, S_IFDIR, S_IFIFO, S_IFCHR };
		/* Some fit into the inode, some take both, some a block. */
		make_one(&made[i], &seed, i % 3 == 0 ? 8 : i % 3 == 1 ? 60 : 500);
		struct bd_file_meta meta = { .mode = modes[i % 4] | 0600,
					     .xattrs = made[i].xattrs,
					     .xattr_count = made[i].count };
		snprintf(path, sizeof(path), "%zu", i);
		seal_meta(path, &meta);
	}
	finish_pack();
	write_image("image", 0, 64 * MIB);
	check_clean("image", 0);
	assert_int_equal(ext2fs_open("image", EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &fs), 0);
	for (size_t i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "/%zu", i);
		assert_attributes(fs, path, &made[i]);
	}
	ext2fs_close(fs);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_place_folder, leave_place_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_takes_nothing),
		cmocka_unit_test(an_attribute_takes_its_entry_and_its_value_in_fours),
		cmocka_unit_test(an_acl_is_kept_in_ext3s_short_form),
		cmocka_unit_test(what_ext3_has_no_words_for_is_an_error),
		cmocka_unit_test(a_damaged_acl_is_an_error),
		cmocka_unit_test(what_is_too_large_says_so_and_writes_nothing),
		TEST(libext2fs_reads_what_was_written),
	};
	int failed = cmocka_run_group_tests_name("ext3", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("ext4", tests, as_ext4, NULL);
}
