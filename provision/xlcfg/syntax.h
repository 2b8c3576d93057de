/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks whether xl's parser accepts a config: exactly its grammar (libxlu_cfg_y.y and libxlu_cfg_l.l of Xen),
 * whatever the keys and values mean. If it does not, nothing in the text can be relied on. Pure. */
#ifndef BD_XLCFG_SYNTAX_H
#define BD_XLCFG_SYNTAX_H

#include "base/err.h"

/* EINVAL: "line N: cannot be parsed: REASON", of the first line that xl stumbles over. */
int bd_cfg_check_syntax(const char *text, struct bd_error *err);

#endif
