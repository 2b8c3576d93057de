/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about disk/plan.h: where the partitions lie. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/parse.h"
#include "disk/plan.h"
#include "ext3/ext3.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define TIB ((uint64_t)1 << 40)

static const enum bd_layout layouts[] = { BD_LAYOUT_ALIGNED, BD_LAYOUT_CYLINDER };

static int try_disk(enum bd_layout layout, uint64_t size, uint64_t swap, struct bd_plan *plan, struct bd_error *err)
{
	return bd_plan_disk(layout, &(struct bd_plan_sizes){ .disk_bytes = size, .swap_bytes = swap }, plan, err);
}

static void plan_disk(enum bd_layout layout, uint64_t size, uint64_t swap, struct bd_plan *plan)
{
	struct bd_error err = BD_ERROR_INIT;

	if (try_disk(layout, size, swap, plan, &err) != 0)
		fail_msg("%s of %llu bytes, swap %llu: %s", bd_layout_name(layout), (unsigned long long)size,
			 (unsigned long long)swap, err.message);
}

static void assert_region(const struct bd_plan *plan, size_t i, enum bd_region_kind kind, uint64_t start,
			  uint64_t count)
{
	assert_true(i < plan->region_count);
	assert_string_equal(bd_region_name(plan->regions[i].kind), bd_region_name(kind));
	assert_int_equal(plan->regions[i].start_lba, start);
	assert_int_equal(plan->regions[i].sector_count, count);
}

/* "Using Big Files As Hard Disks" (2009): dd of 3950 MiB, fdisk, losetup -o 32256, mkfs with 4040316 KiB. */
static void the_article_disk_of_3950_mib_has_503_cylinders(void **state)
{
	struct bd_plan plan;

	(void)state;
	plan_disk(BD_LAYOUT_CYLINDER, 3950 * MIB, 0, &plan);
	assert_int_equal(plan.disk_bytes, 4141875200);
	assert_int_equal(plan.cylinders, 503);
	assert_int_equal(plan.region_count, 4);
	assert_region(&plan, 0, BD_REGION_MBR, 0, 1);
	assert_region(&plan, 1, BD_REGION_BOOT, 1, 62);
	assert_region(&plan, 2, BD_REGION_ROOT, 63, 8080632);
	assert_region(&plan, 3, BD_REGION_UNUSED, 8080695, 8089600 - 8080695);
	assert_int_equal(bd_region_start_bytes(&plan.regions[2]), 32256);
	assert_int_equal(bd_region_bytes(&plan.regions[2]), 4137283584);
	assert_int_equal(bd_region_bytes(&plan.regions[2]) / 1024, 4040316);
	assert_int_equal(bd_region_bytes(&plan.regions[2]) / 4096, 1010079);
}

static void the_cylinder_layout_splits_at_cylinder_borders(void **state)
{
	struct bd_plan plan;

	(void)state;
	plan_disk(BD_LAYOUT_CYLINDER, 3950 * MIB, 256 * MIB, &plan);
	/* 256 MiB are 32.6 cylinders: 33. */
	assert_int_equal(plan.region_count, 5);
	assert_region(&plan, 2, BD_REGION_ROOT, 63, 470 * 16065 - 63);
	assert_region(&plan, 3, BD_REGION_SWAP, 470 * 16065, 33 * 16065);
	assert_region(&plan, 4, BD_REGION_UNUSED, 503 * 16065, 8089600 - 503 * 16065);
}

static void the_aligned_layout_begins_at_one_mib_and_takes_the_rest(void **state)
{
	struct bd_plan plan;

	(void)state;
	plan_disk(BD_LAYOUT_ALIGNED, 4 * GIB, 0, &plan);
	assert_int_equal(plan.region_count, 3);
	assert_region(&plan, 0, BD_REGION_MBR, 0, 1);
	assert_region(&plan, 1, BD_REGION_BOOT, 1, 2047);
	assert_region(&plan, 2, BD_REGION_ROOT, 2048, 8388608 - 2048);
}

static void the_aligned_layout_splits_at_mib_borders(void **state)
{
	struct bd_plan plan;

	(void)state;
	plan_disk(BD_LAYOUT_ALIGNED, 4 * GIB, 512 * MIB, &plan);
	assert_int_equal(plan.region_count, 4);
	assert_region(&plan, 2, BD_REGION_ROOT, 2048, 8388608 - 2048 - 1048576);
	assert_region(&plan, 3, BD_REGION_SWAP, 8388608 - 1048576, 1048576);

	/* Neither the swap size nor the disk's is a whole number of MiB: rounded up, rounded down. */
	plan_disk(BD_LAYOUT_ALIGNED, 100 * MIB + 512, 10 * MIB + 1, &plan);
	assert_int_equal(plan.region_count, 5);
	assert_region(&plan, 2, BD_REGION_ROOT, 2048, 88 * 2048);
	assert_region(&plan, 3, BD_REGION_SWAP, 89 * 2048, 11 * 2048);
	assert_region(&plan, 4, BD_REGION_UNUSED, 100 * 2048, 1);
}

static void two_tib_are_the_most(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bd_error err = BD_ERROR_INIT;
		struct bd_plan plan = { .disk_bytes = 42 };
		assert_int_equal(try_disk(layouts[i], 2 * TIB + 512, 0, &plan, &err), -1);
		assert_int_equal(err.code, EFBIG);
		assert_non_null(strstr(err.message, "2T"));
		assert_int_equal(plan.disk_bytes, 42);
		assert_int_equal(try_disk(layouts[i], UINT64_MAX / 512 * 512, 0, &plan, &err), -1);
		assert_int_equal(err.code, EFBIG);

		plan_disk(layouts[i], 2 * TIB, 0, &plan);
		const struct bd_region *root = bd_plan_find(&plan, BD_REGION_ROOT);
		assert_true(root->start_lba + root->sector_count <= (uint64_t)1 << 32);
		assert_true(root->sector_count <= UINT32_MAX);
	}
}

static void a_disk_is_whole_sectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bd_error err = BD_ERROR_INIT;
		struct bd_plan plan;
		assert_int_equal(try_disk(layouts[i], GIB + 1, 0, &plan, &err), -1);
		assert_int_equal(err.code, EINVAL);
		assert_int_equal(try_disk(layouts[i], UINT64_MAX, 0, &plan, &err), -1);
		assert_int_not_equal(err.code, 0);
	}
}

static void a_disk_that_is_too_small_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (uint64_t size = 0; size <= 8 * MIB; size += MIB) {
			struct bd_error err = BD_ERROR_INIT;
			struct bd_plan plan;
			assert_int_equal(try_disk(layouts[i], size, 0, &plan, &err), -1);
			assert_int_equal(err.code, EINVAL);
		}
}

/* "... the minimum is 9M" */
static uint64_t least_in_message(const char *message)
{
	static const char before[] = "the minimum is ";
	struct bd_error err = BD_ERROR_INIT;
	const char *at = strstr(message, before);
	char size[32];
	uint64_t bytes;

	assert_non_null(at);
	assert_int_equal(sscanf(at + strlen(before), "%31s", size), 1);
	if (bd_parse_size(size, "least", &bytes, &err) != 0)
		fail_msg("no size in: %s", message);
	return bytes;
}

static void the_least_size_that_the_message_names_is_enough(void **state)
{
	static const uint64_t swaps[] = { 0, MIB, 10 * MIB, 64 * MIB, GIB };

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < sizeof(swaps) / sizeof(*swaps); k++) {
			struct bd_error err = BD_ERROR_INIT;
			struct bd_plan plan;
			assert_int_equal(try_disk(layouts[i], MIB, swaps[k], &plan, &err), -1);
			plan_disk(layouts[i], least_in_message(err.message), swaps[k], &plan);
		}
}

static void what_the_plan_accepts_has_room_for_a_filesystem(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (uint64_t sectors = 0; sectors < 80000; sectors += 61) {
			struct bd_error err = BD_ERROR_INIT;
			struct bd_plan plan;
			if (try_disk(layouts[i], sectors * 512, 0, &plan, &err) == 0)
				assert_true(bd_region_bytes(bd_plan_find(&plan, BD_REGION_ROOT)) >=
					    BD_EXT3_MIN_BYTES);
		}
}

static void swap_that_does_not_fit_is_refused_and_never_left_out(void **state)
{
	static const uint64_t swaps[] = { 1,
					  512,
					  MIB - 1,
					  4 * GIB,
					  4 * GIB - 8 * MIB,
					  TIB,
					  UINT64_MAX / 2 + 1,
					  UINT64_MAX - 511,
					  UINT64_MAX - 510,
					  UINT64_MAX - 1,
					  UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < sizeof(swaps) / sizeof(*swaps); k++) {
			struct bd_error err = BD_ERROR_INIT;
			struct bd_plan plan;
			if (try_disk(layouts[i], 4 * GIB, swaps[k], &plan, &err) == 0)
				fail_msg("%s with %llu bytes of swap was accepted", bd_layout_name(layouts[i]),
					 (unsigned long long)swaps[k]);
			assert_true(err.code == EINVAL || err.code == EFBIG);
		}
}

static void partitions_that_are_mounted_lie_before_the_root_and_have_the_numbers_behind_swap(void **state)
{
	/* Rounded up to the next border; tests/cli/mounts.bats has sfdisk read such tables. */
	static const struct {
		uint64_t starts[4], counts[4]; /* by the numbers */
	} expected[] = {
		{ { 43008, 126976, 2048, 22528 }, { 83968, 2048, 20480, 20480 } },
		{ { 64260, 112455, 63, 32130 }, { 48195, 16065, 32067, 32130 } },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct bd_plan_sizes sizes = { .disk_bytes = 63 * MIB + 512,
						     .swap_bytes = MIB,
						     .mount_bytes = { 9 * MIB + 1, 8 * MIB + (i ? 0 : 2 * MIB) },
						     .mount_count = 2 };
		struct bd_error err = BD_ERROR_INIT;
		struct bd_plan plan;
		size_t partitions = 0;

		if (bd_plan_disk(layouts[i], &sizes, &plan, &err) != 0)
			fail_msg("%s", err.message);
		for (size_t at = 0; at < plan.region_count; at++) {
			const struct bd_region *region = &plan.regions[at];
			if (!region->partition)
				continue;
			partitions++;
			assert_int_equal(region->start_lba, expected[i].starts[region->partition - 1]);
			assert_int_equal(region->sector_count, expected[i].counts[region->partition - 1]);
		}
		assert_int_equal(partitions, 4);
		assert_int_equal(bd_plan_mount(&plan, 0)->partition, 3);
		assert_int_equal(bd_plan_mount(&plan, 1)->partition, 4);
		assert_null(bd_plan_mount(&plan, 2));
	}
}

static void partitions_that_do_not_fit_are_refused(void **state)
{
	static const struct bd_plan_sizes refused[] = {
		{ .disk_bytes = 64 * MIB, .mount_bytes = { 56 * MIB }, .mount_count = 1 },
		{ .disk_bytes = 64 * MIB, .mount_bytes = { UINT64_MAX, UINT64_MAX }, .mount_count = 2 },
		{ .disk_bytes = 64 * MIB, .mount_bytes = { 2 * TIB, 2 * TIB, 2 * TIB }, .mount_count = 3 },
		{ .disk_bytes = GIB, .swap_bytes = MIB, .mount_bytes = { MIB, MIB, MIB }, .mount_count = 3 },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < sizeof(refused) / sizeof(*refused); k++) {
			struct bd_error err = BD_ERROR_INIT;
			struct bd_plan plan;
			assert_int_equal(bd_plan_disk(layouts[i], &refused[k], &plan, &err), -1);
			assert_true(err.code == EINVAL || err.code == EFBIG);
		}
}

static void assert_covers(const struct bd_plan *plan, uint64_t swap_bytes)
{
	uint64_t next = 0;

	for (size_t i = 0; i < plan->region_count; i++) {
		assert_int_equal(plan->regions[i].start_lba, next);
		assert_true(plan->regions[i].sector_count > 0);
		next += plan->regions[i].sector_count;
	}
	assert_int_equal(next * 512, plan->disk_bytes);

	const struct bd_region *swap = bd_plan_find(plan, BD_REGION_SWAP);
	const struct bd_region *root = bd_plan_find(plan, BD_REGION_ROOT);
	uint64_t unit = plan->layout == BD_LAYOUT_CYLINDER ? BD_CYLINDER_SECTORS : BD_ALIGNMENT_SECTORS;
	assert_non_null(root);
	assert_int_equal(swap != NULL, swap_bytes != 0);
	if (!swap)
		return;
	assert_true(bd_region_bytes(swap) >= swap_bytes && bd_region_bytes(swap) < swap_bytes + unit * 512);
	assert_int_equal(swap->start_lba % unit, 0);
	assert_int_equal(swap->start_lba, root->start_lba + root->sector_count);
}

static void the_regions_cover_the_disk_without_hole_or_overlap(void **state)
{
	unsigned accepted = 0;

	(void)state;
	srandom(20091207);
	for (unsigned i = 0; i < 20000; i++) {
		struct bd_error err = BD_ERROR_INIT;
		struct bd_plan plan;
		/* Every magnitude from some KiB to 2 TiB. */
		uint64_t sectors = (((uint64_t)random() << 31 | (uint64_t)random()) >> (random() % 40 + 20)) %
				   ((1ull << 32) + 1);
		uint64_t swap = random() % 2 ? 0 : sectors * 512 / (uint64_t)(random() % 20 + 2);
		if (try_disk(layouts[i % 2], sectors * 512, swap, &plan, &err) != 0)
			continue;
		assert_covers(&plan, swap);
		assert_int_equal(plan.cylinders, sectors / 16065);
		accepted++;
	}
	assert_true(accepted > 5000);
}

static void layouts_have_names(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	enum bd_layout layout;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(bd_layout_parse(bd_layout_name(layouts[i]), &layout, &err), 0);
		assert_int_equal(layout, layouts[i]);
	}
	assert_int_equal(bd_layout_parse("Aligned", &layout, &err), -1);
	assert_int_equal(err.code, BD_EUSAGE);
	assert_int_equal(bd_layout_parse("", &layout, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_article_disk_of_3950_mib_has_503_cylinders),
		cmocka_unit_test(the_cylinder_layout_splits_at_cylinder_borders),
		cmocka_unit_test(the_aligned_layout_begins_at_one_mib_and_takes_the_rest),
		cmocka_unit_test(the_aligned_layout_splits_at_mib_borders),
		cmocka_unit_test(two_tib_are_the_most),
		cmocka_unit_test(a_disk_is_whole_sectors),
		cmocka_unit_test(a_disk_that_is_too_small_is_refused),
		cmocka_unit_test(the_least_size_that_the_message_names_is_enough),
		cmocka_unit_test(what_the_plan_accepts_has_room_for_a_filesystem),
		cmocka_unit_test(swap_that_does_not_fit_is_refused_and_never_left_out),
		cmocka_unit_test(partitions_that_are_mounted_lie_before_the_root_and_have_the_numbers_behind_swap),
		cmocka_unit_test(partitions_that_do_not_fit_are_refused),
		cmocka_unit_test(the_regions_cover_the_disk_without_hole_or_overlap),
		cmocka_unit_test(layouts_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
