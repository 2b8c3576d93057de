/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a template would keep cloud-init from the seed of a guest (guest/cloud_init.h): that it is disabled, or told of
 * another datasource or network. */
#ifndef BD_ADAPT_CLOUD_INIT_OBSTACLES_H
#define BD_ADAPT_CLOUD_INIT_OBSTACLES_H

#include <stdbool.h>

#include "base/err.h"
#include "rootfs/overlay.h"
#include "rootfs/system.h"

/* Another datasource, or another network, is taken out of /etc/cloud/ds-identify.cfg, of the kernel arguments in the template's
 * own grub.cfg where that boots the guest, and of those that the next run of grub-mkconfig or kernel-install would take. A
 * template in which cloud-init is disabled keeps it so, as the guest's key and network are in its own files as well, unless
 * has_user_data: only cloud-init can do what that says. All that is changed is said. who: the guest's name, for that. */
int bd_cloud_init_remove_obstacles(const struct bd_overlay *overlay, const struct bd_system *system,
				   bool has_user_data, const char *who, struct bd_error *err);

#endif
