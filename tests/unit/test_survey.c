/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about the survey of a disk image: how gaps are filled (inside/survey/regions.h), which boot loader there is
 * (disk/boot_code.h), where a file has data (disk/data_ranges.h), and what goes where on a map (cli/image/map_model.h). */
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
#include "base/cleanup.h"
#include "cli/image/map_model.h"
#include "cli/image/words.h"
#include "inside/survey/regions.h"

/* Of kind and bytes; ends with one of no size. */
static struct bd_survey filled(const struct bd_survey_region *regions, uint64_t size_bytes)
{
	struct bd_survey survey = { .size_bytes = size_bytes, .table = BD_SURVEY_MBR };
	struct bd_error err = BD_ERROR_INIT;

	while (regions[survey.region_count].size_bytes)
		survey.region_count++;
	survey.regions = calloc(survey.region_count + 1, sizeof(*survey.regions));
	memcpy(survey.regions, regions, survey.region_count * sizeof(*regions));
	assert_int_equal(bd_survey_fill(&survey.regions, &survey.region_count, size_bytes, &err), 0);
	return survey;
}

static void assert_region(const struct bd_survey *survey, size_t i, enum bd_survey_region_kind kind, uint64_t start,
			  uint64_t size)
{
	assert_true(i < survey->region_count);
	assert_int_equal(survey->regions[i].kind, kind);
	assert_int_equal(survey->regions[i].start_bytes, start);
	assert_int_equal(survey->regions[i].size_bytes, size);
}

static void gaps_are_unused_and_regions_in_their_order(void **state)
{
	const struct bd_survey_region regions[] = { { .kind = BD_SURVEY_SWAP, .start_bytes = 700, .size_bytes = 200 },
						    { .kind = BD_SURVEY_BOOT_RECORD, .size_bytes = 10 },
						    { .kind = BD_SURVEY_PARTITION, .start_bytes = 100, .size_bytes = 600 },
						    { .size_bytes = 0 } };
	struct bd_survey survey = filled(regions, 1000);
	(void)state;

	assert_int_equal(survey.region_count, 5);
	assert_region(&survey, 0, BD_SURVEY_BOOT_RECORD, 0, 10);
	assert_region(&survey, 1, BD_SURVEY_UNUSED, 10, 90);
	assert_region(&survey, 2, BD_SURVEY_PARTITION, 100, 600);
	assert_region(&survey, 3, BD_SURVEY_SWAP, 700, 200);
	assert_region(&survey, 4, BD_SURVEY_UNUSED, 900, 100);
	free(survey.regions);
}

static void what_overlaps_or_is_outside_is_marked(void **state)
{
	const struct bd_survey_region regions[] = { { .kind = BD_SURVEY_PARTITION, .start_bytes = 100, .size_bytes = 500 },
						    { .kind = BD_SURVEY_PARTITION, .start_bytes = 200, .size_bytes = 100 },
						    { .kind = BD_SURVEY_PARTITION, .start_bytes = 900, .size_bytes = 300 },
						    { .size_bytes = 0 } };
	struct bd_survey survey = filled(regions, 1000);
	(void)state;

	assert_int_equal(survey.region_count, 5);
	assert_false(survey.regions[1].overlaps);
	assert_true(survey.regions[2].overlaps);
	assert_false(survey.regions[2].is_outside);
	/* Not 300 to 900: the first one reaches to 600. */
	assert_region(&survey, 3, BD_SURVEY_UNUSED, 600, 300);
	assert_true(survey.regions[4].is_outside);
	free(survey.regions);
}

static void an_empty_disk_has_no_regions(void **state)
{
	const struct bd_survey_region none = { .size_bytes = 0 };
	struct bd_survey survey = filled(&none, 0);
	(void)state;

	assert_int_equal(survey.region_count, 0);
	free(survey.regions);
}

/* --- the boot loader ---------------------------------------------------------------------------------------------- */

static void boot_loaders_are_told_by_their_own_marks(void **state)
{
	uint8_t sector[BD_SECTOR_BYTES] = { 0 };
	(void)state;

	put_le32(sector + 440, 0x12345678); /* the disk signature is no code */
	assert_int_equal(bd_boot_code_of(sector), BD_BOOT_CODE_NONE);
	sector[0] = 0xfa;
	assert_int_equal(bd_boot_code_of(sector), BD_BOOT_CODE_OTHER);
	memcpy(sector + 0x180, "GRUB ", 5);
	assert_int_equal(bd_boot_code_of(sector), BD_BOOT_CODE_OTHER);
	put_le16(sector, 0x63eb);
	assert_int_equal(bd_boot_code_of(sector), BD_BOOT_CODE_GRUB2);
	sector[0x3e] = 3;
	sector[0x3f] = 2;
	assert_int_equal(bd_boot_code_of(sector), BD_BOOT_CODE_GRUB_LEGACY);
}

static void core_img_ends_where_its_blocklists_do(void **state)
{
	uint8_t gap[62 * BD_SECTOR_BYTES] = { 0 };
	(void)state;

	put_le64(gap + 0x1f4, 2);
	put_le16(gap + 0x1fc, 30);
	assert_int_equal(bd_boot_code_sectors(BD_BOOT_CODE_GRUB2, gap, 62), 31);
	put_le64(gap + 0x1e8, 32);
	put_le16(gap + 0x1f0, 31);
	assert_int_equal(bd_boot_code_sectors(BD_BOOT_CODE_GRUB2, gap, 62), 62);
	/* One beyond the gap, and one elsewhere: what is not zero counts. */
	put_le16(gap + 0x1f0, 32);
	assert_int_equal(bd_boot_code_sectors(BD_BOOT_CODE_GRUB2, gap, 62), 1);
	put_le64(gap + 0x1f4, 1000);
	gap[40 * BD_SECTOR_BYTES + 7] = 1;
	assert_int_equal(bd_boot_code_sectors(BD_BOOT_CODE_GRUB2, gap, 62), 41);
	assert_int_equal(bd_boot_code_sectors(BD_BOOT_CODE_OTHER, gap, 62), 41);
	memset(gap, 0, sizeof(gap));
	assert_int_equal(bd_boot_code_sectors(BD_BOOT_CODE_NONE, gap, 62), 0);
	assert_int_equal(bd_boot_code_sectors(BD_BOOT_CODE_GRUB2, gap, 0), 0);
	/* No list of blocks ever ends. */
	for (size_t i = 0; i < BD_SECTOR_BYTES; i++)
		gap[i] = 0xff;
	assert_int_equal(bd_boot_code_sectors(BD_BOOT_CODE_GRUB2, gap, 62), 1);
}

/* --- data and holes ----------------------------------------------------------------------------------------------- */

static void data_is_counted_in_ranges_of_the_file(void **state)
{
	struct bd_data_range items[] = { { 100, 200 }, { 300, 310 }, { 500, 600 } };
	const struct bd_data_ranges ranges = { .items = items, .count = 3 };
	(void)state;

	assert_int_equal(bd_data_ranges_count(&ranges, 0, 1000), 210);
	assert_int_equal(bd_data_ranges_count(&ranges, 150, 305), 55);
	assert_int_equal(bd_data_ranges_count(&ranges, 200, 300), 0);
	assert_int_equal(bd_data_ranges_count(&ranges, 599, 600), 1);
	assert_int_equal(bd_data_ranges_count(&ranges, 600, 1000), 0);
	assert_int_equal(bd_data_ranges_count(&ranges, 550, 550), 0);
}

static void holes_are_those_of_the_host(void **state)
{
	char path[] = "/tmp/xen-bigdisk-test-survey-XXXXXX", data[65536];
	BD_DISPOSE(bd_data_ranges_dispose) struct bd_data_ranges ranges = { 0 };
	struct bd_error err = BD_ERROR_INIT;
	int fd = mkstemp(path);
	(void)state;

	assert_true(fd >= 0);
	unlink(path);
	memset(data, 1, sizeof(data));
	assert_int_equal(ftruncate(fd, 8 << 20), 0);
	assert_int_equal(pwrite(fd, data, sizeof(data), 1 << 20), sizeof(data));
	assert_int_equal(pwrite(fd, data, sizeof(data), (8 << 20) - (off_t)sizeof(data)), sizeof(data));
	assert_int_equal(bd_data_ranges_read(fd, 8 << 20, &ranges, &err), 0);
	close(fd);
	assert_int_equal(ranges.data_bytes + ranges.hole_bytes, 8 << 20);
	if (ranges.count == 1)
		skip(); /* a filesystem without holes */
	assert_int_equal(ranges.count, 2);
	assert_int_equal(ranges.hole_count, 2);
	assert_int_equal(ranges.data_bytes, 2 * sizeof(data));
}

/* --- the map ------------------------------------------------------------------------------------------------------ */

static void small_regions_are_seen_and_the_others_are_to_scale(void **state)
{
	const struct bd_survey_region regions[] = { { .kind = BD_SURVEY_BOOT_RECORD, .size_bytes = 512 },
						    { .kind = BD_SURVEY_PARTITION, .start_bytes = 512, .size_bytes = 3 << 20 },
						    { .kind = BD_SURVEY_SWAP,
						      .start_bytes = 512 + (3 << 20),
						      .size_bytes = 1 << 20 },
						    { .size_bytes = 0 } };
	struct bd_survey survey = filled(regions, 512 + (4 << 20));
	struct bd_error err = BD_ERROR_INIT;
	struct map_strip strip;
	(void)state;

	assert_int_equal(map_strip_make(&survey, 81, 1, &strip, &err), 0);
	assert_int_equal(strip.count, 3);
	assert_true(strip.spans[0].width == 1 && strip.spans[1].at == 1);
	assert_int_equal((int)(strip.spans[1].width + 0.5), 60);
	assert_int_equal((int)(strip.spans[2].width + 0.5), 20);
	/* There and back. */
	for (uint64_t at = 0; at < strip.size_bytes; at += 100003) {
		double x = map_strip_at(&strip, at);
		uint64_t back = map_strip_bytes(&strip, x + 1e-6);
		assert_true(x >= 0 && x <= 81 && (back > at ? back - at : at - back) < 2);
	}
	assert_int_equal(map_strip_bytes(&strip, 81), strip.size_bytes);
	map_strip_dispose(&strip);
	/* There is no room for a column each. */
	assert_int_equal(map_strip_make(&survey, 2, 1, &strip, &err), 0);
	assert_true(strip.spans[2].at + strip.spans[2].width < 2.001);
	map_strip_dispose(&strip);
	free(survey.regions);
}

static void an_overlapping_region_is_below_the_one_before_it(void **state)
{
	const struct bd_survey_region regions[] = { { .kind = BD_SURVEY_PARTITION, .start_bytes = 0, .size_bytes = 600 },
						    { .kind = BD_SURVEY_PARTITION, .start_bytes = 100, .size_bytes = 100 },
						    { .kind = BD_SURVEY_PARTITION, .start_bytes = 300, .size_bytes = 700 },
						    { .size_bytes = 0 } };
	struct bd_survey survey = filled(regions, 1000);
	struct bd_error err = BD_ERROR_INIT;
	struct map_strip strip;
	(void)state;

	assert_int_equal(map_strip_make(&survey, 100, 1, &strip, &err), 0);
	assert_int_equal(strip.count, 2);
	assert_int_equal(strip.spans[1].start_bytes, 600);
	assert_int_equal(strip.size_bytes, 1000);
	map_strip_dispose(&strip);
	free(survey.regions);
}

static void cells_cover_each_group_and_say_what_most_of_it_is(void **state)
{
	struct bd_survey_group groups[2] = { { .blocks = 8 }, { .blocks = 6 } };
	struct bd_survey_slice slices[8] = { { 2, 2, 2, 0 }, { 2, 2, 0, 1 }, { 2, 1, 0, 0 }, { 2, 0, 0, 0 },
					     { 2, 2, 0, 0 }, { 2, 0, 0, 0 }, { 2, 0, 0, 0 }, { 0, 0, 0, 0 } };
	struct bd_survey_filesystem filesystem = { .groups = groups,
						   .group_count = 2,
						   .slices = slices,
						   .slice_count = 8,
						   .slices_per_group = 4 };
	(void)state;

	assert_int_equal(map_cell_of(&filesystem, 0, 1, 0, 4).use, MAP_METADATA);
	assert_int_equal(map_cell_of(&filesystem, 0, 1, 1, 4).use, MAP_JOURNAL);
	assert_int_equal(map_cell_of(&filesystem, 0, 1, 2, 4).use, MAP_USED);
	assert_true(map_cell_of(&filesystem, 0, 1, 2, 4).fill == 0.5);
	assert_int_equal(map_cell_of(&filesystem, 0, 1, 3, 4).use, MAP_FREE);
	assert_int_equal(map_cell_of(&filesystem, 1, 1, 3, 4).use, MAP_NOTHING);
	assert_true(map_cell_of(&filesystem, 0, 2, 0, 1).fill == 7.0 / 14);
	groups[1].is_unreadable = true;
	assert_int_equal(map_cell_of(&filesystem, 1, 1, 1, 4).use, MAP_UNREADABLE);
}

static void filesystems_are_cut_into_slices_that_cover_them(void **state)
{
	static const struct {
		uint64_t blocks, first;
		uint32_t per_group;
	} sizes[] = { { 15360, 1, 8192 }, { 915697, 0, 32768 }, { 64, 1, 8192 }, { 805306368, 0, 32768 }, { 2, 1, 256 } };
	uint32_t slice = 0, per_group = 0;
	(void)state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint64_t blocks = sizes[i].blocks - sizes[i].first;
		uint64_t groups = (blocks + sizes[i].per_group - 1) / sizes[i].per_group;
		assert_true(bd_survey_cut(sizes[i].blocks, sizes[i].first, sizes[i].per_group, groups, &slice, &per_group));
		uint64_t group = groups == 1 ? blocks : sizes[i].per_group;
		assert_true((uint64_t)slice * per_group >= group && (uint64_t)slice * (per_group - 1) < group);
		assert_true(groups * per_group <= (groups > 2048 ? groups : 2048));
		assert_false(bd_survey_cut(sizes[i].blocks, sizes[i].first, sizes[i].per_group, groups + 1, &slice, &per_group));
	}
	assert_false(bd_survey_cut(100, 1, 0, 1, &slice, &per_group));
	assert_false(bd_survey_cut(1, 1, 8192, 0, &slice, &per_group));
	assert_false(bd_survey_cut(UINT64_MAX, 0, 1, UINT64_MAX, &slice, &per_group));
}

static void sizes_have_three_digits(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} sizes[] = { { 0, "0 bytes" },		  { 512, "512 bytes" },	   { 999, "999 bytes" },
		      { 1000, "0.98 KiB" },	  { 1024, "1 KiB" },	   { 4608, "4.5 KiB" },
		      { 4294967296, "4 GiB" },	  { 1234567890, "1.15 GiB" }, { 1072693248, "1 GiB" },
		      { 107374182400, "100 GiB" } };
	char text[40];
	(void)state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		image_size_text(sizes[i].bytes, text);
		assert_string_equal(text, sizes[i].text);
	}
	image_chs_text(7325639, text);
	assert_string_equal(text, "455/254/63");
	assert_int_equal(image_percent(1, 100000), 1);
	assert_int_equal(image_percent(99999, 100000), 99);
	assert_int_equal(image_percent(0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_are_unused_and_regions_in_their_order),
		cmocka_unit_test(what_overlaps_or_is_outside_is_marked),
		cmocka_unit_test(an_empty_disk_has_no_regions),
		cmocka_unit_test(boot_loaders_are_told_by_their_own_marks),
		cmocka_unit_test(core_img_ends_where_its_blocklists_do),
		cmocka_unit_test(data_is_counted_in_ranges_of_the_file),
		cmocka_unit_test(holes_are_those_of_the_host),
		cmocka_unit_test(small_regions_are_seen_and_the_others_are_to_scale),
		cmocka_unit_test(an_overlapping_region_is_below_the_one_before_it),
		cmocka_unit_test(cells_cover_each_group_and_say_what_most_of_it_is),
		cmocka_unit_test(filesystems_are_cut_into_slices_that_cover_them),
		cmocka_unit_test(sizes_have_three_digits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
