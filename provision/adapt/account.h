/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An account that a template has: where its home is, which groups it is in, and whether it is locked. */
#ifndef BD_ADAPT_ACCOUNT_H
#define BD_ADAPT_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/overlay.h"

struct bd_account {
	char *name, *home, *shell;
	char *groups; /* a space before and behind the name of each; the primary one is the first */
	uint32_t uid, gid;
};

void bd_account_dispose(struct bd_account *account); /* idempotent */

/* *found_out false: the template has no such account; but root it has without one, with /root. */
int bd_account_find(const struct bd_overlay *overlay, const char *name, struct bd_account *account_out,
		    bool *found_out, struct bd_error *err);

/* Lets it log in by key: a password that is locked by "!" (sshd without PAM refuses the account then) becomes one that
 * nothing matches, "*"; and one that must be changed first is not asked for. *changed_out: it was so. */
int bd_account_unlock(const struct bd_overlay *overlay, const char *name, bool *changed_out, struct bd_error *err);

#endif
