/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Brings a guest that was made by other means among those of the program. */
#ifndef BD_OPS_ADOPT_ADOPT_H
#define BD_OPS_ADOPT_ADOPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "ops/host/boot.h"
#include "xlcfg/read.h"

struct adoption {
	struct bd_cfg old; /* the config as it was found */
	struct bd_cfg cfg; /* as it is, or would be */
	bool changed; /* false: there was nothing to do */
	bool uuid_made;
	size_t macs_made;
	bool needs_name; /* on failure: the name that the config gives is none for the program */
};

void adoption_dispose(struct adoption *adoption); /* idempotent; a zeroed struct will do */

/* Moves the config cfg_path to FOLDER/NAME.cfg, where it gets the name, a UUID and MAC addresses if it gives none (libxl
 * would make new ones at each start), and absolute paths of kernel and initramfs; all else in it stays, and its disks stay
 * where they are. Links in /etc/xen/auto lead to the new config then. new_name NULL: the name that the config gives. With
 * dry_run nothing is changed.
 *
 * BD_KIND_EXISTS: the name, the UUID or the file is another guest's; EBUSY: it runs, or is saved; ENOENT: a disk, the
 * kernel or the initramfs is not there; EINVAL: `start` would refuse the config. On failure nothing is changed. */
int adopt(struct boot *boot, const char *cfg_path, const char *folder, const char *new_name, bool dry_run,
	  struct adoption *adoption_out, struct bd_error *err);

#endif
