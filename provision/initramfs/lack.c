/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Only where the driver is a module: one that is built in needs none. */
#include "initramfs/lack.h"

#include "base/cleanup.h"
#include "initramfs/module.h"

#define BYTES_MAX (256u << 20) /* nothing is known of a larger one */

int bd_initramfs_look(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err)
{
	enum bd_initramfs_module found;
	BD_FREE char *data = NULL;
	size_t size;

	if (!system->disk_driver_is_module || !*system->initramfs_path)
		return 0;
	if (bd_root_read_optional(root, system->initramfs_path, BYTES_MAX, &data, &size, err) != 0)
		return -1;
	if (!data)
		return 0;
	if (bd_initramfs_find_module(data, size, "xen-blkfront", &found, err) != 0)
		return -1;
	if (found == BD_INITRAMFS_ABSENT)
		system->lacks |= BD_LACK_BIT(BD_LACK_INITRAMFS_DRIVER);
	return 0;
}
