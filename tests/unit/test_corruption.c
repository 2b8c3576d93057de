/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about rootfs/sealed_check.c and about filling an ext3 from a sealed template whose index has wrong bytes in
 * it, with a checksum that fits: either it is refused, or what comes of it is a filesystem that e2fsck has nothing
 * against. That a checksum that does not fit is seen is in test_store.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "sealed_checks.h"
#include "populate_checks.h"
#include "rootfs/sealed_check.h"

#define FS_BYTES (16 * MIB)

/* The index that is good, and the one that is damaged. */
static uint8_t *good, *bad;
static size_t size;
static int payload_fd;
static uint64_t dirs_at, offsets_at;

/* Every kind of record, and each only once: the fewer bytes, the fewer rounds. */
static void seal_example(void)
{
	static const struct bd_xattr xattrs[] = { { "user.a", "1234", 4 }, { "security.selinux", "x", 1 } };
	const struct bd_file_meta holes = {
		.mode = S_IFREG | 0600, .size_bytes = 3 * BLOCK + 7, .xattrs = xattrs, .xattr_count = 2
	};

	begin_pack();
	seal_dir("etc");
	seal_dir("etc/one");
	seal_dir("etc/one/two");
	seal_dir("var");
	seal_text("etc/alpha", "alpha");
	seal_text("etc/bravo", "bravo");
	seal_hard_link("var/other", "etc/alpha");
	seal_meta("etc/link", &(struct bd_file_meta){ .mode = S_IFLNK | 0777, .target = "alpha" });
	seal_meta("etc/console", &(struct bd_file_meta){ .mode = S_IFCHR | 0600, .rdev_major = 5, .rdev_minor = 1 });
	seal_meta("var/holes", &holes);
	assert_int_equal(bd_sealed_writer_data(writer, BLOCK, "AAAA", 4, &err), 0);
	assert_int_equal(bd_sealed_writer_data(writer, 3 * BLOCK + 6, "C", 1, &err), 0);
	finish_pack();
}

static int begin_corruption(void **state)
{
	if (enter_place_folder(state) != 0)
		return -1;
	seal_example();
	size = sealed.end_at;
	dirs_at = sealed.dirs_at;
	offsets_at = sealed.offsets_at;
	payload_fd = dup(sealed.payload_fd);
	good = malloc(size);
	bad = malloc(size);
	return pread(sealed.index_fd, good, size, 0) == (ssize_t)size ? 0 : -1;
}

static int end_corruption(void **state)
{
	free(good);
	free(bad);
	close(payload_fd);
	return leave_place_folder(state);
}

static void expect_one_line(void)
{
	assert_true(*err.message && !strpbrk(err.message, "\n\r"));
}

/* The damaged index becomes the pack. -1: it is refused. */
static int open_bad(void)
{
	int fd = memfd_create("index", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bad, size), size);
	bd_sealed_reader_dispose(&reader);
	bd_sealed_dispose(&sealed);
	if (bd_sealed_open(&sealed, fd, dup(payload_fd), &err) == 0 && bd_sealed_check(&sealed, &err) == 0)
		return 0;
	assert_int_equal(err.code, EINVAL);
	expect_one_line();
	return -1;
}

static void begin_anew(void)
{
	memcpy(bad, good, size);
}

static void expect_refused(const char *what, const char *words)
{
	if (open_bad() == 0)
		fail_msg("%s: it is taken", what);
	if (!strstr(err.message, words))
		fail_msg("%s: \"%s\" is not in: %s", what, words, err.message);
	begin_anew();
}

/* rootfs/sealed.h: an entry is u32 inode, u8 type, u8 size of the name, the name. */
static uint8_t *entry_of(const char *name)
{
	size_t length = strlen(name);

	for (uint64_t at = dirs_at + BD_SEALED_DIR_BYTES + BD_SEALED_ENTRY_BYTES; at + length <= offsets_at; at++)
		if (bad[at - 1] == length && memcmp(bad + at, name, length) == 0)
			return bad + at - BD_SEALED_ENTRY_BYTES;
	fail_msg("%s is not there", name);
	return NULL;
}

static uint8_t *inode_of(const char *name)
{
	return bad + BD_SEALED_HEADER_BYTES + get_le64(bad + offsets_at + 8 * (uint64_t)get_le32(entry_of(name)));
}

static uint8_t *dir_of(const char *name)
{
	return bad + dirs_at + get_le64(inode_of(name) + 24);
}

static void set_name(const char *old, const char *name)
{
	memcpy(entry_of(old) + BD_SEALED_ENTRY_BYTES, name, strlen(old));
}

static void a_good_index_is_taken(void **state)
{
	(void)state;
	begin_anew();
	if (open_bad() != 0)
		fail_msg("%s", err.message);
	write_image("image", MIB, FS_BYTES);
	check_clean("image", MIB);
}

static void names_that_no_folder_can_have_are_refused(void **state)
{
	(void)state;
	begin_anew();
	set_name("bravo", "alpha");
	expect_refused("the same name twice", "has the name \"alpha\" twice");
	set_name("alpha", "al/ha");
	expect_refused("a slash", "a name that no file can have");
	memset(entry_of("bravo") + BD_SEALED_ENTRY_BYTES + 2, 0, 1);
	expect_refused("a NUL", "a name that no file can have");
	entry_of("one")[5] = 0;
	expect_refused("an empty name", "cut off");
	/* Three letters, of which one becomes the next entry's first byte; or two dots and what is left is cut off. */
	memcpy(entry_of("two") + BD_SEALED_ENTRY_BYTES, "...", 3);
	assert_int_equal(open_bad(), 0);
	begin_anew();
	for (uint8_t dots = 1; dots <= 2; dots++) {
		/* Its folder's record ends with it: so it can be made shorter. */
		uint8_t *record = dir_of("one"), *entry = entry_of("two");
		memcpy(entry + BD_SEALED_ENTRY_BYTES, "...", 3);
		entry[5] = dots;
		put_le32(record, get_le32(record) - (3u - dots));
		expect_refused("one or two dots", "a name that no file can have");
	}
}

static void links_and_names_have_to_be_as_many(void **state)
{
	static const char words[] = "another number of names than of links";

	(void)state;
	begin_anew();
	put_le32(inode_of("alpha") + 16, 1);
	expect_refused("two names and one link", words);
	put_le32(inode_of("alpha") + 16, 3);
	expect_refused("two names and three links", words);
	put_le32(inode_of("bravo") + 16, 0);
	expect_refused("a name and no link", words);
	put_le32(inode_of("holes") + 16, UINT32_MAX);
	expect_refused("a name and as many links as can be", words);
	put_le32(entry_of("bravo"), get_le32(entry_of("alpha")));
	expect_refused("a name that leads to another file", words);
}

static void a_folder_has_one_parent_and_no_circle(void **state)
{
	static const char place[] = "is a directory in the wrong place";

	(void)state;
	begin_anew();
	uint32_t etc = get_le32(entry_of("etc")), one = get_le32(entry_of("one"));
	put_le32(dir_of("one") + 4, 0);
	expect_refused("a parent that has no such folder", place);
	put_le32(dir_of("one") + 4, one);
	expect_refused("a folder that is its own parent", place);
	put_le32(entry_of("two"), etc);
	expect_refused("a folder below itself", place);
	put_le32(entry_of("two"), one);
	expect_refused("a folder in itself", place);
	put_le32(entry_of("two"), 0);
	expect_refused("the root below itself", place);
	put_le32(entry_of("var"), one);
	expect_refused("a folder with two parents", "another number of names than of links");
	put_le32(dir_of("etc") + 4, etc);
	expect_refused("a loop below the root", place);
	entry_of("link")[4] = 2;
	expect_refused("a symlink that says to be a folder", "a type that is not its inode's");
	entry_of("alpha")[4] = 7;
	expect_refused("a file that says to be a symlink", "another type than its name says");
}

static void records_have_to_be_where_they_are_said_to_be(void **state)
{
	(void)state;
	begin_anew();
	uint64_t last = offsets_at + 8 * (uint64_t)(totals.inodes - 1);
	put_le64(bad + last, get_le64(bad + last - 8));
	expect_refused("one record for two inodes", "not where the table of offsets has it");
	put_le64(inode_of("one") + 24, get_le64(inode_of("two") + 24));
	expect_refused("one record for two folders", "is a directory in the wrong place");
	/* The last inode's record grows into the folders, which begin later. */
	put_le64(bad + 40, dirs_at + 12);
	assert_int_equal(open_bad(), -1);
	begin_anew();
	put_le64(bad + 20, get_le64(bad + 20) - 1);
	assert_int_equal(open_bad(), -1);
}

static void expect_clean(size_t at, uint8_t mask)
{
	static const char *const judge[] = { "e2fsck", "-fn", "image?offset=1048576", NULL };
	struct bd_run run = { .argv = judge, .output = output, .output_size = sizeof(output) };

	if (bd_run(&run, &err) != 0 || strstr(output, "? no"))
		fail_msg("byte %zu, mask %02x: %s", at, mask, output);
}

/* Where placing says no, it says why. */
static void wrong_bytes_make_no_broken_filesystem(void **state)
{
	static const uint8_t masks[] = { 0x01, 0x10, 0x80, 0xff };
	unsigned refused = 0, not_placed = 0, placed = 0, judged = 0, round = 0;

	(void)state;
	begin_anew();
	for (size_t at = 0; at < size; at++) {
		uint8_t mask = masks[at % sizeof(masks)];
		bad[at] ^= mask;
		if (open_bad() != 0) {
			refused++;
		} else if (round++ % 3 == 0) {
			make_sparse("image", MIB + FS_BYTES);
			if (try_write("image", MIB, FS_BYTES) != 0) {
				expect_one_line();
				not_placed++;
			} else if (placed++ % 4 == 0) {
				expect_clean(at, mask);
				judged++;
			}
		}
		bad[at] ^= mask;
	}
	print_message(
		"# %u of %zu bytes are refused; of the others %u were tried, %u of them placed, and %u looked at\n",
		refused, size, not_placed + placed, placed, judged);
	assert_true(refused > size / 4 && placed > 20 && judged > 5);
}

#define CORRUPTION(test) cmocka_unit_test_setup_teardown(test, begin_corruption, end_corruption)

int main(void)
{
	const struct CMUnitTest facts[] = {
		CORRUPTION(a_good_index_is_taken),
		CORRUPTION(names_that_no_folder_can_have_are_refused),
		CORRUPTION(links_and_names_have_to_be_as_many),
		CORRUPTION(a_folder_has_one_parent_and_no_circle),
		CORRUPTION(records_have_to_be_where_they_are_said_to_be),
		CORRUPTION(wrong_bytes_make_no_broken_filesystem),
	};
	return cmocka_run_group_tests(facts, NULL, NULL);
}
