/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for logical volumes and their groups. */
#ifndef BD_VOLUME_FIND_H
#define BD_VOLUME_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "volume/report.h"

/* Those of a selection (lvmreport(7), "Selection"), the oldest first. Errors as bd_lvm_run. */
int bd_volumes_find(const char *selection, struct bd_volumes *volumes_out, struct bd_error *err);
/* One, which is items[0]; count is 0 where there is none. */
int bd_volume_find(const char *group, const char *name, struct bd_volumes *found_out, struct bd_error *err);
/* A group, likewise. */
int bd_volume_group_find(const char *group, struct bd_volumes *found_out, struct bd_error *err);
/* The one that a config names by /dev/GROUP/NAME; count is 0 where the path does not name a volume, or where that cannot be told as LVM
 * is not here or only root may ask it. */
int bd_volume_find_path(const char *path, struct bd_volumes *found_out, struct bd_error *err);

/* As bd_volume_ranges_parse. */
int bd_volume_find_ranges(const char *group, const char *name, char **ranges_out, struct bd_error *err);

#endif
