/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the [Install] sections of unit files: systemd.unit(5). */
#include "adapt/systemd_unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"

#define CONFIGURED "/etc/systemd/system"
#define ALSO_DEPTH_MAX 4

/* Where packages put units; the first is a symlink to the second, or the other way round, on most systems. */
static const char *const vendor_folders[] = { "/usr/lib/systemd/system", "/lib/systemd/system" };

struct unit {
	const struct bd_overlay *overlay;
	const char *name;
	char *path, *text;
	int depth; /* of Also= */
};

static void unit_dispose(struct unit *unit)
{
	free(unit->path);
	free(unit->text);
}

static int is_there(const struct bd_overlay *overlay, const char *folder, const char *dependency, const char *name,
		    bool *there_out, struct bd_error *err)
{
	BD_FREE char *path = NULL;

	if (bd_text_format(&path, err, "%s/%s/%s", folder, dependency, name) != 0)
		return -1;
	return bd_overlay_exists(overlay, path, there_out, err);
}

/* A mask is a symlink to /dev/null, or an empty file. */
static int find_configured(struct unit *unit, bool *masked_out, struct bd_error *err)
{
	BD_FREE char *path = NULL, *text = NULL;
	mode_t mode;

	*masked_out = false;
	if (bd_text_format(&path, err, CONFIGURED "/%s", unit->name) != 0 ||
	    bd_overlay_mode(unit->overlay, path, &mode, err) != 0 ||
	    bd_overlay_read(unit->overlay, path, &text, err) != 0)
		return -1;
	*masked_out = text ? !*text : S_ISLNK(mode);
	if (text && *text) {
		unit->path = bd_take_ptr(path);
		unit->text = bd_take_ptr(text);
	}
	return 0;
}

static int find(struct unit *unit, bool *masked_out, struct bd_error *err)
{
	if (find_configured(unit, masked_out, err) != 0)
		return -1;
	for (size_t i = 0; i < 2 && !unit->text && !*masked_out; i++) {
		free(bd_take_ptr(unit->path));
		if (bd_text_format(&unit->path, err, "%s/%s", vendor_folders[i], unit->name) != 0 ||
		    bd_overlay_read(unit->overlay, unit->path, &unit->text, err) != 0)
			return -1;
	}
	return 0;
}

typedef int (*word_function)(void *context, const char *key, const char *word, struct bd_error *err);

static int each_word(const char *key, char *words, word_function function, void *context, struct bd_error *err)
{
	for (char *rest = NULL, *word = strtok_r(words, " \t\r", &rest); word; word = strtok_r(NULL, " \t\r", &rest))
		if (function(context, key, word, err) != 0)
			return -1;
	return 0;
}

/* Calls it for each word of each key of [Install]. A name with a slash or a specifier in it is none that we know. */
static int each_install(const struct unit *unit, word_function function, void *context, struct bd_error *err)
{
	BD_FREE char *text = strdup(unit->text);
	bool in_section = false;

	if (!text)
		return bd_no_memory(err);
	for (char *rest = NULL, *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *equals = strchr(line, '=');
		if (*line == '[')
			in_section = strncmp(line, "[Install]", 9) == 0;
		if (!in_section || !equals || *line == '#' || *line == ';' || strpbrk(equals, "%/"))
			continue;
		char *end = equals;
		while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		*end = '\0';
		if (each_word(line, equals + 1, function, context, err) != 0)
			return -1;
	}
	return 0;
}

static const char *dependency_folder(const char *key)
{
	if (strcmp(key, "WantedBy") == 0)
		return ".wants";
	return strcmp(key, "RequiredBy") == 0 ? ".requires" : NULL;
}

struct look {
	const struct unit *unit;
	bool installs; /* it has something to be enabled by */
	bool enabled;
};

/* Some distributions ship the symlinks with the units. */
static int look_at_word(void *context, const char *key, const char *word, struct bd_error *err)
{
	static const char *const folders[] = { CONFIGURED, "/usr/lib/systemd/system", "/lib/systemd/system" };
	struct look *look = context;
	const char *suffix = dependency_folder(key);
	BD_FREE char *dependency = NULL;

	if (!suffix)
		return 0;
	look->installs = true;
	if (bd_text_format(&dependency, err, "%s%s", word, suffix) != 0)
		return -1;
	for (size_t i = 0; i < 3 && !look->enabled; i++)
		if (is_there(look->unit->overlay, folders[i], dependency, look->unit->name, &look->enabled, err) != 0)
			return -1;
	return 0;
}

static int put_link(const struct unit *unit, const char *folder, const char *suffix, const char *name,
		    struct bd_error *err)
{
	BD_FREE char *path = NULL;

	if (bd_text_format(&path, err, CONFIGURED "/%s%s%s%s", folder, suffix, *folder ? "/" : "", name) != 0)
		return -1;
	return bd_overlay_put_symlink(unit->overlay, path, unit->path, err);
}

static int enable(const struct bd_overlay *overlay, const char *name, int depth, enum bd_unit_state *state_out,
		  struct bd_error *err);

static int install_word(void *context, const char *key, const char *word, struct bd_error *err)
{
	const struct unit *unit = context;
	const char *suffix = dependency_folder(key);
	enum bd_unit_state ignored;

	if (suffix)
		return put_link(unit, word, suffix, unit->name, err);
	if (strcmp(key, "Alias") == 0)
		return put_link(unit, "", "", word, err);
	if (strcmp(key, "Also") == 0 && unit->depth < ALSO_DEPTH_MAX)
		return enable(unit->overlay, word, unit->depth + 1, &ignored, err);
	return 0;
}

static int enable(const struct bd_overlay *overlay, const char *name, int depth, enum bd_unit_state *state_out,
		  struct bd_error *err)
{
	BD_DISPOSE(unit_dispose) struct unit unit = { .overlay = overlay, .name = name, .depth = depth };
	struct look look = { .unit = &unit };
	bool masked;

	if (find(&unit, &masked, err) != 0)
		return -1;
	if (masked || !unit.text) {
		*state_out = masked ? BD_UNIT_MASKED : BD_UNIT_MISSING;
		return 0;
	}
	if (each_install(&unit, look_at_word, &look, err) != 0)
		return -1;
	*state_out = look.enabled || !look.installs ? BD_UNIT_ENABLED : BD_UNIT_NOW_ENABLED;
	return *state_out == BD_UNIT_NOW_ENABLED ? each_install(&unit, install_word, &unit, err) : 0;
}

int bd_systemd_unit_enable(const struct bd_overlay *overlay, const char *name, enum bd_unit_state *state_out,
			   struct bd_error *err)
{
	return enable(overlay, name, 0, state_out, err);
}
