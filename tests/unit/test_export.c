/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about template/export/tar.h. GNU tar reads what it writes, and importing it again gives the same tree. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "import/archive/source_archive.h"
#include "import/directory/source_directory.h"
#include "sealed_checks.h"
#include "template/export/tar.h"

static const uint8_t acl[] = {
	2, 0, 0,   0,	1,   0,	  6,  0, 255, 255, 255, 255, 2,	  0,   4,  0, 0xe8, 3, 0,   0,	 4,   0,
	4, 0, 255, 255, 255, 255, 16, 0, 4,   0,   255, 255, 255, 255, 32, 0, 0,    0, 255, 255, 255, 255,
};
/* cap_net_raw+ep, version 2 */
static const uint8_t capability[20] = { 1, 0, 0, 2, 0, 0x20, 0, 0 };

static void add(const char *path, struct bd_file_meta meta, const char *text)
{
	meta.size_bytes = text ? strlen(text) : meta.size_bytes;
	if (!meta.mtime_s)
		meta.mtime_s = 1700000000;
	if (!meta.atime_s) { /* libarchive's writer has no atime of 0 */
		meta.atime_s = meta.mtime_s;
		meta.atime_ns = meta.mtime_ns;
	}
	if (bd_sealed_writer_add(writer, path, &meta, &err) < 0 ||
	    (text && bd_sealed_writer_data(writer, 0, text, strlen(text), &err) < 0))
		fail_msg("%s: %s", path, err.message);
}

static void add_link(const char *path, const char *target)
{
	if (bd_sealed_writer_link(writer, path, target, &err) < 0)
		fail_msg("%s: %s", path, err.message);
}

#define DIR(permissions, ...) ((struct bd_file_meta){ .mode = S_IFDIR | (permissions), __VA_ARGS__ })
#define FILE_(permissions, ...) ((struct bd_file_meta){ .mode = S_IFREG | (permissions), __VA_ARGS__ })

static void export_to(const char *path, const char *compression)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (bd_export_tar(&sealed, fd, compression, &err) < 0)
		fail_msg("%s", err.message);
	close(fd);
}

static void import_tar(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	begin_pack();
	if (bd_source_archive(fd, path, false, NULL, writer, &err) < 0)
		fail_msg("%s", err.message);
	close(fd);
	finish_pack();
}

static void assert_round_trip(const char *compression)
{
	struct bd_sealed_writer_totals before = totals;
	export_to("tar", compression);
	import_tar("tar");
	assert_int_equal(totals.inodes, before.inodes);
	assert_int_equal(totals.content_bytes, before.content_bytes);
	assert_string_equal(totals.payload_checksum, before.payload_checksum);
	assert_string_equal(totals.tree_checksum, before.tree_checksum);
}

static void add_data(uint64_t offset, const void *data, size_t size)
{
	if (bd_sealed_writer_data(writer, offset, data, size, &err) < 0)
		fail_msg("%s", err.message);
}

/* What a tarball can hold, in an order that no walk through the tree has. */
static void make_everything(void)
{
	static char text[100000];
	struct bd_xattr xattrs[] = {
		{ "security.capability", capability, sizeof(capability) },
		{ "system.posix_acl_access", acl, sizeof(acl) },
		{ "user.binary", "a\0\n=b", 5 },
		{ "user.empty", "", 0 },
	};
	struct bd_xattr defaults[] = { { "system.posix_acl_default", acl, sizeof(acl) } };
	char path[300];

	begin_pack();
	add(".", DIR(0711, .uid = 5), NULL);
	add("z", DIR(0755, .uid = 0), NULL);
	add("z/first", FILE_(0644, .uid = 0), "first\n");
	add("a", DIR(0755, .xattrs = defaults, .xattr_count = 1), NULL);
	add("z/second", FILE_(06640, .uid = 70000, .gid = 4000000000, .xattrs = xattrs, .xattr_count = 4),
	    "second\n");
	add("a/deep/deeper/still",
	    FILE_(0644, .mtime_s = 1, .mtime_ns = 123456789, .atime_s = 1234567890, .atime_ns = 7), "");
	add_link("a/link", "z/first");
	add("z/third", FILE_(0644, .uid = 0), "third\n");
	add_link("a/deep/first", "z/third");
	add("old", FILE_(0644, .mtime_s = -86400, .atime_s = -86400), "old\n");
	add("future", FILE_(0644, .mtime_s = INT64_C(0x37fffffff), .mtime_ns = 999999999), "future\n");
	add("console", (struct bd_file_meta){ .mode = S_IFCHR | 0600, .rdev_major = 5, .rdev_minor = 1 }, NULL);
	add("nvme", (struct bd_file_meta){ .mode = S_IFBLK | 0660, .rdev_major = 259, .rdev_minor = 300000 }, NULL);
	add("fifo", (struct bd_file_meta){ .mode = S_IFIFO | 0600 }, NULL);
	memset(text, 't', sizeof(text));
	text[4000] = '\0';
	add("symlink", (struct bd_file_meta){ .mode = S_IFLNK | 0777, .target = text }, NULL);
	text[4000] = 't';
	add_link("a/symlink", "symlink");
	add("not-utf8-\xff\xe9", FILE_(0644, .uid = 0), "x");
	add("utf8-\xc3\xa9", FILE_(0644, .uid = 0), "composed");
	add("utf8-e\xcc\x81", FILE_(0644, .uid = 0), "decomposed");
	memset(path, 'n', 255);
	memcpy(path + 255, "/x", 3);
	add(path, FILE_(0644, .uid = 0), "long name");
	add("sparse", FILE_(0644, .size_bytes = 10 << 20), NULL);
	add_data(1 << 20, text, sizeof(text));
	add_data(5 << 20, text, 1);
	add("ends-with-data", FILE_(0644, .size_bytes = (10 << 20) + 1), NULL);
	add_data(10 << 20, text, 1);
	add("hole", FILE_(0644, .size_bytes = 3 << 20), NULL);
	add("small-hole", FILE_(0644, .size_bytes = 20000), NULL);
	add_data(0, text, 1);
	add_data(19999, text, 1);
	add("zeros", FILE_(0644, .size_bytes = 5000), NULL);
	add("over-8-gib", FILE_(0644, .size_bytes = UINT64_C(9) << 30), NULL);
	add_data(UINT64_C(9) << 29, text, 10);
	finish_pack();
}

static void everything_comes_back_as_it_was(void **state)
{
	(void)state;
	make_everything();
	assert_round_trip("none");
	assert_xattr("/z/second", "system.posix_acl_access", acl, sizeof(acl));
	assert_xattr("/z/second", "user.binary", "a\0\n=b", 5);
	assert_text("/utf8-e\xcc\x81", "decomposed");
}

static void each_compression_is_what_it_says(void **state)
{
	(void)state;
	make_everything();
	assert_round_trip("gzip");
	SH("gzip -t <tar");
	assert_round_trip("xz");
	SH("xz -t --format=xz <tar");
	assert_round_trip("zstd");
	SH("head -c 4 tar | od -An -tx1 | grep -q '28 b5 2f fd'");
	assert_int_equal(bd_export_tar(&sealed, 1, "rar", &err), -1);
	assert_int_equal(err.code, BD_EUSAGE);
}

static void two_exports_are_the_same_to_the_bit(void **state)
{
	(void)state;
	make_everything();
	export_to("one", "gzip");
	RUN("sleep", "1.1");
	export_to("two", "gzip");
	RUN("cmp", "one", "two");
}

static void gnu_tar_lists_it(void **state)
{
	(void)state;
	begin_pack();
	add("dir", DIR(0755, .uid = 3), NULL);
	add("dir/file", FILE_(04755, .uid = 70000, .gid = 3000000, .mtime_s = 981173106), "text\n");
	add_link("dir/link", "dir/file");
	add("dir/symlink", (struct bd_file_meta){ .mode = S_IFLNK | 0777, .target = "file" }, NULL);
	add("console", (struct bd_file_meta){ .mode = S_IFCHR | 0600, .rdev_major = 5, .rdev_minor = 1 }, NULL);
	finish_pack();
	export_to("tar", "none");
	SH("TZ=UTC tar --numeric-owner -tvf tar | sed 's/  */ /g' >list");
	SH("cat list; diff list - <<'E'\n"
	   "drwxr-xr-x 0/0 0 1970-01-01 00:00 ./\n"
	   "drwxr-xr-x 3/0 0 2023-11-14 22:13 dir/\n"
	   "-rwsr-xr-x 70000/3000000 5 2001-02-03 04:05 dir/file\n"
	   "hrwsr-xr-x 70000/3000000 0 2001-02-03 04:05 dir/link link to dir/file\n"
	   "lrwxrwxrwx 0/0 0 2023-11-14 22:13 dir/symlink -> file\n"
	   "crw------- 0/0 5,1 2023-11-14 22:13 console\n"
	   "E\n");
}

/* Needs a filesystem with ACLs, which nearly every one is. */
static void gnu_tar_unpacks_it(void **state)
{
	struct bd_xattr xattrs[] = { { "system.posix_acl_access", acl, sizeof(acl) }, { "user.note", "hello", 5 } };
	(void)state;
	begin_pack();
	add("file",
	    FILE_(0640, .uid = getuid(), .gid = getgid(), .xattrs = xattrs, .xattr_count = 2, .mtime_s = 981173106,
		  .mtime_ns = 123456789),
	    "text\n");
	add("sparse", FILE_(0644, .size_bytes = 64 << 20, .uid = getuid(), .gid = getgid()), NULL);
	add_data(32 << 20, "middle", 6);
	add("caf\xc3\xa9", FILE_(0644, .uid = 0), "x");
	finish_pack();
	export_to("tar", "none");
	SH("mkdir out; LC_ALL=C.UTF-8 tar --acls --xattrs --xattrs-include='*' -C out -xf tar 2>messages\n"
	   "cat messages; test ! -s messages; test -f out/caf\xc3\xa9\n"
	   "test $(stat -c %s out/sparse) -eq 67108864; test $(stat -c %b out/sparse) -lt 256\n"
	   "test \"$(dd if=out/sparse bs=1M skip=32 count=1 status=none | tr -d '\\0')\" = middle\n"
	   "test \"$(TZ=UTC stat -c %y out/file)\" = '2001-02-03 04:05:06.123456789 +0000'");
	import_tar("tar");
	struct bd_sealed_writer_totals direct = totals;
	begin_pack();
	if (bd_source_directory("out", NULL, writer, &err) < 0)
		fail_msg("%s", err.message);
	finish_pack();
	assert_xattr("/file", "system.posix_acl_access", acl, sizeof(acl));
	assert_xattr("/file", "user.note", "hello", 5);
	assert_int_equal(totals.inodes, direct.inodes);
}

/* A thousand files whose names, links and directories come in a wild but fixed order. */
static void any_order_of_entries_comes_back(void **state)
{
	uint32_t random = 1;
	char path[64], other[64];
	(void)state;
	begin_pack();
	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), i % 3 ? "d%d/d%d" : "d%d", i / 3, i);
		add(path, DIR(0755, .uid = 0), NULL);
	}
	for (int i = 0; i < 1000; i++) {
		random = random * 1103515245 + 12345;
		int dir = (int)(random >> 16) % 20;
		snprintf(path, sizeof(path), dir % 3 ? "d%d/d%d/f%d" : "d%d/new%d/f%d", dir / 3, dir, i);
		add(path, FILE_(0644, .uid = 0), path);
		if (i % 5 == 4) {
			snprintf(other, sizeof(other), "d%d/l%d", (int)(random >> 20) % 6, i);
			add_link(other, path);
		}
	}
	finish_pack();
	assert_round_trip("none");
}

static void an_acl_that_libarchive_would_change_comes_back(void **state)
{
	uint8_t strange[sizeof(acl)], large_id[sizeof(acl)];
	(void)state;
	memcpy(strange, acl, sizeof(acl));
	strange[30] = 7; /* the mask is not the mode's group bits */
	memcpy(large_id, acl, sizeof(acl));
	memcpy(large_id + 16, "\x00\x00\x00\xf0", 4);
	struct bd_xattr one = { "system.posix_acl_access", strange, sizeof(strange) };
	struct bd_xattr two = { "system.posix_acl_access", large_id, sizeof(large_id) };
	begin_pack();
	add("strange", FILE_(0640, .xattrs = &one, .xattr_count = 1), "");
	add("large-id", FILE_(0640, .xattrs = &two, .xattr_count = 1), "");
	finish_pack();
	assert_round_trip("none");
}

static void sockets_stay_behind(void **state)
{
	(void)state;
	begin_pack();
	add("before", FILE_(0644, .uid = 0), "b");
	add("socket", (struct bd_file_meta){ .mode = S_IFSOCK | 0600 }, NULL);
	add("after", FILE_(0644, .uid = 0), "a");
	finish_pack();
	export_to("tar", "none");
	import_tar("tar");
	assert_false(exists("/socket"));
	assert_text("/before", "b");
	assert_text("/after", "a");
}

/* libarchive 3.6 does not free its buffer when writing has failed; asked for by the leak sanitizer only. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libarchive";
}

static void a_full_disk_is_an_error(void **state)
{
	(void)state;
	make_everything();
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_int_equal(bd_export_tar(&sealed, fd, "none", &err), -1);
	assert_int_equal(err.code, ENOSPC);
	close(fd);
}

static void a_payload_that_is_cut_off_is_an_error(void **state)
{
	(void)state;
	make_everything();
	assert_int_equal(ftruncate(sealed.payload_fd, 4096), 0);
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_int_equal(bd_export_tar(&sealed, fd, "none", &err), -1);
	assert_non_null(strstr(err.message, "truncated"));
	close(fd);
}

int main(void)
{
#define FACT(f) cmocka_unit_test_setup_teardown(f, enter_pack_folder, leave_pack_folder)
	const struct CMUnitTest tests[] = {
		FACT(everything_comes_back_as_it_was),
		FACT(each_compression_is_what_it_says),
		FACT(two_exports_are_the_same_to_the_bit),
		FACT(gnu_tar_lists_it),
		FACT(gnu_tar_unpacks_it),
		FACT(any_order_of_entries_comes_back),
		FACT(an_acl_that_libarchive_would_change_comes_back),
		FACT(sockets_stay_behind),
		FACT(a_full_disk_is_an_error),
		FACT(a_payload_that_is_cut_off_is_an_error),
	};
	return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
