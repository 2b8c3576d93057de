/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootmenu/bls.h, grubenv.h and loader_conf.h. The entries have the shapes that kernel-install(8), Fedora's and RHEL's
 * kernels, ostree and mkinitcpio's users write. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/process/run.h"
#include "bootmenu/bls.h"
#include "bootmenu/blscfg.h"
#include "bootmenu/grubenv.h"
#include "bootmenu/loader_conf.h"
#include "bootmenu_fake_disk.h"

#define ID "6a9857a393724b7a981ebb5b8495b9ea"

static struct bd_error err;

/* The menu as a text: a line for each entry. */
static const char *shown(const struct bd_bootmenu *menu)
{
	static char text[65536];

	text[0] = '\0';
	for (size_t i = 0; i < menu->count; i++) {
		const struct bd_bootmenu_entry *entry = &menu->entries[i];
		bd_text_append(text, sizeof(text), "\n", "%s|%s|%s|%s", entry->title, entry->id ? entry->id : "-",
			       entry->kernel.path ? entry->kernel.path : "-", entry->arguments);
		for (size_t j = 0; j < entry->initrd_count; j++)
			bd_text_append(text, sizeof(text), "", "|%s", entry->initrds[j].path);
		if (entry->obstacle)
			bd_text_append(text, sizeof(text), "", "|!%s", entry->obstacle);
	}
	return text;
}

static int read_entries(const struct fake_file *files, const char *folder, enum bd_bls_rules rules,
			const struct bd_grubenv *env, struct bd_bootmenu *menu_out)
{
	struct fake_disk disk = { .files = files };
	struct bd_bootmenu_files access = fake_files(&disk);
	struct bd_bls_request request = { .files = &access,
					  .device = "",
					  .folder = folder,
					  .rules = rules,
					  .architecture = "x64",
					  .variable = env ? bd_grubenv_variable : NULL,
					  .context = env };

	*menu_out = (struct bd_bootmenu){ 0 };
	return bd_bls_add_to_menu(&request, menu_out, &err);
}

static void assert_entries(const struct fake_file *files, enum bd_bls_rules rules, const struct bd_grubenv *env,
			   const char *expected)
{
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	if (read_entries(files, "/loader/entries", rules, env, &menu) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(shown(&menu), expected);
}

static void an_entry_of_the_specification_is_read(void **state)
{
	(void)state;
	/* The specification's own example. */
	assert_entries(FAKE_FILES({ "/loader/entries/" ID "-3.8.0-2.fc19.x86_64.conf",
				    "# /boot/loader/entries/" ID "-3.8.0-2.fc19.x86_64.conf\n"
				    "title        Fedora 19 (Rawhide)\n"
				    "sort-key     fedora\n"
				    "machine-id   " ID "\n"
				    "version      3.8.0-2.fc19.x86_64\n"
				    "options      root=UUID=6d3376e4-fc93-4509-95ec-a21d68011da2 quiet\n"
				    "architecture x64\n"
				    "linux        /" ID "/3.8.0-2.fc19.x86_64/linux\n"
				    "initrd       /" ID "/3.8.0-2.fc19.x86_64/initrd\n"
				    "extra        /" ID "/3.8.0-2.fc19.x86_64/somedata.cred\n" }),
		       BD_BLS_SPECIFICATION, NULL,
		       "Fedora 19 (Rawhide)|" ID "-3.8.0-2.fc19.x86_64.conf|/" ID "/3.8.0-2.fc19.x86_64/linux|"
		       "root=UUID=6d3376e4-fc93-4509-95ec-a21d68011da2 quiet|/" ID "/3.8.0-2.fc19.x86_64/initrd");
}

static void lines_of_options_are_joined_and_initrds_keep_their_order(void **state)
{
	(void)state;
	assert_entries(FAKE_FILES({ "/loader/entries/arch.conf", "title\tArch Linux\n"
								 "linux   vmlinuz-linux\r\n"
								 "\n"
								 "initrd  /amd-ucode.img\n"
								 "initrd  /initramfs-linux.img /extra.img\n"
								 "options root=LABEL=arch_os rw\n"
								 "devicetree /x.dtb\n"
								 "options   console=hvc0" }),
		       BD_BLS_SPECIFICATION, NULL,
		       "Arch Linux|arch.conf|/vmlinuz-linux|root=LABEL=arch_os rw console=hvc0|/amd-ucode.img|"
		       "/initramfs-linux.img|/extra.img");
}

static void what_cannot_be_booted_here_is_hidden_or_has_an_obstacle(void **state)
{
	(void)state;
	assert_entries(FAKE_FILES({ "/loader/entries/arm.conf", "linux /a\narchitecture aa64\n" },
				  { "/loader/entries/pc.conf", "linux /b\narchitecture X64\n" },
				  { "/loader/entries/nothing.conf", "title Nothing\n" },
				  { "/loader/entries/shell.conf", "title Shell\nefi /shellx64.efi\n" },
				  { "/loader/entries/net.conf", "uki-url http://example.com/fooos.efi\n" },
				  { "/loader/entries/.hidden.conf", "linux /c\n" },
				  { "/loader/entries/auto-windows.conf", "linux /d\n" },
				  { "/loader/entries/readme.txt", "linux /e\n" },
				  { "/loader/entries/folder.conf/x", "linux /f\n" }),
		       BD_BLS_SPECIFICATION, NULL,
		       "Shell|shell.conf|-||!it starts an EFI program (/shellx64.efi)\n"
		       "pc.conf|pc.conf|/b|\n"
		       "net.conf|net.conf|-||!it starts an image from the network (http://example.com/fooos.efi)");
}

static void a_unified_image_may_be_named(void **state)
{
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	(void)state;
	assert_int_equal(read_entries(FAKE_FILES({ "/loader/entries/u.conf",
						   "title U\nuki /fooos/bar.efi\nprofile 2\noptions a b\n" }),
				      "/loader/entries", BD_BLS_SPECIFICATION, NULL, &menu),
			 0);
	assert_string_equal(shown(&menu), "U|u.conf|/fooos/bar.efi|a b");
	assert_true(menu.entries[0].is_uki);
	assert_int_equal(menu.entries[0].profile, 2);
}

static struct bd_grubenv env_of(const char *text, size_t size)
{
	struct bd_grubenv env;

	if (bd_grubenv_parse(text, size, &env, &err) != 0)
		fail_msg("%s", err.message);
	return env;
}

#define BLOCK "# GRUB Environment Block\n"
#define ENV_OF(text) env_of(BLOCK text, sizeof(BLOCK text) - 1)

/* RHEL 8: its kernels' bls.conf, and the grubenv of its installer. */
static void variables_of_grub_are_replaced_as_blscfg_does(void **state)
{
	BD_DISPOSE(bd_grubenv_dispose)
	struct bd_grubenv env = ENV_OF("saved_entry=" ID "-4.18.0-80.el8.x86_64\n"
				       "kernelopts=root=/dev/mapper/rhel-root ro rd.lvm.lv=rhel/root \n"
				       "boot_success=0\n########");

	(void)state;
	assert_entries(FAKE_FILES({ "/loader/entries/" ID "-4.18.0-80.el8.x86_64.conf",
				    "title Red Hat Enterprise Linux (4.18.0-80.el8.x86_64) 8.0 (Ootpa)\n"
				    "version 4.18.0-80.el8.x86_64\n"
				    "linux /vmlinuz-4.18.0-80.el8.x86_64\n"
				    "initrd /initramfs-4.18.0-80.el8.x86_64.img $tuned_initrd\n"
				    "options $kernelopts $tuned_params\n"
				    "id rhel-20190313123447-4.18.0-80.el8.x86_64\n"
				    "grub_users $grub_users\n"
				    "grub_arg --unrestricted\n"
				    "grub_class kernel\n" }),
		       BD_BLS_GRUB, &env,
		       "Red Hat Enterprise Linux (4.18.0-80.el8.x86_64) 8.0 (Ootpa)|" ID "-4.18.0-80.el8.x86_64|"
		       "/vmlinuz-4.18.0-80.el8.x86_64|root=/dev/mapper/rhel-root ro rd.lvm.lv=rhel/root|"
		       "/initramfs-4.18.0-80.el8.x86_64.img");
}

static void expansion_is_that_of_blscfg(void **state)
{
	BD_DISPOSE(bd_grubenv_dispose) struct bd_grubenv env = ENV_OF("a=1\nb_2=two words\nempty=\nself=$self\n");
	static const char *const cases[][2] = {
		{ "x $a y", "x 1 y" },
		{ "$a$b_2", "1 two words" },
		{ "$nothing x", "x" },
		{ "x $nothing", "x" },
		{ "$empty x", " x" },
		{ "root=$a,ro", "root=1 ,ro" },
		{ "\\$a", "$a" },
		{ "a$", "a" },
		{ "$self", "$self" },
		{ "\\x", "\\x" },
		{ "", "" },
	};
	char text[BD_BOOTMENU_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_true(bd_bls_expand(cases[i][0], bd_grubenv_variable, &env, text));
		assert_string_equal(text, cases[i][1]);
	}
}

static void without_grub_a_dollar_is_a_dollar(void **state)
{
	(void)state;
	assert_entries(FAKE_FILES({ "/loader/entries/a.conf", "linux /a\noptions x=$kernelopts\n" }),
		       BD_BLS_SPECIFICATION, NULL, "a.conf|a.conf|/a|x=$kernelopts");
}

static void default_options_and_early_initrds_come_from_grub(void **state)
{
	BD_DISPOSE(bd_grubenv_dispose)
	struct bd_grubenv env = ENV_OF("default_kernelopts=root=/dev/xvda1 ro\nearly_initrd=ucode.img acpi.cpio\n");

	(void)state;
	assert_entries(FAKE_FILES({ "/loader/entries/a-1-1.conf", "linux /boot/k\ninitrd /boot/i.img\n" },
				  { "/loader/entries/a-1-0.conf", "linux /boot/k\noptions ro\n" }),
		       BD_BLS_GRUB, &env,
		       "/boot/k|a-1-1|/boot/k|root=/dev/xvda1 ro|/boot/ucode.img|/boot/acpi.cpio|/boot/i.img\n"
		       "/boot/k|a-1-0|/boot/k|ro|/boot/ucode.img|/boot/acpi.cpio");
}

/* Fedora 41: names in the order that `grubby --info=ALL` shows. */
static void entries_of_grub_are_sorted_by_their_names(void **state)
{
	(void)state;
	assert_entries(
		FAKE_FILES({ "/loader/entries/" ID "-0-rescue.conf", "title Rescue\nlinux /vmlinuz-0-rescue\n" },
			   { "/loader/entries/" ID "-6.9.12-200.fc40.x86_64.conf", "title B\nlinux /b\n" },
			   { "/loader/entries/" ID "-6.11.4-301.fc41.x86_64.conf", "title A\nlinux /a\n" },
			   { "/loader/entries/" ID "-6.11.4-301.fc41.x86_64+debug.conf", "title D\nlinux /d\n" }),
		BD_BLS_GRUB, NULL,
		"D|" ID "-6.11.4-301.fc41.x86_64+debug|/d|\n"
		"A|" ID "-6.11.4-301.fc41.x86_64|/a|\n"
		"B|" ID "-6.9.12-200.fc40.x86_64|/b|\n"
		"Rescue|" ID "-0-rescue|/vmlinuz-0-rescue|");
}

static void entries_of_systemd_boot_are_sorted_by_key_machine_and_version(void **state)
{
	(void)state;
	assert_entries(
		FAKE_FILES(
			{ "/loader/entries/a.conf", "title old\nlinux /1\n" },
			{ "/loader/entries/b.conf", "title 2\nsort-key b\nversion 1\nlinux /2\n" },
			{ "/loader/entries/c.conf", "title 3\nsort-key a\nmachine-id 2\nversion 9\nlinux /3\n" },
			{ "/loader/entries/d.conf", "title 4\nsort-key a\nmachine-id 1\nversion 6.9\nlinux /4\n" },
			{ "/loader/entries/e.conf", "title 5\nsort-key a\nmachine-id 1\nversion 6.10\nlinux /5\n" },
			{ "/loader/entries/f+0-3.conf", "title bad\nsort-key a\nversion 99\nlinux /6\n" },
			{ "/loader/entries/g+3.conf", "title new\nsort-key a\nmachine-id 1\nversion 7\nlinux /7\n" }),
		BD_BLS_SPECIFICATION, NULL,
		"new|g.conf|/7|\n5|e.conf|/5|\n4|d.conf|/4|\n3|c.conf|/3|\n2|b.conf|/2|\nold|a.conf|/1|\n"
		"bad|f.conf|/6|");
}

/* Without a key, and so by name: Arch's usual two come as systemd-boot shows them. */
static void a_fallback_comes_behind_what_it_is_for(void **state)
{
	(void)state;
	assert_entries(FAKE_FILES({ "/loader/entries/arch-fallback.conf", "linux /f\n" },
				  { "/loader/entries/Arch.conf", "linux /a\n" },
				  { "/loader/entries/arch-lts.conf", "linux /l\n" }),
		       BD_BLS_SPECIFICATION, NULL,
		       "Arch.conf|Arch.conf|/a|\narch-lts.conf|arch-lts.conf|/l|\n"
		       "arch-fallback.conf|arch-fallback.conf|/f|");
}

static void profiles_of_an_image_stay_in_their_order(void **state)
{
	BD_DISPOSE(bd_bls_list_dispose) struct bd_bls_list list = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct bd_bls_entry *item;
		assert_int_equal(bd_bls_list_add(&list, &item, &err), 0);
		assert_int_equal(bd_bls_set_name(item, "debian.efi", &err), 0);
		item->entry.profile = (i + 2) % 3;
	}
	bd_bls_list_sort(&list, BD_BLS_SPECIFICATION);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(list.items[i].entry.profile, i);
}

static void names_have_counts(void **state)
{
	static const struct {
		const char *file, *name;
		int left, done;
	} cases[] = {
		{ "foobar+3.efi", "foobar.efi", 3, 0 },
		{ "foobar+2-1.conf", "foobar.conf", 2, 1 },
		{ "foobar+0-3.conf", "foobar.conf", 0, 3 },
		{ "foobar+04-0001.conf", "foobar.conf", 4, 1 },
		{ "foobar.conf", "foobar.conf", -1, -1 },
		{ "a+1.b.conf", "a+1.b.conf", -1, -1 },
		{ "a+b.conf", "a+b.conf", -1, -1 },
		{ "a+3-.conf", "a+3-.conf", -1, -1 },
		{ "6.1+deb13+2.conf", "6.1+deb13.conf", 2, 0 },
		{ "a+99999999999999999999.conf", "a.conf", 1000000, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		BD_DISPOSE(bd_bls_list_dispose) struct bd_bls_list list = { 0 };
		struct bd_bls_entry *item;
		assert_int_equal(bd_bls_list_add(&list, &item, &err), 0);
		assert_int_equal(bd_bls_set_name(item, cases[i].file, &err), 0);
		assert_string_equal(item->name, cases[i].name);
		assert_int_equal(item->tries_left, cases[i].left);
		assert_int_equal(item->tries_done, cases[i].done);
	}
}

static void paths_below_boot_are_found_where_boot_is_no_filesystem(void **state)
{
	const struct fake_file *files =
		FAKE_FILES({ "/boot/loader/entries/a.conf", "linux /" ID "/6.1/linux\ninitrd /" ID "/6.1/initrd\n" },
			   { "/boot/" ID "/6.1/linux", "k" });
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	(void)state;
	assert_int_equal(read_entries(files, "/boot/loader/entries", BD_BLS_SPECIFICATION, NULL, &menu), 0);
	assert_string_equal(shown(&menu), "a.conf|a.conf|/boot/" ID "/6.1/linux||/boot/" ID "/6.1/initrd");
}

/* Fedora on one filesystem: nothing is looked at, as the path is the whole one. */
static void whole_paths_stay(void **state)
{
	struct fake_disk disk = { .files = FAKE_FILES(
					  { "/boot/loader/entries/a-1-1.conf", "linux /boot/vmlinuz-1\n" }) };
	struct bd_bootmenu_files access = fake_files(&disk);
	const struct bd_bls_request request = {
		.files = &access, .device = "hd0,gpt2", .folder = "/boot/loader/entries", .rules = BD_BLS_GRUB
	};
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	(void)state;
	assert_int_equal(bd_bls_add_to_menu(&request, &menu, &err), 0);
	assert_int_equal(menu.count, 0);
	disk.files = FAKE_FILES({ "(hd0,gpt2)/boot/loader/entries/a-1-1.conf", "linux /boot/vmlinuz-1\n" });
	assert_int_equal(bd_bls_add_to_menu(&request, &menu, &err), 0);
	assert_string_equal(menu.entries[0].kernel.device, "hd0,gpt2");
	assert_string_equal(menu.entries[0].kernel.path, "/boot/vmlinuz-1");
	assert_int_equal(disk.looks, 0);
}

static void entries_are_appended_to_a_menu(void **state)
{
	struct fake_disk disk = { .files = FAKE_FILES({ "/e/a-1-1.conf", "title two\nlinux /k\n" }) };
	struct bd_bootmenu_files access = fake_files(&disk);
	const struct bd_bls_request request = {
		.files = &access, .device = "", .folder = "/e", .rules = BD_BLS_GRUB
	};
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { .timeout_s = 5 };
	struct bd_bootmenu_entry *entry;

	(void)state;
	assert_int_equal(bd_bootmenu_add(&menu, &entry, &err), 0);
	assert_int_equal(bd_bls_add_to_menu(&request, &menu, &err), 0);
	assert_int_equal(menu.count, 2);
	assert_string_equal(menu.entries[1].title, "two");
	assert_int_equal(menu.timeout_s, 5);
}

static const char *blscfg_of(const struct fake_file *files, const char *path, const char *blsdir)
{
	struct fake_disk disk = { .files = files };
	struct bd_bootmenu_files access = fake_files(&disk);
	struct bd_grubenv_variable variable = { (char[]){ "blsdir" }, (char *)blsdir };
	const struct bd_grubenv env = { &variable, blsdir ? 1 : 0 };
	const struct bd_blscfg call = {
		.files = &access, .device = "", .path = path, .variable = bd_grubenv_variable, .variables = &env
	};
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	if (bd_blscfg(&call, &menu, &err) != 0)
		fail_msg("%s", err.message);
	return shown(&menu);
}

static void the_command_blscfg_knows_where_entries_are(void **state)
{
	const struct fake_file *both = FAKE_FILES(
		{ "/loader/entries/a.conf", "linux /a\n" }, { "/boot/loader/entries/b.conf", "linux /boot/b\n" },
		{ "/other/c.conf", "linux /c\n" }, { "/other/d.conf", "linux /d\n" });
	const struct fake_file *below = FAKE_FILES({ "/boot/loader/entries/b.conf", "linux /boot/b\n" });

	(void)state;
	assert_string_equal(blscfg_of(both, NULL, NULL), "/a|a|/a|");
	assert_string_equal(blscfg_of(below, NULL, NULL), "/boot/b|b|/boot/b|");
	assert_string_equal(blscfg_of(both, NULL, "/other/"), "/d|d|/d|\n/c|c|/c|");
	assert_string_equal(blscfg_of(below, NULL, "/other"), "/boot/b|b|/boot/b|");
	assert_string_equal(blscfg_of(both, "/other/", NULL), "/d|d|/d|\n/c|c|/c|");
	assert_string_equal(blscfg_of(both, "/other/c.conf", NULL), "/c|c|/c|");
	assert_string_equal(blscfg_of(both, "/other/e.conf", NULL), "");
	assert_string_equal(blscfg_of(both, "/none", NULL), "");
}

static void a_hundred_thousand_entries_are_an_error(void **state)
{
	struct fake_disk disk = { .generated = 100000 };
	struct bd_bootmenu_files access = fake_files(&disk);
	const struct bd_bls_request request = {
		.files = &access, .device = "", .folder = "/e", .rules = BD_BLS_GRUB
	};
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	(void)state;
	assert_int_equal(bd_bls_add_to_menu(&request, &menu, &err), -1);
	assert_int_equal(err.code, E2BIG);
	assert_string_equal(err.message, "cannot read /e: there are more than 1024 entries");
	assert_int_equal(disk.reads, 0);
}

static char *long_text(const char *before, char filler, size_t count)
{
	size_t length = strlen(before);
	char *text = malloc(length + count + 1);

	assert_non_null(text);
	memcpy(text, before, length);
	memset(text + length, filler, count);
	text[length + count] = '\0';
	return text;
}

static void what_is_too_long_is_an_obstacle_of_its_entry_alone(void **state)
{
	BD_FREE char *options = long_text("title Long\nlinux /k\noptions ", 'x', 5000);
	BD_FREE char *path = long_text("title Path\nlinux /", 'x', 5000);
	BD_FREE char *large = long_text("title Large\nlinux /k\n#", 'x', 70000);
	BD_FREE char *title = long_text("linux /k\ntitle ", 'x', 5000);
	BD_FREE char *initrds = long_text("title Many\nlinux /k\ninitrd ", ' ', 80);
	char *at = strrchr(initrds, 'd') + 2;
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	(void)state;
	for (size_t i = 0; i < 40; i++)
		at[2 * i] = 'i';
	assert_int_equal(read_entries(FAKE_FILES({ "/e/7.conf", options }, { "/e/6.conf", path },
						 { "/e/5.conf", large }, { "/e/4.conf", title },
						 { "/e/3.conf", initrds }, { "/e/2.conf", "linux /good\n" }),
				      "/e", BD_BLS_SPECIFICATION, NULL, &menu),
			 0);
	assert_int_equal(menu.count, 6);
	assert_string_equal(menu.entries[0].obstacle, "its command line is longer than 4095 bytes");
	assert_string_equal(menu.entries[1].obstacle, "the path of its kernel is longer than 4095 bytes");
	assert_string_equal(menu.entries[2].obstacle, "its file is larger than 64 KiB");
	assert_string_equal(menu.entries[2].title, "5.conf");
	assert_int_equal(strlen(menu.entries[3].title), BD_BOOTMENU_TEXT_MAX - 1);
	assert_null(menu.entries[3].obstacle);
	assert_string_equal(menu.entries[4].obstacle, "it has more than 16 initrds");
	assert_int_equal(menu.entries[4].initrd_count, 16);
	assert_null(menu.entries[5].obstacle);
}

static void entries_are_bounded_together(void **state)
{
	BD_FREE char *large = long_text("linux /k\n#", 'x', 60000);
	struct fake_file files[36] = { { NULL, NULL } };
	char names[35][16];
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	(void)state;
	for (int i = 0; i < 35; i++) {
		snprintf(names[i], sizeof(names[i]), "/e/%d.conf", i);
		files[i] = (struct fake_file){ names[i], large };
	}
	assert_int_equal(read_entries(files, "/e", BD_BLS_GRUB, NULL, &menu), -1);
	assert_int_equal(err.code, E2BIG);
	files[30].path = NULL;
	assert_int_equal(read_entries(files, "/e", BD_BLS_GRUB, NULL, &menu), 0);
	assert_int_equal(menu.count, 30);
}

/* As many variables and as many uses of them as there may be: seconds, and not minutes. */
static void the_most_variables_are_replaced_in_time(void **state)
{
	char block[8192] = BLOCK;
	BD_FREE char *line = long_text("linux /k\noptions ", '$', 60000);
	struct fake_file files[35] = { { NULL, NULL } };
	char names[34][16];
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	(void)state;
	for (size_t i = 0; i < 512; i++)
		strcat(block, "ab=\n");
	for (size_t i = 0; i < 30000; i++)
		line[sizeof("linux /k\noptions ") + 2 * i] = 'a';
	BD_DISPOSE(bd_grubenv_dispose) struct bd_grubenv env = env_of(block, strlen(block));
	for (int i = 0; i < 34; i++) {
		snprintf(names[i], sizeof(names[i]), "/e/%d.conf", i);
		files[i] = (struct fake_file){ names[i], line };
	}
	clock_t before = clock();
	assert_int_equal(read_entries(files, "/e", BD_BLS_GRUB, &env, &menu), 0);
	assert_int_equal(menu.count, 34);
	assert_string_equal(menu.entries[0].arguments, "");
	assert_true(clock() - before < 20 * CLOCKS_PER_SEC);
}

static void a_value_that_grows_by_its_variables_is_bounded(void **state)
{
	BD_FREE char *value = long_text("v=", 'x', 3000);
	BD_FREE char *block = NULL;
	BD_DISPOSE(bd_grubenv_dispose) struct bd_grubenv env = { 0 };

	(void)state;
	assert_int_equal(bd_text_format(&block, &err, BLOCK "%s\n", value), 0);
	env = env_of(block, strlen(block));
	assert_entries(FAKE_FILES({ "/loader/entries/a.conf", "linux /k\noptions $v$v$v$v\n" }), BD_BLS_GRUB, &env,
		       "/k|a|/k||!its command line is longer than 4095 bytes");
}

/* Every way to cut a file off, and NULs in every place. */
static void cut_files_and_nuls_do_no_harm(void **state)
{
	static const char text[] =
		"title T\nversion 1\nsort-key k\nlinux /k\ninitrd /i $v\noptions $kernelopts \\$a\n"
		"architecture x64\n";
	const struct bd_bls_request request = {
		.device = "", .folder = "/e", .rules = BD_BLS_GRUB, .architecture = "x64"
	};

	(void)state;
	for (size_t cut = 0; cut < sizeof(text); cut++)
		for (size_t nul = 0; nul <= cut; nul += 3) {
			BD_DISPOSE(bd_bls_list_dispose) struct bd_bls_list list = { 0 };
			char *copy = bd_bytes_copy(text, cut);
			assert_non_null(copy);
			copy[nul] = '\0';
			assert_int_equal(bd_bls_parse(&request, "a.conf", copy, cut, &list, &err), 0);
			assert_true(list.count <= 1);
			free(copy);
		}
}

static void an_environment_block_is_read(void **state)
{
	BD_DISPOSE(bd_grubenv_dispose)
	struct bd_grubenv env = ENV_OF("# WARNING: Do not edit this file by tools other than grub-editenv!!!\n"
				       "saved_entry=Debian GNU/Linux, with Linux 6.1.0-9\n"
				       "path=a\\\\b\\\nc\n"
				       "twice=1\n"
				       "equals=a=b\n"
				       "twice=2\n"
				       "empty=\n"
				       "# no=comment \\\n is=one\n"
				       "nothing\nname=value\n"
				       "cut=off");

	(void)state;
	assert_string_equal(bd_grubenv_get(&env, "saved_entry"), "Debian GNU/Linux, with Linux 6.1.0-9");
	assert_string_equal(bd_grubenv_get(&env, "path"), "a\\b\nc");
	assert_string_equal(bd_grubenv_get(&env, "twice"), "2");
	assert_string_equal(bd_grubenv_get(&env, "equals"), "a=b");
	assert_string_equal(bd_grubenv_get(&env, "empty"), "");
	assert_string_equal(bd_grubenv_get(&env, "nothing\nname"), "value");
	assert_null(bd_grubenv_get(&env, "name"));
	assert_int_equal(env.count, 7);
	assert_null(bd_grubenv_get(&env, "cut"));
	assert_null(bd_grubenv_get(&env, "# WARNING: Do not edit this file by tools other than grub-editenv!!!"));
}

/* The golden: grub-editenv (grub-common), where it is installed. */
static void what_grub_editenv_writes_is_read(void **state)
{
	char path[] = "/tmp/test_bootmenu_bls.XXXXXX", block[2048];
	BD_CLOSE int fd = mkstemp(path);
	const char *create[] = { "grub-editenv", path, "create", NULL };
	const char *set[] = { "grub-editenv",
			      path,
			      "set",
			      "saved_entry=a b",
			      "path=a\\b",
			      "lines=x\ny",
			      "kernelopts=root=UUID=1 ro ",
			      "empty=",
			      NULL };
	BD_DISPOSE(bd_grubenv_dispose) struct bd_grubenv env = { 0 };

	(void)state;
	assert_true(fd >= 0);
	if (bd_run(&(struct bd_run){ .argv = create }, &err) != 0) {
		unlink(path);
		skip();
	}
	assert_int_equal(bd_run(&(struct bd_run){ .argv = set }, &err), 0);
	BD_FCLOSE FILE *file = fopen(path, "re");
	assert_non_null(file);
	size_t size = fread(block, 1, sizeof(block), file);
	unlink(path);
	assert_int_equal(size, 1024);
	env = env_of(block, size);
	assert_string_equal(bd_grubenv_get(&env, "saved_entry"), "a b");
	assert_string_equal(bd_grubenv_get(&env, "path"), "a\\b");
	assert_string_equal(bd_grubenv_get(&env, "lines"), "x\ny");
	assert_string_equal(bd_grubenv_get(&env, "kernelopts"), "root=UUID=1 ro ");
	assert_string_equal(bd_grubenv_get(&env, "empty"), "");
	assert_int_equal(env.count, 5);
}

/* As grub-editenv makes it. */
static void an_empty_block_has_nothing(void **state)
{
	char block[1024];
	BD_DISPOSE(bd_grubenv_dispose) struct bd_grubenv env = { 0 };

	(void)state;
	memset(block, '#', sizeof(block));
	memcpy(block, BLOCK, sizeof(BLOCK) - 1);
	assert_int_equal(bd_grubenv_parse(block, sizeof(block), &env, &err), 0);
	assert_int_equal(env.count, 0);
}

static void what_is_no_environment_block_is_none(void **state)
{
	struct fake_disk disk = { .files = FAKE_FILES({ "/grubenv", "x=1\n" }) };
	struct bd_bootmenu_files access = fake_files(&disk);
	BD_DISPOSE(bd_grubenv_dispose) struct bd_grubenv env = { 0 };

	(void)state;
	assert_int_equal(bd_grubenv_parse("x=1\n", 4, &env, &err), -1);
	assert_int_equal(err.code, EINVAL);
	assert_int_equal(bd_grubenv_parse("", 0, &env, &err), -1);
	assert_int_equal(bd_grubenv_read(&access, "", "/grubenv", &env, &err), 0);
	assert_int_equal(env.count, 0);
	assert_int_equal(bd_grubenv_read(&access, "", "/none", &env, &err), 0);
	assert_int_equal(env.count, 0);
}

static void an_environment_block_is_bounded(void **state)
{
	char block[8192] = BLOCK;
	struct bd_grubenv env;

	(void)state;
	for (size_t i = 0; i < 513; i++)
		strcat(block, "a=b\n");
	assert_int_equal(bd_grubenv_parse(block, strlen(block), &env, &err), -1);
	assert_int_equal(err.code, E2BIG);
	static const char text[] = BLOCK "a=\\\\\\\nb\nb=\\\n=\n\\=\\\\\n\\";
	for (size_t cut = sizeof(BLOCK); cut < sizeof(text); cut++) {
		char *copy = malloc(cut); /* without a NUL behind it */
		BD_DISPOSE(bd_grubenv_dispose) struct bd_grubenv cut_env = { 0 };
		assert_non_null(copy);
		memcpy(copy, text, cut);
		assert_int_equal(bd_grubenv_parse(copy, cut, &cut_env, &err), 0);
		free(copy);
	}
}

static int add_image(void *context, const char *device, const char *folder, struct bd_bls_list *list,
		     struct bd_error *error)
{
	struct bd_bls_entry *item;

	assert_string_equal(context, "the images");
	assert_string_equal(folder, "/EFI/Linux");
	if (strcmp(device, "hd0,gpt1") != 0)
		return 0;
	assert_int_equal(bd_bls_list_add(list, &item, error), 0);
	assert_int_equal(bd_bls_set_name(item, "arch-linux.efi", error), 0);
	item->sort_key = strdup("arch");
	item->version = strdup("6.12");
	item->entry.title = strdup("Arch Linux");
	item->entry.arguments = strdup("");
	item->entry.kernel = (struct bd_bootmenu_path){ strdup(device), strdup("/EFI/Linux/arch-linux.efi"), NULL };
	item->entry.is_uki = true;
	return 0;
}

/* An ESP and an extended boot partition. */
static void the_menu_of_systemd_boot_is_of_both_its_filesystems(void **state)
{
	struct fake_disk disk = {
		.files = FAKE_FILES({ "(hd0,gpt1)/loader/loader.conf",
				      "# a comment\ntimeout 3\ndefault arch-lts.*\nconsole-mode max\n" },
				    { "(hd0,gpt2)/loader/entries/arch-lts.conf",
				      "title Arch Linux\nsort-key arch\nversion 6.6\nlinux /vmlinuz-linux-lts\n" },
				    { "(hd0,gpt1)/loader/entries/shell.conf", "efi /shell.efi\nsort-key a\n" })
	};
	struct bd_bootmenu_files access = fake_files(&disk);
	const struct bd_loader_place places[] = { { "hd0,gpt1", "" }, { "hd0,gpt2", "" } };
	char context[] = "the images";
	const struct bd_loader_request request = { .files = &access,
						   .places = places,
						   .place_count = 2,
						   .architecture = "x64",
						   .list_images = add_image,
						   .context = context };
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	(void)state;
	assert_int_equal(bd_loader_read(&request, &menu, &err), 0);
	assert_string_equal(shown(&menu), "shell.conf|shell.conf|-||!it starts an EFI program (/shell.efi)\n"
					  "Arch Linux (6.12)|-|/EFI/Linux/arch-linux.efi|\n"
					  "Arch Linux (6.6)|arch-lts.conf|/vmlinuz-linux-lts|");
	assert_int_equal(menu.default_index, 2);
	assert_int_equal(menu.timeout_s, 3);
	assert_string_equal(menu.entries[2].kernel.device, "hd0,gpt2");
	bd_bootmenu_dispose(&menu);

	/* Without a default it is the first that can be booted. */
	disk.files = FAKE_FILES({ "(hd0,gpt1)/loader/loader.conf", "default @saved\n" },
				{ "(hd0,gpt1)/loader/entries/shell.conf", "efi /shell.efi\nsort-key a\n" });
	assert_int_equal(bd_loader_read(&request, &menu, &err), 0);
	assert_int_equal(menu.default_index, 1);
	assert_int_equal(menu.timeout_s, -1);
}

static size_t default_of(const char *loader_conf)
{
	struct fake_disk disk = { .files = FAKE_FILES({ "/loader/loader.conf", loader_conf },
						      { "/loader/entries/" ID "-6.12.conf", "linux /1\n" },
						      { "/loader/entries/" ID "-6.1.conf", "linux /2\n" },
						      { "/loader/entries/0123-6.5+2-1.conf", "linux /3\n" }) };
	struct bd_bootmenu_files access = fake_files(&disk);
	const struct bd_loader_place place = { "", "" };
	const struct bd_loader_request request = { .files = &access, .places = &place, .place_count = 1 };
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	assert_int_equal(bd_loader_read(&request, &menu, &err), 0);
	assert_int_equal(menu.count, 3);
	return menu.default_index;
}

/* Without sort keys, the names are in the order 6a98-6.12, 6a98-6.1, 0123. 0123 is a number, and so newer. */
static void the_default_of_loader_conf_is_a_pattern(void **state)
{
	(void)state;
	assert_int_equal(default_of(""), 0);
	assert_int_equal(default_of("default " ID "-*\n"), 1);
	assert_int_equal(default_of("default " ID "-6.1.conf\n"), 2);
	assert_int_equal(default_of("default " ID "-6.1\n"), 2);
	assert_int_equal(default_of("default 0123-6.5.conf\n"), 0);
	assert_int_equal(default_of("default *-6.1?.conf\n"), 1);
	assert_int_equal(default_of("default none\n"), 0);
	assert_int_equal(default_of("default " ID "-6.1\ndefault @saved\n"), 0);
	assert_int_equal(default_of("default " ID "-6.1\ndefault @other\n"), 2);
}

static void the_timeout_of_loader_conf_has_words(void **state)
{
	static const struct {
		const char *text;
		int timeout_s;
	} cases[] = {
		{ "timeout 4", 4 },
		{ "timeout menu-hidden", 0 },
		{ "timeout menu-disabled", 0 },
		{ "timeout menu-force", -1 },
		{ "timeout 99999999999999999", BD_LOADER_TIMEOUT_MAX_S },
		{ "timeout x", -1 },
		{ "timeout", -1 },
		{ "#timeout 5", -1 },
		{ "timeout 5\ntimeout 6\n", 6 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		BD_FREE char *text = strdup(cases[i].text);
		BD_DISPOSE(bd_loader_conf_dispose) struct bd_loader_conf conf = { 0 };
		assert_int_equal(bd_loader_conf_parse(text, strlen(text), &conf, &err), 0);
		assert_int_equal(conf.timeout_s, cases[i].timeout_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_of_the_specification_is_read),
		cmocka_unit_test(lines_of_options_are_joined_and_initrds_keep_their_order),
		cmocka_unit_test(what_cannot_be_booted_here_is_hidden_or_has_an_obstacle),
		cmocka_unit_test(a_unified_image_may_be_named),
		cmocka_unit_test(variables_of_grub_are_replaced_as_blscfg_does),
		cmocka_unit_test(expansion_is_that_of_blscfg),
		cmocka_unit_test(without_grub_a_dollar_is_a_dollar),
		cmocka_unit_test(default_options_and_early_initrds_come_from_grub),
		cmocka_unit_test(entries_of_grub_are_sorted_by_their_names),
		cmocka_unit_test(entries_of_systemd_boot_are_sorted_by_key_machine_and_version),
		cmocka_unit_test(a_fallback_comes_behind_what_it_is_for),
		cmocka_unit_test(profiles_of_an_image_stay_in_their_order),
		cmocka_unit_test(names_have_counts),
		cmocka_unit_test(paths_below_boot_are_found_where_boot_is_no_filesystem),
		cmocka_unit_test(whole_paths_stay),
		cmocka_unit_test(entries_are_appended_to_a_menu),
		cmocka_unit_test(the_command_blscfg_knows_where_entries_are),
		cmocka_unit_test(a_hundred_thousand_entries_are_an_error),
		cmocka_unit_test(what_is_too_long_is_an_obstacle_of_its_entry_alone),
		cmocka_unit_test(entries_are_bounded_together),
		cmocka_unit_test(the_most_variables_are_replaced_in_time),
		cmocka_unit_test(a_value_that_grows_by_its_variables_is_bounded),
		cmocka_unit_test(cut_files_and_nuls_do_no_harm),
		cmocka_unit_test(an_environment_block_is_read),
		cmocka_unit_test(what_grub_editenv_writes_is_read),
		cmocka_unit_test(an_empty_block_has_nothing),
		cmocka_unit_test(what_is_no_environment_block_is_none),
		cmocka_unit_test(an_environment_block_is_bounded),
		cmocka_unit_test(the_menu_of_systemd_boot_is_of_both_its_filesystems),
		cmocka_unit_test(the_default_of_loader_conf_is_a_pattern),
		cmocka_unit_test(the_timeout_of_loader_conf_has_words),
	};

	return cmocka_run_group_tests_name("bootmenu_bls", tests, NULL, NULL);
}
