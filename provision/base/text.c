/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds and compares strings. */
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest name whose distance to others is of interest. */
#define NAME_LENGTH 32

int bd_text_format(char **text_out, struct bd_error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vasprintf(text_out, format, args);
	va_end(args);
	if (n >= 0)
		return 0;
	*text_out = NULL;
	return bd_no_memory(err);
}

void bd_text_append(char *text, size_t size, const char *separator, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	if (used && used < size)
		used += (size_t)snprintf(text + used, size - used, "%s", separator);
	if (used >= size)
		return;
	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

int bd_text_add_lines(const char *text, const char *lines, char **text_out, struct bd_error *err)
{
	size_t length = text ? strlen(text) : 0;

	return bd_text_format(text_out, err, "%s%s%s", text ? text : "",
			      length && text[length - 1] != '\n' ? "\n" : "", lines);
}

void bd_text_replace(char **text, char *changed)
{
	free(*text);
	*text = changed;
}

void *bd_bytes_copy(const void *bytes, size_t size_bytes)
{
	char *copy = malloc(size_bytes + 1);

	if (!copy)
		return NULL;
	if (size_bytes)
		memcpy(copy, bytes, size_bytes);
	copy[size_bytes] = '\0';
	return copy;
}

bool bd_text_is_same(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

bool bd_text_is_any(const char *text, const char *const *texts)
{
	for (; *texts; texts++)
		if (strcmp(text, *texts) == 0)
			return true;
	return false;
}

bool bd_text_begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool bd_text_ends_in(const char *text, const char *suffix)
{
	size_t length = strlen(text), suffix_length = strlen(suffix);

	return length > suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

const char *bd_path_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *bd_path_component(const char *path, size_t *length_out)
{
	size_t end = strlen(path);

	while (end && path[end - 1] == '/')
		end--;
	size_t begin = end;
	while (begin && path[begin - 1] != '/')
		begin--;
	*length_out = end - begin;
	return path + begin;
}

void bd_path_folder(const char *path, char folder_out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (slash)
		snprintf(folder_out, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	else
		strcpy(folder_out, ".");
}

bool bd_path_is_below(const char *path, const char *folder)
{
	size_t length = strcmp(folder, "/") == 0 ? 0 : strlen(folder);

	return strncmp(path, folder, length) == 0 && path[length] == '/' && path[1];
}

bool bd_path_is_named(const char *path, const char *name, const char *suffix)
{
	const char *last = bd_path_last(path);
	size_t length = strlen(name);

	return last != path && strncmp(last, name, length) == 0 && strcmp(last + length, suffix) == 0;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t bd_text_distance(const char *one, const char *other)
{
	size_t length = strlen(one), other_length = strlen(other);
	size_t d[NAME_LENGTH + 1][NAME_LENGTH + 1];

	if (length > NAME_LENGTH || other_length > NAME_LENGTH)
		return SIZE_MAX;
	for (size_t i = 0; i <= length; i++)
		for (size_t k = 0; k <= other_length; k++) {
			if (i == 0 || k == 0) {
				d[i][k] = i + k;
				continue;
			}
			size_t change = d[i - 1][k - 1] + (one[i - 1] != other[k - 1]);
			d[i][k] = least(change, least(d[i - 1][k], d[i][k - 1]) + 1);
			if (i > 1 && k > 1 && one[i - 1] == other[k - 2] && one[i - 2] == other[k - 1])
				d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1);
		}
	return d[length][other_length];
}
