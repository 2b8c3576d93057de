/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes what is missing into a config: a UUID, MAC addresses, absolute paths. */
#include "ops/adopt/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/random.h"
#include "base/text.h"
#include "guest/description.h"
#include "xlcfg/edit.h"
#include "xlcfg/quote.h"
#include "xlcfg/vif.h"

static int set_key(char **text, const char *key, const char *value, struct bd_error *err)
{
	BD_FREE char *quoted = NULL;
	char *changed;

	if (bd_xlcfg_quote(value, &quoted, err) != 0 ||
	    bd_cfg_edit(*text, &(struct bd_cfg_change){ .key = key, .value = quoted }, 1, &changed, err) != 0)
		return -1;
	bd_text_replace(text, changed);
	return 0;
}

static int set_uuid(char **text, struct bd_error *err)
{
	static const struct bd_random from_kernel = { 0 };
	char uuid_text[BD_UUID_TEXT_SIZE];
	uint8_t uuid[16];

	if (bd_random_fill_uuid(&from_kernel, "uuid", uuid, err) != 0)
		return -1;
	bd_format_uuid(uuid, uuid_text);
	return set_key(text, "uuid", uuid_text, err);
}

static int set_mac(char **text, size_t number, struct bd_error *err)
{
	static const struct bd_random from_kernel = { 0 };
	uint8_t mac[6];
	char *changed;

	if (bd_mac_random(&from_kernel, "mac", mac, err) != 0 ||
	    bd_cfg_edit_vif(*text, number, mac, NULL, &changed, err) != 0)
		return -1;
	bd_text_replace(text, changed);
	return 0;
}

/* xl looks for it from the folder in which xl was called, which says nothing any more. */
static int set_absolute(char **text, const char *key, const char *path, const char *cfg_path, struct bd_error *err)
{
	BD_FREE char *beside = NULL;

	if (!path || path[0] == '/')
		return 0;
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	if (bd_text_format(&beside, err, "%.*s%s", (int)(bd_path_last(cfg_path) - cfg_path), cfg_path, path) != 0)
		return -1;
	if (access(beside, F_OK) != 0)
		return bd_fail(err, ENOENT,
			       "the %s %s is a relative path, and there is no %s: give its absolute path in %s", key,
			       path, beside, cfg_path);
	return set_key(text, key, beside, err);
}

/* A copy is none of the guests that a fleet's manifest names. */
static int drop_fleet(char **text, struct bd_error *err)
{
	char *changed;

	if (bd_cfg_edit_word(*text, "fleet", NULL, &changed, err) != 0)
		return -1;
	bd_text_replace(text, changed);
	return 0;
}

int adopt_text(const char *text, const struct bd_cfg *cfg, const char *name, bool is_copy, char **text_out,
	       bool *uuid_made_out, size_t *macs_made_out, struct bd_error *err)
{
	BD_FREE char *changed = strdup(text);
	size_t macs = 0;

	if (!changed)
		return bd_no_memory(err);
	if (strcmp(cfg->name, name) != 0 && set_key(&changed, "name", name, err) != 0)
		return -1;
	if (set_absolute(&changed, "kernel", cfg->kernel, cfg->path, err) != 0 ||
	    set_absolute(&changed, "ramdisk", cfg->ramdisk, cfg->path, err) != 0 ||
	    ((is_copy || !cfg->has_uuid) && set_uuid(&changed, err) != 0) ||
	    (is_copy && cfg->fleet && drop_fleet(&changed, err) != 0))
		return -1;
	for (size_t i = 0; i < cfg->vif_count; i++) {
		if (cfg->vifs[i].has_mac && !is_copy)
			continue;
		if (set_mac(&changed, i, err) != 0)
			return -1;
		macs++;
	}
	*text_out = bd_take_ptr(changed);
	*uuid_made_out = is_copy || !cfg->has_uuid;
	*macs_made_out = macs;
	return 0;
}
