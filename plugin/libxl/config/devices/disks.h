/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks. */
#ifndef BD_LIBXL_CONFIG_DEVICES_DISKS_H
#define BD_LIBXL_CONFIG_DEVICES_DISKS_H

#include "libxl/config/reader.h"

int bd_read_disks(struct bd_reader *reader, struct bd_error *err); /* disk */

#endif
