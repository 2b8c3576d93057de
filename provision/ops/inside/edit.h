/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has a person edit a file inside an image. */
#ifndef BD_OPS_INSIDE_EDIT_H
#define BD_OPS_INSIDE_EDIT_H

#include <stdbool.h>

#include "base/err.h"

/* A copy of the file is given to $VISUAL or $EDITOR, else to sensible-editor, editor or vi, whichever there is, and written back if it
 * has changed: content only, owner, mode and names stay. The image is locked all the time. Where writing back fails, the copy is kept, and
 * the error says where. */
int inside_edit(const char *text, const char *dir, bool *changed_out, struct bd_error *err);

#endif
