/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts texts and paths into an entry. */
#include "bootmenu/entry.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define OBSTACLE_SIZE 256

int bd_bootmenu_set_text(char **text, const char *value, struct bd_error *err)
{
	char *copy = strndup(value, BD_BOOTMENU_TEXT_MAX - 1);

	if (!copy)
		return bd_no_memory(err);
	free(*text);
	*text = copy;
	return 0;
}

/* Drops the last component of a path of `length` bytes, which is "" or begins with a slash. */
static size_t parent(const char *path, size_t length)
{
	while (length > 0 && path[length - 1] != '/')
		length--;
	return length ? length - 1 : 0;
}

/* Puts the components of the text behind the path, of which `length` bytes are there. SIZE_MAX: there is no room. */
static size_t add_components(char *path, size_t length, const char *text)
{
	while (*text) {
		size_t size = strcspn(text, "/");
		if (size == 2 && text[0] == '.' && text[1] == '.') {
			length = parent(path, length);
		} else if (size != 0 && !(size == 1 && text[0] == '.')) {
			if (size >= BD_BOOTMENU_TEXT_MAX - 1 - length)
				return SIZE_MAX;
			path[length] = '/';
			memcpy(path + length + 1, text, size);
			length += 1 + size;
		}
		text += size;
		text += *text == '/';
	}
	return length;
}

bool bd_bootmenu_join_path(const char *folder, const char *name, char *path_out)
{
	size_t length = 0;

	if (*name != '/')
		length = add_components(path_out, length, folder);
	if (length != SIZE_MAX)
		length = add_components(path_out, length, name);
	if (length == SIZE_MAX)
		return false;
	if (length == 0)
		path_out[length++] = '/';
	path_out[length] = '\0';
	return true;
}

int bd_bootmenu_set_path(struct bd_bootmenu_path *path, const char *device, const char *text, struct bd_error *err)
{
	return bd_bootmenu_set_text(&path->device, device, err) == 0 ? bd_bootmenu_set_text(&path->path, text, err)
								     : -1;
}

/* fits_out: whether the path has been set. */
static int set_path(struct bd_bootmenu_path *path, const char *device, const char *folder, const char *name,
		    bool *fits_out, struct bd_error *err)
{
	char joined[BD_BOOTMENU_TEXT_MAX];

	*fits_out = bd_bootmenu_join_path(folder, name, joined);
	if (!*fits_out)
		return 0;
	return bd_bootmenu_set_path(path, device, joined, err);
}

int bd_bootmenu_set_kernel(struct bd_bootmenu_entry *entry, const char *device, const char *folder, const char *name,
			   struct bd_error *err)
{
	bool fits;

	if (set_path(&entry->kernel, device, folder, name, &fits, err) != 0)
		return -1;
	return fits ? 0
		    : bd_bootmenu_obstruct(entry, err, "the path of its kernel is longer than %d bytes",
					   BD_BOOTMENU_TEXT_MAX - 1);
}

int bd_bootmenu_add_initrd(struct bd_bootmenu_entry *entry, const char *device, const char *folder, const char *name,
			   struct bd_error *err)
{
	bool fits;

	if (entry->initrd_count == BD_BOOTMENU_INITRDS_MAX)
		return bd_bootmenu_obstruct(entry, err, "it has more than %d initrds", BD_BOOTMENU_INITRDS_MAX);
	/* Counted first, so that what has been allocated is freed with the entry. */
	struct bd_bootmenu_path *path = &entry->initrds[entry->initrd_count++];
	if (set_path(path, device, folder, name, &fits, err) != 0)
		return -1;
	if (fits)
		return 0;
	entry->initrd_count--;
	return bd_bootmenu_obstruct(entry, err, "the path of its initrd is longer than %d bytes",
				    BD_BOOTMENU_TEXT_MAX - 1);
}

void bd_bootmenu_clear_initrds(struct bd_bootmenu_entry *entry)
{
	while (entry->initrd_count > 0)
		bd_bootmenu_path_dispose(&entry->initrds[--entry->initrd_count]);
}

int bd_bootmenu_add_arguments(struct bd_bootmenu_entry *entry, const char *arguments, struct bd_error *err)
{
	if (entry->obstacle)
		return 0;
	const char *before = entry->arguments ? entry->arguments : "";
	size_t length = strlen(before), more = strlen(arguments), total;

	if (__builtin_add_overflow(length + 1, more, &total) || total >= BD_BOOTMENU_TEXT_MAX)
		return bd_bootmenu_obstruct(entry, err, "its command line is longer than %d bytes",
					    BD_BOOTMENU_TEXT_MAX - 1);
	char *joined;
	if (bd_text_format(&joined, err, "%s%s%s", before, length && more ? " " : "", arguments) != 0)
		return -1;
	free(entry->arguments);
	entry->arguments = joined;
	return 0;
}

int bd_bootmenu_set_arguments(struct bd_bootmenu_entry *entry, const char *arguments, struct bd_error *err)
{
	free(entry->arguments);
	entry->arguments = NULL;
	return bd_bootmenu_add_arguments(entry, arguments, err);
}

int bd_bootmenu_obstruct(struct bd_bootmenu_entry *entry, struct bd_error *err, const char *format, ...)
{
	char text[OBSTACLE_SIZE];
	va_list args;

	if (entry->obstacle)
		return 0;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return bd_bootmenu_set_text(&entry->obstacle, text, err);
}

int bd_bootmenu_complete(struct bd_bootmenu_entry *entry, const char *default_title, struct bd_error *err)
{
	if (!entry->title && bd_bootmenu_set_text(&entry->title, default_title, err) != 0)
		return -1;
	if (!entry->arguments && bd_bootmenu_set_text(&entry->arguments, "", err) != 0)
		return -1;
	return entry->kernel.path ? 0 : bd_bootmenu_obstruct(entry, err, "it names no kernel");
}
