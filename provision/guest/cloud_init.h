/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configures cloud-init in a template, by a NoCloud seed in the image itself. */
#ifndef BD_GUEST_CLOUD_INIT_H
#define BD_GUEST_CLOUD_INIT_H

#include "guest/description.h"
#include "rootfs/overlay.h"

/* authorized_keys: NULL for none. has_netplan: that is what cloud-init writes for. own_host_keys: the guest has SSH host keys
 * that cloud-init must not replace. */
int bd_cloud_init_add(const struct bd_guest *guest, const char *authorized_keys, bool has_netplan, bool own_host_keys,
		      const struct bd_overlay *overlay, struct bd_error *err);

#endif
