/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enabling a service in a root that does not run, by the init that it has: systemd, OpenRC, runit or sysvinit. */
#ifndef BD_ADAPT_SERVICE_H
#define BD_ADAPT_SERVICE_H

#include <stdbool.h>

#include "adapt/systemd_unit.h"
#include "base/err.h"
#include "rootfs/overlay.h"
#include "rootfs/system.h"

struct bd_service {
	const char *unit; /* of systemd; NULL: it has none */
	const char *script; /* its name for the others; NULL: likewise */
	bool early; /* with the network, before other services */
	const char *use; /* what the guest has it for, as in "box would have its network from it" */
};

/* That it was enabled, or is masked, is said. who: the guest's name, for that. */
int bd_service_enable(const struct bd_system *system, const struct bd_overlay *overlay,
		      const struct bd_service *service, const char *who, enum bd_unit_state *state_out,
		      struct bd_error *err);

#endif
