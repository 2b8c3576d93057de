/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a disk may be given to a guest: check_sharing of Xen's script block, with its messages.
 *
 * To be written to, a disk may not be mounted in dom0 nor be another guest's; to be read only, it may be both, if read-only. Backends of
 * the same guest do not count, nor do those of its device model's domain, or of the domain that it is one for. Nor does one that has the
 * node bigdisk-left: its domain is dead, and only kept to be looked at (plugin/libxl/hotplug.h).
 */
#ifndef BD_HOTPLUG_BLOCK_SHARING_H
#define BD_HOTPLUG_BLOCK_SHARING_H

#include "hotplug/block/backend.h"
#include "hotplug/block/devices.h"

enum bd_block_user {
	BD_BLOCK_NOBODY,
	BD_BLOCK_DOM0, /* has it mounted */
	BD_BLOCK_GUEST, /* has a backend on it */
};

/* Who has one of the devices, in a way that keeps the backend from having it, and as which device. The mode is not BD_BLOCK_FORCED.
 * mountinfo: the file that bd_block_find_mount reads. */
int bd_block_find_user(const struct bd_xenstore *store, const struct bd_block_backend *backend, const char *mountinfo,
		       const struct bd_block_devices *devices, enum bd_block_user *user_out, dev_t *device_out,
		       struct bd_error *err);

/* What Xen's script writes to hotplug-error then; it has two lines. is_file: path is a file, which the device is a loop device of. The
 * caller frees. */
int bd_block_user_message(enum bd_block_user user, enum bd_block_mode mode, const char *path, bool is_file,
			  dev_t device, char **text_out, struct bd_error *err);

#endif
