/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reboots one guest. */
#ifndef BD_OPS_GUEST_REBOOT_H
#define BD_OPS_GUEST_REBOOT_H

#include "base/err.h"
#include "ops/host/boot.h"
#include "xlcfg/read.h"

/* Asks the guest to reboot, after giving it a monitor where it had lost its own. wait_s: how long to wait for its new domain
 * to say that it is up; boot then tells domid and ready; 0: not at all, and boot->domid is that of the old one. ESRCH: it
 * does not run, or has ended; ENOTSUP: it is paused, or does not listen; ETIMEDOUT, ECHILD: it is not up again. */
int guest_reboot(struct boot *boot, const struct bd_cfg *cfg, unsigned wait_s, struct bd_error *err);

#endif
