/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Renames a guest. Prints nothing except warnings. */
#ifndef BD_OPS_GUEST_RENAME_H
#define BD_OPS_GUEST_RENAME_H

#include "base/err.h"
#include "ops/guest/files.h"
#include "ops/host/boot.h"
#include "xlcfg/read.h"

struct guest_renamed {
	struct bd_cfg cfg; /* the new one */
	struct guest_files files; /* of the old one, under their old names; those that stay say why */
};

void guest_renamed_dispose(struct guest_renamed *renamed); /* idempotent */

/* Renames the cfg, what of its files are the guest's own (see files.h), the autostart link, and the names of all of
 * these in the cfg, of which everything else stays as it is. The new cfg is written first and the old one removed last,
 * so that calling it again completes what was cut short; what fails is undone.
 * BD_EUSAGE: no name for a guest; EBUSY: it runs, or another process is at work on one of the two, or has its image open; EEXIST: a guest, a
 * file, a link in the autostart folder or a domain has the new name; EINVAL: the cfg cannot be edited with certainty, or
 * as guest_files_find; EPERM: a Xen runs and cannot be
 * asked. */
int guest_rename(struct boot *boot, const struct bd_cfg *cfg, const char *new_name, struct guest_renamed *renamed_out,
		 struct bd_error *err);

/* Fills renamed_out as guest_rename would, and fails where it would refuse; changes nothing. */
int guest_rename_plan(struct boot *boot, const struct bd_cfg *cfg, const char *new_name,
		      struct guest_renamed *renamed_out, struct bd_error *err);

#endif
