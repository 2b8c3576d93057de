/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inspects the disk of a guest that is to be copied. */
#ifndef BD_OPS_CLONE_DISK_H
#define BD_OPS_CLONE_DISK_H

#include "base/err.h"
#include "ops/clone/job.h"

/* Opens the source's disk and finds out what is on it, and then what the copy is to have instead. BD_KIND_IN_USE: it is in
 * use, or its filesystem is not clean. ENOTSUP: there is something on it that would not get an identity of its own. */
int clone_disk_look(struct clone_job *job, struct bd_error *err);

#endif
