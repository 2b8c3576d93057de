/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses a command's arguments according to its table. */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/progress.h"
#include "cli/suggest.h"

const char bd_option_no_value[] = "";

const struct bd_command *const bd_commands[] = {
	&bd_command_new,
	&bd_command_list,
	&bd_command_show,
	&bd_command_start,
	&bd_command_stop,
	&bd_command_reboot,
	&bd_command_console,
	&bd_command_wait,
	&bd_command_autostart,
	&bd_command_config,
	&bd_command_set,
	&bd_command_clone,
	&bd_command_rename,
	&bd_command_import_guest,
	&bd_command_rm,
	&bd_command_template,
	&bd_command_ls,
	&bd_command_cat,
	&bd_command_tail,
	&bd_command_image_find,
	&bd_command_du,
	&bd_command_diff,
	&bd_command_cp,
	&bd_command_edit,
	&bd_command_tar,
	&bd_command_mkdir,
	&bd_command_mv,
	&bd_command_ln,
	&bd_command_chmod,
	&bd_command_chown,
	/* on the disk as a whole */
	&bd_command_fill,
	&bd_command_renew,
	&bd_command_info,
	&bd_command_map,
	&bd_command_check,
	&bd_command_grow,
	&bd_command_shrink,
	&bd_command_compact,
	&bd_command_convert,
	&bd_command_convert_layout,
	&bd_command_send,
	&bd_command_receive,
	/* on all of them */
	&bd_command_fleet,
	&bd_command_doctor,
	&bd_command_metrics,
	NULL,
};

/* Where each group of them begins. */
static const struct {
	const char *title;
	const struct bd_command *first;
} titles[] = {
	{ "Guests", &bd_command_new },
	{ "Disks and templates", &bd_command_template },
	{ "Fleets", &bd_command_fleet },
	{ "Host and program", &bd_command_doctor },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const char *bd_command_title(const struct bd_command *command)
{
	for (size_t i = 0; i < COUNT(titles); i++)
		if (titles[i].first == command)
			return titles[i].title;
	return NULL;
}

const char *bd_command_last_word(const char *name)
{
	const char *blank = strrchr(name, ' ');

	return blank ? blank + 1 : name;
}

const struct bd_command *bd_command_find(const struct bd_command *const *commands, const char *name)
{
	for (; *commands; commands++)
		if (strcmp(bd_command_last_word((*commands)->name), name) == 0)
			return *commands;
	return NULL;
}

/* ", start" */
static void add_name(char *text, size_t size, const char *dashes, const char *name)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s%s", used ? ", " : "", dashes, name);
}

/* Names that begin as what was typed does, and those that are it in some group; else the nearest one. */
static void find_meant(const struct bd_command *const *commands, const char *typed, char *text, size_t size)
{
	struct bd_suggestion near = { .word = typed };

	for (size_t i = 0; commands[i]; i++) {
		const char *name = bd_command_last_word(commands[i]->name);
		bd_suggest(&near, name);
		if (*typed && strncmp(name, typed, strlen(typed)) == 0)
			add_name(text, size, "", commands[i]->name);
	}
	for (size_t i = 0; commands == bd_commands && commands[i]; i++) {
		const struct bd_command *found =
			commands[i]->commands ? bd_command_find(commands[i]->commands, typed) : NULL;
		if (found)
			add_name(text, size, "", found->name);
	}
	for (size_t i = 0; near.found && !*text && commands[i]; i++)
		if (bd_command_last_word(commands[i]->name) == near.found)
			add_name(text, size, "", commands[i]->name);
}

int bd_command_unknown(const struct bd_command *group, const char *name, struct bd_error *err)
{
	char meant[256] = "";
	const char *group_name = group ? group->name : "", *blank = group ? " " : "";

	find_meant(group ? group->commands : bd_commands, name, meant, sizeof(meant));
	return bd_usage(err, "unknown command \"%s%s%s\"%s%s%s; see xen-bigdisk %s%s--help", group_name, blank, name,
			*meant ? " (did you mean " : "", meant, *meant ? "?)" : "", group_name, blank);
}

/* getopt_long's values for options without a letter; those of the table follow. */
enum { VALUE_TABLE = 1000 };

static int argument_kind(const struct bd_option *option)
{
	if (!option->argument)
		return no_argument;
	return option->argument[0] == '[' ? optional_argument : required_argument;
}

/* Options that people know by a letter. */
#define LETTERS ":ac:dfhj:lm:n:pqrRsvy"
static const struct {
	char letter;
	const char *name;
} letters[] = {
	{ 'a', "all" },	    { 'a', "archive" }, { 'c', "bytes" },     { 'd', "directory" }, { 'f', "force" },
	{ 'h', "help" },    { 'j', "jobs" },	{ 'l', "long" },      { 'm', "mode" },	    { 'n', "lines" },
	{ 'p', "parents" }, { 'q', "quiet" },	{ 'R', "recursive" }, { 'r', "recursive" }, { 's', "symbolic" },
	{ 'v', "verbose" }, { 'y', "yes" },
};

/* Some need a value behind them, and are none of a flag of that name. */
static bool is_letter_of(size_t l, const struct bd_option *option)
{
	const char *in_letters = strchr(LETTERS, letters[l].letter);

	return strcmp(letters[l].name, option->name) == 0 && (in_letters[1] == ':') == (option->argument != NULL);
}

char bd_option_letter(const struct bd_option *option)
{
	for (size_t l = 0; l < COUNT(letters); l++)
		if (is_letter_of(l, option))
			return letters[l].letter;
	return 0;
}

/* What the letter stands for in this command; -1: nothing. */
static int value_of_letter(const struct bd_command *command, int letter)
{
	for (size_t i = 0; command->options[i].name; i++)
		for (size_t l = 0; l < COUNT(letters); l++)
			if (letters[l].letter == letter && is_letter_of(l, &command->options[i]))
				return VALUE_TABLE + (int)i;
	return -1;
}

static size_t count_options(const struct bd_command *command)
{
	size_t count = 0;

	while (command->options[count].name)
		count++;
	return count;
}

/* Whether an alias is another form of a flag of the table, and no option of its own. */
static bool is_form_of_flag(const struct bd_command *command, const struct bd_option *alias)
{
	const struct bd_option *option = command->options;

	while (alias->kind == BD_OPTION_ALIAS && option->name &&
	       (option->kind != BD_OPTION_FLAG || strcmp(option->name, alias->name) != 0))
		option++;
	return alias->kind == BD_OPTION_ALIAS && option->name;
}

/* The row of the alias that lets a flag have the value that it had once; NULL: there is none. */
static const struct bd_option *alias_of_flag(const struct bd_command *command, const struct bd_option *flag)
{
	for (const struct bd_option *option = command->options; flag->kind == BD_OPTION_FLAG && option->name;
	     option++)
		if (option->kind == BD_OPTION_ALIAS && strcmp(option->name, flag->name) == 0)
			return option;
	return NULL;
}

static size_t row_of(const struct bd_command *command, const char *name)
{
	size_t row = 0;

	while (command->options[row].kind == BD_OPTION_HEADING || command->options[row].kind == BD_OPTION_ALIAS ||
	       strcmp(command->options[row].name, name) != 0)
		row++;
	return row;
}

static struct option *getopt_table(const struct bd_command *command)
{
	static const struct option common[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "verbose", no_argument, NULL, 'v' },
	};
	size_t count = count_options(command), n = 3;

	struct option *table = calloc(count + 4, sizeof(*table));
	if (!table)
		return NULL;
	memcpy(table, common, sizeof(common));
	for (size_t i = 0; i < count; i++) {
		const struct bd_option *option = &command->options[i];
		if (option->kind != BD_OPTION_HEADING && !is_form_of_flag(command, option))
			table[n++] =
				(struct option){ .name = option->name,
						 .has_arg = alias_of_flag(command, option) ? optional_argument
											   : argument_kind(option),
						 .val = VALUE_TABLE + (int)i };
	}
	return table;
}

/* NULL: none has that value. */
static const char *name_of(const struct option *table, int value)
{
	while (table->name && table->val != value)
		table++;
	return table->name;
}

void bd_command_dispose_options(const struct bd_command *command, void *options)
{
	for (size_t i = 0; command->options[i].name; i++)
		if (command->options[i].kind == BD_OPTION_LIST)
			bd_texts_dispose((void *)((char *)options + command->options[i].offset));
}

static int store(const struct bd_option *option, const char *value, void *options, struct bd_error *err)
{
	void *variable = (char *)options + option->offset;
	char what[64];

	switch (option->kind) {
	case BD_OPTION_FLAG:
		*(bool *)variable = true;
		return 0;
	case BD_OPTION_TEXT:
		*(const char **)variable = value ? value : bd_option_no_value;
		return 0;
	case BD_OPTION_SIZE:
		snprintf(what, sizeof(what), "--%s", option->name);
		return bd_parse_size(value, what, variable, err);
	case BD_OPTION_LIST:
		return bd_texts_append(variable, value, err);
	case BD_OPTION_HEADING:
	case BD_OPTION_ALIAS:
		break;
	}
	return 0;
}

/* Brackets are around an argument that may be left out, and dots behind the last if there may be any number of it. */
static int check_count(const struct bd_command *command, int count, char **arguments, struct bd_error *err)
{
	int least = 0, most = 0;

	for (const char *at = command->arguments; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
		least += *at != '[';
		most++;
	}
	if (count < least)
		return bd_usage(err, "missing %s; see xen-bigdisk %s --help", command->arguments, command->name);
	if (count > most && !strstr(command->arguments, "..."))
		return bd_usage(err, "unexpected argument \"%s\"; see xen-bigdisk %s --help", arguments[most],
				command->name);
	return 0;
}

static bool is_number(const char *text)
{
	return text && *text && !text[strspn(text, "0123456789")];
}

/* "--wait 300" where "--wait=300" was meant, or --timeout; no guest is called 300. */
static int check_detached_value(const struct bd_command *command, size_t row, const char *next, struct bd_error *err)
{
	const struct bd_option *option = &command->options[row], *alias = alias_of_flag(command, option);

	if (!is_number(next))
		return 0;
	if (alias)
		return bd_usage(err, "--%s takes no value; did you mean --%s %s?", option->name, alias->help, next);
	if (argument_kind(option) == optional_argument)
		return bd_usage(err, "--%s needs its value after a \"=\": --%s=%s", option->name, option->name, next);
	return 0;
}

/* The last of two values would win and the first be dropped without a word. A flag may come twice: it says the same. */
static int check_twice(const struct bd_command *command, size_t row, bool *seen, struct bd_error *err)
{
	const struct bd_option *option = &command->options[row];

	if (seen[row] && (option->kind == BD_OPTION_TEXT || option->kind == BD_OPTION_SIZE))
		return bd_usage(err, "--%s given twice; see xen-bigdisk %s --help", option->name, command->name);
	seen[row] = true;
	return 0;
}

/* The option that was meant, which takes *value (NULL: none was given). next: the argument after it; *next_used_out: that is
 * the value. */
static size_t resolve_alias(const struct bd_command *command, size_t row, const char *next, const char **value,
			    bool *next_used_out)
{
	const struct bd_option *option = &command->options[row], *alias = alias_of_flag(command, option);

	*next_used_out = alias && argument_kind(alias) == required_argument && !*value && is_number(next);
	if (*next_used_out)
		*value = next;
	if (alias && *value)
		option = alias;
	return option->kind == BD_OPTION_ALIAS && option->help ? row_of(command, option->help) : row;
}

/* An option of the table was found; optarg is its value, and argv[optind] what follows. */
static int take_found(const struct bd_command *command, size_t row, char **argv, bool *seen, void *options,
		      struct bd_error *err)
{
	const char *value = optarg;
	bool next_used;

	row = resolve_alias(command, row, argv[optind], &value, &next_used);
	optind += next_used;
	if (!value && check_detached_value(command, row, argv[optind], err) != 0)
		return -1;
	if (check_twice(command, row, seen, err) != 0)
		return -1;
	return store(&command->options[row], value, options, err);
}

/* What getopt has not found in the table. */
static int refuse_option(const struct bd_command *command, const struct option *table, const char *typed,
			 struct bd_error *err)
{
	struct bd_suggestion near = { 0 };
	char word[64], candidates[512] = "";
	size_t length = strcspn(typed + 2, "="), begin_alike = 0;

	snprintf(word, sizeof(word), "%.*s", (int)length, typed + 2);
	near.word = word;
	for (; table->name; table++) {
		if (table->val >= VALUE_TABLE && command->options[table->val - VALUE_TABLE].kind == BD_OPTION_ALIAS)
			continue;
		bd_suggest(&near, table->name);
		if (strncmp(table->name, word, length) != 0)
			continue;
		begin_alike++;
		add_name(candidates, sizeof(candidates), "--", table->name);
	}
	if (begin_alike > 1)
		return bd_usage(err, "--%s is ambiguous: %s; see xen-bigdisk %s --help", word, candidates,
				command->name);
	return bd_usage(err, "unknown option --%s%s%s%s; see xen-bigdisk %s --help", word,
			near.found ? " (did you mean --" : "", near.found ? near.found : "", near.found ? "?)" : "",
			command->name);
}

/* "-name" of find(1), "-x" of chmod(1). */
static int refuse_letter(const struct bd_command *command, const struct option *table, char **argv,
			 struct bd_error *err)
{
	const char *word = argv[optind];

	if (!word || word[0] != '-' || word[1] != optopt)
		word = argv[optind - 1];
	if (word[0] == '-' && word[1] == optopt && word[2]) {
		struct bd_suggestion near = { .word = word + 1 };
		for (; table->name; table++)
			bd_suggest(&near, table->name);
		if (near.found)
			return bd_usage(err, "unknown option -%c (did you mean --%s?); see xen-bigdisk %s --help",
					optopt, near.found, command->name);
	}
	if (strncmp(command->arguments, "MODE ", strlen("MODE ")) == 0)
		return bd_usage(
			err,
			"unknown option -%c; a mode that begins with - is written behind --: xen-bigdisk %s -- -%c ...",
			optopt, command->name, optopt);
	return bd_usage(err, "unknown option -%c; see xen-bigdisk %s --help", optopt, command->name);
}

static int take_option(const struct bd_command *command, const struct option *table, int value, char **argv,
		       bool *seen, void *options, struct bd_error *err)
{
	if (value >= VALUE_TABLE)
		return take_found(command, (size_t)(value - VALUE_TABLE), argv, seen, options, err);
	if (value == ':')
		return bd_usage(err, "%s requires a value; see xen-bigdisk %s --help", argv[optind - 1],
				command->name);
	if (optopt && name_of(table, optopt))
		return bd_usage(err, "--%s takes no value; see xen-bigdisk %s --help", name_of(table, optopt),
				command->name);
	if (optopt)
		return refuse_letter(command, table, argv, err);
	return refuse_option(command, table, argv[optind - 1], err);
}

/* Who asks for help gets it, whatever is wrong before. */
static bool asks_for_help(char **arguments)
{
	for (; *arguments && strcmp(*arguments, "--") != 0; arguments++)
		if (strcmp(*arguments, "--help") == 0 || strcmp(*arguments, "-h") == 0)
			return true;
	return false;
}

int bd_command_parse(const struct bd_command *command, int argc, char **argv, void *options, char ***arguments_out,
		     bool *help_out, struct bd_error *err)
{
	BD_FREE struct option *table = getopt_table(command);
	BD_FREE bool *seen = calloc(count_options(command) + 1, sizeof(*seen));
	int value;

	if (!table || !seen)
		return bd_no_memory(err);
	*help_out = false;
	optind = 0;
	opterr = 0;
	while ((value = getopt_long(argc, argv, LETTERS, table, NULL)) != -1) {
		if (value == 'h') {
			*help_out = true;
			return 0;
		} else if (value == 'q') {
			bd_log_set_level(BD_LOG_WARNING);
			bd_progress_init(BD_PROGRESS_OFF);
			continue;
		} else if (value == 'v') {
			bd_log_set_level(BD_LOG_DEBUG);
			continue;
		} else if (value < VALUE_TABLE && value != ':' && value != '?') {
			optopt = value;
			value = value_of_letter(command, value);
		}
		if (take_option(command, table, value < 0 ? '?' : value, argv, seen, options, err) != 0) {
			*help_out = asks_for_help(argv + optind);
			return *help_out ? 0 : -1;
		}
	}
	*arguments_out = argv + optind;
	return check_count(command, argc - optind, *arguments_out, err);
}
