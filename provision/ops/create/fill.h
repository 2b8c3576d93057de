/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes a disk on a device, or in a file, that is there already, for a guest of another host or another tool: a job of
 * create_decide with only_disk, whose disk is that of `new`, without a config and without a start. */
#ifndef BD_OPS_CREATE_FILL_H
#define BD_OPS_CREATE_FILL_H

#include "base/err.h"
#include "ops/create/files.h"
#include "ops/create/job.h"

/* While it is made, no other command of ours changes it. From the moment at which it is cleared until all of it is written and
 * flushed it has no partition table and no boot sector, and on failure it is left blank (disk/device.h).
 * BD_KIND_IN_USE: mounted, a running guest's, open for writing elsewhere, or the disk of a guest that has a config here.
 * BD_KIND_EXISTS: something is on it, and the job does not overwrite. */
int create_fill(struct create_job *job, struct create_files *files, double *make_s_out, struct bd_error *err);

#endif
