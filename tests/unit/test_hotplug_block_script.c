/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What block-bigdisk does to loop devices: hotplug/block/script.h with real ones, a xenstore in memory and the kernel's backend driver
 * played by the test. Needs root and /dev/loop-control; the devices that others have attached are left alone. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "hotplug/block/driver.h"
#include "hotplug/block/locks.h"
#include "hotplug/block/loop.h"
#include "hotplug/block/script.h"
#include "memory_xenstore.h"

#define SIZE (1024 * 1024)
#define DISK 51712
#define SCRIPTS_MAX 8

static char folder[] = "/tmp/test_hotplug_block_script.XXXXXX";
static char image[64], other_image[64], mounts[64], bus[64], our_locks[64], xens_locks[64], xens_lock[96];
static struct bd_block_host host;
static struct bd_error err;

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_image(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	assert_int_equal(pwrite(fd, "bigdisk", 7, 4096), 7);
	assert_int_equal(fsync(fd), 0);
	close(fd);
}

/* The loop devices of a file, as they are now. */
static size_t loops_of(const char *path, dev_t *device_out)
{
	struct bd_block_devices devices = { 0 };
	struct stat there;

	assert_int_equal(stat(path, &there), 0);
	assert_int_equal(bd_block_loop_find(there.st_dev, there.st_ino, &devices, &err), 0);
	size_t count = devices.count;
	if (device_out && count)
		*device_out = devices.items[0];
	bd_block_devices_dispose(&devices);
	return count;
}

/* The kernel may take a moment to detach one. */
static void check_loops(const char *path, size_t count)
{
	for (int i = 0; i < 200 && loops_of(path, NULL) != count; i++)
		pause_ms(10);
	assert_int_equal(loops_of(path, NULL), count);
}

static void detach_all(const char *path)
{
	dev_t device;
	char loop[32];

	for (int i = 0; i < 200 && loops_of(path, &device); i++) {
		snprintf(loop, sizeof(loop), "/dev/loop%u", minor(device));
		bd_block_loop_detach(loop, 0, &err);
		pause_ms(10);
	}
}

static bool can_have_loops(void)
{
	return geteuid() == 0 && access("/dev/loop-control", F_OK) == 0;
}

static int begin(void **state)
{
	(void)state;
	clear_nodes();
	err = (struct bd_error)BD_ERROR_INIT;
	host = (struct bd_block_host){ mounts, bus, our_locks, xens_locks, 20000, 2000 };
	write_text(mounts, "22 27 0:21 / /proc rw,relatime - proc proc rw\n");
	make_image(image);
	make_image(other_image);
	put_disk(5, DISK, image, "w");
	put_disk(6, DISK, image, "w");
	put_disk(7, DISK, other_image, "w");
	return 0;
}

static int end(void **state)
{
	(void)state;
	detach_all(image);
	detach_all(other_image);
	/* No lock of anybody is left, and so no file of it. */
	return access(xens_lock, F_OK) == 0 ? -1 : 0;
}

static void init(struct bd_block_backend *backend, unsigned domid)
{
	char path[64];

	snprintf(path, sizeof(path), "backend/vbd/%u/%u", domid, DISK);
	assert_int_equal(bd_block_backend_init(backend, path, "backend", "vbd", &err), 0);
}

static int add(unsigned domid)
{
	struct bd_block_backend backend;

	init(&backend, domid);
	int result = bd_block_add(&memory_xenstore, &backend, &host, &err);
	bd_block_backend_dispose(&backend);
	return result;
}

static int take_away(unsigned domid)
{
	struct bd_block_backend backend;

	init(&backend, domid);
	int result = bd_block_remove(&memory_xenstore, &backend, &err);
	bd_block_backend_dispose(&backend);
	return result;
}

static int xens = -1; /* the lock of Xen's script, where the test has it: a child of ours would have it, too */

static pid_t start_add(unsigned domid)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		close(xens);
		_exit(add(domid) == 0 ? 0 : 1);
	}
	return pid;
}

static int wait_for(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static const char *node(unsigned domid, const char *name)
{
	return get("backend/vbd/%u/%u/%s", domid, DISK, name);
}

static void check_refused(unsigned domid, const char *status, const char *message)
{
	assert_int_equal(add(domid), -1);
	assert_string_equal(node(domid, "hotplug-status"), status);
	assert_string_equal(node(domid, "hotplug-error"), message);
	assert_string_equal(node(domid, "physical-device"), "");
	assert_string_equal(node(domid, "node"), "");
}

/* The kernel's driver of one guest: as in backend_changed, it opens what physical-device says, and has an attribute then, until it is
 * told to close it. */
static pid_t start_driver(unsigned domid, bool can_open)
{
	char path[160], device_path[48];
	dev_t device;

	snprintf(path, sizeof(path), "%s/vbd-%u-%u", bus, domid, DISK);
	assert_int_equal(mkdir(path, 0700), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	while (!bd_block_parse_number(node(domid, "physical-device"), &device))
		pause_ms(1);
	pause_ms(50);
	if (!can_open) {
		put("5", "backend/vbd/%u/%u/state", domid, DISK);
		_exit(0);
	}
	snprintf(device_path, sizeof(device_path), "/dev/loop%u", minor(device));
	int fd = open(device_path, (strchr(node(domid, "mode"), 'w') ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		_exit(1);
	snprintf(path, sizeof(path), "%s/vbd-%u-%u/physical_device", bus, domid, DISK);
	char text[40];
	snprintf(text, sizeof(text), "%s\n", node(domid, "physical-device"));
	write_text(path, text);
	while (strcmp(node(domid, "online"), "1") == 0)
		pause_ms(1);
	_exit(0);
}

static void stop_driver(pid_t pid, unsigned domid)
{
	char path[160];

	put("0", "backend/vbd/%u/%u/online", domid, DISK);
	assert_int_equal(wait_for(pid), 0);
	snprintf(path, sizeof(path), "%s/vbd-%u-%u/physical_device", bus, domid, DISK);
	unlink(path);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
}

static struct loop_info64 status_of(const char *path)
{
	struct loop_info64 info = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, LOOP_GET_STATUS64, &info), 0);
	close(fd);
	return info;
}

static void a_file_gets_a_loop_device(void **state)
{
	(void)state;
	char number[BD_BLOCK_NUMBER_SIZE], content[8] = "";
	struct stat device;
	int sector_size, is_read_only;
	uint64_t size;

	assert_int_equal(add(5), 0);
	const char *path = node(5, "node");
	assert_int_equal(strncmp(path, "/dev/loop", 9), 0);
	assert_string_equal(node(5, "physical-device-path"), path);
	assert_string_equal(node(5, "hotplug-status"), "connected");
	assert_string_equal(node(5, "hotplug-error"), "");
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &device), 0);
	snprintf(number, sizeof(number), "%x:%x", major(device.st_rdev), minor(device.st_rdev));
	assert_string_equal(node(5, "physical-device"), number);
	assert_int_equal(pread(fd, content, 7, 4096), 7);
	assert_string_equal(content, "bigdisk");
	assert_int_equal(ioctl(fd, BLKSSZGET, &sector_size), 0);
	assert_int_equal(sector_size, 512);
	assert_int_equal(ioctl(fd, BLKROGET, &is_read_only), 0);
	assert_false(is_read_only);
	assert_int_equal(ioctl(fd, BLKGETSIZE64, &size), 0);
	assert_int_equal(size, SIZE);
	close(fd);
	struct loop_info64 info = status_of(path);
	assert_int_equal(info.lo_flags & (LO_FLAGS_PARTSCAN | LO_FLAGS_READ_ONLY), 0);
	assert_int_equal(info.lo_offset, 0);
	assert_string_equal((const char *)info.lo_file_name, image);
	check_loops(image, 1);
}

static void whether_it_has_direct_io_is_the_filesystems_choice(void **state)
{
	(void)state;
	assert_int_equal(add(5), 0);
	int fd = open(image, O_RDONLY | O_DIRECT);
	bool takes_it = fd >= 0;
	if (fd >= 0)
		close(fd);
	struct loop_info64 info = status_of(node(5, "node"));
	/* A filesystem on a disk of 4 KiB sectors takes it, but not at 512 bytes. */
	if (takes_it && !(info.lo_flags & LO_FLAGS_DIRECT_IO))
		print_message("%s takes direct I/O, but its loop device does not use it\n", image);
	assert_true(takes_it || !(info.lo_flags & LO_FLAGS_DIRECT_IO));

	char in_memory[] = "/dev/shm/test_hotplug_block_script.XXXXXX";
	int memory = mkstemp(in_memory);
	assert_true(memory >= 0);
	assert_int_equal(ftruncate(memory, SIZE), 0);
	put(in_memory, "backend/vbd/7/%u/params", DISK);
	assert_int_equal(add(7), 0);
	assert_int_equal(take_away(7), 0);
	check_loops(in_memory, 0);
	unlink(in_memory);
	close(memory);
}

static void a_disk_to_be_read_gets_a_read_only_device(void **state)
{
	(void)state;
	int is_read_only;

	put("r", "backend/vbd/5/%u/mode", DISK);
	assert_int_equal(chmod(image, 0400), 0);
	assert_int_equal(add(5), 0);
	int fd = open(node(5, "node"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, BLKROGET, &is_read_only), 0);
	assert_true(is_read_only);
	close(fd);
	assert_true(status_of(node(5, "node")).lo_flags & LO_FLAGS_READ_ONLY);
}

static void a_link_to_a_file_is_followed(void **state)
{
	(void)state;
	char link[96];

	snprintf(link, sizeof(link), "%s/link", folder);
	assert_int_equal(symlink("image with a blank", link), 0);
	put(link, "backend/vbd/5/%u/params", DISK);
	assert_int_equal(add(5), 0);
	check_loops(image, 1);
	char expected[256], number[BD_BLOCK_NUMBER_SIZE];
	snprintf(number, sizeof(number), "%s", node(5, "physical-device"));
	snprintf(
		expected, sizeof(expected),
		"File %s is loopback-mounted through %s,\nwhich is mounted in a guest domain,\nand so cannot be mounted now.",
		image, number);
	put(link, "backend/vbd/6/%u/params", DISK);
	check_refused(6, "busy", expected);
	assert_int_equal(unlink(link), 0);
}

static void remove_detaches_it(void **state)
{
	(void)state;
	assert_int_equal(add(5), 0);
	check_loops(image, 1);
	unsigned writes = shared->writes;
	assert_int_equal(take_away(5), 0);
	check_loops(image, 0);
	assert_int_equal(shared->writes, writes);
	/* Twice is no mistake. */
	assert_int_equal(take_away(5), 0);
}

static void a_file_that_was_removed_is_detached_too(void **state)
{
	(void)state;
	assert_int_equal(add(5), 0);
	int fd = open(image, O_RDONLY);
	struct stat there;
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &there), 0);
	assert_int_equal(unlink(image), 0);
	assert_int_equal(take_away(5), 0);
	struct bd_block_devices devices = { 0 };
	for (int i = 0; i < 200; i++) {
		bd_block_devices_dispose(&devices);
		assert_int_equal(bd_block_loop_find(there.st_dev, there.st_ino, &devices, &err), 0);
		if (!devices.count)
			break;
		pause_ms(10);
	}
	assert_int_equal(devices.count, 0);
	bd_block_devices_dispose(&devices);
	close(fd);
	make_image(image);
}

static void what_the_driver_has_is_detached_when_it_closes_it(void **state)
{
	(void)state;
	pid_t driver = start_driver(5, true);

	assert_int_equal(add(5), 0);
	check_loops(image, 1);
	assert_true(status_of(node(5, "node")).lo_flags & LO_FLAGS_AUTOCLEAR);
	assert_string_equal(node(5, "hotplug-status"), "connected");
	stop_driver(driver, 5);
	/* Without a script, as after a crash of libxl. */
	check_loops(image, 0);
	assert_int_equal(take_away(5), 0);
}

static void remove_waits_for_no_driver(void **state)
{
	(void)state;
	pid_t driver = start_driver(5, true);

	assert_int_equal(add(5), 0);
	assert_int_equal(take_away(5), 0);
	check_loops(image, 1);
	stop_driver(driver, 5);
	check_loops(image, 0);
}

static void without_sight_of_a_driver_it_stays_until_remove(void **state)
{
	(void)state;
	char path[160];

	/* There is a folder for the backend, but the driver does not come. */
	host.driver_wait_ms = 100;
	snprintf(path, sizeof(path), "%s/vbd-5-%u", bus, DISK);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(add(5), 0);
	assert_int_equal(rmdir(path), 0);
	check_loops(image, 1);
	assert_false(status_of(node(5, "node")).lo_flags & LO_FLAGS_AUTOCLEAR);
	assert_int_equal(take_away(5), 0);
	check_loops(image, 0);
}

static void a_driver_that_fails_leaves_nothing(void **state)
{
	(void)state;
	pid_t driver = start_driver(5, false);

	assert_int_equal(add(5), -1);
	assert_string_equal(node(5, "hotplug-status"), "error");
	assert_string_equal(node(5, "hotplug-error"),
			    "Path closed or removed during hotplug add: backend/vbd/5/51712 state: 5");
	check_loops(image, 0);
	stop_driver(driver, 5);
}

static void a_second_guest_does_not_get_it(void **state)
{
	(void)state;
	char expected[256], number[BD_BLOCK_NUMBER_SIZE];

	assert_int_equal(add(5), 0);
	snprintf(number, sizeof(number), "%s", node(5, "physical-device"));
	snprintf(
		expected, sizeof(expected),
		"File %s is loopback-mounted through %s,\nwhich is mounted in a guest domain,\nand so cannot be mounted now.",
		image, number);
	check_refused(6, "busy", expected);
	put("r", "backend/vbd/6/%u/mode", DISK);
	snprintf(expected, sizeof(expected),
		 "File %s is loopback-mounted through %s,\nwhich is mounted read-write in a guest domain,\n"
		 "and so cannot be mounted read-only now.",
		 image, number);
	check_refused(6, "busy", expected);
	check_loops(image, 1);
	/* After the first has gone it does. */
	assert_int_equal(take_away(5), 0);
	put(NULL, "backend/vbd/5/%u/physical-device", DISK);
	assert_int_equal(add(6), 0);
}

static void readers_share_it(void **state)
{
	(void)state;
	put("r", "backend/vbd/5/%u/mode", DISK);
	put("r", "backend/vbd/6/%u/mode", DISK);
	assert_int_equal(add(5), 0);
	assert_int_equal(add(6), 0);
	check_loops(image, 2);
	assert_string_not_equal(node(5, "node"), node(6, "node"));
	put_disk(8, DISK, image, "w");
	assert_int_equal(add(8), -1);
	assert_string_equal(node(8, "hotplug-status"), "busy");
	/* One of them goes, and the other one's stays. */
	assert_int_equal(take_away(5), 0);
	check_loops(image, 1);
	assert_int_equal(take_away(6), 0);
	check_loops(image, 0);
}

static void sharing_on_purpose_is_not_checked(void **state)
{
	(void)state;
	assert_int_equal(add(5), 0);
	put("w!", "backend/vbd/6/%u/mode", DISK);
	assert_int_equal(add(6), 0);
	assert_false(status_of(node(6, "node")).lo_flags & LO_FLAGS_READ_ONLY);
	check_loops(image, 2);
}

static void what_dom0_has_mounted_is_not_given(void **state)
{
	(void)state;
	char text[128], expected[256];
	dev_t device;

	/* A loop device of dom0's own. */
	assert_int_equal(add(5), 0);
	put(NULL, "backend/vbd/5/%u/physical-device", DISK);
	assert_int_equal(loops_of(image, &device), 1);
	snprintf(text, sizeof(text), "36 35 7:%u / /mnt rw - ext4 /dev/loop%u rw\n", minor(device), minor(device));
	write_text(mounts, text);
	snprintf(expected, sizeof(expected),
		 "File %s is loopback-mounted through 7:%x,\nwhich is mounted in the privileged domain,\n"
		 "and so cannot be mounted by a guest.",
		 image, minor(device));
	check_refused(6, "busy", expected);
	check_loops(image, 1);
}

static void a_file_that_nobody_may_write_to_is_not_written_to(void **state)
{
	(void)state;
	char expected[200];

	assert_int_equal(chmod(image, 0444), 0);
	snprintf(expected, sizeof(expected),
		 "File %s is read-only, and so I will not\nmount it read-write in a guest domain.", image);
	check_refused(5, "busy", expected);
	check_loops(image, 0);
}

static void what_is_not_there_is_said(void **state)
{
	(void)state;
	char expected[160];

	put("/nonexistent/disk", "backend/vbd/5/%u/params", DISK);
	check_refused(5, "error", "/nonexistent/disk does not exist.");
	put("nonexistent", "backend/vbd/5/%u/params", DISK);
	check_refused(5, "error", "nonexistent does not exist.");
	put(folder, "backend/vbd/5/%u/params", DISK);
	snprintf(expected, sizeof(expected), "%s is not a block device.", folder);
	check_refused(5, "error", expected);
	put("/dev/null", "backend/vbd/5/%u/params", DISK);
	check_refused(5, "error", "/dev/null is not a block device.");
	put("", "backend/vbd/5/%u/params", DISK);
	check_refused(5, "error", "xenstore-read backend/vbd/5/51712/params failed.");
	char *longer = malloc(1100);
	memset(longer, 'a', 1099);
	longer[1099] = '\0';
	put(longer, "backend/vbd/5/%u/params", DISK);
	assert_int_equal(add(5), -1);
	free(longer);
}

static void what_other_helpers_of_xens_script_do_is_left_to_it(void **state)
{
	(void)state;
	put("nbd", "backend/vbd/5/%u/type", DISK);
	put("nbd:server:10809", "backend/vbd/5/%u/params", DISK);
	assert_int_equal(add(5), BD_BLOCK_NOT_OURS);
	put("/dev/nbd0", "backend/vbd/5/%u/node", DISK);
	assert_int_equal(take_away(5), BD_BLOCK_NOT_OURS);
	put(NULL, "backend/vbd/5/%u/node", DISK);
	assert_int_equal(take_away(5), BD_BLOCK_NOT_OURS);
	assert_int_equal(shared->writes, 0);
}

static void a_backend_that_is_closing_gets_nothing(void **state)
{
	(void)state;
	put("5", "backend/vbd/5/%u/state", DISK);
	check_refused(5, "error", "Path closed or removed during hotplug add: backend/vbd/5/51712 state: 5");
	check_loops(image, 0);
	/* One that has gone is not brought back by the refusal. */
	put(NULL, "backend/vbd/5/%u/state", DISK);
	put(NULL, "backend/vbd/5/%u/frontend-id", DISK);
	unsigned writes = shared->writes;
	assert_int_equal(add(5), -1);
	assert_int_equal(shared->writes, writes);
}

static void a_second_call_does_nothing(void **state)
{
	(void)state;
	assert_int_equal(add(5), 0);
	unsigned writes = shared->writes;
	assert_int_equal(add(5), 0);
	assert_int_equal(shared->writes, writes);
	check_loops(image, 1);
}

/* A loop device stands for any: its number, its links and its use by others. */
static void a_block_device_is_given_as_it_is(void **state)
{
	(void)state;
	char device[32], number[BD_BLOCK_NUMBER_SIZE], link[96], expected[256];

	assert_int_equal(add(7), 0);
	snprintf(device, sizeof(device), "%s", node(7, "node"));
	snprintf(number, sizeof(number), "%s", node(7, "physical-device"));
	put(NULL, "backend/vbd/7/%u/physical-device", DISK);

	put(device, "backend/vbd/5/%u/params", DISK);
	assert_int_equal(add(5), 0);
	assert_string_equal(node(5, "physical-device"), number);
	assert_string_equal(node(5, "physical-device-path"), device);
	assert_string_equal(node(5, "hotplug-status"), "connected");
	assert_string_equal(node(5, "node"), "");

	/* As /dev/vg/lv is one to ../dm-0. */
	snprintf(link, sizeof(link), "%s/lv", folder);
	assert_int_equal(symlink(device, link), 0);
	put(link, "backend/vbd/6/%u/params", DISK);
	snprintf(expected, sizeof(expected), "Device %s is mounted in a guest domain,\nand so cannot be mounted now.",
		 device);
	check_refused(6, "busy", expected);
	put(NULL, "backend/vbd/5/%u/physical-device", DISK);
	assert_int_equal(add(6), 0);
	assert_string_equal(node(6, "physical-device-path"), device);
	assert_int_equal(unlink(link), 0);

	/* A relative path is one in /dev. */
	put(NULL, "backend/vbd/6/%u/physical-device", DISK);
	put(device + 5, "backend/vbd/6/%u/params", DISK);
	assert_int_equal(add(6), 0);
	assert_string_equal(node(6, "physical-device-path"), device);

	/* And remove leaves it. */
	assert_int_equal(take_away(6), 0);
	check_loops(other_image, 1);
}

static void a_loop_device_and_its_file_are_one_disk(void **state)
{
	(void)state;
	char device[32];

	assert_int_equal(add(5), 0);
	snprintf(device, sizeof(device), "%s", node(5, "node"));
	put(device, "backend/vbd/6/%u/params", DISK);
	assert_int_equal(add(6), -1);
	assert_string_equal(node(6, "hotplug-status"), "busy");
}

static void of_many_at_once_one_gets_it(void **state)
{
	(void)state;
	pid_t pids[SCRIPTS_MAX];
	unsigned connected = 0, busy = 0;

	for (unsigned i = 0; i < SCRIPTS_MAX; i++)
		put_disk(20 + i, DISK, image, "w");
	for (unsigned i = 0; i < SCRIPTS_MAX; i++)
		pids[i] = start_add(20 + i);
	for (unsigned i = 0; i < SCRIPTS_MAX; i++) {
		wait_for(pids[i]);
		connected += strcmp(node(20 + i, "hotplug-status"), "connected") == 0;
		busy += strcmp(node(20 + i, "hotplug-status"), "busy") == 0;
	}
	assert_int_equal(connected, 1);
	assert_int_equal(busy, SCRIPTS_MAX - 1);
	check_loops(image, 1);
}

static void many_at_once_get_devices_of_their_own(void **state)
{
	(void)state;
	pid_t pids[SCRIPTS_MAX];
	char path[SCRIPTS_MAX][96];

	for (unsigned i = 0; i < SCRIPTS_MAX; i++) {
		snprintf(path[i], sizeof(path[i]), "%s/%u", folder, i);
		make_image(path[i]);
		put_disk(20 + i, DISK, path[i], "w");
	}
	for (unsigned i = 0; i < SCRIPTS_MAX; i++)
		pids[i] = start_add(20 + i);
	for (unsigned i = 0; i < SCRIPTS_MAX; i++)
		assert_int_equal(wait_for(pids[i]), 0);
	for (unsigned i = 0; i < SCRIPTS_MAX; i++) {
		check_loops(path[i], 1);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(node(20 + i, "node"), node(20 + k, "node"));
	}
	for (unsigned i = 0; i < SCRIPTS_MAX; i++) {
		assert_int_equal(take_away(20 + i), 0);
		check_loops(path[i], 0);
		assert_int_equal(unlink(path[i]), 0);
	}
}

static void die(const char *path)
{
	if (strstr(path, "/physical-device"))
		raise(SIGKILL);
}

static void die_now(void)
{
	raise(SIGKILL);
}

static void one_that_is_killed_leaves_nothing(void **state)
{
	(void)state;
	for (int when = 0; when < 2; when++) {
		here.before_write = when == 0 ? die : NULL;
		here.before_commit = when == 1 ? die_now : NULL;
		int status = wait_for(start_add(5));
		here.before_write = NULL;
		here.before_commit = NULL;
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		check_loops(image, 0);
		assert_string_equal(node(5, "physical-device"), "");
		assert_string_equal(node(5, "node"), "");
	}
	/* No lock, either; the file of Xen's is there until the next. */
	assert_int_equal(add(6), 0);
}

static void one_that_is_killed_before_the_driver_came_leaves_nothing(void **state)
{
	(void)state;
	char path[160];

	host.driver_wait_ms = 20000;
	snprintf(path, sizeof(path), "%s/vbd-5-%u", bus, DISK);
	assert_int_equal(mkdir(path, 0700), 0);
	pid_t pid = start_add(5);
	while (strcmp(node(5, "hotplug-status"), "connected") != 0)
		pause_ms(1);
	check_loops(image, 1);
	/* The locks are free meanwhile. */
	assert_int_equal(add(7), 0);
	kill(pid, SIGKILL);
	wait_for(pid);
	check_loops(image, 0);
	assert_int_equal(rmdir(path), 0);
}

static void a_device_that_has_become_anothers_stays(void **state)
{
	(void)state;
	assert_int_equal(add(5), 0);
	if (!*node(5, "bigdisk-diskseq")) {
		print_message("this kernel has no numbers for attachments\n");
		skip();
	}
	/* As if it had been detached when the driver closed it, and attached again: to anything. */
	put("1", "backend/vbd/5/%u/bigdisk-diskseq", DISK);
	assert_int_equal(take_away(5), 0);
	pause_ms(50);
	check_loops(image, 1);
	/* What Xen's script attached has no number. */
	put(NULL, "backend/vbd/5/%u/bigdisk-diskseq", DISK);
	assert_int_equal(take_away(5), 0);
	check_loops(image, 0);
}

static void only_loop_devices_are_detached(void **state)
{
	(void)state;
	static const char *const nodes[] = { "",
					     "/dev/sda",
					     "/dev/loop",
					     "/dev/loop-control",
					     "/dev/loop1x",
					     "/dev/loop01",
					     "/dev/loop/../sda",
					     "/dev/loop99999999",
					     "/dev/loop1048576" };
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
		put(nodes[i], "backend/vbd/5/%u/node", DISK);
		assert_int_equal(take_away(5), -1);
		assert_non_null(strstr(err.message, "is no loop device"));
	}
	put("/dev/loop1048575", "backend/vbd/5/%u/node", DISK);
	assert_int_equal(take_away(5), 0);
}

static void xens_script_and_ours_wait_for_each_other(void **state)
{
	(void)state;
	struct bd_block_locks locks = BD_BLOCK_LOCKS_INIT;

	/* Xen's has its lock: ours waits for it, */
	xens = open(xens_lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(xens >= 0);
	assert_int_equal(flock(xens, LOCK_EX), 0);
	host.lock_wait_ms = 100;
	assert_int_equal(add(5), -1);
	assert_non_null(strstr(node(5, "hotplug-error"), "another hotplug script holds the lock"));
	assert_non_null(strstr(node(5, "hotplug-error"), xens_lock));
	check_loops(image, 0);
	/* and has it as soon as that one removes the file and goes, as in release_lock. */
	host.lock_wait_ms = 20000;
	pid_t pid = start_add(5);
	pause_ms(100);
	assert_string_equal(node(5, "physical-device"), "");
	assert_int_equal(unlink(xens_lock), 0);
	int second_script = open(xens_lock, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(second_script >= 0);
	assert_int_equal(flock(second_script, LOCK_EX), 0);
	close(xens);
	/* But not that of a file that is no longer in place. */
	pause_ms(200);
	assert_string_equal(node(5, "physical-device"), "");
	assert_int_equal(unlink(xens_lock), 0);
	close(second_script);
	assert_int_equal(wait_for(pid), 0);
	check_loops(image, 1);

	/* While ours has it, Xen's has to wait, and another of ours for the same disk only. */
	assert_int_equal(bd_block_lock(our_locks, xens_locks, "disk", 4, 100, &locks, &err), 0);
	xens = open(xens_lock, O_RDWR | O_CLOEXEC);
	assert_true(xens >= 0);
	assert_int_equal(flock(xens, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	close(xens);
	xens = -1;
	struct bd_block_locks second = BD_BLOCK_LOCKS_INIT;
	assert_int_equal(bd_block_lock(our_locks, xens_locks, "disk", 4, 100, &second, &err), -1);
	assert_int_equal(err.code, EBUSY);
	assert_int_equal(bd_block_lock(our_locks, xens_locks, "ksid", 4, 100, &second, &err), 0);
	/* The last removes the file. */
	bd_block_unlock(&second);
	assert_int_equal(access(xens_lock, F_OK), 0);
	bd_block_unlock(&locks);
	assert_int_equal(access(xens_lock, F_OK), -1);
}

static void xenstore_that_fails_leaves_nothing(void **state)
{
	(void)state;
	static const char *const names[] = { "physical-device",	     "params",	      "state", "node",
					     "physical-device-path", "hotplug-status" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[80];
		snprintf(path, sizeof(path), "backend/vbd/5/%u/%s", DISK, names[i]);
		here.failing = path;
		assert_int_equal(add(5), -1);
		here.failing = NULL;
		check_loops(image, 0);
		assert_string_equal(node(5, "physical-device"), "");
	}
}

static void loop_devices_can_be_had(void **state)
{
	(void)state;
	print_message("%s\n", geteuid() == 0 ? "there is no /dev/loop-control" : "loop devices need root");
	skip();
}

#define FACT(test) cmocka_unit_test_setup_teardown(test, begin, end)

static void make_places(void)
{
	if (!mkdtemp(folder))
		exit(1);
	snprintf(image, sizeof(image), "%s/image with a blank", folder);
	snprintf(other_image, sizeof(other_image), "%s/other", folder);
	snprintf(mounts, sizeof(mounts), "%s/mountinfo", folder);
	snprintf(bus, sizeof(bus), "%s/bus", folder);
	snprintf(our_locks, sizeof(our_locks), "%s/locks", folder);
	snprintf(xens_locks, sizeof(xens_locks), "%s/xen-hotplug", folder);
	snprintf(xens_lock, sizeof(xens_lock), "%s/block", xens_locks);
	if (mkdir(bus, 0700) != 0)
		exit(1);
}

static void remove_places(void)
{
	char lock[80];

	snprintf(lock, sizeof(lock), "%s/hotplug", our_locks);
	unlink(lock);
	unlink(image);
	unlink(other_image);
	unlink(mounts);
	rmdir(bus);
	rmdir(our_locks);
	rmdir(xens_locks);
	if (rmdir(folder) != 0)
		fprintf(stderr, "something is left in %s\n", folder);
}

int main(void)
{
	const struct CMUnitTest facts[] = {
		FACT(a_file_gets_a_loop_device),
		FACT(whether_it_has_direct_io_is_the_filesystems_choice),
		FACT(a_disk_to_be_read_gets_a_read_only_device),
		FACT(a_link_to_a_file_is_followed),
		FACT(remove_detaches_it),
		FACT(a_file_that_was_removed_is_detached_too),
		FACT(what_the_driver_has_is_detached_when_it_closes_it),
		FACT(remove_waits_for_no_driver),
		FACT(without_sight_of_a_driver_it_stays_until_remove),
		FACT(a_driver_that_fails_leaves_nothing),
		FACT(a_second_guest_does_not_get_it),
		FACT(readers_share_it),
		FACT(sharing_on_purpose_is_not_checked),
		FACT(what_dom0_has_mounted_is_not_given),
		FACT(a_file_that_nobody_may_write_to_is_not_written_to),
		FACT(what_is_not_there_is_said),
		FACT(what_other_helpers_of_xens_script_do_is_left_to_it),
		FACT(a_backend_that_is_closing_gets_nothing),
		FACT(a_second_call_does_nothing),
		FACT(a_block_device_is_given_as_it_is),
		FACT(a_loop_device_and_its_file_are_one_disk),
		FACT(of_many_at_once_one_gets_it),
		FACT(many_at_once_get_devices_of_their_own),
		FACT(one_that_is_killed_leaves_nothing),
		FACT(one_that_is_killed_before_the_driver_came_leaves_nothing),
		FACT(a_device_that_has_become_anothers_stays),
		FACT(only_loop_devices_are_detached),
		FACT(xens_script_and_ours_wait_for_each_other),
		FACT(xenstore_that_fails_leaves_nothing),
	};
	const struct CMUnitTest without[] = { cmocka_unit_test(loop_devices_can_be_had) };
	if (!can_have_loops())
		return cmocka_run_group_tests(without, NULL, NULL);
	make_places();
	int failed = cmocka_run_group_tests(facts, NULL, NULL);
	remove_places();
	return failed;
}
