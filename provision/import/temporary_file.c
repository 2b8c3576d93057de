/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where O_TMPFILE is not supported (NFS), the file has a name for a moment. */
#include "import/temporary_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *bd_temporary_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder ? folder : "/var/tmp";
}

int bd_open_temporary(int *fd_out, struct bd_error *err)
{
	const char *folder = bd_temporary_folder();
	char path[PATH_MAX];

	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		snprintf(path, sizeof(path), "%s/xen-bigdisk-XXXXXX", folder);
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
	}
	if (fd < 0)
		return bd_fail_errno(err, "cannot make a temporary file in %s", folder);
	*fd_out = fd;
	return 0;
}
