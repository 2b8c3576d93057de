/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replacing a file as a whole: readers see either the old or the new version, and so does the next boot after a
 * power failure. */
#ifndef BD_BASE_FILE_REPLACE_H
#define BD_BASE_FILE_REPLACE_H

#include "base/err.h"

/* The file must exist; owner, group and mode stay. Where path is a symlink, the file that it leads to is replaced. */
int bd_replace_text(const char *path, const char *text, struct bd_error *err);

#endif
