/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes an existing guest: its config, which it boots from, and, of one that runs, what can be changed at once. Prints nothing
 * except warnings. */
#ifndef BD_OPS_SET_SET_H
#define BD_OPS_SET_SET_H

#include <stdbool.h>

#include "base/err.h"
#include "ops/host/boot.h"
#include "ops/set/job.h"

/* Opens a guest as guest_open does. BD_KIND_IN_USE: another process is at work on it; to only look at it, changes is false, and
 * nothing is locked. job: SET_JOB_INIT. */
int set_open(const char *argument, const char *dir, bool changes, struct set_job *job, struct bd_error *err);

/* Checks everything that is given in the request, and decides what it takes; nothing is touched. append may be given as NULL:
 * nothing is appended any more. A guest that runs is asked about where that is allowed. Errors have a field as guest/create_request.h has them, or a remedy of ops/guest/names.h. */
int set_decide(struct set_job *job, struct boot *boot, const struct set_request *request, struct bd_error *err);

/* Does what was decided, all of it or nothing. What the running guest had already is no change in job->changes; what only it had not is
 * one, and is added. BD_KIND_NO_ROOM: Xen has less memory than it is to have at once; EINVAL: the toolstack would not take the config any
 * more. */
int set_do(struct set_job *job, struct boot *boot, struct bd_error *err);

#endif
