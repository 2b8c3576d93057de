/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about import/archive/source_archive.c: archives by tar, bsdtar, cpio and zip, compared with the folder they
 * are of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <sys/wait.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/log.h"
#include "import/archive/open.h"
#include "import/archive/source_archive.h"
#include "sealed_checks.h"
#include "tree_checks.h"

/* What was warned of. */
static char warnings[4096];

static void see_warning(void *context, enum bd_log_level level, const char *line)
{
	(void)context;
	if (level == BD_LOG_WARNING && strlen(warnings) + strlen(line) + 2 < sizeof(warnings))
		strcat(strcat(warnings, line), "\n");
}

static int import(const char *path, bool layer)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	int r = bd_source_archive(fd, path, layer, NULL, writer, &err);
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

static void zip_and_7zip_are_read(void **state)
{
	(void)state;
	SH("mkdir -p tree/dir; seq 100000 >tree/numbers; ln -s numbers tree/soft; echo x >tree/dir/x");
	SH("echo umlaut >\"$(printf 'tree/\\303\\244')\"; LC_ALL=C.UTF-8; export LC_ALL\n"
	   "bsdtar -C tree --format=zip -cf it.zip .; bsdtar -C tree --format=7zip -cf it.7z .");
	static const char *const files[] = { "it.zip", "it.7z" };
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
	assert_int_equal(bd_source_archive(fileno(pipe), "standard input", false, NULL, writer, &err), 0);
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
	put("twice\n\377/in", S_IFREG | 0644, "x");
	put("./twice\n\377", S_IFREG | 0644, "y");
	end_archive();
	assert_refused("evil.tar", EINVAL, "twice\\x0a\\xff: it appears twice, once as a non-empty directory");

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
	assert_int_equal(bd_sealed_writer_begin(".", 2000000, &writer, &err), 0);
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
		/* cpio ends with padding and tar with two blocks, which tar does without; the last entry has no content. */
		bool is_tar = !strcmp(files[i], "it.tar");
		off_t end = is_tar ? st.st_size - 1024 - 512 : st.st_size;
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
			warnings[0] = '\0';
			/* Cut between two entries, a tar is like one that was never ended, and that is said. */
			if (import(files[i], false) == 0 &&
			    (!is_tar || size % 512 || !strstr(warnings, "lacks the zero blocks")))
				fail_msg("%s cut to %lld is taken", files[i], (long long)size);
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
	assert_refused("text.tar", EINVAL, "trailing data after the archive");
	assert_refused("text.tar.gz", EINVAL, "trailing data after the archive");
	assert_refused("text2.tar.gz", EINVAL, "trailing data after the compressed stream");
	assert_refused("x.tar.gz", EINVAL, "trailing data after the compressed stream");
	assert_refused("y.tar.gz", EINVAL, "trailing data after the compressed stream");
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
	assert_refused("nothing.tar", EINVAL, "it has no entries");
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
	char *path = strdup(getenv("PATH")), *folder = getcwd(NULL, 0), *with_fakes = NULL, script[400];

	(void)state;
	SH("mkdir bin tree; echo x >tree/a; tar -C tree -cf plain.tar .\n"
	   "for p in lrzip grzip lzop; do printf '#!/bin/sh\\n: >%s/ran\\ncat %s/plain.tar\\n' \"$PWD\" \"$PWD\" >bin/$p; done\n"
	   "chmod +x bin/*");
	assert_true(asprintf(&with_fakes, "%s/bin:%s", folder, path) > 0);
	setenv("PATH", with_fakes, 1);
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
	free(with_fakes);
	free(path);
	free(folder);
}

/* tar -r appends, and tar -x overwrites. */
static void the_last_of_several_entries_counts(void **state)
{
	(void)state;
	SH("mkdir -p tree/dir tree/empty; echo old >tree/a; ln tree/a tree/b; echo x >tree/dir/x; tar -C tree --sort=name -cf it.tar .\n"
	   "rm tree/b; echo newer >tree/a; tar -C tree -rf it.tar ./a; echo newest >tree/c; rm tree/a; mv tree/c tree/a\n"
	   "tar -C tree -rf it.tar ./a; rmdir tree/empty; echo file >tree/empty; tar -C tree -rf it.tar ./empty");
	warnings[0] = '\0';
	assert_imports("it.tar");
	assert_text("/a", "newest\n");
	assert_text("/b", "old\n");
	assert_text("/empty", "file\n");
	assert_text("/dir/x", "x\n");
	assert_int_equal(look("/b").links, 1);
	assert_string_equal(warnings, "it.tar: 3 entries were replaced by later ones of the same name, such as a\n");

	/* A link to what is there already, and a directory in place of a file. */
	SH("mkdir two; echo x >two/a; ln two/a two/b; tar -C two --sort=name -cf it.tar ./a ./b; tar -C two -rf it.tar ./b\n"
	   "rm two/a; mkdir two/a; echo in >two/a/in; tar -C two -rf it.tar ./a");
	warnings[0] = '\0';
	assert_imports("it.tar");
	assert_text("/b", "x\n");
	assert_text("/a/in", "in\n");
	assert_string_equal(warnings, "it.tar: 2 entries were replaced by later ones of the same name, such as b\n");

	/* Layers do it as a rule. */
	warnings[0] = '\0';
	begin_pack();
	assert_int_equal(import("it.tar", true), 0);
	finish_pack();
	assert_string_equal(warnings, "");
}

static void a_tar_may_end_in_any_number_of_zeros(void **state)
{
	static const struct {
		int zeros;
		bool warned;
	} ends[] = { { 0, true },     { 512, false },	 { 1024, false },
		     { 1536, false }, { 100000, false }, { 1 << 20, false } };
	char script[300];

	(void)state;
	SH("mkdir tree; echo hello >tree/a; tar -C tree -b1 --format=gnu -cf whole.tar ./a; head -c 1024 whole.tar >body");
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		print_message("# %d\n", ends[i].zeros);
		snprintf(script, sizeof(script),
			 "{ cat body; head -c %d /dev/zero; } >it.tar; gzip -c it.tar >it.tar.gz", ends[i].zeros);
		SH(script);
		for (int zipped = 0; zipped < 2; zipped++) {
			warnings[0] = '\0';
			assert_imports(zipped ? "it.tar.gz" : "it.tar");
			assert_text("/a", "hello\n");
			assert_int_equal(strstr(warnings, "lacks the zero blocks") != NULL, ends[i].warned);
		}
	}
	/* Behind what is compressed, too. */
	SH("for z in gzip bzip2 xz zstd lz4; do bsdtar --$z -cf it.$z @whole.tar; head -c 4096 /dev/zero >>it.$z; done");
	static const char *const files[] = { "it.gzip", "it.bzip2", "it.xz" };
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		print_message("# %s\n", files[i]);
		assert_imports(files[i]);
		assert_text("/a", "hello\n");
	}
}

/* From a pipe, libarchive would take zip entry by entry: without modes, and symbolic links as files. */
static void zip_keeps_all_or_is_refused(void **state)
{
	(void)state;
	SH("mkdir tree; echo secret >tree/shadow; chmod 600 tree/shadow; ln -s shadow tree/soft; : >tree/empty\n"
	   "cd tree; bsdtar --format=zip -cf ../it.zip *; cd ..; gzip -c it.zip >it.zip.gz\n"
	   "bsdtar -C tree --format=7zip -cf it.7z .; xz -c it.7z >it.7z.xz");
	assert_imports("it.zip");
	assert_int_equal(look("/shadow").mode, S_IFREG | 0600);
	assert_target("/soft", "shadow");
	assert_refused("it.zip.gz", ENOTSUP, "it is a zip archive inside a compression: unpack it first");
	assert_refused("it.7z.xz", ENOTSUP, "it is a 7z archive inside a compression: unpack it first");
	static const char *const pipes[] = { "cat it.zip", "cat it.7z" };
	for (size_t i = 0; i < 2; i++) {
		FILE *pipe = popen(pipes[i], "r");
		begin_pack();
		assert_int_equal(bd_source_archive(fileno(pipe), "standard input", false, NULL, writer, &err), -1);
		assert_int_equal(err.code, ENOTSUP);
		assert_non_null(strstr(err.message, "give it as a file, not through a pipe"));
		pclose(pipe);
	}
	struct stat st;
	assert_int_equal(stat("it.zip", &st), 0);
	for (off_t size = st.st_size - 1; size > 0; size -= 7) {
		assert_int_equal(truncate("it.zip", size), 0);
		assert_refused("it.zip", EINVAL, "");
	}
}

/* The name of what is given instead of an archive is of more use than "unrecognized". */
static void disks_in_the_place_of_archives_are_named(void **state)
{
	(void)state;
	SH("truncate -s 8M ext4; mke2fs -q -F -t ext4 ext4; truncate -s 8M mbr; echo , | sfdisk -q mbr\n"
	   "{ printf 'QFI\\373\\0\\0\\0\\3'; head -c 100000 /dev/zero; } >qcow2\n"
	   "truncate -s 200K luks btrfs; printf 'LUKS\\272\\276\\0\\1' | dd of=luks conv=notrunc status=none\n"
	   "printf '_BHRfS_M' | dd of=btrfs bs=1 seek=65600 conv=notrunc status=none\n"
	   "for f in ext4 mbr qcow2 luks btrfs; do gzip -k $f; xz -k $f; zstd -q -k $f; done");
	static const char *const files[] = { "ext4.gz", "ext4.xz", "ext4.zst", "mbr.gz",
					     "mbr.xz",	"mbr.zst", "luks.gz",  "btrfs.xz" };
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		assert_refused(files[i], ENOTSUP, "it is a compressed disk image: unpack it, and import that");
	assert_refused("qcow2.xz", ENOTSUP, "it is a compressed disk image in qcow2 format: unpack it");
	/* As they come from standard input. */
	assert_refused("ext4", ENOTSUP, "it is a disk image, not an archive: give its path");
	assert_refused("qcow2", ENOTSUP, "it is a disk image, not an archive: give its path");
	assert_refused("luks", ENOTSUP, "it is a disk image, not an archive: give its path");
	assert_refused("btrfs", ENOTSUP, "it is a disk image, not an archive: give its path");
}

/* A few hundred bytes of which libarchive 3.6 never finds the end: each file has its type twice. Later ones refuse it. */
static const char make_loop[] =
	"python3 - <<'E'\n"
	"import zlib, struct, hashlib\n"
	"f = lambda n, t: '<file id=\"%s\"><name>f%s</name>' % (n, n) + 2 * ('<type link=\"%s\">hardlink</type>' % t) + '</file>'\n"
	"toc = ('<?xml version=\"1.0\"?><xar><toc><checksum style=\"sha1\"><offset>0</offset><size>20</size></checksum>'\n"
	"       + f(1, 'original') + f(2, '1') + '</toc></xar>').encode()\n"
	"z = zlib.compress(toc)\n"
	"open('loop.xar', 'wb').write(struct.pack('>4sHHQQI', b'xar!', 28, 1, len(z), len(toc), 1) + z + hashlib.sha1(z).digest())\n"
	"E";

static void an_archive_that_is_never_read_is_given_up(void **state)
{
	const struct bd_stream_entry *entry;
	struct bd_file_stream *stream = NULL;
	int more = 1;

	(void)state;
	SH(make_loop);
	int fd = open("loop.xar", O_RDONLY | O_CLOEXEC);
	assert_int_equal(bd_archive_open_within(fd, NULL, 64, 1, &stream, &err), 0);
	while (more > 0)
		more = bd_file_stream_next(stream, &entry, &err);
	assert_int_equal(more, -1);
	assert_true(err.code == ETIME || err.code == EINVAL || err.code == ENOMEM);
	if (err.code == ETIME)
		assert_non_null(strstr(err.message, "reading it used 1 s of CPU time without result"));
	bd_file_stream_close(&stream);
	close(fd);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void reading_takes_no_more_memory_than_it_may(void **state)
{
	const struct bd_stream_entry *entry;
	struct bd_file_stream *stream = NULL;
	int more = 1;

	(void)state;
	SH("mkdir tree; echo x >tree/a; tar -C tree -cf it.tar .; xz -k --lzma2=preset=0,dict=64MiB it.tar");
	assert_imports("it.tar.xz");
	int fd = open("it.tar.xz", O_RDONLY | O_CLOEXEC);
	assert_int_equal(bd_archive_open_within(fd, NULL, 16, 60, &stream, &err), 0);
	while (more > 0)
		more = bd_file_stream_next(stream, &entry, &err);
	assert_int_equal(more, -1);
	assert_int_equal(err.code, ENOMEM);
	bd_file_stream_close(&stream);
	close(fd);
}

/* 1 GiB in a few KiB of zstd: what is not zero is refused when it has grown past all measure, zeros cost nothing. */
static void a_bomb_is_refused_early_and_zeros_are_not_one(void **state)
{
	(void)state;
	SH("mkdir tree; truncate -s 1G tree/zeros; tar -C tree -cf - . | zstd -q -1 -o zeros.tar.zst; rm tree/zeros\n"
	   "python3 - <<'E' | zstd -q -1 -o bomb.tar.zst\n"
	   "import sys, tarfile, random\n"
	   "i = tarfile.TarInfo('bomb'); i.size = 300 << 20; block = random.Random(1).randbytes(65536)\n"
	   "sys.stdout.buffer.write(i.tobuf())\n"
	   "for n in range(300 << 4): sys.stdout.buffer.write(block)\n"
	   "sys.stdout.buffer.write(bytes(1024))\nE");
	assert_imports("zeros.tar.zst");
	assert_int_equal(look("/zeros").size_bytes, 1 << 30);
	assert_int_equal(totals.payload_bytes, 0);
	assert_refused("bomb.tar.zst", EFBIG, "it unpacks to more than 200 times its size");
	/* Who sets a limit knows. */
	begin_pack();
	bd_sealed_writer_allow_any_growth(writer);
	if (import("bomb.tar.zst", false) != 0)
		fail_msg("%s", err.message);
	finish_pack();
	assert_int_equal(totals.payload_bytes, 300 << 20);
	/* So do many small things. */
	SH("python3 - <<'E' | zstd -q -1 -o many.tar.zst\n"
	   "import sys, tarfile\n"
	   "i = tarfile.TarInfo('d'); i.type = tarfile.DIRTYPE; i.pax_headers = {'SCHILY.xattr.user.x': 'x' * 60000}\n"
	   "one = i.tobuf(tarfile.PAX_FORMAT)\n"
	   "for n in range(8000): sys.stdout.buffer.write(one)\n"
	   "sys.stdout.buffer.write(bytes(1024))\nE");
	assert_refused("many.tar.zst", EFBIG, "it unpacks to more than 200 times its size");
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
		assert_int_equal(bd_source_archive(fd, files[i], false, see_progress, writer, &err), 0);
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
		FACT(zip_and_7zip_are_read),
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
		FACT(the_last_of_several_entries_counts),
		FACT(a_tar_may_end_in_any_number_of_zeros),
		FACT(zip_keeps_all_or_is_refused),
		FACT(disks_in_the_place_of_archives_are_named),
		FACT(an_archive_that_is_never_read_is_given_up),
		FACT(reading_takes_no_more_memory_than_it_may),
		FACT(a_bomb_is_refused_early_and_zeros_are_not_one),
		FACT(layers_replace_and_take_away),
		FACT(whiteouts_that_cannot_be_right_are_refused),
		FACT(progress_ends_at_the_size_of_the_archive),
	};
	bd_log_set_sink(see_warning, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
