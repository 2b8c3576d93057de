/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of an HVM guest's machine that are more than one plain value. */
#ifndef BD_LIBXL_CONFIG_HVM_H
#define BD_LIBXL_CONFIG_HVM_H

#include "libxl/config/reader.h"

/* serial usbdevice stdvga gfx_passthru viridian ms_vm_genid mca_caps smbios; for an HVM guest only */
int bd_read_hvm(struct bd_reader *reader, struct bd_error *err);
int bd_read_timer_mode(struct bd_reader *reader, struct bd_error *err); /* for all guests */

#endif
