/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sound cards of the PV protocol. */
#ifndef BD_LIBXL_CONFIG_DEVICES_SOUND_H
#define BD_LIBXL_CONFIG_DEVICES_SOUND_H

#include "libxl/config/reader.h"

int bd_read_vsnd(struct bd_reader *reader, struct bd_error *err); /* vsnd */

#endif
