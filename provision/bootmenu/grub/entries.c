/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries are only noted here; flatten.h runs them. */
#include "bootmenu/grub/entries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/entry.h"
#include "bootmenu/grub/limits.h"
#include "bootmenu/grub/options.h"
#include "bootmenu/grub/place.h"

enum { CLASS, USERS, HOTKEY, SOURCE, ID, UNRESTRICTED };

/* Who may boot an entry is not asked: what runs here runs for dom0's administrator. */
static const struct grub_option table[] = {
	[CLASS] = { "class", '\0', GRUB_VALUE },
	[USERS] = { "users", '\0', GRUB_OPTIONAL_VALUE },
	[HOTKEY] = { "hotkey", '\0', GRUB_VALUE },
	[SOURCE] = { "source", '\0', GRUB_VALUE },
	[ID] = { "id", '\0', GRUB_VALUE },
	[UNRESTRICTED] = { "unrestricted", '\0', GRUB_NO_VALUE },
	{ NULL, '\0', GRUB_NO_VALUE },
};

static int copy_text(const char *text, char **copy_out, struct bd_error *err)
{
	if (strlen(text) >= BD_BOOTMENU_TEXT_MAX)
		return bd_fail(err, E2BIG, "a title or id is longer than %d bytes", BD_BOOTMENU_TEXT_MAX - 1);
	*copy_out = strdup(text);
	return *copy_out ? 0 : bd_no_memory(err);
}

static int add_parameter(struct grub_item *item, const char *word, struct bd_error *err)
{
	if (!item->title && copy_text(word, &item->title, err) != 0)
		return -1;
	if (bd_array_grow(item->parameters.items, item->parameters.count, err) != 0)
		return -1;
	char *copy = strdup(word);
	if (!copy)
		return bd_no_memory(err);
	item->parameters.items[item->parameters.count++] = copy;
	return 0;
}

static int take_option(struct grub_session *session, struct grub_item *item, int option, const char *value,
		       struct bd_error *err)
{
	if (option == GRUB_NO_OPTION)
		return add_parameter(item, value, err);
	if (option == ID && value && !item->id)
		return copy_text(value, &item->id, err);
	if (option != SOURCE || !value || item->text)
		return 0;
	item->text = grub_tree_text(&session->run.tree, value, strlen(value), err);
	return item->text ? 0 : -1;
}

int grub_menuentry(struct grub_session *session, char *const *words, size_t count, const struct grub_node *block,
		   int *status_out, struct bd_error *err)
{
	struct grub_options options = { .table = table, .words = words + 1, .count = count - 1 };
	BD_DISPOSE(grub_level_dispose) struct grub_level alone = { 0 };
	struct grub_item *item, *added;
	const char *value;
	int option;

	*status_out = GRUB_FAILED;
	if (grub_level_add(&alone, &item, err) != 0)
		return -1;
	while (grub_options_next(&options, &option, &value))
		if (take_option(session, item, option, value, err) != 0)
			return -1;
	if (!item->title || !block == !item->text || grub_session_is_full(session, session->level.count))
		return 0;
	if (session->file &&
	    bd_bootmenu_set_path(&item->defined_in, session->file->device, session->file->path, err) != 0)
		return -1;
	item->commands = block;
	item->is_submenu = strcmp(words[0], "submenu") == 0;
	if (grub_level_add(&session->level, &added, err) != 0)
		return -1;
	*added = bd_take_struct(*item);
	*status_out = GRUB_TRUE;
	return 0;
}

static const char *variable(const void *context, const char *name)
{
	return grub_variables_get(context, name);
}

static int add_ready(struct grub_session *session, struct bd_bootmenu_entry *entry, struct bd_error *err)
{
	struct grub_item *item;

	if (grub_level_add(&session->level, &item, err) != 0)
		return -1;
	item->is_ready = true;
	item->entry = bd_take_struct(*entry);
	if (copy_text(item->entry.title ? item->entry.title : "", &item->title, err) != 0)
		return -1;
	return item->entry.id ? copy_text(item->entry.id, &item->id, err) : 0;
}

/* GRUB 2.14 has options, Fedora's GRUB an argument: a path, or which entries are shown; here all of them are. */
static void take_bls_words(char *const *words, size_t count, const char **path_out, const char **entry_out)
{
	enum { PATH, ENTRY, FALLBACK, SHOW, SHOW_OTHERS };
	static const struct grub_option bls_table[] = {
		[PATH] = { "path", 'p', GRUB_VALUE },
		[ENTRY] = { "entry", 'e', GRUB_VALUE },
		[FALLBACK] = { "enable-fallback", 'f', GRUB_NO_VALUE },
		[SHOW] = { "show-default", 'd', GRUB_NO_VALUE },
		[SHOW_OTHERS] = { "show-non-default", 'n', GRUB_NO_VALUE },
		{ NULL, '\0', GRUB_NO_VALUE },
	};
	static const char *const choices[] = { "", "default", "non-default", NULL };
	struct grub_options options = { .table = bls_table, .words = words + 1, .count = count - 1 };
	const char *value;
	int option;

	*path_out = *entry_out = NULL;
	while (grub_options_next(&options, &option, &value)) {
		if (option == ENTRY)
			*entry_out = value;
		else if (value && (option == PATH || !bd_text_is_any(value, choices)))
			*path_out = value;
	}
}

int grub_blscfg(struct grub_session *session, char *const *words, size_t count, int *status_out, struct bd_error *err)
{
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };
	const char *path, *entry;
	struct grub_place place;
	bool is_place;

	*status_out = GRUB_FAILED;
	take_bls_words(words, count, &path, &entry);
	if (grub_place_of(&session->run, path ? path : "/", &place, &is_place, err) != 0)
		return -1;
	if (!session->hooks->bls || !is_place)
		return 0;
	if (++session->bls_calls > GRUB_BLSCFG_MAX)
		return bd_fail(err, E2BIG, "%s is called more than %d times", words[0], GRUB_BLSCFG_MAX);
	struct bd_grub_blscfg call = { .images = strcmp(words[0], "uki") == 0,
				       .device = place.device,
				       .path = path ? place.path : NULL,
				       .entry = entry,
				       .variable = variable,
				       .variables = &session->run.variables };
	if (session->hooks->bls(session->hooks->context, &call, &menu, err) != 0)
		return -1;
	for (size_t i = 0; i < menu.count && !grub_session_is_full(session, session->level.count); i++)
		if (add_ready(session, &menu.entries[i], err) != 0)
			return -1;
	*status_out = GRUB_TRUE;
	return 0;
}

/* "(hd0,gpt2)/boot/grub/x.cfg", as GRUB has it in $config_file. */
static int full_name(const struct grub_run *run, const char *name, char **full_out, struct bd_error *err)
{
	const char *root = grub_variables_get(&run->variables, "root");

	return *name == '(' ? bd_text_format(full_out, err, "%s", name)
			    : bd_text_format(full_out, err, "(%s)%s", root ? root : "", name);
}

static int set_place(struct grub_run *run, const char *file, const char *folder, struct bd_error *err)
{
	if (!file || !folder) {
		grub_variables_unset(&run->variables, "config_file");
		grub_variables_unset(&run->variables, "config_directory");
		return 0;
	}
	if (grub_variables_set(&run->variables, "config_file", file, err) != 0 ||
	    grub_variables_set(&run->variables, "config_directory", folder, err) != 0 ||
	    grub_variables_export(&run->variables, "config_file", err) != 0)
		return -1;
	return grub_variables_export(&run->variables, "config_directory", err);
}

static int copy_variable(const struct grub_run *run, const char *name, char **copy_out, struct bd_error *err)
{
	const char *value = grub_variables_get(&run->variables, name);

	*copy_out = value ? strdup(value) : NULL;
	return value && !*copy_out ? bd_no_memory(err) : 0;
}

static int run_there(struct grub_session *session, const char *name, const char *text,
		     const struct bd_bootmenu_path *path, struct bd_error *err)
{
	struct grub_run *run = &session->run;
	BD_FREE char *file = NULL, *folder = NULL, *old_file = NULL, *old_folder = NULL;
	const struct bd_bootmenu_path *old_path = session->file;

	if (copy_variable(run, "config_file", &old_file, err) != 0 ||
	    copy_variable(run, "config_directory", &old_folder, err) != 0 || full_name(run, name, &file, err) != 0)
		return -1;
	folder = strndup(file, (size_t)(strrchr(file, '/') - file));
	if (!folder)
		return bd_no_memory(err);
	if (set_place(run, file, folder, err) != 0)
		return -1;
	session->file = path;
	int r = grub_run_text(run, text, file, err);
	session->file = old_path;
	if (r != 0)
		return -1;
	return set_place(run, old_file, old_folder, err);
}

int grub_source(struct grub_session *session, const char *name, int *status_out, struct bd_error *err)
{
	BD_DISPOSE(bd_bootmenu_path_dispose) struct bd_bootmenu_path path = { NULL };
	struct grub_place place;
	BD_FREE char *text = NULL;
	size_t size;
	bool is_place;

	/* GRUB takes a file that is not there for an empty one. */
	*status_out = GRUB_TRUE;
	if (grub_place_read(&session->run, name, GRUB_SOURCE_MAX, &text, &size, err) != 0)
		return -1;
	if (!text)
		return 0;
	if (grub_place_of(&session->run, name, &place, &is_place, err) != 0 ||
	    bd_bootmenu_set_path(&path, place.device, place.path, err) != 0)
		return -1;
	return run_there(session, name, text, &path, err);
}

/* Only what would be booted without being asked, and what was asked for, is followed to another menu. openSUSE has such
 * an entry for each snapshot, which leads to a menu that has all of them again. */
static int refuse_configfile(struct grub_session *session, struct bd_error *err)
{
	grub_session_unload(session);
	session->is_loaded = true;
	session->run.stopped = true;
	if (session->place && bd_bootmenu_set_text(&session->loaded.opens, session->place, err) != 0)
		return -1;
	return bd_text_format(&session->loaded.obstacle, err, "it shows another menu (configfile)");
}

int grub_configfile(struct grub_session *session, const char *name, int *status_out, struct bd_error *err)
{
	if (!session->follows)
		return refuse_configfile(session, err);
	struct grub_run *run = &session->run;
	BD_DISPOSE(grub_level_dispose) struct grub_level old_level = session->level;
	BD_DISPOSE(grub_variables_dispose) struct grub_variables old_variables = run->variables;

	session->level = (struct grub_level){ 0 };
	run->variables = (struct grub_variables){ 0 };
	int r = grub_variables_copy(&old_variables, true, &run->variables, err);
	if (r == 0)
		r = grub_source(session, name, status_out, err);
	if (r == 0 && (session->level.count > 0 || run->stopped)) {
		run->stopped = true;
		return 0;
	}
	/* Back to what was here: the old ones are disposed of where they are taken from. */
	struct grub_level level = session->level;
	struct grub_variables variables = run->variables;
	session->level = bd_take_struct(old_level);
	run->variables = bd_take_struct(old_variables);
	grub_level_dispose(&level);
	grub_variables_dispose(&variables);
	return r;
}
