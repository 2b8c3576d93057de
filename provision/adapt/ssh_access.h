/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lets an account of the guest in by SSH key: its authorized_keys, where the template's sshd looks for them, and whatever of
 * the template would keep it out all the same. */
#ifndef BD_ADAPT_SSH_ACCESS_H
#define BD_ADAPT_SSH_ACCESS_H

#include "adapt/account.h"
#include "base/err.h"
#include "rootfs/overlay.h"
#include "rootfs/system.h"

/* keys: lines of authorized_keys, which are added to those that the template has. All that is changed beside them is said,
 * and so is what would keep the account out and cannot be changed. who: the guest's name, for that. */
int bd_ssh_access_grant(const struct bd_overlay *overlay, const struct bd_system *system,
			const struct bd_account *account, const char *keys, const char *who, struct bd_error *err);

#endif
