/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The uid of a restricted boot loader that runs before its guest has a domid. */
#ifndef BD_LIBXL_BOOTLOADER_UID_H
#define BD_LIBXL_BOOTLOADER_UID_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "libxl/xen.h"

struct bd_bootloader_uid {
	uid_t uid;
	uint32_t number; /* in the range: in place of the domid; BD_XEN_NO_DOMID: the uid is an account's */
	int lock_fd; /* keeps others away from the number; -1: none */
};

#define BD_BOOTLOADER_UID_INIT \
	{ \
		.uid = 0, .number = BD_XEN_NO_DOMID, .lock_fd = -1 \
	}

/* As libxl chooses: the account named, else one of the range of uids, else the shared account. Of the range it takes one that no
 * domain and no other boot loader has: the domains of each are kept apart by it. user: NULL: none is named. shared_out: the
 * shared account is used, which libxl warns of. */
int bd_bootloader_uid_choose(const struct bd_xen *xen, const char *user, struct bd_bootloader_uid *uid_out,
			     bool *shared_out, struct bd_error *err);
void bd_bootloader_uid_release(struct bd_bootloader_uid *uid); /* idempotent */

#endif
