/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks behind the first of a guest that is to be copied, and the first one's partitions beside the root's. */
#ifndef BD_OPS_CLONE_FURTHER_H
#define BD_OPS_CLONE_FURTHER_H

#include "base/err.h"
#include "ops/clone/job.h"
#include "ops/create/files.h"

/* Opens them; a filesystem that takes a whole disk gets another UUID, which the renewal knows then. A disk that the guest has
 * partitioned itself is copied as it is. */
int clone_further_look(struct clone_job *job, struct bd_error *err);

/* One more partition that has a filesystem. ENOTSUP: there are too many. */
int clone_further_add(struct clone_job *job, int number, uint64_t offset_bytes, uint64_t size_bytes,
		      struct bd_error *err);
/* Opens those that were added; each gets another UUID, too. */
int clone_further_look_at_partitions(struct clone_job *job, struct bd_error *err);

int clone_further_make(const struct clone_job *job, struct create_files *files, struct bd_error *err);

/* Of the partitions on the copy of the first disk. */
int clone_further_edit_partitions(const struct clone_job *job, struct create_files *files, struct bd_error *err);

#endif
