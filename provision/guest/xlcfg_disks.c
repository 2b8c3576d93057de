/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look at the disk lines of xl configs, whoever wrote them. */
#include "guest/xlcfg_disks.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "guest/cfg_lexer.h"

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

static void cut_blanks(char *text)
{
	size_t length = strlen(text);

	while (length && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
}

/* The formats and backends of old stand before the path: "phy:", "file:", "tap2:aio:". */
static const char *skip_prefixes(const char *target)
{
	for (;;) {
		size_t word = strspn(target, "abcdefghijklmnopqrstuvwxyz0123456789_-");
		if (!word || target[word] != ':')
			return target;
		target += word + 1;
	}
}

/* The target is the first part without a name, or target=, which takes the rest of the string. */
static const char *target_of(char *spec)
{
	for (char *part = spec, *comma; part; part = comma ? comma + 1 : NULL) {
		const char *begin = skip_blanks(part);
		comma = strchr(part, ',');
		if (strncmp(begin, "target=", 7) == 0)
			return skip_blanks(begin + 7);
	}
	spec[strcspn(spec, ",")] = '\0';
	return strchr(spec, '=') && !strchr(spec, '/') ? NULL : skip_blanks(spec);
}

bool bd_xlcfg_disk_target(char *spec, char path_out[PATH_MAX])
{
	const char *target = target_of(spec);

	target = target ? skip_prefixes(target) : "";
	if (!target[0])
		return false;
	snprintf(path_out, PATH_MAX, "%s%s", target[0] == '/' ? "" : "/dev/", target);
	cut_blanks(path_out);
	return true;
}

/* By tokens and not by statements, so that a disk is found in a config too that xl would refuse. */
bool bd_xlcfg_find_disk(const char *text, bool (*is_it)(const char *path, void *data), void *data)
{
	struct bd_cfg_token token, before = { .kind = BD_CFG_END };
	char spec[PATH_MAX], path[PATH_MAX];
	struct bd_cfg_lexer lexer;
	bool in_disk = false;

	bd_cfg_lexer_init(&lexer, text);
	for (bd_cfg_next(&lexer, &token); token.kind != BD_CFG_END; bd_cfg_next(&lexer, &token)) {
		if (token.kind == BD_CFG_EQUALS || token.kind == BD_CFG_ADD)
			in_disk = before.kind == BD_CFG_WORD && before.end - before.begin == 4 &&
				  memcmp(before.begin, "disk", 4) == 0;
		if (token.kind == BD_CFG_STRING && in_disk) {
			bd_cfg_token_text(&token, spec, sizeof(spec));
			if (bd_xlcfg_disk_target(spec, path) && is_it(path, data))
				return true;
		}
		before = token;
	}
	return false;
}
