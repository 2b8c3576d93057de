/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of an HVM guest's machine that are more than one plain value. */
#ifndef BD_LIBXL_CONFIG_HVM_H
#define BD_LIBXL_CONFIG_HVM_H

#include "libxl/config/reader.h"
#include "libxl/config/values.h"

/* serial usbdevice stdvga viridian ms_vm_genid mca_caps smbios; for an HVM guest only */
int bd_read_hvm(struct bd_reader *reader, struct bd_error *err);

/* Readers of rows of the table of keys. */
int bd_read_timer_mode(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err);
int bd_read_gfx_passthru(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err);

#endif
