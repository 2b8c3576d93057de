/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An administrator's account in a guest: made as useradd(8) makes one, in group sudo or wheel, and root by sudo or doas without a
 * password, as cloud images have it. */
#ifndef BD_ADAPT_USER_H
#define BD_ADAPT_USER_H

#include "base/err.h"
#include "rootfs/overlay.h"

/* useradd's rule. BD_EUSAGE: it is no name of an account, or it is root's. */
int bd_user_check_name(const char *name, struct bd_error *err);

/* One that the template has is used as it is. Its password matches nothing; it is not made on a root without passwd. */
int bd_user_add(const struct bd_overlay *overlay, const char *name, const char *who, struct bd_error *err);

#endif
