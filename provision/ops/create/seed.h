/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cloud-init's NoCloud datasource reads (guest/nocloud.h) in a guest whose own disk is a copy of a whole one: on a read-only second
 * disk, the seed disk, or on the disk itself. */
#ifndef BD_OPS_CREATE_SEED_H
#define BD_OPS_CREATE_SEED_H

#include "base/err.h"
#include "base/file/atomic_file.h"
#include "ops/create/job.h"

/* Opens and writes it, by the job's guest and identity. */
int create_seed_make(const struct create_job *job, struct bd_atomic_file *seed, struct bd_error *err);

/* Puts the same into the root filesystem of a disk that nobody uses yet, where cloud-init looks for it as well, and tells it to look nowhere
 * else. fd: of the disk. */
int create_seed_put(const struct create_job *job, int fd, struct bd_error *err);

#endif
