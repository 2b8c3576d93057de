/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about xlcfg/disks.h. The spellings are those of xl-disk-configuration(5), of xen-tools and of xm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "xlcfg/disks.h"

/* All the paths, each with a blank behind it. */
static bool collect(const char *path, void *all)
{
	strcat(strcat(all, path), " ");
	return false;
}

static void the_targets_of_all_spellings_are_found(void **state)
{
	static const struct {
		const char *text, *paths;
	} rows[] = {
		{ "disk = [ \"format=raw, vdev=xvda, access=rw, target=/dev/vg/a\" ]", "/dev/vg/a " },
		{ "disk=['/dev/vg/a,raw,xvda,rw']", "/dev/vg/a " },
		{ "disk = [ 'phy:/dev/vg/a,xvda2,w', 'phy:vg/b,xvda1,w' ]", "/dev/vg/a /dev/vg/b " },
		{ "disk = [ 'file:/srv/a.img,hda,w', \"tap2:aio:/srv/b.img,hdb,r\" ]", "/srv/a.img /srv/b.img " },
		{ "disk = [\n  'format=raw,vdev=xvda,target=/a,b',\n  # '/dev/no'\n  '/c,,xvdb', ]", "/a,b /c " },
		{ "name = '/dev/no'\ndisk += [ ' /dev/vg/a , raw, xvda ' ]\nkernel = \"/dev/no\"\n", "/dev/vg/a " },
		{ "disk = [ 'vdev=hdc, devtype=cdrom, access=ro' ]", "" },
		{ "disk = [ \"/dev/disk/by-path/pci-0000:00:1f.2-ata-1,raw,sda\" ]",
		  "/dev/disk/by-path/pci-0000:00:1f.2-ata-1 " },
		{ "disk = [ 'vdev=xvda, access=rw, /srv/a.img', 'discard,phy:vg/b,,xvdb' ]",
		  "/srv/a.img /dev/vg/b " },
		{ "disk = [ 'vdev=hdc,cdrom', ',raw,hdc:cdrom,r', 'format=raw,/srv/a=b.img,xvda' ]",
		  "/srv/a=b.img " },
		{ "disk = [ \"target=/a \\\"b\\\"\" ]", "/a \"b\" " },
		{ "vif = [ 'bridge=/dev/no' ] ; disk = [ '/dev/vg/a,,xvda' ]", "/dev/vg/a " },
		{ "mydisk = [ '/dev/no' ]\ndisks = [ '/dev/no' ]\n#disk = [ '/dev/no,,xvda' ]\n", "" },
		{ "disk = [ 'unfinished", "/dev/unfinished " },
		{ "disk = '/dev/vg/a\n/dev/no'", "/dev/vg/a " },
		{ "", "" },
		{ "=", "" },
		{ "disk", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char all[256] = "";
		assert_false(bd_xlcfg_find_disk(rows[i].text, collect, all));
		assert_string_equal(all, rows[i].paths);
	}
}

static bool is_b(const char *path, void *calls)
{
	++*(int *)calls;
	return strcmp(path, "/dev/b") == 0;
}

static void the_first_match_ends_the_search(void **state)
{
	int calls = 0;

	(void)state;
	assert_true(bd_xlcfg_find_disk("disk = [ '/dev/a,,xvda', '/dev/b,,xvdb', '/dev/c,,xvdc' ]", is_b, &calls));
	assert_int_equal(calls, 2);
}

static void a_string_without_end_is_cut(void **state)
{
	static char text[20000] = "disk = [ '/dev/";
	int calls = 0;

	(void)state;
	memset(text + strlen(text), 'x', sizeof(text) - strlen(text) - 1);
	assert_false(bd_xlcfg_find_disk(text, is_b, &calls));
	assert_int_equal(calls, 1);
}

static void read_only_disks_and_cds_are_not_written(void **state)
{
	static const struct {
		const char *text;
		bool writes;
	} rows[] = {
		{ "disk = [ 'format=raw, vdev=xvda, access=rw, target=/a' ]", true },
		{ "disk = [ 'format=raw, vdev=xvda, target=/a' ]", true },
		{ "disk = [ '/a,raw,xvda,rw' ]", true },
		{ "disk = [ 'phy:/a,xvda,w' ]", true },
		{ "disk = [ 'format=raw, vdev=xvda, access=ro, target=/a' ]", false },
		{ "disk = [ '/a,raw,xvda,ro' ]", false },
		{ "disk = [ 'file:/a,xvda,r ' ]", false },
		{ "disk = [ 'file:/a,hdc:cdrom,r' ]", false },
		{ "disk = [ 'vdev=hdc, devtype=cdrom, target=/a' ]", false },
		{ "disk = [ '/a,,hdc,cdrom' ]", false },
		{ "disk = [ '/b,raw,xvda,rw' ]", false },
		{ "disk = [ '/a,raw,xvda,ro', '/a,raw,xvdb,rw' ]", true },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (bd_xlcfg_writes_disk(rows[i].text, "/a") != rows[i].writes)
			fail_msg("%s", rows[i].text);
	assert_true(bd_xlcfg_writes_disk("disk = [ 'target=/a,ro' ]", "/a,ro"));
}

static void a_disks_format_is_the_second_part_or_named_or_a_prefix_of_old(void **state)
{
	static const struct {
		const char *spec, *format;
	} rows[] = {
		{ "/a,qcow2,xvda,w", "qcow2" },
		{ " /a , vhd , xvda, w", "vhd" },
		{ "/a,,xvda,w", NULL },
		{ "/a,raw,xvda,w", NULL },
		{ "/a", NULL },
		{ "", NULL },
		{ "format=qcow2, vdev=xvda, access=rw, target=/a", "qcow2" },
		{ "vdev=xvda,format=qed,/a", "qed" },
		{ "vdev=xvda, target=/a,qcow2", NULL },
		{ "vdev=xvda, target=/a,format=qcow2", NULL },
		{ "/qcow2,raw,xvda,w", NULL },
		{ "qcow2,raw,xvda,w", NULL },
		{ "/a,raw,qcow2,w", NULL },
		{ "tap:qcow:/a,xvda,w", "qcow" },
		{ "tap2:qcow2:/a,xvda,w", "qcow2" },
		{ "vdev=xvda, target=vhd:/a", "vhd" },
		{ "phy:/a,xvda,w", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *format = bd_xlcfg_disk_format(rows[i].spec);
		if (!format != !rows[i].format || (format && strcmp(format, rows[i].format) != 0))
			fail_msg("%s: %s", rows[i].spec, format ? format : "raw");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_targets_of_all_spellings_are_found),
		cmocka_unit_test(the_first_match_ends_the_search),
		cmocka_unit_test(a_string_without_end_is_cut),
		cmocka_unit_test(read_only_disks_and_cds_are_not_written),
		cmocka_unit_test(a_disks_format_is_the_second_part_or_named_or_a_prefix_of_old),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
