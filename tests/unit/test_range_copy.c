/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about base/file/range_copy.h, and about how much of an image is shared on a filesystem that can. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "base/file/range_copy.h"
#include "base/process/cancel.h"
#include "disk/prepared_image.h"
#include "sealed_checks.h"
#include "populate_checks.h"

#define BEGIN 1000 /* of the filesystem in the image */

static int from = -1, to = -1;
static struct bd_range_copy copy;
static uint64_t reported;

static void note(uint64_t bytes_done)
{
	reported = bytes_done;
}

/* A payload of so many blocks, and an empty image. */
static void begin_copy(uint64_t blocks, int flags)
{
	uint8_t bytes[BLOCK];
	from = open("payload", O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	for (uint64_t i = 0; i < blocks; i++) {
		fill_block(bytes, i);
		assert_int_equal(pwrite(from, bytes, sizeof(bytes), (off_t)(i * BLOCK)), sizeof(bytes));
	}
	make_sparse("image", 2 * blocks * BLOCK + BEGIN);
	to = open("image", O_RDWR | O_CLOEXEC | flags);
	assert_true(to >= 0);
	bd_range_copy_init(&copy, from, to, BEGIN);
	copy.progress = note;
	reported = 0;
}

static void end_copy(void)
{
	bd_range_copy_dispose(&copy);
	bd_range_copy_dispose(&copy);
	close(from);
	close(to);
}

static int put(uint64_t from_block, uint64_t to_block, uint64_t count)
{
	return bd_range_copy_add(&copy, from_block * BLOCK, to_block * BLOCK, count * BLOCK, &err);
}

/* Block `at` of the image is block `number` of the payload. */
static void assert_block(uint64_t at, uint64_t number)
{
	uint8_t expected[BLOCK], found[BLOCK];
	fill_block(expected, number);
	assert_int_equal(pread(to, found, BLOCK, (off_t)(BEGIN + at * BLOCK)), BLOCK);
	assert_memory_equal(found, expected, BLOCK);
}

static void assert_hole(uint64_t at)
{
	static const uint8_t zeros[BLOCK];
	uint8_t found[BLOCK];
	assert_int_equal(pread(to, found, BLOCK, (off_t)(BEGIN + at * BLOCK)), BLOCK);
	assert_memory_equal(found, zeros, BLOCK);
}

static void neighbours_wait_for_each_other(void **state)
{
	(void)state;
	begin_copy(100, 0);
	assert_int_equal(put(0, 10, 5), 0);
	assert_int_equal(put(5, 15, 5), 0);
	assert_int_equal(reported, 0);
	assert_int_equal(copy.size_bytes, 10 * BLOCK);
	assert_int_equal(put(10, 21, 5), 0); /* next in the payload, not in the image */
	assert_int_equal(reported, 10 * BLOCK);
	assert_int_equal(put(20, 26, 5), 0); /* the reverse */
	assert_int_equal(reported, 15 * BLOCK);
	assert_int_equal(bd_range_copy_finish(&copy, &err), 0);
	assert_int_equal(bd_range_copy_finish(&copy, &err), 0);
	assert_int_equal(reported, 20 * BLOCK);
	for (uint64_t i = 0; i < 10; i++)
		assert_block(10 + i, i);
	assert_hole(9);
	assert_hole(20);
	assert_block(21, 10);
	assert_block(25, 14);
	assert_block(30, 24);
	assert_hole(31);
	end_copy();
}

static void a_long_run_goes_in_pieces(void **state)
{
	(void)state;
	begin_copy(10000, 0);
	assert_int_equal(put(0, 3, 10000), 0);
	assert_int_equal(bd_range_copy_finish(&copy, &err), 0);
	assert_int_equal(reported, 10000 * BLOCK);
	for (uint64_t i = 0; i < 10000; i++)
		assert_block(3 + i, i);
	end_copy();
}

static void what_the_kernel_does_not_copy_goes_through_memory(void **state)
{
	(void)state;
	begin_copy(1000, 0);
	/* copy_file_range(2) takes no device. */
	close(from);
	from = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	copy.from_fd = from;
	assert_int_equal(put(0, 0, 700), 0);
	assert_int_equal(bd_range_copy_finish(&copy, &err), 0);
	assert_int_equal(copy.way, BD_COPY_MEMORY);
	assert_int_equal(reported, 700 * BLOCK);
	assert_hole(0);
	end_copy();

	begin_copy(1000, 0);
	copy.way = BD_COPY_MEMORY;
	assert_int_equal(put(1, 0, 999), 0);
	assert_int_equal(bd_range_copy_finish(&copy, &err), 0);
	for (uint64_t i = 0; i < 999; i++)
		assert_block(i, i + 1);
	end_copy();
}

static void a_payload_that_is_too_short_is_an_error(void **state)
{
	(void)state;
	begin_copy(10, 0);
	assert_int_equal(put(5, 0, 6), 0);
	assert_int_equal(bd_range_copy_finish(&copy, &err), -1);
	assert_int_equal(err.code, EIO);
	assert_non_null(strstr(err.message, "payload is truncated"));
	end_copy();
}

static void a_full_disk_is_an_error(void **state)
{
	(void)state;
	if (!can_mount())
		skip();
	assert_int_equal(mkdir("full", 0700), 0);
	RUN("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "full");
	for (int way = BD_COPY_SHARE; way <= BD_COPY_MEMORY; way++) {
		begin_copy(1000, 0);
		close(to);
		make_sparse("full/image", 8 * MIB);
		to = open("full/image", O_RDWR | O_CLOEXEC);
		copy.to_fd = to;
		copy.way = (enum bd_copy_way)way;
		assert_int_equal(put(0, 0, 1000), 0);
		assert_int_equal(bd_range_copy_finish(&copy, &err), -1);
		assert_int_equal(err.code, ENOSPC);
		end_copy();
	}
	RUN("umount", "full");
}

static void places_tell_where_everything_went(void **state)
{
	uint64_t places[6];
	(void)state;
	for (int i = 0; i < 6; i++) {
		begin_copy(20, 0);
		copy.there_already = i == 5;
		switch (i) {
		case 0:
		case 5:
			assert_int_equal(put(0, 10, 10), 0);
			assert_int_equal(put(10, 30, 1), 0);
			break;
		case 1: /* in smaller parts */
			assert_int_equal(put(0, 10, 4), 0);
			assert_int_equal(put(4, 14, 6), 0);
			assert_int_equal(put(10, 30, 1), 0);
			break;
		case 2: /* one of them left out */
			assert_int_equal(put(0, 10, 4), 0);
			assert_int_equal(bd_range_copy_skip(&copy, 4 * BLOCK, 14 * BLOCK, 6 * BLOCK, &err), 0);
			assert_int_equal(put(10, 30, 1), 0);
			break;
		case 3: /* elsewhere */
			assert_int_equal(put(0, 10, 10), 0);
			assert_int_equal(put(10, 31, 1), 0);
			break;
		default: /* without the end */
			assert_int_equal(put(0, 10, 10), 0);
		}
		assert_int_equal(bd_range_copy_finish(&copy, &err), 0);
		places[i] = bd_range_copy_places(&copy);
		assert_int_equal(bd_range_copy_places(&copy), places[i]);
		if (i == 5)
			assert_hole(10);
		end_copy();
	}
	assert_int_equal(places[1], places[0]);
	assert_int_equal(places[2], places[0]);
	assert_int_equal(places[5], places[0]);
	assert_int_not_equal(places[3], places[0]);
	assert_int_not_equal(places[4], places[0]);
}

/* ---- on XFS ---- */

/* Mounts an XFS of 1 GiB at "xfs", and makes it the working directory. */
static bool enter_xfs(void)
{
	char ignored[4096];
	if (!can_mount())
		return false;
	if (bd_find_program("mkfs.xfs", ignored, sizeof(ignored), &err) != 0) {
		print_message("# not shared: mkfs.xfs is not installed\n");
		return false;
	}
	make_sparse("disk", GIB);
	RUN("mkfs.xfs", "-q", "-m", "reflink=1", "disk");
	assert_int_equal(mkdir("xfs", 0700), 0);
	RUN("mount", "-o", "loop", "disk", "xfs");
	assert_int_equal(chdir("xfs"), 0);
	return true;
}

static void leave_xfs(void)
{
	forget_pack();
	assert_int_equal(chdir(".."), 0);
	RUN("umount", "xfs");
}

static uint64_t used_bytes(void)
{
	struct statvfs st;
	RUN("sync", "-f", ".");
	assert_int_equal(statvfs(".", &st), 0);
	return (uint64_t)(st.f_blocks - st.f_bfree) * st.f_frsize;
}

/* Bytes of the file in extents that other files have too. */
static uint64_t shared_bytes(const char *path)
{
	static struct {
		struct fiemap map;
		struct fiemap_extent extents[4096];
	} answer;
	uint64_t shared = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	answer.map =
		(struct fiemap){ .fm_length = UINT64_MAX, .fm_extent_count = 4096, .fm_flags = FIEMAP_FLAG_SYNC };
	assert_int_equal(ioctl(fd, FS_IOC_FIEMAP, &answer.map), 0);
	for (unsigned i = 0; i < answer.map.fm_mapped_extents; i++)
		if (answer.extents[i].fe_flags & FIEMAP_EXTENT_SHARED)
			shared += answer.extents[i].fe_length;
	close(fd);
	return shared;
}

static void seal_100_mib(void)
{
	char path[32];
	begin_pack();
	for (int i = 0; i < 500; i++) {
		snprintf(path, sizeof(path), "d%d/f%d", i % 20, i);
		seal_dense(path, 50);
	}
	finish_pack();
}

static void assert_content_of_some(const char *image, uint64_t offset_bytes)
{
	uint8_t bytes[BLOCK];
	for (int i = 0; i < 500; i += 99) {
		char request[64];
		snprintf(request, sizeof(request), "dump /d%d/f%d found", i % 20, i);
		RUN("debugfs", "-R", request, at_offset(image, offset_bytes));
		int fd = open("found", O_RDONLY | O_CLOEXEC);
		for (uint64_t block = 0; block < 50; block++) {
			uint8_t expected[BLOCK];
			fill_block(expected, block);
			assert_int_equal(pread(fd, bytes, BLOCK, (off_t)(block * BLOCK)), BLOCK);
			assert_memory_equal(bytes, expected, BLOCK);
		}
		close(fd);
		assert_int_equal(unlink("found"), 0);
	}
}

static void on_xfs_a_guest_shares_the_templates_blocks(void **state)
{
	(void)state;
	if (!enter_xfs())
		skip();
	seal_100_mib();
	uint64_t before = used_bytes();
	write_image("image", MIB, 400 * MIB);
	check_clean("image", MIB);
	uint64_t after = used_bytes();
	print_message("# %llu KiB are new\n", (unsigned long long)((after - before) / KIB));
	assert_true(after - before < 8 * MIB);
	assert_true(shared_bytes("image") >= 500 * 50 * BLOCK);
	assert_content_of_some("image", MIB);
	leave_xfs();
}

/* Made, not cloned: that works on any filesystem. */
static void a_prepared_image_is_of_one_template_and_nobody_elses_to_write(void **state)
{
	const struct bd_prepared_image_source source = { .sealed = &sealed,
							 .text = "its checksums",
							 .base_time = BASE_TIME };
	struct bd_prepared_image_source other = source;
	struct timespec now[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
	struct stat before, after;

	(void)state;
	begin_pack();
	seal_dense("file", 10);
	finish_pack();
	int master = open("master", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_int_equal(bd_prepared_image_make("master", master, 16 * MIB, &source, NULL, &err), 0);
	assert_true(bd_prepared_image_is_of(master, 16 * MIB, &source));
	assert_false(bd_prepared_image_is_of(master, 16 * MIB - BLOCK, &source));
	other.text = "its checksum";
	assert_false(bd_prepared_image_is_of(master, 16 * MIB, &other));
	other = source;
	other.base_time++;
	assert_false(bd_prepared_image_is_of(master, 16 * MIB, &other));
	/* To use it is no change. */
	assert_int_equal(fstat(master, &before), 0);
	before.st_mtim.tv_sec = 1000000000;
	assert_int_equal(futimens(master, (struct timespec[]){ before.st_atim, before.st_mtim }), 0);
	assert_true(bd_prepared_image_is_of(master, 16 * MIB, &source));
	bd_prepared_image_note_use(master);
	assert_int_equal(fstat(master, &after), 0);
	assert_true(after.st_mtim.tv_sec > before.st_mtim.tv_sec);
	assert_true(bd_prepared_image_is_of(master, 16 * MIB, &source));
	/* To write to it is one, to touch it too. */
	assert_int_equal(pwrite(master, "x", 1, 5 * MIB), 1);
	assert_false(bd_prepared_image_is_of(master, 16 * MIB, &source));
	bd_prepared_image_note_use(master);
	assert_int_equal(futimens(master, now), 0);
	assert_false(bd_prepared_image_is_of(master, 16 * MIB, &source));
	close(master);
}

static void on_xfs_a_clone_takes_less(void **state)
{
	(void)state;
	if (!enter_xfs())
		skip();
	seal_100_mib();
	struct bd_base_layout layout;
	const struct bd_prepared_image_source source = { .sealed = &sealed,
							 .text = "its checksums",
							 .base_time = BASE_TIME };
	int master = open("master", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_int_equal(bd_prepared_image_make("master", master, 400 * MIB, &source, NULL, &err), 0);
	check_clean("master", 0);
	assert_true(bd_prepared_image_is_of(master, 400 * MIB, &source));
	uint64_t before = used_bytes();
	make_sparse("clone", 401 * MIB);
	int fd = open("clone", O_RDWR | O_CLOEXEC);
	assert_int_equal(bd_prepared_image_clone(master, 401 * MIB, fd, MIB, &layout, &err), -1);
	assert_int_equal(err.code, ENOTSUP);
	assert_int_equal(bd_prepared_image_clone(master, 400 * MIB, fd, MIB, &layout, &err), 0);
	close(master);
	struct bd_ext3_params params = params_for(MIB, 400 * MIB);
	memset(params.uuid, 0x33, sizeof(params.uuid));
	assert_int_equal(bd_tree_add_text(&tree, "/hostname", 0644, "web01", &err), 0);
	assert_int_equal(bd_tree_add_dir(&tree, "/d1", 0755, &err), 0);
	assert_int_equal(bd_tree_add_text(&tree, "/d1/f1", 0644, "other", &err), 0);
	struct bd_ext3_files files = { .base = &sealed,
				       .tree = &tree,
				       .fd = fd,
				       .base_time = BASE_TIME,
				       .is_clone = true,
				       .clone_layout = layout };
	assert_int_equal(bd_ext3_write("clone", &params, &files, NULL, NULL, &err), 0);
	uint64_t after = used_bytes();
	print_message("# %llu KiB are new\n", (unsigned long long)((after - before) / KIB));
	assert_true(after - before < MIB);
	check_clean("clone", MIB);
	assert_content_of_some("clone", MIB);
	/* Laid out for another template. */
	files.clone_layout.places++;
	assert_int_equal(bd_ext3_write("clone", &params, &files, NULL, NULL, &err), -1);
	assert_int_equal(err.code, ESTALE);
	close(fd);
	leave_xfs();
}

static void on_xfs_what_lies_across_blocks_is_copied(void **state)
{
	(void)state;
	if (!enter_xfs())
		skip();
	seal_100_mib();
	write_image("image", CYLINDER, 400 * MIB);
	check_clean("image", CYLINDER);
	assert_int_equal(shared_bytes("image"), 0);
	assert_content_of_some("image", CYLINDER);
	leave_xfs();
}

static void interrupt(uint64_t bytes_done)
{
	(void)bytes_done;
	raise(SIGTERM);
}

/* In a child, as a signal that was seen stays seen. */
static void a_signal_ends_it_after_the_piece(void **state)
{
	int status;
	(void)state;
	begin_copy(10000, 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		copy.progress = interrupt;
		_exit(!(bd_cancel_init(&err) == 0 && put(0, 0, 10000) == 0 && bd_range_copy_finish(&copy, &err) < 0 &&
			err.code == BD_ECANCELED && copy.done_bytes == BD_COPY_PIECE_BYTES));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	end_copy();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_place_folder, leave_place_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(neighbours_wait_for_each_other),
		TEST(a_long_run_goes_in_pieces),
		TEST(what_the_kernel_does_not_copy_goes_through_memory),
		TEST(a_payload_that_is_too_short_is_an_error),
		TEST(a_full_disk_is_an_error),
		TEST(places_tell_where_everything_went),
		TEST(on_xfs_a_guest_shares_the_templates_blocks),
		TEST(a_prepared_image_is_of_one_template_and_nobody_elses_to_write),
		TEST(on_xfs_a_clone_takes_less),
		TEST(on_xfs_what_lies_across_blocks_is_copied),
		TEST(a_signal_ends_it_after_the_piece),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
