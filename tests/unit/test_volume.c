/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of logical volumes, and what lvs and vgs of LVM 2.03.16 report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "volume/place.h"
#include "volume/report.h"

static void a_place_is_a_group_or_a_thin_pool_in_one(void **state)
{
	struct bd_volume_place place;
	struct bd_error err;

	(void)state;
	assert_int_equal(bd_volume_place_parse("vg0", &place, &err), 0);
	assert_string_equal(place.group, "vg0");
	assert_string_equal(place.pool, "");
	assert_int_equal(bd_volume_place_parse("my-vg.1/thin_pool+", &place, &err), 0);
	assert_string_equal(place.group, "my-vg.1");
	assert_string_equal(place.pool, "thin_pool+");
}

static void what_lvm_does_not_take_for_a_name_is_none(void **state)
{
	static const char *const texts[] = { "",   "-vg",   "vg/", "/vg",    "vg/pool/x", "/dev/vg",   ".",
					     "..", "vg/..", "v g", "vg/p\"", "vg&& x",	  "v\xc3\xa4", "vg,x" };
	char longest[BD_VOLUME_NAME_SIZE + 1];
	struct bd_volume_place place;
	struct bd_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		print_message("%s\n", texts[i]);
		assert_int_equal(bd_volume_place_parse(texts[i], &place, &err), -1);
		assert_int_equal(err.code, BD_EUSAGE);
	}
	memset(longest, 'v', sizeof(longest));
	longest[BD_VOLUME_NAME_SIZE] = '\0';
	assert_int_equal(bd_volume_place_parse(longest, &place, &err), -1);
	longest[BD_VOLUME_NAME_SIZE - 1] = '\0';
	assert_int_equal(bd_volume_place_parse(longest, &place, &err), 0);
	assert_string_equal(place.group, longest);
}

static void names_that_lvm_keeps_for_itself_are_refused(void **state)
{
	struct bd_error err;

	(void)state;
	assert_int_equal(bd_volume_check_name("web01.example", &err), 0);
	assert_int_equal(bd_volume_check_name("my-snapshot", &err), 0);
	assert_int_equal(bd_volume_check_name("snapshot1", &err), -1);
	assert_int_equal(bd_volume_check_name("pvmove", &err), -1);
	assert_int_equal(err.code, BD_EUSAGE);
}

static void a_path_is_split_where_it_has_the_form_of_a_volume_s(void **state)
{
	static const char *const others[] = { "/dev/sda", "/dev/mapper/vg-web", "/dev/disk/by-id/x", "/srv/vg/web",
					      "vg/web",	  "/dev/vg/",		"/dev//web",	     "" };
	char group[BD_VOLUME_NAME_SIZE], name[BD_VOLUME_NAME_SIZE], path[BD_VOLUME_PATH_SIZE];

	(void)state;
	bd_volume_path("vg0", "web01", path);
	assert_string_equal(path, "/dev/vg0/web01");
	assert_true(bd_volume_path_split(path, group, name));
	assert_string_equal(group, "vg0");
	assert_string_equal(name, "web01");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		print_message("%s\n", others[i]);
		assert_false(bd_volume_path_split(others[i], group, name));
	}
}

/* As lvs printed it, with -o BD_VOLUME_COLUMNS. */
static const char volumes_text[] =
	"  {\n      \"report\": [\n          {\n              \"lv\": [\n"
	"                  {\"vg_name\":\"vg0\", \"lv_name\":\"snap\", \"pool_lv\":\"th\", \"lv_size\":\"268435456\", "
	"\"lv_tags\":\"xen-bigdisk,xen-bigdisk.unfinished,a=12/345\", \"lv_layout\":\"thin,sparse\", \"zero\":\"zero\", "
	"\"vg_free\":\"1820327936\", \"vg_extent_size\":\"4194304\"},\n"
	"                  {\"vg_name\":\"vg0\", \"lv_name\":\"th\", \"pool_lv\":\"\", \"lv_size\":\"314572800\", \"lv_tags\":\"\", "
	"\"lv_layout\":\"thin,pool\", \"zero\":\"\", \"vg_free\":\"1820327936\", \"vg_extent_size\":\"4194304\"}\n"
	"              ]\n          }\n      ]\n  }\n";

static void a_report_is_read(void **state)
{
	struct bd_volumes volumes;
	struct bd_error err;
	char value[8];

	(void)state;
	assert_int_equal(bd_volumes_parse(volumes_text, strlen(volumes_text), &volumes, &err), 0);
	assert_int_equal(volumes.count, 2);
	const struct bd_volume *snap = &volumes.items[0], *pool = &volumes.items[1];
	assert_string_equal(snap->group, "vg0");
	assert_string_equal(snap->name, "snap");
	assert_string_equal(snap->pool, "th");
	assert_int_equal(snap->size_bytes, 268435456);
	assert_int_equal(snap->group_free_bytes, 1820327936);
	assert_int_equal(snap->group_extent_bytes, 4194304);
	assert_true(snap->zeroes);
	assert_false(pool->zeroes);
	assert_true(bd_volume_is_pool(pool));
	assert_false(bd_volume_is_pool(snap));
	assert_true(bd_volume_has_tag(snap, "xen-bigdisk"));
	assert_true(bd_volume_has_tag(snap, "xen-bigdisk.unfinished"));
	assert_false(bd_volume_has_tag(snap, "xen-bigdisk.unfin"));
	assert_false(bd_volume_has_tag(pool, "xen-bigdisk"));
	assert_true(bd_volume_tag_value(snap, "a=", value, sizeof(value)));
	assert_string_equal(value, "12/345");
	assert_false(bd_volume_tag_value(snap, "a=", value, 4)); /* it has no room */
	assert_false(bd_volume_tag_value(snap, "b=", value, sizeof(value)));
	bd_volumes_dispose(&volumes);
}

static void a_group_is_read_and_an_empty_report_too(void **state)
{
	static const char group[] = "{\"report\": [{\"vg\": [{\"vg_name\":\"vg0\", \"vg_free\":\"4194304\", "
				    "\"vg_extent_size\":\"4194304\"}]}]}",
			  none[] = "{\"report\": [{\"lv\": []}]}";
	struct bd_volumes volumes;
	struct bd_error err;

	(void)state;
	assert_int_equal(bd_volumes_parse(group, strlen(group), &volumes, &err), 0);
	assert_int_equal(volumes.count, 1);
	assert_int_equal(volumes.items[0].group_free_bytes, 4194304);
	bd_volumes_dispose(&volumes);
	assert_int_equal(bd_volumes_parse(none, strlen(none), &volumes, &err), 0);
	assert_int_equal(volumes.count, 0);
}

static void what_is_no_report_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"{}",
		"{\"report\": []}",
		"{\"report\": [{\"lv\": 1}]}",
		"{\"report\": [{\"lv\": [1]}]}",
		"{\"report\": [{\"lv\": [{\"lv_name\":\"a\", \"lv_size\":\"1.5\"}]}]}",
		"{\"report\": [{\"lv\": [{\"lv_name\":\"a\", \"lv_size\":\"99999999999999999999\"}]}]}",
	};
	struct bd_volumes volumes;
	struct bd_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		print_message("%s\n", texts[i]);
		assert_int_equal(bd_volumes_parse(texts[i], strlen(texts[i]), &volumes, &err), -1);
		assert_int_equal(err.code, EINVAL);
	}
}

static void ranges_of_all_segments_are_joined(void **state)
{
	static const char text[] = "{\"report\": [{\"seg\": [{\"seg_pe_ranges\":\"/dev/sdb:77-101\"}, "
				   "{\"seg_pe_ranges\":\"/dev/sdb:5-9 /dev/sdc:0-3\"}]}]}",
			  none[] = "{\"report\": [{\"seg\": []}]}";
	struct bd_error err;
	char *ranges;

	(void)state;
	assert_int_equal(bd_volume_ranges_parse(text, strlen(text), &ranges, &err), 0);
	assert_string_equal(ranges, "/dev/sdb:77-101 /dev/sdb:5-9 /dev/sdc:0-3");
	free(ranges);
	assert_int_equal(bd_volume_ranges_parse(none, strlen(none), &ranges, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_a_group_or_a_thin_pool_in_one),
		cmocka_unit_test(what_lvm_does_not_take_for_a_name_is_none),
		cmocka_unit_test(names_that_lvm_keeps_for_itself_are_refused),
		cmocka_unit_test(a_path_is_split_where_it_has_the_form_of_a_volume_s),
		cmocka_unit_test(a_report_is_read),
		cmocka_unit_test(a_group_is_read_and_an_empty_report_too),
		cmocka_unit_test(what_is_no_report_is_refused),
		cmocka_unit_test(ranges_of_all_segments_are_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
