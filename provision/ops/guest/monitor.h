/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor of a running guest: a process of ours that applies on_poweroff, on_reboot and on_crash. It may have
 * been killed (by the OOM killer, or by hand); the guest keeps running without it, but nothing would clean up or
 * restart its domain. */
#ifndef BD_OPS_GUEST_MONITOR_H
#define BD_OPS_GUEST_MONITOR_H

#include <stdbool.h>

#include "base/err.h"
#include "ops/host/boot.h"
#include "xlcfg/read.h"

/* The domain is one of ours and has lost its monitor. false for NULL, for one that is dying, and for one of another
 * toolstack, of which that is not known. */
bool guest_monitor_is_lost(const struct bd_toolstack_domain *domain);

/* Gives the domain another one where its own is lost, which the guest does not notice. attached_out: it was lost, and was
 * not given one by another process meanwhile. */
int guest_monitor_restore(struct boot *boot, const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain,
			  bool *attached_out, struct bd_error *err);

/* A domain of another toolstack that has been shut down for so long has nobody who looks after it. */
#define GUEST_LEFT_S 15

/* As guest_monitor_restore, with a warning where it was lost: for commands that do something else with the guest. */
int guest_monitor_ensure(struct boot *boot, const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain,
			 struct bd_error *err);

#endif
