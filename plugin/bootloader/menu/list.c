/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints entries. */
#include "bootloader/menu/list.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/printable.h"
#include "base/text.h"

/* --- text --------------------------------------------------------------------------------------------------------- */

/* A line is a line, whatever the texts have in them. */
static void put_line(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put_line(FILE *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *line = bd_printable_format(format, args);
	va_end(args);
	bd_print(out, "%s\n", line ? line : "(out of memory)");
	free(line);
}

/* pygrub has (hd0,msdos1), (hd0,gpt1) and (hd0,1) as d0p1, and (hd0) as d0. */
static void put_root(FILE *out, const char *device)
{
	unsigned disk, partition;
	char table[8], rest;

	if (!device || !*device)
		put_line(out, "  root: None");
	else if (sscanf(device, "hd%3u,%4u%c", &disk, &partition, &rest) == 2 ||
		 (sscanf(device, "hd%3u,%5[a-z]%4u%c", &disk, table, &partition, &rest) == 3 &&
		  (strcmp(table, "msdos") == 0 || strcmp(table, "gpt") == 0)))
		put_line(out, "  root: d%up%u", disk, partition);
	else if (sscanf(device, "hd%3u%c", &disk, &rest) == 1)
		put_line(out, "  root: d%u", disk);
	else
		put_line(out, "  root: (%s)", device);
}

static const char *or_none(const char *text)
{
	return text && *text ? text : "None";
}

static int put_initrds(FILE *out, const struct bd_bootmenu_entry *entry, struct bd_error *err)
{
	BD_FREE char *paths = NULL;

	for (size_t i = 0; i < entry->initrd_count; i++) {
		BD_FREE char *before = bd_take_ptr(paths);
		if (bd_text_format(&paths, err, "%s%s%s", before ? before : "", before ? " " : "",
				   or_none(entry->initrds[i].path)) != 0)
			return -1;
	}
	put_line(out, "  initrd: %s", or_none(paths));
	return 0;
}

static int put_entry(FILE *out, const struct bd_bootmenu *menu, size_t index, struct bd_error *err)
{
	const struct bd_bootmenu_entry *entry = &menu->entries[index];

	put_line(out, "title: %s", entry->title ? entry->title : "");
	put_root(out, entry->kernel.device);
	put_line(out, "  kernel: %s", or_none(entry->kernel.path));
	put_line(out, "  args: %s", or_none(entry->arguments));
	if (put_initrds(out, entry, err) != 0)
		return -1;
	if (entry->submenu)
		put_line(out, "  submenu: %s", entry->submenu);
	if (entry->obstacle)
		put_line(out, "  obstacle: %s", entry->obstacle);
	if (entry->defined_in.path)
		put_line(out, "  file: %s", entry->defined_in.path);
	if (index == menu->default_index)
		put_line(out, "  default: yes");
	if (index == menu->default_index && menu->chosen_by && *menu->chosen_by)
		put_line(out, "  chosen by: %s", menu->chosen_by);
	return 0;
}

int bd_menu_list_text(const struct bd_bootmenu *menu, FILE *out, struct bd_error *err)
{
	for (size_t i = 0; i < menu->count; i++)
		if (put_entry(out, menu, i, err) != 0)
			return -1;
	if (fflush(out) != 0 || ferror(out))
		return bd_fail(err, EIO, "cannot write the list of entries");
	return 0;
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

static void put_object(struct bd_json *json, const struct bd_bootmenu *menu, size_t index)
{
	const struct bd_bootmenu_entry *entry = &menu->entries[index];

	bd_json_open_object(json, NULL);
	bd_json_uint(json, "index", index);
	bd_json_string(json, "title", entry->title);
	bd_json_string(json, "id", entry->id);
	bd_json_string(json, "submenu", entry->submenu);
	bd_json_string(json, "kernel", entry->kernel.path);
	bd_json_open_array(json, "initrds");
	for (size_t i = 0; i < entry->initrd_count; i++)
		bd_json_string(json, NULL, entry->initrds[i].path);
	bd_json_close_array(json);
	bd_json_string(json, "arguments", entry->arguments);
	bd_json_bool(json, "default", index == menu->default_index);
	bd_json_string(json, "obstacle", entry->obstacle);
	bd_json_string(json, "file", entry->defined_in.path);
	bd_json_close_object(json);
}

int bd_menu_list_json(const struct bd_bootmenu *menu, FILE *out, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_open_array(json, "entries");
	for (size_t i = 0; i < menu->count; i++)
		put_object(json, menu, i);
	bd_json_close_array(json);
	if (menu->count)
		bd_json_uint(json, "default", menu->default_index);
	else
		bd_json_string(json, "default", NULL);
	bd_json_string(json, "chosen_by", menu->chosen_by && *menu->chosen_by ? menu->chosen_by : NULL);
	if (menu->timeout_s >= 0)
		bd_json_uint(json, "timeout_s", (uint64_t)menu->timeout_s);
	else
		bd_json_string(json, "timeout_s", NULL);
	bd_json_close_object(json);
	return bd_json_print(json, out, err);
}
