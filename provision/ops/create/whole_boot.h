/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a whole disk is one for our boot loader: pygrub finds nothing on it that it could boot, xen-bigdisk-boot does, and what that
 * boots starts as a guest without emulated devices. Nothing on it is trusted: all of it is read in sandboxes. */
#ifndef BD_OPS_CREATE_WHOLE_BOOT_H
#define BD_OPS_CREATE_WHOLE_BOOT_H

#include <stdbool.h>

#include "base/err.h"
#include "guest/description.h"
#include "template/store.h"

#define WHOLE_BOOT_REASON_SIZE 480

struct whole_boot {
	bool is_for_bigdisk;
	char reason
		[WHOLE_BOOT_REASON_SIZE]; /* why, or why not; "": it is none of its disks, or it is not installed */
};

/* type: pv or pvh. What was found is kept in the cache, for this template and this boot loader. Fails where a signal has come, or this host
 * is at its end: what cannot be told is a reason. */
int whole_boot_look(const struct bd_stored *stored, enum bd_guest_type type, struct whole_boot *boot_out,
		    struct bd_error *err);

#endif
