/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stops one guest, for `stop`, `rm --force` and the fleet's commands. Prints nothing. */
#ifndef BD_OPS_GUEST_STOP_H
#define BD_OPS_GUEST_STOP_H

#include <stdbool.h>

#include "base/err.h"
#include "ops/host/boot.h"
#include "xlcfg/read.h"

#define GUEST_STOP_WAIT_DEFAULT_S 60

struct guest_stop_options {
	unsigned wait_s; /* how long the guest is given to be gone; 0: it is asked and not waited for */
	bool force; /* destroy it after that time, or when it cannot be asked; with wait_s 0 at once, without asking */
};

enum guest_stop_result {
	GUEST_STOP_NOT_RUNNING, /* there was nothing to do */
	GUEST_STOP_ASKED, /* it was asked, and still runs (wait_s 0) */
	GUEST_STOP_GONE, /* it has powered off */
	GUEST_STOP_DESTROYED,
	/* After a failure. */
	GUEST_STOP_FAILED,
	GUEST_STOP_TIMED_OUT, /* it was asked, and still runs: more time may help, or force */
	GUEST_STOP_NEEDS_FORCE, /* it cannot be asked, or has ended and stays: force would destroy it */
};

/* "stopped", "stopping", "stopped", "destroyed": the state of --json. */
const char *guest_stop_state(enum guest_stop_result result);

/* result_out is set in any case. Loads boot's plugin where that was not done; boot->domid is the domain's, or was. May be called again and again, also
 * with one boot for several guests. ENODEV, EPERM: as boot_load; ETIMEDOUT: it still runs after the time; ENOTSUP: it
 * cannot be asked, or is paused, and force is not set. */
int guest_stop(struct boot *boot, const struct bd_cfg *cfg, const struct guest_stop_options *options,
	       enum guest_stop_result *result_out, struct bd_error *err);

#endif
