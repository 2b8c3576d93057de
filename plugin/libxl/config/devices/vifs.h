/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces. */
#ifndef BD_LIBXL_CONFIG_DEVICES_VIFS_H
#define BD_LIBXL_CONFIG_DEVICES_VIFS_H

#include "libxl/config/reader.h"

int bd_read_vifs(struct bd_reader *reader, struct bd_error *err); /* vif */

#endif
