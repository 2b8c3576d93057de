/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the configuration of GRUB Legacy. */
#include "bootmenu/menu_lst.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/entry.h"
#include "bootmenu/words.h"

#define TIMEOUT_MAX_S 65535
#define DISK_MAX 255
#define PARTITION_MAX 255

struct reading {
	const struct bd_bootmenu_files *files;
	const char *device, *path;
	struct bd_bootmenu menu;
	struct bd_bootmenu_entry *entry; /* at hand, in the menu; NULL: before the first title */
	char root[BD_BOOTMENU_DEVICE_SIZE]; /* the entry's */
	bool is_xen; /* its kernel */
	size_t modules;
	int default_number, fallback; /* -1: none is said */
	bool is_default_saved;
	char *saved_path; /* of the file that has it then; owned */
	/* The last uuid that was looked for, and what was found. */
	char uuid[64], uuid_device[BD_BOOTMENU_DEVICE_SIZE];
	unsigned uuids; /* that have been looked for */
};

static void reading_dispose(struct reading *reading)
{
	bd_bootmenu_dispose(&reading->menu);
	free(reading->saved_path);
}

/* Of "(hd0,0)/vmlinuz"; pygrub knows "(/dev/xvda,0)", too. *rest_out: behind the bracket. False: it is no disk or partition. */
static bool parse_device(const char *text, char device_out[BD_BOOTMENU_DEVICE_SIZE], const char **rest_out)
{
	int disk = -1, partition = -1;
	const char *at = text + 1;

	if (bd_text_begins_with(at, "hd")) {
		at += 2;
		disk = bd_bootmenu_number(at, DISK_MAX);
		at += strspn(at, "0123456789");
	} else if (bd_text_begins_with(at, "/dev/xvd") && at[8] >= 'a' && at[8] <= 'z') {
		disk = at[8] - 'a';
		at += 9;
	}
	bool has_partition = *at == ',';
	if (has_partition) {
		partition = bd_bootmenu_number(++at, PARTITION_MAX);
		at += strspn(at, "0123456789");
	}
	if (disk < 0 || (has_partition && partition < 0) || *at != ')')
		return false;
	if (has_partition)
		snprintf(device_out, BD_BOOTMENU_DEVICE_SIZE, "hd%d,msdos%d", disk, partition + 1);
	else
		snprintf(device_out, BD_BOOTMENU_DEVICE_SIZE, "hd%d", disk);
	*rest_out = at + 1;
	return true;
}

/* The file that a word names. device_out and *path_out: where. */
static int locate(struct reading *reading, const char *word, char device_out[BD_BOOTMENU_DEVICE_SIZE],
		  const char **path_out, struct bd_error *err)
{
	snprintf(device_out, BD_BOOTMENU_DEVICE_SIZE, "%s", reading->root);
	*path_out = word;
	if (*word != '(' || parse_device(word, device_out, path_out))
		return 0;
	return bd_bootmenu_obstruct(reading->entry, err, "GRUB Legacy's device of %.100s is not known here", word);
}

static int set_kernel(struct reading *reading, char *value, struct bd_error *err)
{
	char device[BD_BOOTMENU_DEVICE_SIZE], *name;
	const char *path;

	do
		name = bd_bootmenu_next_word(&value, "");
	while (name && bd_text_begins_with(name, "--"));
	if (!name)
		return 0;
	if (locate(reading, name, device, &path, err) != 0 ||
	    bd_bootmenu_set_kernel(reading->entry, device, "/", path, err) != 0)
		return -1;
	return bd_bootmenu_set_arguments(reading->entry, value, err);
}

static int add_initrd(struct reading *reading, char *value, struct bd_error *err)
{
	char device[BD_BOOTMENU_DEVICE_SIZE], *name = bd_bootmenu_next_word(&value, "");
	const char *path;

	if (!name)
		return 0;
	return locate(reading, name, device, &path, err) == 0
		       ? bd_bootmenu_add_initrd(reading->entry, device, "/", path, err)
		       : -1;
}

static int take_kernel(struct reading *reading, char *value, struct bd_error *err)
{
	if (set_kernel(reading, value, err) != 0)
		return -1;
	reading->is_xen =
		reading->entry->kernel.path && bd_text_begins_with(bd_path_last(reading->entry->kernel.path), "xen");
	return 0;
}

static int take_initrd(struct reading *reading, char *value, struct bd_error *err)
{
	bd_bootmenu_clear_initrds(reading->entry);
	return add_initrd(reading, value, err);
}

/* The first is the kernel of dom0, which runs as a guest's all the same. */
static int take_module(struct reading *reading, char *value, struct bd_error *err)
{
	if (!reading->is_xen)
		return bd_bootmenu_obstruct(reading->entry, err,
					    "its kernel is started with modules, as no Linux is");
	return reading->modules++ == 0 ? set_kernel(reading, value, err) : add_initrd(reading, value, err);
}

static int take_root(struct reading *reading, char *value, struct bd_error *err)
{
	const char *rest;

	/* Without a device it only shows the one at hand: Debian's separators have that. */
	if (!*value || parse_device(*value == '(' ? value : "(", reading->root, &rest))
		return 0;
	return bd_bootmenu_obstruct(reading->entry, err, "GRUB Legacy's device %.100s is not known here", value);
}

/* Sets reading->uuid_device. */
static int search_uuid(struct reading *reading, const char *uuid, struct bd_error *err)
{
	bool found;

	if (reading->uuids++ == BD_MENU_LST_UUIDS_MAX)
		return bd_fail(err, E2BIG, "there are more than %d UUIDs", BD_MENU_LST_UUIDS_MAX);
	if (reading->files->search(reading->files->source, BD_BOOTMENU_SEARCH_UUID, uuid, reading->uuid_device,
				   &found, err) != 0)
		return -1;
	if (!found)
		snprintf(reading->uuid_device, sizeof(reading->uuid_device), "%s", reading->device);
	snprintf(reading->uuid, sizeof(reading->uuid), "%s", uuid);
	return 0;
}

static int take_uuid(struct reading *reading, char *value, struct bd_error *err)
{
	char *uuid = bd_bootmenu_next_word(&value, "");

	if (!uuid || strlen(uuid) >= sizeof(reading->uuid))
		return 0;
	if (strcmp(uuid, reading->uuid) != 0 && search_uuid(reading, uuid, err) != 0)
		return -1;
	memcpy(reading->root, reading->uuid_device, sizeof(reading->root));
	return 0;
}

static int take_chainloader(struct reading *reading, char *value, struct bd_error *err)
{
	return bd_bootmenu_obstruct(reading->entry, err, "it starts another boot loader (chainloader %.100s)", value);
}

static int take_configfile(struct reading *reading, char *value, struct bd_error *err)
{
	return bd_bootmenu_obstruct(reading->entry, err, "it goes to another configuration (%.100s)", value);
}

static int finish_entry(struct reading *reading, struct bd_error *err)
{
	if (!reading->entry)
		return 0;
	if (reading->is_xen && reading->modules == 0 &&
	    bd_bootmenu_obstruct(reading->entry, err, "it starts a hypervisor without a kernel") != 0)
		return -1;
	return bd_bootmenu_complete(reading->entry, "", err);
}

static int take_title(struct reading *reading, char *value, struct bd_error *err)
{
	if (finish_entry(reading, err) != 0 || bd_bootmenu_add(&reading->menu, &reading->entry, err) != 0)
		return -1;
	snprintf(reading->root, sizeof(reading->root), "%s", reading->device);
	reading->is_xen = false;
	reading->modules = 0;
	if (bd_bootmenu_set_path(&reading->entry->defined_in, reading->device, reading->path, err) != 0)
		return -1;
	return bd_bootmenu_set_text(&reading->entry->title, value, err);
}

static void take_setting(struct reading *reading, const char *key, const char *value)
{
	int number = bd_bootmenu_number(value, TIMEOUT_MAX_S);

	if (strcmp(key, "default") == 0) {
		reading->is_default_saved = strcmp(value, "saved") == 0;
		reading->default_number = number;
	} else if (strcmp(key, "fallback") == 0) {
		reading->fallback = number;
	} else if (strcmp(key, "timeout") == 0) {
		reading->menu.timeout_s = number;
	}
}

static int take_line(struct reading *reading, char *line, struct bd_error *err)
{
	static const struct {
		const char *name;
		int (*take)(struct reading *reading, char *value, struct bd_error *err);
	} commands[] = {
		{ "root", take_root },
		{ "rootnoverify", take_root },
		{ "uuid", take_uuid },
		{ "kernel", take_kernel },
		{ "initrd", take_initrd },
		{ "module", take_module },
		{ "modulenounzip", take_module },
		{ "configfile", take_configfile },
		{ "chainloader", take_chainloader },
	};
	char *value = line, *key = bd_bootmenu_next_word(&value, "=");

	if (!key || *key == '#')
		return 0;
	if (strcmp(key, "title") == 0)
		return take_title(reading, value, err);
	if (!reading->entry) {
		take_setting(reading, key, value);
		return 0;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(key, commands[i].name) == 0)
			return commands[i].take(reading, value, err);
	return 0;
}

/* What savedefault has written: the number in the first line of the file "default". */
static int read_saved(struct reading *reading, struct bd_error *err)
{
	char folder[PATH_MAX];
	BD_FREE char *text = NULL;
	size_t size;

	bd_path_folder(reading->path, folder);
	if (bd_text_format(&reading->saved_path, err, "%s/default", folder) != 0 ||
	    bd_bootmenu_read_small(reading->files, reading->device, reading->saved_path, BD_MENU_LST_FILE_MAX, &text,
				   &size, err) != 0)
		return -1;
	if (text)
		reading->default_number = bd_bootmenu_number(text, BD_BOOTMENU_ENTRIES_MAX);
	return 0;
}

static bool is_bootable(const struct bd_bootmenu *menu, int number)
{
	return number >= 0 && (size_t)number < menu->count && !menu->entries[number].obstacle;
}

static int explain_default(struct reading *reading, bool is_there, struct bd_error *err)
{
	int number = reading->default_number;
	const char *missing = is_there ? "" : ", which there is not: the first entry";

	if (reading->saved_path && number >= 0)
		return bd_bootmenu_explain(&reading->menu, err, "default saved, %d in %.200s%s", number,
					   reading->saved_path, missing);
	if (reading->saved_path || number < 0)
		return bd_bootmenu_explain(&reading->menu, err, "no default is %s: the first entry",
					   reading->saved_path ? "saved" : "set");
	return bd_bootmenu_explain(&reading->menu, err, "default %d%s", number, missing);
}

/* GRUB Legacy goes to the fallback where the default cannot be booted. */
static int choose_default(struct reading *reading, struct bd_error *err)
{
	struct bd_bootmenu *menu = &reading->menu;
	int number = reading->default_number;
	bool is_there = number >= 0 && (size_t)number < menu->count;

	menu->default_index = is_there ? (size_t)number : 0;
	if (!is_bootable(menu, (int)menu->default_index) && is_bootable(menu, reading->fallback)) {
		menu->default_index = (size_t)reading->fallback;
		return bd_bootmenu_explain(menu, err, "fallback %d, as the default cannot be booted",
					   reading->fallback);
	}
	return explain_default(reading, is_there, err);
}

int bd_menu_lst_read(const struct bd_bootmenu_files *files, const char *device, const char *path,
		     struct bd_bootmenu *menu_out, struct bd_error *err)
{
	BD_DISPOSE(reading_dispose)
	struct reading reading = { .files = files,
				   .device = device,
				   .path = path,
				   .menu.timeout_s = -1,
				   .default_number = -1,
				   .fallback = -1 };
	BD_FREE char *text = NULL;
	size_t size = 0;

	if (files->read(files->source, device, path, BD_MENU_LST_FILE_MAX, &text, &size, err) != 0)
		return bd_wrap(err, "cannot read %.200s", path);
	if (!text)
		return bd_fail(err, ENOENT, "there is no %.200s", path);
	struct bd_bootmenu_lines lines = { text, text + size };
	for (char *line; (line = bd_bootmenu_next_line(&lines));)
		if (take_line(&reading, line, err) != 0)
			return bd_wrap(err, "%.200s", path);
	if (finish_entry(&reading, err) != 0 || (reading.is_default_saved && read_saved(&reading, err) != 0))
		return -1;
	if (choose_default(&reading, err) != 0)
		return -1;
	*menu_out = bd_take_struct(reading.menu);
	return 0;
}
