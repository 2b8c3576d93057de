/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about disk/mbr.h. The goldens are made by sfdisk (util-linux), which writes the same table as fdisk. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/process/run.h"
#include "disk/mbr.h"

#define MIB ((uint64_t)1 << 20)
#define SIGNATURE 0x8badf00du
#define ARTICLE (3950 * MIB)

static struct bd_plan plan_of(enum bd_layout layout, uint64_t size, uint64_t swap)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_plan plan;

	if (bd_plan_disk(layout, &(struct bd_plan_sizes){ .disk_bytes = size, .swap_bytes = swap }, &plan, &err) != 0)
		fail_msg("%s", err.message);
	return plan;
}

/* The sector that sfdisk writes for the plan's partitions into a sparse file of the plan's size. */
static void sfdisk_sector(const struct bd_plan *plan, uint8_t sector_out[512])
{
	const struct bd_region *root = bd_plan_find(plan, BD_REGION_ROOT), *swap = bd_plan_find(plan, BD_REGION_SWAP);
	char path[] = "/tmp/xen-bigdisk-test-mbr-XXXXXX", script[512], output[4096];
	const char *argv[] = { "sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", path, NULL };
	struct bd_error err = BD_ERROR_INIT;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)plan->disk_bytes), 0);
	int n = snprintf(script, sizeof(script),
			 "label: dos\nlabel-id: 0x%08x\nunit: sectors\n\n"
			 "start=%llu, size=%llu, type=83, bootable\n",
			 SIGNATURE, (unsigned long long)root->start_lba, (unsigned long long)root->sector_count);
	if (swap)
		snprintf(script + n, sizeof(script) - (size_t)n, "start=%llu, size=%llu, type=82\n",
			 (unsigned long long)swap->start_lba, (unsigned long long)swap->sector_count);
	int r = bd_run(
		&(struct bd_run){
			.argv = argv, .stdin_text = script, .output = output, .output_size = sizeof(output) },
		&err);
	ssize_t got = pread(fd, sector_out, 512, 0);
	close(fd);
	unlink(path);
	if (r != 0)
		fail_msg("%s; %s", err.message, output);
	assert_int_equal(got, 512);
}

static void the_table_is_byte_for_byte_that_of_sfdisk(void **state)
{
	static const struct {
		enum bd_layout layout;
		uint64_t size, swap;
	} rows[] = {
		{ BD_LAYOUT_CYLINDER, ARTICLE, 0 },
		{ BD_LAYOUT_CYLINDER, ARTICLE, 512 * MIB },
		{ BD_LAYOUT_CYLINDER, 64 * MIB, 0 },
		{ BD_LAYOUT_CYLINDER, 64 * MIB, 8 * MIB },
		/* the last cylinder with an address of its own, and the first without */
		{ BD_LAYOUT_CYLINDER, 1024ull * 16065 * 512, 0 },
		{ BD_LAYOUT_CYLINDER, 1025ull * 16065 * 512, 0 },
		{ BD_LAYOUT_CYLINDER, 1025ull * 16065 * 512, 8 * MIB },
		{ BD_LAYOUT_CYLINDER, 100 * 1024 * MIB, 4096 * MIB },
		{ BD_LAYOUT_ALIGNED, 9 * MIB, 0 },
		{ BD_LAYOUT_ALIGNED, 64 * MIB, 0 },
		{ BD_LAYOUT_ALIGNED, 64 * MIB, 8 * MIB },
		{ BD_LAYOUT_ALIGNED, 4096 * MIB, 0 },
		{ BD_LAYOUT_ALIGNED, 8032 * MIB, 0 },
		{ BD_LAYOUT_ALIGNED, 8033 * MIB, 8 * MIB },
		{ BD_LAYOUT_ALIGNED, 100 * 1024 * MIB, 4096 * MIB },
		{ BD_LAYOUT_ALIGNED, (uint64_t)2 << 40, 0 },
		{ BD_LAYOUT_CYLINDER, (uint64_t)2 << 40, 1024 * MIB },
	};
	struct bd_error err = BD_ERROR_INIT;
	char path[4096];

	(void)state;
	if (bd_find_program("sfdisk", path, sizeof(path), &err) != 0) {
		print_message("sfdisk is not installed\n");
		skip();
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t theirs[512], ours[512];
		struct bd_plan plan = plan_of(rows[i].layout, rows[i].size, rows[i].swap);
		sfdisk_sector(&plan, theirs);
		bd_mbr_encode(&plan, SIGNATURE, NULL, ours);
		for (unsigned at = 440; at < 512; at++)
			if (ours[at] != theirs[at])
				fail_msg("row %zu (%s, %llu bytes): byte %u is %02x, sfdisk writes %02x", i,
					 bd_layout_name(rows[i].layout), (unsigned long long)rows[i].size, at,
					 ours[at], theirs[at]);
	}
}

/* printf 'label: dos\nlabel-id: 0x8badf00d\nunit: sectors\n\nstart=63,size=8080632,type=83,bootable\n' | sfdisk FILE
 * on a file of 3950 MiB (util-linux 2.38): xxd -s 440. */
static void the_article_disk_has_these_bytes(void **state)
{
	static const uint8_t golden[72] = {
		0x0d, 0xf0, 0xad, 0x8b, 0x00, 0x00, 0x80, 0x01, 0x01, 0x00, 0x83,	 0xfe,
		0x7f, 0xf6, 0x3f, 0x00, 0x00, 0x00, 0xf8, 0x4c, 0x7b, 0x00, [70] = 0x55, 0xaa,
	};
	struct bd_plan plan = plan_of(BD_LAYOUT_CYLINDER, ARTICLE, 0);
	uint8_t sector[512];

	(void)state;
	bd_mbr_encode(&plan, SIGNATURE, NULL, sector);
	assert_memory_equal(sector + 440, golden, sizeof(golden));
}

static void boot_code_fills_the_first_440_bytes_and_no_more(void **state)
{
	struct bd_plan plan = plan_of(BD_LAYOUT_ALIGNED, 64 * MIB, 0);
	uint8_t code[BD_MBR_BOOT_CODE_BYTES], sector[512], without[512];

	(void)state;
	memset(code, 0xcc, sizeof(code));
	bd_mbr_encode(&plan, SIGNATURE, code, sector);
	bd_mbr_encode(&plan, SIGNATURE, NULL, without);
	assert_memory_equal(sector, code, 440);
	assert_memory_equal(sector + 440, without + 440, 72);
	for (unsigned i = 0; i < 440; i++)
		assert_int_equal(without[i], 0);
}

static void only_partition_1_is_active(void **state)
{
	struct bd_plan plan = plan_of(BD_LAYOUT_ALIGNED, 64 * MIB, 8 * MIB);
	uint8_t sector[512];

	(void)state;
	bd_mbr_encode(&plan, SIGNATURE, NULL, sector);
	assert_int_equal(sector[446], 0x80);
	assert_int_equal(sector[446 + 4], 0x83);
	assert_int_equal(sector[462], 0);
	assert_int_equal(sector[462 + 4], 0x82);
	for (unsigned i = 478; i < 510; i++)
		assert_int_equal(sector[i], 0);
}

static void what_was_encoded_is_decoded(void **state)
{
	struct bd_plan plan = plan_of(BD_LAYOUT_CYLINDER, 64 * MIB, 8 * MIB);
	const struct bd_region *root = bd_plan_find(&plan, BD_REGION_ROOT),
			       *swap = bd_plan_find(&plan, BD_REGION_SWAP);
	struct bd_mbr_partition partitions[BD_MBR_PARTITIONS];
	uint8_t sector[512];

	(void)state;
	bd_mbr_encode(&plan, SIGNATURE, NULL, sector);
	assert_true(bd_mbr_decode(sector, partitions));
	assert_int_equal(partitions[0].type, 0x83);
	assert_int_equal(partitions[0].start_lba, 63);
	assert_int_equal(partitions[0].sector_count, root->sector_count);
	assert_int_equal(partitions[1].type, 0x82);
	assert_int_equal(partitions[1].start_lba, swap->start_lba);
	assert_int_equal(partitions[2].type, 0);
	assert_int_equal(partitions[3].type, 0);
}

static void the_first_partition_need_not_be_in_the_first_entry(void **state)
{
	struct bd_plan plan = plan_of(BD_LAYOUT_ALIGNED, 64 * MIB, 8 * MIB);
	struct bd_mbr_partition partitions[BD_MBR_PARTITIONS];
	uint8_t sector[512];

	(void)state;
	bd_mbr_encode(&plan, SIGNATURE, NULL, sector);
	memset(sector + 446, 0, 16);
	assert_true(bd_mbr_decode(sector, partitions));
	assert_int_equal(partitions[0].type, 0x82);
}

static void what_is_no_partition_table_is_none(void **state)
{
	struct bd_plan plan = plan_of(BD_LAYOUT_ALIGNED, 64 * MIB, 0);
	struct bd_mbr_partition partitions[BD_MBR_PARTITIONS];
	uint8_t sector[512] = { 0 };

	(void)state;
	assert_false(bd_mbr_decode(sector, partitions));
	sector[510] = 0x55;
	sector[511] = 0xaa;
	assert_false(bd_mbr_decode(sector, partitions)); /* empty */
	memset(sector + 3, 'x', 507);
	assert_false(bd_mbr_decode(sector, partitions)); /* a filesystem's boot sector */
	bd_mbr_encode(&plan, SIGNATURE, NULL, sector);
	assert_true(bd_mbr_decode(sector, partitions));
	sector[511] = 0;
	assert_false(bd_mbr_decode(sector, partitions));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_byte_for_byte_that_of_sfdisk),
		cmocka_unit_test(the_article_disk_has_these_bytes),
		cmocka_unit_test(boot_code_fills_the_first_440_bytes_and_no_more),
		cmocka_unit_test(only_partition_1_is_active),
		cmocka_unit_test(what_was_encoded_is_decoded),
		cmocka_unit_test(the_first_partition_need_not_be_in_the_first_entry),
		cmocka_unit_test(what_is_no_partition_table_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
