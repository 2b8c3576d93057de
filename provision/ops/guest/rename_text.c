/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a renamed guest's config: its name and the paths of its own files change, nothing else does. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "ops/guest/rename_text.h"
#include "xlcfg/edit.h"
#include "xlcfg/quote.h"
#include "xlcfg/replace_path.h"

static int replace_path(char **text, const char *path, const char *new_path, struct bd_error *err)
{
	char *changed;

	if (bd_cfg_replace_path(*text, path, new_path, &changed, err) != 0)
		return -1;
	bd_text_replace(text, changed);
	return 0;
}

int guest_renamed_path(const char *path, const char *new_name, const char *suffix, char **path_out,
		       struct bd_error *err)
{
	return bd_text_format(path_out, err, "%.*s%s%s", (int)(bd_path_last(path) - path), path, new_name, suffix);
}

/* What a path of the old cfg is to be in the new one. */
static int expected(const char *path, const struct guest_files *files, const char *new_name, char **path_out,
		    struct bd_error *err)
{
	for (size_t i = 0; path && i < files->count; i++)
		if (!files->items[i].stays && strcmp(files->items[i].path, path) == 0)
			return guest_renamed_path(path, new_name, files->items[i].suffix, path_out, err);
	*path_out = path ? strdup(path) : NULL;
	return path && !*path_out ? bd_no_memory(err) : 0;
}

static int check_path(const char *old_path, const char *now, const struct guest_files *files, const char *new_name,
		      struct bd_error *err)
{
	BD_FREE char *wanted = NULL;

	if (expected(old_path, files, new_name, &wanted, err) != 0)
		return -1;
	return bd_text_is_same(wanted, now)
		       ? 0
		       : bd_fail(err, EINVAL, "the path %s is not written as a plain string; edit the config by hand",
				 old_path);
}

/* The text was changed without understanding its lists, so it is read again. */
static int check(const struct bd_cfg *cfg, const struct guest_files *files, const char *new_name, const char *text,
		 struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg now = { 0 };

	if (bd_cfg_parse(text, &now, err) != 0)
		return -1;
	if (!bd_text_is_same(now.name, new_name) || now.disk_count != cfg->disk_count)
		return bd_fail(err, EINVAL,
			       "its name or disks are not written as plain strings; edit the config by hand");
	for (size_t i = 0; i < cfg->disk_count; i++)
		if (check_path(cfg->disks[i], now.disks[i], files, new_name, err) != 0)
			return -1;
	return check_path(cfg->kernel, now.kernel, files, new_name, err) != 0
		       ? -1
		       : check_path(cfg->ramdisk, now.ramdisk, files, new_name, err);
}

static int replace_title(char **text, const char *name, const char *new_name, struct bd_error *err)
{
	char *changed;

	if (bd_cfg_replace_title(*text, name, new_name, &changed, err) != 0)
		return -1;
	bd_text_replace(text, changed);
	return 0;
}

int guest_renamed_text(const char *text, const struct bd_cfg *cfg, const struct guest_files *files,
		       const char *new_name, char **text_out, struct bd_error *err)
{
	BD_FREE char *quoted = NULL;
	BD_FREE char *changed = NULL;

	if (bd_xlcfg_quote(new_name, &quoted, err) != 0 ||
	    bd_cfg_edit(text, &(struct bd_cfg_change){ .key = "name", .value = quoted }, 1, &changed, err) != 0 ||
	    replace_title(&changed, cfg->name, new_name, err) != 0)
		return -1;
	for (size_t i = 0; i < files->count; i++) {
		BD_FREE char *new_path = NULL;
		const struct guest_file *file = &files->items[i];
		if (file->stays)
			continue;
		if (guest_renamed_path(file->path, new_name, file->suffix, &new_path, err) != 0 ||
		    replace_path(&changed, file->path, new_path, err) != 0)
			return -1;
	}
	if (check(cfg, files, new_name, changed, err) != 0)
		return bd_wrap(err, "%s", cfg->path);
	*text_out = bd_take_ptr(changed);
	return 0;
}
