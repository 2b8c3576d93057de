/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootmenu/grub_menu.h: a grub.cfg with the entries that blscfg takes in, as bd_bootmenu_find reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "bootmenu/entry.h"
#include "bootmenu/find.h"
#include "bootmenu/grub_menu.h"
#include "bootmenu_fake_disk.h"

#define ID "6a9857a393724b7a981ebb5b8495b9ea"
#define GRUBENV(text) "# GRUB Environment Block\n" text "####"

static struct bd_error err;

/* "DEVICE:FOLDER" of an image that is there. */
static int play_images(void *context, const char *device, const char *folder, struct bd_bls_list *list,
		       struct bd_error *error)
{
	static const char *const names[] = { "a-6.1.efi", "a-6.12.efi", "a-6.2.efi" };
	struct fake_disk *disk = context;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		BD_FREE char *path = NULL;
		struct bd_bls_entry *item;
		assert_int_equal(bd_text_format(&path, error, "%s/%s", folder, names[i]), 0);
		if (!fake_find(disk, device, path))
			continue;
		assert_int_equal(bd_bls_list_add(list, &item, error), 0);
		assert_int_equal(bd_bls_set_name(item, names[i], error), 0);
		item->entry.is_uki = true;
		assert_int_equal(bd_bootmenu_set_text(&item->entry.id, names[i], error), 0);
		assert_int_equal(bd_bootmenu_set_kernel(&item->entry, device, "/", path, error), 0);
		assert_int_equal(bd_bootmenu_complete(&item->entry, names[i], error), 0);
	}
	return 0;
}

static void keep_warning(void *context, const char *message)
{
	char *text = context;

	bd_text_append(text, 1024, "\n", "%s", message);
}

static void find_on(struct fake_disk *disk, char *warnings, struct bd_bootmenu_found *found_out)
{
	struct bd_bootmenu_files files = fake_files(disk);
	struct bd_bootmenu_grub grub = { .files = &files,
					 .architecture = "x64",
					 .list_images = play_images,
					 .images_context = disk,
					 .warn = warnings ? keep_warning : NULL,
					 .warn_context = warnings };
	const struct bd_bootmenu_find_request request = { .files = &files,
							  .device = "",
							  .architecture = "x64",
							  .read_grub_cfg = bd_bootmenu_read_grub_cfg,
							  .grub_context = &grub };

	if (bd_bootmenu_find(&request, found_out, &err) != 0)
		fail_msg("%s", err.message);
}

/* "PATH\nN of COUNT TITLE [ID]\nlinux DEVICE:PATH ARGUMENTS\ninitrd DEVICE:PATH...": of the entry that is booted. */
static char *booted(const struct bd_bootmenu_found *found)
{
	const struct bd_bootmenu *menu = &found->menu;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (menu->count) {
		const struct bd_bootmenu_entry *entry = &menu->entries[menu->default_index];
		fprintf(out, "%s\n%zu of %zu %s [%s]\n", found->path, menu->default_index, menu->count, entry->title,
			entry->id ? entry->id : "");
		if (entry->kernel.path)
			fprintf(out, "%s %s:%s %s\n", entry->is_uki ? "uki" : "linux", entry->kernel.device,
				entry->kernel.path, entry->arguments);
		for (size_t i = 0; i < entry->initrd_count; i++)
			fprintf(out, "initrd %s:%s\n", entry->initrds[i].device, entry->initrds[i].path);
		if (entry->obstacle)
			fprintf(out, "not here: %s\n", entry->obstacle);
	}
	fclose(out);
	return text;
}

static void assert_boots(struct fake_disk disk, const char *expected)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };

	find_on(&disk, NULL, &found);
	BD_FREE char *is = booted(&found);
	assert_string_equal(is, expected);
	assert_string_equal(found.problem, "");
}

#define ON(...) ((struct fake_disk){ .files = FAKE_FILES(__VA_ARGS__), .names = names })

#define FEDORA_CFG \
	"if [ -f ${config_directory}/grubenv ]; then\n  load_env -f ${config_directory}/grubenv\n" \
	"elif [ -s $prefix/grubenv ]; then\n  load_env\nfi\n" \
	"if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\n   set next_entry=\n" \
	"   save_env next_entry\n   set boot_once=true\nelse\n   set default=\"${saved_entry}\"\nfi\n" \
	"set timeout=1\nsearch --no-floppy --fs-uuid --set=root 2222-bbbb\nset boot='hd0,gpt2'\n" \
	"if [ -z \"${kernelopts}\" ]; then\n  set kernelopts=\"root=/dev/vda3 ro \"\nfi\ninsmod blscfg\nblscfg\n"
#define FEDORA_ENTRY(folder, version) \
	{ \
		folder "/loader/entries/" ID "-" version ".conf", \
			"title Fedora Linux (" version ")\nversion " version "\nlinux /vmlinuz-" version \
			"\ninitrd /initramfs-" version ".img $tuned_initrd\noptions $kernelopts $tuned_params\n" \
			"grub_users $grub_users\ngrub_arg --unrestricted\ngrub_class fedora\n" \
	}

static void entries_have_the_variables_of_the_grub_cfg(void **state)
{
	static const struct fake_name names[] = { { "2222-BBBB", "boot", "hd0,gpt2" }, { NULL, NULL, NULL } };

	(void)state;
	/* /boot is a filesystem of its own, in which the kernels have no folder. */
	assert_boots(ON({ "/grub2/grub.cfg", FEDORA_CFG }, FEDORA_ENTRY("", "6.9.12-200.fc40.x86_64"),
			FEDORA_ENTRY("", "6.14.5-300.fc42.x86_64"),
			FEDORA_ENTRY("(hd0,gpt2)", "6.14.5-300.fc42.x86_64"),
			FEDORA_ENTRY("(hd0,gpt2)", "6.9.12-200.fc40.x86_64")),
		     "/grub2/grub.cfg\n0 of 2 Fedora Linux (6.14.5-300.fc42.x86_64) [" ID "-6.14.5-300.fc42.x86_64]\n"
		     "linux hd0,gpt2:/vmlinuz-6.14.5-300.fc42.x86_64 root=/dev/vda3 ro\n"
		     "initrd hd0,gpt2:/initramfs-6.14.5-300.fc42.x86_64.img\n");
	assert_boots(ON({ "/grub2/grub.cfg", FEDORA_CFG },
			{ "/grub2/grubenv", GRUBENV("saved_entry=" ID "-6.9.12-200.fc40.x86_64\n"
						    "kernelopts=root=UUID=33 ro rhgb quiet \n"
						    "tuned_params=skew_tick=1\ntuned_initrd=/overlay.img\n") },
			FEDORA_ENTRY("", "6.9.12-200.fc40.x86_64"),
			FEDORA_ENTRY("(hd0,gpt2)", "6.14.5-300.fc42.x86_64"),
			FEDORA_ENTRY("(hd0,gpt2)", "6.9.12-200.fc40.x86_64")),
		     "/grub2/grub.cfg\n1 of 2 Fedora Linux (6.9.12-200.fc40.x86_64) [" ID "-6.9.12-200.fc40.x86_64]\n"
		     "linux hd0,gpt2:/vmlinuz-6.9.12-200.fc40.x86_64 root=UUID=33 ro rhgb quiet  skew_tick=1\n"
		     "initrd hd0,gpt2:/initramfs-6.9.12-200.fc40.x86_64.img\ninitrd hd0,gpt2:/overlay.img\n");
}

/* A /boot that is a folder of the root: the entries are in /boot/loader/entries, and their paths have no /boot. */
static void entries_of_a_boot_folder_are_found(void **state)
{
	static const struct fake_name names[] = { { "2222-BBBB", "root", "" }, { NULL, NULL, NULL } };

	(void)state;
	assert_boots(
		ON({ "/boot/grub2/grub.cfg", FEDORA_CFG }, { "/boot/vmlinuz-6.14.5-300.fc42.x86_64", "k" },
		   { "/boot/grub2/grubenv", GRUBENV("next_entry=1\nsaved_entry=0\n") },
		   FEDORA_ENTRY("/boot", "6.14.5-300.fc42.x86_64"), FEDORA_ENTRY("/boot", "6.14.3-300.fc42.x86_64")),
		"/boot/grub2/grub.cfg\n1 of 2 Fedora Linux (6.14.3-300.fc42.x86_64) [" ID "-6.14.3-300.fc42.x86_64]\n"
		"linux :/boot/vmlinuz-6.14.3-300.fc42.x86_64 root=/dev/vda3 ro\n"
		"initrd :/boot/initramfs-6.14.3-300.fc42.x86_64.img\n");
}

static void one_entry_can_be_asked_for(void **state)
{
	static const struct fake_name names[] = { { NULL, NULL, NULL } };

	(void)state;
	assert_boots(ON({ "/grub/grub.cfg", "blscfg --path /e --entry b.conf" }, { "/e/a.conf", "linux /a\n" },
			{ "/e/b.conf", "linux /b\n" }, { "/b.conf", "linux /c\n" }),
		     "/grub/grub.cfg\n0 of 1 /b [b]\nlinux :/b \n");
	assert_boots(ON({ "/grub/grub.cfg", "blscfg -e ../b.conf\nmenuentry m { linux /m; }" },
			{ "/loader/entries/a.conf", "linux /a\n" }, { "/loader/b.conf", "linux /b\n" }),
		     "/grub/grub.cfg\n0 of 1 m []\nlinux :/m \n");
}

static void images_are_taken_in_by_uki(void **state)
{
	static const struct fake_name names[] = { { NULL, NULL, NULL } };

	(void)state;
	assert_boots(ON({ "/grub/grub.cfg", "uki" }, { "/EFI/Linux/a-6.2.efi", "" }, { "/EFI/Linux/a-6.12.efi", "" }),
		     "/grub/grub.cfg\n0 of 2 a-6.12.efi [a-6.12.efi]\nuki :/EFI/Linux/a-6.12.efi \n");
	assert_boots(ON({ "/grub/grub.cfg", "uki -p (hd0,gpt5)/u -e a-6.1.efi" }, { "/u/a-6.2.efi", "" },
			{ "(hd0,gpt5)/u/a-6.12.efi", "" }, { "(hd0,gpt5)/u/a-6.1.efi", "" },
			{ "(hd0,gpt5)/u/a-6.2.efi", "" }),
		     "/grub/grub.cfg\n0 of 1 a-6.1.efi [a-6.1.efi]\nuki hd0,gpt5:/u/a-6.1.efi \n");
}

static void warnings_are_passed_on(void **state)
{
	struct fake_disk disk = { .files = FAKE_FILES(
					  { "/grub/grub.cfg", "if true\nmenuentry m { linux /m; }\nfi }\n" },
					  { "/boot/grub/grub.cfg", "menuentry n { linux /n; }\n}\n" }) };
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };
	char warnings[1024] = "";

	(void)state;
	find_on(&disk, warnings, &found);
	BD_FREE char *is = booted(&found);
	assert_string_equal(is, "/boot/grub/grub.cfg\n0 of 1 n []\nlinux :/n \n");
	assert_string_equal(warnings, "/boot/grub/grub.cfg: line 2: a command was expected");
}

/* Entries that cannot be read make the file unreadable; the entries alone are tried then. */
static void what_blscfg_cannot_read_is_a_problem(void **state)
{
	struct fake_disk disk = { .files = FAKE_FILES({ "/grub2/grub.cfg", "blscfg\n" },
						      { "/loader/entries/0.conf", "linux /k\n" }),
				  .generated = 70000 };
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };

	(void)state;
	find_on(&disk, NULL, &found);
	assert_int_equal(found.menu.count, 0);
	assert_string_equal(found.problem,
			    "/grub2/grub.cfg: cannot read /loader/entries: there are more than 1024 entries");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_have_the_variables_of_the_grub_cfg),
		cmocka_unit_test(entries_of_a_boot_folder_are_found),
		cmocka_unit_test(one_entry_can_be_asked_for),
		cmocka_unit_test(images_are_taken_in_by_uki),
		cmocka_unit_test(warnings_are_passed_on),
		cmocka_unit_test(what_blscfg_cannot_read_is_a_problem),
	};

	return cmocka_run_group_tests_name("bootmenu_grub", tests, NULL, NULL);
}
