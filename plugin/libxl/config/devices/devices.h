/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of a config, each a list of strings. The readers run for every config, in xl's order. */
#ifndef BD_LIBXL_CONFIG_DEVICES_DEVICES_H
#define BD_LIBXL_CONFIG_DEVICES_DEVICES_H

#include "libxl/config/reader.h"

int bd_read_devices(struct bd_reader *reader, struct bd_error *err);

#endif
