/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which entry is the default (grub-core/normal/menu.c): $default of the menu, with a path of submenus in it, else the
 * first; where it cannot be booted, the first of $fallback that can. */
#include "bootmenu/grub/flatten.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/entry.h"
#include "bootmenu/grub/entry_path.h"
#include "bootmenu/grub/limits.h"
#include "bootmenu/grub/place.h"

#define PLACE_SIZE (GRUB_SUBMENUS_MAX * 8 + 8) /* numbers of up to four digits, with ">" between them */

/* Of a level: what each of its items has become. */
struct flattening {
	struct grub_session *session;
	struct bd_bootmenu *menu;
	const char *submenu; /* titles; NULL: none */
	unsigned depth; /* of submenus */
	bool is_default; /* the submenu is, or there is none */
	char place[PLACE_SIZE]; /* of the level: of each item around it the number, with ">" behind it */
	bool was_asked_for; /* it would not be booted without being asked */
	bool is_explained; /* its default is a part of that of the menu around it */
};

static int take_level(const struct flattening *flattening, struct grub_level *level, size_t *default_out,
		      struct bd_error *err);

static bool is_item(const struct grub_item *item, const char *part, size_t length)
{
	return bd_grub_path_names(part, length, item->title) || bd_grub_path_names(part, length, item->id);
}

/* By what find_item has found it. */
static const char *rule_of(const struct grub_level *level, size_t wanted, const char *part, size_t length)
{
	if (bd_grub_path_names(part, length, level->items[wanted].id))
		return ", by id";
	return bd_grub_path_names(part, length, level->items[wanted].title) ? ", by title" : ", by number";
}

/* Why the item of a level is the default, behind what led to the level. */
static int explain(const struct flattening *flattening, const struct grub_level *level, bool found, size_t wanted,
		   const char *path, size_t length, struct bd_error *err)
{
	const struct grub_variables *variables = &flattening->session->run.variables;
	const struct grub_origin *origin = grub_variables_origin(variables, "default");
	struct bd_bootmenu *menu = flattening->menu;
	const char *before = menu->chosen_by ? menu->chosen_by : "", *there = *before ? "; there " : "";

	if (!*path)
		return bd_bootmenu_explain(menu, err, "%s%sno default is set: the first entry", before, there);
	return bd_bootmenu_explain(
		menu, err, "%s%s%s=\"%.200s\"%s%.200s%s", before, there, origin ? origin->name : "default", path,
		origin ? " of " : "", origin ? origin->file : "",
		found ? rule_of(level, wanted, path, length) : ", which there is not: the first entry");
}

/* openSUSE's menu of a snapshot begins with a submenu that says what to do with it; its GRUB does not count that. */
static bool has_hint_before(const struct grub_level *level, size_t wanted)
{
	return wanted + 1 < level->count && level->items[0].is_submenu &&
	       bd_text_begins_with(level->items[0].title, "Bootable snapshot");
}

/* By title or id, else by number. False: there is none of them. */
static bool find_item(const struct grub_level *level, const char *part, size_t length, size_t *index_out)
{
	for (size_t i = 0; i < level->count; i++) {
		if (!is_item(&level->items[i], part, length))
			continue;
		*index_out = i;
		return true;
	}
	return bd_grub_path_number(part, length, level->count, index_out);
}

static int copy_text(const char *text, char **copy_out, struct bd_error *err)
{
	*copy_out = text ? strdup(text) : NULL;
	return text && !*copy_out ? bd_no_memory(err) : 0;
}

static int put_submenu(const struct flattening *flattening, struct bd_bootmenu_entry *entry, struct bd_error *err)
{
	free(entry->submenu);
	return copy_text(flattening->submenu, &entry->submenu, err);
}

/* Of what the item's block has loaded. */
static int add_loaded(const struct flattening *flattening, const struct grub_item *item, struct bd_error *err)
{
	struct bd_bootmenu_entry *loaded = &flattening->session->loaded, *entry;

	if (bd_bootmenu_add(flattening->menu, &entry, err) != 0)
		return -1;
	*entry = bd_take_struct(*loaded);
	if (copy_text(item->title, &entry->title, err) != 0 || copy_text(item->id, &entry->id, err) != 0)
		return -1;
	if (item->defined_in.path &&
	    bd_bootmenu_set_path(&entry->defined_in, item->defined_in.device, item->defined_in.path, err) != 0)
		return -1;
	if (!entry->kernel.path && !entry->obstacle &&
	    bd_text_format(&entry->obstacle, err, "it loads no kernel") != 0)
		return -1;
	return put_submenu(flattening, entry, err);
}

static int add_ready(const struct flattening *flattening, struct grub_item *item, struct bd_error *err)
{
	struct bd_bootmenu_entry *entry;

	if (bd_bootmenu_add(flattening->menu, &entry, err) != 0)
		return -1;
	*entry = bd_take_struct(item->entry);
	return put_submenu(flattening, entry, err);
}

/* $chosen has the ids of the entry and those around it; with it savedefault saves what has been chosen. */
static int set_chosen(struct grub_run *run, const struct grub_item *item, struct bd_error *err)
{
	const char *outer = grub_variables_get(&run->variables, "chosen");
	BD_FREE char *chosen = NULL;

	if (bd_text_format(&chosen, err, "%s%s%s", outer ? outer : "", outer ? ">" : "",
			   item->id ? item->id : item->title) != 0)
		return -1;
	if (strlen(chosen) > GRUB_WORD_MAX)
		return 0;
	if (grub_variables_set(&run->variables, "chosen", chosen, err) != 0)
		return -1;
	return grub_variables_export(&run->variables, "chosen", err);
}

static int run_text_called(struct grub_run *run, const struct grub_item *item, struct bd_error *err)
{
	struct grub_parameters here = { .items = item->parameters.items, .count = item->parameters.count };

	run->parameters = &here;
	int r = grub_run_text(run, item->text, item->title, err);
	run->parameters = NULL;
	run->returning = false;
	grub_words_dispose(&here.own);
	return r;
}

/* What asks for too much is not booted; the menu's other entries are. */
static int run_block(struct grub_session *session, const struct grub_item *item, struct bd_error *err)
{
	struct grub_run *run = &session->run;
	struct bd_error block_err = BD_ERROR_INIT;

	run->steps_max = run->steps + GRUB_ENTRY_STEPS_MAX;
	if (run->steps_max > GRUB_STEPS_MAX)
		run->steps_max = GRUB_STEPS_MAX;
	session->file = item->defined_in.path ? &item->defined_in : NULL;
	int r = item->text ? run_text_called(run, item, &block_err)
			   : grub_run_called(run, item->commands, item->parameters.items, item->parameters.count,
					     &block_err);
	session->file = NULL;
	run->stopped = false;
	run->breaks = 0;
	if (r == 0)
		return 0;
	if (block_err.code != E2BIG) {
		*err = block_err;
		return bd_wrap(err, "%s", item->title);
	}
	grub_session_unload(session);
	grub_level_dispose(&session->level);
	return bd_text_format(&session->loaded.obstacle, err, "its block cannot be run: %s", block_err.message);
}

/* Titles of submenus, with that of the item; *titles_out NULL: they are too long or too many. The caller frees. */
static int join_titles(const struct flattening *flattening, const struct grub_item *item, char **titles_out,
		       struct bd_error *err)
{
	const char *outer = flattening->submenu;

	*titles_out = NULL;
	if (flattening->depth == GRUB_SUBMENUS_MAX ||
	    (outer ? strlen(outer) + 1 : 0) + strlen(item->title) >= BD_BOOTMENU_TEXT_MAX)
		return 0;
	return bd_text_format(titles_out, err, "%s%s%s", outer ? outer : "", outer ? ">" : "", item->title);
}

/* default_text as of take_item. */
static int take_inner(const struct flattening *flattening, const struct grub_item *item, const char *default_text,
		      size_t *default_out, struct bd_error *err)
{
	struct grub_session *session = flattening->session;
	BD_DISPOSE(grub_level_dispose) struct grub_level level = bd_take_struct(session->level);
	struct flattening inner = *flattening;
	BD_FREE char *titles = NULL;

	if (join_titles(flattening, item, &titles, err) != 0)
		return -1;
	if (!titles)
		return bd_text_format(&session->loaded.obstacle, err, "it is in too many submenus") != 0
			       ? -1
			       : add_loaded(flattening, item, err);
	inner.submenu = titles;
	inner.depth++;
	inner.is_default = session->follows; /* what was followed is the default */
	inner.is_explained = default_text != NULL;
	inner.was_asked_for = flattening->was_asked_for || !session->is_default;
	snprintf(inner.place, sizeof(inner.place), "%s>", session->place);
	return take_level(&inner, &level, default_out, err);
}

static int run_item(const struct flattening *flattening, struct grub_item *item, const char *default_text,
		    size_t *default_out, struct bd_error *err)
{
	struct grub_session *session = flattening->session;

	grub_session_unload(session);
	*session->loopback = '\0';
	if (set_chosen(&session->run, item, err) != 0 ||
	    (default_text && grub_variables_set(&session->run.variables, "default", default_text, err) != 0) ||
	    run_block(session, item, err) != 0)
		return -1;
	if (session->level.count > 0 && !session->is_loaded)
		return take_inner(flattening, item, default_text, default_out, err);
	grub_level_dispose(&session->level);
	/* An empty submenu is not shown. */
	return item->is_submenu && !session->is_loaded && !session->loaded.obstacle
		       ? 0
		       : add_loaded(flattening, item, err);
}

/* default_text: behind this item's part of the path; NULL: nothing. */
static int take_item(const struct flattening *flattening, struct grub_item *item, const char *default_text,
		     size_t *default_out, struct bd_error *err)
{
	struct grub_run *run = &flattening->session->run;

	*default_out = flattening->menu->count;
	if (item->is_ready)
		return add_ready(flattening, item, err);
	BD_DISPOSE(grub_variables_dispose) struct grub_variables outer = bd_take_struct(run->variables);
	int r = grub_variables_copy(&outer, item->is_submenu, &run->variables, err);
	if (r == 0)
		r = run_item(flattening, item, item->is_submenu ? default_text : NULL, default_out, err);
	grub_variables_dispose(&run->variables);
	run->variables = bd_take_struct(outer);
	return r;
}

/* Its kernel is there. */
static int can_boot(struct grub_session *session, const struct bd_bootmenu_entry *entry, bool *can_out,
		    struct bd_error *err)
{
	const struct bd_bootmenu_files *files = session->run.files;
	char type = '\0';

	*can_out = false;
	if (entry->obstacle || !entry->kernel.path)
		return 0;
	if (grub_run_lookup(&session->run, err) != 0 ||
	    files->look(files->source, grub_place_device(&session->run, entry->kernel.device), entry->kernel.path,
			&type, err) != 0)
		return -1;
	*can_out = type == 'f';
	return 0;
}

/* The items of $fallback: one by its whole text, or several with blanks between them. */
static int fall_back(const struct flattening *flattening, const struct grub_level *level, const char *fallback,
		     const size_t *places, size_t *default_out, struct bd_error *err)
{
	const char *text = fallback;
	size_t index;

	for (bool whole = true; *text; whole = false) {
		size_t length = whole ? strlen(text) : strcspn(text, " \t\n");
		bool can = false, found = length > 0 && find_item(level, text, length, &index) &&
					  places[index] < flattening->menu->count;
		if (found && can_boot(flattening->session, &flattening->menu->entries[places[index]], &can, err) != 0)
			return -1;
		if (can) {
			*default_out = places[index];
			return flattening->is_default && !flattening->was_asked_for
				       ? bd_bootmenu_explain(flattening->menu, err,
							     "fallback=\"%.200s\", as the default cannot be booted",
							     fallback)
				       : 0;
		}
		if (!whole || found)
			text += length + strspn(text + length, " \t\n");
		else
			text += strspn(text, " \t\n");
	}
	return 0;
}

static int choose(const struct flattening *flattening, const struct grub_level *level, const size_t *places,
		  size_t *default_out, struct bd_error *err)
{
	const char *fallback = grub_variables_get(&flattening->session->run.variables, "fallback");
	bool can = true;

	if (!fallback || !*fallback || *default_out >= flattening->menu->count)
		return 0;
	if (can_boot(flattening->session, &flattening->menu->entries[*default_out], &can, err) != 0)
		return -1;
	return can ? 0 : fall_back(flattening, level, fallback, places, default_out, err);
}

static bool was_asked_for(const struct grub_session *session, const char *place)
{
	for (size_t i = 0; i < session->hooks->opened_count; i++)
		if (strcmp(session->hooks->opened[i], place) == 0)
			return true;
	return false;
}

/* The item is the default of the menu that was asked for last. */
static void note_opened(const struct flattening *flattening, const char *place, size_t index)
{
	const struct bd_grub_hooks *hooks = flattening->session->hooks;

	if (hooks->opened_count && strcmp(hooks->opened[hooks->opened_count - 1], place) == 0 &&
	    index < flattening->menu->count)
		flattening->session->opened_default = index;
}

/* is_default: among the items of its level. */
static int take_item_of(const struct flattening *flattening, struct grub_item *item, size_t number, bool is_default,
			const char *default_text, size_t *default_out, struct bd_error *err)
{
	struct grub_session *session = flattening->session;
	char place[PLACE_SIZE + 24];

	snprintf(place, sizeof(place), "%s%zu", flattening->place, number);
	session->is_default = flattening->is_default && is_default;
	session->follows = session->is_default || was_asked_for(session, place);
	session->place = place;
	int r = take_item(flattening, item, default_text, default_out, err);
	session->place = NULL;
	if (r == 0)
		note_opened(flattening, place, *default_out);
	return r;
}

static int take_level(const struct flattening *flattening, struct grub_level *level, size_t *default_out,
		      struct bd_error *err)
{
	struct grub_session *session = flattening->session;
	const char *value = grub_variables_get(&session->run.variables, "default"), *rest = NULL;
	BD_FREE char *path = strdup(value ? value : "");
	BD_FREE size_t *places = calloc(level->count + 1, sizeof(*places));
	size_t wanted = 0;

	if (!path || !places)
		return bd_no_memory(err);
	size_t length = bd_grub_path_part(path, &rest);
	bool found = find_item(level, path, length, &wanted);
	if (!found) {
		wanted = 0;
		rest = NULL;
	}
	if (flattening->is_default && !flattening->is_explained && !flattening->was_asked_for &&
	    explain(flattening, level, found, wanted, path, length, err) != 0)
		return -1;
	if (has_hint_before(level, wanted) && !is_item(&level->items[wanted], path, length))
		wanted++;
	for (size_t i = 0; i < level->count && !grub_session_is_full(session, flattening->menu->count); i++) {
		if (take_item_of(flattening, &level->items[i], i, i == wanted,
				 i == wanted && rest && *rest ? rest : NULL, &places[i], err) != 0)
			return -1;
	}
	*default_out = places[wanted];
	return choose(flattening, level, places, default_out, err);
}

int grub_flatten(struct grub_session *session, struct bd_bootmenu *menu, struct bd_error *err)
{
	BD_DISPOSE(grub_level_dispose) struct grub_level level = bd_take_struct(session->level);
	struct flattening flattening = { .session = session, .menu = menu, .is_default = true };
	size_t wanted = 0;

	if (take_level(&flattening, &level, &wanted, err) != 0)
		return -1;
	if (session->opened_default < menu->count)
		wanted = session->opened_default;
	menu->default_index = wanted < menu->count ? wanted : 0;
	return 0;
}
