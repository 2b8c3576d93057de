/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about rootfs/sealed.h: reading in order and by path, and what a damaged index does: an error, or other
 * content, but nothing that a reader has to be afraid of. */
#include <sys/mman.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "rootfs/sealed_check.h"
#include "rootfs/sealed_find.h"
#include "rootfs/sealed_part.h"
#include "test_sealed_writer_fixture.h"

/* A root filesystem in small: merged /usr, links of all kinds, a file with holes, xattrs. */
static void fill(void)
{
	static const struct bd_xattr xattrs[] = { { "user.a", "1234", 4 }, { "security.selinux", "x", 1 } };
	struct bd_file_meta holes = {
		.mode = S_IFREG | 0600, .size_bytes = 5 * 4096 + 7, .xattrs = xattrs, .xattr_count = 2
	};

	assert_int_equal(add_dir("usr/lib/modules"), 0);
	assert_int_equal(add_symlink("lib", "usr/lib"), 0);
	assert_int_equal(add_file("usr/lib/os-release", "NAME=x\n"), 0);
	assert_int_equal(add_symlink("etc/os-release", "../usr/lib/os-release"), 0);
	assert_int_equal(add_symlink("etc/absolute", "/lib/os-release"), 0);
	assert_int_equal(add_symlink("etc/up", "../../../../lib/./modules/.././os-release"), 0);
	assert_int_equal(add_symlink("etc/self", "self"), 0);
	assert_int_equal(add_symlink("etc/ping", "pong"), 0);
	assert_int_equal(add_symlink("etc/pong", "/etc/ping"), 0);
	assert_int_equal(add_symlink("etc/dangling", "/run/not/there"), 0);
	assert_int_equal(add_symlink("var/run", "/run"), 0);
	assert_int_equal(add_symlink("etc/here", "."), 0);
	assert_int_equal(add_symlink("etc/folder", "/lib/modules/"), 0);
	assert_int_equal(add_file("etc/hostname", "web01"), 0);
	assert_int_equal(add_link("etc/other-name", "etc/hostname"), 0);
	assert_int_equal(add("dev/console", S_IFCHR | 0600), 0);
	assert_int_equal(add_file("etc/empty", ""), 0);
	assert_int_equal(bd_sealed_writer_add(writer, "holes", &holes, &err), 0);
	assert_int_equal(bd_sealed_writer_data(writer, 4096, "AAAA", 4, &err), 0);
	assert_int_equal(bd_sealed_writer_data(writer, 3 * 4096 - 1, "BB", 2, &err), 0);
	assert_int_equal(bd_sealed_writer_data(writer, 5 * 4096 + 6, "C", 1, &err), 0);
}

static int begin_filled(void **state)
{
	if (begin(state) != 0)
		return -1;
	fill();
	finish();
	return 0;
}

/* The path without symlinks that leads to the same inode, or NULL. */
static void expect_found(const char *path, bool follow, const char *plain)
{
	uint32_t index, expected = BD_SEALED_NONE;

	if (bd_sealed_find(&sealed, path, follow, &index, &err) != 0)
		fail_msg("%s: %s", path, err.message);
	if (plain)
		assert_int_equal(bd_sealed_find(&sealed, plain, false, &expected, &err), 0);
	if (plain && expected == BD_SEALED_NONE)
		fail_msg("%s is not there", plain);
	if (index != expected)
		fail_msg("%s is %u, not %u", path, index, expected);
}

static void inodes_come_in_order(void **state)
{
	(void)state;
	struct bd_sealed_reader in_order, by_number;
	struct bd_sealed_inode inode = { 0 }, same;
	uint32_t seen = 0;

	in_order = (struct bd_sealed_reader){ .sealed = &sealed };
	by_number = (struct bd_sealed_reader){ .sealed = &sealed };
	for (; bd_sealed_next_inode(&in_order, &inode, &err) == 1; seen++) {
		assert_int_equal(inode.index, seen);
		assert_int_equal(S_ISDIR(inode.mode) != 0, seen < totals.directories);
		assert_int_equal(bd_sealed_read_inode(&by_number, seen, &same, &err), 0);
		assert_true(same.mode == inode.mode && same.size_bytes == inode.size_bytes &&
			    same.dir_at == inode.dir_at && same.next_at == inode.next_at &&
			    same.extent_count == inode.extent_count);
	}
	assert_int_equal(seen, totals.inodes);
	assert_int_equal(seen, sealed.inode_count);
	assert_int_equal(inode.next_at, sealed.dirs_at - sealed.inodes_at);
	assert_int_equal(code(bd_sealed_read_inode(&by_number, seen, &same, &err)), EINVAL);
	/* Backwards too. */
	while (seen-- > 0) {
		assert_int_equal(bd_sealed_read_inode(&by_number, seen, &same, &err), 0);
		assert_int_equal(same.index, seen);
	}
	bd_sealed_reader_dispose(&in_order);
	bd_sealed_reader_dispose(&by_number);
	bd_sealed_reader_dispose(&by_number);
}

static void directories_follow_one_another(void **state)
{
	(void)state;
	struct bd_sealed_reader inodes, dirs;
	struct bd_sealed_inode inode = { 0 };
	struct bd_sealed_dir dir = { .next_at = 0 };

	inodes = (struct bd_sealed_reader){ .sealed = &sealed };
	dirs = (struct bd_sealed_reader){ .sealed = &sealed };
	for (uint32_t i = 0; i < sealed.dir_count; i++) {
		assert_int_equal(bd_sealed_next_inode(&inodes, &inode, &err), 1);
		assert_int_equal(inode.dir_at, dir.next_at);
		assert_int_equal(bd_sealed_read_dir(&dirs, dir.next_at, &dir, &err), 0);
	}
	assert_int_equal(dir.next_at, sealed.offsets_at - sealed.dirs_at);
	assert_int_equal(code(bd_sealed_read_dir(&dirs, dir.next_at, &dir, &err)), EINVAL);
	assert_int_equal(code(bd_sealed_read_dir(&dirs, UINT64_MAX, &dir, &err)), EINVAL);
	bd_sealed_reader_dispose(&inodes);
	bd_sealed_reader_dispose(&dirs);
}

static void paths_are_found_as_the_kernel_finds_them(void **state)
{
	(void)state;
	uint32_t index;

	assert_int_equal(bd_sealed_find(&sealed, "/", false, &index, &err), 0);
	assert_int_equal(index, 0);
	expect_found("", true, "/");
	expect_found("/..", true, "/");
	expect_found("/etc/../..//../usr/./lib", true, "/usr/lib");
	expect_found("/usr/", true, "/usr");
	expect_found("etc/hostname", true, "/etc/hostname");
	expect_found("/etc/other-name", true, "/etc/hostname");
	expect_found("/lib", false, "/lib");
	expect_found("/lib", true, "/usr/lib");
	expect_found("/lib/", true, "/usr/lib");
	expect_found("/lib/os-release", false, "/usr/lib/os-release");
	expect_found("/lib/..", true, "/usr");
	expect_found("/etc/os-release", true, "/usr/lib/os-release");
	expect_found("/etc/os-release", false, "/etc/os-release");
	expect_found("/etc/absolute", true, "/usr/lib/os-release");
	expect_found("/etc/up", true, "/usr/lib/os-release");
	expect_found("/etc/here/here/here/hostname", true, "/etc/hostname");
	expect_found("/etc/folder", true, "/usr/lib/modules");
	expect_found("/etc/folder/..", true, "/usr/lib");
	expect_found("/etc/self", false, "/etc/self");
	expect_found("/nowhere", true, NULL);
	expect_found("/nowhere/..", true, NULL);
	expect_found("/etc/host", true, NULL);
	expect_found("/etc/hostname2", true, NULL);
	expect_found("/etc/hostname/x", true, NULL);
	expect_found("/etc/hostname/..", true, NULL);
	expect_found("/etc/dangling", true, NULL);
	expect_found("/etc/dangling/x", true, NULL);
	expect_found("/var/run/lock", true, NULL);
}

static void symlinks_in_a_circle_are_an_error(void **state)
{
	(void)state;
	static const char *const circles[] = { "/etc/self", "/etc/self/x", "/etc/ping", "/etc/pong/a/b" };
	uint32_t index = 12345;
	char *path = NULL;

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(code(bd_sealed_find(&sealed, circles[i], true, &index, &err)), ELOOP);
	assert_int_equal(code(bd_sealed_resolve_parents(&sealed, "/etc/ping/x", &path, &err)), ELOOP);
	assert_null(path);
	assert_int_equal(code(bd_sealed_read_file(&sealed, "/etc/self", 10, &path, NULL, &err)), ELOOP);
	assert_null(path);
}

/* Linux follows 40 symlinks, not 41 (MAXSYMLINKS). */
static void forty_symlinks_are_followed(void **state)
{
	(void)state;
	char path[20], target[20];
	uint32_t index;

	assert_int_equal(add_file("link0", ""), 0);
	for (int i = 1; i <= 41; i++) {
		snprintf(path, sizeof(path), "link%d", i);
		snprintf(target, sizeof(target), "link%d", i - 1);
		assert_int_equal(add_symlink(path, target), 0);
	}
	finish();
	expect_found("/link40", true, "/link0");
	assert_int_equal(code(bd_sealed_find(&sealed, "/link41", true, &index, &err)), ELOOP);
}

static void paths_that_are_too_long_are_an_error(void **state)
{
	(void)state;
	static char target[4096], path[4097], long_path[5000];
	uint32_t index;

	memset(target, 't', 4095);
	memset(path, 'p', 4096);
	memset(long_path, '/', 4999);
	assert_int_equal(add_symlink("long", target), 0);
	for (size_t i = 0; i < 4095; i++)
		target[i] = "./"[i % 2];
	assert_int_equal(add_symlink("dots", target), 0);
	memset(target, 't', 4095);
	memcpy(target, "grows/", 6);
	assert_int_equal(add_symlink("grows", target), 0);
	finish();
	assert_int_equal(code(bd_sealed_find(&sealed, path, true, &index, &err)), ENAMETOOLONG);
	assert_int_equal(code(bd_sealed_find(&sealed, long_path, true, &index, &err)), ENAMETOOLONG);
	path[4095] = '\0';
	expect_found(path, true, NULL);
	expect_found("/long", true, NULL);
	expect_found("/long/x", true, NULL);
	expect_found("/dots", true, "/");
	/* A target before a rest that is as long. */
	memcpy(path, "/dots/", 6);
	expect_found(path, true, NULL);
	memcpy(path, "/long/", 6);
	expect_found(path, true, NULL);
	memset(long_path, 0, sizeof(long_path));
	for (size_t i = 0; i + 6 < 4096; i += 5)
		memcpy(long_path + i, "/dots", 5);
	assert_int_equal(code(bd_sealed_find(&sealed, long_path, true, &index, &err)), ELOOP);
	assert_int_equal(code(bd_sealed_find(&sealed, "/grows", true, &index, &err)), ENAMETOOLONG);
}

static void expect_resolved(const char *path, const char *expected)
{
	char *resolved;

	if (bd_sealed_resolve_parents(&sealed, path, &resolved, &err) != 0)
		fail_msg("%s: %s", path, err.message);
	assert_string_equal(resolved, expected);
	free(resolved);
}

static void parents_are_resolved_the_last_name_is_not(void **state)
{
	(void)state;
	expect_resolved("/", "/");
	expect_resolved("", "/");
	expect_resolved("/etc/hostname", "/etc/hostname");
	expect_resolved("/lib", "/lib");
	expect_resolved("/lib/", "/lib");
	expect_resolved("/lib/os-release", "/usr/lib/os-release");
	expect_resolved("/lib/modules/6.1/kernel/x.ko", "/usr/lib/modules/6.1/kernel/x.ko");
	expect_resolved("//lib//./modules/../systemd/system/", "/usr/lib/systemd/system");
	expect_resolved("/etc/self", "/etc/self");
	expect_resolved("/etc/here/here/new", "/etc/new");
	expect_resolved("/etc/here/..", "/");
	expect_resolved("/etc/folder/a", "/usr/lib/modules/a");
	expect_resolved("/nowhere", "/nowhere");
	expect_resolved("/nowhere/at//all/./", "/nowhere/at/all");
	expect_resolved("/etc/hostname/below/file", "/etc/hostname/below/file");
	expect_resolved("/var/run/lock/x", "/run/lock/x");
	expect_resolved("/etc/dangling/x//y", "/run/not/there/x/y");
}

static int append_name(void *context, const char *name, uint8_t type, struct bd_error *error)
{
	char *text = context;

	(void)error;
	sprintf(text + strlen(text), "%s:%u ", name, type);
	return strcmp(name, "modules") == 0 && text[0] == '!' ? bd_fail(error, EIO, "enough") : 0;
}

static void listing(void **state)
{
	(void)state;
	char text[1000] = "";

	assert_int_equal(bd_sealed_list(&sealed, "/", append_name, text, &err), 0);
	assert_string_equal(text, "usr:2 lib:7 etc:2 var:2 dev:2 holes:1 ");
	text[0] = '\0';
	assert_int_equal(bd_sealed_list(&sealed, "/lib", append_name, text, &err), 0);
	assert_string_equal(text, "modules:2 os-release:1 ");
	text[0] = '\0';
	assert_int_equal(bd_sealed_list(&sealed, "/dev/", append_name, text, &err), 0);
	assert_string_equal(text, "console:3 ");
	text[0] = '\0';
	assert_int_equal(bd_sealed_list(&sealed, "/lib/modules", append_name, text, &err), 0);
	assert_int_equal(bd_sealed_list(&sealed, "/nowhere", append_name, text, &err), 0);
	assert_int_equal(bd_sealed_list(&sealed, "/etc/hostname", append_name, text, &err), 0);
	assert_int_equal(bd_sealed_list(&sealed, "/etc/dangling", append_name, text, &err), 0);
	assert_string_equal(text, "");
	strcpy(text, "!");
	assert_int_equal(code(bd_sealed_list(&sealed, "/lib", append_name, text, &err)), EIO);
	assert_string_equal(text, "!modules:2 ");
	assert_int_equal(code(bd_sealed_list(&sealed, "/etc/self", append_name, text, &err)), ELOOP);
}

static void expect_read(const char *path, const char *expected)
{
	char *data;
	size_t size = 12345;

	if (bd_sealed_read_file(&sealed, path, 100, &data, &size, &err) != 0)
		fail_msg("%s: %s", path, err.message);
	if (!expected) {
		assert_null(data);
		return;
	}
	assert_non_null(data);
	assert_string_equal(data, expected);
	assert_int_equal(size, strlen(expected));
	free(data);
}

static void files_are_read_by_path(void **state)
{
	(void)state;
	char *data, expected[5 * 4096 + 7] = "";
	size_t size;

	expect_read("/etc/hostname", "web01");
	expect_read("/etc/other-name", "web01");
	expect_read("/etc/absolute", "NAME=x\n");
	expect_read("/etc/empty", "");
	expect_read("/etc", NULL);
	expect_read("/", NULL);
	expect_read("/dev/console", NULL);
	expect_read("/etc/dangling", NULL);
	expect_read("/nowhere", NULL);
	assert_int_equal(bd_sealed_read_file(&sealed, "/etc/hostname", 5, &data, NULL, &err), 0);
	free(data);
	assert_int_equal(code(bd_sealed_read_file(&sealed, "/etc/hostname", 4, &data, NULL, &err)), EFBIG);
	assert_non_null(strstr(err.message, "/etc/hostname"));
	assert_int_equal(bd_sealed_read_file(&sealed, "/etc/empty", 0, &data, NULL, &err), 0);
	free(data);
	assert_int_equal(bd_sealed_read_file(&sealed, "/holes", 5 * 4096 + 7, &data, &size, &err), 0);
	memcpy(expected + 4096, "AAAA", 4);
	memcpy(expected + 3 * 4096 - 1, "BB", 2);
	expected[5 * 4096 + 6] = 'C';
	assert_int_equal(size, sizeof(expected));
	assert_memory_equal(data, expected, size);
	free(data);
}

static uint32_t index_of(const struct bd_sealed *of, const char *path)
{
	uint32_t index;

	if (bd_sealed_find(of, path, false, &index, &err) != 0)
		fail_msg("%s: %s", path, err.message);
	return index;
}

/* Mode, links, size and content are as in the whole, but for the links. */
static void expect_same(const struct bd_sealed *part, const char *path, const char *whole_path, uint32_t links)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = part };
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader whole_reader = { .sealed = &sealed };
	struct bd_sealed_inode inode, whole;

	assert_int_equal(bd_sealed_read_inode(&reader, index_of(part, path), &inode, &err), 0);
	assert_int_equal(bd_sealed_read_inode(&whole_reader, index_of(&sealed, whole_path), &whole, &err), 0);
	assert_true(inode.mode == whole.mode && inode.size_bytes == whole.size_bytes && inode.uid == whole.uid);
	assert_int_equal(inode.links, links);
	assert_int_equal(inode.extent_count, whole.extent_count);
	assert_int_equal(inode.xattr_count, whole.xattr_count);
	for (size_t i = 0; i < inode.extent_count; i++)
		assert_memory_equal(&inode.extents[i], &whole.extents[i], sizeof(struct bd_extent));
}

static void a_part_is_a_sealed_root_of_its_own(void **state)
{
	(void)state;
	struct bd_sealed part;
	uint32_t split = 99, emptied = index_of(&sealed, "/usr/lib");
	struct bd_sealed_part etc = { .top = index_of(&sealed, "/etc") };
	struct bd_sealed_part rest = { .emptied = &emptied, .emptied_count = 1 };

	assert_int_equal(bd_sealed_take_part(&sealed, &etc, &part, &split, &err), 0);
	assert_int_equal(bd_sealed_check(&part, &err), 0);
	assert_int_equal(split, 0);
	assert_int_equal(part.dir_count, 1);
	expect_same(&part, "/hostname", "/etc/hostname", 2);
	expect_same(&part, "/", "/etc", 2);
	assert_int_equal(index_of(&part, "/hostname"), index_of(&part, "/other-name"));
	assert_int_equal(index_of(&part, "/etc"), BD_SEALED_NONE);
	bd_sealed_dispose(&part);

	assert_int_equal(bd_sealed_take_part(&sealed, &rest, &part, &split, &err), 0);
	assert_int_equal(bd_sealed_check(&part, &err), 0);
	assert_int_equal(split, 0);
	expect_same(&part, "/holes", "/holes", 1);
	expect_same(&part, "/usr", "/usr", 3);
	expect_same(&part, "/usr/lib", "/usr/lib", 2);
	assert_int_equal(index_of(&part, "/usr/lib/modules"), BD_SEALED_NONE);
	assert_int_equal(index_of(&part, "/usr/lib/os-release"), BD_SEALED_NONE);
	bd_sealed_dispose(&part);
}

static void hard_links_out_of_a_part_are_counted(void **state)
{
	(void)state;
	struct bd_sealed part;
	uint32_t split = 99;

	assert_int_equal(add_file("a/one", "1"), 0);
	assert_int_equal(add_link("b/two", "a/one"), 0);
	assert_int_equal(add_link("b/three", "a/one"), 0);
	assert_int_equal(add_file("b/own", "2"), 0);
	finish();
	struct bd_sealed_part b = { .top = index_of(&sealed, "/b") };
	assert_int_equal(bd_sealed_take_part(&sealed, &b, &part, &split, &err), 0);
	assert_int_equal(bd_sealed_check(&part, &err), 0);
	assert_int_equal(split, 1);
	expect_same(&part, "/two", "/b/two", 2);
	expect_same(&part, "/own", "/b/own", 1);
	bd_sealed_dispose(&part);
}

/* Records that are larger than the reader's window of 256 KiB, and many of them. */
static void records_may_be_larger_than_the_window(void **state)
{
	(void)state;
	static char big[65536], name[20];
	struct bd_xattr xattrs[10];
	char names[10][20];
	struct bd_file_meta meta = { .mode = S_IFREG, .xattrs = xattrs, .xattr_count = 10 };
	struct bd_sealed_reader reader = { .sealed = &sealed };
	struct bd_sealed_inode inode = { 0 };

	for (int i = 0; i < 10; i++) {
		snprintf(names[i], sizeof(names[i]), "user.%d", i);
		xattrs[i] = (struct bd_xattr){ names[i], big, sizeof(big) };
	}
	for (int i = 0; i < 20; i++) {
		memset(big, 'a' + i, sizeof(big));
		snprintf(name, sizeof(name), "f%d", i);
		assert_int_equal(bd_sealed_writer_add(writer, name, &meta, &err), 0);
		assert_int_equal(add("between/x", S_IFIFO), i ? EINVAL : 0);
	}
	finish();
	for (int i = 0, r = 1; (r = bd_sealed_next_inode(&reader, &inode, &err)) != 0;) {
		assert_int_equal(r, 1);
		if (!S_ISREG(inode.mode))
			continue;
		memset(big, 'a' + i++, sizeof(big));
		assert_int_equal(inode.xattr_count, 10);
		for (size_t k = 0; k < 10; k++)
			assert_memory_equal(inode.xattrs[k].value, big, sizeof(big));
	}
	bd_sealed_reader_dispose(&reader);
}

/* The damaged index: the good one is kept in memory, each damaged one is a file of its own. */
static uint8_t *good;
static size_t good_size;
static unsigned long sum; /* so that everything that is given out is read */

static void touch(const void *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum += ((const uint8_t *)data)[i];
}

static int begin_damage(void **state)
{
	if (begin_filled(state) != 0)
		return -1;
	good_size = sealed.end_at;
	good = malloc(good_size);
	return pread(sealed.index_fd, good, good_size, 0) == (ssize_t)good_size ? 0 : -1;
}

static int end_damage(void **state)
{
	free(good);
	return end(state);
}

static int open_damaged(struct bd_sealed *damaged, const uint8_t *index, size_t size)
{
	int fd = memfd_create("index", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, index, size), size);
	if (bd_sealed_open(damaged, fd, dup(sealed.payload_fd), &err) == 0)
		return 0;
	assert_int_equal(err.code, EINVAL);
	assert_int_equal(damaged->index_fd, -1);
	bd_sealed_dispose(damaged);
	return -1;
}

static void expect_harmless(const struct bd_sealed *damaged, const struct bd_sealed_inode *inode)
{
	uint64_t next = 0, blocks = (inode->size_bytes + 4095) / 4096;

	assert_in_range(inode->mode >> 12, 1, 12);
	for (size_t i = 0; i < inode->extent_count; i++) {
		const struct bd_extent *extent = &inode->extents[i];
		assert_true(S_ISREG(inode->mode) && extent->count > 0 && extent->logical >= next);
		next = (uint64_t)extent->logical + extent->count;
		assert_true(next <= blocks && extent->payload < damaged->payload_blocks &&
			    extent->count <= damaged->payload_blocks - extent->payload);
	}
	for (size_t i = 0; i < inode->xattr_count; i++) {
		touch(inode->xattrs[i].name, strlen(inode->xattrs[i].name));
		touch(inode->xattrs[i].value, inode->xattrs[i].size_bytes);
	}
	if (S_ISLNK(inode->mode)) {
		assert_in_range(inode->size_bytes, 1, 4095);
		assert_null(memchr(inode->target, 0, inode->size_bytes));
		touch(inode->target, inode->size_bytes);
	}
}

/* Reads all of it. Each error is EINVAL. */
static int read_all_inodes(const struct bd_sealed *damaged)
{
	struct bd_sealed_reader reader, dirs;
	struct bd_sealed_inode inode = { 0 };
	struct bd_sealed_dir dir;
	struct bd_sealed_entry entry;
	uint32_t seen = 0;
	int status = 0, more;

	reader = (struct bd_sealed_reader){ .sealed = damaged };
	dirs = (struct bd_sealed_reader){ .sealed = damaged };
	while ((more = bd_sealed_next_inode(&reader, &inode, &err)) > 0) {
		seen++;
		expect_harmless(damaged, &inode);
		if (!S_ISDIR(inode.mode))
			continue;
		if (bd_sealed_read_dir(&dirs, inode.dir_at, &dir, &err) != 0) {
			status = err.code;
			continue;
		}
		for (uint32_t i = 0; i < dir.entry_count; i++) {
			assert_true(bd_sealed_next_entry(&dir, &entry));
			assert_true(entry.inode < damaged->inode_count && entry.name_size > 0);
			assert_null(memchr(entry.name, '/', entry.name_size));
			touch(entry.name, entry.name_size);
		}
		assert_false(bd_sealed_next_entry(&dir, &entry));
	}
	status = more < 0 ? err.code : status;
	assert_true(seen == damaged->inode_count || more < 0);
	for (uint32_t i = 0; i < damaged->inode_count && i < 100; i++)
		if (bd_sealed_read_inode(&reader, i, &inode, &err) == 0)
			expect_harmless(damaged, &inode);
		else
			status = err.code;
	bd_sealed_reader_dispose(&reader);
	bd_sealed_reader_dispose(&dirs);
	assert_true(status == 0 || status == EINVAL);
	return status;
}

static int append_nothing(void *context, const char *name, uint8_t type, struct bd_error *error)
{
	(void)context, (void)type, (void)error;
	touch(name, strlen(name));
	return 0;
}

static void expect_known_error(void)
{
	assert_true(err.code == EINVAL || err.code == ELOOP || err.code == ENAMETOOLONG || err.code == EFBIG);
}

static void find_all_paths(const struct bd_sealed *damaged)
{
	static const char *const paths[] = { "/",	 "/lib/os-release", "/etc/os-release",	"/etc/absolute",
					     "/etc/up",	 "/etc/self",	    "/etc/dangling",	"/holes",
					     "/var/run", "/etc/folder/..",  "/etc/other-name/x" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		uint32_t index;
		char *text = NULL;
		size_t size;
		if (bd_sealed_find(damaged, paths[i], true, &index, &err) != 0)
			expect_known_error();
		if (bd_sealed_resolve_parents(damaged, paths[i], &text, &err) != 0)
			expect_known_error();
		free(text);
		text = NULL;
		if (bd_sealed_read_file(damaged, paths[i], 1 << 20, &text, &size, &err) != 0)
			expect_known_error();
		if (text)
			touch(text, size + 1);
		free(text);
		if (bd_sealed_list(damaged, paths[i], append_nothing, NULL, &err) != 0)
			expect_known_error();
	}
}

/* What a part is made of was checked, and is checked again by who reads it. */
static void take_parts(const struct bd_sealed *damaged)
{
	for (uint32_t top = 0; top < damaged->dir_count && top < 8; top++) {
		uint32_t split, emptied = damaged->dir_count / 2;
		struct bd_sealed_part part = { .top = top, .emptied = &emptied, .emptied_count = emptied != top };
		struct bd_sealed taken;
		if (bd_sealed_take_part(damaged, &part, &taken, &split, &err) != 0) {
			expect_known_error();
			continue;
		}
		assert_int_equal(read_all_inodes(&taken), 0);
		bd_sealed_dispose(&taken);
	}
}

/* 0: it is read as if nothing were wrong. */
static int read_damaged(const uint8_t *index, size_t size)
{
	struct bd_sealed damaged;

	if (open_damaged(&damaged, index, size) != 0)
		return EINVAL;
	int status = read_all_inodes(&damaged);
	find_all_paths(&damaged);
	take_parts(&damaged);
	bd_sealed_dispose(&damaged);
	return status;
}

static void the_undamaged_one_is_read(void **state)
{
	(void)state;
	assert_int_equal(read_damaged(good, good_size), 0);
}

static void a_damaged_header_is_an_error(void **state)
{
	(void)state;
	for (size_t at = 0; at < BD_SEALED_HEADER_BYTES; at++) {
		uint8_t kept = good[at];
		for (unsigned value = 0; value < 256; value++) {
			good[at] = (uint8_t)value;
			int status = read_damaged(good, good_size);
			if (value != kept && status != EINVAL)
				fail_msg("byte %zu as %u is not seen", at, value);
		}
		good[at] = kept;
	}
}

static void a_damaged_record_does_no_harm(void **state)
{
	(void)state;
	static const uint8_t masks[] = { 0x01, 0x03, 0x80, 0xff, 0x10 };
	unsigned seen = 0, damaged = 0;

	for (size_t at = BD_SEALED_HEADER_BYTES; at < good_size; at++)
		for (size_t i = 0; i < sizeof(masks); i++) {
			good[at] ^= masks[i];
			seen += read_damaged(good, good_size) != 0;
			damaged++;
			good[at] ^= masks[i];
		}
	print_message("# %u of %u flips are seen without the checksum\n", seen, damaged);
	assert_in_range(seen, damaged / 10, damaged);
}

static void random_damage_does_no_harm(void **state)
{
	(void)state;
	static const uint32_t values[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 0x10000, 64 };
	uint64_t random = 42;
	uint8_t *bad = malloc(good_size);

	for (int round = 0; round < 4000; round++) {
		memcpy(bad, good, good_size);
		for (uint32_t i = 1 + random_below(&random, 6); i > 0; i--) {
			size_t at = random_below(&random, (uint32_t)good_size - 4);
			if (round % 4) /* where records are, mostly */
				at = BD_SEALED_HEADER_BYTES + at % (good_size - BD_SEALED_HEADER_BYTES - 3);
			if (round % 2)
				put_le32(bad + at / 4 * 4, values[random_below(&random, 8)]);
			else
				bad[at] = (uint8_t)random_below(&random, 256);
		}
		read_damaged(bad, good_size);
	}
	free(bad);
}

static void a_cut_off_index_is_an_error(void **state)
{
	(void)state;
	uint8_t *longer = calloc(1, good_size + 1);

	for (size_t size = 0; size < good_size; size++)
		assert_int_equal(read_damaged(good, size), EINVAL);
	/* Also when the header says so. */
	for (size_t size = BD_SEALED_HEADER_BYTES; size < good_size; size++) {
		put_le64(good + 56, size);
		assert_int_equal(read_damaged(good, size), EINVAL);
	}
	put_le64(good + 56, good_size);
	memcpy(longer, good, good_size);
	assert_int_equal(read_damaged(longer, good_size + 1), EINVAL);
	free(longer);
}

/* Whose 64-bit product with the block size is the payload's size again. */
static void a_payload_of_another_size_is_an_error(void **state)
{
	(void)state;
	uint64_t blocks = get_le64(good + 24);

	put_le64(good + 24, blocks + (UINT64_C(1) << 52));
	assert_int_equal(read_damaged(good, good_size), EINVAL);
	put_le64(good + 24, blocks + 1);
	assert_int_equal(read_damaged(good, good_size), EINVAL);
	put_le64(good + 24, blocks);
	assert_int_equal(read_damaged(good, good_size), 0);
	assert_int_equal(ftruncate(sealed.payload_fd, (off_t)(blocks * 4096 + 1)), 0);
	assert_int_equal(read_damaged(good, good_size), EINVAL);
	assert_int_equal(ftruncate(sealed.payload_fd, (off_t)(blocks * 4096 - 4096)), 0);
	assert_int_equal(read_damaged(good, good_size), EINVAL);
	/* It shrinks while it is open. */
	char *data = NULL;
	assert_int_equal(code(bd_sealed_read_file(&sealed, "/holes", 100000, &data, NULL, &err)), EINVAL);
	assert_null(data);
}

/* A name of 6000 bytes fits into no buffer for names. */
static void a_symlink_without_end_is_an_error(void **state)
{
	(void)state;
	static char value[6000];
	struct bd_xattr xattr = { "user.x", value, sizeof(value) };
	struct bd_file_meta meta = { .mode = S_IFLNK | 0777, .target = "t", .xattrs = &xattr, .xattr_count = 1 };
	struct bd_sealed damaged;
	uint32_t index;

	assert_int_equal(bd_sealed_writer_add(writer, "link", &meta, &err), 0);
	finish();
	memset(value, 'n', sizeof(value));
	size_t size = sealed.end_at;
	uint8_t *bytes = malloc(size);
	assert_int_equal(pread(sealed.index_fd, bytes, size, 0), size);
	uint8_t *link = bytes + BD_SEALED_HEADER_BYTES + BD_SEALED_INODE_BYTES; /* behind the root */
	assert_int_equal(get_le64(link + 24), 1);
	put_le64(link + 24, 6000);
	memset(link + BD_SEALED_INODE_BYTES, 'n', 6000);
	put_le16(link + 6, 0);
	int fd = memfd_create("index", 0);
	assert_int_equal(write(fd, bytes, size), size);
	free(bytes);
	assert_int_equal(bd_sealed_open(&damaged, fd, dup(sealed.payload_fd), &err), 0);
	assert_int_equal(code(bd_sealed_find(&damaged, "/link", true, &index, &err)), EINVAL);
	bd_sealed_dispose(&damaged);
}

/* The last record of its section: behind it there is nothing to read. */
static void a_symlink_that_is_cut_off_is_an_error(void **state)
{
	(void)state;
	uint8_t bytes[1000];
	struct bd_sealed damaged;

	assert_int_equal(add_symlink("link", "t"), 0);
	finish();
	assert_in_range(sealed.end_at, 1, sizeof(bytes));
	assert_int_equal(pread(sealed.index_fd, bytes, sealed.end_at, 0), sealed.end_at);
	put_le64(bytes + BD_SEALED_HEADER_BYTES + BD_SEALED_INODE_BYTES + 24, 2);
	assert_int_equal(open_damaged(&damaged, bytes, sealed.end_at), 0);
	assert_int_equal(read_all_inodes(&damaged), EINVAL);
	bd_sealed_dispose(&damaged);
}

static void other_files_are_no_index(void **state)
{
	(void)state;
	struct bd_sealed other;

	assert_int_equal(code(bd_sealed_open(&other, open("/dev/null", O_RDONLY), open("/dev/null", O_RDONLY), &err)),
			 EINVAL);
	assert_int_equal(code(bd_sealed_open(&other, open("/dev/zero", O_RDONLY), open("/dev/null", O_RDONLY), &err)),
			 EINVAL);
	assert_non_null(strstr(err.message, "not a template's index"));
	assert_int_equal(code(bd_sealed_open(&other, -1, -1, &err)), EBADF);
	bd_sealed_dispose(&other);
	bd_sealed_init(&other);
	bd_sealed_dispose(&other);
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, begin, end)
#define FACT_OF_FILES(function) cmocka_unit_test_setup_teardown(function, begin_filled, end)
#define FACT_OF_DAMAGE(function) cmocka_unit_test_setup_teardown(function, begin_damage, end_damage)

int main(void)
{
	const struct CMUnitTest facts[] = {
		FACT_OF_FILES(inodes_come_in_order),
		FACT_OF_FILES(directories_follow_one_another),
		FACT_OF_FILES(paths_are_found_as_the_kernel_finds_them),
		FACT_OF_FILES(symlinks_in_a_circle_are_an_error),
		FACT(forty_symlinks_are_followed),
		FACT(paths_that_are_too_long_are_an_error),
		FACT_OF_FILES(parents_are_resolved_the_last_name_is_not),
		FACT_OF_FILES(listing),
		FACT_OF_FILES(files_are_read_by_path),
		FACT_OF_FILES(a_part_is_a_sealed_root_of_its_own),
		FACT(hard_links_out_of_a_part_are_counted),
		FACT(records_may_be_larger_than_the_window),
		FACT_OF_DAMAGE(the_undamaged_one_is_read),
		FACT_OF_DAMAGE(a_damaged_header_is_an_error),
		FACT_OF_DAMAGE(a_damaged_record_does_no_harm),
		FACT_OF_DAMAGE(random_damage_does_no_harm),
		FACT_OF_DAMAGE(a_cut_off_index_is_an_error),
		FACT_OF_DAMAGE(a_payload_of_another_size_is_an_error),
		FACT(a_symlink_without_end_is_an_error),
		FACT(a_symlink_that_is_cut_off_is_an_error),
		FACT(other_files_are_no_index),
	};
	return cmocka_run_group_tests(facts, NULL, NULL);
}
