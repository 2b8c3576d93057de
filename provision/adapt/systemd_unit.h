/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enabling systemd units in a root that does not run, as systemctl(1) does with --root: by the symlinks that the unit's
 * [Install] section asks for. */
#ifndef BD_ADAPT_SYSTEMD_UNIT_H
#define BD_ADAPT_SYSTEMD_UNIT_H

#include "base/err.h"
#include "rootfs/overlay.h"

enum bd_unit_state {
	BD_UNIT_MISSING, /* no such unit file */
	BD_UNIT_MASKED,
	BD_UNIT_ENABLED, /* it was before, or needs no enabling */
	BD_UNIT_NOW_ENABLED
};

/* name: "systemd-networkd.service". */
int bd_systemd_unit_enable(const struct bd_overlay *overlay, const char *name, enum bd_unit_state *state_out,
			   struct bd_error *err);

#endif
