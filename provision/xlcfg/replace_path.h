/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replaces a path in the text of a config wherever it occurs: in disk=, kernel=, a comment, a script's parameter.
 * Pure. */
#ifndef BD_XLCFG_REPLACE_PATH_H
#define BD_XLCFG_REPLACE_PATH_H

#include "base/err.h"

/* Each place of the text that names exactly this path. A path goes as far as a file's name could go on: letters, digits,
 * bytes of UTF-8 sequences, and any of / . _ - + ~ % @ # $ ^ and the backslash. So in "phy:/d/web.img,xvda" and
 * "note=/d/web.img old" there is /d/web.img; in /d/web.img+old, /d/web.img.bak and /srv/d/web.img there is another file.
 * Paths are looked for and written as they stand in a string of xl's, with a quote or a backslash in them escaped. The
 * caller frees *text_out. */
int bd_cfg_replace_path(const char *text, const char *path, const char *new_path, char **text_out,
			struct bd_error *err);

/* The first line of our own configs, "# web01, made by xen-bigdisk.", of another guest: likewise. A text that begins with
 * another line stays. */
int bd_cfg_replace_title(const char *text, const char *name, const char *new_name, char **text_out,
			 struct bd_error *err);

#endif
