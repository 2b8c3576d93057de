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

struct bd_cloud_init_renewal {
	const char *meta_data; /* of the seed */
	bool is_other; /* another guest than before, also for cloud-init: its first boot is to come, and its SSH host key is made already */
	bool has_network; /* that is configured anew */
	const char *authorized_keys,
		*root_password_hash; /* in addition to the keys that are there, and in place of the hash; NULL: none */
};

/* The seed that is in a guest, with another name; all of user-data stays. */
int bd_cloud_init_renew(const struct bd_guest *guest, const struct bd_cloud_init_renewal *renewal,
			const struct bd_system *system, const struct bd_overlay *overlay, struct bd_error *err);

#endif
