/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest is called and what it runs on, for all guest types. The readers run for every config, in xl's order. */
#ifndef BD_LIBXL_CONFIG_GUEST_H
#define BD_LIBXL_CONFIG_GUEST_H

#include "libxl/config/reader.h"

int bd_read_identity(struct bd_reader *reader, struct bd_error *err); /* type builder name uuid, the labels */
int bd_read_vcpus(struct bd_reader *reader, struct bd_error *err); /* vcpus maxvcpus vnuma */
int bd_read_affinity(struct bd_reader *reader, struct bd_error *err); /* cpus cpus_soft, and xl.conf's masks */

#endif
