/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side of a sandbox: giving up all power. */
#ifndef BD_SANDBOX_CONFINE_H
#define BD_SANDBOX_CONFINE_H

#include <sys/types.h>

#include "sandbox/sandbox.h"

/* Gives up all power. The input becomes descriptor 0 and the output 1; all others are
 * closed. Does not return where that is not possible. */
void bd_sandbox_confine(const struct bd_sandbox_job *job, int output_fd, pid_t parent);

/* Exit statuses of a child that could not be confined. */
#define BD_SANDBOX_NO_LIMITS 101
#define BD_SANDBOX_NO_FILTER 102

#endif
