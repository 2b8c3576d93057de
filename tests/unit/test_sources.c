/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about import/sources.c: what is recognised as what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "import/sources.h"
#include "sealed_checks.h"

static enum bd_source_kind kind;
static uint64_t size_bytes;

static void assert_kind(const char *path, enum bd_source_kind expected)
{
	struct stat st;
	if (bd_source_recognise(path, -1, &kind, &size_bytes, &err) != 0)
		fail_msg("%s: %s", path, err.message);
	if (kind != expected)
		fail_msg("%s: %s instead of %s", path, bd_source_kind_name(kind), bd_source_kind_name(expected));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(size_bytes, S_ISREG(st.st_mode) ? st.st_size : 0);
}

static void folders_are_told_apart(void **state)
{
	(void)state;
	SH("mkdir tree layout; echo '{}' >layout/oci-layout");
	assert_kind("tree", BD_SOURCE_DIRECTORY);
	assert_kind("layout", BD_SOURCE_OCI);
}

static void archives_are_recognised(void **state)
{
	(void)state;
	SH("mkdir tree; seq 1000 >tree/a; tar -C tree -cf a.tar .; gzip -k a.tar; xz -k a.tar; zstd -q a.tar; bzip2 -k a.tar");
	SH("(cd tree; find . | cpio --quiet -o -H newc) >a.cpio; bsdtar --format=zip -cf a.zip tree; bsdtar --format=7zip "
	   "-cf a.7z tree; bsdtar --format=iso9660 -cf a.iso tree; mkfifo pipe; echo text >text; : >nothing");
	/* What boots has an MBR; what is compressed has anything anywhere. */
	SH("printf '\\125\\252' | tee hybrid.iso | dd of=a.iso bs=1 seek=510 conv=notrunc status=none\n"
	   "head -c 70000 /dev/zero >a.img; gzip -c a.img >odd.gz; truncate -s 4096 odd.gz\n"
	   "printf '\\125\\252' | dd of=odd.gz bs=1 seek=510 conv=notrunc status=none");
	static const char *const files[] = { "a.tar",  "a.tar.gz", "a.tar.xz", "a.tar.zst", "a.tar.bz2",
					     "a.cpio", "a.zip",	   "a.7z",     "a.iso",	    "odd.gz",
					     "pipe",   "text",	   "nothing" };
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		assert_kind(files[i], BD_SOURCE_ARCHIVE);
}

static void disks_are_recognised(void **state)
{
	(void)state;
	SH("for t in ext2 ext3 ext4; do truncate -s 8M $t; mke2fs -q -F -t $t $t; done; truncate -s 8M mbr gpt\n"
	   "echo , | sfdisk -q mbr; echo , | sfdisk -q --label gpt gpt");
	static const char *const files[] = { "ext2", "ext3", "ext4", "mbr", "gpt" };
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		assert_kind(files[i], BD_SOURCE_DISK);
}

static void tars_of_oci_layouts_are_recognised(void **state)
{
	(void)state;
	SH("mkdir -p layout/blobs/sha256; cd layout; echo '{}' >oci-layout; echo '{}' >index.json; n=$(echo | sha256sum)\n"
	   "echo >blobs/sha256/${n%% *}; tar -cf ../one.tar oci-layout index.json blobs; tar -cf ../two.tar ./index.json "
	   "./oci-layout; tar -czf ../three.tar.gz . ; tar -cf ../four.tar blobs index.json oci-layout\n"
	   "mkdir -p ../root/blobs/sha256; cd ../root; : >blobs/sha256/x; : >index.json; : >etc; tar -cf ../root.tar .");
	assert_kind("one.tar", BD_SOURCE_OCI);
	assert_kind("two.tar", BD_SOURCE_OCI);
	assert_kind("three.tar.gz", BD_SOURCE_OCI);
	assert_kind("four.tar", BD_SOURCE_OCI);
	assert_kind("root.tar", BD_SOURCE_ARCHIVE);
}

static void docker_archives_are_recognised(void **state)
{
	(void)state;
	SH("n=$(echo | sha256sum); n=${n%% *}; mkdir $n; : >$n/layer.tar; : >manifest.json; tar -cf one.tar manifest.json $n\n"
	   ": >x$n; mv x$n $n.json; tar -cf two.tar $n.json $n; : >$n.tar; tar -cf three.tar $n.tar; : >sha256:$n\n"
	   "tar --force-local -cf four.tar sha256:$n; : >config.json; : >a.tar.gz\n"
	   "tar -cf five.tar config.json a.tar.gz manifest.json; tar -cf no.tar config.json a.tar.gz\n"
	   "mkdir folder other; echo '[{\"Config\": \"c\", \"Layers\": []}]' >folder/manifest.json; echo '[{}]' >other/manifest.json");
	static const char *const archives[] = { "one.tar", "two.tar", "three.tar", "four.tar", "five.tar", "folder" };
	for (size_t i = 0; i < sizeof(archives) / sizeof(*archives); i++)
		assert_kind(archives[i], BD_SOURCE_OCI);
	assert_kind("no.tar", BD_SOURCE_ARCHIVE);
	assert_kind("other", BD_SOURCE_DIRECTORY);
}

/* What is refused has a name all the same, and a way out. */
static void what_is_no_ext_filesystem_is_named(void **state)
{
	static const struct {
		const char *file, *text;
	} refused[] = {
		{ "xfs", "but xfs, without partitions; mount it, and import the directory" },
		{ "luks", "but crypto_LUKS, without partitions; open it with cryptsetup" },
		{ "btrfs", "but btrfs, without partitions; mount it, and import the directory" },
		{ "qcow2", "qemu-img cannot read it: Unsupported cluster size" },
		{ "vmdk", "it refers to another file (the other extents of its disk)" },
		{ "descriptor.vmdk", "it is a VMDK whose data is in other files" },
		{ "vhdx", "qemu-img cannot read it: " },
		{ "vhd", "it is a VHD of type 0" },
		{ "vdi", "qemu-img cannot read it: " },
		{ "qed",
		  "it is a disk image in qed format, which is not read; convert it with `qemu-img convert -O qcow2` first" },
	};

	(void)state;
	SH("truncate -s 320M xfs; mkfs.xfs -q xfs; truncate -s 16M luks btrfs; printf 'LUKS\\272\\276\\0\\1' | "
	   "dd of=luks conv=notrunc status=none\n"
	   "printf '_BHRfS_M' | dd of=btrfs bs=1 seek=65600 conv=notrunc status=none\n"
	   "z() { head -c 8192 /dev/zero; }; { printf 'QFI\\373\\0\\0\\0\\3'; z; } >qcow2; { printf KDMV; z; } >vmdk; { printf 'QED\\0'; z; } >qed\n"
	   "printf '# Disk DescriptorFile\\nversion=1\\n' >descriptor.vmdk; { printf vhdxfile; z; } >vhdx\n"
	   "{ printf conectix; z; } >vhd; z >vdi; printf '\\177\\020\\332\\276' | dd of=vdi bs=1 seek=64 conv=notrunc status=none");
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		begin_pack();
		assert_kind(refused[i].file, BD_SOURCE_DISK);
		assert_int_equal(bd_source_import(refused[i].file, -1, &kind, NULL, NULL, writer, &err), -1);
		if (!strstr(err.message, refused[i].text))
			fail_msg("\"%s\" instead of \"%s\"", err.message, refused[i].text);
	}
}

/* From before tars had a magic, with something in the place of a partition table's. */
static void the_oldest_tars_are_no_disks(void **state)
{
	(void)state;
	SH("mkdir tree; echo hello >tree/a; tar -C tree --format=v7 -cf a.tar ./a\n"
	   "python3 - <<'E'\n"
	   "d = bytearray(open('a.tar', 'rb').read()); d[510:512] = b'\\x55\\xaa'; d[148:156] = b' ' * 8\n"
	   "d[148:156] = b'%06o\\0 ' % sum(d[:512]); open('a.tar', 'wb').write(d)\nE");
	assert_kind("a.tar", BD_SOURCE_ARCHIVE);
}

static void what_is_not_there_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(bd_source_recognise("nowhere", -1, &kind, &size_bytes, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_non_null(strstr(err.message, "nowhere"));
	RUN("python3", "-c", "import socket; socket.socket(socket.AF_UNIX).bind('socket')");
	assert_int_equal(bd_source_recognise("socket", -1, &kind, &size_bytes, &err), -1);
	assert_int_equal(err.code, EINVAL);
}

static void standard_input_is_an_archive(void **state)
{
	(void)state;
	int before = dup(STDIN_FILENO);
	SH("mkdir tree; seq 1000 >tree/a; printf junk >a; tar -C tree -c . >>a");
	int fd = open("a", O_RDONLY);
	assert_int_equal(lseek(fd, 4, SEEK_SET), 4);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(bd_source_recognise("-", -1, &kind, &size_bytes, &err), 0);
	assert_int_equal(kind, BD_SOURCE_ARCHIVE);
	assert_int_equal(size_bytes, lseek(fd, 0, SEEK_END) - 4);
	assert_int_equal(lseek(fd, 4, SEEK_SET), 4);
	begin_pack();
	int r = bd_source_import("-", -1, &kind, NULL, NULL, writer, &err);
	dup2(before, STDIN_FILENO);
	assert_int_equal(r, 0);
	finish_pack();
	assert_content("/a", "tree/a");
	close(fd);
	close(before);
}

static void each_kind_is_imported_by_its_own_reader(void **state)
{
	(void)state;
	SH("mkdir tree; seq 1000 >tree/a; tar -C tree -cf a.tar .; truncate -s 8M a.ext3; mke2fs -q -F -t ext3 -d tree a.ext3");
	static const char *const sources[] = { "tree", "a.tar", "a.ext3" };
	for (size_t i = 0; i < 3; i++) {
		begin_pack();
		assert_int_equal(bd_source_recognise(sources[i], -1, &kind, &size_bytes, &err), 0);
		if (bd_source_import(sources[i], -1, &kind, NULL, NULL, writer, &err) != 0)
			fail_msg("%s", err.message);
		finish_pack();
		assert_content("/a", "tree/a");
	}
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, enter_pack_folder, leave_pack_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(folders_are_told_apart),	      FACT(archives_are_recognised),
		FACT(disks_are_recognised),	      FACT(tars_of_oci_layouts_are_recognised),
		FACT(docker_archives_are_recognised), FACT(what_is_no_ext_filesystem_is_named),
		FACT(the_oldest_tars_are_no_disks),   FACT(what_is_not_there_is_an_error),
		FACT(standard_input_is_an_archive),   FACT(each_kind_is_imported_by_its_own_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
