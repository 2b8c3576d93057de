/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes the names by which a guest sees its disks in an xl config (xl-disk-configuration(5)). Pure. */
#ifndef BD_XLCFG_VDEV_H
#define BD_XLCFG_VDEV_H

#include <stdbool.h>

#include "base/err.h"

/* For an HVM guest: xvda to xvdg become sda to sdg, which its firmware sees as disks of a fast controller (xlcfg/write.c). For a
 * guest of another type: sda, and hda, become xvda. Others stay. The caller frees. EINVAL: as bd_cfg_parse. */
int bd_cfg_edit_vdevs(const char *text, bool hvm, char **text_out, struct bd_error *err);

#endif
