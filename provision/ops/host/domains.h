/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot of this host's domains, matched with the configs of its guests. */
#ifndef BD_OPS_HOST_DOMAINS_H
#define BD_OPS_HOST_DOMAINS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "ops/host/boot.h"
#include "xlcfg/read.h"

struct domains {
	struct bd_toolstack_domain *items;
	size_t count;
	bool known; /* false: there is no Xen here, or we may not ask it */
};

void domains_dispose(struct domains *domains); /* idempotent */

/* Loads boot's plugin where that was not done. For commands that need Xen. ENODEV, EPERM. */
int domains_read(struct boot *boot, struct domains *domains_out, struct bd_error *err);

/* As domains_read, but without a Xen, or as a user who may not ask it, domains_out->known is false. For commands that can
 * do without. */
int domains_try(struct boot *boot, struct domains *domains_out, struct bd_error *err);

/* The guest's domain: by its uuid, or by its name where the cfg has no uuid; NULL: it does not run. Of several the one
 * that runs, else one that has shut down, else one that is dying, else what is kept of one that crashed
 * (on_crash="rename-restart"). Never dom0. */
const struct bd_toolstack_domain *domains_find(const struct domains *domains, const struct bd_cfg *cfg);

/* A domain that has the cfg's name or its uuid, where the cfg has both, but not the other of the two: it may be the guest
 * or may not. NULL: there is none. Domains that are dying, which have no name any more, do not count, nor does what is kept of
 * the guest under another name after a crash. */
const struct bd_toolstack_domain *domains_find_doubtful(const struct domains *domains, const struct bd_cfg *cfg);

/* It has shut down, or is being destroyed. */
bool domains_has_ended(const struct bd_toolstack_domain *domain);

/* A name as what is kept of the guest after a crash has (on_crash="rename-restart"), which has shut down. */
bool domains_has_kept_name(const struct bd_toolstack_domain *domain, const struct bd_cfg *cfg);
/* It is being made, or is dying. */
bool domains_has_no_name(const struct bd_toolstack_domain *domain);

/* It runs, or is paused after it ran; false for NULL, and for one that was made and has not begun yet. */
bool domains_is_alive(const struct bd_toolstack_domain *domain);

/* "running", "paused", "shutdown", "dying"; of NULL "stopped", or "unknown" where domains->known is false. */
const char *domains_state(const struct domains *domains, const struct bd_toolstack_domain *domain);

#endif
