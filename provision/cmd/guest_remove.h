/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing one guest, for `rm` and the fleet's `destroy`. Prints nothing but warnings. */
#ifndef BD_CMD_GUEST_REMOVE_H
#define BD_CMD_GUEST_REMOVE_H

#include <stdbool.h>

#include "base/err.h"
#include "cmd/boot.h"
#include "cmd/guest_autostart.h"
#include "cmd/guest_files.h"
#include "guest/cfg.h"

struct guest_removed {
	struct guest_files files; /* what the cfg names; those that stay say why */
	struct guest_paths paths; /* all that was removed, in that order; the cfg is the last */
	bool was_running; /* its domain was destroyed first */
};

void guest_removed_init(struct guest_removed *removed);
void guest_removed_dispose(struct guest_removed *removed); /* idempotent */

/* Removes its image, kernel and initramfs as far as they are its own (see guest_files.h), the links in the autostart
 * folder that lead to its cfg, and last the cfg, so that calling it again completes what was cut short. Reads the cfg
 * again from cfg->path and holds the claim on it meanwhile, so the caller must not hold that. Where no Xen runs boot
 * is not used. force: a running guest is destroyed first.
 * ENOENT: there is no such cfg any more; EBUSY: it runs, or another process is at work on it, or has its image open;
 * EINVAL: as guest_files_find; EPERM: a Xen runs and
 * cannot be asked whether the guest does. On failure removed_out is filled as far as it came. */
int guest_remove(struct boot *boot, const struct bd_cfg *cfg, bool force, struct guest_removed *removed_out,
		 struct bd_error *err);

#endif
