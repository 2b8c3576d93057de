/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Line by line. */
#include "bootloader/reading/listing.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"

#define TYPE "Filesystem type "
#define LABEL "Label `"
#define UUID ", UUID "

void bd_grub_listing_dispose(struct bd_grub_listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->names[i].name);
	free(listing->names);
	*listing = (struct bd_grub_listing){ 0 };
}

/* The line at *text, which then is at the next one. NULL: there is none. */
static char *next_line(char **text)
{
	char *line = *text;

	if (!*line)
		return NULL;
	char *end = strchr(line, '\n');
	if (end)
		*end++ = '\0';
	*text = end ? end : line + strlen(line);
	return line;
}

/* The name of the device that a line describes; NULL: it describes none. *rest_out: what is behind it. */
static char *device_name(char *line, char **rest_out)
{
	static const char *const heads[] = { "Device ", "Partition " };

	line += strspn(line, "\t ");
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		size_t size = strlen(heads[i]);
		char *end = strstr(line, ": ");
		if (strncmp(line, heads[i], size) == 0 && end) {
			*end = '\0';
			*rest_out = end + 2;
			return line + size;
		}
	}
	return NULL;
}

/* "DIR          20261130080312 boot/", "3145728      20261130080312 vmlinuz": type or size, a time where the filesystem has any, the
 * name. False: it is none of these. */
static bool parse_name(char *line, struct bd_grub_name *item_out, char **name_out)
{
	char *end = line;
	bool is_folder = strncmp(line, "DIR ", 4) == 0;

	if (!is_folder && !isdigit((unsigned char)*line))
		return false;
	*item_out = (struct bd_grub_name){ .type = is_folder ? 'd' : 'f' };
	errno = 0;
	if (is_folder)
		end = line + 3;
	else
		item_out->size_bytes = strtoull(line, &end, 10);
	if (errno || *end != ' ')
		return false;
	/* The first column has 12 characters and a space. */
	size_t first = (size_t)(end - line);
	char *name = end + (first < 13 ? strnlen(end, 13 - first) : 1);
	if (strlen(name) > 15 && strspn(name, "0123456789") == 14 && name[14] == ' ')
		name += 15;
	size_t size = strlen(name);
	if (is_folder && size && name[size - 1] == '/')
		name[--size] = '\0';
	*name_out = name;
	return size > 0;
}

static int add_name(char *line, struct bd_grub_listing *listing, struct bd_error *err)
{
	struct bd_grub_name item;
	char *name;

	if (!parse_name(line, &item, &name) || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (listing->count == BD_GRUB_LISTING_MAX)
		return bd_fail(err, E2BIG, "a directory has more than %d names", BD_GRUB_LISTING_MAX);
	if (bd_array_grow(listing->names, listing->count, err) != 0 || !(item.name = strdup(name)))
		return bd_no_memory(err);
	listing->names[listing->count++] = item;
	return 0;
}

int bd_grub_listing_next(char **text, struct bd_grub_listing *listing_out, struct bd_error *err)
{
	BD_DISPOSE(bd_grub_listing_dispose) struct bd_grub_listing listing = { 0 };
	char *line, *rest;

	while ((line = next_line(text)) != NULL && !device_name(line, &rest)) {
		listing.is_there = true;
		if (add_name(line, &listing, err) != 0)
			return -1;
	}
	*listing_out = bd_take_struct(listing);
	return 0;
}

/* "Filesystem type xfs - Label `root', UUID …": GRUB puts the label first, which may have anything in it. */
static int visit_line(char *name, char *rest, bd_grub_device_fn *visit, void *context, struct bd_error *err)
{
	char *type = "", *label = "", *uuid = "";
	char *at = strstr(rest, TYPE);

	if (at) {
		type = at + strlen(TYPE);
		char *behind = type + strcspn(type, " ,");
		char *last = NULL;
		for (char *found = behind; (found = strstr(found, UUID)) != NULL; found++)
			last = found;
		if (last) {
			uuid = last + strlen(UUID);
			uuid[strcspn(uuid, " ")] = '\0';
			*last = '\0';
		}
		char *quoted = strstr(behind, LABEL), *end = quoted ? strrchr(quoted, '\'') : NULL;
		if (end) {
			label = quoted + strlen(LABEL);
			*end = '\0';
		}
		*behind = '\0';
	}
	return visit(context, name, type, uuid, label, err);
}

int bd_grub_devices_parse(char *text, bd_grub_device_fn *visit, void *context, struct bd_error *err)
{
	char *line, *rest;

	while ((line = next_line(&text)) != NULL) {
		char *name = device_name(line, &rest);
		if (name && visit_line(name, rest, visit, context, err) != 0)
			return -1;
	}
	return 0;
}
