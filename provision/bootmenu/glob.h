/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patterns of shells, in time that is bounded by pattern times text, as fnmatch(3) does not promise. Pure. */
#ifndef BD_BOOTMENU_GLOB_H
#define BD_BOOTMENU_GLOB_H

#include <stdbool.h>

/* "*", "?", "[a-z]", "[!a-z]", and a backslash before what is meant itself. The case of ASCII letters does not matter. A set that does
 * not end matches nothing. */
bool bd_glob_match(const char *pattern, const char *text);
/* The case matters. */
bool bd_glob_match_exactly(const char *pattern, const char *text);

#endif
