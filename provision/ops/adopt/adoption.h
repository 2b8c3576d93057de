/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a guest that was brought among those of the program, or would. */
#ifndef BD_OPS_ADOPT_ADOPTION_H
#define BD_OPS_ADOPT_ADOPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "ops/adopt/disks.h"
#include "xlcfg/read.h"

struct adoption {
	struct bd_cfg old; /* the config as it was found */
	struct bd_cfg cfg; /* as it is, or would be */
	bool changed; /* false: there was nothing to do */
	struct adopt_disks disks; /* of old, and where they are, or would be */
	bool uuid_made;
	size_t macs_made;
	bool needs_name; /* on failure: the name that the config gives is none for the program */
};

#endif
