/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of templates/, embedded in the program so that they cannot be missing. */
#ifndef BD_RECIPES_EMBEDDED_H
#define BD_RECIPES_EMBEDDED_H

/* The text of templates/mini.json ("mini.json") or of a file in templates/mini ("inittab"); NULL: no such file. */
const char *bd_embedded_text(const char *name);

#endif
