/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares a directory with the list in it. */
#include "bootmenu/snapper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "bootmenu/names.h"

#define SNAPSHOTS_MAX 10000
#define LIST_MAX (2u << 20)

static bool is_number(const void *context, const char *name)
{
	(void)context;
	return *name >= '1' && *name <= '9' && strlen(name) < BD_SNAPPER_NUMBER_SIZE &&
	       !name[strspn(name, "0123456789")];
}

/* As numbers, by their texts: they have no zeros before them. */
static bool is_higher(const char *one, const char *other)
{
	size_t length = strlen(one), other_length = strlen(other);

	return length != other_length ? length > other_length : strcmp(one, other) > 0;
}

/* The list says: if [ -f "/.snapshots/7/grub-snapshot.cfg" ]. */
static bool is_listed(const char *list, const char *number)
{
	char text[BD_SNAPPER_NUMBER_SIZE + sizeof("/.snapshots//")];

	snprintf(text, sizeof(text), "/.snapshots/%s/", number);
	return list && strstr(list, text);
}

static const char *highest(const struct bd_bootmenu_names *names, const char *list)
{
	const char *found = NULL;

	for (size_t i = 0; i < names->count; i++)
		if (!is_listed(list, names->texts[i]) && (!found || is_higher(names->texts[i], found)))
			found = names->texts[i];
	return found;
}

int bd_snapper_find_root(const struct bd_bootmenu_files *files, const char *device,
			 char number_out[BD_SNAPPER_NUMBER_SIZE], bool *found_out, struct bd_error *err)
{
	const struct bd_bootmenu_names_request request = { .files = files,
							   .device = device,
							   .folder = BD_SNAPPER_FOLDER,
							   .is_wanted = is_number,
							   .limit = SNAPSHOTS_MAX };
	BD_DISPOSE(bd_bootmenu_names_dispose) struct bd_bootmenu_names names = { 0 };
	BD_FREE char *list = NULL;
	size_t size;

	*found_out = false;
	if (bd_bootmenu_list_names(&request, &names, err) != 0 ||
	    (names.count && bd_bootmenu_read_small(files, device, BD_SNAPPER_FOLDER "/grub-snapshot.cfg", LIST_MAX,
						   &list, &size, err) != 0))
		return -1;
	const char *found = highest(&names, list);
	if (!found)
		found = highest(&names, NULL);
	if (!found)
		return 0;
	snprintf(number_out, BD_SNAPPER_NUMBER_SIZE, "%s", found);
	*found_out = true;
	return 0;
}
