/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what systemd-boot would offer. */
#include "bootmenu/loader_conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/bls.h"
#include "bootmenu/entry.h"
#include "bootmenu/glob.h"
#include "bootmenu/words.h"

#define ORDER "sort-key, version and name"

static void take_timeout(struct bd_loader_conf *conf, const char *value)
{
	static const char *const hidden[] = { "menu-hidden", "menu-disabled", NULL };

	if (bd_text_is_any(value, hidden))
		conf->timeout_s = 0;
	else if (strcmp(value, "menu-force") == 0)
		conf->timeout_s = -1;
	else if (*value >= '0' && *value <= '9')
		conf->timeout_s = bd_bootmenu_number(value, BD_LOADER_TIMEOUT_MAX_S);
}

/* "@saved" takes a pattern before it away, as it does there. */
static int take_default(struct bd_loader_conf *conf, const char *value, struct bd_error *err)
{
	if (*value != '@')
		return bd_bootmenu_set_text(&conf->default_pattern, value, err);
	if (strcmp(value, "@saved") == 0) {
		free(conf->default_pattern);
		conf->default_pattern = NULL;
	}
	return 0;
}

int bd_loader_conf_parse(char *text, size_t size_bytes, struct bd_loader_conf *conf_out, struct bd_error *err)
{
	BD_DISPOSE(bd_loader_conf_dispose) struct bd_loader_conf conf = { .timeout_s = -1 };
	struct bd_bootmenu_lines lines = { text, text + size_bytes };

	for (char *line; (line = bd_bootmenu_next_line(&lines));) {
		char *value = line, *key = bd_bootmenu_next_word(&value, "");
		if (!key || *key == '#' || !*value)
			continue;
		if (strcmp(key, "timeout") == 0)
			take_timeout(&conf, value);
		else if (strcmp(key, "default") == 0 && take_default(&conf, value, err) != 0)
			return -1;
	}
	*conf_out = bd_take_struct(conf);
	return 0;
}

void bd_loader_conf_dispose(struct bd_loader_conf *conf)
{
	free(conf->default_pattern);
	*conf = (struct bd_loader_conf){ .timeout_s = -1 };
}

/* The first loader.conf that there is. One that is too large is none, as it would be there. */
static int read_conf(const struct bd_loader_request *request, struct bd_loader_conf *conf_out, struct bd_error *err)
{
	*conf_out = (struct bd_loader_conf){ .timeout_s = -1 };
	for (size_t i = 0; i < request->place_count; i++) {
		BD_FREE char *path = NULL, *text = NULL;
		size_t size;
		if (bd_text_format(&path, err, "%s/loader/loader.conf", request->places[i].folder) != 0 ||
		    bd_bootmenu_read_small(request->files, request->places[i].device, path, BD_LOADER_CONF_FILE_MAX,
					   &text, &size, err) != 0)
			return -1;
		if (text)
			return bd_loader_conf_parse(text, size, conf_out, err);
	}
	return 0;
}

static int read_place(const struct bd_loader_request *request, const struct bd_loader_place *place,
		      struct bd_bls_list *list, struct bd_error *err)
{
	BD_FREE char *entries = NULL, *images = NULL;

	if (bd_text_format(&entries, err, "%s/loader/entries", place->folder) != 0 ||
	    bd_text_format(&images, err, "%s/EFI/Linux", place->folder) != 0)
		return -1;
	const struct bd_bls_request bls = { .files = request->files,
					    .device = place->device,
					    .folder = entries,
					    .rules = BD_BLS_SPECIFICATION,
					    .architecture = request->architecture };
	if (bd_bls_read(&bls, list, err) != 0)
		return -1;
	return request->list_images ? request->list_images(request->context, place->device, images, list, err) : 0;
}

/* systemd-boot takes the whole name; older ones had no suffix in it, and files of that time are still around. */
static bool is_meant(const char *pattern, const char *name)
{
	char stem[256];
	const char *dot = strrchr(name, '.');

	if (bd_glob_match(pattern, name))
		return true;
	if (!dot || (size_t)(dot - name) >= sizeof(stem))
		return false;
	memcpy(stem, name, (size_t)(dot - name));
	stem[dot - name] = '\0';
	return bd_glob_match(pattern, stem);
}

/* Of the sorted list. */
static int choose(const struct bd_bls_list *list, const struct bd_loader_conf *conf, struct bd_bootmenu *menu,
		  struct bd_error *err)
{
	const char *pattern = conf->default_pattern;
	size_t first = 0;

	for (size_t i = 0; pattern && i < list->count; i++) {
		if (!list->items[i].name || !is_meant(pattern, list->items[i].name))
			continue;
		menu->default_index = i;
		return bd_bootmenu_explain(menu, err, "default %.200s of loader.conf", pattern);
	}
	while (first < list->count && list->items[first].entry.obstacle)
		first++;
	menu->default_index = first < list->count ? first : 0;
	return pattern ? bd_bootmenu_explain(menu, err,
					     "default %.200s of loader.conf, which no entry is: the first by " ORDER,
					     pattern)
		       : bd_bootmenu_explain(menu, err, "no default is set: the first by " ORDER);
}

int bd_loader_read(const struct bd_loader_request *request, struct bd_bootmenu *menu_out, struct bd_error *err)
{
	BD_DISPOSE(bd_loader_conf_dispose) struct bd_loader_conf conf = { .timeout_s = -1 };
	BD_DISPOSE(bd_bls_list_dispose) struct bd_bls_list list = { 0 };
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	if (read_conf(request, &conf, err) != 0)
		return -1;
	for (size_t i = 0; i < request->place_count; i++)
		if (read_place(request, &request->places[i], &list, err) != 0)
			return -1;
	bd_bls_list_sort(&list, BD_BLS_SPECIFICATION);
	if (choose(&list, &conf, &menu, err) != 0)
		return -1;
	menu.timeout_s = conf.timeout_s;
	if (bd_bls_list_tell_apart(&list, err) != 0 || bd_bls_list_move(&list, &menu, err) != 0)
		return -1;
	*menu_out = bd_take_struct(menu);
	return 0;
}
