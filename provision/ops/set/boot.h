/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the guest boots: its type, boot loader and kernel, and what they need: a boot configuration inside its disk, a boot sector,
 * or kernel and initramfs in dom0. */
#ifndef BD_OPS_SET_BOOT_H
#define BD_OPS_SET_BOOT_H

#include "base/err.h"
#include "guest/create_request.h"
#include "ops/host/boot.h"
#include "ops/set/job.h"

/* Nothing is written. BD_KIND_IN_USE: kernel and initramfs cannot be copied from the disk of a guest that runs; BD_KIND_EXISTS: there is
 * another file in the place of such a copy; EINVAL: the disk has nothing that the guest could boot by in that way. */
int set_boot_decide(struct set_job *job, struct boot *boot, const struct bd_create_request *request,
		    struct bd_error *err);

#endif
