/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of users and groups as the system inside an image has them. */
#ifndef BD_OPS_INSIDE_OWNER_H
#define BD_OPS_INSIDE_OWNER_H

#include <stdint.h>

#include "base/err.h"
#include "ops/image/place.h"

/* "USER", "USER:GROUP", "USER:" (its own group), ":GROUP"; each a number, or a name of the image's /etc/passwd and /etc/group.
 * -1: it was not given. BD_EUSAGE: it is nothing of this; BD_KIND_NOT_FOUND: there is no such name. */
int inside_owner_parse(const struct image_place *place, const char *text, int64_t *uid_out, int64_t *gid_out,
		       struct bd_error *err);

#endif
