/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grows and frees the entries. */
#include "bootmenu/menu.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

int bd_bootmenu_add(struct bd_bootmenu *menu, struct bd_bootmenu_entry **entry_out, struct bd_error *err)
{
	if (menu->count == BD_BOOTMENU_ENTRIES_MAX)
		return bd_fail(err, E2BIG, "there are more than %d entries", BD_BOOTMENU_ENTRIES_MAX);
	if (bd_array_grow(menu->entries, menu->count, err) != 0)
		return -1;
	*entry_out = &menu->entries[menu->count++];
	**entry_out = (struct bd_bootmenu_entry){ 0 };
	return 0;
}

void bd_bootmenu_path_dispose(struct bd_bootmenu_path *path)
{
	free(path->device);
	free(path->path);
	free(path->newc_name);
	*path = (struct bd_bootmenu_path){ 0 };
}

void bd_bootmenu_entry_dispose(struct bd_bootmenu_entry *entry)
{
	free(entry->title);
	free(entry->id);
	free(entry->submenu);
	bd_bootmenu_path_dispose(&entry->kernel);
	free(entry->arguments);
	for (size_t i = 0; i < entry->initrd_count; i++)
		bd_bootmenu_path_dispose(&entry->initrds[i]);
	bd_bootmenu_path_dispose(&entry->defined_in);
	free(entry->opens);
	free(entry->obstacle);
	*entry = (struct bd_bootmenu_entry){ 0 };
}

void bd_bootmenu_dispose(struct bd_bootmenu *menu)
{
	for (size_t i = 0; i < menu->count; i++)
		bd_bootmenu_entry_dispose(&menu->entries[i]);
	free(menu->entries);
	free(menu->chosen_by);
	*menu = (struct bd_bootmenu){ 0 };
}

int bd_bootmenu_explain(struct bd_bootmenu *menu, struct bd_error *err, const char *format, ...)
{
	char text[BD_BOOTMENU_REASON_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	char *copy = strdup(text);
	if (!copy)
		return bd_no_memory(err);
	free(menu->chosen_by);
	menu->chosen_by = copy;
	return 0;
}
