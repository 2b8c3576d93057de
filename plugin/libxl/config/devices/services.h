/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What another domain, or a program of dom0, offers to a guest. */
#ifndef BD_LIBXL_CONFIG_DEVICES_SERVICES_H
#define BD_LIBXL_CONFIG_DEVICES_SERVICES_H

#include "libxl/config/reader.h"

int bd_read_services(struct bd_reader *reader, struct bd_error *err); /* p9 vtpm pvcalls channel virtio */

#endif
