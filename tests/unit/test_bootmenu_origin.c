/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about where an entry of a menu comes from: which file of the disk has defined it, and by which rule it is the default. */
#include "bootmenu/newest.h"
#include "bootmenu_checks.h"

#define CFG "/boot/grub/grub.cfg"
#define ENV "/boot/grub/grubenv"
#define THREE \
	"menuentry one --id first { linux /1\n}\nmenuentry two --id second { linux /2\n}\nmenuentry three { linux /3\n}\n"
#define DEBIAN \
	"if [ -s $prefix/grubenv ]; then\n set have_grubenv=true\n load_env\nfi\n" \
	"if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\n   set next_entry=\n   save_env next_entry\n" \
	"else\n   set default=\"${saved_entry}\"\nfi\n" \
	"if [ \"${prev_saved_entry}\" ]; then\n  set saved_entry=\"${prev_saved_entry}\"\n  save_env saved_entry\nfi\n"

/* A line for each entry, "TITLE: FILE", and behind that of the default "*"; then why it is that. The caller frees. */
static char *text_of(const struct bd_bootmenu *menu)
{
	const size_t size = 8192;
	char *text = calloc(1, size);

	assert_non_null(text);
	for (size_t i = 0; i < menu->count; i++) {
		const struct bd_bootmenu_path *file = &menu->entries[i].defined_in;
		bd_text_append(text, size, "", "%s: %s%s%s%s%s\n", menu->entries[i].title,
			       file->path && *file->device ? "(" : "", file->path ? file->device : "",
			       file->path && *file->device ? ")" : "", file->path ? file->path : "-",
			       i == menu->default_index ? " *" : "");
	}
	bd_text_append(text, size, "", "%s", menu->chosen_by ? menu->chosen_by : "(nothing)");
	return text;
}

static void assert_origins_on(const struct fake_file *files, const char *device, const char *expected)
{
	struct fake_disk disk = { .files = files };
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };

	find_on_device(&disk, device, NULL, &found);
	BD_FREE char *is = text_of(&found.menu);
	assert_string_equal(is, expected);
}

static void assert_origins(const struct fake_file *files, const char *expected)
{
	assert_origins_on(files, "", expected);
}

/* Why the default of a grub.cfg is that, and its number. */
static void assert_rule(const char *script, const char *env, size_t number, const char *expected)
{
	BD_FREE char *text = NULL;
	struct bd_error err = BD_ERROR_INIT;

	assert_int_equal(bd_text_format(&text, &err, "%s" THREE, script), 0);
	struct fake_disk disk = { .files = FAKE_FILES({ CFG, text }, { ENV, env }) };
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };
	find_on_device(&disk, "", NULL, &found);
	assert_string_equal(found.menu.chosen_by, expected);
	assert_int_equal(found.menu.default_index, number);
}

static void a_default_of_grub_cfg_is_told_with_how_it_names_the_entry(void **state)
{
	(void)state;
	assert_rule("set default=\"1\"\n", GRUBENV("saved_entry=1\n"), 1, "default=\"1\", by number");
	assert_rule("set default=two\n", "", 1, "default=\"two\", by title");
	assert_rule("default=second\n", "", 1, "default=\"second\", by id");
	assert_rule("", "", 0, "no default is set: the first entry");
	assert_rule("set default=7\n", "", 0, "default=\"7\", which there is not: the first entry");
	assert_rule("set default=0\nset fallback='2'\n", "", 0, "default=\"0\", by number");
}

static void a_default_of_grubenv_is_told_as_that(void **state)
{
	(void)state;
	assert_rule(DEBIAN, GRUBENV("saved_entry=second\n"), 1, "saved_entry=\"second\" of " ENV ", by id");
	assert_rule(DEBIAN, GRUBENV("saved_entry=second\nnext_entry=2\n"), 2,
		    "next_entry=\"2\" of " ENV ", by number");
	assert_rule(DEBIAN, GRUBENV("other=1\n"), 0, "no default is set: the first entry");
	assert_rule("load_env\n", GRUBENV("default=1\n"), 1, "default=\"1\" of " ENV ", by number");
	/* What the script has set is not grubenv's, be it the same, or of that name. */
	assert_rule("load_env\nset default=1\n", GRUBENV("saved_entry=1\n"), 1, "default=\"1\", by number");
	assert_rule("load_env\nsaved_entry=2\nset default=$saved_entry\n", GRUBENV("saved_entry=1\n"), 2,
		    "default=\"2\", by number");
	assert_rule("load_env\nset default=\"${saved_entry}0\"\nset default=\"1${other}\"\n",
		    GRUBENV("saved_entry=1\n"), 1, "default=\"1\", by number");
	/* By way of another variable, as grub-mkconfig has prev_saved_entry. */
	assert_rule("load_env\nset saved_entry=\"${prev_saved_entry}\"\nset default=\"${saved_entry}\"\n",
		    GRUBENV("prev_saved_entry=two\n"), 1, "prev_saved_entry=\"two\" of " ENV ", by title");
}

static void the_fallback_is_told(void **state)
{
	struct fake_disk disk = { .files = FAKE_FILES({ CFG, "set fallback=\"1 2\"\n" THREE }, { "/3", "kernel" }) };
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };

	(void)state;
	find_on_device(&disk, "", NULL, &found);
	assert_int_equal(found.menu.default_index, 2);
	assert_string_equal(found.menu.chosen_by, "fallback=\"1 2\", as the default cannot be booted");
}

static void an_entry_is_that_of_the_file_that_has_it(void **state)
{
	(void)state;
	assert_origins_on(FAKE_FILES({ "(hd0,gpt1)" CFG,
				       "set default='more>b'\nmenuentry a { linux /a\n}\nsource $prefix/more.cfg\n"
				       "source (hd0,gpt2)/x/custom.cfg\nmenuentry z { linux /z\n}\n" },
				     { "(hd0,gpt1)/boot/grub/more.cfg",
				       "submenu more {\n menuentry b { linux /b\n}\n source $prefix/inner.cfg\n}\n" },
				     { "(hd0,gpt1)/boot/grub/inner.cfg", "menuentry c { linux /c\n}\n" },
				     { "(hd0,gpt2)/x/custom.cfg", "menuentry d { linux /d\n}\n" }),
			  "hd0,gpt1",
			  "a: " CFG
			  "\nb: /boot/grub/more.cfg *\nc: /boot/grub/inner.cfg\nd: (hd0,gpt2)/x/custom.cfg\n"
			  "z: " CFG "\ndefault=\"more>b\", by title");
}

/* The ESP's grub.cfg leads to the real one, at once or by its default entry. */
static void the_rule_of_a_menu_behind_the_menu_is_told_too(void **state)
{
	(void)state;
	assert_origins(FAKE_FILES({ "/EFI/debian/grub.cfg", "set prefix=/g\nconfigfile $prefix/grub.cfg\n" },
				  { "/g/grub.cfg", "set default=1\n" THREE }),
		       "one: /g/grub.cfg\ntwo: /g/grub.cfg *\nthree: /g/grub.cfg\ndefault=\"1\", by number");
	assert_origins(FAKE_FILES({ CFG, "default=other\nmenuentry other { configfile /g/grub.cfg\n}\n" },
				  { "/g/grub.cfg", "set default=1\n" THREE }),
		       "one: /g/grub.cfg\ntwo: /g/grub.cfg *\nthree: /g/grub.cfg\n"
		       "default=\"other\", by title; there default=\"1\", by number");
	assert_origins(FAKE_FILES({ CFG, "default=0\nsubmenu s {\n" THREE "}\n" }),
		       "one: " CFG " *\ntwo: " CFG "\nthree: " CFG
		       "\ndefault=\"0\", by number; there no default is set: the first entry");
}

static void a_text_that_boots_by_itself_is_the_entry(void **state)
{
	(void)state;
	assert_origins(FAKE_FILES({ CFG, "linux /k\nboot\n" }), "/k: " CFG " *\nno default is set: the first entry");
}

static void an_entry_of_the_specification_has_a_file_of_its_own(void **state)
{
	static const char a[] = "title A\nlinux /vmlinuz-a\n", b[] = "title B\nlinux /vmlinuz-b\n";

	(void)state;
	/* By blscfg of a grub.cfg. */
	assert_origins(FAKE_FILES({ "/loader/entries/a-1.conf", a }, { "/loader/entries/b-2.conf", b },
				  { "/grub2/grub.cfg", "load_env\nset default=\"${saved_entry}\"\nblscfg\n" },
				  { "/grub2/grubenv", GRUBENV("saved_entry=a-1\n") }),
		       "B: /loader/entries/b-2.conf\nA: /loader/entries/a-1.conf *\n"
		       "saved_entry=\"a-1\" of /grub2/grubenv, by id");
	/* Without one: what is beside them, or on the ESP. */
	assert_origins(FAKE_FILES({ "/loader/entries/a-1.conf", a }, { "/loader/entries/b-2.conf", b },
				  { "/grub2/grubenv", GRUBENV("saved_entry=A\nnext_entry=1\n") }),
		       "B: /loader/entries/b-2.conf\nA: /loader/entries/a-1.conf *\n"
		       "next_entry=\"1\" of /grub2/grubenv, by number");
	assert_origins(FAKE_FILES({ "/loader/entries/a-1.conf", a }, { "/loader/entries/b-2.conf", b },
				  { "/grub2/fonts/x", "" }),
		       "B: /loader/entries/b-2.conf *\nA: /loader/entries/a-1.conf\n"
		       "no default is set: the first by version");
	assert_origins_on(FAKE_FILES({ "(hd0,gpt2)/loader/entries/a-1.conf", a },
				     { "(hd0,gpt2)/loader/entries/b-2.conf", b }, { "(hd0,gpt2)/grub2/fonts/x", "" },
				     { "(hd0,gpt1)/EFI/fedora/grubenv", GRUBENV("saved_entry=A\n") }),
			  "hd0,gpt2",
			  "B: (hd0,gpt2)/loader/entries/b-2.conf\nA: (hd0,gpt2)/loader/entries/a-1.conf *\n"
			  "saved_entry=\"A\" of (hd0,gpt1)/EFI/fedora/grubenv, by title");
}

static void systemd_boots_default_is_a_pattern_or_the_first(void **state)
{
	static const char a[] = "title A\nlinux /vmlinuz-a\n";

	(void)state;
	assert_origins(FAKE_FILES({ "/loader/loader.conf", "default a-1*\n" }, { "/loader/entries/a-1.conf", a },
				  { "/EFI/Linux/a-6.12.efi", "" }),
		       "a-6.12.efi: -\nA: /loader/entries/a-1.conf *\ndefault a-1* of loader.conf");
	assert_origins(FAKE_FILES({ "/loader/loader.conf", "default b\n" }, { "/loader/entries/a-1.conf", a }),
		       "A: /loader/entries/a-1.conf *\ndefault b of loader.conf, which no entry is: the first by "
		       "sort-key, version and name");
	assert_origins(FAKE_FILES({ "/loader/loader.conf", "" }, { "/loader/entries/a-1.conf", a }),
		       "A: /loader/entries/a-1.conf *\nno default is set: the first by sort-key, version and name");
	/* GRUB on openSUSE's ESP. */
	assert_origins(FAKE_FILES({ "/EFI/opensuse/grubenv", GRUBENV("default=a-1\n") },
				  { "/loader/entries/a-1.conf", a }, { "/loader/entries/b-2.conf", "linux /b\n" }),
		       "b-2.conf: /loader/entries/b-2.conf\nA: /loader/entries/a-1.conf *\n"
		       "default=\"a-1\" of /EFI/opensuse/grubenv, by id");
}

static void extlinux_has_three_rules(void **state)
{
	static const char labels[] = "label a\n kernel /a\nlabel b\n kernel /b\ninclude more.conf\n";

	(void)state;
	assert_origins(FAKE_FILES({ "/boot/extlinux.conf", "default b\nlabel a\n kernel /a\ninclude more.conf\n" },
				  { "/boot/more.conf", "label b\n kernel /b\n" }),
		       "a: /boot/extlinux.conf\nb: /boot/more.conf *\nDEFAULT b");
	assert_origins(FAKE_FILES({ "/boot/extlinux.conf",
				    "default a\nontimeout b\nlabel a\n kernel /a\nlabel b\n kernel /b\n" }),
		       "a: /boot/extlinux.conf\nb: /boot/extlinux.conf *\nONTIMEOUT b");
	assert_origins(
		FAKE_FILES({ "/boot/extlinux.conf", "label a\n kernel /a\nlabel b\n menu default\n kernel /b\n" }),
		"a: /boot/extlinux.conf\nb: /boot/extlinux.conf *\nMENU DEFAULT");
	assert_origins(FAKE_FILES({ "/boot/extlinux.conf", labels }),
		       "a: /boot/extlinux.conf *\nb: /boot/extlinux.conf\n"
		       "no default is set: the first entry that can be booted");
	assert_origins(
		FAKE_FILES({ "/boot/extlinux.conf", "default x\nlabel a\n localboot 0\nlabel b\n kernel /b\n" }),
		"a: /boot/extlinux.conf\nb: /boot/extlinux.conf *\n"
		"DEFAULT x, which there is not: the first entry that can be booted");
}

#define LEGACY "title a\n kernel /a\ntitle b\n kernel /b\n"
#define LST "/boot/grub/menu.lst"

static void grub_legacy_has_a_number(void **state)
{
	(void)state;
	assert_origins(FAKE_FILES({ LST, "default 1\n" LEGACY }), "a: " LST "\nb: " LST " *\ndefault 1");
	assert_origins(FAKE_FILES({ LST, LEGACY }), "a: " LST " *\nb: " LST "\nno default is set: the first entry");
	assert_origins(FAKE_FILES({ LST, "default 5\n" LEGACY }),
		       "a: " LST " *\nb: " LST "\ndefault 5, which there is not: the first entry");
	assert_origins(FAKE_FILES({ LST, "default saved\n" LEGACY }, { "/boot/grub/default", "1\n" }),
		       "a: " LST "\nb: " LST " *\ndefault saved, 1 in /boot/grub/default");
	assert_origins(FAKE_FILES({ LST, "default saved\n" LEGACY }),
		       "a: " LST " *\nb: " LST "\nno default is saved: the first entry");
	assert_origins(FAKE_FILES({ LST, "default 0\nfallback 1\ntitle a\nchainloader +1\ntitle b\n kernel /b\n" }),
		       "a: " LST "\nb: " LST " *\nfallback 1, as the default cannot be booted");
}

static void kernels_without_a_configuration_have_no_file(void **state)
{
	struct fake_disk disk = { .files = FAKE_FILES({ "/boot/vmlinuz-6.1", "" }, { "/boot/vmlinuz-6.10", "" }) };
	struct bd_bootmenu_files files = fake_files(&disk);
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	assert_int_equal(bd_newest_read(&files, "", "ro", &menu, &err), 0);
	BD_FREE char *is = text_of(&menu);
	assert_string_equal(is,
			    "Linux 6.10: - *\nLinux 6.1: -\nthe newest kernel, as there is no boot configuration");
}

/* A long value is cut off: the reason stays one that is passed on. */
static void a_reason_is_of_bounded_length(void **state)
{
	static char script[8192];
	struct fake_disk disk = { .files = FAKE_FILES({ CFG, script }) };
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };

	(void)state;
	memcpy(script, "default=", 8);
	memset(script + 8, 'x', 4000);
	memcpy(script + 4008, "\n" THREE, sizeof("\n" THREE));
	find_on_device(&disk, "", NULL, &found);
	assert_in_range(strlen(found.menu.chosen_by), 200, BD_BOOTMENU_REASON_MAX - 1);
	/* Nor do many menus in each other make it longer. */
	for (int i = 0; i < 100; i++) {
		struct bd_error err = BD_ERROR_INIT;
		assert_int_equal(bd_bootmenu_explain(&found.menu, &err, "%s; there xxxxxxxxxxxxxxxxxxxxxxxx",
						     found.menu.chosen_by),
				 0);
	}
	assert_int_equal(strlen(found.menu.chosen_by), BD_BOOTMENU_REASON_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_default_of_grub_cfg_is_told_with_how_it_names_the_entry),
		cmocka_unit_test(a_default_of_grubenv_is_told_as_that),
		cmocka_unit_test(the_fallback_is_told),
		cmocka_unit_test(an_entry_is_that_of_the_file_that_has_it),
		cmocka_unit_test(the_rule_of_a_menu_behind_the_menu_is_told_too),
		cmocka_unit_test(a_text_that_boots_by_itself_is_the_entry),
		cmocka_unit_test(an_entry_of_the_specification_has_a_file_of_its_own),
		cmocka_unit_test(systemd_boots_default_is_a_pattern_or_the_first),
		cmocka_unit_test(extlinux_has_three_rules),
		cmocka_unit_test(grub_legacy_has_a_number),
		cmocka_unit_test(kernels_without_a_configuration_have_no_file),
		cmocka_unit_test(a_reason_is_of_bounded_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
