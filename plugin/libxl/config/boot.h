/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a guest boots: its kernel's command line, its bootloader, its firmware. Runs for every config. */
#ifndef BD_LIBXL_CONFIG_BOOT_H
#define BD_LIBXL_CONFIG_BOOT_H

#include "libxl/config/reader.h"

int bd_read_boot(struct bd_reader *reader, struct bd_error *err); /* cmdline root extra bootloader_args firmware */

#endif
