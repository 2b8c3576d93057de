/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes a string of the last vif= in a config, or of what is added to it. */
#include "xlcfg/vif.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/description.h"
#include "xlcfg/lexer.h"
#include "xlcfg/quote.h"

/* Counts *number down to the string that is looked for; true: it is in this statement. */
static bool find_in_statement(const struct bd_cfg_statement *vifs, size_t *number, struct bd_cfg_token *token_out)
{
	struct bd_cfg_lexer lexer;

	bd_cfg_lexer_init(&lexer, vifs->value);
	for (bd_cfg_next(&lexer, token_out); token_out->kind != BD_CFG_END && token_out->begin < vifs->end;
	     bd_cfg_next(&lexer, token_out))
		if (token_out->kind == BD_CFG_STRING && (*number)-- == 0)
			return true;
	return false;
}

/* What is assigned last counts; what is added to it are further interfaces. */
static int find_spec(const char *text, size_t number, struct bd_cfg_token *found_out, struct bd_error *err)
{
	struct bd_cfg_statement statement;
	struct bd_cfg_lexer lexer;
	struct bd_cfg_token token;
	size_t left = number;
	bool found = false;
	int r;

	bd_cfg_lexer_init(&lexer, text);
	while ((r = bd_cfg_next_statement(&lexer, &statement, err)) == 1) {
		if (statement.is_comment || !bd_cfg_statement_is(&statement, "vif"))
			continue;
		if (!statement.adds) {
			left = number;
			found = false;
		}
		if (!found && find_in_statement(&statement, &left, &token)) {
			*found_out = token;
			found = true;
		}
	}
	if (r < 0)
		return -1;
	return found ? 0 : bd_fail(err, ENOENT, "the config has no network interface (vif)");
}

/* "key=..." or the word alone. */
static bool is_part(const char *begin, const char *key)
{
	size_t key_length = strlen(key);

	return strncmp(begin, key, key_length) == 0 && strchr("=, \t", begin[key_length]); /* or its end */
}

/* Where the last part with this key begins, which is the one that counts; the end where there is none. */
static char *find_part(char *spec, const char *key)
{
	char *found = NULL, *begin = spec + strspn(spec, " \t");

	for (;;) {
		if (is_part(begin, key))
			found = begin;
		begin += strcspn(begin, ",");
		if (!*begin)
			return found ? found : begin;
		begin += 1 + strspn(begin + 1, " \t");
	}
}

/* "mac=..., bridge=..." with the value of key changed where it stands, else added at the end. */
static int set_part(char **spec, const char *key, const char *value, struct bd_error *err)
{
	const char *begin = find_part(*spec, key), *comma = !*begin && **spec ? ", " : "";
	char *changed;

	if (bd_text_format(&changed, err, "%.*s%s%s%s%s%s", (int)(begin - *spec), *spec, comma, key,
			   *value ? "=" : "", value, begin + strcspn(begin, ",")) != 0)
		return -1;
	bd_text_replace(spec, changed);
	return 0;
}

/* With one of the commas beside it. */
static int remove_part(char **spec, const char *key, struct bd_error *err)
{
	char *begin, *changed;

	while (*(begin = find_part(*spec, key))) {
		const char *end = begin + strcspn(begin, ",");
		if (*end)
			end += 1 + strspn(end + 1, " \t");
		else
			while (begin > *spec && strchr(", \t", begin[-1]))
				begin--;
		if (bd_text_format(&changed, err, "%.*s%s", (int)(begin - *spec), *spec, end) != 0)
			return -1;
		bd_text_replace(spec, changed);
	}
	return 0;
}

static int take_token(const struct bd_cfg_token *token, char **spec_out, struct bd_error *err)
{
	size_t size = (size_t)(token->end - token->begin) + 1;
	char *spec = malloc(size);

	if (!spec)
		return bd_no_memory(err);
	bd_cfg_token_text(token, spec, size);
	*spec_out = spec;
	return 0;
}

static int put_back(const char *text, const struct bd_cfg_token *token, const char *spec, char **text_out,
		    struct bd_error *err)
{
	BD_FREE char *quoted = NULL;

	if (bd_xlcfg_quote(spec, &quoted, err) != 0)
		return -1;
	return bd_text_format(text_out, err, "%.*s%s%s", (int)(token->begin - text), text, quoted, token->end);
}

int bd_cfg_edit_vif(const char *text, size_t number, const uint8_t *mac, const char *bridge, char **text_out,
		    struct bd_error *err)
{
	BD_FREE char *spec = NULL;
	char mac_text[BD_MAC_TEXT_SIZE];
	struct bd_cfg_token token;

	if (find_spec(text, number, &token, err) != 0 || take_token(&token, &spec, err) != 0)
		return -1;
	if (mac) {
		bd_mac_format(mac, mac_text);
		if (set_part(&spec, "mac", mac_text, err) != 0)
			return -1;
	}
	if (bridge && set_part(&spec, "bridge", bridge, err) != 0)
		return -1;
	return put_back(text, &token, spec, text_out, err);
}

int bd_cfg_edit_vif_key(const char *text, size_t number, const char *key, const char *value, char **text_out,
			struct bd_error *err)
{
	BD_FREE char *spec = NULL;
	struct bd_cfg_token token;

	if (find_spec(text, number, &token, err) != 0 || take_token(&token, &spec, err) != 0)
		return -1;
	int r = value ? set_part(&spec, key, value, err) : remove_part(&spec, key, err);
	return r != 0 ? -1 : put_back(text, &token, spec, text_out, err);
}
