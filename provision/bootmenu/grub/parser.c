/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By recursive descent, GRUB_NESTING_MAX deep. */
#include "bootmenu/grub/parser.h"

#include <errno.h>
#include <stdbool.h>

#include "bootmenu/grub/limits.h"

void grub_parser_init(struct grub_parser *parser, struct grub_tree *tree, const char *text)
{
	*parser = (struct grub_parser){ 0 };
	grub_lexer_init(&parser->lexer, tree, text);
}

void grub_parser_dispose(struct grub_parser *parser)
{
	grub_lexer_dispose(&parser->lexer);
}

static int next(struct grub_parser *parser, struct bd_error *err)
{
	unsigned line = parser->lexer.line;

	if (grub_lexer_next(&parser->lexer, &parser->token, err) == 0)
		return 0;
	return bd_wrap(err, "line %u", line);
}

static int refuse(const struct grub_parser *parser, const char *expected, struct bd_error *err)
{
	if (parser->token.kind == GRUB_TOKEN_END)
		return bd_fail(err, EINVAL, "line %u: it ends where %s was expected", parser->token.line, expected);
	return bd_fail(err, EINVAL, "line %u: %s was expected", parser->token.line, expected);
}

static int skip_newlines(struct grub_parser *parser, struct bd_error *err)
{
	while (parser->token.kind == GRUB_TOKEN_NEWLINE)
		if (next(parser, err) != 0)
			return -1;
	return 0;
}

static int expect_keyword(struct grub_parser *parser, enum grub_keyword keyword, const char *text,
			  struct bd_error *err)
{
	if (parser->token.keyword != keyword)
		return refuse(parser, text, err);
	return next(parser, err);
}

static int take_command(struct grub_parser *parser, struct grub_node **node_out, struct bd_error *err);

static bool is_delimiter(const struct grub_parser *parser)
{
	return parser->token.kind == GRUB_TOKEN_NEWLINE || parser->token.kind == GRUB_TOKEN_SEMICOLON;
}

/* What ends a list of commands: no command can begin with it. */
static bool ends_commands(const struct grub_parser *parser)
{
	if (parser->token.kind != GRUB_TOKEN_WORD)
		return true;
	switch (parser->token.keyword) {
	case GRUB_NO_KEYWORD:
	case GRUB_KEYWORD_IF:
	case GRUB_KEYWORD_FOR:
	case GRUB_KEYWORD_WHILE:
	case GRUB_KEYWORD_UNTIL:
		return false;
	default:
		return true;
	}
}

/* One command at least. Whoever calls looks at what is behind them; needs_delimiter: it must be behind a newline or
 * semicolon. */
static int take_commands(struct grub_parser *parser, bool needs_delimiter, const struct grub_node **commands_out,
			 struct bd_error *err)
{
	struct grub_node *first = NULL, **last = &first;
	bool delimited;

	if (++parser->nesting > GRUB_NESTING_MAX)
		return bd_fail(err, E2BIG, "line %u: commands are nested more than %d deep", parser->token.line,
			       GRUB_NESTING_MAX);
	if (skip_newlines(parser, err) != 0)
		return -1;
	do {
		if (take_command(parser, last, err) != 0)
			return -1;
		last = &(*last)->next;
		delimited = is_delimiter(parser);
		if (delimited && (next(parser, err) != 0 || skip_newlines(parser, err) != 0))
			return -1;
	} while (delimited && !ends_commands(parser));
	if (needs_delimiter && !delimited)
		return refuse(parser, "a newline or \";\"", err);
	parser->nesting--;
	*commands_out = first;
	return 0;
}

static int take_words(struct grub_parser *parser, const struct grub_word **words_out, struct bd_error *err)
{
	struct grub_word *first = NULL, **last = &first;

	while (parser->token.kind == GRUB_TOKEN_WORD) {
		*last = parser->token.word;
		last = &parser->token.word->next;
		if (next(parser, err) != 0)
			return -1;
	}
	*words_out = first;
	return 0;
}

static int take_block(struct grub_parser *parser, bool needs_delimiter, const struct grub_node **commands_out,
		      struct bd_error *err)
{
	if (parser->token.kind != GRUB_TOKEN_OPEN)
		return refuse(parser, "\"{\"", err);
	if (next(parser, err) != 0 || take_commands(parser, needs_delimiter, commands_out, err) != 0)
		return -1;
	if (parser->token.kind != GRUB_TOKEN_CLOSE)
		return refuse(parser, "\"}\"", err);
	return next(parser, err);
}

static int take_simple(struct grub_parser *parser, struct grub_node *node, struct bd_error *err)
{
	node->kind = GRUB_COMMAND;
	if (take_words(parser, &node->words, err) != 0)
		return -1;
	return parser->token.kind == GRUB_TOKEN_OPEN ? take_block(parser, false, &node->commands, err) : 0;
}

static int take_branch(struct grub_parser *parser, struct grub_branch **branch_out, struct bd_error *err)
{
	struct grub_branch *branch = grub_tree_take(parser->lexer.tree, sizeof(*branch), err);

	if (!branch)
		return -1;
	*branch_out = branch;
	if (parser->token.keyword == GRUB_KEYWORD_ELSE)
		return next(parser, err) != 0 ? -1 : take_commands(parser, true, &branch->commands, err);
	/* if or elif */
	if (next(parser, err) != 0 || take_commands(parser, true, &branch->condition, err) != 0 ||
	    expect_keyword(parser, GRUB_KEYWORD_THEN, "\"then\"", err) != 0)
		return -1;
	return take_commands(parser, true, &branch->commands, err);
}

static int take_if(struct grub_parser *parser, struct grub_node *node, struct bd_error *err)
{
	struct grub_branch *first = NULL, **last = &first;

	node->kind = GRUB_IF;
	do {
		if (take_branch(parser, last, err) != 0)
			return -1;
		if (!(*last)->condition)
			break;
		last = &(*last)->next;
	} while (parser->token.keyword == GRUB_KEYWORD_ELIF || parser->token.keyword == GRUB_KEYWORD_ELSE);
	node->branches = first;
	return expect_keyword(parser, GRUB_KEYWORD_FI, "\"fi\"", err);
}

static int take_body(struct grub_parser *parser, struct grub_node *node, struct bd_error *err)
{
	if (expect_keyword(parser, GRUB_KEYWORD_DO, "\"do\"", err) != 0 ||
	    take_commands(parser, true, &node->commands, err) != 0)
		return -1;
	return expect_keyword(parser, GRUB_KEYWORD_DONE, "\"done\"", err);
}

static int take_name(struct grub_parser *parser, struct grub_node *node, struct bd_error *err)
{
	if (next(parser, err) != 0)
		return -1;
	node->name = parser->token.name;
	return node->name ? next(parser, err) : refuse(parser, "a name", err);
}

static int take_for(struct grub_parser *parser, struct grub_node *node, struct bd_error *err)
{
	node->kind = GRUB_FOR;
	if (take_name(parser, node, err) != 0 || expect_keyword(parser, GRUB_KEYWORD_IN, "\"in\"", err) != 0 ||
	    take_words(parser, &node->words, err) != 0)
		return -1;
	if (!is_delimiter(parser))
		return refuse(parser, "a newline or \";\"", err);
	if (next(parser, err) != 0 || skip_newlines(parser, err) != 0)
		return -1;
	return take_body(parser, node, err);
}

static int take_loop(struct grub_parser *parser, struct grub_node *node, struct bd_error *err)
{
	node->kind = GRUB_LOOP;
	node->until = parser->token.keyword == GRUB_KEYWORD_UNTIL;
	if (next(parser, err) != 0 || take_commands(parser, true, &node->condition, err) != 0)
		return -1;
	return take_body(parser, node, err);
}

static int take_command(struct grub_parser *parser, struct grub_node **node_out, struct bd_error *err)
{
	if (ends_commands(parser))
		return refuse(parser, "a command", err);
	struct grub_node *node = grub_tree_take(parser->lexer.tree, sizeof(*node), err);
	if (!node)
		return -1;
	*node_out = node;
	switch (parser->token.keyword) {
	case GRUB_KEYWORD_IF:
		return take_if(parser, node, err);
	case GRUB_KEYWORD_FOR:
		return take_for(parser, node, err);
	case GRUB_KEYWORD_WHILE:
	case GRUB_KEYWORD_UNTIL:
		return take_loop(parser, node, err);
	default:
		return take_simple(parser, node, err);
	}
}

/* Only outside of blocks. */
static int take_function(struct grub_parser *parser, struct grub_node **node_out, struct bd_error *err)
{
	struct grub_node *node = grub_tree_take(parser->lexer.tree, sizeof(*node), err);

	if (!node)
		return -1;
	*node_out = node;
	node->kind = GRUB_FUNCTION;
	if (take_name(parser, node, err) != 0 || skip_newlines(parser, err) != 0)
		return -1;
	return take_block(parser, true, &node->commands, err);
}

/* Statements with ";" between them, up to the newline, which is left for the next line's beginning. */
static int take_line(struct grub_parser *parser, struct grub_node **last, struct bd_error *err)
{
	for (;;) {
		int r = parser->token.keyword == GRUB_KEYWORD_FUNCTION ? take_function(parser, last, err)
								       : take_command(parser, last, err);
		if (r != 0)
			return -1;
		last = &(*last)->next;
		if (parser->token.kind == GRUB_TOKEN_SEMICOLON) {
			if (next(parser, err) != 0)
				return -1;
			if (parser->token.kind != GRUB_TOKEN_NEWLINE && parser->token.kind != GRUB_TOKEN_END)
				continue;
		}
		if (parser->token.kind != GRUB_TOKEN_NEWLINE && parser->token.kind != GRUB_TOKEN_END)
			return refuse(parser, "the end of the line", err);
		return 0;
	}
}

/* Behind the line of the error; if its newline was looked at already, the lexer is there. */
static void recover(struct grub_parser *parser)
{
	if (parser->token.kind != GRUB_TOKEN_NEWLINE)
		grub_lexer_skip_line(&parser->lexer);
}

int grub_parser_next(struct grub_parser *parser, const struct grub_node **commands_out, struct bd_error *err)
{
	struct grub_node *first = NULL;

	parser->nesting = 0;
	parser->token = (struct grub_token){ 0 };
	int r = next(parser, err);
	if (r == 0)
		r = skip_newlines(parser, err);
	if (r == 0 && parser->token.kind != GRUB_TOKEN_END)
		r = take_line(parser, &first, err);
	if (r != 0) {
		recover(parser);
		return -1;
	}
	*commands_out = first;
	return 0;
}
