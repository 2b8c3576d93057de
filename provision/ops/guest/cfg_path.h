/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds a guest's config by what the user calls it. */
#ifndef BD_OPS_GUEST_CFG_PATH_H
#define BD_OPS_GUEST_CFG_PATH_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"

/* A path, with a slash in it or ending in .cfg, and not a guest's name. */
bool bd_cfg_is_path(const char *argument);

/* argument: a guest's name, or a path; dir: where NAME.cfg lies, NULL for the
 * system's folder. ENOENT: there is no such file. */
int bd_cfg_path(const char *argument, const char *dir, char path_out[PATH_MAX], struct bd_error *err);

#endif
