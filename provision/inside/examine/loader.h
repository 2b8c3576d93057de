/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks whether a boot sector of GRUB finds what it loads: a part of the sandboxed examination. */
#ifndef BD_INSIDE_EXAMINE_LOADER_H
#define BD_INSIDE_EXAMINE_LOADER_H

#include <stdint.h>

#include "base/sector.h"
#include "inside/examine/facts.h"
#include "inside/survey/facts.h"

/* Fills in all that facts has about boot loaders. */
void bd_examine_loader(int fd, const struct bd_survey *survey, const uint8_t first_sector[BD_SECTOR_BYTES],
		       struct bd_examine *facts);

#endif
