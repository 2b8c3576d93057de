/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at a disk of a config, and at what it names. */
#include "libxl/local_disk.h"

#include <sys/stat.h>

bool bd_disk_is_local(const libxl_device_disk *disk)
{
	struct stat there;

	return disk->pdev_path && !disk->backend_domname && !disk->backend_domid && !disk->script &&
	       disk->format == LIBXL_DISK_FORMAT_RAW && stat(disk->pdev_path, &there) == 0 &&
	       (S_ISREG(there.st_mode) || S_ISBLK(there.st_mode));
}
