/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passes over what this program has made itself. */
#include "import/disk/unused.h"

#include <sys/stat.h>

#include "disk/use/in_use.h"

int bd_source_check_unused(int fd, struct bd_error *err)
{
	struct stat there;

	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot access it");
	return S_ISREG(there.st_mode) && there.st_nlink == 0 ? 0 : bd_disk_check_unused(fd, err);
}
