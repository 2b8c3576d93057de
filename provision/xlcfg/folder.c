/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads all configs in a directory, and finds their guests. */
#include "xlcfg/folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"

void bd_cfgs_dispose(struct bd_cfgs *cfgs)
{
	for (size_t i = 0; i < cfgs->count; i++)
		bd_cfg_dispose(&cfgs->items[i]);
	for (size_t i = 0; i < cfgs->unreadable_count; i++)
		free(cfgs->unreadable[i]);
	free(cfgs->items);
	free(cfgs->unreadable);
	free(cfgs->by_name);
	*cfgs = (struct bd_cfgs){ 0 };
}

static int add(struct bd_cfgs *cfgs, struct bd_cfg *cfg, struct bd_error *err)
{
	if (bd_array_grow(cfgs->items, cfgs->count, err) != 0)
		return -1;
	cfgs->items[cfgs->count++] = *cfg;
	*cfg = (struct bd_cfg){ 0 };
	return 0;
}

static int add_unreadable(struct bd_cfgs *cfgs, const char *message, struct bd_error *err)
{
	BD_FREE char *copy = strdup(message);

	if (!copy)
		return bd_no_memory(err);
	if (bd_array_grow(cfgs->unreadable, cfgs->unreadable_count, err) != 0)
		return -1;
	cfgs->unreadable[cfgs->unreadable_count++] = bd_take_ptr(copy);
	return 0;
}

/* What is neither a file nor a link that leads nowhere is nobody's config; to open a FIFO would wait for ever. */
static int read_one(const char *folder, const char *name, struct bd_cfgs *cfgs, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	struct bd_error problem = BD_ERROR_INIT;
	char path[PATH_MAX];
	struct stat there;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return add_unreadable(cfgs, "the path of a config is too long", err);
	if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
		return 0;
	if (bd_cfg_read(path, &cfg, &problem) == 0 && cfg.name)
		return add(cfgs, &cfg, err);
	if (!problem.code && !cfg.disk_count && !cfg.kernel)
		return 0; /* the config of something else */
	if (!problem.code)
		bd_fail(&problem, EINVAL, "%s has disks but no name", path);
	if (problem.code == ENOENT && lstat(path, &there) != 0)
		return 0; /* it went meanwhile */
	if (problem.code == ENOMEM)
		return bd_no_memory(err);
	return add_unreadable(cfgs, problem.message, err);
}

static int is_cfg(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && bd_text_ends_in(entry->d_name, ".cfg");
}

/* Not by the locale's order. */
static int compare_entries(const struct dirent **one, const struct dirent **other)
{
	return strcmp((*one)->d_name, (*other)->d_name);
}

bool bd_cfg_is_named_after_guest(const struct bd_cfg *cfg)
{
	return bd_path_is_named(cfg->path, cfg->name, ".cfg");
}

bool bd_cfg_is_same_guest(const struct bd_cfg *one, const struct bd_cfg *other)
{
	if (!one->name || !other->name || strcmp(one->name, other->name) != 0 || one->has_uuid != other->has_uuid ||
	    (one->has_uuid && memcmp(one->uuid, other->uuid, sizeof(one->uuid)) != 0) ||
	    one->disk_count != other->disk_count)
		return false;
	for (size_t i = 0; i < one->disk_count; i++)
		if (strcmp(one->disks[i], other->disks[i]) != 0)
			return false;
	return true;
}

/* Of two cfgs with one guest's name, that which has it as its file's name too comes first. */
static int compare_names(const void *one_pointer, const void *other_pointer, void *items_pointer)
{
	const struct bd_cfg *items = items_pointer;
	size_t one = *(const size_t *)one_pointer, other = *(const size_t *)other_pointer;
	int order = strcmp(items[one].name, items[other].name);

	if (order == 0)
		order = bd_cfg_is_named_after_guest(&items[other]) - bd_cfg_is_named_after_guest(&items[one]);
	return order ? order : (one > other) - (one < other);
}

static int sort_names(struct bd_cfgs *cfgs, struct bd_error *err)
{
	if (!cfgs->count)
		return 0;
	cfgs->by_name = calloc(cfgs->count, sizeof(*cfgs->by_name));
	if (!cfgs->by_name)
		return bd_no_memory(err);
	for (size_t i = 0; i < cfgs->count; i++)
		cfgs->by_name[i] = i;
	qsort_r(cfgs->by_name, cfgs->count, sizeof(*cfgs->by_name), compare_names, cfgs->items);
	return 0;
}

int bd_cfgs_read(const char *folder, struct bd_cfgs *cfgs_out, struct bd_error *err)
{
	BD_DISPOSE(bd_cfgs_dispose) struct bd_cfgs cfgs = { 0 };
	struct dirent **entries;
	int r = 0;

	int count = scandir(folder, &entries, is_cfg, compare_entries);
	if (count < 0)
		return bd_fail_lookup(err, "cannot read the directory %s", folder);
	for (int i = 0; i < count; i++) {
		if (r == 0)
			r = read_one(folder, entries[i]->d_name, &cfgs, err);
		free(entries[i]);
	}
	free(entries);
	if (r != 0 || sort_names(&cfgs, err) != 0)
		return -1;
	*cfgs_out = bd_take_struct(cfgs);
	return 0;
}

const struct bd_cfg *bd_cfgs_find(const struct bd_cfgs *cfgs, const char *name)
{
	size_t low = 0, high = cfgs->by_name ? cfgs->count : 0;

	for (size_t i = 0; !cfgs->by_name && i < cfgs->count; i++)
		if (cfgs->items[i].name && strcmp(cfgs->items[i].name, name) == 0)
			return &cfgs->items[i];
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(cfgs->items[cfgs->by_name[middle]].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (!cfgs->by_name || low == cfgs->count || strcmp(cfgs->items[cfgs->by_name[low]].name, name) != 0)
		return NULL;
	return &cfgs->items[cfgs->by_name[low]];
}
