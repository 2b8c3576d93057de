/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootmenu/find.h and newest.h: what is found on filesystems of the shapes that distributions have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "bootmenu/entry.h"
#include "bootmenu/find.h"
#include "bootmenu/newest.h"
#include "bootmenu/snapper.h"
#include "bootmenu_fake_disk.h"

#define ID "6a9857a393724b7a981ebb5b8495b9ea"

static struct bd_error err;

/* Plays the reader of grub.cfg: an entry with the file's path as its title. "empty" in the file: none; "bad": an error. */
static int play_grub_cfg(void *context, const char *device, const char *path, struct bd_bootmenu *menu_out,
			 struct bd_error *error)
{
	struct fake_disk *disk = context;
	const struct fake_file *file = fake_find(disk, device, path);
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };
	struct bd_bootmenu_entry *entry;

	assert_non_null(file);
	if (strstr(file->text, "bad"))
		return bd_fail(error, EINVAL, "it cannot be read");
	if (!strstr(file->text, "empty")) {
		assert_int_equal(bd_bootmenu_add(&menu, &entry, error), 0);
		assert_int_equal(bd_bootmenu_set_text(&entry->title, path, error), 0);
		assert_int_equal(bd_bootmenu_set_kernel(entry, device, "/", "/k", error), 0);
		assert_int_equal(bd_bootmenu_complete(entry, "", error), 0);
	}
	*menu_out = bd_take_struct(menu);
	return 0;
}

static int play_images(void *context, const char *device, const char *folder, struct bd_bls_list *list,
		       struct bd_error *error)
{
	struct fake_disk *disk = context;
	BD_FREE char *path = NULL;
	struct bd_bls_entry *item;

	assert_int_equal(bd_text_format(&path, error, "%s/debian-6.12.efi", folder), 0);
	if (!fake_find(disk, device, path))
		return 0;
	assert_int_equal(bd_bls_list_add(list, &item, error), 0);
	assert_int_equal(bd_bls_set_name(item, "debian-6.12.efi", error), 0);
	item->entry.is_uki = true;
	assert_int_equal(bd_bootmenu_set_kernel(&item->entry, device, "/", path, error), 0);
	return bd_bootmenu_complete(&item->entry, "image", error);
}

static const char *const kinds[] = { "nothing", "grub.cfg", "bls", "systemd-boot", "extlinux", "menu.lst" };

/* "KIND PATH: DEFAULT of COUNT, the default's title, kernel and arguments" */
static const char *text_of(const struct bd_bootmenu_found *found)
{
	static char text[4096];
	const struct bd_bootmenu *menu = &found->menu;

	if (!menu->count)
		return kinds[found->kind];
	const struct bd_bootmenu_entry *entry = &menu->entries[menu->default_index];
	snprintf(text, sizeof(text), "%s %s: %zu of %zu, %s, %s, %s", kinds[found->kind], found->path,
		 menu->default_index, menu->count, entry->title, entry->kernel.path ? entry->kernel.path : "-",
		 entry->arguments);
	return text;
}

static void find_on(const struct fake_file *files, bool reads_grub_cfg, struct bd_bootmenu_found *found_out)
{
	struct fake_disk disk = { .files = files };
	struct bd_bootmenu_files access = fake_files(&disk);
	const struct bd_bootmenu_find_request request = { .files = &access,
							  .device = "",
							  .architecture = "x64",
							  .read_grub_cfg = reads_grub_cfg ? play_grub_cfg : NULL,
							  .list_images = play_images,
							  .grub_context = &disk,
							  .images_context = &disk };

	if (bd_bootmenu_find(&request, found_out, &err) != 0)
		fail_msg("%s", err.message);
}

static void assert_found(const struct fake_file *files, const char *expected)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };

	find_on(files, true, &found);
	assert_string_equal(text_of(&found), expected);
	assert_string_equal(found.problem, "");
}

#define FEDORA_ENTRIES \
	{ "/boot/loader/entries/" ID "-0-rescue.conf", "title Fedora (0-rescue)\nlinux /boot/vmlinuz-0-rescue\n" }, \
		{ "/boot/loader/entries/" ID "-6.11.4-301.fc41.x86_64.conf", \
		  "title Fedora (6.11.4)\nlinux /boot/vmlinuz-6.11.4\noptions root=UUID=1 ro\n" }, \
	{ \
		"/boot/loader/entries/" ID "-6.9.12-200.fc40.x86_64.conf", \
			"title Fedora (6.9.12)\nlinux /boot/vmlinuz-6.9.12\noptions root=UUID=1 ro $tuned_params\n" \
	}

#define GRUBENV(text) "# GRUB Environment Block\n" text

static void entries_that_grub_cfg_takes_in_are_read_by_it(void **state)
{
	(void)state;
	assert_found(FAKE_FILES(FEDORA_ENTRIES, { "/boot/grub2/grub.cfg", "insmod blscfg\nblscfg\n" },
				{ "/boot/grub2/grubenv", GRUBENV("") }),
		     "grub.cfg /boot/grub2/grub.cfg: 0 of 1, /boot/grub2/grub.cfg, /k, ");
}

static void without_a_reader_of_grub_cfg_its_entries_are_read_alone(void **state)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };

	(void)state;
	find_on(FAKE_FILES(FEDORA_ENTRIES, { "/boot/grub2/grub.cfg", "blscfg\n" },
			   { "/boot/grub2/grubenv",
			     GRUBENV("saved_entry=" ID "-6.9.12-200.fc40.x86_64\ntuned_params=skew_tick=1\n") }),
		false, &found);
	assert_string_equal(text_of(&found),
			    "bls /boot/loader/entries: 1 of 3, Fedora (6.9.12), /boot/vmlinuz-6.9.12, "
			    "root=UUID=1 ro skew_tick=1");
}

/* As GRUB names them: by title, in which ">" is doubled, by id or by number. */
static void the_saved_entry_is_found_as_grub_finds_it(void **state)
{
	static const char *const rows[][2] = { { "A >> B", "1 of 3, A > B" }, { "A > B", "0 of 3, c" },
					       { "a-1", "1 of 3, A > B" },    { "2", "2 of 3, Z" },
					       { "0x2 ", "2 of 3, Z" },	      { "3", "0 of 3, c" },
					       { "Z>0", "2 of 3, Z" },	      { "Z>>0", "0 of 3, c" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };
		BD_FREE char *grubenv = NULL, *expected = NULL;
		assert_int_equal(bd_text_format(&grubenv, &err, GRUBENV("saved_entry=%s\n"), rows[i][0]), 0);
		assert_int_equal(bd_text_format(&expected, &err, "bls /boot/loader/entries: %s, /k, ", rows[i][1]),
				 0);
		find_on(FAKE_FILES({ "/boot/loader/entries/c-1.conf", "title c\nlinux /k\n" },
				   { "/boot/loader/entries/a-1.conf", "title A > B\nlinux /k\n" },
				   { "/boot/loader/entries/Z.conf", "title Z\nlinux /k\n" },
				   { "/boot/grub2/grubenv", grubenv }),
			true, &found);
		assert_string_equal(text_of(&found), expected);
	}
}

static void a_grub_cfg_that_cannot_be_read_leaves_its_entries_and_a_problem(void **state)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };

	(void)state;
	find_on(FAKE_FILES(FEDORA_ENTRIES, { "/boot/grub2/grub.cfg", "blscfg bad\n" }), true, &found);
	assert_string_equal(text_of(&found),
			    "bls /boot/loader/entries: 0 of 3, Fedora (6.11.4), /boot/vmlinuz-6.11.4, "
			    "root=UUID=1 ro");
	assert_string_equal(found.problem, "/boot/grub2/grub.cfg: it cannot be read");
}

/* Rocky Linux 9 with a /boot of its own; the default by a number and by a title. */
static void a_filesystem_for_boot_has_its_entries_at_the_top(void **state)
{
#define ROCKY(environment) \
	FAKE_FILES({ "/loader/entries/" ID "-5.14.0-362.el9.x86_64.conf", \
		     "title Rocky (5.14.0-362)\nlinux /vmlinuz-5.14.0-362\noptions root=/dev/mapper/rl-root\n" }, \
		   { "/loader/entries/" ID "-5.14.0-427.el9.x86_64.conf", \
		     "title Rocky (5.14.0-427)\nlinux /vmlinuz-5.14.0-427\noptions $kernelopts\n" }, \
		   { "/grub2/grubenv", GRUBENV("kernelopts=root=/dev/mapper/rl-root ro \n" environment) })
#define NEWER "0 of 2, Rocky (5.14.0-427), /vmlinuz-5.14.0-427, root=/dev/mapper/rl-root ro"
#define OLDER "1 of 2, Rocky (5.14.0-362), /vmlinuz-5.14.0-362, root=/dev/mapper/rl-root"

	(void)state;
	assert_found(ROCKY(""), "bls /loader/entries: " NEWER);
	assert_found(ROCKY("saved_entry=1\n"), "bls /loader/entries: " OLDER);
	assert_found(ROCKY("saved_entry=Rocky (5.14.0-362)\n"), "bls /loader/entries: " OLDER);
	assert_found(ROCKY("saved_entry=0\nnext_entry=1\n"), "bls /loader/entries: " OLDER);
	assert_found(ROCKY("saved_entry=1\nnext_entry=\n"), "bls /loader/entries: " OLDER);
	assert_found(ROCKY("saved_entry=2\n"), "bls /loader/entries: " NEWER);
	assert_found(ROCKY("saved_entry=1st\n"), "bls /loader/entries: " NEWER);
}

/* RHEL 8 with EFI: /boot/grub2 has but a symlink to the ESP, which has the default and the arguments. */
static void the_environment_may_be_on_the_esp(void **state)
{
	(void)state;
	assert_found(FAKE_FILES({ "/loader/entries/" ID "-4.18.0-80.el8.x86_64.conf",
				  "title RHEL\nlinux /vmlinuz-4.18.0-80\noptions $kernelopts $tuned_params\n" },
				{ "/grub2/themes/x", "" },
				{ "(hd0,gpt1)/EFI/redhat/grubenv",
				  GRUBENV("kernelopts=root=/dev/mapper/rhel-root ro\n") }),
		     "bls /loader/entries: 0 of 1, RHEL, /vmlinuz-4.18.0-80, root=/dev/mapper/rhel-root ro");
}

/* Debian 12 and 13 after `apt install systemd-boot`: the ESP has what kernel-install put there. */
static void an_esp_of_systemd_boot_is_found(void **state)
{
	(void)state;
	assert_found(
		FAKE_FILES({ "/loader/loader.conf", "timeout 3\n#console-mode keep\n" },
			   { "/loader/entries.srel", "type1\n" },
			   { "/loader/entries/" ID "-6.1.0-9-amd64.conf",
			     "title      Debian GNU/Linux 12 (bookworm)\nversion    6.1.0-9-amd64\nmachine-id " ID
			     "\nsort-key   debian\noptions    root=UUID=2 ro\nlinux      /" ID
			     "/6.1.0-9-amd64/linux\ninitrd     /" ID "/6.1.0-9-amd64/initrd.img-6.1.0-9-amd64\n" },
			   { "/loader/entries/" ID "-6.1.0-13-amd64.conf",
			     "title Debian GNU/Linux 12 (bookworm)\nversion 6.1.0-13-amd64\nmachine-id " ID
			     "\nsort-key debian\nlinux /" ID "/6.1.0-13-amd64/linux\noptions root=UUID=2 ro\n" },
			   { "/EFI/systemd/systemd-bootx64.efi", "MZ" }),
		"systemd-boot /loader/entries: 0 of 2, Debian GNU/Linux 12 (bookworm) (6.1.0-13-amd64), /" ID
		"/6.1.0-13-amd64/linux, root=UUID=2 ro");
}

/* openSUSE with systemd-boot: the snapshot is in the name, and in the options. */
static void an_esp_of_opensuse_is_found(void **state)
{
	(void)state;
	assert_found(
		FAKE_FILES(
			{ "/loader/loader.conf", "timeout 8\ndefault opensuse-tumbleweed-6.11.8-1-default-3.conf\n" },
			{ "/loader/entries/opensuse-tumbleweed-6.11.8-1-default-2.conf",
			  "title openSUSE Tumbleweed\nversion 2@6.11.8-1-default\nsort-key opensuse-tumbleweed\n"
			  "options root=UUID=3 rootflags=subvol=@/.snapshots/2/snapshot\n"
			  "linux /opensuse-tumbleweed/6.11.8-1-default/linux-ab\n" },
			{ "/loader/entries/opensuse-tumbleweed-6.11.8-1-default-3.conf",
			  "title openSUSE Tumbleweed\nversion 3@6.11.8-1-default\nsort-key opensuse-tumbleweed\n"
			  "options root=UUID=3 rootflags=subvol=@/.snapshots/3/snapshot\n"
			  "linux /opensuse-tumbleweed/6.11.8-1-default/linux-ab\n" }),
		"systemd-boot /loader/entries: 0 of 2, openSUSE Tumbleweed (3@6.11.8-1-default), "
		"/opensuse-tumbleweed/6.11.8-1-default/linux-ab, root=UUID=3 rootflags=subvol=@/.snapshots/3/snapshot");
}

static void unified_images_alone_are_found(void **state)
{
	(void)state;
	assert_found(FAKE_FILES({ "/EFI/Linux/debian-6.12.efi", "MZ" }, { "/EFI/debian/grub.cfg", "x" }),
		     "systemd-boot /EFI/Linux: 0 of 1, image, /EFI/Linux/debian-6.12.efi, ");
	assert_found(FAKE_FILES({ "/boot/EFI/Linux/debian-6.12.efi", "MZ" }),
		     "systemd-boot /boot/EFI/Linux: 0 of 1, image, /boot/EFI/Linux/debian-6.12.efi, ");
}

/* kernel-install's leftovers where GRUB does not look at them. */
static void entries_that_grub_does_not_take_in_are_passed_over(void **state)
{
	(void)state;
	assert_found(FAKE_FILES({ "/boot/loader/entries/a.conf", "linux /old\n" },
				{ "/boot/grub/grub.cfg", "menuentry 'Debian GNU/Linux' {\n}\n" }),
		     "grub.cfg /boot/grub/grub.cfg: 0 of 1, /boot/grub/grub.cfg, /k, ");
}

static void the_places_are_tried_in_their_order(void **state)
{
	(void)state;
	assert_found(FAKE_FILES({ "/boot/grub/menu.lst", "title L\nkernel /l\n" },
				{ "/boot/extlinux.conf", "label E\nkernel e\nappend ro\n" }),
		     "extlinux /boot/extlinux.conf: 0 of 1, E, /boot/e, ro");
	assert_found(FAKE_FILES({ "/boot/grub/menu.lst", "title L\nkernel /l ro\n" }),
		     "menu.lst /boot/grub/menu.lst: 0 of 1, L, /l, ro");
	assert_found(FAKE_FILES({ "/boot/grub/menu.lst", "title L\nkernel /l\n" }, { "/boot/grub/grub.cfg", "x" }),
		     "grub.cfg /boot/grub/grub.cfg: 0 of 1, /boot/grub/grub.cfg, /k, ");
	/* One that gives no entry is no find; neither is a directory of that name. */
	assert_found(FAKE_FILES({ "/boot/grub/grub.cfg", "empty" }, { "/grub2/grub.cfg/x", "x" },
				{ "/syslinux.cfg", "label E\nkernel e\n" }),
		     "extlinux /syslinux.cfg: 0 of 1, E, /e, ");
	assert_found(FAKE_FILES({ "/etc/fstab", "" }), "nothing");
}

static void a_star_is_any_directory(void **state)
{
	(void)state;
	assert_found(FAKE_FILES({ "/EFI/debian/grub.cfg", "x" }, { "/EFI/BOOT/BOOTX64.EFI", "MZ" },
				{ "/EFI/centos/grub.cfg", "empty" }),
		     "grub.cfg /EFI/debian/grub.cfg: 0 of 1, /EFI/debian/grub.cfg, /k, ");
}

static void the_caller_may_have_another_order(void **state)
{
	static const struct bd_bootmenu_place places[] = { { BD_BOOTMENU_MENU_LST, "/boot/grub/menu.lst" },
							   { BD_BOOTMENU_NOTHING, NULL } };
	struct fake_disk disk = { .files = FAKE_FILES({ "/boot/grub/menu.lst", "title L\nkernel /l\n" },
						      { "/boot/grub/grub.cfg", "x" }) };
	struct bd_bootmenu_files access = fake_files(&disk);
	const struct bd_bootmenu_find_request request = { .files = &access, .device = "", .places = places };
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };

	(void)state;
	assert_int_equal(bd_bootmenu_find(&request, &found, &err), 0);
	assert_string_equal(text_of(&found), "menu.lst /boot/grub/menu.lst: 0 of 1, L, /l, ");
}

static void what_cannot_be_read_is_said(void **state)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };

	(void)state;
	find_on(FAKE_FILES({ "/boot/extlinux/extlinux.conf", "include extlinux.conf\n" },
			   { "/boot/grub/menu.lst", "title L\nkernel /l\n" }),
		true, &found);
	assert_string_equal(text_of(&found), "menu.lst /boot/grub/menu.lst: 0 of 1, L, /l, ");
	assert_string_equal(found.problem,
			    "/boot/extlinux/extlinux.conf: /boot/extlinux/extlinux.conf is included by more "
			    "than 15 files, one in the other");
	bd_bootmenu_found_dispose(&found);
	find_on(FAKE_FILES({ "/boot/grub/grub.cfg", "bad" }), true, &found);
	assert_string_equal(text_of(&found), "nothing");
	assert_string_equal(found.problem, "it cannot be read");
}

static const char *newest_of(struct fake_disk disk)
{
	static char text[4096];
	struct bd_bootmenu_files access = fake_files(&disk);
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	if (bd_newest_read(&access, "", "root=UUID=7 ro", &menu, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(menu.default_index, 0);
	text[0] = '\0';
	for (size_t i = 0; i < menu.count; i++) {
		const struct bd_bootmenu_entry *entry = &menu.entries[i];
		assert_string_equal(entry->arguments, "root=UUID=7 ro");
		bd_text_append(text, sizeof(text), "\n", "%s|%s%s%s", entry->title, entry->kernel.path,
			       entry->initrd_count ? "|" : "", entry->initrd_count ? entry->initrds[0].path : "");
	}
	return text;
}

#define NEWEST_OF(...) newest_of((struct fake_disk){ .files = FAKE_FILES(__VA_ARGS__) })

static void the_newest_kernel_with_its_initramfs_is_first(void **state)
{
	(void)state;
	assert_string_equal(
		NEWEST_OF({ "/boot/vmlinuz-6.1.0-9-amd64", "k" }, { "/boot/initrd.img-6.1.0-9-amd64", "i" },
			  { "/boot/vmlinuz-6.1.0-13-amd64", "k" }, { "/boot/initrd.img-6.1.0-13-amd64", "i" },
			  { "/boot/vmlinuz-6.1.0-14-amd64", "k" }, { "/boot/System.map-6.1.0-14-amd64", "s" },
			  { "/vmlinuz", "k" }),
		"Linux 6.1.0-13-amd64|/boot/vmlinuz-6.1.0-13-amd64|/boot/initrd.img-6.1.0-13-amd64\n"
		"Linux 6.1.0-9-amd64|/boot/vmlinuz-6.1.0-9-amd64|/boot/initrd.img-6.1.0-9-amd64\n"
		"Linux 6.1.0-14-amd64|/boot/vmlinuz-6.1.0-14-amd64");
}

static void rescues_candidates_and_leftovers_are_ordered(void **state)
{
	(void)state;
	assert_string_equal(
		NEWEST_OF({ "/boot/vmlinuz-0-rescue-" ID, "k" }, { "/boot/initramfs-0-rescue-" ID ".img", "i" },
			  { "/boot/vmlinuz-6.12-rc3", "k" }, { "/boot/vmlinuz-6.12", "k" },
			  { "/boot/vmlinuz-6.13.old", "k" }, { "/boot/vmlinuz-6.13.dpkg-new", "k" },
			  { "/boot/vmlinuz-6.13.rpmsave", "k" }, { "/boot/vmlinuz-6.13~", "k" },
			  { "/boot/kernel-6.11-gentoo", "k" }, { "/boot/bzImage-6.10", "k" },
			  { "/boot/vmlinuz-", "k" }),
		"Linux 6.12|/boot/vmlinuz-6.12\nLinux 6.12-rc3|/boot/vmlinuz-6.12-rc3\n"
		"Linux 6.11-gentoo|/boot/kernel-6.11-gentoo\nLinux 6.10|/boot/bzImage-6.10\n"
		"Linux 0-rescue-" ID "|/boot/vmlinuz-0-rescue-" ID "|/boot/initramfs-0-rescue-" ID ".img");
}

static void kernels_elsewhere_are_found(void **state)
{
	(void)state;
	/* A filesystem that is /boot; Arch; Fedora's image before its first boot; a kernel without any version. */
	assert_string_equal(NEWEST_OF({ "/vmlinuz-6.4-default", "k" }, { "/initrd-6.4-default", "i" }),
			    "Linux 6.4-default|/vmlinuz-6.4-default|/initrd-6.4-default");
	assert_string_equal(NEWEST_OF({ "/boot/vmlinuz-linux", "k" }, { "/boot/initramfs-linux.img", "i" },
				      { "/boot/initramfs-linux-fallback.img", "i" }),
			    "Linux linux|/boot/vmlinuz-linux|/boot/initramfs-linux.img");
	assert_string_equal(NEWEST_OF({ "/usr/lib/modules/6.11.4-301.fc41.x86_64/vmlinuz", "k" },
				      { "/usr/lib/modules/6.9/modules.dep", "" },
				      { "/usr/lib/modules/6.12/vmlinuz", "k" }, { "/boot/vmlinuz-6.12", "k" },
				      { "/boot/initramfs-6.11.4-301.fc41.x86_64.img", "i" }),
			    "Linux 6.11.4-301.fc41.x86_64|/usr/lib/modules/6.11.4-301.fc41.x86_64/vmlinuz|"
			    "/boot/initramfs-6.11.4-301.fc41.x86_64.img\n"
			    "Linux 6.12|/boot/vmlinuz-6.12");
	assert_string_equal(NEWEST_OF({ "/boot/bzImage", "k" }, { "/initrd", "i" }, { "/boot/initrd.img", "i" }),
			    "Linux|/boot/bzImage|/boot/initrd.img");
	assert_string_equal(NEWEST_OF({ "/vmlinuz", "k" }, { "/initrd.img", "i" }), "Linux|/vmlinuz|/initrd.img");
	assert_string_equal(NEWEST_OF({ "/boot/vmlinuz-6.1/x", "a directory" }, { "/boot/memtest86", "" }), "");
}

static void only_sixteen_kernels_are_offered(void **state)
{
	struct fake_file files[41] = { { NULL, NULL } };
	char names[40][32];
	struct fake_disk disk = { .files = files };

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(names[i], sizeof(names[i]), "/boot/vmlinuz-6.%d", i);
		files[i] = (struct fake_file){ names[i], "k" };
	}
	const char *text = newest_of(disk);
	assert_memory_equal(text, "Linux 6.39|", 11);
	assert_non_null(strstr(text, "Linux 6.24|"));
	assert_null(strstr(text, "Linux 6.23|"));
}

static void a_hundred_thousand_names_are_an_error(void **state)
{
	struct fake_disk disk = { .generated = 100000 };
	struct bd_bootmenu_files access = fake_files(&disk);
	struct bd_bootmenu menu;

	(void)state;
	assert_int_equal(bd_newest_read(&access, "", "", &menu, &err), -1);
	assert_int_equal(err.code, E2BIG);
	assert_string_equal(err.message, "cannot read /boot: there are more than 65536 files");
}

static const char *root_of_snapshots(const struct fake_file *files)
{
	static char number[BD_SNAPPER_NUMBER_SIZE];
	struct fake_disk disk = { .files = files };
	struct bd_bootmenu_files access = fake_files(&disk);
	bool found;

	if (bd_snapper_find_root(&access, "", number, &found, &err) != 0)
		fail_msg("%s", err.message);
	return found ? number : "none";
}

#define SNAPSHOT(number) \
	{ \
		"/@/.snapshots/" number "/info.xml", "" \
	}
#define COPY(number) \
	{ \
		"/@/.snapshots/" number "/info.xml", \
			"<snapshot>\n  <description>writable copy of #1</description>\n</snapshot>\n" \
	}
#define LIST(text) \
	{ \
		"/@/.snapshots/grub-snapshot.cfg", text \
	}

static void the_root_is_the_snapshot_that_is_not_listed(void **state)
{
	(void)state;
	assert_string_equal(root_of_snapshots(FAKE_FILES({ "/@/home/x", "" })), "none");
	/* As it is installed, and with backups. */
	assert_string_equal(root_of_snapshots(FAKE_FILES(SNAPSHOT("1"))), "1");
	assert_string_equal(root_of_snapshots(FAKE_FILES(SNAPSHOT("1"), SNAPSHOT("2"), SNAPSHOT("10"),
							 LIST("\"/.snapshots/10/grub-snapshot.cfg\"\n"
							      "\"/.snapshots/2/grub-snapshot.cfg\"\n"))),
			    "1");
	/* After a rollback: 8 is a writable copy. 1 is not 11. */
	assert_string_equal(root_of_snapshots(FAKE_FILES(SNAPSHOT("1"), SNAPSHOT("11"), SNAPSHOT("8"), SNAPSHOT("9"),
							 LIST("\"/.snapshots/11/x\" \"/.snapshots/9/x\""))),
			    "8");
	/* Nothing is known, or all are read-only, as with transactional updates. */
	assert_string_equal(root_of_snapshots(FAKE_FILES(SNAPSHOT("9"), SNAPSHOT("10"), SNAPSHOT("2"))), "10");
	assert_string_equal(root_of_snapshots(FAKE_FILES(SNAPSHOT("9"), SNAPSHOT("10"),
							 LIST("/.snapshots/9/x /.snapshots/10/x"))),
			    "10");
	/* Without a list, or with one that is empty, the first is the root until there is a rollback. */
	assert_string_equal(
		root_of_snapshots(FAKE_FILES(SNAPSHOT("9"), SNAPSHOT("1"), SNAPSHOT("10"), LIST("submenu"))), "1");
	assert_string_equal(root_of_snapshots(FAKE_FILES(SNAPSHOT("1"), COPY("9"), COPY("10"), SNAPSHOT("11"))),
			    "10");
	/* But the list counts: 11 is a copy without a description, and 12 is read-only, whatever it is called. */
	assert_string_equal(root_of_snapshots(FAKE_FILES(SNAPSHOT("1"), COPY("10"), SNAPSHOT("11"), COPY("12"),
							 LIST("/.snapshots/12/x"))),
			    "11");
	/* Backups of a root that is @ itself, as of Arch and Ubuntu. */
	assert_string_equal(root_of_snapshots(FAKE_FILES(SNAPSHOT("1"), SNAPSHOT("57"), { "/@/etc/fstab", "" })),
			    "none");
	/* Others' names. */
	assert_string_equal(root_of_snapshots(FAKE_FILES(SNAPSHOT("3"), SNAPSHOT("04"), SNAPSHOT("5a"), SNAPSHOT("x"),
							 SNAPSHOT("99999999999999999999"))),
			    "3");
}

static void subvolumes_are_looked_into_from_the_top(void **state)
{
	(void)state;
	assert_found(FAKE_FILES({ "/@/boot/grub/grub.cfg", "" }),
		     "grub.cfg /@/boot/grub/grub.cfg: 0 of 1, /@/boot/grub/grub.cfg, /k, ");
	assert_found(FAKE_FILES({ "/@/.snapshots/1/snapshot/boot/grub2/grub.cfg", "" },
				{ "/@/.snapshots/7/snapshot/boot/grub2/grub.cfg", "" },
				LIST("/.snapshots/1/grub-snapshot.cfg")),
		     "grub.cfg /@/.snapshots/7/snapshot/boot/grub2/grub.cfg: 0 of 1, "
		     "/@/.snapshots/7/snapshot/boot/grub2/grub.cfg, /k, ");
	/* Fedora without a /boot of its own. */
	assert_found(FAKE_FILES({ "/root/boot/loader/entries/a.conf", "linux /root/boot/k\noptions ro\n" },
				{ "/root/boot/grub2/grub.cfg", "blscfg\n" }),
		     "grub.cfg /root/boot/grub2/grub.cfg: 0 of 1, /root/boot/grub2/grub.cfg, /k, ");
	/* Nothing is taken from there where there is something at the top. */
	assert_found(FAKE_FILES({ "/@/boot/grub/grub.cfg", "" }, { "/boot/grub2/grub.cfg", "" }),
		     "grub.cfg /boot/grub2/grub.cfg: 0 of 1, /boot/grub2/grub.cfg, /k, ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_that_grub_cfg_takes_in_are_read_by_it),
		cmocka_unit_test(without_a_reader_of_grub_cfg_its_entries_are_read_alone),
		cmocka_unit_test(the_saved_entry_is_found_as_grub_finds_it),
		cmocka_unit_test(a_grub_cfg_that_cannot_be_read_leaves_its_entries_and_a_problem),
		cmocka_unit_test(a_filesystem_for_boot_has_its_entries_at_the_top),
		cmocka_unit_test(the_environment_may_be_on_the_esp),
		cmocka_unit_test(an_esp_of_systemd_boot_is_found),
		cmocka_unit_test(an_esp_of_opensuse_is_found),
		cmocka_unit_test(unified_images_alone_are_found),
		cmocka_unit_test(entries_that_grub_does_not_take_in_are_passed_over),
		cmocka_unit_test(the_places_are_tried_in_their_order),
		cmocka_unit_test(a_star_is_any_directory),
		cmocka_unit_test(the_caller_may_have_another_order),
		cmocka_unit_test(what_cannot_be_read_is_said),
		cmocka_unit_test(the_newest_kernel_with_its_initramfs_is_first),
		cmocka_unit_test(rescues_candidates_and_leftovers_are_ordered),
		cmocka_unit_test(kernels_elsewhere_are_found),
		cmocka_unit_test(only_sixteen_kernels_are_offered),
		cmocka_unit_test(a_hundred_thousand_names_are_an_error),
		cmocka_unit_test(the_root_is_the_snapshot_that_is_not_listed),
		cmocka_unit_test(subvolumes_are_looked_into_from_the_top),
	};

	return cmocka_run_group_tests_name("bootmenu_find", tests, NULL, NULL);
}
