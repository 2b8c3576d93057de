/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootloader/menu/list: what --list-entries prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bootloader/menu/list.h"

static struct bd_error err;
static char *text;

static struct bd_bootmenu_entry entries[] = {
	{ .title = "Debian GNU/Linux",
	  .id = "gnulinux-simple-a6c1",
	  .kernel = { "hd0,msdos1", "/boot/vmlinuz-6.1.0-18-amd64", NULL },
	  .arguments = "root=UUID=a6c1 ro quiet",
	  .initrds = { { "hd0,msdos1", "/boot/initrd.img-6.1.0-18-amd64", NULL } },
	  .initrd_count = 1 },
	{ .title = "Debian, \"old\"",
	  .submenu = "Advanced options>Even older",
	  .kernel = { "", "/vmlinuz-old", NULL },
	  .arguments = "",
	  .initrds = { { "", "/ucode.img", NULL }, { NULL, "(lvm/vg-boot)/initrd-old", NULL } },
	  .initrd_count = 2,
	  .defined_in = { NULL, "(hd0,msdos1)/boot/grub/grub.cfg", NULL } },
	{ .title = "Xen", .arguments = "", .obstacle = "it starts a hypervisor (multiboot2)" },
};
static const struct bd_bootmenu menu = { entries, 3, 1, 5, "default=\"1\", by number" };

static void print(int (*function)(const struct bd_bootmenu *, FILE *, struct bd_error *),
		  const struct bd_bootmenu *printed)
{
	size_t size;

	free(text);
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	assert_int_equal(function(printed, out, &err), 0);
	fclose(out);
}

/* The first entry, and the lines of the second up to its initrd, are what pygrub of Xen 4.17 prints of a grub.cfg
 * with them, but that it knows one initrd only and breaks off where there is none. */
static void the_text_has_the_lines_of_pygrub(void **state)
{
	(void)state;
	print(bd_menu_list_text, &menu);
	assert_string_equal(text, "title: Debian GNU/Linux\n"
				  "  root: d0p1\n"
				  "  kernel: /boot/vmlinuz-6.1.0-18-amd64\n"
				  "  args: root=UUID=a6c1 ro quiet\n"
				  "  initrd: /boot/initrd.img-6.1.0-18-amd64\n"
				  "title: Debian, \"old\"\n"
				  "  root: None\n"
				  "  kernel: /vmlinuz-old\n"
				  "  args: None\n"
				  "  initrd: /ucode.img (lvm/vg-boot)/initrd-old\n"
				  "  submenu: Advanced options>Even older\n"
				  "  file: (hd0,msdos1)/boot/grub/grub.cfg\n"
				  "  default: yes\n"
				  "  chosen by: default=\"1\", by number\n"
				  "title: Xen\n"
				  "  root: None\n"
				  "  kernel: None\n"
				  "  args: None\n"
				  "  initrd: None\n"
				  "  obstacle: it starts a hypervisor (multiboot2)\n");
}

static void devices_are_named_as_by_pygrub(void **state)
{
	static const struct {
		const char *device, *root;
	} devices[] = {
		{ "hd0,gpt14", "\n  root: d0p14\n" },
		{ "hd1,2", "\n  root: d1p2\n" },
		{ "hd2", "\n  root: d2\n" },
		{ "lvm/vg-root", "\n  root: (lvm/vg-root)\n" },
		{ "hd0,bsd1", "\n  root: (hd0,bsd1)\n" },
		{ "hd0,msdos1,bsd2", "\n  root: (hd0,msdos1,bsd2)\n" },
		{ "a\nb\tc", "\n  root: (a\\x0ab\\x09c)\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		struct bd_bootmenu_entry entry = { .title = "t",
						   .kernel = { (char *)devices[i].device, "/k", NULL } };
		print(bd_menu_list_text, &(struct bd_bootmenu){ &entry, 1, 0, -1, NULL });
		assert_non_null(strstr(text, devices[i].root));
	}
}

/* A line is a line, and a terminal gets nothing that it would act on, whatever the disk says. */
static void nothing_of_a_disk_looks_like_more(void **state)
{
	struct bd_bootmenu_entry entry = { .title = "a\n  kernel: /evil\033[2J",
					   .kernel = { "", "/k\n\tx", NULL },
					   .arguments = "b\rc",
					   .submenu = "d\x7f",
					   .obstacle = "e\n",
					   .defined_in = { NULL, "/f\n\033]0;g\007", NULL },
					   .initrds = { { "", "/i\n", NULL } },
					   .initrd_count = 1 };

	(void)state;
	print(bd_menu_list_text, &(struct bd_bootmenu){ &entry, 1, 0, -1, "g\n  file: /evil\033[2J" });
	assert_string_equal(text, "title: a\\x0a  kernel: /evil\\x1b[2J\n"
				  "  root: None\n"
				  "  kernel: /k\\x0a\\x09x\n"
				  "  args: b\\x0dc\n"
				  "  initrd: /i\\x0a\n"
				  "  submenu: d\\x7f\n"
				  "  obstacle: e\\x0a\n"
				  "  file: /f\\x0a\\x1b]0;g\\x07\n"
				  "  default: yes\n"
				  "  chosen by: g\\x0a  file: /evil\\x1b[2J\n");
}

/* Without its line breaks, which are a matter of taste. */
static const char *json_of(const struct bd_bootmenu *printed)
{
	char *to;

	print(bd_menu_list_json, printed);
	to = text;
	for (const char *at = text; *at; at++)
		if (*at == '\n')
			at += strspn(at + 1, " ");
		else
			*to++ = *at;
	*to = '\0';
	return text;
}

static void the_json_has_all_of_it(void **state)
{
	(void)state;
	assert_string_equal(
		json_of(&menu),
		"{\"entries\": [{\"index\": 0,\"title\": \"Debian GNU/Linux\",\"id\": \"gnulinux-simple-a6c1\","
		"\"submenu\": null,\"kernel\": \"/boot/vmlinuz-6.1.0-18-amd64\","
		"\"initrds\": [\"/boot/initrd.img-6.1.0-18-amd64\"],"
		"\"arguments\": \"root=UUID=a6c1 ro quiet\",\"default\": false,\"obstacle\": null,"
		"\"file\": null},"
		"{\"index\": 1,\"title\": \"Debian, \\\"old\\\"\",\"id\": null,"
		"\"submenu\": \"Advanced options>Even older\",\"kernel\": \"/vmlinuz-old\","
		"\"initrds\": [\"/ucode.img\",\"(lvm/vg-boot)/initrd-old\"],"
		"\"arguments\": \"\",\"default\": true,\"obstacle\": null,"
		"\"file\": \"(hd0,msdos1)/boot/grub/grub.cfg\"},"
		"{\"index\": 2,\"title\": \"Xen\",\"id\": null,\"submenu\": null,\"kernel\": null,"
		"\"initrds\": [],\"arguments\": \"\",\"default\": false,"
		"\"obstacle\": \"it starts a hypervisor (multiboot2)\",\"file\": null}],"
		"\"default\": 1,\"chosen_by\": \"default=\\\"1\\\", by number\",\"timeout_s\": 5}");
}

static void a_menu_may_be_empty(void **state)
{
	static const struct bd_bootmenu empty = { NULL, 0, 0, -1, NULL };

	(void)state;
	assert_string_equal(json_of(&empty),
			    "{\"entries\": [],\"default\": null,\"chosen_by\": null,\"timeout_s\": null}");
	print(bd_menu_list_text, &empty);
	assert_string_equal(text, "");
}

static void what_cannot_be_written_is_said(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(bd_menu_list_text(&menu, full, &err), -1);
	assert_string_equal(err.message, "cannot write the list of entries");
	clearerr(full);
	assert_int_equal(bd_menu_list_json(&menu, full, &err), -1);
	fclose(full);
}

static int forget(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_text_has_the_lines_of_pygrub, forget),
		cmocka_unit_test_teardown(devices_are_named_as_by_pygrub, forget),
		cmocka_unit_test_teardown(nothing_of_a_disk_looks_like_more, forget),
		cmocka_unit_test_teardown(the_json_has_all_of_it, forget),
		cmocka_unit_test_teardown(a_menu_may_be_empty, forget),
		cmocka_unit_test_teardown(what_cannot_be_written_is_said, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
