/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for one guest to be up, or gone. */
#ifndef BD_OPS_GUEST_WAIT_H
#define BD_OPS_GUEST_WAIT_H

#include <stdbool.h>

#include "base/err.h"
#include "ops/host/boot.h"
#include "xlcfg/read.h"

/* Returns at once where it is so already. domain_out, found_out: the guest's domain afterwards, which may have another number
 * than before. ESRCH: it is to be up, and does not run; ETIMEDOUT: it is not so within the time; ECHILD: it crashed or powered
 * off instead. */
int guest_wait(struct boot *boot, const struct bd_cfg *cfg, enum bd_toolstack_wait_for what, unsigned seconds,
	       struct bd_toolstack_domain *domain_out, bool *found_out, struct bd_error *err);

#endif
