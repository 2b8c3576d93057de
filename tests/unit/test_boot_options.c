/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootloader/options: what libxl and pygrub's users write means here what it means there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bootloader/options.h"

static struct bd_error err;
static struct bd_xlboot_options options;

#define PARSE(...) parse((char *[]){ "xen-bigdisk-boot", __VA_ARGS__, NULL })
static int parse(char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	err = (struct bd_error)BD_ERROR_INIT;
	memset(&options, 0xee, sizeof(options));
	return bd_xlboot_options_parse(argc, argv, &options, &err);
}

static void the_disk_alone_is_enough(void **state)
{
	(void)state;
	assert_int_equal(PARSE("/dev/vg/web01"), 0);
	assert_string_equal(options.disk, "/dev/vg/web01");
	assert_null(options.kernel);
	assert_null(options.ramdisk);
	assert_null(options.arguments);
	assert_null(options.entry);
	assert_null(options.run_as);
	assert_null(options.output);
	assert_null(options.output_directory);
	assert_int_equal(options.format, BD_ANSWER_SXP);
	assert_int_equal(options.menu, BD_XLBOOT_MENU_ALWAYS);
	assert_false(options.list_entries || options.not_really || options.is_config || options.debug ||
		     options.json || options.help || options.version || options.has_offset);
	assert_int_equal(options.file_bytes_max, 128 << 20);
	assert_int_equal(options.memory_bytes_max, 128 << 20);
	assert_int_equal(options.seconds_max, 10);
}

/* make_bootloader_args of 4.22 with bootloader_restrict, bootloader_args = ["--entry", "2"], and extra. */
static void it_is_what_libxl_passes(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--kernel=/boot/vmlinuz-6.1", "--ramdisk=/boot/initrd.img-6.1",
			       "--args=root=/dev/xvda1 ro --x=\"a b\"", "--runas=131079", "--quiet",
			       "--output=/var/lib/xen/bootloader.7.out", "--output-format=simple0",
			       "--output-directory=/var/lib/xen/bootloader.7.d", "--entry", "2",
			       "/var/lib/xen/images/web01.img"),
			 0);
	assert_string_equal(options.kernel, "/boot/vmlinuz-6.1");
	assert_string_equal(options.ramdisk, "/boot/initrd.img-6.1");
	assert_string_equal(options.arguments, "root=/dev/xvda1 ro --x=\"a b\"");
	assert_string_equal(options.run_as, "131079");
	assert_string_equal(options.output, "/var/lib/xen/bootloader.7.out");
	assert_string_equal(options.output_directory, "/var/lib/xen/bootloader.7.d");
	assert_int_equal(options.format, BD_ANSWER_SIMPLE0);
	assert_string_equal(options.entry, "2");
	assert_string_equal(options.disk, "/var/lib/xen/images/web01.img");
	assert_int_equal(options.menu, BD_XLBOOT_MENU_NEVER);
}

static void short_options_may_stand_together_and_behind_the_disk(void **state)
{
	(void)state;
	setenv("POSIXLY_CORRECT", "1", 1);
	assert_int_equal(PARSE("disk", "-qlnd"), 0);
	unsetenv("POSIXLY_CORRECT");
	assert_string_equal(options.disk, "disk");
	assert_true(options.list_entries && options.not_really && options.debug &&
		    options.menu == BD_XLBOOT_MENU_NEVER);
	assert_int_equal(PARSE("--isconfig", "--offset", "1048576", "grub.cfg"), 0);
	assert_true(options.is_config && options.has_offset);
	assert_int_equal(options.offset_bytes, 1048576);
	assert_int_equal(PARSE("--", "--quiet"), 0);
	assert_string_equal(options.disk, "--quiet");
}

/* As getopt of Python and of the C library have it. */
static void long_options_may_be_cut_short(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--ker=k", "--ram=r", "--ent=e", "--list", "--int", "d"), 0);
	assert_string_equal(options.kernel, "k");
	assert_string_equal(options.ramdisk, "r");
	assert_true(options.list_entries && options.menu == BD_XLBOOT_MENU_ALWAYS);
}

/* pygrub's options cut short to their shortest are still those: none of ours begins as one of them. */
static void our_own_options_take_nothing_from_pygrubs(void **state)
{
	static const char *const shortest[] = { "--q",	 "--i=",  "--in",   "--l",   "--n",  "--off=1", "--ru=1",
						"--e=x", "--k=x", "--ra=x", "--a=x", "--is", "--d" };

	(void)state;
	for (size_t i = 0; i < sizeof(shortest) / sizeof(*shortest); i++) {
		if (strcmp(shortest[i], "--i=") == 0)
			continue; /* pygrub has interactive and isconfig */
		print_message("# %s\n", shortest[i]);
		assert_int_equal(PARSE((char *)shortest[i], "disk"), 0);
	}
}

static void the_last_one_decides_about_the_menu(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-q", "-i", "d"), 0);
	assert_int_equal(options.menu, BD_XLBOOT_MENU_ALWAYS);
	assert_int_equal(PARSE("-i", "-q", "d"), 0);
	assert_int_equal(options.menu, BD_XLBOOT_MENU_NEVER);
	assert_int_equal(PARSE("-i", "--entry", "Debian", "d"), 0);
	assert_int_equal(options.menu, BD_XLBOOT_MENU_NEVER);
	assert_int_equal(PARSE("--entry", "Debian", "-i", "d"), 0);
	assert_int_equal(options.menu, BD_XLBOOT_MENU_ALWAYS);
	assert_int_equal(PARSE("-q", "--menu=watched", "d"), 0);
	assert_int_equal(options.menu, BD_XLBOOT_MENU_WATCHED);
	assert_int_equal(PARSE("--menu=watched", "--entry=1", "d"), 0);
	assert_int_equal(options.menu, BD_XLBOOT_MENU_NEVER);
	assert_int_equal(PARSE("--menu=never", "--menu", "always", "d"), 0);
	assert_int_equal(options.menu, BD_XLBOOT_MENU_ALWAYS);
}

static void a_dash_is_standard_output(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--output=-", "d"), 0);
	assert_null(options.output);
	assert_int_equal(PARSE("--output", "-", "d"), 0);
	assert_null(options.output);
}

static void formats_have_names(void **state)
{
	static char *const names[] = { "sxp", "simple", "simple0" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(PARSE("--output-format", names[i], "d"), 0);
		assert_int_equal(options.format, i);
	}
}

static void limits_are_options(void **state)
{
	(void)state;
	setenv("PYGRUB_MAX_FILE_SIZE_MB", "1", 1);
	setenv("PYGRUB_MAX_RAM_USAGE_MB", "1", 1);
	assert_int_equal(PARSE("--max-file-size=300M", "--max-memory=1G", "--max-time=60", "d"), 0);
	assert_int_equal(options.file_bytes_max, 300 << 20);
	assert_int_equal(options.memory_bytes_max, 1 << 30);
	assert_int_equal(options.seconds_max, 60);
	assert_int_equal(PARSE("d"), 0);
	assert_int_equal(options.file_bytes_max, 128 << 20);
}

static void help_and_version_need_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-h"), 0);
	assert_true(options.help);
	assert_int_equal(PARSE("--version"), 0);
	assert_true(options.version);
}

#define REFUSED(text, ...) \
	do { \
		assert_int_equal(PARSE(__VA_ARGS__), -1); \
		assert_int_equal(err.kind, BD_KIND_USAGE); \
		assert_string_equal(err.message, text); \
	} while (0)

static void what_is_wrong_is_said_in_a_line(void **state)
{
	(void)state;
	REFUSED("a disk is needed", "-q");
	REFUSED("a disk is needed", "");
	REFUSED("only one disk can be given, not one and two", "one", "two");
	REFUSED("only one disk can be given, not one and --two", "one", "--", "--two");
	REFUSED("there is no option --frobnicate", "--frobnicate", "d");
	REFUSED("there is no option --frobnicate=7", "--frobnicate=7", "d");
	REFUSED("there is no option -x", "-qx", "d");
	REFUSED("--out could mean several options", "--out", "d");
	REFUSED("--quiet takes no value", "--quiet=yes", "d");
	REFUSED("--kernel needs a value", "d", "--kernel");
	REFUSED("--menu must be one of always, watched, never", "--menu=often", "d");
	REFUSED("--output-format must be one of sxp, simple, simple0", "--output-format=json", "d");
	REFUSED("--offset: \"0x200\" is not a whole number from 0 to 9223372036854775807", "--offset=0x200", "d");
	REFUSED("--max-memory must be between 16M and 4G", "--max-memory=1M", "d");
	REFUSED("--json needs --list-entries", "--json", "d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_disk_alone_is_enough),
		cmocka_unit_test(it_is_what_libxl_passes),
		cmocka_unit_test(short_options_may_stand_together_and_behind_the_disk),
		cmocka_unit_test(long_options_may_be_cut_short),
		cmocka_unit_test(our_own_options_take_nothing_from_pygrubs),
		cmocka_unit_test(the_last_one_decides_about_the_menu),
		cmocka_unit_test(a_dash_is_standard_output),
		cmocka_unit_test(formats_have_names),
		cmocka_unit_test(limits_are_options),
		cmocka_unit_test(help_and_version_need_nothing_else),
		cmocka_unit_test(what_is_wrong_is_said_in_a_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
