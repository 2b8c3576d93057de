/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about template/writer/writer.h: paths, duplicates, replacing, removing, hard links, publishing. */
#include <sys/syscall.h>

#include "test_sealed_writer_fixture.h"
#include "rootfs/sealed_find.h"
#include "template/writer/top.h"

/* In place of the C library's: a filesystem that knows no O_TMPFILE, as NFS. */
static bool without_unnamed_files;
int openat64(int folder_fd, const char *path, int flags, ...);
int openat64(int folder_fd, const char *path, int flags, ...)
{
	va_list args;

	va_start(args, flags);
	unsigned mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, unsigned) : 0;
	va_end(args);
	if (without_unnamed_files && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return (int)syscall(SYS_openat, folder_fd, path, flags, mode);
}

static void an_empty_seal_has_a_root(void **state)
{
	(void)state;
	struct bd_sealed_reader reader = { .sealed = &sealed };
	struct bd_sealed_inode inode = { 0 };

	expect_tree("");
	assert_int_equal(totals.directories, 1);
	assert_int_equal(totals.inodes, 1);
	assert_int_equal(totals.payload_bytes, 0);
	assert_int_equal(totals.content_bytes, 0);
	assert_int_equal(bd_sealed_next_inode(&reader, &inode, &err), 1);
	assert_int_equal(inode.mode, S_IFDIR | 0755);
	assert_int_equal(inode.links, 2);
	assert_int_equal(bd_sealed_next_inode(&reader, &inode, &err), 0);
	bd_sealed_reader_dispose(&reader);
}

static void all_spellings_of_a_path_are_one(void **state)
{
	(void)state;
	assert_int_equal(add_dir("./etc/"), 0);
	assert_int_equal(add_file("./etc/./passwd", "root"), 0);
	assert_int_equal(add_file("etc//group", "wheel"), 0);
	assert_int_equal(add_file("etc/passwd", "x"), EINVAL);
	assert_int_equal(add_file("etc/group/", "x"), EINVAL);
	assert_int_equal(add_file("./././etc///./group", "x"), EINVAL);
	expect_tree("d etc 750 2\nf etc/passwd 644 1 = root\nf etc/group 644 1 = wheel\n");
}

static void dot_and_the_empty_path_are_the_root(void **state)
{
	(void)state;
	static const char *const spellings[] = { ".", "./", "", "././/." };
	struct bd_sealed_reader reader = { .sealed = &sealed };
	struct bd_sealed_inode inode;

	for (size_t i = 0; i < 4; i++) {
		struct bd_file_meta meta = { .mode = S_IFDIR | 0700, .uid = 1000 + (uint32_t)i, .mtime_s = -5 };
		assert_int_equal(bd_sealed_writer_add(writer, spellings[i], &meta, &err), 0);
	}
	assert_int_equal(add_file(".", "x"), ENOTDIR);
	assert_int_equal(add_symlink("", "x"), ENOTDIR);
	assert_int_equal(add_file("f", "x"), 0);
	assert_int_equal(add_link(".", "f"), ENOTDIR);
	assert_int_equal(add_link("g", "."), EINVAL);
	expect_tree("f f 644 1 = x\n");
	assert_int_equal(bd_sealed_read_inode(&reader, 0, &inode, &err), 0);
	assert_int_equal(inode.mode, S_IFDIR | 0700);
	assert_int_equal(inode.uid, 1003);
	assert_int_equal(inode.mtime_s, -5);
	bd_sealed_reader_dispose(&reader);
}

static void paths_that_lead_out_are_refused(void **state)
{
	(void)state;
	static const char *const out[] = { "..", "../x", "a/..", "a/../../x", "./..", "a/b/../x", "../", "a/..//" };

	for (size_t i = 0; i < sizeof(out) / sizeof(*out); i++) {
		assert_int_equal(add_file(out[i], ""), EINVAL);
		assert_int_equal(add_dir(out[i]), EINVAL);
		assert_int_equal(take_away(out[i]), EINVAL);
	}
	assert_int_equal(add_file("/etc/passwd", ""), EINVAL);
	assert_non_null(strstr(err.message, "absolute"));
	assert_int_equal(add_dir("/"), EINVAL);
	assert_int_equal(add_file("f", ""), 0);
	assert_int_equal(add_link("g", "/f"), EINVAL);
	assert_int_equal(add_link("g", "../f"), EINVAL);
	assert_int_equal(add_link("../g", "f"), EINVAL);
	assert_int_equal(add_link("/g", "f"), EINVAL);
	assert_int_equal(add_file("...", ""), 0);
	assert_int_equal(add_file("..f", ""), 0);
	assert_int_equal(add_file(".f", ""), 0);
	assert_int_equal(add_file("f..", ""), 0);
	expect_tree("f f 644 1\nf ... 644 1\nf ..f 644 1\nf .f 644 1\nf f.. 644 1\n");
}

static void names_have_at_most_255_bytes(void **state)
{
	(void)state;
	char name[300], path[1000], expected[3000];

	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	assert_int_equal(add_file(name, ""), ENAMETOOLONG);
	snprintf(path, sizeof(path), "%s/x", name);
	assert_int_equal(add_file(path, ""), ENAMETOOLONG);
	name[255] = '\0';
	snprintf(path, sizeof(path), "%s/%s", name, name);
	assert_int_equal(add_file(path, "deep"), 0);
	snprintf(expected, sizeof(expected), "d %s 755 2\nf %s 644 1 = deep\n", name, path);
	expect_tree(expected);
}

static void names_may_have_any_bytes(void **state)
{
	(void)state;
	assert_int_equal(add_file("caf\xc3\xa9", "utf8"), 0);
	assert_int_equal(add_file("caf\xe9", "latin1"), 0);
	assert_int_equal(add_file("\xff\xfe/\x01\n\\ *", "odd"), 0);
	assert_int_equal(add_file("caf\xe9/x", ""), ENOTDIR);
	assert_int_equal(add_file("\xff\xfe/\x01\n\\ */x", ""), ENOTDIR);
	assert_null(strchr(err.message, '\n'));
	assert_non_null(strstr(err.message, "\\x01\\x0a"));
	expect_tree("f caf\\xc3\\xa9 644 1 = utf8\nf caf\\xe9 644 1 = latin1\n"
		    "d \\xff\\xfe 755 2\nf \\xff\\xfe/\\x01\\x0a\\\\x20* 644 1 = odd\n");
}

static void nothing_lies_below_a_symlink_or_a_file(void **state)
{
	(void)state;
	assert_int_equal(add_symlink("lib", "usr/lib"), 0);
	assert_int_equal(add_file("file", ""), 0);
	assert_int_equal(add_dir("usr/lib"), 0);
	assert_int_equal(add_file("lib/evil", ""), ENOTDIR);
	assert_non_null(strstr(err.message, "its parent lib is a symbolic link"));
	assert_int_equal(add_file("lib/a/b/evil", ""), ENOTDIR);
	assert_int_equal(add_dir("file/evil"), ENOTDIR);
	assert_non_null(strstr(err.message, "its parent file is not a directory"));
	assert_int_equal(add_link("lib/evil", "file"), ENOTDIR);
	assert_int_equal(add_link("x", "lib/evil"), ENOTDIR);
	assert_int_equal(take_away("lib/evil"), ENOTDIR);
	bd_sealed_writer_allow_replacing(writer);
	assert_int_equal(add_file("lib/evil", ""), ENOTDIR);
	expect_tree("l lib 777 1 -> usr/lib\nf file 644 1\nd usr 755 3\nd usr/lib 750 2\n");
}

static void missing_parents_are_made(void **state)
{
	(void)state;
	struct bd_file_meta meta = { .mode = S_IFREG | 0600, .uid = 7, .gid = 8, .mtime_s = 1234567890 };
	struct bd_sealed_reader reader = { .sealed = &sealed };
	struct bd_sealed_inode inode;

	assert_int_equal(bd_sealed_writer_add(writer, "a/b/c/file", &meta, &err), 0);
	assert_int_equal(add_dir("a/b"), 0); /* comes late, as in some tarballs */
	assert_int_equal(add_link("d/e/link", "a/b/c/file"), 0);
	expect_tree("d a 755 3\nd a/b 750 3\nd a/b/c 755 2\nf a/b/c/file 600 2\n"
		    "d d 755 3\nd d/e 755 2\nf d/e/link 600 2\n");
	read_inode_of(&reader, "/a/b/c", &inode);
	assert_int_equal(inode.uid, 0);
	assert_int_equal(inode.gid, 0);
	assert_int_equal(inode.mtime_s, 1234567890);
	bd_sealed_reader_dispose(&reader);
}

static void only_directories_may_come_twice(void **state)
{
	(void)state;
	struct bd_file_meta first = { .mode = S_IFDIR | 0700, .uid = 1 },
			    last = { .mode = S_IFDIR | 01777, .uid = 2 };
	struct bd_sealed_reader reader = { .sealed = &sealed };
	struct bd_sealed_inode inode;

	assert_int_equal(bd_sealed_writer_add(writer, "d", &first, &err), 0);
	assert_int_equal(add_file("d/kept", "k"), 0);
	assert_int_equal(bd_sealed_writer_add(writer, "d", &last, &err), 0);
	assert_int_equal(add_file("d", ""), EINVAL);
	assert_int_equal(add_symlink("d", "x"), EINVAL);
	assert_int_equal(add_dir("d/kept"), EINVAL);
	assert_int_equal(add_file("d/kept", ""), EINVAL);
	assert_int_equal(add_link("d/kept", "d/other"), EINVAL);
	assert_int_equal(add_file("f", ""), 0);
	assert_int_equal(add_link("f", "d/kept"), EINVAL);
	expect_tree("d d 1777 2\nf d/kept 644 1 = k\nf f 644 1\n");
	read_inode_of(&reader, "/d", &inode);
	assert_int_equal(inode.uid, 2);
	bd_sealed_reader_dispose(&reader);
}

static void layers_replace_what_is_there(void **state)
{
	(void)state;
	assert_int_equal(add_dir("dir"), 0);
	assert_int_equal(add_file("dir/sub/deep", "gone"), 0);
	assert_int_equal(add_file("file", "old"), 0);
	assert_int_equal(add_symlink("link", "old"), 0);
	assert_int_equal(add_file("kept/entry", "stays"), 0);
	bd_sealed_writer_allow_replacing(writer);
	assert_int_equal(add_file("dir", "now a file"), 0);
	assert_int_equal(add(("kept"), S_IFDIR | 0711), 0);
	assert_int_equal(add_dir("file"), 0);
	assert_int_equal(add_file("file/inside", "new"), 0);
	assert_int_equal(add_file("link", "a"), 0);
	assert_int_equal(add_file("link", "b"), 0);
	expect_tree("d kept 711 2\nf kept/entry 644 1 = stays\n"
		    "f dir 644 1 = now\\x20a\\x20file\nd file 750 2\nf file/inside 644 1 = new\nf link 644 1 = b\n");
	assert_int_equal(totals.inodes, 7);
	assert_int_equal(totals.directories, 3);
	assert_int_equal(totals.content_bytes, 5 + 10 + 3 + 1);
}

static void a_directory_comes_again_after_a_file_took_its_place(void **state)
{
	(void)state;
	assert_int_equal(add_file("d/a/b/c", "1"), 0);
	bd_sealed_writer_allow_replacing(writer);
	assert_int_equal(add_file("d", "2"), 0);
	assert_int_equal(add_dir("d"), 0);
	assert_int_equal(add_dir("d/a"), 0);
	assert_int_equal(add_file("d/a/b", "3"), 0);
	assert_int_equal(add_file("d/z", "4"), 0);
	expect_tree("d d 750 3\nd d/a 750 2\nf d/a/b 644 1 = 3\nf d/z 644 1 = 4\n");
}

static void removing_takes_all_that_is_below(void **state)
{
	(void)state;
	assert_int_equal(add_file("a/b/c/d/e", "1"), 0);
	assert_int_equal(add_file("a/b/f", "2"), 0);
	assert_int_equal(add_dir("a/b/g"), 0);
	assert_int_equal(add_file("a/h", "3"), 0);
	assert_int_equal(add_file("i", "4"), 0);
	assert_int_equal(take_away("a/b"), 0);
	assert_int_equal(take_away("a/b"), 0);
	assert_int_equal(take_away("a/b/c"), 0);
	assert_int_equal(take_away("never/was"), 0);
	assert_int_equal(take_away("i/"), 0);
	assert_int_equal(add_file("a/b/f", "5"), 0);
	expect_tree("d a 755 3\nf a/h 644 1 = 3\nd a/b 755 2\nf a/b/f 644 1 = 5\n");
	assert_int_equal(totals.inodes, 5);
}

static void children_only_keeps_the_directory(void **state)
{
	(void)state;
	assert_int_equal(add_dir("d"), 0);
	assert_int_equal(add_file("d/a/b", "1"), 0);
	assert_int_equal(add_file("d/c", "2"), 0);
	assert_int_equal(add_file("f", "3"), 0);
	assert_int_equal(bd_sealed_writer_remove(writer, "d", true, &err), 0);
	assert_int_equal(bd_sealed_writer_remove(writer, "f", true, &err), 0);
	assert_int_equal(bd_sealed_writer_remove(writer, "not-there", true, &err), 0);
	assert_int_equal(add_file("d/new", "4"), 0);
	expect_tree("d d 750 2\nf d/new 644 1 = 4\nf f 644 1 = 3\n");
}

static void removing_the_root_empties_it(void **state)
{
	(void)state;
	assert_int_equal(add_file("a/b", "1"), 0);
	assert_int_equal(add_link("c", "a/b"), 0);
	assert_int_equal(take_away("."), 0);
	assert_int_equal(bd_sealed_writer_remove(writer, "", true, &err), 0);
	assert_int_equal(add_file("c", "2"), 0);
	expect_tree("f c 644 1 = 2\n");
}

static void hard_links_count(void **state)
{
	(void)state;
	assert_int_equal(add_file("a", "same"), 0);
	assert_int_equal(add_link("b", "a"), 0);
	assert_int_equal(add_link("d/c", "./b"), 0);
	assert_int_equal(add_symlink("s", "a"), 0);
	assert_int_equal(add_link("t", "s"), 0); /* of the symlink itself */
	assert_int_equal(add_link("x", "not-there"), EINVAL);
	assert_int_equal(add_link("x", "no/such/dir"), EINVAL);
	assert_int_equal(add_link("x", "d"), EINVAL);
	assert_int_equal(add_link("a", "a"), 0); /* GNU tar writes this when a name is given twice */
	expect_tree("f a 644 3 = same\nf b 644 3 = same\nd d 755 2\nf d/c 644 3 = same\n"
		    "l s 777 2 -> a\nl t 777 2 -> a\n");
	assert_int_equal(totals.inodes, 4);
	assert_int_equal(totals.content_bytes, 4);
}

static void a_file_stays_as_long_as_it_has_a_name(void **state)
{
	(void)state;
	assert_int_equal(add_file("d/a", "one"), 0);
	assert_int_equal(add_link("b", "d/a"), 0);
	assert_int_equal(add_link("d/e/c", "b"), 0);
	assert_int_equal(add_file("z", "two"), 0);
	assert_int_equal(add_link("d/z", "z"), 0);
	assert_int_equal(take_away("d"), 0);
	assert_int_equal(take_away("z"), 0);
	expect_tree("f b 644 1 = one\n");
	assert_int_equal(totals.inodes, 2);
}

static void a_link_may_replace_what_holds_its_other_name(void **state)
{
	(void)state;
	assert_int_equal(add_file("d/f", "one"), 0);
	assert_int_equal(add_file("a", "two"), 0);
	assert_int_equal(add_link("b", "a"), 0);
	bd_sealed_writer_allow_replacing(writer);
	assert_int_equal(add_link("d", "d/f"), 0); /* the directory goes, and with it the name that is linked to */
	assert_int_equal(add_link("b", "a"), 0); /* another name of the same file already */
	assert_int_equal(add_link("a", "d"), 0);
	expect_tree("f d 644 2 = one\nf b 644 1 = two\nf a 644 2 = one\n");
	assert_int_equal(totals.inodes, 3);
}

static void all_types_and_all_fields_arrive(void **state)
{
	(void)state;
	static const struct bd_xattr xattrs[] = { { "user.z", "last", 4 },
						  { "security.capability", "\0\1\2", 3 },
						  { "user.empty", NULL, 0 },
						  { "user.z", "last", 4 } };
	struct bd_file_meta device = { .mode = S_IFCHR | 0620,
				       .uid = 4000000000u,
				       .gid = 70000,
				       .mtime_s = -1,
				       .mtime_ns = 999999999,
				       .atime_s = INT64_C(1) << 33,
				       .atime_ns = UINT32_MAX, /* a damaged source */
				       .rdev_major = 4095,
				       .rdev_minor = 1048575,
				       .xattrs = xattrs,
				       .xattr_count = 4 };
	struct bd_sealed_reader reader = { .sealed = &sealed };
	struct bd_sealed_inode inode;

	assert_int_equal(bd_sealed_writer_add(writer, "console", &device, &err), 0);
	assert_int_equal(add("disk", S_IFBLK | 0660), 0);
	assert_int_equal(add("fifo", S_IFIFO | 0600), 0);
	assert_int_equal(add("socket", S_IFSOCK | 07777), 0);
	assert_int_equal(add("nothing", 0644), EINVAL);
	expect_tree("c console 620 1 4095:1048575\nb disk 660 1 0:0\np fifo 600 1\ns socket 7777 1\n");
	read_inode_of(&reader, "/console", &inode);
	assert_true(inode.uid == 4000000000u && inode.gid == 70000 && inode.mtime_s == -1);
	assert_true(inode.mtime_ns == 999999999 && inode.atime_s == INT64_C(1) << 33 && inode.atime_ns == 999999999);
	assert_int_equal(inode.xattr_count, 3); /* by name, each once */
	assert_string_equal(inode.xattrs[0].name, "security.capability");
	assert_memory_equal(inode.xattrs[0].value, "\0\1\2", 3);
	assert_string_equal(inode.xattrs[1].name, "user.empty");
	assert_int_equal(inode.xattrs[1].size_bytes, 0);
	assert_string_equal(inode.xattrs[2].name, "user.z");
	assert_int_equal(inode.xattrs[2].size_bytes, 4);
	assert_memory_equal(inode.xattrs[2].value, "last", 4);
	bd_sealed_reader_dispose(&reader);
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	static char target[5000], value[65537], name[300];
	struct bd_xattr xattr = { name, value, 65536 };
	struct bd_file_meta file = { .mode = S_IFREG, .xattrs = &xattr, .xattr_count = 1 };
	struct bd_sealed_reader reader = { .sealed = &sealed };
	struct bd_sealed_inode inode;

	assert_int_equal(bd_sealed_writer_add(writer, "unnamed", &file, &err), -1);
	memset(name, 'n', 255);
	assert_int_equal(bd_sealed_writer_add(writer, "a", &file, &err), 0);
	xattr.size_bytes++;
	assert_int_equal(code(bd_sealed_writer_add(writer, "b", &file, &err)), E2BIG);
	xattr.size_bytes = 0;
	name[255] = 'n';
	assert_int_equal(code(bd_sealed_writer_add(writer, "b", &file, &err)), E2BIG);
	file = (struct bd_file_meta){ .mode = S_IFREG, .size_bytes = (UINT64_C(1) << 43) + 1 };
	assert_int_equal(code(bd_sealed_writer_add(writer, "b", &file, &err)), EFBIG);
	memset(target, 't', 4096);
	assert_int_equal(add_symlink("l", target), EINVAL);
	assert_int_equal(add_symlink("l", ""), EINVAL);
	assert_int_equal(add_symlink("l", NULL), EINVAL);
	target[4095] = '\0';
	assert_int_equal(add_symlink("l", target), 0);
	finish();
	read_inode_of(&reader, "/l", &inode);
	assert_int_equal(inode.size_bytes, 4095);
	assert_memory_equal(inode.target, target, 4095);
	read_inode_of(&reader, "/a", &inode);
	assert_int_equal(inode.xattrs[0].size_bytes, 65536);
	assert_int_equal(strlen(inode.xattrs[0].name), 255);
	bd_sealed_reader_dispose(&reader);
}

static void directories_have_xattrs_too(void **state)
{
	(void)state;
	struct bd_xattr xattr = { "system.posix_acl_default", "acl", 3 };
	struct bd_file_meta dir = { .mode = S_IFDIR | 0755, .xattrs = &xattr, .xattr_count = 1 };
	struct bd_sealed_reader reader = { .sealed = &sealed };
	struct bd_sealed_inode inode;

	assert_int_equal(bd_sealed_writer_add(writer, ".", &dir, &err), 0);
	assert_int_equal(bd_sealed_writer_add(writer, "d", &dir, &err), 0);
	finish();
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(bd_sealed_read_inode(&reader, i, &inode, &err), 0);
		assert_int_equal(inode.xattr_count, 1);
		assert_string_equal(inode.xattrs[0].name, "system.posix_acl_default");
		assert_memory_equal(inode.xattrs[0].value, "acl", 3);
	}
	bd_sealed_reader_dispose(&reader);
}

static void many_entries_in_one_directory(void **state)
{
	(void)state;
	enum { count = 100000 };
	struct bd_sealed_reader reader = { .sealed = &sealed };
	struct bd_sealed_inode root;
	struct bd_sealed_dir dir;
	struct bd_sealed_entry entry;
	char path[40];
	uint32_t seen = 0;

	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "big/%06d", i);
		assert_int_equal(add(path, S_IFIFO), 0);
	}
	assert_int_equal(add("big/050000", S_IFIFO), EINVAL);
	finish();
	read_inode_of(&reader, "/big", &root);
	assert_int_equal(bd_sealed_read_dir(&reader, root.dir_at, &dir, &err), 0);
	assert_int_equal(dir.entry_count, count);
	for (; bd_sealed_next_entry(&dir, &entry); seen++) {
		snprintf(path, sizeof(path), "%06u", seen);
		assert_int_equal(entry.name_size, 6);
		assert_memory_equal(entry.name, path, 6);
		assert_int_equal(entry.inode, seen + 2);
	}
	assert_int_equal(seen, count);
	bd_sealed_reader_dispose(&reader);
}

static void expect_b2sum(const char *name, const char *sum)
{
	char command[200], line[200] = "";

	snprintf(command, sizeof(command), "b2sum -l 256 %s/%s", folder, name);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_non_null(fgets(line, sizeof(line), pipe));
	assert_int_equal(pclose(pipe), 0);
	line[64] = '\0';
	assert_string_equal(line, sum);
}

static void publishing_names_both_files(void **state)
{
	(void)state;
	char path[100], text[5000];
	struct stat tree, payload;

	memset(text, 't', sizeof(text));
	text[4999] = '\0';
	assert_int_equal(add_file("etc/motd", text), 0);
	assert_int_equal(add_file("etc/hostname", "web01"), 0);
	finish();
	int folder_fd = open(folder, O_RDONLY | O_DIRECTORY);
	assert_int_equal(faccessat(folder_fd, "tree", F_OK, 0), -1);
	assert_int_equal(bd_sealed_writer_publish(writer, folder_fd, &err), 0);
	assert_int_equal(fstatat(folder_fd, "tree", &tree, 0), 0);
	assert_int_equal(fstatat(folder_fd, "payload", &payload, 0), 0);
	assert_int_equal(tree.st_size, sealed.end_at);
	assert_int_equal(payload.st_size, 3 * 4096);
	assert_int_equal(totals.payload_bytes, 3 * 4096);
	assert_int_equal(totals.content_bytes, 4999 + 5);
	expect_b2sum("tree", totals.tree_checksum);
	expect_b2sum("payload", totals.payload_checksum);
	close(folder_fd);

	/* The same again, from the names. */
	end_seal();
	snprintf(path, sizeof(path), "%s/tree", folder);
	int index_fd = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "%s/payload", folder);
	assert_int_equal(bd_sealed_open(&sealed, index_fd, open(path, O_RDONLY), &err), 0);
	char *data;
	assert_int_equal(bd_sealed_read_file(&sealed, "/etc/motd", 5000, &data, NULL, &err), 0);
	assert_string_equal(data, text);
	free(data);
}

static void names_that_are_taken_are_not_replaced(void **state)
{
	(void)state;
	finish();
	int folder_fd = open(folder, O_RDONLY | O_DIRECTORY);
	close(openat(folder_fd, "tree", O_WRONLY | O_CREAT, 0600));
	assert_int_equal(code(bd_sealed_writer_publish(writer, folder_fd, &err)), EEXIST);
	assert_int_equal(faccessat(folder_fd, "payload", F_OK, 0), -1);
	close(folder_fd);
}

static int hidden_files(void)
{
	char command[200];
	int count = -1;

	snprintf(command, sizeof(command), "ls -A %s | grep -c '^[.]xen-bigdisk'", folder);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_int_equal(fscanf(pipe, "%d", &count), 1);
	pclose(pipe);
	return count;
}

static void without_unnamed_files_there_are_hidden_ones(void **state)
{
	(void)state;
	char foreign[60];
	int folder_fd = open(folder, O_RDONLY | O_DIRECTORY);

	end_seal();
	without_unnamed_files = true;
	/* Left by a process that had this number, or of another machine. */
	snprintf(foreign, sizeof(foreign), ".xen-bigdisk-%ld-0", (long)getpid());
	close(openat(folder_fd, foreign, O_WRONLY | O_CREAT, 0600));
	begin_limited(1 << 20);
	assert_int_equal(add_file("f", "x"), 0);
	assert_int_equal(hidden_files(), 3);
	end_seal();
	assert_int_equal(hidden_files(), 1);

	begin_limited(1 << 20);
	assert_int_equal(add_file("f", "x"), 0);
	expect_tree("f f 644 1 = x\n");
	assert_int_equal(bd_sealed_writer_publish(writer, folder_fd, &err), 0);
	end_seal();
	without_unnamed_files = false;
	assert_int_equal(hidden_files(), 1);
	expect_b2sum("tree", totals.tree_checksum);
	expect_b2sum("payload", totals.payload_checksum);
	assert_int_equal(unlinkat(folder_fd, foreign, 0), 0);
	close(folder_fd);
}

static void descriptors_do_not_reach_child_processes(void **state)
{
	(void)state;
	finish();
	assert_true(fcntl(sealed.index_fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(sealed.payload_fd, F_GETFD) & FD_CLOEXEC);
}

static void a_folder_that_is_not_there(void **state)
{
	(void)state;
	struct bd_sealed_writer *other = NULL;
	assert_int_equal(code(bd_sealed_writer_begin("/nonexistent/folder", 1, &other, &err)), ENOENT);
	assert_null(other);
	bd_sealed_writer_free(&other);
}

static void what_is_there_so_far_can_be_asked(void **state)
{
	(void)state;
	struct bd_sealed_writer_entry entry = { .at = BD_SEALED_WRITER_FIRST };

	assert_int_equal(code(add_file("etc/hosts", "")), 0);
	assert_int_equal(code(add_file("etc/motd", "hello")), 0);
	assert_int_equal(code(add_symlink("bin", "usr/bin")), 0);
	assert_int_equal(code(add_file("gone", "")), 0);
	assert_int_equal(code(take_away("gone")), 0);
	assert_int_equal(bd_sealed_writer_type(writer, "etc"), BD_TYPE_DIRECTORY);
	assert_int_equal(bd_sealed_writer_type(writer, "bin"), BD_TYPE_SYMLINK);
	assert_int_equal(bd_sealed_writer_type(writer, "bin/sh"), BD_TYPE_NONE);
	assert_int_equal(bd_sealed_writer_type(writer, "etc/shadow"), BD_TYPE_NONE);
	assert_int_equal(bd_sealed_writer_type(writer, "gone"), BD_TYPE_NONE);
	assert_true(bd_sealed_writer_is_empty(writer, "etc/hosts"));
	assert_false(bd_sealed_writer_is_empty(writer, "etc/motd"));
	assert_false(bd_sealed_writer_is_empty(writer, "bin"));
	assert_false(bd_sealed_writer_is_empty(writer, "etc"));
	assert_true(bd_sealed_writer_next_at_top(writer, &entry));
	assert_string_equal(entry.name, "etc");
	assert_true(bd_sealed_writer_next_at_top(writer, &entry));
	assert_string_equal(entry.name, "bin");
	assert_false(bd_sealed_writer_next_at_top(writer, &entry));
	finish();
}

static void a_directory_becomes_the_root(void **state)
{
	(void)state;
	struct bd_file_meta meta = { .mode = S_IFDIR | 0700, .uid = 7, .mtime_s = 5, .atime_s = 5 };

	assert_int_equal(code(add_file("metadata.yaml", "x")), 0);
	assert_int_equal(code(add_file("templates/hosts.tpl", "y")), 0);
	assert_int_equal(code(bd_sealed_writer_add(writer, "rootfs", &meta, &err)), 0);
	assert_int_equal(code(add_file("rootfs/etc/passwd", "root")), 0);
	assert_int_equal(code(add_link("rootfs/etc/passwd-", "rootfs/etc/passwd")), 0);
	assert_int_equal(code(bd_sealed_writer_raise(writer, "metadata.yaml", &err)), EINVAL);
	assert_int_equal(code(bd_sealed_writer_raise(writer, "nowhere", &err)), EINVAL);
	assert_int_equal(code(bd_sealed_writer_raise(writer, "rootfs", &err)), 0);
	/* Paths are found, and taken, from there on. */
	assert_int_equal(bd_sealed_writer_type(writer, "rootfs"), BD_TYPE_NONE);
	assert_int_equal(bd_sealed_writer_type(writer, "etc/passwd"), BD_TYPE_REGULAR);
	assert_int_equal(code(take_away("etc/passwd-")), 0);
	assert_int_equal(code(add_file("etc/group", "root")), 0);
	finish();

	struct bd_sealed_reader reader = { .sealed = &sealed };
	struct bd_sealed_inode inode = { 0 };
	read_inode_of(&reader, "/", &inode);
	assert_int_equal(inode.mode, S_IFDIR | 0700);
	assert_int_equal(inode.uid, 7);
	assert_int_equal(inode.links, 3);
	read_inode_of(&reader, "/etc/passwd", &inode);
	assert_int_equal(inode.links, 1);
	assert_int_equal(totals.inodes, 4);
	bd_sealed_reader_dispose(&reader);
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest facts[] = {
		FACT(what_is_there_so_far_can_be_asked),
		FACT(a_directory_becomes_the_root),
		FACT(an_empty_seal_has_a_root),
		FACT(all_spellings_of_a_path_are_one),
		FACT(dot_and_the_empty_path_are_the_root),
		FACT(paths_that_lead_out_are_refused),
		FACT(names_have_at_most_255_bytes),
		FACT(names_may_have_any_bytes),
		FACT(nothing_lies_below_a_symlink_or_a_file),
		FACT(missing_parents_are_made),
		FACT(only_directories_may_come_twice),
		FACT(layers_replace_what_is_there),
		FACT(a_directory_comes_again_after_a_file_took_its_place),
		FACT(removing_takes_all_that_is_below),
		FACT(children_only_keeps_the_directory),
		FACT(removing_the_root_empties_it),
		FACT(hard_links_count),
		FACT(a_file_stays_as_long_as_it_has_a_name),
		FACT(a_link_may_replace_what_holds_its_other_name),
		FACT(all_types_and_all_fields_arrive),
		FACT(what_does_not_fit_is_refused),
		FACT(directories_have_xattrs_too),
		FACT(many_entries_in_one_directory),
		FACT(publishing_names_both_files),
		FACT(names_that_are_taken_are_not_replaced),
		FACT(without_unnamed_files_there_are_hidden_ones),
		FACT(descriptors_do_not_reach_child_processes),
		FACT(a_folder_that_is_not_there),
	};
	return cmocka_run_group_tests(facts, NULL, NULL);
}
