/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Warns of what a guest will lack for booting and being reached. For `clone`, too. */
#ifndef BD_OPS_CREATE_LACKS_H
#define BD_OPS_CREATE_LACKS_H

#include "ops/create/job.h"
#include "rootfs/system.h"

/* Notes in job->system and job->lacks what of it concerns this guest, and warns of it. */
void create_warn_of_lacks(struct create_job *job, const struct bd_system *system);

#endif
