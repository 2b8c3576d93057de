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

/* "mac=..., bridge=..." with the value of key changed where it stands, else added at the end. */
static int set_part(char **spec, const char *key, const char *value, struct bd_error *err)
{
	size_t key_length = strlen(key);
	char *changed;
	const char *begin = *spec + strspn(*spec, " \t");

	while (strncmp(begin, key, key_length) != 0 || begin[key_length] != '=') {
		begin += strcspn(begin, ",");
		if (!*begin)
			break;
		begin += 1 + strspn(begin + 1, " \t");
	}
	const char *comma = !*begin && **spec ? ", " : "";
	if (bd_text_format(&changed, err, "%.*s%s%s=%s%s", (int)(begin - *spec), *spec, comma, key, value,
			   begin + strcspn(begin, ",")) != 0)
		return -1;
	free(*spec);
	*spec = changed;
	return 0;
}

static int change_spec(const struct bd_cfg_token *token, const uint8_t *mac, const char *bridge, char **quoted_out,
		       struct bd_error *err)
{
	size_t size = (size_t)(token->end - token->begin) + 1;
	BD_FREE char *spec = malloc(size);
	char mac_text[BD_MAC_TEXT_SIZE];

	if (!spec)
		return bd_no_memory(err);
	bd_cfg_token_text(token, spec, size);
	if (mac) {
		bd_mac_format(mac, mac_text);
		if (set_part(&spec, "mac", mac_text, err) != 0)
			return -1;
	}
	if (bridge && set_part(&spec, "bridge", bridge, err) != 0)
		return -1;
	return bd_xlcfg_quote(spec, quoted_out, err);
}

int bd_cfg_edit_vif(const char *text, size_t number, const uint8_t *mac, const char *bridge, char **text_out,
		    struct bd_error *err)
{
	BD_FREE char *quoted = NULL;
	struct bd_cfg_token token;

	if (find_spec(text, number, &token, err) != 0 || change_spec(&token, mac, bridge, &quoted, err) != 0)
		return -1;
	return bd_text_format(text_out, err, "%.*s%s%s", (int)(token.begin - text), text, quoted, token.end);
}
