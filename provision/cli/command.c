/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing a command's arguments by its table. */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/progress.h"

const char bd_option_no_value[] = "";

const struct bd_command *const bd_commands[] = { &bd_command_new,
						 &bd_command_list,
						 &bd_command_show,
						 &bd_command_start,
						 &bd_command_stop,
						 &bd_command_reboot,
						 &bd_command_rm,
						 &bd_command_clone,
						 &bd_command_rename,
						 &bd_command_console,
						 &bd_command_wait,
						 &bd_command_autostart,
						 &bd_command_config,
						 &bd_command_template,
						 &bd_command_fleet,
						 &bd_command_doctor,
						 NULL };

/* getopt_long's values for options without a letter; those of the table follow. */
enum { VALUE_TABLE = 1000 };

static int argument_kind(const struct bd_option *option)
{
	if (!option->argument)
		return no_argument;
	return option->argument[0] == '[' ? optional_argument : required_argument;
}

/* Options that people know by a letter. */
static const struct {
	char letter;
	const char *name;
} letters[] = { { 'j', "jobs" } };

/* What the letter stands for in this command; -1: nothing. */
static int value_of_letter(const struct bd_command *command, int letter)
{
	for (size_t l = 0; l < sizeof(letters) / sizeof(*letters); l++)
		for (size_t i = 0; letters[l].letter == letter && command->options[i].name; i++)
			if (strcmp(command->options[i].name, letters[l].name) == 0)
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

static int append(struct bd_texts *texts, const char *value, struct bd_error *err)
{
	const char **grown = realloc(texts->items, (texts->count + 1) * sizeof(*grown));

	if (!grown)
		return bd_no_memory(err);
	texts->items = grown;
	texts->items[texts->count++] = value;
	return 0;
}

void bd_command_dispose_options(const struct bd_command *command, void *options)
{
	for (size_t i = 0; command->options[i].name; i++)
		if (command->options[i].kind == BD_OPTION_LIST) {
			struct bd_texts *texts = (void *)((char *)options + command->options[i].offset);
			free(texts->items);
			*texts = (struct bd_texts){ 0 };
		}
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
		return append(variable, value, err);
	case BD_OPTION_HEADING:
	case BD_OPTION_ALIAS:
		break;
	}
	return 0;
}

int bd_command_set(const struct bd_command *command, const char *name, const char *value, void *options,
		   struct bd_error *err)
{
	for (const struct bd_option *option = command->options; option->name; option++)
		if (option->kind != BD_OPTION_HEADING && option->kind != BD_OPTION_ALIAS &&
		    strcmp(option->name, name) == 0)
			return store(option, value, options, err);
	return bd_fail(err, EINVAL, "there is no option --%s", name);
}

static int check_count(const struct bd_command *command, int argc, char **argv, struct bd_error *err)
{
	if (argc < command->min_arguments)
		return bd_usage(err, "%s is missing; see xen-bigdisk %s --help", command->arguments, command->name);
	if (argc > command->max_arguments)
		return bd_usage(err, "\"%s\" is one argument too many; see xen-bigdisk %s --help",
				argv[command->max_arguments], command->name);
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
		return bd_usage(err, "--%s takes its value after a \"=\": --%s=%s", option->name, option->name, next);
	return 0;
}

/* The last of two values would win and the first be dropped without a word. A flag may come twice: it says the same. */
static int check_twice(const struct bd_command *command, size_t row, bool *seen, struct bd_error *err)
{
	const struct bd_option *option = &command->options[row];

	if (seen[row] && (option->kind == BD_OPTION_TEXT || option->kind == BD_OPTION_SIZE))
		return bd_usage(err, "--%s was given twice and takes one value; see xen-bigdisk %s --help",
				option->name, command->name);
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
	return option->kind == BD_OPTION_ALIAS ? row_of(command, option->help) : row;
}

/* An option of the table was found; optarg is its value, and argv[optind] what follows. */
static int take_option(const struct bd_command *command, size_t row, char **argv, bool *seen, void *options,
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

int bd_command_parse(const struct bd_command *command, int argc, char **argv, void *options, int *argc_out,
		     char ***argv_out, bool *help_out, struct bd_error *err)
{
	BD_FREE struct option *table = getopt_table(command);
	BD_FREE bool *seen = calloc(count_options(command) + 1, sizeof(*seen));
	int value;

	if (!table || !seen)
		return bd_no_memory(err);
	*help_out = false;
	optind = 0;
	opterr = 0;
	while ((value = getopt_long(argc, argv, ":hqvj:", table, NULL)) != -1) {
		if (value == 'j') {
			optopt = value;
			value = value_of_letter(command, value);
			if (value < 0)
				value = '?';
		}
		if (value == 'h') {
			*help_out = true;
			return 0;
		} else if (value == 'q') {
			bd_log_set_level(BD_LOG_WARNING);
			bd_progress_init(BD_PROGRESS_OFF);
		} else if (value == 'v') {
			bd_log_set_level(BD_LOG_DEBUG);
		} else if (value == ':') {
			return bd_usage(err, "%s takes a value; see xen-bigdisk %s --help", argv[optind - 1],
					command->name);
		} else if (value == '?' && optopt && name_of(table, optopt)) {
			return bd_usage(err, "--%s takes no value; see xen-bigdisk %s --help", name_of(table, optopt),
					command->name);
		} else if (value == '?' && optopt) {
			return bd_usage(err, "there is no option -%c; see xen-bigdisk %s --help", optopt,
					command->name);
		} else if (value == '?') {
			return bd_usage(err,
					"there is no option %s, or it is not clear which is meant; see "
					"xen-bigdisk %s --help",
					argv[optind - 1], command->name);
		} else if (take_option(command, (size_t)(value - VALUE_TABLE), argv, seen, options, err) != 0) {
			return -1;
		}
	}
	*argc_out = argc - optind;
	*argv_out = argv + optind;
	return check_count(command, *argc_out, *argv_out, err);
}
