/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bd_source_disk. The filesystems are made by mke2fs and debugfs, the disks by sfdisk. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import/disk/source_disk.h"
#include "sealed_checks.h"

#define LONG_TARGET \
	"/a/target/that/is/longer/than/the/sixty/bytes/that/an/inode/has/for/it/so/that/it/needs/a/block/of/its/own"
#define NOT_UTF8 "name-\xff\xfe-\xe9"

static void import(const char *path)
{
	begin_pack();
	if (bd_source_disk(path, NULL, writer, &err) < 0)
		fail_msg("%s", err.message);
	finish_pack();
}

static void refuse(const char *path, int code, const char *part_of_message)
{
	begin_pack();
	assert_int_equal(bd_source_disk(path, NULL, writer, &err), -1);
	if (!strstr(err.message, part_of_message))
		fail_msg("'%s' is not in: %s", part_of_message, err.message);
	assert_int_equal(err.code, code);
}

static void debugfs(const char *image, const char *commands)
{
	run_program((const char *const[]){ "debugfs", "-w", "-f", "/dev/stdin", image, NULL }, commands);
	/* Its exit status is 0 whatever happens. */
	for (const char *line = output; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (*line && *line != '\n' && strncmp(line, "debugfs", 7) && strncmp(line, "Allocated inode:", 16))
			fail_msg("debugfs says: %s", output);
	}
}

static void make_tree(void)
{
	SH("mkdir -p src/etc src/usr/bin src/a/b/c src/empty\n"
	   "echo web >src/etc/hostname\n"
	   "seq 1 300000 >src/usr/bin/large\n"
	   "seq 1 5 >src/usr/bin/tool; ln src/usr/bin/tool src/a/tool; ln src/usr/bin/tool src/a/b/c/again\n"
	   "ln -s short src/a/fast; ln -s " LONG_TARGET " src/a/slow\n"
	   "mkfifo src/a/fifo; : >src/a/nothing\n"
	   "printf x >src/a/$(printf 'name-\\377\\376-\\351')\n"
	   "truncate -s 9M src/a/sparse; seq 1 2000 | dd of=src/a/sparse bs=4k seek=700 conv=notrunc status=none\n"
	   "truncate -s 3M src/a/hole\n"
	   "chmod 750 src/a; chmod 6755 src/usr/bin/large\n"
	   "touch -d '2001-02-03 04:05:06.123456789Z' src/etc/hostname src/a");
}

static void check_tree(void)
{
	assert_text("/etc/hostname", "web\n");
	assert_content("/usr/bin/large", "src/usr/bin/large");
	assert_content("/a/sparse", "src/a/sparse");
	assert_content("/a/hole", "src/a/hole");
	assert_int_equal(look("/a/hole").extent_count, 0);
	assert_content("/a/nothing", "src/a/nothing");
	assert_text("/a/" NOT_UTF8, "x");
	assert_target("/a/fast", "short");
	assert_target("/a/slow", LONG_TARGET);
	assert_int_equal(look("/a/fifo").mode & S_IFMT, S_IFIFO);
	assert_int_equal(look("/a").mode, S_IFDIR | 0750);
	assert_int_equal(look("/usr/bin/large").mode, S_IFREG | 06755);
	assert_int_equal(look("/a/b/c/again").index, look("/usr/bin/tool").index);
	assert_int_equal(look("/a/tool").links, 3);
	assert_true(exists("/empty"));
	assert_false(exists("/lost+found"));
	assert_int_equal(look("/etc/hostname").mtime_s, 981173106);
}

/* Inodes of 256 bytes keep nanoseconds, those of 128 do not. */
static void check_filesystem(const char *type, const char *block_size, const char *inode_size, const char *features,
			     const char *extended)
{
	make_tree();
	RUN("mke2fs", "-q", "-F", "-t", type, "-b", block_size, "-I", inode_size, "-O", features, "-E", extended,
	    "-d", "src", "fs.img", "40M");
	/* With inline_data, mke2fs 1.47 forgets what is behind a sparse file's last data. */
	debugfs("fs.img", "sif /a/sparse size 9437184\n");
	import("fs.img");
	check_tree();
}

static void everything_comes_out_of_ext2_with_1k_blocks(void **state)
{
	(void)state;
	check_filesystem("ext2", "1024", "128", "none,filetype", "root_owner=0:0");
	assert_int_equal(look("/etc/hostname").mtime_ns, 0);
}

static void everything_comes_out_of_ext3(void **state)
{
	(void)state;
	check_filesystem("ext3", "4096", "256", "dir_index", "root_owner=0:0");
}

static void everything_comes_out_of_ext3_with_2k_blocks(void **state)
{
	(void)state;
	check_filesystem("ext3", "2048", "256", "dir_index", "root_owner=0:0");
}

static void everything_comes_out_of_ext4(void **state)
{
	(void)state;
	check_filesystem("ext4", "4096", "256", "64bit,metadata_csum", "root_owner=0:0");
}

static void everything_comes_out_of_ext4_with_inline_data(void **state)
{
	(void)state;
	check_filesystem("ext4", "1024", "512", "inline_data,ea_inode", "root_owner=0:0");
}

static void everything_comes_out_of_ext4_with_clusters(void **state)
{
	(void)state;
	check_filesystem("ext4", "4096", "256", "bigalloc,meta_bg,^resize_inode", "root_owner=0:0");
}

static void make_small(const char *type)
{
	SH("mkdir -p src/etc src/usr; echo web >src/etc/hostname");
	RUN("mke2fs", "-q", "-F", "-t", type, "-d", "src", "fs.img", "8M");
}

/* Each value is set by debugfs, which needs no root. */
static void owners_times_and_devices_come_out(void **state)
{
	(void)state;
	make_small("ext4");
	debugfs("fs.img", "cd /etc\n"
			  "sif hostname uid 70000\nsif hostname gid 4000000000\n"
			  "sif hostname mode 0104755\n"
			  "sif hostname mtime @0x7fffffff\nsif hostname mtime_extra 0xee6b27fd\n"
			  "sif hostname atime @0xfffffffe\nsif hostname atime_extra 0\n"
			  "mknod console c 5 1\nmknod nvme b 259 40000\nmknod pipe p\n");
	import("fs.img");
	struct bd_sealed_inode inode = look("/etc/hostname");
	assert_int_equal(inode.uid, 70000);
	assert_int_equal(inode.gid, 4000000000);
	assert_int_equal(inode.mode, S_IFREG | 04755);
	assert_int_equal(inode.mtime_s, INT64_C(0x7fffffff) + (INT64_C(1) << 32));
	assert_int_equal(inode.mtime_ns, 999999999);
	assert_int_equal(inode.atime_s, -2);
	inode = look("/etc/console");
	assert_int_equal(inode.mode & S_IFMT, S_IFCHR);
	assert_int_equal(inode.rdev_major, 5);
	assert_int_equal(inode.rdev_minor, 1);
	inode = look("/etc/nvme");
	assert_int_equal(inode.mode & S_IFMT, S_IFBLK);
	assert_int_equal(inode.rdev_major, 259);
	assert_int_equal(inode.rdev_minor, 40000);
	assert_int_equal(look("/etc/pipe").mode & S_IFMT, S_IFIFO);
}

static void symlinks_have_the_mode_that_linux_gives_them(void **state)
{
	(void)state;
	SH("mkdir -p src/etc src/usr; ln -s x src/etc/soft");
	RUN("mke2fs", "-q", "-F", "-t", "ext4", "-d", "src", "fs.img", "8M");
	debugfs("fs.img", "sif /etc/soft mode 0120640\n");
	import("fs.img");
	assert_int_equal(look("/etc/soft").mode, S_IFLNK | 0777);
}

static void write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

/* acl(5) as getxattr(2) gives it: version 2; user::rw-, user:1000:r--, group::r--, mask::r--, other::--- */
static const uint8_t acl[] = {
	2, 0, 0,   0,	1,   0,	  6,  0, 255, 255, 255, 255, 2,	  0,   4,  0, 0xe8, 3, 0,   0,	 4,   0,
	4, 0, 255, 255, 255, 255, 16, 0, 4,   0,   255, 255, 255, 255, 32, 0, 0,    0, 255, 255, 255, 255,
};
/* cap_net_raw+ep, version 2 */
static const uint8_t capability[20] = { 1, 0, 0, 2, 0, 0x20, 0, 0 };

static void attributes_come_out_as_the_kernel_shows_them(void **state)
{
	static char large[3000];
	(void)state;
	SH("mkdir -p src/etc; echo web >src/etc/hostname");
	RUN("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-d", "src", "fs.img", "8M");
	memset(large, 'x', sizeof(large));
	write_file("acl", acl, sizeof(acl));
	write_file("capability", capability, sizeof(capability));
	write_file("large", large, sizeof(large));
	debugfs("fs.img", "ea_set -f acl /etc/hostname system.posix_acl_access\n"
			  "ea_set -f acl /etc system.posix_acl_default\n"
			  "ea_set -f capability /etc/hostname security.capability\n"
			  "ea_set /etc/hostname user.mime_type text/plain\n"
			  "ea_set -f large /etc/hostname trusted.large\n");
	import("fs.img");
	assert_xattr("/etc/hostname", "system.posix_acl_access", acl, sizeof(acl));
	assert_xattr("/etc", "system.posix_acl_default", acl, sizeof(acl));
	assert_xattr("/etc/hostname", "security.capability", capability, sizeof(capability));
	assert_xattr("/etc/hostname", "user.mime_type", "text/plain", 10);
	assert_xattr("/etc/hostname", "trusted.large", large, sizeof(large));
	assert_int_equal(look("/etc/hostname").xattr_count, 4);
}

static void an_attribute_in_an_inode_of_its_own_comes_out(void **state)
{
	static char large[4090]; /* debugfs takes no more than a block, which has a head */
	(void)state;
	SH("mkdir -p src/etc; : >src/etc/file");
	RUN("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-O", "ea_inode", "-d", "src", "fs.img", "8M");
	memset(large, 'y', sizeof(large));
	write_file("large", large, sizeof(large));
	debugfs("fs.img", "ea_set -f large /etc/file user.large\n");
	import("fs.img");
	assert_xattr("/etc/file", "user.large", large, sizeof(large));
}

static void blocks_that_were_only_allocated_are_holes(void **state)
{
	(void)state;
	SH("mkdir -p src/etc; seq 1 2000 >src/etc/file; truncate -s 40960 src/etc/file");
	RUN("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-d", "src", "fs.img", "8M");
	/* The unused blocks have old data; 30 of those allocated here lie behind the end of the file. */
	SH("tr '\\0' Z </dev/zero | dd of=junk bs=1M count=2 status=none");
	debugfs("fs.img", "write junk junk\nrm junk\nfallocate /etc/file 5 40\n");
	import("fs.img");
	assert_content("/etc/file", "src/etc/file");
}

static void a_file_over_4_gib_keeps_its_size_and_its_end(void **state)
{
	(void)state;
	SH("mkdir -p src/etc; truncate -s 5G src/etc/file; echo end | dd of=src/etc/file bs=1M seek=5119 "
	   "conv=notrunc status=none; echo begin | dd of=src/etc/file conv=notrunc status=none");
	RUN("mke2fs", "-q", "-F", "-t", "ext4", "-d", "src", "ext4.img", "64M");
	RUN("mke2fs", "-q", "-F", "-t", "ext3", "-d", "src", "ext3.img", "64M");
	import("ext4.img");
	assert_content("/etc/file", "src/etc/file");
	import("ext3.img");
	assert_content("/etc/file", "src/etc/file");
	assert_int_equal(look("/etc/file").size_bytes, UINT64_C(5) << 30);
	assert_int_equal(totals.payload_bytes, 2 * BD_SEALED_BLOCK_BYTES);
}

static void an_indexed_directory_of_5000_entries_comes_out(void **state)
{
	(void)state;
	SH("mkdir -p src/many; cd src/many; seq -f 'a-name-that-needs-some-room-%06g' 1 5000 | xargs touch");
	RUN("mke2fs", "-q", "-F", "-t", "ext4", "-N", "6000", "-d", "src", "fs.img", "64M");
	SH("e2fsck -fyD fs.img || [ $? -eq 1 ]");
	SH("debugfs -R 'htree_dump /many' fs.img | grep -q 'Number of entries'");
	import("fs.img");
	assert_int_equal(totals.inodes, 5002);
	assert_true(exists("/many/a-name-that-needs-some-room-000001"));
	assert_true(exists("/many/a-name-that-needs-some-room-005000"));
}

static void a_lost_and_found_with_something_in_it_is_kept(void **state)
{
	(void)state;
	make_small("ext3");
	debugfs("fs.img", "write src/etc/hostname lost+found/#12\n");
	import("fs.img");
	assert_text("/lost+found/#12", "web\n");
}

/* The order does not depend on the order in which things were made. */
static void the_same_tree_gives_the_same_template(void **state)
{
	char first[65];
	(void)state;
	SH("mkdir -p one/etc two/etc; for f in a b c; do echo $f >one/etc/$f; done\n"
	   "for f in c b a; do echo $f >two/etc/$f; done; touch -d @1000000000 one two */etc */etc/*\n"
	   "export E2FSPROGS_FAKE_TIME=1000000000\n"
	   "mke2fs -q -F -t ext4 -d one one.img 8M; mke2fs -q -F -t ext2 -b 1024 -I 256 -d two two.img 9M\n"
	   "for i in one.img two.img; do for f in / /etc /etc/a /etc/b /etc/c; do\n"
	   "for t in a m; do echo \"sif $f ${t}time @1000000000\"; echo \"sif $f ${t}time_extra 0\"; done; done |"
	   "debugfs -w -f /dev/stdin $i; done");
	import("one.img");
	memcpy(first, totals.tree_checksum, sizeof(first));
	import("two.img");
	assert_string_equal(first, totals.tree_checksum);
}

/* ---- disks ---- */

/* A root filesystem in fs.img goes into the image at a multiple of 1 MiB. */
static void put_at_mib(const char *image, const char *mib)
{
	char seek[40], of[80];
	snprintf(seek, sizeof(seek), "seek=%s", mib);
	snprintf(of, sizeof(of), "of=%s", image);
	RUN("dd", "if=fs.img", of, "bs=1M", seek, "conv=notrunc", "status=none");
}

static void partition(const char *image, const char *size, const char *script)
{
	RUN("truncate", "-s", size, image);
	run_program((const char *const[]){ "sfdisk", "-q", image, NULL }, script);
}

static void the_only_ext_partition_is_taken(void **state)
{
	(void)state;
	make_small("ext3");
	partition("mbr.img", "40M", "label: dos\nstart=1MiB size=4MiB type=82\nstart=8MiB size=8MiB type=83\n");
	put_at_mib("mbr.img", "8");
	import("mbr.img");
	assert_text("/etc/hostname", "web\n");
}

static void a_logical_partition_is_found(void **state)
{
	(void)state;
	make_small("ext4");
	partition("mbr.img", "40M",
		  "label: dos\nstart=1MiB size=2MiB type=c\nstart=4MiB size=30MiB type=5\n"
		  "start=5MiB size=4MiB type=82\nstart=12MiB size=10MiB type=83\n");
	put_at_mib("mbr.img", "12");
	import("mbr.img");
	assert_text("/etc/hostname", "web\n");
	import("mbr.img@6");
	assert_text("/etc/hostname", "web\n");
	refuse("mbr.img@5", EINVAL,
	       "partition 5 has no ext2, ext3 or ext4 filesystem (1: 2 MiB, nothing recognised; 5: ");
	refuse("mbr.img@2", ENOENT, "there is no partition 2 (1: ");
}

static void the_root_among_several_ext_partitions_of_a_gpt_is_taken(void **state)
{
	(void)state;
	partition("gpt.img", "64M",
		  "label: gpt\nstart=1MiB size=10MiB\nstart=16MiB size=10MiB\nstart=32MiB "
		  "size=10MiB\n");
	SH("mkdir -p boot/grub; echo boot >boot/file; mke2fs -q -F -t ext2 -d boot fs.img 8M");
	put_at_mib("gpt.img", "1");
	make_small("ext4");
	put_at_mib("gpt.img", "32");
	import("gpt.img");
	assert_text("/etc/hostname", "web\n");
	import("gpt.img@1");
	assert_text("/file", "boot\n");
	/* A second root filesystem: nobody knows which one is meant. */
	put_at_mib("gpt.img", "16");
	refuse("gpt.img", EINVAL,
	       "more than one of its partitions has a root filesystem (1: 10 MiB, ext2; 2: 10 MiB, ext4; 3: 10 MiB, "
	       "ext4)");
	import("gpt.img@3");
	assert_text("/etc/hostname", "web\n");
}

/* An image of a disk whose sectors have 4096 bytes. */
static void a_gpt_with_large_sectors_is_read(void **state)
{
	(void)state;
	make_small("ext4");
	RUN("truncate", "-s", "40M", "large.img");
	run_program((const char *const[]){ "fdisk", "-b", "4096", "large.img", NULL }, "g\nn\n1\n2048\n+16M\nw\n");
	put_at_mib("large.img", "8");
	import("large.img");
	assert_text("/etc/hostname", "web\n");
	import("large.img@1");
	assert_text("/etc/hostname", "web\n");
}

static void a_path_that_has_an_at_sign_itself_is_a_path(void **state)
{
	(void)state;
	make_small("ext4");
	assert_int_equal(rename("fs.img", "fs.img@2"), 0);
	import("fs.img@2");
	assert_text("/etc/hostname", "web\n");
	refuse("fs.img@3", ENOENT, "cannot import fs.img@3");
}

static void a_disk_without_an_ext_filesystem_is_refused(void **state)
{
	(void)state;
	partition("mbr.img", "40M", "label: dos\nstart=8MiB size=16MiB type=82\n");
	SH("truncate -s 16M fs.img; mkswap -q fs.img 2>/dev/null");
	put_at_mib("mbr.img", "8");
	refuse("mbr.img", EINVAL, "(1: 16 MiB, swap)");
	refuse("fs.img", EINVAL, "found: swap");
	RUN("truncate", "-s", "4M", "zeros");
	refuse("zeros", EINVAL, "nothing recognised");
	write_file("x.qcow2", "QFI\xfb\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	refuse("x.qcow2", EINVAL, "cannot import x.qcow2: it is no qcow2 image");
	refuse("nowhere", ENOENT, "cannot import nowhere: cannot open it");
}

/* ---- damage ---- */

/* debugfs writes a transaction that replaces the block of a file. */
static void a_journal_that_was_left_is_read_through(void **state)
{
	(void)state;
	make_small("ext4");
	SH("debugfs -w -R 'feature needs_recovery' fs.img");
	import("fs.img");
	assert_text("/etc/hostname", "web\n");
	SH("(echo new; head -c 4092 /dev/zero) >block\n"
	   "at=$(debugfs -R 'blocks /etc/hostname' fs.img)\n"
	   "printf 'jo\\njw -b %s block\\njc\\n' $at | debugfs -w -f - fs.img\n"
	   "test \"$(debugfs -R 'cat /etc/hostname' fs.img)\" = web");
	import("fs.img");
	assert_text("/etc/hostname", "new\n");
}

static void a_filesystem_that_was_not_unmounted_is_refused(void **state)
{
	(void)state;
	make_small("ext4");
	SH("debugfs -w -R 'feature needs_recovery' fs.img\n"
	   "size=$(debugfs -R 'stats' fs.img | sed -n 's/^Block size: *//p')\n"
	   "dd if=/dev/zero of=fs.img bs=$size count=1 conv=notrunc seek=$(debugfs -R 'bmap <8> 0' fs.img)");
	refuse("fs.img", EBUSY, "was not unmounted cleanly, and the journal's superblock is damaged: unmount it, or");
	make_small("ext2");
	SH("debugfs -w -R 'set_super_value state 0' fs.img");
	refuse("fs.img", EBUSY, "was not unmounted cleanly");
	make_small("ext3");
	SH("debugfs -w -R 'set_super_value state 3' fs.img");
	refuse("fs.img", EIO, "is marked as having errors: run e2fsck");
}

static void a_filesystem_that_is_cut_off_is_refused(void **state)
{
	(void)state;
	make_small("ext4");
	RUN("truncate", "-s", "5M", "fs.img");
	refuse("fs.img", EIO, "it has 8 MiB, its partition or the file only 5 MiB");
}

static void damage_is_reported_with_its_path(void **state)
{
	(void)state;
	make_small("ext4");
	SH("cp fs.img good.img\n"
	   "block=$(debugfs -R 'blocks /etc' fs.img 2>/dev/null | tr -d ' ')\n"
	   "tr '\\0' Z </dev/zero | dd of=fs.img bs=1k seek=$block count=1 conv=notrunc status=none iflag=fullblock");
	refuse("fs.img", EIO, "/etc: cannot read the directory");
	SH("cp good.img fs.img; debugfs -w -R 'sif /etc/hostname links_count 0' fs.img");
	refuse("fs.img", EIO, "/etc/hostname: inode 13 is not in use");
	SH("cp good.img fs.img; debugfs -w -R 'link /etc /usr/loop' fs.img");
	refuse("fs.img", EIO, "it is in two directories");
	SH("cp good.img fs.img; debugfs -w -R 'sif /etc/hostname mode 0' fs.img");
	refuse("fs.img", EIO, "/etc/hostname");
	make_small("ext2");
	SH("debugfs -w -R 'sif /etc/hostname block[0] 9999999' fs.img");
	refuse("fs.img", EIO, "/etc/hostname: it has a block outside the filesystem");
	SH("cp good.img fs.img; debugfs -w -R 'sif /etc/hostname flags 0x80800' fs.img");
	refuse("fs.img", ENOTSUP, "/etc/hostname: it is encrypted");
}

int main(void)
{
#define FACT(f) cmocka_unit_test_setup_teardown(f, enter_pack_folder, leave_pack_folder)
	const struct CMUnitTest tests[] = {
		FACT(everything_comes_out_of_ext2_with_1k_blocks),
		FACT(everything_comes_out_of_ext3),
		FACT(everything_comes_out_of_ext3_with_2k_blocks),
		FACT(everything_comes_out_of_ext4),
		FACT(everything_comes_out_of_ext4_with_inline_data),
		FACT(everything_comes_out_of_ext4_with_clusters),
		FACT(owners_times_and_devices_come_out),
		FACT(symlinks_have_the_mode_that_linux_gives_them),
		FACT(attributes_come_out_as_the_kernel_shows_them),
		FACT(an_attribute_in_an_inode_of_its_own_comes_out),
		FACT(blocks_that_were_only_allocated_are_holes),
		FACT(a_file_over_4_gib_keeps_its_size_and_its_end),
		FACT(an_indexed_directory_of_5000_entries_comes_out),
		FACT(a_lost_and_found_with_something_in_it_is_kept),
		FACT(the_same_tree_gives_the_same_template),
		FACT(the_only_ext_partition_is_taken),
		FACT(a_logical_partition_is_found),
		FACT(the_root_among_several_ext_partitions_of_a_gpt_is_taken),
		FACT(a_gpt_with_large_sectors_is_read),
		FACT(a_path_that_has_an_at_sign_itself_is_a_path),
		FACT(a_disk_without_an_ext_filesystem_is_refused),
		FACT(a_journal_that_was_left_is_read_through),
		FACT(a_filesystem_that_was_not_unmounted_is_refused),
		FACT(a_filesystem_that_is_cut_off_is_refused),
		FACT(damage_is_reported_with_its_path),
	};
	return cmocka_run_group_tests_name("source_disk", tests, NULL, NULL);
}
