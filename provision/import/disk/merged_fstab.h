/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The /etc/fstab of a root filesystem into which others were merged. */
#ifndef BD_IMPORT_DISK_MERGED_FSTAB_H
#define BD_IMPORT_DISK_MERGED_FSTAB_H

#include "base/err.h"
#include "inside/mounts/mounts.h"

/* The lines of what was merged, and of what was left out, become comments; all others stay byte for byte. The caller frees. */
int bd_merged_fstab(const char *text, const struct bd_inside_mounts *mounts, char **text_out, struct bd_error *err);

#endif
