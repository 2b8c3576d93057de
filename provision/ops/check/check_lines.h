/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A few lines about what was checked on a disk. */
#ifndef BD_OPS_CHECK_CHECK_LINES_H
#define BD_OPS_CHECK_CHECK_LINES_H

#include "base/err.h"
#include "ops/check/check_disk.h"

/* take gets each of them; it owns the line then. */
int check_describe(const struct check_disk *disk, int (*take)(void *context, char *line, struct bd_error *err),
		   void *context, struct bd_error *err);

#endif
