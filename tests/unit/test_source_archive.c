/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about template/source_archive.c: archives by tar, bsdtar, cpio and zip, compared with the folder they are of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>

#include <archive.h>
#include <archive_entry.h>

#include "pack_checks.h"
#include "template/sources.h"
#include "tree_checks.h"

static int import(const char *path, bool layer)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	int r = bd_source_archive(fd, path, layer, NULL, seal, &err);
	close(fd);
	return r;
}

static void assert_imports(const char *path)
{
	begin_pack();
	if (import(path, false) != 0)
		fail_msg("%s", err.message);
	finish_pack();
}

static void assert_refused(const char *path, int code, const char *text)
{
	begin_pack();
	assert_int_equal(import(path, false), -1);
	if (!strstr(err.message, text) || !strstr(err.message, path))
		fail_msg("\"%s\" instead of \"%s\"", err.message, text);
	if (code)
		assert_int_equal(err.code, code);
	forget_pack();
}

static void everything_in_gnu_tar_s_pax_format_survives(void **state)
{
	(void)state;
	SH(make_tree_script);
	make_socket("tree/socket");
	SH("tar -C tree --format=posix --acls --xattrs --xattrs-include='*' --numeric-owner -S -cf it.tar . 2>/dev/null");
	assert_imports("it.tar");
	assert_same_tree("tree", NO_SOCKETS);
}

static void everything_in_bsdtar_s_pax_format_survives(void **state)
{
	(void)state;
	SH(make_tree_script);
	/* It writes -1.5 seconds as "-2.5". */
	SH("touch -h -d @-5 tree/dangling; LC_ALL=C.UTF-8 bsdtar -C tree --format=pax --acls --xattrs -cf it.tar . 2>/dev/null || test -s it.tar");
	assert_imports("it.tar");
	assert_same_tree("tree", 0);
}

static void gnu_format_keeps_all_but_attributes_and_nanoseconds(void **state)
{
	(void)state;
	SH(make_tree_script);
	SH("tar -C tree --format=gnu -S --numeric-owner -cf it.tar .");
	assert_imports("it.tar");
	assert_same_tree("tree", NO_XATTRS | NO_NANOSECONDS | NO_ACCESS_TIMES);
}

/* In a locale of UTF-8, libarchive composes characters anew. */
static void names_are_bytes_in_every_locale(void **state)
{
	(void)state;
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	everything_in_gnu_tar_s_pax_format_survives(state);
	setlocale(LC_ALL, "C");
}

/* newc has sizes of 32 bits, and the content of a file with several names only at the last of them. */
static void cpio_keeps_links_and_sockets(void **state)
{
	(void)state;
	SH(make_tree_script);
	/* Times of 32 bits without a sign. */
	SH("rm tree/big; touch -h -d @1 tree/dangling; if [ $(id -u) = 0 ]; then chmod 600 tree/empty; ln tree/empty tree/empty2; fi");
	make_socket("tree/socket");
	SH("cd tree; find . -print0 | cpio -0 -o -H newc --quiet >../it.cpio");
	assert_imports("it.cpio");
	assert_same_tree("tree", NO_XATTRS | NO_NANOSECONDS | NO_ACCESS_TIMES | NO_HOLES);
	/* bsdcpio loses the ACL's mask from the mode. */
	SH("setfacl -bR tree; cd tree; find . -print0 | bsdcpio -0 -o -H newc --quiet >../it.cpio 2>/dev/null");
	assert_imports("it.cpio");
	assert_same_tree("tree", NO_XATTRS | NO_NANOSECONDS | NO_ACCESS_TIMES | NO_HOLES);
}

static void old_cpio_repeats_the_content_of_links(void **state)
{
	(void)state;
	SH("mkdir tree; echo hello >tree/a; ln tree/a tree/b; ln tree/a tree/c");
	SH("cd tree; find . | cpio -o -H odc --quiet >../it.cpio");
	assert_imports("it.cpio");
	assert_same_tree("tree", NO_XATTRS | NO_NANOSECONDS | NO_ACCESS_TIMES);
}

static void every_compression_is_read(void **state)
{
	(void)state;
	SH("mkdir tree; seq 100000 >tree/numbers; echo hello >tree/a; tar -C tree -cf it.tar .");
	static const char *const filters[] = { "gzip", "bzip2", "xz", "zstd", "lz4", "lzma", "lzip", "compress" };
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		char script[200];
		print_message("# %s\n", filters[i]);
		snprintf(script, sizeof(script), "bsdtar --%s -cf it.tar.x @it.tar", filters[i]);
		SH(script);
		assert_imports("it.tar.x");
		assert_same_tree("tree", NO_XATTRS | NO_NANOSECONDS | NO_ACCESS_TIMES);
	}
}

static void zip_7zip_and_iso_are_read(void **state)
{
	(void)state;
	SH("mkdir -p tree/dir; seq 100000 >tree/numbers; ln -s numbers tree/soft; echo x >tree/dir/x");
	SH("echo umlaut >\"$(printf 'tree/\\303\\244')\"; LC_ALL=C.UTF-8; export LC_ALL\n"
	   "bsdtar -C tree --format=zip -cf it.zip .; bsdtar -C tree --format=7zip -cf it.7z .\n"
	   "bsdtar -C tree --format=iso9660 -cf it.iso .");
	static const char *const files[] = { "it.zip", "it.7z", "it.iso" };
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		assert_imports(files[i]);
		assert_content("/numbers", "tree/numbers");
		assert_text("/dir/x", "x\n");
		assert_text("/\303\244", "umlaut\n");
		assert_target("/soft", "numbers");
	}
}

static void a_pipe_is_read_too(void **state)
{
	(void)state;
	SH("mkdir tree; seq 100000 >tree/numbers; tar -C tree -czf it.tar.gz .");
	FILE *pipe = popen("cat it.tar.gz", "r");
	begin_pack();
	assert_int_equal(bd_source_archive(fileno(pipe), "standard input", false, NULL, seal, &err), 0);
	finish_pack();
	pclose(pipe);
	assert_same_tree("tree", NO_XATTRS | NO_NANOSECONDS | NO_ACCESS_TIMES);
}

/* Archives that no program would write by itself. */
static struct archive *craft;

static void begin_archive(const char *path)
{
	craft = archive_write_new();
	assert_int_equal(archive_write_set_format_pax_restricted(craft), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(craft, path), ARCHIVE_OK);
}

static void put(const char *path, mode_t mode, const char *text)
{
	struct archive_entry *entry = archive_entry_new();
	archive_entry_set_pathname(entry, path);
	archive_entry_set_mode(entry, mode);
	if (S_ISREG(mode))
		archive_entry_set_size(entry, (la_int64_t)strlen(text));
	else if (S_ISLNK(mode))
		archive_entry_set_symlink(entry, text);
	else if (!mode)
		archive_entry_set_hardlink(entry, text);
	/* It warns of names that are not UTF-8. */
	assert_true(archive_write_header(craft, entry) >= ARCHIVE_WARN);
	if (S_ISREG(mode))
		assert_int_equal(archive_write_data(craft, text, strlen(text)), strlen(text));
	archive_entry_free(entry);
}

static void end_archive(void)
{
	assert_int_equal(archive_write_close(craft), ARCHIVE_OK);
	archive_write_free(craft);
}

static void hostile_archives_are_refused(void **state)
{
	(void)state;
	begin_archive("evil.tar");
	put("/etc/passwd", S_IFREG | 0644, "x");
	end_archive();
	assert_refused("evil.tar", EINVAL, "/etc/passwd");

	begin_archive("evil.tar");
	put("a/../../b", S_IFREG | 0644, "x");
	end_archive();
	assert_refused("evil.tar", EINVAL, "a/../../b");

	begin_archive("evil.tar");
	put("link", S_IFLNK | 0777, "/etc");
	put("link/passwd", S_IFREG | 0644, "x");
	end_archive();
	assert_refused("evil.tar", ENOTDIR, "link/passwd");

	begin_archive("evil.tar");
	put("twice\n\377", S_IFREG | 0644, "x");
	put("./twice\n\377", S_IFREG | 0644, "y");
	end_archive();
	assert_refused("evil.tar", EINVAL, "twice\\x0a\\xff");

	begin_archive("evil.tar");
	put("hard", 0, "../outside");
	end_archive();
	assert_refused("evil.tar", EINVAL, "hard");

	begin_archive("evil.tar");
	put("hard", 0, "not/there");
	end_archive();
	assert_refused("evil.tar", EINVAL, "not/there");
}

static void more_than_the_limit_is_refused(void **state)
{
	(void)state;
	SH("mkdir tree; head -c 3000000 /dev/urandom >tree/a; tar -C tree -czf it.tar.gz .");
	assert_int_equal(bd_seal_begin(".", 2000000, &seal, &err), 0);
	assert_int_equal(import("it.tar.gz", false), -1);
	assert_non_null(strstr(err.message, "it.tar.gz"));
	assert_int_equal(err.code, EFBIG);
}

/* Cut anywhere, an archive is not taken for a smaller one. */
static void truncated_archives_are_refused(void **state)
{
	(void)state;
	SH("mkdir tree; seq 3000 >tree/a; seq 3000 >tree/b; mkdir tree/c; ln tree/a tree/d; tar -C tree -b1 -cf it.tar .");
	SH("(cd tree; find . | cpio -o -H newc --quiet) >it.cpio; gzip -k it.tar; xz -k it.tar; zstd -q it.tar; bzip2 -k "
	   "it.tar");
	static const char *const files[] = {
		"it.tar", "it.cpio", "it.tar.gz", "it.tar.xz", "it.tar.zst", "it.tar.bz2",
	};
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct stat st;
		assert_int_equal(stat(files[i], &st), 0);
		assert_imports(files[i]);
		/* cpio ends with padding and tar with two blocks, of which one is enough. */
		off_t end = !strcmp(files[i], "it.tar") ? st.st_size - 1024 : st.st_size;
		if (!strcmp(files[i], "it.cpio"))
			SH("python3 - <<E\n"
			   "d = open('it.cpio', 'rb').read(); open('it.cpio', 'wb').write(d[:d.index(b'TRAILER!!!') + 9])\nE");
		assert_int_equal(stat(files[i], &st), 0);
		end = end < st.st_size ? end : st.st_size;
		for (off_t size = end - (strcmp(files[i], "it.cpio") ? 1 : 0); size > 0;
		     size -= size > 3000 ? size % 512 ? size % 512 : 512 : 7) {
			assert_int_equal(truncate(files[i], size), 0);
			print_message("# %s cut to %lld\n", files[i], (long long)size);
			begin_pack();
			assert_int_equal(import(files[i], false), -1);
			forget_pack();
		}
		assert_int_equal(truncate(files[i], 0), 0);
		assert_refused(files[i], EINVAL, "empty");
	}
}

static void data_behind_the_end_is_refused(void **state)
{
	(void)state;
	SH("mkdir tree; seq 3000 >tree/a; tar -C tree -cf it.tar .; gzip -k it.tar; zstd -q it.tar");
	SH("cp it.tar zeros.tar; head -c 300000 /dev/zero >>zeros.tar; gzip -k zeros.tar\n"
	   "head -c 300000 /dev/zero >>zeros.tar.gz");
	assert_imports("zeros.tar");
	assert_imports("zeros.tar.gz");
	SH("cat it.tar it.tar >two.tar; cp it.tar text.tar; echo garbage >>text.tar; gzip -k text.tar\n"
	   "for z in gz zst; do cp it.tar.$z text2.tar.$z; echo garbage >>text2.tar.$z; done\n"
	   "cp it.tar.gz x.tar.gz; printf x >>x.tar.gz; cp zeros.tar.gz y.tar.gz; printf y >>y.tar.gz");
	assert_refused("two.tar", EINVAL, "second archive");
	assert_refused("text.tar", EINVAL, "follows the archive's end");
	assert_refused("text.tar.gz", EINVAL, "follows the archive's end");
	assert_refused("text2.tar.gz", EINVAL, "follows the end of what is compressed");
	assert_refused("x.tar.gz", EINVAL, "follows the end of what is compressed");
	assert_refused("y.tar.gz", EINVAL, "follows the end of what is compressed");
	assert_refused("text2.tar.zst", EINVAL, "");
}

/* libarchive does not look at gzip's checksum. */
static void a_wrong_checksum_is_refused(void **state)
{
	(void)state;
	SH("mkdir tree; head -c 400000 /dev/urandom >tree/a; tar -C tree -cf it.tar .; gzip -k it.tar; xz -k it.tar; zstd -q "
	   "it.tar; bzip2 -k it.tar");
	SH("cat it.tar.gz >two.tar.gz; : | gzip >>two.tar.gz");
	assert_imports("it.tar.gz");
	assert_imports("two.tar.gz");
	/* Random data is stored as it is, so that a changed byte breaks nothing but the sum. */
	SH("for f in it.tar.gz it.tar.xz it.tar.zst it.tar.bz2; do\n"
	   "printf '\\252\\125\\252\\125' | dd of=$f bs=1 seek=200000 conv=notrunc status=none; done");
	assert_refused("it.tar.gz", EINVAL, "checksum");
	assert_refused("it.tar.xz", EINVAL, "");
	assert_refused("it.tar.zst", EINVAL, "");
	assert_refused("it.tar.bz2", EINVAL, "");
}

static void a_damaged_header_is_refused(void **state)
{
	(void)state;
	SH("mkdir tree; seq 3000 >tree/a; seq 3000 >tree/b; tar -C tree --sort=name -cf it.tar .\n"
	   "printf X | dd of=it.tar bs=1 seek=515 conv=notrunc status=none");
	assert_refused("it.tar", EINVAL, "it.tar");
}

static void what_is_no_archive_is_refused(void **state)
{
	(void)state;
	SH("echo '#mtree' >it.mtree; echo './passwd type=file contents=/etc/passwd' >>it.mtree\n"
	   "head -c 100000 /dev/urandom >noise; tar -cf nothing.tar -T /dev/null; printf x >x");
	assert_refused("it.mtree", EINVAL, "it.mtree");
	assert_refused("noise", EINVAL, "noise");
	assert_refused("x", EINVAL, "x");
	assert_refused("nothing.tar", EINVAL, "nothing in it");
}

static void what_cannot_be_kept_is_refused(void **state)
{
	(void)state;
	SH("mkdir tree; echo x >tree/a");
	SH("bsdtar -cf it.tar @- <<E\n#mtree\n./a type=file size=0 uid=4294967295\nE");
	assert_refused("it.tar", ERANGE, "owner");
	/* An ACL that libarchive cannot read, of which it does not tell. */
	SH("cat >make.py <<E\n"
	   "import tarfile, sys\n"
	   "t = tarfile.open('it.tar', 'w', format=tarfile.PAX_FORMAT)\n"
	   "i = tarfile.TarInfo('a'); i.pax_headers = {'SCHILY.acl.access': sys.argv[1]}; t.addfile(i); t.close()\n"
	   "E\npython3 make.py 'user::rwx,group::quatsch'");
	assert_refused("it.tar", EINVAL, "acl");
	SH("python3 make.py 'user::rw-,user:no-such-user:rw-,group::r--,mask::rw-,other::r--'");
	assert_refused("it.tar", EINVAL, "no-such-user");
	SH("python3 make.py 'user::rw-,user:root:rw-,group::r--,mask::rw-,other::r--'");
	assert_imports("it.tar");
	assert_xattr("/a", "system.posix_acl_access",
		     "\2\0\0\0\1\0\6\0\377\377\377\377\2\0\6\0\0\0\0\0\4\0\4\0\377\377\377\377"
		     "\20\0\6\0\377\377\377\377\40\0\4\0\377\377\377\377",
		     44);
	assert_int_equal(look("/a").mode, S_IFREG | 0664);
}

/* Whatever an archive says: on Linux a symbolic link has 0777, and programs compare. */
static void symlinks_have_the_mode_that_linux_gives_them(void **state)
{
	(void)state;
	begin_archive("it.tar");
	put("soft", S_IFLNK | 0640, "to");
	put("sticky", S_IFLNK | 07000, "to");
	end_archive();
	assert_imports("it.tar");
	assert_int_equal(look("/soft").mode, S_IFLNK | 0777);
	assert_int_equal(look("/sticky").mode, S_IFLNK | 0777);
}

/* lrzip, grzip and lzop are programs, which libarchive would take from PATH and run. */
static void an_archive_chooses_no_program_to_run(void **state)
{
	static const struct {
		const char *program, *magic;
	} filters[] = {
		{ "lrzip", "LRZI\\0\\6\\0\\0\\0\\0\\0\\0" },
		{ "grzip", "GRZipII\\0\\2\\4:)" },
		{ "lzop", "\\211LZO\\0\\r\\n\\032\\n\\020\\60\\40\\200\\11\\100\\2\\1\\5" },
	};
	char *path = strdup(getenv("PATH")), *folder = getcwd(NULL, 0), script[400];

	(void)state;
	SH("mkdir bin tree; echo x >tree/a; tar -C tree -cf plain.tar .\n"
	   "for p in lrzip grzip lzop; do printf '#!/bin/sh\\n: >%s/ran\\ncat %s/plain.tar\\n' \"$PWD\" \"$PWD\" >bin/$p; done\n"
	   "chmod +x bin/*");
	snprintf(script, sizeof(script), "%s/bin:%s", folder, path);
	setenv("PATH", script, 1);
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		snprintf(script, sizeof(script), "{ printf '%s'; head -c 2000 /dev/zero; } >it.x", filters[i].magic);
		SH(script);
		assert_refused("it.x", ENOTSUP, filters[i].program);
		assert_int_not_equal(access("ran", F_OK), 0);
		/* Nor one compression further in. */
		SH("gzip -c it.x >it.gz");
		assert_refused("it.gz", 0, "");
		assert_int_not_equal(access("ran", F_OK), 0);
	}
	setenv("PATH", path, 1);
	free(path);
	free(folder);
}

static void layers_replace_and_take_away(void **state)
{
	(void)state;
	begin_archive("one.tar");
	put("etc/", S_IFDIR | 0755, "");
	put("etc/a", S_IFREG | 0644, "a1");
	put("etc/b", S_IFREG | 0644, "b1");
	put("opt/x/y", S_IFREG | 0644, "y1");
	put("opt/x/z", S_IFREG | 0644, "z1");
	put("late/kept/old", S_IFREG | 0644, "old");
	put("late/gone/old", S_IFREG | 0644, "old");
	put("was-dir/in", S_IFREG | 0644, "in");
	put("was-file", S_IFREG | 0644, "file");
	end_archive();
	begin_archive("two.tar");
	put("./etc/b", S_IFREG | 0600, "b2");
	put("./etc/.wh.a", S_IFREG | 0644, "");
	put("opt/x/", S_IFDIR | 0700, "");
	put("opt/x/.wh..wh..opq", S_IFREG | 0644, "");
	put("opt/x/new", S_IFREG | 0644, "new");
	/* Opaque behind its own entries: those stay, in folders of the layer below too. */
	put("late/kept/new", S_IFREG | 0644, "new");
	put("late/.wh..wh..opq", S_IFREG | 0644, "");
	/* Whiteouts are for layers below, whatever the order. */
	put("own", S_IFREG | 0644, "own");
	put(".wh.own", S_IFREG | 0644, "");
	put(".wh.was-dir", S_IFREG | 0644, "");
	put(".wh.not-there", S_IFREG | 0644, "");
	put(".wh..wh.plnk", S_IFDIR | 0755, "");
	put(".wh..wh.plnk/123.456", S_IFREG | 0644, "");
	put("was-dir", S_IFREG | 0644, "now file");
	put("was-file/", S_IFDIR | 0755, "");
	put("was-file/in", S_IFREG | 0644, "in");
	put("hard", 0, "etc/b");
	end_archive();
	begin_pack();
	assert_int_equal(import("one.tar", true), 0);
	if (import("two.tar", true) != 0)
		fail_msg("%s", err.message);
	finish_pack();
	assert_false(exists("/etc/a"));
	assert_text("/etc/b", "b2");
	assert_text("/hard", "b2");
	assert_int_equal(look("/hard").index, look("/etc/b").index);
	assert_int_equal(look("/opt/x").mode, S_IFDIR | 0700);
	assert_false(exists("/opt/x/y"));
	assert_false(exists("/opt/x/z"));
	assert_text("/opt/x/new", "new");
	assert_text("/late/kept/new", "new");
	assert_false(exists("/late/kept/old"));
	assert_false(exists("/late/gone"));
	assert_text("/own", "own");
	assert_text("/was-dir", "now file");
	assert_text("/was-file/in", "in");
	assert_false(exists("/.wh.own"));
	assert_false(exists("/.wh..wh.plnk"));
}

static void whiteouts_that_cannot_be_right_are_refused(void **state)
{
	(void)state;
	begin_archive("it.tar");
	put("opt/.wh...", S_IFREG | 0644, "");
	end_archive();
	begin_pack();
	assert_int_equal(import("it.tar", true), -1);
	assert_int_equal(err.code, EINVAL);
	/* Elsewhere it is a name as any other. */
	begin_archive("it.tar");
	put(".wh.opt", S_IFREG | 0644, "x");
	end_archive();
	assert_imports("it.tar");
	assert_text("/.wh.opt", "x");
}

static uint64_t progress_seen;

static void see_progress(uint64_t bytes)
{
	assert_true(bytes >= progress_seen);
	progress_seen = bytes;
}

static void progress_ends_at_the_size_of_the_archive(void **state)
{
	(void)state;
	static const char *const files[] = { "it.tar", "it.tar.gz", "it.zip" };
	SH("mkdir tree; head -c 3000000 /dev/urandom >tree/a; tar -C tree -cf it.tar .; gzip -k it.tar; bsdtar --format=zip "
	   "-cf it.zip tree");
	for (size_t i = 0; i < 3; i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);
		struct stat st;
		assert_int_equal(fstat(fd, &st), 0);
		begin_pack();
		progress_seen = 0;
		assert_int_equal(bd_source_archive(fd, files[i], false, see_progress, seal, &err), 0);
		assert_int_equal(progress_seen, st.st_size);
		close(fd);
	}
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, enter_pack_folder, leave_pack_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(everything_in_gnu_tar_s_pax_format_survives),
		FACT(everything_in_bsdtar_s_pax_format_survives),
		FACT(names_are_bytes_in_every_locale),
		FACT(gnu_format_keeps_all_but_attributes_and_nanoseconds),
		FACT(cpio_keeps_links_and_sockets),
		FACT(old_cpio_repeats_the_content_of_links),
		FACT(every_compression_is_read),
		FACT(zip_7zip_and_iso_are_read),
		FACT(a_pipe_is_read_too),
		FACT(hostile_archives_are_refused),
		FACT(more_than_the_limit_is_refused),
		FACT(truncated_archives_are_refused),
		FACT(data_behind_the_end_is_refused),
		FACT(a_wrong_checksum_is_refused),
		FACT(a_damaged_header_is_refused),
		FACT(what_is_no_archive_is_refused),
		FACT(what_cannot_be_kept_is_refused),
		FACT(symlinks_have_the_mode_that_linux_gives_them),
		FACT(an_archive_chooses_no_program_to_run),
		FACT(layers_replace_and_take_away),
		FACT(whiteouts_that_cannot_be_right_are_refused),
		FACT(progress_ends_at_the_size_of_the_archive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
