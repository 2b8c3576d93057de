/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits for one guest to be up, or gone. */
#ifndef BD_OPS_GUEST_WAIT_H
#define BD_OPS_GUEST_WAIT_H

#include <stdbool.h>

#include "base/err.h"
#include "ops/host/boot.h"
#include "xlcfg/read.h"

/* The guest's domain, to be waited for; found_out: false where it was to be gone, and is. ESRCH: it is not running, though it
 * was to be up. */
int guest_wait_find(struct boot *boot, const struct bd_cfg *cfg, enum bd_toolstack_wait_for what,
		    struct bd_toolstack_domain *domain_out, bool *found_out, struct bd_error *err);

/* Returns at once where it is so already. domain and found are guest_wait_find's, and afterwards the guest's domain then,
 * which may have another number. ETIMEDOUT: it is not so within the time; ECHILD: it crashed or powered off instead. */
int guest_wait(struct boot *boot, const struct bd_cfg *cfg, enum bd_toolstack_wait_for what, unsigned seconds,
	       struct bd_toolstack_domain *domain, bool *found, struct bd_error *err);

#endif
