/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repairs what a check has found and what can be repaired without a choice. */
#ifndef BD_OPS_CHECK_REPAIR_H
#define BD_OPS_CHECK_REPAIR_H

#include <stdbool.h>

#include "base/err.h"
#include "ops/check/check_disk.h"
#include "ops/check/finding.h"

/* disk: its place is locked for changes. *repaired_out: the disk was changed. */
int repair_finding(const struct check_disk *disk, const struct finding *finding, bool *repaired_out,
		   struct bd_error *err);

#endif
