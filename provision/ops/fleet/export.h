/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data about a fleet's guests that other programs need and guest_facts do not contain: host keys. */
#ifndef BD_OPS_FLEET_EXPORT_H
#define BD_OPS_FLEET_EXPORT_H

#include "ops/fleet/view.h"

#define FLEET_HOST_KEY_SIZE 4096

/* The guest's public SSH host key, from its disk: "TYPE BASE64". What is inside a guest is the guest's to say, so it is
 * made sure that it is one key, and nothing that ends a line. item->facts is there. */
int fleet_export_host_key(const struct fleet_item *item, char key_out[FLEET_HOST_KEY_SIZE], struct bd_error *err);

#endif
