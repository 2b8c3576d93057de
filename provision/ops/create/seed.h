/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seed disk of a guest whose own disk is a copy of a whole one: a read-only second disk with what cloud-init's NoCloud datasource
 * reads (guest/nocloud.h). */
#ifndef BD_OPS_CREATE_SEED_H
#define BD_OPS_CREATE_SEED_H

#include "base/err.h"
#include "base/file/atomic_file.h"
#include "ops/create/job.h"

/* Opens and writes it, by the job's guest and identity. */
int create_seed_make(const struct create_job *job, struct bd_atomic_file *seed, struct bd_error *err);

#endif
