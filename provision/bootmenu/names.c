/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects names. */
#include "bootmenu/names.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

struct collecting {
	const struct bd_bootmenu_names_request *request;
	struct bd_bootmenu_names names;
	size_t visited;
};

static void collecting_dispose(struct collecting *collecting)
{
	bd_bootmenu_names_dispose(&collecting->names);
}

static int visit(void *context, const char *name, struct bd_error *err)
{
	struct collecting *collecting = context;
	const struct bd_bootmenu_names_request *request = collecting->request;
	struct bd_bootmenu_names *names = &collecting->names;

	if (collecting->visited++ == BD_BOOTMENU_NAMES_MAX)
		return bd_fail(err, E2BIG, "there are more than %d files", BD_BOOTMENU_NAMES_MAX);
	if (!*name || strlen(name) > NAME_MAX || strchr(name, '/') ||
	    (request->is_wanted && !request->is_wanted(request->context, name)))
		return 0;
	if (names->count == request->limit)
		return bd_fail(err, E2BIG, "there are more than %zu entries", request->limit);
	if (bd_array_grow(names->texts, names->count, err) != 0)
		return -1;
	char *copy = strdup(name);
	if (!copy)
		return bd_no_memory(err);
	names->texts[names->count++] = copy;
	return 0;
}

static int compare(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

int bd_bootmenu_list_names(const struct bd_bootmenu_names_request *request, struct bd_bootmenu_names *names_out,
			   struct bd_error *err)
{
	BD_DISPOSE(collecting_dispose) struct collecting collecting = { .request = request };
	struct bd_bootmenu_names *names = &collecting.names;

	if (request->files->list(request->files->source, request->device, request->folder, visit, &collecting, err) !=
	    0)
		return bd_wrap(err, "cannot read %.200s", request->folder);
	if (names->count > 1)
		qsort(names->texts, names->count, sizeof(*names->texts), compare);
	*names_out = bd_take_struct(*names);
	return 0;
}

bool bd_bootmenu_names_have(const struct bd_bootmenu_names *names, const char *name)
{
	return names->count && bsearch(&name, names->texts, names->count, sizeof(*names->texts), compare);
}

void bd_bootmenu_names_dispose(struct bd_bootmenu_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->texts[i]);
	free(names->texts);
	*names = (struct bd_bootmenu_names){ 0 };
}
