/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks of a new guest behind its first. */
#ifndef BD_OPS_CREATE_DISKS_H
#define BD_OPS_CREATE_DISKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file/atomic_file.h"
#include "ops/create/job.h"
#include "ops/create/mounts.h"

/* So many drafts, which are not open yet; the caller disposes of them, and frees the array. */
int create_disks_begin(struct bd_atomic_file **drafts_out, size_t *count_out, size_t count, struct bd_error *err);

/* Those of the job's guest: sparse, and empty but for the filesystems that are mounted. mounts: what goes to those; NULL: there are
 * none. base_time: ctime of the template's files. What is made of them when it fails is the caller's, too. */
int create_disks_make(const struct create_job *job, const struct create_mounts *mounts, int64_t base_time,
		      struct bd_atomic_file **drafts_out, size_t *count_out, struct bd_error *err);

#endif
