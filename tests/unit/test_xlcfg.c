/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about xlcfg/write.h. The goldens are the files in xl-configs/, which the lab gives to `xl create --dryrun`;
 * the test runs in the top folder. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file/file.h"
#include "base/parse.h"
#include "guest/bootcfg.h"
#include "xlcfg/quote.h"
#include "xlcfg/write.h"

#define IMAGES "/var/lib/xen/images/"
#define PVGRUB "/usr/lib/grub-xen/grub-x86_64-xen.bin"
#define PVHGRUB "/usr/lib/grub-xen/grub-i386-xen_pvh.bin"

static struct bd_guest web01(enum bd_guest_type type, enum bd_guest_boot boot)
{
	static struct bd_network network;
	struct bd_error err = BD_ERROR_INIT;
	struct bd_guest guest = {
		.name = "web01",
		.type = type,
		.boot = boot,
		.memory_mib = 512,
		.vcpus = 1,
		.networks = { &network, 1 },
	};

	network = (struct bd_network){ .bridge = "xenbr0", .mac = { 0x00, 0x16, 0x3e, 0x12, 0x34, 0x56 } };
	assert_int_equal(bd_parse_uuid("6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f60", guest.uuid, &err), 0);
	assert_int_equal(bd_parse_uuid("0f3d2a18-5b7c-4d9e-8a61-2c4e6f809ab1", guest.root_uuid, &err), 0);
	return guest;
}

static void each_example_config_is_what_the_writer_writes(void **state)
{
	static const struct {
		const char *file;
		enum bd_guest_type type;
		enum bd_guest_boot boot;
		const char *kernel, *ramdisk;
		bool restricted, has_seed, is_windows;
	} rows[] = {
		{ "pv-pygrub", BD_GUEST_PV, BD_BOOT_PYGRUB, NULL, NULL, false, false, false },
		{ "pv-pygrub-restricted", BD_GUEST_PV, BD_BOOT_PYGRUB, NULL, NULL, true, false, false },
		{ "pvh-pygrub", BD_GUEST_PVH, BD_BOOT_PYGRUB, NULL, NULL, false, false, false },
		{ "pv-bigdisk", BD_GUEST_PV, BD_BOOT_BIGDISK, NULL, NULL, false, false, false },
		{ "pvh-bigdisk", BD_GUEST_PVH, BD_BOOT_BIGDISK, NULL, NULL, false, false, false },
		{ "hvm-disk", BD_GUEST_HVM, BD_BOOT_DISK, NULL, NULL, false, false, false },
		{ "pv-pvgrub", BD_GUEST_PV, BD_BOOT_PVGRUB, PVGRUB, NULL, false, false, false },
		{ "pvh-pvgrub", BD_GUEST_PVH, BD_BOOT_PVGRUB, PVHGRUB, NULL, false, false, false },
		{ "pv-direct", BD_GUEST_PV, BD_BOOT_DIRECT, IMAGES "web01.vmlinuz", IMAGES "web01.initramfs", false,
		  false, false },
		{ "pvh-direct", BD_GUEST_PVH, BD_BOOT_DIRECT, IMAGES "web01.vmlinuz", IMAGES "web01.initramfs", false,
		  false, false },
		{ .file = "hvm-disk-seed", .type = BD_GUEST_HVM, .boot = BD_BOOT_DISK, .has_seed = true },
		{ .file = "hvm-disk-windows",
		  .type = BD_GUEST_HVM,
		  .boot = BD_BOOT_DISK,
		  .has_seed = true,
		  .is_windows = true },
		{ .file = "hvm-uefi-seed",
		  .type = BD_GUEST_HVM,
		  .boot = BD_BOOT_UEFI,
		  .kernel = "/usr/share/ovmf/OVMF.fd",
		  .has_seed = true },
		{ .file = "pvh-pvgrub-seed",
		  .type = BD_GUEST_PVH,
		  .boot = BD_BOOT_PVGRUB,
		  .kernel = PVHGRUB,
		  .has_seed = true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		struct bd_guest guest = web01(rows[i].type, rows[i].boot);
		char path[128], cmdline[BD_CMDLINE_SIZE], *golden, *text;
		guest.restrict_bootloader = rows[i].restricted;
		bd_kernel_cmdline(&guest, true, cmdline);
		struct bd_xlcfg_files files = { .image = IMAGES "web01.img",
						.kernel = rows[i].kernel,
						.ramdisk = rows[i].ramdisk,
						.cmdline = rows[i].boot == BD_BOOT_DIRECT ? cmdline : NULL,
						.seed = rows[i].has_seed ? IMAGES "web01-seed.iso" : NULL,
						.is_windows = rows[i].is_windows,
						.template = rows[i].has_seed ? "cloud" : "mini" };
		snprintf(path, sizeof(path), "xl-configs/%s.cfg", rows[i].file);
		if (bd_read_file(path, 1 << 20, &golden, NULL, &err) != 0)
			fail_msg("%s", err.message);
		if (bd_xlcfg_format(&guest, &files, &text, &err) != 0)
			fail_msg("%s: %s", path, err.message);
		assert_string_equal(text, golden);
		free(golden);
		free(text);
	}
}

static void strings_are_quoted_with_the_escapes_that_xl_knows(void **state)
{
	static const struct {
		const char *text, *quoted;
	} rows[] = {
		{ "", "\"\"" },
		{ "web01", "\"web01\"" },
		{ "a b", "\"a b\"" },
		{ "a\"b", "\"a\\\"b\"" },
		{ "a\\b", "\"a\\\\b\"" },
		{ "a\\", "\"a\\\\\"" },
		{ "\\\"", "\"\\\\\\\"\"" },
		{ "it's", "\"it's\"" },
		{ "#,=[]", "\"#,=[]\"" },
		{ "caf\xc3\xa9", "\"caf\xc3\xa9\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		char *quoted;
		assert_int_equal(bd_xlcfg_quote(rows[i].text, &quoted, &err), 0);
		assert_string_equal(quoted, rows[i].quoted);
		free(quoted);
	}
}

static void control_characters_cannot_be_written(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		struct bd_error err = BD_ERROR_INIT;
		char text[] = { 'a', (char)c, 'b', '\0' }, *quoted = NULL;
		int r = bd_xlcfg_quote(text, &quoted, &err);
		assert_int_equal(r, c < 0x20 || c == 0x7f ? -1 : 0);
		if (r != 0)
			assert_int_equal(err.code, EINVAL);
		free(quoted);
	}
}

static char *cfg_with(const char *image, const char *kernel, struct bd_error *err)
{
	struct bd_guest guest = web01(BD_GUEST_PV, kernel ? BD_BOOT_PVGRUB : BD_BOOT_PYGRUB);
	struct bd_xlcfg_files files = { .image = image, .kernel = kernel };
	char *text = NULL;

	return bd_xlcfg_format(&guest, &files, &text, err) == 0 ? text : NULL;
}

/* facts/xen.md: target= takes the rest of the string, but loses a comma at its end. */
static void a_path_that_would_change_its_meaning_is_refused(void **state)
{
	static const char *const bad[] = { "",		"web01.img", "./web01.img", "/a/web01.img,", "/a,",
					   "/a\nb.img", "/a\rb.img", "/a\tb.img",   "/a\x7f.img" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct bd_error err = BD_ERROR_INIT;
		if (cfg_with(bad[i], NULL, &err))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(err.code, EINVAL);
	}
	struct bd_error err = BD_ERROR_INIT;
	assert_null(cfg_with("/a.img", "/x\ny", &err));
	assert_int_equal(err.code, EINVAL);
}

static void other_odd_paths_are_escaped_and_target_comes_last(void **state)
{
	static const struct {
		const char *image, *written;
	} rows[] = {
		{ "/a b/w.img", "target=/a b/w.img\" ]\n" },
		{ "/a,b,access=ro/w.img", "target=/a,b,access=ro/w.img\" ]\n" },
		{ "/a\"b/w.img", "target=/a\\\"b/w.img\" ]\n" },
		{ "/a\\b/w.img", "target=/a\\\\b/w.img\" ]\n" },
		{ "/a'b/w.img", "target=/a'b/w.img\" ]\n" },
		{ "/a=#b/w.img", "target=/a=#b/w.img\" ]\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		char *text = cfg_with(rows[i].image, NULL, &err);
		if (!text)
			fail_msg("%s", err.message);
		if (!strstr(text, rows[i].written))
			fail_msg("%s is not in:\n%s", rows[i].written, text);
		free(text);
	}
}

static void a_guest_without_network_has_no_vif(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_guest guest = web01(BD_GUEST_PV, BD_BOOT_PYGRUB);
	struct bd_xlcfg_files files = { .image = "/a.img" };
	char *text;

	(void)state;
	guest.networks.count = 0;
	assert_int_equal(bd_xlcfg_format(&guest, &files, &text, &err), 0);
	assert_null(strstr(text, "vif"));
	free(text);
}

static void the_text_ends_in_a_newline_and_has_no_carriage_return_or_tab(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	char *text = cfg_with("/a.img", NULL, &err);

	(void)state;
	assert_non_null(text);
	assert_int_equal(text[strlen(text) - 1], '\n');
	assert_null(strpbrk(text, "\r\t"));
	free(text);
}

/* The second line of a guest's cfg; "" where it is not our comment. */
static void comment_of(const struct bd_guest *guest, const struct bd_xlcfg_files *files, char *comment_out,
		       size_t size)
{
	struct bd_error err = BD_ERROR_INIT;
	char *text;

	assert_int_equal(bd_xlcfg_format(guest, files, &text, &err), 0);
	const char *line = strchr(text, '\n') + 1;
	snprintf(comment_out, size, "%.*s", line[0] == '#' ? (int)strcspn(line, "\n") : 0, line);
	free(text);
}

static void the_comment_says_what_there_is_and_no_more(void **state)
{
	struct bd_guest guest = web01(BD_GUEST_PV, BD_BOOT_PYGRUB);
	struct bd_xlcfg_files files = { .image = "/a.img" };
	struct bd_error err = BD_ERROR_INIT;
	char comment[256];

	(void)state;
	guest.networks.count = 0;
	comment_of(&guest, &files, comment, sizeof(comment));
	assert_string_equal(comment, "");
	files.fleet = "shop";
	comment_of(&guest, &files, comment, sizeof(comment));
	assert_string_equal(comment, "# xen-bigdisk: fleet=shop");
	guest.networks.count = 1;
	comment_of(&guest, &files, comment, sizeof(comment));
	assert_string_equal(comment, "# xen-bigdisk: ip6=auto fleet=shop");
	files.template = "debian-12";
	assert_int_equal(bd_network_add_ip(guest.networks.items, "192.0.2.12/24", &err), 0);
	comment_of(&guest, &files, comment, sizeof(comment));
	assert_string_equal(comment, "# xen-bigdisk: template=debian-12 address=192.0.2.12/24 ip6=auto fleet=shop");
	assert_int_equal(bd_network_add_ip6(guest.networks.items, "2001:db8::12/64", &err), 0);
	comment_of(&guest, &files, comment, sizeof(comment));
	assert_string_equal(comment, "# xen-bigdisk: template=debian-12 address=192.0.2.12/24 "
				     "address6=2001:db8::12/64 fleet=shop");
	guest.networks.count = 0;
	comment_of(&guest, &files, comment, sizeof(comment));
	assert_string_equal(comment, "# xen-bigdisk: template=debian-12 fleet=shop");
}

static void a_word_that_would_break_the_comment_is_refused(void **state)
{
	static const char *const bad[] = { "two words", "a\nname = \"b\"", "a\tb", "\x7f" };
	struct bd_guest guest = web01(BD_GUEST_PV, BD_BOOT_PYGRUB);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct bd_xlcfg_files files = { .image = "/a.img", .template = bad[i] };
		struct bd_error err = BD_ERROR_INIT;
		char *text;
		assert_int_equal(bd_xlcfg_format(&guest, &files, &text, &err), -1);
		assert_int_equal(err.code, EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_example_config_is_what_the_writer_writes),
		cmocka_unit_test(strings_are_quoted_with_the_escapes_that_xl_knows),
		cmocka_unit_test(control_characters_cannot_be_written),
		cmocka_unit_test(a_path_that_would_change_its_meaning_is_refused),
		cmocka_unit_test(other_odd_paths_are_escaped_and_target_comes_last),
		cmocka_unit_test(a_guest_without_network_has_no_vif),
		cmocka_unit_test(the_comment_says_what_there_is_and_no_more),
		cmocka_unit_test(a_word_that_would_break_the_comment_is_refused),
		cmocka_unit_test(the_text_ends_in_a_newline_and_has_no_carriage_return_or_tab),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
