/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory and virtual CPUs: which of a running guest's can be changed at once, and doing that. */
#ifndef BD_OPS_SET_SIZE_H
#define BD_OPS_SET_SIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "guest/create_request.h"
#include "ops/host/boot.h"
#include "ops/set/job.h"

int set_size_decide(struct set_job *job, const struct bd_create_request *request, struct bd_error *err);

/* What the running guest had before, to take it back. */
struct set_size_undo {
	bool memory, vcpus;
	uint64_t memory_kib;
	uint32_t vcpus_before;
};

/* On failure nothing is changed. BD_KIND_NO_ROOM: Xen has less memory. */
int set_size_apply(const struct set_job *job, const struct boot *boot, struct set_size_undo *undo_out,
		   struct bd_error *err);
/* As far as that is possible; what is not is warned of. */
void set_size_undo(const struct set_job *job, const struct boot *boot, const struct set_size_undo *undo);

#endif
