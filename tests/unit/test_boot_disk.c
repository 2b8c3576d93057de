/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootloader/boot: kernel and initrd out of disks that sfdisk and mke2fs have made, as libxl asks for them, and what is left
 * where that fails. As root the reading child is another user, so the disks are readable by root alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "bootloader/boot.h"
#include "folder_checks.h"

/* A guest's /boot: a kernel, an initrd with a hole in it, a small file, and symbolic links. */
static int set_up(void **state)
{
	if (enter_folder(state) != 0)
		return -1;
	umask(077);
	SH("mkdir -m 700 out root root/boot\n"
	   "head -c 3000001 /dev/urandom >root/boot/vmlinuz-6.1\n"
	   "head -c 700000 /dev/urandom >root/boot/initrd-6.1\n"
	   "head -c 300000 /dev/urandom | dd of=root/boot/initrd-6.1 bs=4096 seek=1000 conv=notrunc status=none\n"
	   "echo head >root/boot/hole; truncate -s 2000000 root/boot/hole\n"
	   "printf tiny >root/boot/tiny; : >root/boot/empty\n"
	   "ln -s boot/vmlinuz-6.1 root/vmlinuz; ln -s /boot/initrd-6.1 root/initrd; ln -s loop root/loop\n"
	   ": >answer");
	bd_log_set_level(BD_LOG_ERROR);
	return 0;
}

#define BOOT(...) \
	boot((char *[]){ "xen-bigdisk-boot", "--output=answer", "--output-directory=out", __VA_ARGS__, NULL })
static int boot(char **argv)
{
	struct bd_xlboot_options options;
	int argc = 0;

	while (argv[argc])
		argc++;
	err = (struct bd_error)BD_ERROR_INIT;
	assert_int_equal(bd_xlboot_options_parse(argc, argv, &options, &err), 0);
	return bd_xlboot_run(&options, &err);
}

#define NOTHING_LEFT SH("test -z \"$(ls out)\"; test ! -s answer")

/* Both files are there, and are those of the guest. */
#define IS_BOOTED \
	SH("test \"$(tr '\\0' '\\n' <answer | sed -n 's,^kernel ,,p')\" = \"$(ls out/boot_kernel.*)\"\n" \
	   "test \"$(tr '\\0' '\\n' <answer | sed -n 's,^ramdisk ,,p')\" = \"$(ls out/boot_ramdisk.*)\"\n" \
	   "test \"$(tr '\\0' '\\n' <answer | sed -n 's,^args ,,p')\" = 'root=/dev/xvda1 ro'\n" \
	   "cmp out/boot_kernel.* root/boot/vmlinuz-6.1; cmp out/boot_ramdisk.* root/boot/initrd-6.1\n" \
	   "test \"$(stat -c %a%u out/boot_kernel.*)\" = 600$(id -u); rm out/*; : >answer")

static int boot_it(char *disk)
{
	return BOOT("--kernel=/boot/vmlinuz-6.1", "--ramdisk=/boot/initrd-6.1", "--args=root=/dev/xvda1 ro",
		    "--output-format=simple0", "--quiet", disk);
}

static void whole_disks_of_any_ext_are_read(void **state)
{
	(void)state;
	/* Maps of blocks with two levels; extents; what is new; journals. */
	SH("for how in '-t ext2 -b 1024' '-t ext3' '-t ext4' '-t ext4 -O inline_data,bigalloc,metadata_csum_seed -C 16384' "
	   "'-t ext4 -O ^has_journal,^64bit -b 2048'; do\n"
	   "  rm -f disk; truncate -s 64M disk; mke2fs -q $how -d root disk; mv disk \"disk $((n=${n:-0}+1))\"\n"
	   "done");
	for (int i = 1; i <= 5; i++) {
		char disk[16];
		snprintf(disk, sizeof(disk), "disk %d", i);
		print_message("# %s\n", disk);
		assert_int_equal(boot_it(disk), 0);
		IS_BOOTED;
	}
	assert_int_equal(BOOT("--kernel=/boot/tiny", "disk 4"), 0);
	SH("test \"$(cat out/boot_kernel.*)\" = tiny; rm out/*");
	/* A file that ends in a hole. */
	assert_int_equal(BOOT("--kernel=/boot/hole", "disk 3"), 0);
	SH("cmp out/boot_kernel.* root/boot/hole");
}

/* The second partition has it; a logical one, and one of a GPT. */
static void partitions_are_found(void **state)
{
	(void)state;
	SH("truncate -s 100M mbr gpt; mkdir other\n"
	   "printf 'label: dos\\nstart=2048,size=8192,type=83\\nstart=10240,type=5\\nstart=12288,type=83\\n' | sfdisk -q mbr\n"
	   "printf 'label: gpt\\nstart=2048,size=8192\\nstart=12288\\n' | sfdisk -q gpt\n"
	   "for disk in mbr gpt; do\n"
	   "  mke2fs -q -t ext2 -d other -E offset=1048576 $disk 4M\n"
	   "  mke2fs -q -t ext4 -d root -E offset=6291456 $disk 80M\n"
	   "done");
	assert_int_equal(boot_it("mbr"), 0);
	IS_BOOTED;
	assert_int_equal(boot_it("gpt"), 0);
	IS_BOOTED;
	/* The active one comes first. */
	SH("echo other >other/kernel; mkdir root2; echo active >root2/kernel; truncate -s 20M two\n"
	   "printf 'label: dos\\nstart=2048,size=8192,type=83\\nstart=12288,type=83,bootable\\n' | sfdisk -q two\n"
	   "mke2fs -q -t ext2 -d other -E offset=1048576 two 4M; mke2fs -q -t ext2 -d root2 -E offset=6291456 two 8M");
	assert_int_equal(BOOT("--kernel=kernel", "two"), 0);
	SH("test \"$(cat out/*)\" = active; rm out/*");
	/* Unless another place is said. */
	assert_int_equal(BOOT("--kernel=kernel", "--offset=1048576", "two"), 0);
	SH("test \"$(cat out/*)\" = other; rm out/*; : >answer");
	assert_int_equal(BOOT("--kernel=kernel", "--offset=2097152", "two"), -1);
	NOTHING_LEFT;
}

/* A block of the kernel that is in the journal only, as after a crash with data=journal. */
static void a_journal_is_read_through(void **state)
{
	(void)state;
	SH("truncate -s 64M disk; mke2fs -q -t ext4 -b 4096 -d root disk\n"
	   "block=$(debugfs -R 'bmap /boot/vmlinuz-6.1 5' disk 2>/dev/null); head -c 4096 /dev/urandom >new\n"
	   "printf 'jo\\njw -b %s new\\njc\\n' $block | debugfs -w disk >/dev/null 2>&1\n"
	   "dumpe2fs -h disk 2>/dev/null | grep -q needs_recovery\n"
	   "cp disk before; dd if=new of=root/boot/vmlinuz-6.1 bs=4096 seek=5 conv=notrunc status=none");
	assert_int_equal(boot_it("disk"), 0);
	IS_BOOTED;
	SH("cmp disk before");
}

static void links_are_followed_on_the_disk(void **state)
{
	(void)state;
	SH("truncate -s 64M disk; mke2fs -q -t ext4 -d root disk");
	assert_int_equal(BOOT("--kernel=/vmlinuz", "--ramdisk=//boot/..//initrd", "--args=root=/dev/xvda1 ro",
			      "--output-format=simple0", "disk"),
			 0);
	IS_BOOTED;
}

#define FAILS(text, ...) \
	do { \
		assert_int_equal(BOOT(__VA_ARGS__), -1); \
		assert_string_equal(err.message, text); \
		NOTHING_LEFT; \
	} while (0)

static void what_fails_leaves_nothing(void **state)
{
	(void)state;
	SH("truncate -s 64M disk noise; mke2fs -q -t ext4 -d root disk; head -c 1M /dev/zero >noise; mkfifo fifo\n"
	   "ln -s /etc root/etc-of-host; truncate -s 64M evil; mke2fs -q -t ext4 -d root evil");
	FAILS("disk: there is no /no/such on the disk", "--kernel=/no/such", "disk");
	FAILS("disk: there is no /nothing on the disk", "--kernel=/vmlinuz", "--ramdisk=/nothing", "disk");
	FAILS("disk: /boot: not a regular file", "--kernel=/boot", "disk");
	FAILS("disk: /boot/empty on the disk is empty", "--kernel=/boot/empty", "disk");
	FAILS("disk: /boot/empty on the disk is empty", "--kernel=/vmlinuz", "--ramdisk=/boot/empty", "disk");
	FAILS("disk: there is no /loop on the disk", "--kernel=/loop", "disk");
	FAILS("noise: there is no /vmlinuz on the disk", "--kernel=/vmlinuz", "noise");
	/* A link leads nowhere but into the disk. */
	FAILS("evil: there is no /etc-of-host/hostname on the disk", "--kernel=/etc-of-host/hostname", "evil");
	FAILS("cannot open gone: No such file or directory", "--kernel=/vmlinuz", "gone");
	FAILS("fifo is neither a file nor a block device", "--kernel=/vmlinuz", "fifo");
	FAILS("root is neither a file nor a block device", "--kernel=/vmlinuz", "root");
}

static void sizes_are_limited(void **state)
{
	(void)state;
	SH("truncate -s 20M root/boot/large; truncate -s 64M disk; mke2fs -q -t ext4 -d root disk");
	FAILS("disk: the kernel is larger than 16 MiB", "--max-file-size=16M", "--kernel=/boot/large", "disk");
	FAILS("disk: the initrd is larger than 16 MiB", "--max-file-size=16M", "--kernel=/vmlinuz",
	      "--ramdisk=/boot/large", "disk");
	char *arguments;
	assert_true((arguments = malloc(9000)) != NULL);
	memset(arguments, 'a', 8999);
	memcpy(arguments, "--args=", 7);
	arguments[8999] = '\0';
	assert_int_equal(BOOT("--kernel=/vmlinuz", arguments, "disk"), -1);
	NOTHING_LEFT;
	free(arguments);
}

/* The answer cannot be written: the files go, too. */
static void without_an_answer_there_are_no_files(void **state)
{
	(void)state;
	SH("truncate -s 64M disk; mke2fs -q -t ext4 -d root disk");
	assert_int_equal(boot((char *[]){ "xen-bigdisk-boot", "--output=/dev/full", "--output-directory=out",
					  "--kernel=/vmlinuz", "--ramdisk=/initrd", "disk", NULL }),
			 -1);
	assert_string_equal(err.message, "cannot write the answer to /dev/full: No space left on device");
	NOTHING_LEFT;
}

static size_t count_files(void)
{
	SH("ls out");
	size_t count = 0;
	for (const char *at = output; *at; at++)
		count += *at == '\n';
	return count;
}

/* As libxl ends a boot loader whose console has gone: here, while it waits for somebody to read the answer. */
static void a_signal_leaves_nothing(void **state)
{
	int status;

	(void)state;
	SH("truncate -s 64M disk; mke2fs -q -t ext4 -d root disk; mkfifo fifo");
	pid_t pid = fork();
	if (pid == 0) {
		if (bd_cancel_init(&err) != 0)
			_exit(9);
		_exit(boot((char *[]){ "xen-bigdisk-boot", "--output=fifo", "--output-directory=out",
				       "--kernel=/vmlinuz", "--ramdisk=/initrd", "disk", NULL }) == -1
			      ? 3
			      : 4);
	}
	for (int i = 0; i < 1000 && count_files() < 2; i++)
		usleep(20000);
	assert_int_equal(count_files(), 2);
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_int_equal(count_files(), 0);
}

/* As pygrub prints it where it has both. */
static void not_really_copies_nothing(void **state)
{
	(void)state;
	SH("truncate -s 64M disk; mke2fs -q -t ext4 -d root disk");
	assert_int_equal(BOOT("-n", "--kernel=/vmlinuz", "--ramdisk=/initrd", "--args=quiet", "disk"), 0);
	SH("test -z \"$(ls out)\"\n"
	   "test \"$(cat answer)\" = \"linux (kernel '<kernel:/vmlinuz>')(ramdisk '<ramdisk:/initrd>')(args 'quiet')\"");
}

/* The disk is readable by root alone, and read by another. */
static void the_user_needs_no_right_to_the_disk(void **state)
{
	(void)state;
	SH("truncate -s 64M disk; chmod 600 disk; mke2fs -q -t ext4 -d root disk");
	if (geteuid() != 0)
		skip();
	assert_int_equal(BOOT("--runas=131079", "--kernel=/boot/vmlinuz-6.1", "--ramdisk=/boot/initrd-6.1",
			      "--args=root=/dev/xvda1 ro", "--output-format=simple0", "disk"),
			 0);
	IS_BOOTED;
	assert_int_equal(BOOT("--runas=0", "--kernel=/vmlinuz", "disk"), -1);
	assert_string_equal(err.message, "--runas must not be root");
	NOTHING_LEFT;
}

/* Some of the metadata of a disk turned over, again and again: it fails, or gives what fits the limits; nothing is left where it fails. */
static void damage_is_an_error_at_most(void **state)
{
	uint64_t random = 88172645463325252u;

	(void)state;
	SH("truncate -s 8M small; rm root/boot/initrd-6.1; mke2fs -q -t ext4 -d root small; cp small disk");
	BD_CLOSE int fd = open("disk", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	for (int i = 0; i < 60; i++) {
		uint8_t saved[32], byte;
		off_t places[32];
		for (size_t k = 0; k < 32; k++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			places[k] = (off_t)(1024 + random % (k < 8 ? 512 : 400000));
			assert_int_equal(pread(fd, &saved[k], 1, places[k]), 1);
			byte = saved[k] ^ (uint8_t)(1u << (random >> 40) % 8);
			assert_int_equal(pwrite(fd, &byte, 1, places[k]), 1);
		}
		if (BOOT("--max-file-size=16M", "--kernel=/boot/vmlinuz-6.1", "disk") == 0)
			SH("rm out/*; : >answer");
		else
			assert_true(err.code != EBADMSG && *err.message);
		for (size_t k = 32; k-- > 0;)
			assert_int_equal(pwrite(fd, &saved[k], 1, places[k]), 1);
	}
	NOTHING_LEFT;
	SH("cmp disk small");
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, set_up, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(whole_disks_of_any_ext_are_read),
		FACT(partitions_are_found),
		FACT(a_journal_is_read_through),
		FACT(links_are_followed_on_the_disk),
		FACT(what_fails_leaves_nothing),
		FACT(sizes_are_limited),
		FACT(without_an_answer_there_are_no_files),
		FACT(a_signal_leaves_nothing),
		FACT(not_really_copies_nothing),
		FACT(the_user_needs_no_right_to_the_disk),
		FACT(damage_is_an_error_at_most),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
