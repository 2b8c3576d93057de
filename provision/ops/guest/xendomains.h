/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service xendomains, which starts guests when dom0 boots and saves or stops them when it shuts down: whether
 * it is enabled, and which directories it uses. */
#ifndef BD_OPS_GUEST_XENDOMAINS_H
#define BD_OPS_GUEST_XENDOMAINS_H

#include <limits.h>
#include <stdbool.h>

#include "xlcfg/read.h"

enum xendomains_state {
	XENDOMAINS_ENABLED,
	XENDOMAINS_DISABLED, /* it is not set to run when dom0 boots */
	XENDOMAINS_MASKED, /* systemd is told never to run it */
	XENDOMAINS_MISSING, /* it is not installed */
	XENDOMAINS_ELSEWHERE, /* it runs, and is told to look for guests in another folder than /etc/xen/auto, or in none */
};

/* Under systemd where that runs, else under SysV init or OpenRC. */
enum xendomains_state xendomains_look(void);
/* "enabled", "disabled", "masked", "not installed", "set to another folder": for programs, and for "xendomains is
 * ...". */
const char *xendomains_word(enum xendomains_state state);
/* What to do about it; NULL where there is nothing to do. */
const char *xendomains_advice(enum xendomains_state state);

enum saved_state {
	SAVED_NOT,
	SAVED, /* xendomains or xl save has saved the guest's memory to a file, to be restored with its disk */
	SAVED_STALE, /* there is such a file, but the guest's disk was written to after it: to restore it would do harm */
};

/* The state of a guest that does not run that xendomains would restore; path_out: the file. */
enum saved_state xendomains_saved(const struct bd_cfg *cfg, char path_out[PATH_MAX]);

#endif
