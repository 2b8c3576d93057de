/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of all guest types that are more than one plain value. The readers run for every config, in xl's order. */
#ifndef BD_LIBXL_CONFIG_GUEST_H
#define BD_LIBXL_CONFIG_GUEST_H

#include "libxl/config/reader.h"

int bd_read_identity(struct bd_reader *reader, struct bd_error *err); /* type name uuid */
int bd_read_vcpus(struct bd_reader *reader, struct bd_error *err); /* vcpus maxvcpus */
int bd_read_affinity(struct bd_reader *reader, struct bd_error *err); /* cpus, and xl.conf's masks */
int bd_read_boot(struct bd_reader *reader, struct bd_error *err); /* cmdline root extra bootloader_args firmware */

#endif
