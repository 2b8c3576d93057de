/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about the room and the memory that a sealed template takes: what does not fit is told beforehand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ext3/writer/populate_dir.h"
#include "sealed_checks.h"
#include "populate_checks.h"

static void seal_some_of_everything(void)
{
	static char value[1000];
	char path[300], target[200];
	struct bd_xattr xattr = { "user.v", value, sizeof(value) };
	memset(value, 'v', sizeof(value));
	memset(target, 't', sizeof(target));
	target[199] = '\0';
	begin_pack();
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(path, sizeof(path), "long-names/%0250u", i);
		seal_bytes(path, "", 0);
	}
	for (unsigned i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "files/%u", i);
		seal_dense(path, 20);
		snprintf(path, sizeof(path), "links/%u", i);
		seal_meta(path, &(struct bd_file_meta){ .mode = S_IFLNK | 0777, .target = target });
		snprintf(path, sizeof(path), "attributes/%u", i);
		seal_meta(path, &(struct bd_file_meta){ .mode = S_IFREG, .xattrs = &xattr, .xattr_count = 1 });
	}
	finish_pack();
}

static uint64_t missing_kib(void)
{
	const char *text = strstr(err.message, " KiB are missing");
	assert_non_null(text);
	while (text > err.message && text[-1] >= '0' && text[-1] <= '9')
		text--;
	return strtoull(text, NULL, 10);
}

static void what_does_not_fit_is_refused_and_the_message_says_by_how_much(void **state)
{
	(void)state;
	seal_some_of_everything();
	uint64_t size = 16 * MIB;
	assert_not_written(size, ENOSPC, "KiB are missing");
	uint64_t missing = missing_kib() * KIB;
	print_message("# missing %llu KiB\n", (unsigned long long)(missing / KIB));
	write_image("image", MIB, size + missing);
	check_clean("image", MIB);
	assert_true(geometry.free_block_count * BLOCK < missing / 10);
	assert_not_written(size + missing * 9 / 10, ENOSPC, "KiB are missing");
}

/* At 128 MiB its journal becomes four times as large. */
static void what_is_missing_counts_a_larger_journal(void **state)
{
	(void)state;
	begin_pack();
	seal_dense("dense", 118 * MIB / BLOCK);
	finish_pack();
	uint64_t size = 120 * MIB;
	assert_not_written(size, ENOSPC, "KiB are missing");
	uint64_t missing = missing_kib() * KIB;
	assert_true(size + missing > 128 * MIB);
	write_image("image", MIB, size + missing);
	assert_not_written(size + missing * 9 / 10, ENOSPC, "KiB are missing");
}

static void whether_it_fits_is_told_without_writing(void **state)
{
	struct bd_ext3_params params = params_for(MIB, 16 * MIB);
	struct bd_ext3_files files = { .base = &sealed, .tree = &tree, .fd = -1, .only_check = true };
	(void)state;
	begin_pack();
	seal_dense("dense", 2000);
	finish_pack();
	make_sparse("image", 17 * MIB);
	assert_int_equal(bd_ext3_write("image", &params, &files, NULL, NULL, &err), 0);
	assert_int_equal(allocated_bytes("image"), 0);
	params.size_bytes = 8 * MIB;
	assert_int_equal(bd_ext3_write("image", &params, &files, NULL, NULL, &err), -1);
	assert_int_equal(err.code, ENOSPC);
	assert_int_equal(allocated_bytes("image"), 0);
}

static void assert_never_fits(int code, const char *part_of_message)
{
	assert_int_equal(bd_ext3_check_files(&sealed, &tree, &err), -1);
	assert_int_equal(err.code, code);
	if (!strstr(err.message, part_of_message))
		fail_msg("'%s' is not in: %s", part_of_message, err.message);
	assert_not_written(64 * MIB, code, part_of_message);
}

/* Whoever seals a template can ask, without a disk. */
static void what_no_size_helps_with_is_told_at_once(void **state)
{
	char path[100];
	(void)state;
	seal_some_of_everything();
	assert_int_equal(bd_ext3_check_files(&sealed, &tree, &err), 0);
	begin_pack();
	seal_dense("dense", 40 * MIB / BLOCK);
	finish_pack();
	assert_int_equal(bd_ext3_check_files(&sealed, &tree, &err), 0);
	begin_pack();
	seal_text("lost+found", "a file");
	finish_pack();
	assert_never_fits(ENOTDIR, "/lost+found must be a directory");
	begin_pack();
	seal_meta("dev/odd", &(struct bd_file_meta){ .mode = S_IFCHR, .rdev_major = 4096 });
	finish_pack();
	assert_never_fits(EINVAL,
			  "cannot write /dev/odd of the template into the guest's filesystem: ext3 cannot store");
	begin_pack();
	seal_meta("etc/huge", &(struct bd_file_meta){ .mode = S_IFREG, .size_bytes = UINT64_C(3) << 40 });
	finish_pack();
	assert_never_fits(EFBIG, "/etc/huge");
	begin_pack();
	seal_text("d/0", "linked");
	for (unsigned i = 1; i <= 65000; i++) {
		snprintf(path, sizeof(path), "d/%u", i);
		seal_hard_link(path, "d/0");
	}
	finish_pack();
	assert_never_fits(EMLINK, "it has 65001 links");
	begin_pack();
	for (unsigned i = 0; i <= 64998; i++) {
		snprintf(path, sizeof(path), "full/%u", i);
		seal_dir(path);
	}
	finish_pack();
	assert_never_fits(EMLINK, "/full of the template");
}

/* e2fsck takes more for damage. Eight million names in a test would take too long. */
static void a_directory_has_no_more_than_2_GiB(void **state)
{
	struct bd_dir_sum sum = { .bytes = UINT64_C(1500) << 20, .longest = 264 };
	struct ext2_super_block super = { 0 };
	struct struct_ext2_filsys fs = { .blocksize = BLOCK, .super = &super };
	(void)state;
	assert_int_equal(bd_populate_check_dir(&fs, 0, &sum, &err), 0);
	sum.bytes = UINT64_C(2) << 30;
	assert_int_equal(bd_populate_check_dir(&fs, 0, &sum, &err), -1);
	assert_int_equal(err.code, EFBIG);
	assert_non_null(strstr(err.message, "an ext3 directory can have 2048"));
}

/* At every size the room is known before anything is written. */
static void no_size_is_found_too_small_only_in_the_end(void **state)
{
	(void)state;
	seal_some_of_everything();
	assert_int_equal(bd_tree_add_dir(&tree, "/long-names", 0755, &err), 0);
	for (unsigned i = 0; i < 100; i++) {
		char path[300];
		snprintf(path, sizeof(path), "/long-names/new-%0240u", i);
		assert_int_equal(bd_tree_add_text(&tree, path, 0644, "new", &err), 0);
	}
	bool fits = false;
	for (uint64_t size = 28 * MIB; size < 38 * MIB; size += 64 * KIB) {
		make_sparse("image", MIB + size);
		int r = try_write("image", MIB, size);
		if (r < 0) {
			assert_false(fits);
			assert_int_equal(err.code, ENOSPC);
			assert_non_null(strstr(err.message, "KiB are missing"));
			assert_int_equal(allocated_bytes("image"), 0);
		} else if (!fits) {
			check_clean("image", MIB);
			print_message("# %llu blocks are free\n", (unsigned long long)geometry.free_block_count);
			fits = true;
		}
	}
	assert_true(fits);
}

static void it_can_be_filled_to_the_last_inode(void **state)
{
	char path[64];
	(void)state;
	begin_pack();
	finish_pack();
	write_image("image", MIB, 8 * MIB);
	for (unsigned more = 0; more < 2; more++) {
		begin_pack();
		for (unsigned i = 0; i < geometry.inode_count - 11 + more; i++) {
			snprintf(path, sizeof(path), "%u", i);
			seal_bytes(path, "", 0);
		}
		finish_pack();
		if (more) {
			assert_not_written(8 * MIB, ENOSPC, "files");
		} else {
			write_image("image", MIB, 8 * MIB);
			check_clean("image", MIB);
			assert_debugfs("stats", "Free inodes:              0");
		}
	}
	uint64_t missing = missing_kib() * KIB;
	assert_true(missing < MIB);
	write_image("image", MIB, 8 * MIB + missing);
}

static void other_blocks_than_the_templates_are_refused(void **state)
{
	struct bd_ext3_params params = params_for(MIB, 64 * MIB);
	(void)state;
	begin_pack();
	finish_pack();
	make_sparse("image", 65 * MIB);
	params.block_size = 1024;
	struct bd_ext3_files files = { .base = &sealed, .fd = -1 };
	assert_int_equal(bd_ext3_write("image", &params, &files, NULL, NULL, &err), -1);
	assert_int_equal(err.code, EINVAL);
	assert_int_equal(allocated_bytes("image"), 0);
}

static uint64_t last_progress;

static void note_progress(uint64_t bytes_done)
{
	assert_true(bytes_done >= last_progress);
	last_progress = bytes_done;
}

static void progress_goes_on_from_the_template_to_the_tree(void **state)
{
	struct bd_ext3_params params = params_for(MIB, 64 * MIB);
	(void)state;
	begin_pack();
	seal_dense("dense", 2000);
	finish_pack();
	assert_int_equal(bd_tree_add_text(&tree, "/new", 0644, "new", &err), 0);
	make_sparse("image", 65 * MIB);
	int fd = open("image", O_RDWR | O_CLOEXEC);
	struct bd_ext3_files files = { .base = &sealed, .tree = &tree, .fd = fd };
	last_progress = 0;
	assert_int_equal(bd_ext3_write("image", &params, &files, note_progress, NULL, &err), 0);
	assert_int_equal(last_progress, 2000 * BLOCK + 3);
	close(fd);
}

/* ---- memory ---- */

/* What main does when it is called again: fills an image from the published template, and says what it took at most. The
 * program's name alone is what it takes for nothing. */
static int fill(bool nothing)
{
	tree = (struct bd_tree){ 0 };
	if (!nothing && bd_sealed_open(&sealed, open("tree", O_RDONLY), open("payload", O_RDONLY), &err) < 0)
		return 1;
	if (!nothing)
		make_sparse("image", MIB + 8 * GIB);
	if (!nothing && try_write("image", MIB, 8 * GIB) < 0)
		return 1;
	/* Unlike getrusage(2)'s, this one begins with the program. */
	char line[256];
	FILE *status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof(line), status))
		if (strncmp(line, "VmHWM:", 6) == 0)
			printf("%s", line + 6);
	return !status || fclose(status) != 0;
}

static long peak_kib(void)
{
	char program[4096] = "";
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(bd_sealed_writer_publish(writer, fd, &err), 0);
	close(fd);
	assert_true(readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
	RUN(program, "nothing");
	long nothing = strtol(output, NULL, 10);
	RUN(program, "fill");
	long kib = strtol(output, NULL, 10);
	print_message("# %ld KiB, %ld of them for nothing\n", kib, nothing);
	assert_true(nothing > 0 && kib > nothing);
#ifdef __SANITIZE_ADDRESS__
	return 0; /* which keeps what was freed */
#else
	return kib - nothing;
#endif
}

/* The block cache has up to 16 MiB. */
static void many_files_take_little_memory(void **state)
{
	char path[64];
	(void)state;
	begin_pack();
	for (unsigned i = 0; i < 300000; i++) {
		snprintf(path, sizeof(path), "usr/share/d%u/some-file-%u", i / 30, i);
		seal_bytes(path, path, i % 10 ? 0 : 10);
	}
	finish_pack();
	assert_true(peak_kib() < (16 + 8) * 1024);
	check_clean("image", MIB);
}

static void a_large_directory_takes_little_memory(void **state)
{
	char path[64];
	(void)state;
	begin_pack();
	for (unsigned i = 0; i < 300000; i++) {
		snprintf(path, sizeof(path), "many/some-file-%u", i);
		seal_bytes(path, "", 0);
	}
	finish_pack();
	assert_true(peak_kib() < (16 + 32) * 1024);
	check_clean("image", MIB);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_place_folder, leave_place_folder)

int main(int argc, char **argv)
{
	if (argc == 2)
		return fill(!strcmp(argv[1], "nothing"));
	const struct CMUnitTest tests[] = {
		TEST(what_does_not_fit_is_refused_and_the_message_says_by_how_much),
		TEST(what_is_missing_counts_a_larger_journal),
		TEST(whether_it_fits_is_told_without_writing),
		TEST(what_no_size_helps_with_is_told_at_once),
		TEST(a_directory_has_no_more_than_2_GiB),
		TEST(no_size_is_found_too_small_only_in_the_end),
		TEST(it_can_be_filled_to_the_last_inode),
		TEST(other_blocks_than_the_templates_are_refused),
		TEST(progress_goes_on_from_the_template_to_the_tree),
		TEST(many_files_take_little_memory),
		TEST(a_large_directory_takes_little_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
