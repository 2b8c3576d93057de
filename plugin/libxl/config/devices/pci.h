/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of the host that are passed through. */
#ifndef BD_LIBXL_CONFIG_DEVICES_PCI_H
#define BD_LIBXL_CONFIG_DEVICES_PCI_H

#include "libxl/config/reader.h"

/* rdm pci pci_msitranslate pci_power_mgmt pci_permissive pci_seize dtdev */
int bd_read_pci(struct bd_reader *reader, struct bd_error *err);

#endif
