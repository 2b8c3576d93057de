/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts one guest, for `start` and the fleet's commands. Prints nothing except warnings of the toolstack. */
#ifndef BD_OPS_GUEST_START_H
#define BD_OPS_GUEST_START_H

#include <stdbool.h>

#include "base/err.h"
#include "ops/host/boot.h"
#include "xlcfg/read.h"

enum guest_start_result {
	GUEST_STARTED,
	GUEST_RAN_ALREADY, /* nothing was done */
	GUEST_GOT_MONITOR, /* so it is, but it had lost its monitor, and has one again */
};

/* wait_s: how long to wait for the guest to say that it is up, also where it runs already; 0: not at all. Loads
 * boot's plugin where that was not done; boot then tells domid, uuid, ready, create_s, wait_s and stages. May be called
 * with one boot for several guests. Holds the lock of the config while the domain is made (EBUSY). ENODEV, EPERM:
 * as boot_load; ETIMEDOUT, ECHILD: as boot_wait. */
int guest_start(struct boot *boot, const struct bd_cfg *cfg, unsigned wait_s, enum guest_start_result *result_out,
		struct bd_error *err);

/* Counts and tells of a start that failed before guest_start was called; what fails there is counted there. */
void guest_start_failed(const struct bd_cfg *cfg, const struct bd_error *why);

#endif
