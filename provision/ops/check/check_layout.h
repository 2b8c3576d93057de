/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges whether the partition table, the superblocks and the image agree with each other. */
#ifndef BD_OPS_CHECK_CHECK_LAYOUT_H
#define BD_OPS_CHECK_CHECK_LAYOUT_H

#include "base/err.h"
#include "ops/check/check_disk.h"
#include "ops/check/finding.h"

int check_table(const struct check_disk *disk, struct findings *findings, struct bd_error *err);
int check_superblocks(const struct check_disk *disk, struct findings *findings, struct bd_error *err);

#endif
