/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has e2fsck look at the filesystems of a disk. */
#ifndef BD_OPS_CHECK_CHECK_FSCK_H
#define BD_OPS_CHECK_CHECK_FSCK_H

#include "base/err.h"
#include "ops/check/check_disk.h"
#include "ops/check/finding.h"

/* Fills disk->fscks. Filesystems that libext2fs cannot open are left to check_superblocks. */
int check_fsck_run(struct check_disk *disk, struct bd_error *err);
int check_fsck_judge(const struct check_disk *disk, struct findings *findings, struct bd_error *err);

#endif
