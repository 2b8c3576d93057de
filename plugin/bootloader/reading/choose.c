/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tries one filesystem after the other. */
#include "bootloader/reading/choose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootloader/reading/files.h"
#include "bootloader/reading/images.h"
#include "bootloader/reading/subvolume.h"
#include "bootmenu/find.h"
#include "bootmenu/grub_menu.h"
#include "bootmenu/newest.h"
#include "bootmenu/words.h"

#if defined(__aarch64__)
#define ARCHITECTURE "AA64"
#else
#define ARCHITECTURE "x64"
#endif

struct finding {
	struct bd_boot_disk *disk;
	struct bd_bootmenu_files files;
	struct bd_boot_choice *choice;
};

void bd_boot_choice_dispose(struct bd_boot_choice *choice)
{
	bd_bootmenu_dispose(&choice->menu);
	free(choice->origin);
	for (size_t i = 0; i < choice->opened_count; i++)
		free(choice->opened[i]);
	*choice = (struct bd_boot_choice){ .device = NULL };
}

/* Not again where another menu is added to what has been read. */
static void warn(void *context, const char *message)
{
	const struct finding *finding = context;

	if (!finding->choice->opened_count)
		bd_boot_disk_tell(finding->disk, BD_LOG_DEBUG, "%s", message);
}

/* 1: this filesystem has a menu. */
static int try_configuration(struct finding *finding, struct bd_boot_device *device, struct bd_error *err)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { .kind = BD_BOOTMENU_NOTHING };
	struct bd_bootmenu_grub grub = { .files = &finding->files,
					 .architecture = ARCHITECTURE,
					 .list_images = bd_boot_images_list,
					 .images_context = finding->disk,
					 .warn = warn,
					 .warn_context = finding,
					 .opened = (const char *const *)finding->choice->opened,
					 .opened_count = finding->choice->opened_count };
	const struct bd_bootmenu_find_request request = { .files = &finding->files,
							  .device = device->name,
							  .architecture = ARCHITECTURE,
							  .read_grub_cfg = bd_bootmenu_read_grub_cfg,
							  .grub_context = &grub,
							  .list_images = bd_boot_images_list,
							  .images_context = finding->disk };

	if (bd_bootmenu_find(&request, &found, err) != 0)
		return -1;
	if (*found.problem && !finding->choice->opened_count)
		bd_boot_disk_tell(finding->disk, BD_LOG_WARNING, "%s: %s", device->name, found.problem);
	if (!found.menu.count)
		return 0;
	if (bd_text_format(&finding->choice->origin, err, "%s on %s", found.path, device->name) != 0)
		return -1;
	finding->choice->menu = bd_take_struct(found.menu);
	finding->choice->device = device;
	return 1;
}

/* Of a filesystem that is the root of the guest. */
static int guess_arguments(struct finding *finding, struct bd_boot_device *device, char **arguments_out,
			   struct bd_error *err)
{
	const char *uuid = device->uuid, *subvolume;

	if (bd_boot_subvolume_find(finding->disk, device, &subvolume, err) != 0)
		return -1;
	return bd_text_format(arguments_out, err, "%s%s%s%s%s%sro", *uuid ? "root=UUID=" : "", uuid, *uuid ? " " : "",
			      *subvolume ? "rootflags=subvol=" : "", subvolume, *subvolume ? " " : "");
}

/* 1: it has kernels. */
static int try_kernels(struct finding *finding, struct bd_boot_device *device, struct bd_error *err)
{
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };
	BD_FREE char *arguments = NULL;

	if (guess_arguments(finding, device, &arguments, err) != 0 ||
	    bd_newest_read(&finding->files, device->name, arguments, &menu, err) != 0)
		return -1;
	if (!menu.count)
		return 0;
	if (bd_text_format(&finding->choice->origin, err, "the kernels on %s", device->name) != 0)
		return -1;
	bd_boot_disk_tell(finding->disk, BD_LOG_WARNING,
			  "there is no boot configuration on the disk: %.300s is booted, with %s",
			  menu.entries[menu.default_index].kernel.path, arguments);
	finding->choice->menu = bd_take_struct(menu);
	finding->choice->device = device;
	return 1;
}

typedef int try_fn(struct finding *finding, struct bd_boot_device *device, struct bd_error *err);

/* active: those that are, or those that are not. */
static int try_devices(struct finding *finding, try_fn *try_it, enum bd_boot_device_kind kind, bool active,
		       struct bd_error *err)
{
	struct bd_boot_devices *devices = &finding->disk->devices;

	for (size_t i = 0; i < devices->count; i++) {
		struct bd_boot_device *device = devices->items[i];
		if (bd_boot_device_kind(device) != kind || device->is_active != active || device->is_dropped ||
		    (device->is_ext && !bd_boot_disk_ext(finding->disk, device)))
			continue;
		int r = try_it(finding, device, err);
		if (r != 0)
			return r;
	}
	return 0;
}

static int try_all(struct finding *finding, try_fn *try_it, enum bd_boot_device_kind kind, struct bd_error *err)
{
	int r;

	if (kind == BD_BOOT_DEVICE_OTHER && bd_boot_disk_ask_devices(finding->disk, err) != 0)
		return -1;
	r = try_devices(finding, try_it, kind, true, err);
	return r ? r : try_devices(finding, try_it, kind, false, err);
}

static int find(struct finding *finding, struct bd_error *err)
{
	static try_fn *const tries[] = { try_configuration, try_kernels };

	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		for (int kind = 0; kind < BD_BOOT_DEVICE_KINDS; kind++) {
			int r = try_all(finding, tries[i], (enum bd_boot_device_kind)kind, err);
			if (r != 0)
				return r;
		}
	}
	return 0;
}

/* What choice->opened names is in it. */
static int read_menu(struct bd_boot_disk *disk, struct bd_boot_choice *choice, struct bd_error *err)
{
	struct finding finding = { .disk = disk, .files = bd_boot_files(disk), .choice = choice };
	int r = find(&finding, err);

	if (r < 0)
		return -1;
	return r ? 0 : bd_not_found(err, "there is neither a boot configuration nor a kernel on the disk");
}

int bd_boot_choose_menu(struct bd_boot_disk *disk, struct bd_boot_choice *choice_out, struct bd_error *err)
{
	BD_DISPOSE(bd_boot_choice_dispose) struct bd_boot_choice choice = { .device = NULL };

	if (read_menu(disk, &choice, err) != 0)
		return -1;
	*choice_out = bd_take_struct(choice);
	return 0;
}

static int add_opened(struct bd_boot_choice *choice, const char *opens, struct bd_error *err)
{
	if (choice->opened_count == BD_BOOT_OPENED_MAX)
		return bd_fail(err, E2BIG, "more than %d menus have been opened", BD_BOOT_OPENED_MAX);
	choice->opened[choice->opened_count] = strdup(opens);
	if (!choice->opened[choice->opened_count])
		return bd_no_memory(err);
	choice->opened_count++;
	return 0;
}

int bd_boot_choose_opened(struct bd_boot_disk *disk, const struct bd_boot_choice *choice, size_t number,
			  struct bd_boot_choice *choice_out, struct bd_error *err)
{
	BD_DISPOSE(bd_boot_choice_dispose) struct bd_boot_choice opened = { .device = NULL };

	for (size_t i = 0; i < choice->opened_count; i++)
		if (add_opened(&opened, choice->opened[i], err) != 0)
			return -1;
	if (add_opened(&opened, choice->menu.entries[number].opens, err) != 0 || read_menu(disk, &opened, err) != 0)
		return -1;
	*choice_out = bd_take_struct(opened);
	return 0;
}

/* --- the entry ---------------------------------------------------------------------------------------------------- */

static bool is_named(const struct bd_bootmenu_entry *entry, const char *wanted)
{
	size_t size = entry->submenu ? strlen(entry->submenu) : 0;

	if (bd_text_is_same(entry->title, wanted) || bd_text_is_same(entry->id, wanted))
		return true;
	return size && strncmp(wanted, entry->submenu, size) == 0 && wanted[size] == '>' &&
	       bd_text_is_same(entry->title, wanted + size + 1);
}

static bool find_entry(const struct bd_bootmenu *menu, const char *wanted, size_t *index_out)
{
	bool is_number = *wanted && !wanted[strspn(wanted, "0123456789")];
	int number = is_number ? bd_bootmenu_number(wanted, BD_BOOTMENU_ENTRIES_MAX) : -1;

	/* pygrub's order. */
	if (number >= 0 && (size_t)number < menu->count) {
		*index_out = (size_t)number;
		return true;
	}
	for (size_t i = 0; i < menu->count; i++) {
		if (is_named(&menu->entries[i], wanted)) {
			*index_out = i;
			return true;
		}
	}
	return false;
}

/* Where the default cannot be booted. */
static int choose_next(struct bd_boot_disk *disk, struct bd_bootmenu *menu, struct bd_error *err)
{
	const struct bd_bootmenu_entry *entry = &menu->entries[menu->default_index];

	for (size_t i = 1; i < menu->count; i++) {
		size_t next = (menu->default_index + i) % menu->count;
		if (menu->entries[next].obstacle)
			continue;
		bd_boot_disk_tell(disk, BD_LOG_WARNING, "%.200s cannot be booted (%.200s): %.200s is", entry->title,
				  entry->obstacle, menu->entries[next].title);
		menu->default_index = next;
		return bd_bootmenu_explain(menu, err, "the next entry that can be booted, as %.200s cannot",
					   entry->title);
	}
	return 0;
}

int bd_boot_choose_entry(struct bd_boot_disk *disk, struct bd_bootmenu *menu, const char *wanted,
			 struct bd_error *err)
{
	if (wanted && find_entry(menu, wanted, &menu->default_index))
		return bd_bootmenu_explain(menu, err, "--entry=%.200s", wanted);
	if (wanted)
		bd_boot_disk_tell(disk, BD_LOG_WARNING, "there is no entry %.200s: the default is booted", wanted);
	return menu->entries[menu->default_index].obstacle ? choose_next(disk, menu, err) : 0;
}

/* An entry that opens a menu which may have the wanted one: its title is before that. */
static bool find_opener(const struct bd_bootmenu *menu, const char *wanted, size_t *number_out)
{
	for (size_t i = 0; i < menu->count; i++) {
		const struct bd_bootmenu_entry *entry = &menu->entries[i];
		size_t before = entry->submenu ? strlen(entry->submenu) + 1 : 0, size = strlen(entry->title);
		if (!entry->opens ||
		    (before && (strncmp(wanted, entry->submenu, before - 1) != 0 || wanted[before - 1] != '>')))
			continue;
		if (strncmp(wanted + before, entry->title, size) == 0 && wanted[before + size] == '>') {
			*number_out = i;
			return true;
		}
	}
	return false;
}

/* Takes the place of the choice. */
static void replace(struct bd_boot_choice *choice, struct bd_boot_choice *opened)
{
	bd_boot_choice_dispose(choice);
	*choice = bd_take_struct(*opened);
}

/* In menus that titles before ">" open; where it is in none of them, nothing is changed. */
static int open_up_to(struct bd_boot_disk *disk, struct bd_boot_choice *choice, const char *wanted,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_boot_choice_dispose) struct bd_boot_choice last = { .device = NULL };
	const struct bd_boot_choice *at = choice;
	size_t number;

	while (!find_entry(&at->menu, wanted, &number)) {
		BD_DISPOSE(bd_boot_choice_dispose) struct bd_boot_choice opened = { .device = NULL };
		if (!find_opener(&at->menu, wanted, &number))
			return 0;
		if (bd_boot_choose_opened(disk, at, number, &opened, err) != 0)
			return -1;
		replace(&last, &opened);
		at = &last;
	}
	if (at == &last)
		replace(choice, &last);
	return 0;
}

int bd_boot_choose(struct bd_boot_disk *disk, struct bd_boot_choice *choice, const char *wanted, struct bd_error *err)
{
	BD_DISPOSE(bd_boot_choice_dispose) struct bd_boot_choice opened = { .device = NULL };
	size_t number;

	if (wanted && open_up_to(disk, choice, wanted, err) != 0)
		return -1;
	if (!wanted || !find_entry(&choice->menu, wanted, &number) || !choice->menu.entries[number].opens)
		return bd_boot_choose_entry(disk, &choice->menu, wanted, err);
	if (bd_boot_choose_opened(disk, choice, number, &opened, err) != 0)
		return -1;
	replace(choice, &opened);
	return bd_bootmenu_explain(&choice->menu, err, "--entry=%.200s", wanted);
}
