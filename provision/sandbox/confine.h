/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side of a sandbox: dropping all privileges. */
#ifndef BD_SANDBOX_CONFINE_H
#define BD_SANDBOX_CONFINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The input becomes descriptor 0, the output 1, and what requests come from, unless it is -1, BD_SANDBOX_REQUESTS_FD; all others
 * are closed. memory_bytes may be taken beside what there is; parent
 * is the process with which this one ends. Where that is not possible, the process ends with one of the statuses below. */
void bd_sandbox_confine(int input_fd, int output_fd, int request_fd, uint64_t memory_bytes, pid_t parent);

/* Root becomes that user and group, and of no other groups. False: they are not to be had, as in a container. */
bool bd_sandbox_become(uid_t uid, gid_t gid);

/* Where memory runs out all the same, this process is to go and not one of dom0's daemons. */
void bd_sandbox_offer_to_oom_killer(void);

#define BD_SANDBOX_NOBODY 65534 /* a user: the kernel's overflowuid, which owns nothing */
#define BD_SANDBOX_REQUESTS_FD 3
#define BD_SANDBOX_NO_LIMITS 101
#define BD_SANDBOX_NO_FILTER 102

#endif
