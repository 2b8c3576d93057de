/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks, before anything is created, that everything in a fleet's plan fits on this host. */
#ifndef BD_OPS_FLEET_SUMS_H
#define BD_OPS_FLEET_SUMS_H

#include "ops/fleet/view.h"

/* What the plan takes of this host. */
struct fleet_sums {
	size_t create, change, start, keep, refuse;
	uint64_t disk_need_bytes; /* about what is written */
	uint64_t disk_grow_bytes; /* what the new disks can hold */
	uint64_t disk_free_bytes;
	bool shares; /* the filesystem can share a template's blocks with the guests */
	uint64_t memory_need_kib, memory_free_kib;
	bool memory_known;
};

/* Of the guests whose actions are decided. */
int fleet_sum_up(struct fleet_view *view, const struct fleet_options *options, struct fleet_sums *sums_out,
		 struct bd_error *err);
/* BD_KIND_NO_ROOM: it does not fit on the disk, or into the memory; the message has the figures, and the field is
 * BD_FIELD_SIZE or BD_FIELD_MEMORY. */
int fleet_check_sums(const struct fleet_sums *sums, const struct fleet_options *options, struct bd_error *err);

/* For guests that are to be started: whether their bridges are there. */
int fleet_check_bridges(const struct fleet_view *view, struct bd_error *err);

#endif
