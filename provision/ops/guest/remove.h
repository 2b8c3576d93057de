/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removes one guest, for `rm` and `fleet destroy`. Prints nothing except warnings. */
#ifndef BD_OPS_GUEST_REMOVE_H
#define BD_OPS_GUEST_REMOVE_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "ops/guest/autostart.h"
#include "ops/guest/files.h"
#include "ops/host/boot.h"
#include "xlcfg/read.h"

struct guest_removed {
	struct guest_files files; /* what the cfg names; those that stay say why */
	struct guest_paths paths; /* all that was removed, in that order; the cfg is the last */
	bool was_running; /* a domain of it was destroyed first */
	char saved_path[PATH_MAX]; /* its saved state, which stays, and which was warned of; "": there is none */
};

/* Which domain of the guest is destroyed first, instead of being in the way. */
enum guest_remove_destroy {
	GUEST_REMOVE_DESTROYS_NONE,
	GUEST_REMOVE_DESTROYS_ENDED, /* one that has shut down: what is kept of a guest that crashed, for instance */
	GUEST_REMOVE_DESTROYS_ANY,
};

/* What of the guest's domain may be destroyed. What was not announced is not: agreed: whoever asks took all of it in
 * advance, else what was shown was this domain; NULL: none. */
enum guest_remove_destroy guest_remove_may_destroy(bool force, bool agreed, const struct bd_toolstack_domain *domain);

void guest_removed_dispose(struct guest_removed *removed); /* idempotent */

/* Removes its image, kernel and initramfs as far as they are its own (see files.h), the links in the autostart
 * folder that lead to its cfg, and last the cfg, so that calling it again completes what was cut short. Reads the cfg
 * again from cfg->path and holds its lock meanwhile, so the caller must not hold that. Where no Xen runs boot
 * is not used.
 * cfg: as the caller looked at it, and shown: the files that somebody agreed to the loss of; NULL: nobody was asked.
 * ESTALE: that is not what there is now, and nothing was done; ENOENT: there is no such cfg any more; EBUSY: it runs, or
 * another process is at work on it, or has its image open; EINVAL: as guest_files_find; EPERM: a Xen runs and cannot be
 * asked whether the guest does. On failure removed_out is filled as far as it came. */
int guest_remove(struct boot *boot, const struct bd_cfg *cfg, const struct guest_files *shown,
		 enum guest_remove_destroy destroy, struct guest_removed *removed_out, struct bd_error *err);

/* What guest_remove would do now: paths are what it would remove, was_running is whether a domain would be destroyed first.
 * Fails as it would; nothing is changed. */
int guest_remove_plan(struct boot *boot, const struct bd_cfg *cfg, enum guest_remove_destroy destroy,
		      struct guest_removed *removed_out, struct bd_error *err);

#endif
