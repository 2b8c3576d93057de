/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Only where the driver is a module: one that is built in needs none. */
#include "initramfs/lack.h"

#include "base/cleanup.h"
#include "base/file/temporary_file.h"
#include "initramfs/module.h"

int bd_initramfs_look(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err)
{
	enum bd_initramfs_module found;
	BD_FREE char *data = NULL;
	BD_CLOSE int fd = -1;
	size_t size;

	if (!system->disk_driver_is_module || !*system->initramfs_path)
		return 0;
	if (bd_root_read_optional(root, system->initramfs_path, BD_INITRAMFS_BYTES_MAX, &data, &size, err) != 0)
		return -1;
	if (!data)
		return 0;
	if (bd_open_temporary(&fd, err) != 0 || bd_write_temporary(fd, data, size, 0, err) != 0 ||
	    bd_initramfs_find_module(fd, "xen-blkfront", &found, err) != 0)
		return -1;
	if (found == BD_INITRAMFS_ABSENT)
		system->lacks |= BD_LACK_BIT(BD_LACK_INITRAMFS_DRIVER);
	return 0;
}
