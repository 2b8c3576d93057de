/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a copy. */
#ifndef BD_OPS_CLONE_FILES_H
#define BD_OPS_CLONE_FILES_H

#include "base/err.h"
#include "ops/clone/job.h"
#include "ops/create/files.h"

/* Makes image, kernel and cfg under temporary names, for create_files_publish. */
int clone_files_make(struct clone_job *job, struct create_files *files, struct bd_error *err);

#endif
