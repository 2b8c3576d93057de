/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disk that a job makes, for people and as JSON: not of a whole disk, which is a copy. */
#ifndef BD_CLI_DISK_PLAN_H
#define BD_CLI_DISK_PLAN_H

#include "base/json.h"
#include "ops/create/job.h"

/* Its size, and a table of its regions. */
void disk_plan_print(const struct create_job *job);
/* "layout", "boot_sector", "fs", "cylinders", "disk_signature", the UUIDs, "regions" and "mounts". */
void disk_plan_put_json(struct bd_json *json, const struct create_job *job);

#endif
