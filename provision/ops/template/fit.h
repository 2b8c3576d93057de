/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks whether any guest can be created from a template. */
#ifndef BD_OPS_TEMPLATE_FIT_H
#define BD_OPS_TEMPLATE_FIT_H

#include "base/err.h"
#include "rootfs/sealed.h"
#include "rootfs/system.h"

/* What `new` lays over a template's files has to find its place, and ext3 has to hold them. EINVAL, with the reason that
 * `new` would have. */
int bd_template_check_fit(const struct bd_sealed *sealed, const struct bd_system *system, struct bd_error *err);

#endif
