/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table; the larger ones are files of their own. */
#include "bootmenu/grub/commands.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/texts.h"
#include "bootmenu/grub/condition.h"
#include "bootmenu/grub/entries.h"
#include "bootmenu/grub/limits.h"
#include "bootmenu/grub/load.h"
#include "bootmenu/grub/options.h"
#include "bootmenu/grub/place.h"
#include "bootmenu/grub/probe.h"
#include "bootmenu/grub/regexp.h"
#include "bootmenu/grub/search.h"
#include "bootmenu/grub/session.h"
#include "bootmenu/grubenv.h"

struct call {
	struct grub_session *session;
	struct grub_run *run; /* of the session */
	char *const *words; /* words[0]: the command's name */
	size_t count;
	const struct grub_node *block;
	int *status_out; /* true, unless it is set */
};

static int command_false(struct call *call, struct bd_error *err)
{
	(void)err;
	*call->status_out = GRUB_FALSE;
	return 0;
}

/* What asks something of the machine that cannot be answered here. */
static int command_fails(struct call *call, struct bd_error *err)
{
	(void)err;
	*call->status_out = GRUB_FAILED;
	return 0;
}

static int command_true(struct call *call, struct bd_error *err)
{
	(void)call;
	(void)err;
	return 0;
}

static int command_test(struct call *call, struct bd_error *err)
{
	return grub_condition(call->run, call->words + 1, call->count - 1, call->status_out, err);
}

static const struct grub_part *skip_empty(const struct grub_part *part)
{
	while (part && part->kind != GRUB_VARIABLE && part->kind != GRUB_VARIABLE_QUOTED && !*part->text)
		part = part->next;
	return part;
}

/* Of "default=${saved_entry}": that variable. NULL: there is more in the word. */
static const char *only_variable(const struct grub_word *word)
{
	const struct grub_part *name = word ? skip_empty(word->parts) : NULL;

	if (!name || name->kind == GRUB_VARIABLE || name->kind == GRUB_VARIABLE_QUOTED)
		return NULL;
	const char *equals = strchr(name->text, '=');
	const struct grub_part *value = skip_empty(name->next);
	if (!equals || equals[1] || !value || skip_empty(value->next))
		return NULL;
	return value->kind == GRUB_VARIABLE || value->kind == GRUB_VARIABLE_QUOTED ? value->text : NULL;
}

/* A variable that is set to another has its value from where that has it. */
static void set_origin(struct call *call, const char *name, const char *value)
{
	const char *other = only_variable(call->run->words ? call->run->words->next : NULL);
	const char *its = other ? grub_variables_get(&call->run->variables, other) : NULL;

	if (its && strcmp(its, value) == 0)
		grub_variables_set_origin(&call->run->variables, name,
					  grub_variables_origin(&call->run->variables, other));
}

static int command_set(struct call *call, struct bd_error *err)
{
	char *equals = call->count > 1 ? strchr(call->words[1], '=') : NULL;

	if (call->count == 1)
		return 0;
	if (!equals || equals == call->words[1])
		return command_fails(call, err);
	*equals = '\0';
	if (grub_variables_set(&call->run->variables, call->words[1], equals + 1, err) != 0)
		return -1;
	set_origin(call, call->words[1], equals + 1);
	return 0;
}

static int command_unset(struct call *call, struct bd_error *err)
{
	(void)err;
	for (size_t i = 1; i < call->count; i++)
		grub_variables_unset(&call->run->variables, call->words[i]);
	return 0;
}

static int command_export(struct call *call, struct bd_error *err)
{
	for (size_t i = 1; i < call->count; i++)
		if (grub_variables_export(&call->run->variables, call->words[i], err) != 0)
			return -1;
	return 0;
}

/* increment and decrement, which Fedora counts boots with. */
static int command_count(struct call *call, struct bd_error *err)
{
	const char *value = call->count == 2 ? grub_variables_get(&call->run->variables, call->words[1]) : NULL;
	char number[24];

	if (!value)
		return command_fails(call, err);
	long old = strtol(value, NULL, 0);
	if (old > INT_MAX || old < INT_MIN)
		return command_fails(call, err);
	snprintf(number, sizeof(number), "%ld", *call->words[0] == 'i' ? old + 1 : old - 1);
	return grub_variables_set(&call->run->variables, call->words[1], number, err);
}

/* A number behind the command; one where there is none. False: it is no number. */
static bool number_of(const struct call *call, size_t *number_out)
{
	char *end;

	*number_out = 1;
	if (call->count == 1)
		return true;
	if (call->count > 2 || *call->words[1] < '0' || *call->words[1] > '9')
		return false;
	*number_out = strtoul(call->words[1], &end, 10);
	return !*end;
}

static int command_break(struct call *call, struct bd_error *err)
{
	size_t count;

	if (!number_of(call, &count) || count == 0)
		return command_fails(call, err);
	call->run->is_continue = strcmp(call->words[0], "continue") == 0;
	call->run->breaks = count < call->run->loops ? count : call->run->loops;
	return 0;
}

static int command_return(struct call *call, struct bd_error *err)
{
	size_t number;

	if (!call->run->parameters || !number_of(call, &number))
		return command_fails(call, err);
	if (call->count == 1)
		number = (size_t)call->run->status;
	*call->status_out = number > INT_MAX ? GRUB_FAILED : (int)number;
	call->run->returning = true;
	return 0;
}

static int command_shift(struct call *call, struct bd_error *err)
{
	struct grub_parameters *parameters = call->run->parameters;
	size_t number;

	if (!parameters)
		return 0;
	if (!number_of(call, &number) || number > parameters->count)
		return command_fails(call, err);
	parameters->items += number;
	parameters->count -= number;
	return 0;
}

static int command_setparams(struct call *call, struct bd_error *err)
{
	BD_DISPOSE(grub_words_dispose) struct grub_words words = { 0 };
	struct grub_parameters *parameters = call->run->parameters;

	if (!parameters)
		return command_fails(call, err);
	for (size_t i = 1; i < call->count; i++)
		if (grub_words_add(&words, call->words[i], err) != 0)
			return -1;
	grub_words_dispose(&parameters->own);
	parameters->own = bd_take_struct(words);
	parameters->items = parameters->own.items;
	parameters->count = parameters->own.count;
	return 0;
}

static int command_eval(struct call *call, struct bd_error *err)
{
	BD_FREE char *text = malloc(GRUB_COMMAND_MAX + GRUB_WORDS_MAX + 1);
	size_t length = 0;

	if (!text)
		return bd_no_memory(err);
	for (size_t i = 1; i < call->count; i++) {
		size_t word = strlen(call->words[i]);
		if (length)
			text[length++] = ' ';
		memcpy(text + length, call->words[i], word);
		length += word;
	}
	text[length] = '\0';
	call->run->status = GRUB_TRUE;
	if (grub_run_text(call->run, text, "eval", err) != 0)
		return -1;
	*call->status_out = call->run->status;
	return 0;
}

/* Of those that may decide which entry is booted. In the tree, as variables come and go. */
static int note_origin(struct call *call, const char *name, const char *file, struct bd_error *err)
{
	static const char *const names[] = { "default", "next_entry", "saved_entry", "prev_saved_entry", NULL };
	struct grub_tree *tree = &call->run->tree;

	for (size_t i = 0; names[i]; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		struct grub_origin *origin = grub_tree_take(tree, sizeof(*origin), err);
		if (!origin)
			return -1;
		*origin = (struct grub_origin){ .name = names[i],
						.file = grub_tree_text(tree, file, strlen(file), err) };
		if (!origin->file)
			return -1;
		grub_variables_set_origin(&call->run->variables, name, origin);
	}
	return 0;
}

/* file: the name of what they are from. */
static int load_variables(struct call *call, const struct bd_grubenv *env, const char *file,
			  const struct bd_texts *only, struct bd_error *err)
{
	for (size_t i = 0; i < env->count; i++) {
		bool wanted = only->count == 0;
		for (size_t k = 0; k < only->count; k++)
			wanted = wanted || strcmp(only->items[k], env->variables[i].name) == 0;
		if (wanted && (grub_variables_set(&call->run->variables, env->variables[i].name,
						  env->variables[i].value, err) != 0 ||
			       note_origin(call, env->variables[i].name, file, err) != 0))
			return -1;
	}
	return 0;
}

static int load_block(struct call *call, const char *name, const struct bd_texts *only, struct bd_error *err)
{
	BD_DISPOSE(bd_grubenv_dispose) struct bd_grubenv env = { 0 };
	BD_FREE char *text = NULL, *file = NULL;
	struct grub_place place;
	bool is_place;
	size_t size;

	if (grub_place_read(call->run, name, BD_GRUBENV_FILE_MAX, &text, &size, err) != 0)
		return -1;
	if (!text)
		return command_fails(call, err);
	if (bd_grubenv_parse(text, size, &env, err) != 0) {
		if (err->code != EINVAL)
			return -1;
		*err = (struct bd_error)BD_ERROR_INIT;
		return command_fails(call, err);
	}
	if (grub_place_of(call->run, name, &place, &is_place, err) != 0 ||
	    bd_text_format(&file, err, "%s%s%s%s", *place.device ? "(" : "", place.device, *place.device ? ")" : "",
			   place.path) != 0)
		return -1;
	return load_variables(call, &env, file, only, err);
}

static int command_load_env(struct call *call, struct bd_error *err)
{
	static const struct grub_option table[] = { { "file", 'f', GRUB_VALUE },
						    { "skip-sig", 's', GRUB_NO_VALUE },
						    { NULL, '\0', GRUB_NO_VALUE } };
	struct grub_options options = { .table = table, .words = call->words + 1, .count = call->count - 1 };
	BD_DISPOSE(bd_texts_dispose) struct bd_texts only = { 0 };
	BD_FREE char *standard = NULL;
	const char *prefix = grub_variables_get(&call->run->variables, "prefix"), *file = NULL, *value;
	int option;

	while (grub_options_next(&options, &option, &value)) {
		if (option == 0)
			file = value;
		else if (option == GRUB_NO_OPTION && bd_texts_append(&only, value, err) != 0)
			return -1;
	}
	if (!file && bd_text_format(&standard, err, "%s/grubenv", prefix ? prefix : "") != 0)
		return -1;
	return load_block(call, file ? file : standard, &only, err);
}

static int command_search(struct call *call, struct bd_error *err)
{
	static const struct {
		const char *name;
		enum bd_bootmenu_search by;
	} rows[] = { { "search.file", BD_BOOTMENU_SEARCH_FILE },
		     { "search.fs_label", BD_BOOTMENU_SEARCH_LABEL },
		     { "search.fs_uuid", BD_BOOTMENU_SEARCH_UUID } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(call->words[0], rows[i].name) == 0)
			return grub_search_by(call->run, rows[i].by, call->words + 1, call->count - 1,
					      call->status_out, err);
	return grub_search(call->run, call->words + 1, call->count - 1, call->status_out, err);
}

static int command_regexp(struct call *call, struct bd_error *err)
{
	return grub_regexp(call->run, call->words + 1, call->count - 1, call->status_out, err);
}

static int command_probe(struct call *call, struct bd_error *err)
{
	return grub_probe(call->run, call->words + 1, call->count - 1, call->status_out, err);
}

/* DEVICE FOLDER SUBVOLUME. There is one filesystem here that can have subvolumes, and it is not asked which the device is. */
static int command_mount_subvolume(struct call *call, struct bd_error *err)
{
	if (call->count < 4)
		return command_fails(call, err);
	return grub_place_mount(call->run, call->words[2], call->words[3], err);
}

static int command_menuentry(struct call *call, struct bd_error *err)
{
	return grub_menuentry(call->session, call->words, call->count, call->block, call->status_out, err);
}

static int command_blscfg(struct call *call, struct bd_error *err)
{
	return grub_blscfg(call->session, call->words, call->count, call->status_out, err);
}

static int command_source(struct call *call, struct bd_error *err)
{
	if (call->count != 2)
		return command_fails(call, err);
	return grub_source(call->session, call->words[1], call->status_out, err);
}

/* `normal` reads $prefix/grub.cfg where it is told no other. */
static int command_configfile(struct call *call, struct bd_error *err)
{
	BD_FREE char *standard = NULL;
	const char *prefix = grub_variables_get(&call->run->variables, "prefix");

	if (call->count == 2)
		return grub_configfile(call->session, call->words[1], call->status_out, err);
	if (call->count > 2 || strcmp(call->words[0], "normal") != 0)
		return command_fails(call, err);
	if (bd_text_format(&standard, err, "%s/grub.cfg", prefix ? prefix : "") != 0)
		return -1;
	return grub_configfile(call->session, standard, call->status_out, err);
}

static int command_loopback(struct call *call, struct bd_error *err)
{
	(void)err;
	if (call->count > 2 && *call->words[1] != '-')
		snprintf(call->session->loopback, sizeof(call->session->loopback), "%s", call->words[1]);
	return 0;
}

static int command_boot(struct call *call, struct bd_error *err)
{
	if (!call->session->is_loaded)
		return command_fails(call, err);
	call->session->booted = true;
	call->run->stopped = true;
	return 0;
}

/* What leaves GRUB without booting anything. */
static int command_leave(struct call *call, struct bd_error *err)
{
	grub_session_unload(call->session);
	call->session->is_loaded = true;
	call->run->stopped = true;
	return bd_text_format(&call->session->loaded.obstacle, err, "it boots nothing (%s)", call->words[0]);
}

/* There is no firmware with settings; asked with --is-supported, it says so. */
static int command_fwsetup(struct call *call, struct bd_error *err)
{
	*call->status_out = GRUB_FAILED;
	return call->count > 1 ? 0 : command_leave(call, err);
}

static const struct {
	const char *name;
	int (*command)(struct call *call, struct bd_error *err);
} commands[] = {
	{ ".", command_source },
	{ "[", command_test },
	{ "background_image", command_false },
	{ "blscfg", command_blscfg },
	{ "boot", command_boot },
	{ "break", command_break },
	{ "btrfs-mount-subvol", command_mount_subvolume },
	{ "cmostest", command_false },
	{ "configfile", command_configfile },
	{ "continue", command_break },
	{ "cpuid", command_true },
	{ "cryptomount", command_fails },
	{ "decrement", command_count },
	{ "eval", command_eval },
	{ "exit", command_leave },
	{ "export", command_export },
	{ "false", command_false },
	{ "file", command_fails },
	{ "fwsetup", command_fwsetup },
	{ "halt", command_leave },
	{ "increment", command_count },
	{ "keystatus", command_false },
	{ "load_env", command_load_env },
	{ "loopback", command_loopback },
	{ "menuentry", command_menuentry },
	{ "normal", command_configfile },
	{ "probe", command_probe },
	{ "reboot", command_leave },
	{ "regexp", command_regexp },
	{ "return", command_return },
	{ "search", command_search },
	{ "search.file", command_search },
	{ "search.fs_label", command_search },
	{ "search.fs_uuid", command_search },
	{ "set", command_set },
	{ "setparams", command_setparams },
	{ "shift", command_shift },
	{ "smbios", command_fails },
	{ "source", command_source },
	{ "submenu", command_menuentry },
	{ "test", command_test },
	{ "true", command_true },
	{ "uki", command_blscfg },
	{ "unset", command_unset },
};

int grub_commands_dispatch(struct grub_run *run, char *const *words, size_t count, const struct grub_node *block,
			   bool *found_out, int *status_out, struct bd_error *err)
{
	struct call call = { .session = grub_session_of(run),
			     .run = run,
			     .words = words,
			     .count = count,
			     .block = block,
			     .status_out = status_out };

	*found_out = true;
	*status_out = GRUB_TRUE;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].name, words[0]) == 0)
			return commands[i].command(&call, err);
	return grub_load(call.session, words, count, found_out, status_out, err);
}
