/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side of a sandbox: dropping all privileges. */
#ifndef BD_SANDBOX_CONFINE_H
#define BD_SANDBOX_CONFINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bd_confinement {
	int input_fd, output_fd; /* become descriptors 0 and 1 */
	int request_fd; /* what requests come from, which becomes BD_SANDBOX_REQUESTS_FD; -1: nothing */
	uint64_t memory_bytes; /* may be taken beside what there is */
	unsigned cpu_s; /* seconds of CPU time in all; 0: not limited */
	uid_t uid; /* as struct bd_sandbox_job has them */
	gid_t gid;
	bool own_users, ends_openers;
	pid_t parent; /* the process with which this one ends */
};

/* All other descriptors are closed. Where anything of it is not possible, the process ends with one of the statuses below; so it
 * does where it is left with rights that it should have given up. */
void bd_sandbox_confine(const struct bd_confinement *confinement);

/* Root becomes that user and group, and of no other groups. False: they are not to be had, as in a container. */
bool bd_sandbox_become(uid_t uid, gid_t gid);

/* Where memory runs out all the same, this process is to go and not one of dom0's daemons. */
void bd_sandbox_offer_to_oom_killer(void);

#define BD_SANDBOX_NOBODY 65534 /* a user: the kernel's overflowuid, which owns nothing */
#define BD_SANDBOX_REQUESTS_FD 3
#define BD_SANDBOX_NO_LIMITS 101
#define BD_SANDBOX_NO_FILTER 102

#endif
