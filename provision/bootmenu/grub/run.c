/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A walk over the tree. Errors of the script are in run->status; a function here fails only beyond the limits,
 * without memory, or where a file cannot be read. */
#include "bootmenu/grub/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "bootmenu/grub/limits.h"
#include "bootmenu/grub/parser.h"

void grub_words_dispose(struct grub_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
	free(words->items);
	*words = (struct grub_words){ 0 };
}

static int refuse_words(struct bd_error *err)
{
	return bd_fail(err, E2BIG, "a command has more than %d words", GRUB_WORDS_MAX);
}

static int refuse_bytes(int limit, struct bd_error *err)
{
	return bd_fail(err, E2BIG, "the words of a command are longer than %d bytes", limit);
}

int grub_words_add(struct grub_words *words, const char *text, struct bd_error *err)
{
	size_t length = strlen(text);

	if (words->count == GRUB_WORDS_MAX)
		return refuse_words(err);
	if (length > GRUB_COMMAND_MAX - words->bytes)
		return refuse_bytes(GRUB_COMMAND_MAX, err);
	if (bd_array_grow(words->items, words->count, err) != 0)
		return -1;
	words->items[words->count] = strdup(text);
	if (!words->items[words->count])
		return bd_no_memory(err);
	words->count++;
	words->bytes += length;
	return 0;
}

void grub_run_dispose(struct grub_run *run)
{
	grub_variables_dispose(&run->variables);
	grub_tree_dispose(&run->tree);
	for (size_t i = 0; i < run->subvolume_count; i++) {
		free(run->subvolumes[i].folder);
		free(run->subvolumes[i].path);
	}
	free(run->root_folder);
	*run = (struct grub_run){ 0 };
}

int grub_run_step(struct grub_run *run, size_t bytes, struct bd_error *err)
{
	run->steps += 1 + bytes / GRUB_STEP_BYTES;
	if (run->steps > run->steps_max)
		return bd_fail(err, E2BIG, "its commands do not come to an end");
	return 0;
}

int grub_run_lookup(struct grub_run *run, struct bd_error *err)
{
	if (++run->lookups > GRUB_LOOKUPS_MAX)
		return bd_fail(err, E2BIG, "it looks for more than %d files", GRUB_LOOKUPS_MAX);
	return 0;
}

/* The words of a command while they grow: the last one is open until the next begins. */
struct expansion {
	struct grub_run *run;
	struct grub_words *words;
	bool is_open; /* something belongs to the last word, be it nothing in quotes */
	size_t length; /* of the last word, where it is open */
	struct grub_pattern pattern; /* in it */
};

static int append(struct expansion *expansion, const char *text, size_t length, struct bd_error *err)
{
	struct grub_words *words = expansion->words;
	char *old = expansion->is_open ? words->items[words->count - 1] : NULL;
	size_t old_length = old ? expansion->length : 0;

	if (length > GRUB_WORD_MAX - old_length || length > GRUB_COMMAND_MAX - words->bytes)
		return refuse_bytes(length > GRUB_WORD_MAX - old_length ? GRUB_WORD_MAX : GRUB_COMMAND_MAX, err);
	if (!old && words->count == GRUB_WORDS_MAX)
		return refuse_words(err);
	if (!old && bd_array_grow(words->items, words->count, err) != 0)
		return -1;
	char *grown = realloc(old, old_length + length + 1);
	if (!grown)
		return bd_no_memory(err);
	memcpy(grown + old_length, text, length);
	grown[old_length + length] = '\0';
	words->items[old ? words->count - 1 : words->count++] = grown;
	words->bytes += length;
	expansion->is_open = true;
	expansion->length = old_length + length;
	return 0;
}

/* The last word is whole: where it is a pattern of files, they take its place. */
static int close_word(struct expansion *expansion, struct bd_error *err)
{
	BD_DISPOSE(grub_words_dispose) struct grub_words names = { 0 };
	struct grub_words *words = expansion->words;
	struct grub_pattern *pattern = &expansion->pattern;

	if (!expansion->is_open || pattern->count == 0 || pattern->count > GRUB_PATTERN_MAX) {
		expansion->is_open = false;
		pattern->count = 0;
		return 0;
	}
	expansion->is_open = false;
	if (expansion->run->match(expansion->run, words->items[words->count - 1], pattern, &names, err) != 0)
		return -1;
	pattern->count = 0;
	if (!names.count)
		return 0;
	words->bytes -= strlen(words->items[--words->count]);
	free(words->items[words->count]);
	for (size_t i = 0; i < names.count; i++)
		if (grub_words_add(words, names.items[i], err) != 0)
			return -1;
	return 0;
}

/* Text outside of quotes. */
static int append_unquoted(struct expansion *expansion, const char *text, size_t length, struct bd_error *err)
{
	struct grub_pattern *pattern = &expansion->pattern;
	size_t before = expansion->is_open ? expansion->length : 0;

	if (append(expansion, text, length, err) != 0)
		return -1;
	for (size_t i = 0; i < length && pattern->count <= GRUB_PATTERN_MAX; i++) {
		if ((text[i] != '*' && text[i] != '?') || (i > 0 && text[i - 1] == '\\'))
			continue;
		if (pattern->count < GRUB_PATTERN_MAX)
			pattern->places[pattern->count] = (unsigned short)(before + i);
		pattern->count++;
	}
	return 0;
}

static bool is_blank(char c)
{
	return c && strchr(" \t\n\v\f\r", c);
}

/* A value outside of quotes: it joins what is before it, and blanks in it, but not around it, begin words. */
static int append_split(struct expansion *expansion, const char *value, struct bd_error *err)
{
	bool first = true;

	for (;; first = false) {
		while (is_blank(*value))
			value++;
		if (!*value)
			return 0;
		size_t length = 0;
		while (value[length] && !is_blank(value[length]))
			length++;
		if (!first && close_word(expansion, err) != 0)
			return -1;
		if (append_unquoted(expansion, value, length, err) != 0)
			return -1;
		value += length;
	}
}

static int append_value(struct expansion *expansion, enum grub_part_kind kind, const char *value,
			struct bd_error *err)
{
	if (kind == GRUB_VARIABLE)
		return append_split(expansion, value, err);
	return append(expansion, value, strlen(value), err);
}

/* $* and $@, which differ in quotes only. */
static int append_parameters(struct expansion *expansion, const struct grub_part *part, struct bd_error *err)
{
	const struct grub_parameters *parameters = expansion->run->parameters;

	for (size_t i = 0; parameters && i < parameters->count; i++) {
		if (i > 0 && part->kind == GRUB_VARIABLE_QUOTED && *part->text == '*') {
			if (append(expansion, " ", 1, err) != 0)
				return -1;
		} else if (i > 0 && close_word(expansion, err) != 0) {
			return -1;
		}
		if (append_value(expansion, part->kind, parameters->items[i], err) != 0)
			return -1;
	}
	return 0;
}

static int append_variable(struct expansion *expansion, const struct grub_part *part, struct bd_error *err)
{
	const struct grub_run *run = expansion->run;
	const char *name = part->text, *value = NULL;
	char number[24];

	if (strcmp(name, "*") == 0 || strcmp(name, "@") == 0)
		return append_parameters(expansion, part, err);
	if (strcmp(name, "?") == 0 || strcmp(name, "#") == 0) {
		if (*name == '?' || run->parameters)
			snprintf(number, sizeof(number), "%zu",
				 *name == '?' ? (size_t)run->status : run->parameters->count);
		else
			number[0] = '\0';
		value = number;
	} else if (*name >= '0' && *name <= '9') {
		unsigned long index = strtoul(name, NULL, 10);
		if (run->parameters && index > 0 && index <= run->parameters->count)
			value = run->parameters->items[index - 1];
	} else {
		value = grub_variables_get(&run->variables, name);
	}
	return value ? append_value(expansion, part->kind, value, err) : 0;
}

static int append_part(struct expansion *expansion, const struct grub_part *part, struct bd_error *err)
{
	switch (part->kind) {
	case GRUB_TEXT:
		return append(expansion, part->text, strlen(part->text), err);
	case GRUB_PATTERN:
		return append_unquoted(expansion, part->text, strlen(part->text), err);
	default:
		return append_variable(expansion, part, err);
	}
}

int grub_run_expand(struct grub_run *run, const struct grub_word *words, struct grub_words *out, struct bd_error *err)
{
	struct expansion expansion = { .run = run, .words = out };
	size_t before = out->bytes, pieces = 0;

	for (; words; words = words->next) {
		for (const struct grub_part *part = words->parts; part; part = part->next, pieces++)
			if (append_part(&expansion, part, err) != 0)
				return -1;
		if (close_word(&expansion, err) != 0)
			return -1;
	}
	/* A word or a part of one is work, be it short. */
	pieces += out->count;
	return grub_run_step(run, out->bytes - before + pieces * GRUB_STEP_BYTES / 4, err);
}

static const struct grub_function *find_function(const struct grub_run *run, const char *name)
{
	for (const struct grub_function *function = run->functions; function; function = function->next)
		if (strcmp(function->name, name) == 0)
			return function;
	return NULL;
}

/* The last one of a name is that which is found. */
static int define(struct grub_run *run, const struct grub_node *node, struct bd_error *err)
{
	if (run->function_count == GRUB_FUNCTIONS_MAX)
		return bd_fail(err, E2BIG, "there are more than %d functions", GRUB_FUNCTIONS_MAX);
	struct grub_function *function = grub_tree_take(&run->tree, sizeof(*function), err);
	if (!function)
		return -1;
	*function = (struct grub_function){ .next = run->functions, .name = node->name, .commands = node->commands };
	run->functions = function;
	run->function_count++;
	return 0;
}

int grub_run_called(struct grub_run *run, const struct grub_node *commands, char *const *parameters, size_t count,
		    struct bd_error *err)
{
	struct grub_parameters here = { .items = parameters, .count = count }, *before = run->parameters;
	size_t loops = run->loops;

	run->parameters = &here;
	run->loops = 0;
	int r = grub_run_commands(run, commands, err);
	run->returning = false;
	run->loops = loops;
	run->parameters = before;
	grub_words_dispose(&here.own);
	return r;
}

/* What is no command and no function may set a variable; otherwise GRUB prints an error and goes on as if it had been
 * true. */
static int assign(struct grub_run *run, char *word, struct bd_error *err)
{
	char *equals = strchr(word, '=');

	run->status = GRUB_TRUE;
	if (!equals || equals == word || (*word >= '0' && *word <= '9') || strchr("#*@", *word))
		return 0;
	*equals = '\0';
	return grub_variables_set(&run->variables, word, equals + 1, err);
}

static int run_words(struct grub_run *run, const struct grub_words *words, const struct grub_node *block,
		     struct bd_error *err)
{
	bool found, inverted = strcmp(words->items[0], "!") == 0;
	char *const *items = words->items + inverted;
	size_t count = words->count - inverted;
	int status = GRUB_TRUE;

	if (count == 0) {
		run->status = GRUB_FAILED;
		return 0;
	}
	if (run->dispatch(run, items, count, block, &found, &status, err) != 0)
		return -1;
	if (!found) {
		const struct grub_function *function = find_function(run, items[0]);
		if (!function)
			return assign(run, items[0], err);
		if (grub_run_called(run, function->commands, items + 1, count - 1, err) != 0)
			return -1;
		status = run->status;
	}
	if (inverted)
		status = status == GRUB_TRUE ? GRUB_FALSE : GRUB_TRUE;
	run->status = status;
	return 0;
}

static int run_simple(struct grub_run *run, const struct grub_node *node, struct bd_error *err)
{
	BD_DISPOSE(grub_words_dispose) struct grub_words words = { 0 };

	if (grub_run_expand(run, node->words, &words, err) != 0)
		return -1;
	if (words.count == 0) {
		run->status = GRUB_TRUE;
		return 0;
	}
	run->words = node->words;
	return run_words(run, &words, node->commands, err);
}

static int run_if(struct grub_run *run, const struct grub_node *node, struct bd_error *err)
{
	for (const struct grub_branch *branch = node->branches; branch; branch = branch->next) {
		if (branch->condition) {
			if (grub_run_commands(run, branch->condition, err) != 0)
				return -1;
			if (run->returning || run->stopped)
				return 0;
			if (run->status != GRUB_TRUE)
				continue;
		}
		return grub_run_commands(run, branch->commands, err);
	}
	run->status = GRUB_TRUE;
	return 0;
}

/* Behind the commands of a loop: whether it is left. */
static bool leaves_loop(struct grub_run *run)
{
	if (run->breaks == 1 && run->is_continue)
		run->breaks = 0;
	return run->breaks > 0 || run->returning || run->stopped;
}

static void end_loop(struct grub_run *run)
{
	if (run->breaks > 0)
		run->breaks--;
	run->loops--;
}

static int run_for(struct grub_run *run, const struct grub_node *node, struct bd_error *err)
{
	BD_DISPOSE(grub_words_dispose) struct grub_words words = { 0 };
	int r = 0;

	if (grub_run_expand(run, node->words, &words, err) != 0)
		return -1;
	run->status = GRUB_TRUE;
	run->loops++;
	for (size_t i = 0; r == 0 && i < words.count; i++) {
		r = grub_variables_set(&run->variables, node->name, words.items[i], err);
		if (r == 0)
			r = grub_run_commands(run, node->commands, err);
		if (leaves_loop(run))
			break;
	}
	end_loop(run);
	return r;
}

static int run_loop(struct grub_run *run, const struct grub_node *node, struct bd_error *err)
{
	int r;

	run->loops++;
	do {
		r = grub_run_commands(run, node->condition, err);
		if (r != 0 || run->returning || run->stopped || (run->status == GRUB_TRUE) == node->until)
			break;
		r = grub_run_commands(run, node->commands, err);
	} while (r == 0 && !leaves_loop(run));
	end_loop(run);
	return r;
}

static int run_node(struct grub_run *run, const struct grub_node *node, struct bd_error *err)
{
	if (grub_run_step(run, 0, err) != 0)
		return -1;
	switch (node->kind) {
	case GRUB_IF:
		return run_if(run, node, err);
	case GRUB_FOR:
		return run_for(run, node, err);
	case GRUB_LOOP:
		return run_loop(run, node, err);
	case GRUB_FUNCTION:
		return define(run, node, err);
	default:
		return run_simple(run, node, err);
	}
}

int grub_run_commands(struct grub_run *run, const struct grub_node *commands, struct bd_error *err)
{
	int r = 0;

	if (run->depth == GRUB_DEPTH_MAX)
		return bd_fail(err, E2BIG, "its commands call each other more than %d deep", GRUB_DEPTH_MAX);
	run->depth++;
	for (; r == 0 && commands && !run->breaks && !run->returning && !run->stopped; commands = commands->next)
		r = run_node(run, commands, err);
	run->depth--;
	return r;
}

static int count_source(struct grub_run *run, size_t bytes, struct bd_error *err)
{
	if (bytes > GRUB_SOURCES_MAX - run->source_bytes)
		return bd_fail(err, E2BIG, "it is longer than %d bytes, with all that it includes", GRUB_SOURCES_MAX);
	run->source_bytes += bytes;
	return 0;
}

int grub_run_text(struct grub_run *run, const char *text, const char *source, struct bd_error *err)
{
	BD_DISPOSE(grub_parser_dispose) struct grub_parser parser = { 0 };

	if (count_source(run, strlen(text), err) != 0)
		return -1;
	grub_parser_init(&parser, &run->tree, text);
	while (!run->stopped && !run->returning) {
		const struct grub_node *commands;
		struct bd_error wrong = BD_ERROR_INIT;
		if (grub_parser_next(&parser, &commands, &wrong) != 0) {
			if (wrong.code != EINVAL)
				return bd_fail_as(err, &wrong, "%s: %s", source, wrong.message);
			run->warn(run, source, wrong.message);
			continue;
		}
		if (!commands)
			return 0;
		if (grub_run_commands(run, commands, err) != 0)
			return -1;
	}
	return 0;
}
