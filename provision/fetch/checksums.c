/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the line of a file. */
#include "fetch/checksums.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define HEX "0123456789abcdefABCDEF"

struct line {
	enum bd_digest_kind kind;
	const char *hex, *name;
	size_t hex_length, name_length;
};

struct best {
	size_t name_length; /* 0: there is none yet */
	char digest[BD_DIGEST_TEXT_SIZE];
	bool is_doubtful;
};

static bool kind_of_length(size_t digits, enum bd_digest_kind *kind_out)
{
	*kind_out = digits == bd_digest_digits(BD_DIGEST_SHA512) ? BD_DIGEST_SHA512 : BD_DIGEST_SHA256;
	return digits == bd_digest_digits(*kind_out);
}

/* "HEX  NAME", "HEX *NAME"; some leave one of the blanks out. */
static bool parse_plain(const char *text, size_t length, struct line *line)
{
	size_t at;

	line->hex = text;
	line->hex_length = strspn(text, HEX);
	at = line->hex_length;
	if (at >= length || !kind_of_length(at, &line->kind) || (text[at] != ' ' && text[at] != '\t'))
		return false;
	at++;
	at += at < length && (text[at] == ' ' || text[at] == '*');
	line->name = text + at;
	line->name_length = length - at;
	return true;
}

/* "SHA256 (NAME) = HEX" */
static bool parse_tagged(const char *text, size_t length, struct line *line)
{
	bool is_512 = strncmp(text, "SHA512 (", 8) == 0;
	size_t digits = bd_digest_digits(is_512 ? BD_DIGEST_SHA512 : BD_DIGEST_SHA256);

	if ((!is_512 && strncmp(text, "SHA256 (", 8) != 0) || length < 8 + 4 + digits)
		return false;
	line->kind = is_512 ? BD_DIGEST_SHA512 : BD_DIGEST_SHA256;
	line->hex = text + length - digits;
	line->hex_length = digits;
	line->name = text + 8;
	line->name_length = length - 8 - 4 - digits;
	return strspn(line->hex, HEX) >= digits && strncmp(line->hex - 4, ") = ", 4) == 0;
}

/* The name is the path's end. */
static bool is_named(struct line *line, const char *path)
{
	size_t path_length = strlen(path);

	if (line->name_length > 2 && strncmp(line->name, "./", 2) == 0) {
		line->name += 2;
		line->name_length -= 2;
	}
	if (!line->name_length || line->name_length > path_length)
		return false;
	const char *end = path + path_length - line->name_length;
	return strncmp(end, line->name, line->name_length) == 0 && (end == path || end[-1] == '/');
}

static void take(const struct line *line, struct best *best)
{
	char text[BD_DIGEST_TEXT_SIZE], digest[BD_DIGEST_TEXT_SIZE];
	enum bd_digest_kind kind;

	snprintf(text, sizeof(text), "%s:%.*s", bd_digest_kind_name(line->kind), (int)line->hex_length, line->hex);
	if (!bd_digest_parse(text, &kind, digest) || line->name_length < best->name_length)
		return;
	bool is_same = line->name_length == best->name_length;
	best->is_doubtful = is_same && (best->is_doubtful || strcmp(best->digest, digest) != 0);
	best->name_length = line->name_length;
	strcpy(best->digest, digest);
}

static void take_single(const char *text, struct best best[BD_DIGEST_COUNT])
{
	struct line line = { .hex = text, .hex_length = strspn(text, HEX), .name_length = 1 };

	if (kind_of_length(line.hex_length, &line.kind) &&
	    !text[line.hex_length + strspn(text + line.hex_length, " \t\r\n")])
		take(&line, &best[line.kind]);
}

int bd_checksums_find(const char *text, const char *path, enum bd_digest_kind *kind_out,
		      char digest_out[BD_DIGEST_TEXT_SIZE], struct bd_error *err)
{
	struct best best[BD_DIGEST_COUNT] = { 0 };
	struct line line = { 0 };

	for (const char *at = text, *next; *at; at = next) {
		size_t length = strcspn(at, "\n");
		next = at + length + (at[length] == '\n');
		while (length && strchr(" \t\r", at[length - 1]))
			length--;
		if ((parse_plain(at, length, &line) || parse_tagged(at, length, &line)) && is_named(&line, path))
			take(&line, &best[line.kind]);
	}
	if (!best[BD_DIGEST_SHA512].name_length && !best[BD_DIGEST_SHA256].name_length)
		take_single(text, best);
	*kind_out = best[BD_DIGEST_SHA512].name_length ? BD_DIGEST_SHA512 : BD_DIGEST_SHA256;
	if (!best[*kind_out].name_length)
		return bd_fail(err, ENOENT, "it has no SHA-256 or SHA-512 of %s", bd_path_last(path));
	if (best[*kind_out].is_doubtful)
		return bd_fail(err, EINVAL, "it has two different checksums of %s", bd_path_last(path));
	strcpy(digest_out, best[*kind_out].digest);
	return 0;
}
