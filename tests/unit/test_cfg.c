/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about xlcfg/read.h. What a config means is what libxlutil, xl's own parser, makes of it: where the library is
 * there, every text of these tests that xl takes is given to it too. The test runs in the top folder.
 *
 * $BD_TEST_MUTATIONS: how many damaged texts are tried [20000]. */
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file/file.h"
#include "base/parse.h"
#include "cfg_checks.h"
#include "xlcfg/edit.h"
#include "xlcfg/folder.h"
#include "xlu_checks.h"

/* xl takes the text, and key has that value; NULL: it is not set. */
static void xl_agrees(const char *text, const char *key, const char *value)
{
	char *theirs;

	if (!ask_xl(text, key, &theirs) && xlu.init)
		fail_msg("xl does not take:\n%s", text);
	if (xlu.init && (!value != !theirs || (value && strcmp(theirs, value) != 0)))
		fail_msg("to xl %s is \"%s\", not \"%s\", in:\n%s", key, theirs ? theirs : "(none)",
			 value ? value : "(none)", text);
	free(theirs);
}

static void a_name_is_found_in_every_spelling(void **state)
{
	static const struct {
		const char *text, *name;
	} rows[] = {
		{ "name = \"web01\"\n", "web01" },
		{ "name='web01'\n", "web01" },
		{ "\n\n\t name\t=\t'web01' # the shop\n", "web01" },
		{ "vcpus=2;name='web01';memory=5\n", "web01" },
		{ "name = \"a#b\"\n", "a#b" },
		{ "name = 'a\\'b\"c'\n", "a'b\"c" },
		{ "name = \"a\\tb\\\\\"\n", "a\tb\\" },
		{ "name = 'one'\nname = 'two'\n", "two" },
		{ "#name = 'one'\n", NULL },
		{ "xname = 'one'\nname_x = 'two'\n", NULL },
		{ "disk = [ 'a', \n 'name=x',\n # name = 'no'\n ]\nname = 'web01'\n", "web01" },
		{ "disk = [ [ 'a' ], [ 'b', ], ]\nname = 'web01'\n", "web01" },
		{ "disk = [ ]\nname = 'web01'\n", "web01" },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_cfg cfg = parsed(rows[i].text);
		if (!rows[i].name != !cfg.name || (cfg.name && strcmp(cfg.name, rows[i].name) != 0))
			fail_msg("\"%s\" instead of \"%s\" in:\n%s", cfg.name ? cfg.name : "(none)",
				 rows[i].name ? rows[i].name : "(none)", rows[i].text);
		xl_agrees(rows[i].text, "name", rows[i].name);
		bd_cfg_dispose(&cfg);
	}
}

static void numbers_are_as_strtoul_reads_them_quoted_or_not(void **state)
{
	static const struct {
		const char *text;
		uint64_t memory_mib;
		uint32_t vcpus;
	} rows[] = {
		{ "memory = 512\nvcpus = 2\n", 512, 2 },
		{ "memory = \"512\"\nvcpus = '2'\n", 512, 2 },
		{ "memory = 0x200\nvcpus = 02\n", 512, 2 },
		{ "memory = 256\nmemory = 1024\n", 1024, 0 },
		{ "memory = lots\nvcpus = '-1'\n", 0, 0 },
		{ "memory = 99999999999999999999999\nvcpus = 4294967296\n", 0, 0 },
		{ "memory = 512MB\nvcpus = ''\n", 0, 0 },
		{ "memory =\nvcpus\n", 0, 0 },
		{ "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_cfg cfg = parsed(rows[i].text);
		assert_int_equal(cfg.memory_mib, rows[i].memory_mib);
		assert_int_equal(cfg.vcpus, rows[i].vcpus);
		bd_cfg_dispose(&cfg);
	}
}

/* xl.cfg(5), "Selecting Guest Type". */
static void what_is_added_to_a_text_is_what_xl_makes_of_it(void **state)
{
	static const struct {
		const char *text, *name;
	} rows[] = {
		{ "name = \"web\"\nname += \"01\"\n", "web01" },
		{ "name += 'web'\nname += \"0\"; name += 1\n", "web01" },
		{ "name = 'a'\nname += 'b'\nname = 'web'\nname += '01'\n", "web01" },
		{ "name = 'web01'\nname += ''\n", "web01" },
		{ "name = ''\nname += \"web\"\n", "web" },
		{ "name = 6\nname += 4\n", "64" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		struct bd_cfg cfg = { 0 };
		char *said = NULL;
		assert_int_equal(bd_cfg_parse(rows[i].text, &cfg, &err), 0);
		assert_string_equal(cfg.name, rows[i].name);
		if (xlu.init) {
			assert_true(ask_xl(rows[i].text, "name", &said));
			assert_string_equal(said, rows[i].name);
		}
		free(said);
		bd_cfg_dispose(&cfg);
	}
}

static void lists_and_numbers_are_added_to_as_well(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_cfg cfg = { 0 };

	(void)state;
	assert_int_equal(
		bd_cfg_parse(
			"name = 'a'\nmemory = 6\nmemory += '4'\nvcpus += 2\nkernel = '/k/'\nkernel += 'vmlinuz'\n"
			"disk = [ '/d/a.img,raw,xvda,w' ]\ndisk += [ '/d/b.img,raw,xvdb,w' ]\n",
			&cfg, &err),
		0);
	assert_int_equal(cfg.memory_mib, 64);
	assert_int_equal(cfg.vcpus, 2);
	assert_string_equal(cfg.kernel, "/k/vmlinuz");
	assert_int_equal(cfg.disk_count, 2);
	assert_string_equal(cfg.disks[0], "/d/a.img");
	assert_string_equal(cfg.disks[1], "/d/b.img");
	bd_cfg_dispose(&cfg);
}

static void a_text_that_was_added_to_is_changed_as_a_whole(void **state)
{
	static const struct bd_cfg_change changes[] = { { "name", "\"shop\"" } };
	struct bd_error err = BD_ERROR_INIT;
	char *text = NULL;

	(void)state;
	assert_int_equal(bd_cfg_edit("name = \"web\" # a\nname += \"01\"\nmemory = 64\n", changes, 1, &text, &err),
			 0);
	assert_string_equal(text, "name = \"shop\" # a\nmemory = 64\n");
	free(text);
}

static void the_type_is_what_xl_takes_it_for(void **state)
{
	static const struct {
		const char *text, *type;
	} rows[] = {
		{ "type = 'pvh'", "pvh" },
		{ "type = 'hvm'", "hvm" },
		{ "type = 'pv'\nbuilder = 'hvm'", "pv" },
		{ "builder = 'hvm'", "hvm" },
		{ "builder = 'generic'", "pv" },
		{ "builder = 'linux'\nkernel = '/boot/vmlinuz'", "pv" },
		{ "pvh = 1", "pvh" },
		{ "pvh = 0", "pv" },
		{ "bootloader = 'pygrub'", "pv" },
		{ "type = 'something longer'", "pv" },
		{ "", "pv" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_cfg cfg = parsed(rows[i].text);
		assert_string_equal(cfg.type, rows[i].type);
		bd_cfg_dispose(&cfg);
	}
}

static void all_that_a_guest_has_is_read(void **state)
{
	struct bd_cfg cfg = parsed("# web01\n"
				   "# xen-bigdisk: template=debian-12 address=192.0.2.12/24 address6=2001:db8::12/64 "
				   "fleet=shop later=x\n"
				   "name = 'web01'\nuuid = '6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f60'\n"
				   "kernel = '/k'\nramdisk = '/r'\nbootloader = 'pygrub'\n"
				   "disk = [ 'format=raw, vdev=xvda, access=rw, target=/srv/a,b.img',\n"
				   "         'vdev=hdc, devtype=cdrom', ]\n"
				   "disk += [ 'phy:vg/data,xvdb,w' ]\n"
				   "vif = [ 'mac=00:16:3E:12:34:56, bridge=xenbr0', 'bridge=br1 , model=e1000',\n"
				   "        '', 'mac=nonsense,bridge=a-name-that-is-too-long' ]\n");

	(void)state;
	assert_true(cfg.has_uuid);
	assert_int_equal(cfg.uuid[0], 0x6d);
	assert_int_equal(cfg.uuid[15], 0x60);
	assert_string_equal(cfg.kernel, "/k");
	assert_string_equal(cfg.ramdisk, "/r");
	assert_string_equal(cfg.bootloader, "pygrub");
	assert_int_equal(cfg.disk_count, 2);
	assert_string_equal(cfg.disks[0], "/srv/a,b.img");
	assert_string_equal(cfg.disks[1], "/dev/vg/data");
	assert_int_equal(cfg.vif_count, 4);
	assert_true(cfg.vifs[0].has_mac);
	assert_int_equal(cfg.vifs[0].mac[2], 0x3e);
	assert_string_equal(cfg.vifs[0].bridge, "xenbr0");
	assert_false(cfg.vifs[1].has_mac);
	assert_string_equal(cfg.vifs[1].bridge, "br1");
	assert_string_equal(cfg.vifs[2].bridge, "");
	assert_false(cfg.vifs[3].has_mac);
	assert_string_equal(cfg.vifs[3].bridge, "");
	assert_string_equal(cfg.template, "debian-12");
	assert_string_equal(cfg.address, "192.0.2.12/24");
	assert_string_equal(cfg.address6, "2001:db8::12/64");
	assert_string_equal(cfg.fleet, "shop");
	bd_cfg_dispose(&cfg);
	bd_cfg_dispose(&cfg);
}

static void our_comment_is_read_wherever_it_stands_alone(void **state)
{
	static const struct {
		const char *text, *template;
	} rows[] = {
		{ "#xen-bigdisk:template=a\n", "a" },
		{ "## xen-bigdisk: x=1  template=a\t\n", "a" },
		{ "name = 'b' # xen-bigdisk: template=a", "a" },
		{ "# xen-bigdisk: template=a\r\nname = 'b'\r\n", "a" },
		{ "# xen-bigdisk: template=a\n# xen-bigdisk: template=b\n", "b" },
		{ "# xen-bigdisk: template=a=b\n", "a=b" },
		{ "# made by xen-bigdisk: template=a\n", NULL },
		{ "# xen-bigdisk: templates=a template a=template\n", NULL },
		{ "name = '# xen-bigdisk: template=a'\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_cfg cfg = parsed(rows[i].text);
		if (!rows[i].template != !cfg.template ||
		    (cfg.template && strcmp(cfg.template, rows[i].template) != 0))
			fail_msg("\"%s\" in: %s", cfg.template ? cfg.template : "(none)", rows[i].text);
		bd_cfg_dispose(&cfg);
	}
}

static void what_has_no_end_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *part;
	} rows[] = {
		{ "memory = 5\nname = \"web01\nvcpus = 1\n", "line 2" },
		{ "\n\nname = 'web01", "line 3" },
		{ "name = 'web01\\'\n", "line 1" },
		{ "disk = [ 'a',\n'b'\nname = 'c'\n", "line 1" },
		{ "name = 'a'\ndisk = [ [ 'a' ]", "line 2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		struct bd_cfg cfg = { 0 };
		assert_int_equal(bd_cfg_parse(rows[i].text, &cfg, &err), -1);
		assert_int_equal(err.code, EINVAL);
		if (!strstr(err.message, rows[i].part))
			fail_msg("\"%s\" does not say %s", err.message, rows[i].part);
	}
}

static char *edited(const char *text, const char *key, const char *value)
{
	struct bd_cfg_change change = { key, value };
	struct bd_error err = BD_ERROR_INIT;
	char *changed;

	if (bd_cfg_edit(text, &change, 1, &changed, &err) != 0)
		fail_msg("%s, in:\n%s", err.message, text);
	return changed;
}

static void a_key_is_changed_in_its_place_and_nothing_else_is(void **state)
{
	static const struct {
		const char *text, *value, *changed;
	} rows[] = {
		{ "# a\nmemory = 256  # MiB\nvcpus = 1\n", "512", "# a\nmemory = 512  # MiB\nvcpus = 1\n" },
		{ "memory=\"256\";vcpus=1\n", "512", "memory=512;vcpus=1\n" },
		{ "vcpus=1;  memory=256;name='a'\n", "512", "vcpus=1;  memory=512;name='a'\n" },
		{ "memory=1\nmemory=2\n", "512", "memory=1\nmemory=512\n" },
		{ "memory = [ 1,\n # two\n 2 ] # list\nvcpus = 1\n", "512", "memory = 512 # list\nvcpus = 1\n" },
		{ "memory = [ 1 ]\nmemory += [ 2 ]\nname = 'a'\n", "512", "memory = 512\nname = 'a'\n" },
		{ "vcpus = 1\n", "512", "vcpus = 1\nmemory = 512\n" },
		{ "vcpus = 1", "512", "vcpus = 1\nmemory = 512\n" },
		{ "", "512", "memory = 512\n" },
		{ "#memory = 1\nmaxmemory = 'memory = 2'\n", "512",
		  "#memory = 1\nmaxmemory = 'memory = 2'\nmemory = 512\n" },
		{ "memory = 256\nvcpus = 1\n", NULL, "vcpus = 1\n" },
		{ "vcpus = 1\n  memory = 256\t\n", NULL, "vcpus = 1\n" },
		{ "vcpus = 1; memory = 256; name = 'a'\n", NULL, "vcpus = 1; name = 'a'\n" },
		{ "memory = 256; name = 'a'\n", NULL, "name = 'a'\n" },
		{ "vcpus = 1; memory = 256\n", NULL, "vcpus = 1;\n" },
		{ "memory = 256 # MiB\nvcpus = 1\n", NULL, "# MiB\nvcpus = 1\n" },
		{ "memory = [\n 1\n]\nmemory = 2\nvcpus = 1\nmemory = 3\n", NULL, "vcpus = 1\n" },
		{ "vcpus = 1\n", NULL, "vcpus = 1\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *changed = edited(rows[i].text, "memory", rows[i].value);
		assert_string_equal(changed, rows[i].changed);
		xl_agrees(changed, "memory", rows[i].value);
		char *again = edited(changed, "memory", rows[i].value);
		assert_string_equal(again, changed);
		free(again);
		free(changed);
	}
}

static void several_keys_change_at_once(void **state)
{
	static const struct bd_cfg_change changes[] = { { "name", "\"web02\"" },
							{ "memory", "512" },
							{ "vcpus", NULL } };
	struct bd_error err = BD_ERROR_INIT;
	char *changed;

	(void)state;
	assert_int_equal(bd_cfg_edit("name = 'web01'\nvcpus = 2\n", changes, 3, &changed, &err), 0);
	assert_string_equal(changed, "name = \"web02\"\nmemory = 512\n");
	free(changed);
	assert_int_equal(bd_cfg_edit("name = 'web01\n", changes, 3, &changed, &err), -1);
	assert_int_equal(err.code, EINVAL);
}

static void a_limit_beside_a_number_goes_up_with_it(void **state)
{
	static const struct {
		const char *text;
		uint64_t limit;
		const char *changed;
	} rows[] = {
		{ "maxmem = 256 # MiB\nmemory = 128\n", 256, "maxmem = 512 # MiB\nmemory = 512\n" },
		{ "maxmem = 512\nmemory = 128\n", 512, "maxmem = 512\nmemory = 512\n" },
		{ "maxmem = 1024\nmemory = 128\n", 1024, "maxmem = 1024\nmemory = 512\n" },
		{ "memory = 128\n", 0, "memory = 512\n" },
	};
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *changed;
		assert_int_equal(
			bd_cfg_edit_number(rows[i].text, "memory", 512, "maxmem", rows[i].limit, &changed, &err), 0);
		assert_string_equal(changed, rows[i].changed);
		free(changed);
	}
}

static void a_word_of_our_comment_is_changed_added_and_taken_away(void **state)
{
	static const struct {
		const char *text, *value, *changed;
	} rows[] = {
		{ "# xen-bigdisk: template=a fleet=b\n", "c", "# xen-bigdisk: template=a fleet=c\n" },
		{ "# xen-bigdisk: fleet=b template=a\n", "c", "# xen-bigdisk: fleet=c template=a\n" },
		{ "# xen-bigdisk: template=a  \nname = 'b'\n", "c",
		  "# xen-bigdisk: template=a fleet=c  \nname = 'b'\n" },
		{ "# web01\nname = 'web01'\n", "c", "# web01\n# xen-bigdisk: fleet=c\nname = 'web01'\n" },
		{ "name = 'web01'", "c", "name = 'web01'\n# xen-bigdisk: fleet=c\n" },
		{ "disk = [\n'a' ]\n", "c", "# xen-bigdisk: fleet=c\ndisk = [\n'a' ]\n" },
		{ "", "c", "# xen-bigdisk: fleet=c\n" },
		{ "# xen-bigdisk: template=a fleet=b\n", NULL, "# xen-bigdisk: template=a\n" },
		{ "# xen-bigdisk: fleet=b template=a\n", NULL, "# xen-bigdisk: template=a\n" },
		{ "# web01\n# xen-bigdisk: fleet=b\nname = 'b'\n", NULL, "# web01\nname = 'b'\n" },
		{ "# xen-bigdisk: fleet=a\n# xen-bigdisk: fleet=b x\n", NULL, "# xen-bigdisk: x\n" },
		{ "name = 'b'\n", NULL, "name = 'b'\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		char *changed;
		if (bd_cfg_edit_word(rows[i].text, "fleet", rows[i].value, &changed, &err) != 0)
			fail_msg("%s", err.message);
		assert_string_equal(changed, rows[i].changed);
		struct bd_cfg cfg = parsed(changed);
		assert_true(rows[i].value ? cfg.fleet && strcmp(cfg.fleet, rows[i].value) == 0 : !cfg.fleet);
		bd_cfg_dispose(&cfg);
		free(changed);
	}
}

static void a_word_with_a_blank_or_a_control_character_is_refused(void **state)
{
	static const char *const bad[] = { "a b", "a\tb", "a\nname = 'b'", "\x1b[31m", "a\x7f" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct bd_error err = BD_ERROR_INIT;
		char *changed;
		assert_int_equal(bd_cfg_edit_word("name = 'a'\n", "fleet", bad[i], &changed, &err), -1);
		assert_int_equal(err.code, EINVAL);
	}
}

static void every_example_config_is_read_and_can_be_edited(void **state)
{
	glob_t examples;

	(void)state;
	assert_int_equal(glob("xl-configs/*.cfg", 0, NULL, &examples), 0);
	assert_true(examples.gl_pathc >= 8);
	for (size_t i = 0; i < examples.gl_pathc; i++) {
		struct bd_error err = BD_ERROR_INIT;
		const char *path = examples.gl_pathv[i], *type = strrchr(path, '/') + 1;
		struct bd_cfg cfg;
		char *text;
		if (bd_cfg_read(path, &cfg, &err) != 0)
			fail_msg("%s", err.message);
		assert_string_equal(cfg.path, path);
		assert_string_equal(cfg.name, "web01");
		assert_true(strncmp(type, cfg.type, strlen(cfg.type)) == 0 && type[strlen(cfg.type)] == '-');
		assert_true(cfg.has_uuid && cfg.memory_mib == 512 && cfg.vcpus == 1);
		assert_true(cfg.vif_count == 1 && cfg.vifs[0].has_mac);
		/* Beside the disk, there may be the one with the seed of cloud-init. */
		assert_in_range(cfg.disk_count, 1, 2);
		if (cfg.disk_count == 2)
			assert_string_equal(cfg.disks[1], "/var/lib/xen/images/web01-seed.iso");
		assert_string_equal(cfg.disks[0], "/var/lib/xen/images/web01.img");
		assert_string_equal(cfg.vifs[0].bridge, "xenbr0");
		assert_string_equal(cfg.template, cfg.disk_count == 2 ? "cloud" : "mini");
		bd_cfg_dispose(&cfg);

		assert_int_equal(bd_read_file(path, 1 << 20, &text, NULL, &err), 0);
		char *changed = edited(text, "name", "\"web02\"");
		xl_agrees(changed, "name", "web02");
		assert_int_equal(strlen(changed), strlen(text));
		free(changed);
		free(text);
	}
	globfree(&examples);
}

static void put_file(const char *folder, const char *name, const char *text, size_t size)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void a_folder_gives_its_guests_and_says_what_cannot_be_read(void **state)
{
	char folder[] = "/tmp/test_cfg.XXXXXX", path[256], command[300];
	struct bd_error err = BD_ERROR_INIT;
	struct bd_cfgs cfgs;

	(void)state;
	assert_non_null(mkdtemp(folder));
	static const struct {
		const char *file, *text;
	} rows[] = {
		{ "web-2.cfg", "name = 'web-2'" },
		{ "web.cfg", "name = 'web'" },
		{ "aaa.cfg", "name = 'zzz'" },
		{ "alias.cfg", "name = 'web'" },
		{ "noname.cfg", "memory = 5" },
		{ "bad.cfg", "name = 'no end" },
		{ "web.cfg.orig", "name = 'orig'" },
		{ ".hidden.cfg", "name = 'hidden'" },
		{ "nameless.cfg", "disk = [ '/srv/web.img,raw,xvda' ]" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		put_file(folder, rows[i].file, rows[i].text, strlen(rows[i].text));
	put_file(folder, "binary.cfg", "name = 'a'\0b", 12);
	snprintf(path, sizeof(path), "%s/fifo.cfg", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/nowhere.cfg", folder);
	assert_int_equal(symlink("/nonexistent/x.cfg", path), 0);
	if (bd_cfgs_read(folder, &cfgs, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(cfgs.count, 4);
	assert_string_equal(cfgs.items[0].name, "zzz");
	assert_string_equal(cfgs.items[2].name, "web-2");
	assert_int_equal(cfgs.unreadable_count, 4);
	assert_non_null(strstr(cfgs.unreadable[0], "/bad.cfg: line 1"));
	assert_non_null(strstr(cfgs.unreadable[1], "/binary.cfg"));
	assert_non_null(strstr(cfgs.unreadable[2], "/nameless.cfg has disks but no name"));
	assert_non_null(strstr(cfgs.unreadable[3], "/nowhere.cfg"));
	assert_string_equal(bd_cfgs_find(&cfgs, "zzz")->name, "zzz");
	assert_string_equal(strrchr(bd_cfgs_find(&cfgs, "web")->path, '/'), "/web.cfg");
	assert_string_equal(bd_cfgs_find(&cfgs, "web-2")->name, "web-2");
	assert_null(bd_cfgs_find(&cfgs, "we"));
	assert_null(bd_cfgs_find(&cfgs, "zzzz"));
	assert_null(bd_cfgs_find(&cfgs, ""));
	bd_cfgs_dispose(&cfgs);
	bd_cfgs_dispose(&cfgs);
	assert_null(bd_cfgs_find(&cfgs, "web"));
	assert_int_equal(bd_cfgs_read("/nonexistent", &cfgs, &err), -1);
	assert_int_equal(err.code, ENOENT);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void same_to_xl(const char *text, const char *key, const char *ours)
{
	char *theirs = NULL;

	ask_xl(text, key, &theirs);
	if (strcmp(ours ? ours : "", theirs ? theirs : "") != 0)
		fail_msg("%s is \"%s\" to xl and \"%s\" to us:\n%s", key, theirs ? theirs : "(none)",
			 ours ? ours : "(none)", text);
	free(theirs);
}

/* What xl takes is read as xl does. It has an empty string where we have nothing; and it does not see what is wrong with
 * a last line that has no end. */
static void compare_with_xl(const char *text)
{
	struct bd_error err = BD_ERROR_INIT;
	size_t length = strlen(text);
	struct bd_cfg cfg;
	char *name = NULL;

	if (length && text[length - 1] == '\n' && ask_xl(text, "name", &name)) {
		if (bd_cfg_parse(text, &cfg, &err) != 0)
			fail_msg("xl takes it, and we do not (%s):\n%s", err.message, text);
		same_to_xl(text, "name", cfg.name);
		same_to_xl(text, "kernel", cfg.kernel);
		same_to_xl(text, "bootloader", cfg.bootloader);
		bd_cfg_dispose(&cfg);
	}
	free(name);
}

/* Whatever a text is: no crash, and what was set is read again. Worth its time under SANITIZE=address,undefined. */
static void damaged_texts_are_read_or_refused_and_an_edit_holds(void **state)
{
	static const char seed_text[] =
		"# web01\n# xen-bigdisk: template=a fleet=b\nname = \"w\\\"b\"; memory = 0x200\n"
		"disk = [ 'phy:a,b,w', # c\n\"target=/x\" ]\nvif += [ 'mac=00:16:3e:0:0:1' ]\n"
		"kernel = '/a\\'b'\nkernel += \"c\"; bootloader='py'\n";
	static const char letters[] = "\"'[]=+#;,\\\n\r\t x0aname\x1b\xff";
	const char *wanted = getenv("BD_TEST_MUTATIONS");
	uint32_t seed = 1;

	(void)state;
	for (long i = 0; i < (wanted ? atol(wanted) : 20000); i++) {
		size_t length = strlen(seed_text), used = next_random(&seed) % (length + 1);
		struct bd_error err = BD_ERROR_INIT;
		struct bd_cfg cfg;
		char *changed, *text = malloc(length + 1);
		memcpy(text, seed_text, length + 1);
		if (i % 4 == 0)
			text[used] = '\0';
		for (unsigned changes = next_random(&seed) % 6; changes && *text; changes--)
			text[next_random(&seed) % strlen(text)] = letters[next_random(&seed) % (sizeof(letters) - 1)];
		compare_with_xl(text);
		if (bd_cfg_parse(text, &cfg, &err) == 0) {
			bd_cfg_dispose(&cfg);
			assert_int_equal(bd_cfg_edit_word(text, "fleet", "new", &changed, &err), 0);
			free(text);
			text = changed;
			changed = edited(text, "name", "\"set\"");
			cfg = parsed(changed);
			if (!cfg.name || strcmp(cfg.name, "set") != 0 || !cfg.fleet || strcmp(cfg.fleet, "new") != 0)
				fail_msg("name %s, fleet %s in:\n%s", cfg.name ? cfg.name : "(none)",
					 cfg.fleet ? cfg.fleet : "(none)", changed);
			bd_cfg_dispose(&cfg);
			free(text);
			text = edited(changed, "name", NULL);
			cfg = parsed(text);
			assert_null(cfg.name);
			bd_cfg_dispose(&cfg);
			free(changed);
		}
		free(text);
	}
}

static void arguments_of_a_bootloader_are_a_list_or_words(void **state)
{
	static const struct {
		const char *text, *arguments[3];
	} rows[] = {
		{ "bootloader_args = [ '--quiet', \"--args=a b\" ]\n", { "--quiet", "--args=a b" } },
		{ "bootloader_args = '-q  --entry=1'\n", { "-q", "--entry=1" } },
		{ "bootloader_args = 'x'\nbootloader_args = [ '-q' ]\nbootloader_args += [ '-i' ]\n",
		  { "-q", "-i" } },
		{ "bootloader_args = [ ]\n", { NULL } },
		{ "bootloader_args = ''\n", { NULL } },
		{ "name = 'a'\n", { NULL } },
	};
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_cfg cfg;
		size_t count = 0;
		assert_int_equal(bd_cfg_parse(rows[i].text, &cfg, &err), 0);
		for (; rows[i].arguments[count]; count++) {
			assert_true(count < cfg.bootloader_arg_count);
			assert_string_equal(cfg.bootloader_args[count], rows[i].arguments[count]);
		}
		assert_int_equal(cfg.bootloader_arg_count, count);
		bd_cfg_dispose(&cfg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_of_a_bootloader_are_a_list_or_words),
		cmocka_unit_test(a_name_is_found_in_every_spelling),
		cmocka_unit_test(numbers_are_as_strtoul_reads_them_quoted_or_not),
		cmocka_unit_test(what_is_added_to_a_text_is_what_xl_makes_of_it),
		cmocka_unit_test(lists_and_numbers_are_added_to_as_well),
		cmocka_unit_test(a_text_that_was_added_to_is_changed_as_a_whole),
		cmocka_unit_test(the_type_is_what_xl_takes_it_for),
		cmocka_unit_test(all_that_a_guest_has_is_read),
		cmocka_unit_test(our_comment_is_read_wherever_it_stands_alone),
		cmocka_unit_test(what_has_no_end_is_refused_with_its_line),
		cmocka_unit_test(a_key_is_changed_in_its_place_and_nothing_else_is),
		cmocka_unit_test(several_keys_change_at_once),
		cmocka_unit_test(a_limit_beside_a_number_goes_up_with_it),
		cmocka_unit_test(a_word_of_our_comment_is_changed_added_and_taken_away),
		cmocka_unit_test(a_word_with_a_blank_or_a_control_character_is_refused),
		cmocka_unit_test(every_example_config_is_read_and_can_be_edited),
		cmocka_unit_test(a_folder_gives_its_guests_and_says_what_cannot_be_read),
		cmocka_unit_test(damaged_texts_are_read_or_refused_and_an_edit_holds),
	};
	return cmocka_run_group_tests(tests, load_xlu, NULL);
}
