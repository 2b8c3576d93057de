/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about disk/resize_plan.h: a disk of another size is laid out as bd_plan_disk lays out a new one of that size. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "disk/gpt.h"
#include "disk/mbr.h"
#include "disk/plan.h"
#include "disk/resize_plan.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

static void make_disk(enum bd_layout layout, uint64_t size, uint64_t swap, struct bd_plan *plan, uint8_t *sector)
{
	struct bd_error err = BD_ERROR_INIT;

	if (bd_plan_disk(layout, &(struct bd_plan_sizes){ .disk_bytes = size, .swap_bytes = swap }, plan, &err) != 0)
		fail_msg("%s", err.message);
	bd_mbr_encode(plan, 1, NULL, sector);
}

static void is_as_new(enum bd_layout layout, uint64_t size, uint64_t swap, uint64_t new_size)
{
	struct bd_plan was, wanted;
	struct bd_resize_plan plan;
	uint8_t sector[BD_SECTOR_BYTES], expected[BD_SECTOR_BYTES];
	struct bd_error err = BD_ERROR_INIT;

	make_disk(layout, size, swap, &was, sector);
	make_disk(layout, new_size, swap, &wanted, expected);
	const struct bd_region *root = bd_plan_find(&was, BD_REGION_ROOT);
	if (bd_resize_plan(sector, NULL, true, bd_region_start_bytes(root), new_size, &plan, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(plan.was_sectors, root->sector_count);
	bd_mbr_move(sector, plan.slot, plan.start_lba, plan.sectors);
	assert_int_equal(plan.swap_slot, swap ? 1 : -1);
	if (swap)
		bd_mbr_move(sector, plan.swap_slot, plan.swap_lba, plan.swap_sectors);
	assert_memory_equal(sector, expected, sizeof(sector));
}

static void a_resized_disk_is_laid_out_as_a_new_one(void **state)
{
	static const uint64_t sizes[] = { 64 * MIB, 300 * MIB + 512, 4 * GIB, 64 * GIB, 2048 * GIB };
	static const uint64_t swaps[] = { 0, 8 * MIB };
	(void)state;

	for (size_t from = 0; from < 5; from++)
		for (size_t to = 0; to < 5; to++)
			for (size_t swap = 0; swap < 2; swap++) {
				is_as_new(BD_LAYOUT_ALIGNED, sizes[from], swaps[swap], sizes[to]);
				is_as_new(BD_LAYOUT_CYLINDER, sizes[from], swaps[swap], sizes[to]);
			}
}

static void the_least_disk_has_room_and_one_unit_less_has_not(void **state)
{
	(void)state;
	for (int layout = 0; layout < 2; layout++)
		for (uint64_t swap = 0; swap <= 8 * MIB; swap += 8 * MIB) {
			struct bd_plan was;
			struct bd_resize_plan plan, least;
			uint8_t sector[BD_SECTOR_BYTES];
			struct bd_error err = BD_ERROR_INIT;
			const uint64_t fs_bytes = 100 * MIB + 4096;
			make_disk((enum bd_layout)layout, GIB, swap, &was, sector);
			uint64_t start = bd_region_start_bytes(bd_plan_find(&was, BD_REGION_ROOT));
			assert_int_equal(bd_resize_plan(sector, NULL, true, start, GIB, &plan, &err), 0);
			uint64_t bytes = bd_resize_least_disk(&plan, fs_bytes),
				 unit = plan.unit_sectors * BD_SECTOR_BYTES;
			assert_int_equal(bd_resize_plan(sector, NULL, true, start, bytes, &least, &err), 0);
			assert_true(least.sectors * BD_SECTOR_BYTES >= fs_bytes);
			assert_int_equal(bd_resize_plan(sector, NULL, true, start, bytes - unit, &least, &err), 0);
			assert_true(least.sectors * BD_SECTOR_BYTES < fs_bytes);
		}
}

static void put_gpt_entry(struct bd_gpt *gpt, int slot, bool is_swap, uint64_t start_lba, uint64_t sectors)
{
	static const uint8_t types[2][4] = { { 0xaf, 0x3d, 0xc6, 0x0f }, { 0x6d, 0xfd, 0x57, 0x06 } };
	static const uint8_t rest[12] = { 0xab, 0xa4, 0xc4, 0x43, 0x84, 0xe5, 0x09, 0x33, 0xc8, 0x4b, 0x4f, 0x4f };
	uint8_t *entry = gpt->table + BD_SECTOR_BYTES + (size_t)slot * BD_GPT_ENTRY_BYTES;

	memcpy(entry, types[is_swap], 4);
	memcpy(entry + 4, rest, sizeof(rest));
	bd_gpt_move(gpt, slot, start_lba, sectors);
}

static void in_a_gpt_the_least_disk_has_room_for_the_copy_of_the_table_too(void **state)
{
	const uint64_t fs_bytes = 100 * MIB + 4096;
	uint8_t sector[BD_SECTOR_BYTES] = { 0 };
	struct bd_error err = BD_ERROR_INIT;
	(void)state;

	for (int has_swap = 0; has_swap < 2; has_swap++) {
		struct bd_gpt gpt = { 0 };
		struct bd_resize_plan plan, least;
		put_gpt_entry(&gpt, 3, false, 8192, 200 * MIB / 512);
		put_gpt_entry(&gpt, 14, false, 2048, 4096); /* before it */
		if (has_swap)
			put_gpt_entry(&gpt, 5, true, 8192 + 200 * MIB / 512, 8 * MIB / 512);
		assert_int_equal(bd_resize_plan(sector, &gpt, true, 4 * MIB, GIB, &plan, &err), 0);
		assert_int_equal(plan.slot, 3);
		assert_int_equal(plan.swap_slot, has_swap ? 5 : -1);
		/* Up to the copy; swap begins at a border. */
		assert_int_equal(plan.start_lba + plan.sectors, has_swap ? (GIB - 9 * MIB) / 512 : GIB / 512 - 33);
		uint64_t bytes = bd_resize_least_disk(&plan, fs_bytes);
		assert_int_equal(bd_resize_plan(sector, &gpt, true, 4 * MIB, bytes, &least, &err), 0);
		assert_true(least.sectors * BD_SECTOR_BYTES >= fs_bytes);
		assert_int_equal(bd_resize_plan(sector, &gpt, true, 4 * MIB, bytes - MIB, &least, &err), 0);
		assert_true(least.sectors * BD_SECTOR_BYTES < fs_bytes);
		/* An MBR ends at 2 TiB, a GPT does not. */
		assert_int_equal(bd_resize_plan(sector, &gpt, true, 4 * MIB, 4096 * GIB, &plan, &err), 0);
		put_gpt_entry(&gpt, 6, false, 900 * MIB / 512, 2048);
		assert_int_equal(bd_resize_plan(sector, &gpt, true, 4 * MIB, GIB, &plan, &err), -1);
		assert_int_equal(err.code, ENOTSUP);
	}
}

/* fails CODE: for a disk of 1 GiB with a filesystem at 1 MiB, whose table has been changed. */
static void fails(int code, const uint8_t *sector, uint64_t start_bytes, uint64_t disk_bytes)
{
	struct bd_resize_plan plan;
	struct bd_error err = BD_ERROR_INIT;

	assert_int_equal(bd_resize_plan(sector, NULL, true, start_bytes, disk_bytes, &plan, &err), -1);
	assert_int_equal(err.code, code);
}

static void what_is_refused(void **state)
{
	struct bd_plan was;
	uint8_t sector[BD_SECTOR_BYTES], changed[BD_SECTOR_BYTES];
	(void)state;

	make_disk(BD_LAYOUT_ALIGNED, GIB, 8 * MIB, &was, sector);
	fails(EINVAL, sector, MIB, GIB + 1);
	fails(EINVAL, sector, MIB, 8 * MIB);
	fails(EFBIG, sector, MIB, 2048 * GIB + 512);
	fails(ENOTSUP, sector, 5 * MIB, GIB); /* no partition begins there: a logical one */
	memcpy(changed, sector, sizeof(changed));
	changed[446 + 16 + 4] = 0x83; /* behind it is no swap */
	fails(ENOTSUP, changed, MIB, GIB);
	memcpy(changed, sector, sizeof(changed));
	changed[446 + 4] = 0xee;
	fails(ENOTSUP, changed, MIB, GIB);
	memcpy(changed, sector, sizeof(changed));
	memcpy(changed + 446 + 32, changed + 446 + 16, 16); /* two of them */
	fails(ENOTSUP, changed, MIB, GIB);
	changed[510] = 0;
	fails(ENOTSUP, changed, MIB, GIB);
}

static void a_disk_without_a_table_is_all_filesystem(void **state)
{
	struct bd_resize_plan plan;
	uint8_t sector[BD_SECTOR_BYTES] = { 0 };
	struct bd_error err = BD_ERROR_INIT;
	(void)state;

	assert_int_equal(bd_resize_plan(sector, NULL, false, 0, GIB, &plan, &err), 0);
	assert_int_equal(plan.slot, -1);
	assert_int_equal(plan.sectors, GIB / BD_SECTOR_BYTES);
	assert_int_equal(bd_resize_least_disk(&plan, 1000), 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_resized_disk_is_laid_out_as_a_new_one),
		cmocka_unit_test(the_least_disk_has_room_and_one_unit_less_has_not),
		cmocka_unit_test(in_a_gpt_the_least_disk_has_room_for_the_copy_of_the_table_too),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(a_disk_without_a_table_is_all_filesystem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
