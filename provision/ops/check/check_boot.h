/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges what would boot from a disk: the boot sector with core.img, and the boot entries with their kernels. */
#ifndef BD_OPS_CHECK_CHECK_BOOT_H
#define BD_OPS_CHECK_CHECK_BOOT_H

#include "base/err.h"
#include "ops/check/check_disk.h"
#include "ops/check/finding.h"

int check_boot_sector(const struct check_disk *disk, struct findings *findings, struct bd_error *err);

/* disks: all of the guest's, of which root= may name any; judged are the entries of disks[at]. */
int check_boot_entries(const struct check_disk *disks, size_t count, size_t at, struct findings *findings,
		       struct bd_error *err);

/* Where the config names a kernel of dom0's, its root= is on one of the disks, which are all of the guest's. */
int check_cfg_root(const struct check_disk *disks, size_t count, struct findings *findings, struct bd_error *err);

#endif
