/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at what libblkid passes over in a partition table: a part of the sandboxed examination. */
#ifndef BD_INSIDE_EXAMINE_TABLE_H
#define BD_INSIDE_EXAMINE_TABLE_H

#include <stdint.h>

#include "base/sector.h"
#include "inside/examine/facts.h"
#include "inside/survey/facts.h"

/* Fills in all that facts has about tables. */
void bd_examine_table(int fd, const struct bd_survey *survey, const uint8_t first_sector[BD_SECTOR_BYTES],
		      struct bd_examine *facts);

#endif
