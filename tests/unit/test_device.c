/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about disk/device.h, disk/use/device_look.h and inside/probe.h that need no block device: a file stands for one. Devices without
 * some way to be cleared are played by this program's own fallocate64 and ioctl, which the linker prefers to libc's;
 * tests/cli/device.bats has the facts about real ones. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/process/run.h"
#include "disk/device.h"
#include "disk/use/device_look.h"
#include "inside/probe.h"

#define MIB ((size_t)1 << 20)
#define SIZE (130 * MIB + 512) /* two whole pieces and a bit */

static int fallocate_errno, zeroout_errno, pwrite_errno;
static int fallocate_calls, zeroout_calls, refused_mode;

int our_fallocate(int fd, int mode, off_t begin, off_t size) __asm__("fallocate64");
int our_fallocate(int fd, int mode, off_t begin, off_t size)
{
	fallocate_calls++;
	errno = mode & refused_mode ? EOPNOTSUPP : fallocate_errno;
	return errno ? -1 : (int)syscall(SYS_fallocate, fd, mode, begin, size);
}

/* A file has no such call; what it would do is done by the one that a file has. */
int our_ioctl(int fd, unsigned long request, ...) __asm__("ioctl");
int our_ioctl(int fd, unsigned long request, ...)
{
	va_list args;

	va_start(args, request);
	void *argument = va_arg(args, void *);
	va_end(args);
	if (request != BLKZEROOUT)
		return (int)syscall(SYS_ioctl, fd, request, argument);
	zeroout_calls++;
	errno = zeroout_errno;
	const uint64_t *range = argument;
	return zeroout_errno
		       ? -1
		       : (int)syscall(SYS_fallocate, fd, FALLOC_FL_ZERO_RANGE, (off_t)range[0], (off_t)range[1]);
}

ssize_t our_pwrite(int fd, const void *data, size_t size, off_t offset) __asm__("pwrite64");
ssize_t our_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	errno = pwrite_errno;
	return pwrite_errno ? -1 : syscall(SYS_pwrite64, fd, data, size, offset);
}

static char path[64];
static struct bd_device device;
static struct bd_error err;

/* A device full of what somebody else wrote. */
static int make_device(void **state)
{
	(void)state;
	fallocate_errno = zeroout_errno = pwrite_errno = 0;
	fallocate_calls = zeroout_calls = refused_mode = 0;
	strcpy(path, "/tmp/xen-bigdisk-test-device-XXXXXX");
	device = (struct bd_device){ .fd = mkstemp(path), .path = strdup(path), .size_bytes = SIZE };
	char *old = malloc(MIB);
	if (device.fd < 0 || !old)
		return -1;
	memset(old, 'x', MIB);
	for (size_t done = 0; done < SIZE; done += MIB)
		if (pwrite(device.fd, old, SIZE - done < MIB ? SIZE - done : MIB, (off_t)done) < 0)
			return -1;
	free(old);
	return 0;
}

static int remove_device(void **state)
{
	(void)state;
	pwrite_errno = 0;
	bd_device_dispose(&device);
	return unlink(path);
}

/* The number of bytes from the beginning on that are zero. */
static size_t zeros(void)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char *data = malloc(SIZE);
	size_t count = 0;

	assert_int_equal(pread(fd, data, SIZE, 0), SIZE);
	while (count < SIZE && data[count] == 0)
		count++;
	free(data);
	close(fd);
	return count;
}

static bool last_mib_is_zeros(void)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char *data = malloc(MIB);
	bool found = false;

	assert_int_equal(pread(fd, data, MIB, SIZE - MIB), MIB);
	for (size_t i = 0; i < MIB; i++)
		found |= data[i] != 0;
	free(data);
	close(fd);
	return !found;
}

static uint64_t reported[8];
static size_t reports;

static void report(uint64_t bytes_done)
{
	reported[reports++] = bytes_done;
}

static void clearing_leaves_zeros_and_says_how_far_it_is(void **state)
{
	(void)state;
	reports = 0;
	assert_int_equal(bd_device_clear(&device, report, &err), 0);
	assert_int_equal(zeros(), SIZE);
	assert_int_equal(reports, 3);
	assert_int_equal(reported[0], 64 * MIB);
	assert_int_equal(reported[2], SIZE);
	/* Its end is cleared with its beginning. */
	assert_int_equal(fallocate_calls, 4);
	assert_int_equal(zeroout_calls, 0);
}

static blkcnt_t blocks(void)
{
	struct stat there;

	assert_int_equal(fstat(device.fd, &there), 0);
	return there.st_blocks;
}

static void a_file_that_is_allocated_as_a_whole_stays_so_and_one_with_holes_gets_more(void **state)
{
	(void)state;
	blkcnt_t before = blocks();
	assert_int_equal(bd_device_clear(&device, NULL, &err), 0);
	assert_int_equal(zeros(), SIZE);
	assert_true(blocks() >= before);
	if (our_fallocate(device.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, MIB, MIB) != 0)
		skip(); /* a filesystem without holes */
	assert_int_equal(bd_device_clear(&device, NULL, &err), 0);
	assert_int_equal(zeros(), SIZE);
	assert_true(blocks() < before / 100);
}

/* As on tmpfs and OCFS2. */
static void and_stays_so_where_the_filesystem_cannot_zero_a_range(void **state)
{
	(void)state;
	refused_mode = FALLOC_FL_ZERO_RANGE;
	blkcnt_t before = blocks();
	assert_int_equal(bd_device_clear(&device, NULL, &err), 0);
	assert_int_equal(zeros(), SIZE);
	assert_true(blocks() >= before);
}

static void a_device_that_cannot_unmap_is_zeroed_by_the_kernel(void **state)
{
	(void)state;
	fallocate_errno = EOPNOTSUPP;
	assert_int_equal(bd_device_clear(&device, NULL, &err), 0);
	assert_int_equal(zeros(), SIZE);
	assert_int_equal(zeroout_calls, 4);
}

static void and_where_that_fails_too_zeros_are_written(void **state)
{
	(void)state;
	fallocate_errno = EOPNOTSUPP;
	zeroout_errno = ENOTTY;
	assert_int_equal(bd_device_clear(&device, NULL, &err), 0);
	assert_int_equal(zeros(), SIZE);
}

static void what_cannot_be_cleared_is_an_error_and_says_so_of_its_content(void **state)
{
	(void)state;
	fallocate_errno = zeroout_errno = EOPNOTSUPP;
	pwrite_errno = EIO;
	assert_int_equal(bd_device_clear(&device, NULL, &err), -1);
	assert_int_equal(err.code, EIO);
	assert_int_equal(bd_device_abandon(&device, &err), -1);
	assert_int_equal(err.code, EIO);
	assert_non_null(strstr(err.message, "cannot clear the device"));
	assert_non_null(strstr(err.message, "is lost, and what was written to it could not be wiped"));
}

static void an_untouched_device_is_left_alone(void **state)
{
	(void)state;
	bd_fail(&err, ENOENT, "no kernel");
	assert_int_equal(bd_device_abandon(&device, &err), -1);
	assert_string_equal(err.message, "no kernel");
	assert_int_equal(zeros(), 0);
}

static void an_abandoned_device_begins_and_ends_with_nothing(void **state)
{
	(void)state;
	device.cleared = true;
	bd_fail(&err, ENOSPC, "it does not fit");
	assert_int_equal(bd_device_abandon(&device, &err), -1);
	assert_int_equal(err.code, ENOSPC);
	assert_non_null(strstr(err.message, "it does not fit; the former content of /tmp/"));
	assert_int_equal(zeros(), 2 * MIB);
	assert_true(last_mib_is_zeros());
}

static void a_forgotten_device_is_wiped_as_well(void **state)
{
	(void)state;
	device.cleared = true;
	bd_device_dispose(&device);
	assert_int_equal(zeros(), 2 * MIB);
	assert_true(last_mib_is_zeros());
}

static void a_kept_device_stays(void **state)
{
	(void)state;
	device.cleared = true;
	bd_device_keep(&device);
	assert_int_equal(device.fd, -1);
	bd_fail(&err, ETIMEDOUT, "the guest is slow");
	assert_int_equal(bd_device_abandon(&device, &err), -1);
	assert_string_equal(err.message, "the guest is slow");
	assert_int_equal(zeros(), 0);
}

static void what_is_no_block_device_is_said(void **state)
{
	uint64_t size;

	(void)state;
	assert_int_equal(bd_device_size(path, &size, &err), -1);
	assert_int_equal(err.code, ENOTBLK);
	assert_non_null(strstr(err.message, "is a file, not a block device"));
	assert_int_equal(bd_device_size("/tmp", &size, &err), -1);
	assert_int_equal(err.code, ENOTBLK);
	assert_int_equal(bd_device_size("/dev/null", &size, &err), -1);
	assert_int_equal(err.code, ENOTBLK);
	assert_int_equal(bd_device_size("/nowhere", &size, &err), -1);
	assert_int_equal(err.code, ENOENT);
	/* A disk can be a file. */
	assert_true(bd_device_shares_disk(path, path));
	assert_false(bd_device_shares_disk(path, "/dev/null"));
	assert_false(bd_device_shares_disk(path, "/nowhere"));
}

/* Content: made by the programs whose it is. */

static void make(const char *const *argv, const char *input)
{
	struct bd_error missing = BD_ERROR_INIT;

	if (bd_run(&(struct bd_run){ .argv = argv, .stdin_text = input }, &missing) == 0)
		return;
	if (missing.code != ENOPKG)
		fail_msg("%s", missing.message);
	print_message("%s is not installed\n", argv[0]);
	skip();
}

static void expect(const char *start)
{
	assert_int_equal(bd_probe_check_empty(device.fd, "it", &err), -1);
	assert_int_equal(err.kind, BD_KIND_EXISTS);
	if (strncmp(err.message, start, strlen(start)) != 0)
		fail_msg("\"%s\", not \"%s\"", err.message, start);
}

static void a_filesystem_is_named(void **state)
{
	const char *argv[] = { "mke2fs",  "-q",	  "-F",
			       "-t",	  "ext4", "-L",
			       "my data", "-U",	  "6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f60",
			       path,	  NULL };

	(void)state;
	make(argv, NULL);
	expect("it has an ext4 filesystem labelled \"my data\" (UUID 6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f60)");
}

/* The words of whoever wrote it, for a terminal. */
static void a_label_cannot_change_the_terminal(void **state)
{
	const char *argv[] = { "mke2fs", "-q", "-F", "-t", "ext4", "-L", "a\x1b[31mb\nc", path, NULL };

	(void)state;
	make(argv, NULL);
	expect("it has an ext4 filesystem labelled \"a\\x1b[31mb\\x0ac\" (UUID ");
}

static void swap_space_is_named(void **state)
{
	const char *argv[] = { "mkswap", "-L", "s", path, NULL };

	(void)state;
	make(argv, NULL);
	expect("it is swap space labelled \"s\" (UUID ");
}

static void a_partition_table_is_named(void **state)
{
	const char *argv[] = { "sfdisk", "-q", path, NULL };

	(void)state;
	make(argv, "label: dos\n2048,4096,83\n");
	expect("it has a partition table (dos)");
	make(argv, "label: gpt\n");
	expect("it has a partition table (gpt)");
}

static void all_that_is_there_is_named(void **state)
{
	const char *swap[] = { "mkswap", path, NULL }, *table[] = { "sfdisk", "-q", "--wipe=never", path, NULL };

	(void)state;
	make(swap, NULL);
	make(table, "label: dos\n2048,4096,83\n");
	expect("it is swap space");
	assert_non_null(strstr(err.message, " and has a partition table (dos), and was not changed"));
}

/* lib/format_text/layout.h of LVM2: struct label_header in one of the first four sectors. */
static void an_lvm_volume_is_named_even_with_a_wrong_checksum(void **state)
{
	char sector[512] = "LABELONE\1\0\0\0\0\0\0\0\0\0\0\0\40\0\0\0LVM2 001abcdefghijklmnopqrstuvwxyz012345";

	(void)state;
	assert_int_equal(pwrite(device.fd, sector, sizeof(sector), 512), sizeof(sector));
	expect("it is an LVM physical volume (UUID abcdef-ghij-klmn-opqr-stuv-wxyz-012345)");
}

static void what_is_no_signature_is_something_unless_it_is_zeros(void **state)
{
	(void)state;
	expect("it has data on it that is not recognised, and was not changed");
	assert_int_equal(bd_device_clear(&device, NULL, &err), 0);
	assert_int_equal(bd_probe_check_empty(device.fd, "it", &err), 0);
	assert_int_equal(pwrite(device.fd, "x", 1, 4095), 1);
	expect("it has data on it that is not recognised");
}

/* Xen */

static void a_running_guests_disk_is_found(void **state)
{
	char folder[] = "/tmp/xen-bigdisk-test-backends-XXXXXX", name[128];
	static const char *const entries[] = { "console-7-0", "vbd-7-51712", "vbd-12-51712" };
	static const char *const numbers[] = { "", "7:0\n", "fd:1f\n" };
	unsigned domid = 0;

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s/%s", folder, entries[i]);
		assert_int_equal(mkdir(name, 0755), 0);
		strcat(name, "/physical_device");
		FILE *file = fopen(name, "w");
		fputs(numbers[i], file);
		fclose(file);
	}
	assert_true(bd_device_find_xen_domain(folder, makedev(253, 31), &domid));
	assert_int_equal(domid, 12);
	assert_true(bd_device_find_xen_domain(folder, makedev(7, 0), &domid));
	assert_int_equal(domid, 7);
	assert_false(bd_device_find_xen_domain(folder, makedev(7, 1), &domid));
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s/%s/physical_device", folder, entries[i]);
		unlink(name);
		*strrchr(name, '/') = '\0';
		rmdir(name);
	}
	rmdir(folder);
	assert_false(bd_device_find_xen_domain(folder, makedev(7, 0), &domid));
}

int main(void)
{
#define WITH_DEVICE(fact) cmocka_unit_test_setup_teardown(fact, make_device, remove_device)
	const struct CMUnitTest tests[] = {
		WITH_DEVICE(clearing_leaves_zeros_and_says_how_far_it_is),
		WITH_DEVICE(a_file_that_is_allocated_as_a_whole_stays_so_and_one_with_holes_gets_more),
		WITH_DEVICE(and_stays_so_where_the_filesystem_cannot_zero_a_range),
		WITH_DEVICE(a_device_that_cannot_unmap_is_zeroed_by_the_kernel),
		WITH_DEVICE(and_where_that_fails_too_zeros_are_written),
		WITH_DEVICE(what_cannot_be_cleared_is_an_error_and_says_so_of_its_content),
		WITH_DEVICE(an_untouched_device_is_left_alone),
		WITH_DEVICE(an_abandoned_device_begins_and_ends_with_nothing),
		WITH_DEVICE(a_forgotten_device_is_wiped_as_well),
		WITH_DEVICE(a_kept_device_stays),
		WITH_DEVICE(what_is_no_block_device_is_said),
		WITH_DEVICE(a_filesystem_is_named),
		WITH_DEVICE(a_label_cannot_change_the_terminal),
		WITH_DEVICE(swap_space_is_named),
		WITH_DEVICE(a_partition_table_is_named),
		WITH_DEVICE(all_that_is_there_is_named),
		WITH_DEVICE(an_lvm_volume_is_named_even_with_a_wrong_checksum),
		WITH_DEVICE(what_is_no_signature_is_something_unless_it_is_zeros),
		cmocka_unit_test(a_running_guests_disk_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
