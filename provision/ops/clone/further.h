/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks behind the first of a guest that is to be copied. */
#ifndef BD_OPS_CLONE_FURTHER_H
#define BD_OPS_CLONE_FURTHER_H

#include "base/err.h"
#include "ops/clone/job.h"
#include "ops/create/files.h"

/* Opens them; a filesystem that takes a whole disk gets another UUID, which the renewal knows then. A disk that the guest has
 * partitioned itself is copied as it is. */
int clone_further_look(struct clone_job *job, struct bd_error *err);

int clone_further_make(const struct clone_job *job, struct create_files *files, struct bd_error *err);

#endif
