/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which cfgs the links of the autostart folder lead to, all at once, for `list`. */
#ifndef BD_OPS_GUEST_AUTOSTART_SET_H
#define BD_OPS_GUEST_AUTOSTART_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct autostart_set {
	struct autostart_target {
		dev_t device;
		ino_t inode;
	} * items; /* in order */
	size_t count;
};

void autostart_set_dispose(struct autostart_set *set); /* idempotent; a zeroed struct will do */
/* No folder, or one that may not be read: an empty set. */
int autostart_set_read(struct autostart_set *set_out, struct bd_error *err);
bool autostart_set_has(const struct autostart_set *set, const char *cfg_path);

#endif
