/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configures cloud-init in a template, by a NoCloud seed in the image itself. */
#ifndef BD_GUEST_CLOUD_INIT_H
#define BD_GUEST_CLOUD_INIT_H

#include <stdbool.h>

#include "guest/description.h"
#include "guest/nocloud.h"
#include "rootfs/overlay.h"
#include "rootfs/system.h"

/* After the files of guest/network_files.h. authorized_keys: NULL for none. user_data: of the administrator; with a text of NULL it
 * is made, with the keys. Of a system with sshd the guest has SSH host keys that
 * cloud-init must not replace. */
int bd_cloud_init_add(const struct bd_guest *guest, const char *authorized_keys, const struct bd_user_data *user_data,
		      const struct bd_system *system, const struct bd_overlay *overlay, struct bd_error *err);

/* Of a guest that keeps its network: another name in the seed that bd_cloud_init_add made, and with is_other the guest is another one
 * for cloud-init. Where there is no seed, nothing is done. */
int bd_cloud_init_rename(const struct bd_guest *guest, const char *old_name, bool is_other,
			 const struct bd_overlay *overlay, struct bd_error *err);

#endif
