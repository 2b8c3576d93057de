/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests whose domain was renamed while it was running (xl rename): the config has the old name, and the UUID
 * identifies them. */
#ifndef BD_OPS_GUEST_RENAMED_H
#define BD_OPS_GUEST_RENAMED_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "ops/host/domains.h"
#include "xlcfg/read.h"

/* The domain has the cfg's UUID and another name, and no config of the cfg's folder or of the system's has that name: then
 * the cfg would be a copy of that one's. false for one that has no name any more, or is kept after a crash. */
bool guest_is_renamed(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain);

/* The config of a folder (NULL: the system's) whose guest's domain has that name now. false: there is none, or Xen cannot be
 * asked. */
bool guest_find_renamed(const char *name, const char *dir, char path_out[PATH_MAX]);

#endif
