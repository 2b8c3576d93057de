/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manual page xen-bigdisk-fleet(5), the format of manifests. */
#ifndef BD_CLI_MANUAL_FLEET_H
#define BD_CLI_MANUAL_FLEET_H

#include <stdio.h>

/* xen-bigdisk-fleet.5 */
void bd_manual_fleet(FILE *out);

#endif
