/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether `start` would take a cfg, without starting anything. */
#ifndef BD_OPS_GUEST_CFG_CHECK_H
#define BD_OPS_GUEST_CFG_CHECK_H

#include "base/err.h"
#include "toolstack/loader.h"

/* EINVAL: all that the plugin refuses of it, in one line that begins with the path. */
int cfg_check(const struct bd_loaded_toolstack *toolstack, const char *cfg_path, struct bd_error *err);

#endif
