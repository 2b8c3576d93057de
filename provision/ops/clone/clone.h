/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates a guest from the disk of an existing one: open, decide (job.h), check, do. */
#ifndef BD_OPS_CLONE_CLONE_H
#define BD_OPS_CLONE_CLONE_H

#include "base/err.h"
#include "ops/clone/job.h"
#include "ops/create/create.h"
#include "ops/host/boot.h"

/* Finds the source by its name, or the path of its cfg, and locks it. dir: the folder of the cfgs, or NULL. */
int clone_open_source(const char *source, const char *dir, struct clone_job *job, struct bd_error *err);

/* All that can be known to go wrong, before anything is copied: whether the copy's name is free, the source stopped, its
 * disk one that can be copied, and the boot possible. Touches nothing; locks the copy's name. */
int clone_check(struct clone_job *job, struct boot *boot, struct bd_error *err);

/* Makes the copy, and starts it as the job says; on failure nothing of it is left. */
int clone_do(struct clone_job *job, struct boot *boot, struct create_files *files, struct create_outcome *outcome_out,
	     struct bd_error *err);

#endif
