/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the files that a config names and that do not exist. */
#ifndef BD_OPS_DOCTOR_MISSING_H
#define BD_OPS_DOCTOR_MISSING_H

#include <stdbool.h>
#include <stddef.h>

#include "xlcfg/folder.h"

/* An absolute path at which nothing is. */
bool doctor_is_missing(const char *path);
/* How many of the files that the config names are missing. */
size_t doctor_count_missing(const struct bd_cfg *cfg);

#endif
