/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a GPT from its copy that is right. */
#ifndef BD_OPS_CHECK_REPAIR_GPT_H
#define BD_OPS_CHECK_REPAIR_GPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ops/check/check_disk.h"

/* Both headers and both copies of the entries, the backup at the end of the disk, and the size in the protective MBR, all or nothing
 * (disk/redo.h). The entries stay as they are, and nothing of a partition is written. source_lba: of the header that is right.
 * *repaired_out: false, with a warning, where there is no room for it, as on a disk that was cut off. */
int repair_gpt(const struct check_disk *disk, uint64_t source_lba, uint32_t sector_bytes, bool *repaired_out,
	       struct bd_error *err);

int repair_protective_mbr(const struct check_disk *disk, uint32_t sector_bytes, struct bd_error *err);

#endif
