/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks for a lease on a file, and opens a device once more, for itself alone. */
#include "import/disk/unused.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "disk/use/in_use.h"

int bd_source_check_unused(int fd, struct bd_error *err)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	struct stat there;

	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot access it");
	if (S_ISREG(there.st_mode) && there.st_nlink == 0)
		return 0;
	if (!S_ISBLK(there.st_mode))
		return bd_disk_check_unused(fd, err);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	BD_CLOSE int alone = open(path, O_RDONLY | O_CLOEXEC | O_EXCL);
	return alone < 0 && errno == EBUSY ? bd_in_use(err, "the device is in use: unmount it, or stop what uses it")
					   : 0;
}
