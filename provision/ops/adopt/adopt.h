/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Brings a guest that was made by other means among those of the program. */
#ifndef BD_OPS_ADOPT_ADOPT_H
#define BD_OPS_ADOPT_ADOPT_H

#include <stdbool.h>

#include "base/err.h"
#include "ops/adopt/adoption.h"
#include "ops/host/boot.h"

void adoption_dispose(struct adoption *adoption); /* idempotent; a zeroed struct will do */

struct adopt_request {
	const char *cfg_path, *folder; /* of the configs */
	const char *images; /* the folder of the disks; not looked at where they stay */
	const char *new_name; /* NULL: the one that the config gives */
	enum adopt_way way;
	bool dry_run; /* nothing is changed */
};

/* Moves the config cfg_path to FOLDER/NAME.cfg, where it gets the name, a UUID and MAC addresses if it gives none (libxl
 * would make new ones at each start), and absolute paths of kernel and initramfs; all else in it stays. Links in /etc/xen/auto
 * lead to the new config then. Its disks go where request->way says; a copy gets a UUID and MAC addresses of its own, and what
 * the disks have inside stays as it is. A move that was cut short is completed by the next one.
 *
 * BD_KIND_EXISTS: the name, the UUID, a disk or a file is another guest's; BD_KIND_IN_USE: it runs, or is saved, or its disk is in
 * use; ENOENT: a disk, the kernel or the initramfs is not there; BD_KIND_NO_ROOM; EINVAL: `start` would refuse the config. On
 * failure nothing is changed, unless the message says that all of it was done but for what is left of the old. */
int adopt(struct boot *boot, const struct adopt_request *request, struct adoption *adoption_out,
	  struct bd_error *err);

#endif
