/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares a directory with the list in it, or looks into the descriptions. */
#include "bootmenu/snapper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "bootmenu/names.h"

#define SNAPSHOTS_MAX 10000
#define LIST_MAX (2u << 20)
#define INFO_MAX (64u << 10)
#define INFOS_MAX 64 /* that are read, the latest first */

static bool is_number(const void *context, const char *name)
{
	(void)context;
	return *name >= '1' && *name <= '9' && strlen(name) < BD_SNAPPER_NUMBER_SIZE &&
	       !name[strspn(name, "0123456789")];
}

/* As numbers, by their texts: they have no zeros before them. */
static int highest_first(const void *one, const void *other)
{
	const char *a = *(char *const *)one, *b = *(char *const *)other;
	size_t a_length = strlen(a), b_length = strlen(b);

	return a_length != b_length ? (a_length < b_length) - (a_length > b_length) : strcmp(b, a);
}

/* *text_out NULL: it is not there, too large, or cannot be read. The caller frees. */
static int read_text(const struct bd_bootmenu_files *files, const char *device, const char *path, size_t limit_bytes,
		     char **text_out, struct bd_error *err)
{
	struct bd_error failure = BD_ERROR_INIT;
	size_t size;

	*text_out = NULL;
	if (bd_bootmenu_read_small(files, device, path, limit_bytes, text_out, &size, &failure) == 0 ||
	    failure.code == EIO)
		return 0;
	*err = failure;
	return -1;
}

/* The list says: if [ -f "/.snapshots/7/grub-snapshot.cfg" ]. */
static bool is_listed(const char *list, const char *number)
{
	char text[BD_SNAPPER_NUMBER_SIZE + sizeof("/.snapshots//")];

	snprintf(text, sizeof(text), "/.snapshots/%s/", number);
	return strstr(list, text);
}

static const char *highest_unlisted(const struct bd_bootmenu_names *names, const char *list)
{
	for (size_t i = 0; i < names->count; i++)
		if (!is_listed(list, names->texts[i]))
			return names->texts[i];
	return NULL;
}

/* --- descriptions ------------------------------------------------------------------------------------------------- */

typedef char info_path[sizeof(BD_SNAPPER_FOLDER "//info.xml") + BD_SNAPPER_NUMBER_SIZE];

/* "writable copy of #2" is what a rollback leaves. */
static int is_copy(const struct bd_bootmenu_files *files, const char *device, const char *path, bool *is_out,
		   struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (read_text(files, device, path, INFO_MAX, &text, err) != 0)
		return -1;
	*is_out = text && strstr(text, "<description>writable copy of #");
	return 0;
}

/* Of some snapshots; *copy_out NULL: none of them. */
static int find_copy_among(const struct bd_bootmenu_files *files, const char *device, char *const *numbers,
			   size_t count, const char **copy_out, struct bd_error *err)
{
	info_path paths[BD_BOOTMENU_EXPECTED_MAX];
	const char *expected[BD_BOOTMENU_EXPECTED_MAX];

	*copy_out = NULL;
	for (size_t i = 0; i < count; i++) {
		snprintf(paths[i], sizeof(paths[i]), BD_SNAPPER_FOLDER "/%s/info.xml", numbers[i]);
		expected[i] = paths[i];
	}
	if (files->expect && files->expect(files->source, device, expected, count, err) != 0)
		return -1;
	for (size_t i = 0; i < count && !*copy_out; i++) {
		bool is_it;
		if (is_copy(files, device, paths[i], &is_it, err) != 0)
			return -1;
		if (is_it)
			*copy_out = numbers[i];
	}
	return 0;
}

static int find_copy(const struct bd_bootmenu_files *files, const char *device, const struct bd_bootmenu_names *names,
		     const char **copy_out, struct bd_error *err)
{
	size_t looked_at = names->count < INFOS_MAX ? names->count : INFOS_MAX;

	*copy_out = NULL;
	for (size_t i = 0; i < looked_at && !*copy_out; i += BD_BOOTMENU_EXPECTED_MAX) {
		size_t count = looked_at - i < BD_BOOTMENU_EXPECTED_MAX ? looked_at - i : BD_BOOTMENU_EXPECTED_MAX;
		if (find_copy_among(files, device, names->texts + i, count, copy_out, err) != 0)
			return -1;
	}
	return 0;
}

/* --- the root ----------------------------------------------------------------------------------------------------- */

/* Without a list. */
static int choose_by_descriptions(const struct bd_bootmenu_files *files, const char *device,
				  const struct bd_bootmenu_names *names, const char **number_out,
				  struct bd_error *err)
{
	const char *highest = names->texts[0], *lowest = names->texts[names->count - 1];
	char type;

	if (find_copy(files, device, names, number_out, err) != 0)
		return -1;
	if (*number_out)
		return 0;
	/* Elsewhere than in openSUSE they are but backups of @. */
	if (files->look(files->source, device, "/@/etc", &type, err) != 0)
		return -1;
	if (type != 'd')
		*number_out = strcmp(lowest, "1") == 0 ? lowest : highest;
	return 0;
}

/* names: one at least, the highest first. *number_out NULL: none of them. */
static int choose(const struct bd_bootmenu_files *files, const char *device, const struct bd_bootmenu_names *names,
		  const char **number_out, struct bd_error *err)
{
	BD_FREE char *list = NULL;

	if (read_text(files, device, BD_SNAPPER_FOLDER "/grub-snapshot.cfg", LIST_MAX, &list, err) != 0)
		return -1;
	/* An image may come with one that is empty, and without the plugin. */
	if (!list || !strstr(list, "/.snapshots/"))
		return choose_by_descriptions(files, device, names, number_out, err);
	*number_out = highest_unlisted(names, list);
	if (!*number_out)
		*number_out = names->texts[0];
	return 0;
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
	const char *number;

	*found_out = false;
	if (bd_bootmenu_list_names(&request, &names, err) != 0)
		return -1;
	if (!names.count)
		return 0;
	qsort(names.texts, names.count, sizeof(*names.texts), highest_first);
	if (choose(files, device, &names, &number, err) != 0)
		return -1;
	if (!number)
		return 0;
	snprintf(number_out, BD_SNAPPER_NUMBER_SIZE, "%s", number);
	*found_out = true;
	return 0;
}
