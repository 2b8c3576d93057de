/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether xl's parser takes a config at all: its grammar to the letter (libxlu_cfg_y.y and libxlu_cfg_l.l of Xen), whatever
 * the keys and values mean. Where it does not, nothing that the text seems to say is what a guest would get. Pure.
 */
#ifndef BD_XLCFG_SYNTAX_H
#define BD_XLCFG_SYNTAX_H

#include "base/err.h"

/* EINVAL: "line N: cannot be parsed: REASON", of the first line that xl stumbles over. */
int bd_cfg_check_syntax(const char *text, struct bd_error *err);

#endif
