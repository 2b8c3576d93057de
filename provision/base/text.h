/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small functions on strings and paths that are used in many places. */
#ifndef BD_BASE_TEXT_H
#define BD_BASE_TEXT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* As asprintf(3), with the error idiom; *text_out is NULL on failure. The caller frees. */
int bd_text_format(char **text_out, struct bd_error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Behind what is in text, a buffer of size bytes, with the separator between them where there is something; what has no room is cut
 * off. */
void bd_text_append(char *text, size_t size, const char *separator, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The text, which may be NULL, with the lines behind its own, the last of which may lack its newline. The caller frees. */
int bd_text_add_lines(const char *text, const char *lines, char **text_out, struct bd_error *err);

/* Puts a text that was made of another in its place, and takes it over. */
void bd_text_replace(char **text, char *changed);

/* NULL is the same as NULL only. */
bool bd_text_is_same(const char *one, const char *other);

/* It is one of these, whose list ends in NULL. */
bool bd_text_is_any(const char *text, const char *const *texts);

/* A copy of bytes of any value, with a NUL behind them, so that a text can be read as one. NULL: there is no memory. The caller
 * frees. */
void *bd_bytes_copy(const void *bytes, size_t size_bytes);

bool bd_text_begins_with(const char *text, const char *prefix);

/* The text is longer than the suffix, and ends in it. */
bool bd_text_ends_in(const char *text, const char *suffix);

/* What is behind the last slash; all of it where there is none. */
const char *bd_path_last(const char *path);

/* The last component of a path, which may have slashes behind it; of length 0 where there is none ("/"). */
const char *bd_path_component(const char *path, size_t *length_out);

/* The folder of a path; "." where it names none. */
void bd_path_folder(const char *path, char folder_out[PATH_MAX]);

/* The path is below the folder, by their texts alone. The folder has no slash at its end, unless it is "/". */
bool bd_path_is_below(const char *path, const char *folder);

/* The path has a folder, and its last part is the name and the suffix. */
bool bd_path_is_named(const char *path, const char *name, const char *suffix);

/* Damerau and Levenshtein's distance of two names, in the variant in which no part is edited twice ("optimal string
 * alignment"); SIZE_MAX where one is longer than any name that would be compared. */
size_t bd_text_distance(const char *one, const char *other);

#endif
