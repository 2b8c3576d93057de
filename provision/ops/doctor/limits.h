/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Below which amount of memory for new guests, and of room for disks, `doctor` finds a warning or a problem. */
#ifndef BD_OPS_DOCTOR_LIMITS_H
#define BD_OPS_DOCTOR_LIMITS_H

#include <stdint.h>

/* 0: not said. */
struct doctor_limits {
	uint64_t memory_warning_bytes, memory_critical_bytes;
	uint64_t
		space_warning_bytes; /* not said: what the sparse disks may take, which doctor_check_disk_space fills in */
	uint64_t space_critical_bytes;
};

/* Fills in the usual ones for those that are not said; a usual one for a warning is not below that for a problem. Idempotent. */
void doctor_limits_complete(struct doctor_limits *limits);

#endif
