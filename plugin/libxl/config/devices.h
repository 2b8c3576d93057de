/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks and network interfaces. The readers run for every config, in xl's order. */
#ifndef BD_LIBXL_CONFIG_DEVICES_H
#define BD_LIBXL_CONFIG_DEVICES_H

#include "libxl/config/reader.h"

int bd_read_disks(struct bd_reader *reader, struct bd_error *err);
int bd_read_vifs(struct bd_reader *reader, struct bd_error *err);

#endif
