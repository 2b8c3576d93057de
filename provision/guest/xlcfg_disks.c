/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look at the disk lines of xl configs, whoever wrote them. */
#include "guest/xlcfg_disks.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

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

static bool try_spec(char *spec, bool (*is_it)(const char *path, void *data), void *data)
{
	const char *target = target_of(spec);
	char path[PATH_MAX];

	target = target ? skip_prefixes(target) : "";
	if (!target[0])
		return false;
	snprintf(path, sizeof(path), "%s%s", target[0] == '/' ? "" : "/dev/", target);
	cut_blanks(path);
	return is_it(path, data);
}

/* From behind the opening quote; returns what follows the closing one. */
static const char *read_string(const char *at, char quote, char *out, size_t size)
{
	size_t used = 0;

	for (; *at && *at != quote && *at != '\n'; at++) {
		if (*at == '\\' && at[1])
			at++;
		if (used + 1 < size)
			out[used++] = *at;
	}
	out[used] = '\0';
	return *at == quote ? at + 1 : at;
}

/* "disk =" and "disk +=", at the equals sign. */
static bool key_is_disk(const char *text, const char *equals)
{
	if (equals > text && equals[-1] == '+')
		equals--;
	while (equals > text && (equals[-1] == ' ' || equals[-1] == '\t'))
		equals--;
	if (equals - text < 4 || strncmp(equals - 4, "disk", 4) != 0)
		return false;
	return equals - text == 4 || strchr(" \t\r\n;", equals[-5]);
}

bool bd_xlcfg_find_disk(const char *text, bool (*is_it)(const char *path, void *data), void *data)
{
	char spec[PATH_MAX];
	bool in_disk = false;

	for (const char *at = text; *at;) {
		if (*at == '#') {
			at += strcspn(at, "\n");
		} else if (*at == '"' || *at == '\'') {
			at = read_string(at + 1, *at, spec, sizeof(spec));
			if (in_disk && try_spec(spec, is_it, data))
				return true;
		} else {
			if (*at == '=')
				in_disk = key_is_disk(text, at);
			at++;
		}
	}
	return false;
}
