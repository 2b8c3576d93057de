/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Component by component: those without a pattern are taken as they are, and what is behind the last pattern is looked for. */
#include "bootmenu/grub/pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/entry.h"
#include "bootmenu/glob.h"
#include "bootmenu/grub/limits.h"
#include "bootmenu/grub/place.h"
#include "bootmenu/names.h"

struct matching {
	struct grub_run *run;
	const char *word;
	const struct grub_pattern *pattern;
};

static bool is_pattern_at(const struct matching *matching, size_t place)
{
	for (size_t i = 0; i < matching->pattern->count; i++)
		if (matching->pattern->places[i] == place)
			return true;
	return false;
}

static bool has_pattern(const struct matching *matching, size_t from, size_t to)
{
	for (size_t i = 0; i < matching->pattern->count; i++)
		if (matching->pattern->places[i] >= from && matching->pattern->places[i] < to)
			return true;
	return false;
}

/* As bd_glob_match_exactly takes it. The caller frees. */
static char *glob_of(const struct matching *matching, size_t from, size_t to)
{
	char *glob = malloc(2 * (to - from) + 1), *out = glob;

	for (; glob && from < to; from++) {
		char c = matching->word[from];
		if (strchr("*?[\\", c) && !is_pattern_at(matching, from))
			*out++ = '\\';
		*out++ = c;
	}
	if (glob)
		*out = '\0';
	return glob;
}

struct folder {
	const char *glob;
	size_t *looked_at;
};

static bool is_wanted(const void *context, const char *name)
{
	const struct folder *folder = context;

	/* A name costs what it may be to match. */
	*folder->looked_at += 16 + strlen(name) * (1 + strlen(folder->glob) / 8);
	return bd_glob_match_exactly(folder->glob, name);
}

/* Adds what is in the folder, "/boot/" or "(hd0,gpt1)/", and is matched. */
static int add_matches(const struct matching *matching, const char *name, const char *glob, struct grub_words *names,
		       struct bd_error *err)
{
	BD_DISPOSE(bd_bootmenu_names_dispose) struct bd_bootmenu_names found = { 0 };
	size_t looked_at = 0;
	const struct folder folder = { .glob = glob, .looked_at = &looked_at };
	char path[BD_BOOTMENU_TEXT_MAX];
	struct grub_place place;
	bool is_place;

	if (grub_place_of(matching->run, name, &place, &is_place, err) != 0)
		return -1;
	/* Without the slash at its end. */
	if (!is_place || !bd_bootmenu_join_path("/", place.path, path))
		return 0;
	const struct bd_bootmenu_names_request request = { .files = matching->run->files,
							   .device = grub_place_device(matching->run, place.device),
							   .folder = path,
							   .is_wanted = is_wanted,
							   .context = &folder,
							   .limit = GRUB_WORDS_MAX };
	if (grub_run_lookup(matching->run, err) != 0 || bd_bootmenu_list_names(&request, &found, err) != 0 ||
	    grub_run_step(matching->run, looked_at, err) != 0)
		return -1;
	for (size_t i = 0; i < found.count; i++) {
		BD_FREE char *match = NULL;
		if (bd_text_format(&match, err, "%s%s", name, found.texts[i]) != 0 ||
		    grub_words_add(names, match, err) != 0)
			return -1;
	}
	return 0;
}

/* names_out: of each path so far, with the text from..to of the word behind it. */
static int take_text(const struct matching *matching, const struct grub_words *paths, size_t from, size_t to,
		     struct grub_words *names_out, struct bd_error *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		BD_FREE char *path = NULL;
		if (bd_text_format(&path, err, "%s%.*s", paths->items[i], (int)(to - from), matching->word + from) !=
			    0 ||
		    grub_words_add(names_out, path, err) != 0)
			return -1;
	}
	return 0;
}

static int take_pattern(const struct matching *matching, const struct grub_words *paths, size_t from, size_t to,
			struct grub_words *names_out, struct bd_error *err)
{
	BD_FREE char *glob = glob_of(matching, from, to);

	if (!glob)
		return bd_no_memory(err);
	for (size_t i = 0; i < paths->count; i++)
		if (add_matches(matching, paths->items[i], glob, names_out, err) != 0)
			return -1;
	return 0;
}

/* Only what is there. */
static int keep_files(const struct matching *matching, const struct grub_words *paths, struct grub_words *names,
		      struct bd_error *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		char type;
		if (grub_place_look(matching->run, paths->items[i], &type, err) != 0 ||
		    (type && grub_words_add(names, paths->items[i], err) != 0))
			return -1;
	}
	return 0;
}

/* Where the path begins, behind a device in brackets. False: it is no path. */
static bool begins_at(const struct matching *matching, size_t *at_out)
{
	const char *close = *matching->word == '(' ? strchr(matching->word, ')') : NULL;

	*at_out = close ? (size_t)(close + 1 - matching->word) : 0;
	return matching->word[*at_out] == '/' && !has_pattern(matching, 0, *at_out);
}

int grub_pattern_match(struct grub_run *run, const char *word, const struct grub_pattern *pattern,
		       struct grub_words *names, struct bd_error *err)
{
	const struct matching matching = { .run = run, .word = word, .pattern = pattern };
	BD_DISPOSE(grub_words_dispose) struct grub_words paths = { 0 };
	size_t end = strlen(word), from = 0, at;
	bool is_checked = false;

	if (!begins_at(&matching, &at))
		return 0;
	if (grub_words_add(&paths, "", err) != 0)
		return -1;
	while (from < end && paths.count) {
		/* Up to the component that is a pattern, or that component. */
		size_t to = at;
		while (to < end && word[to] != '/')
			to++;
		bool is_pattern = has_pattern(&matching, at, to);
		if (!is_pattern && to < end) {
			at = to + 1;
			continue;
		}
		BD_DISPOSE(grub_words_dispose) struct grub_words before = bd_take_struct(paths);
		BD_DISPOSE(grub_words_dispose) struct grub_words with_text = { 0 };
		if (take_text(&matching, &before, from, is_pattern ? at : to, &with_text, err) != 0)
			return -1;
		if (!is_pattern)
			paths = bd_take_struct(with_text);
		else if (take_pattern(&matching, &with_text, at, to, &paths, err) != 0)
			return -1;
		is_checked = is_pattern;
		from = at = to;
		at += at < end;
	}
	if (is_checked) {
		grub_words_dispose(names);
		*names = bd_take_struct(paths);
		return 0;
	}
	return keep_files(&matching, &paths, names, err);
}
