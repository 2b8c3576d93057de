/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges the extended partition of an MBR and the chain of its logical partitions. */
#ifndef BD_OPS_CHECK_CHECK_LOGICAL_H
#define BD_OPS_CHECK_CHECK_LOGICAL_H

#include "base/err.h"
#include "ops/check/check_disk.h"
#include "ops/check/finding.h"

/* That logical partitions overlap each other or end behind the image is for check_table, as of others. */
int check_logical(const struct check_disk *disk, struct findings *findings, struct bd_error *err);

#endif
