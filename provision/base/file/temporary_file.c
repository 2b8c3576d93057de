/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where O_TMPFILE is not supported (NFS), the file has a name for a moment. */
#include "base/file/temporary_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file/file.h"

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

int bd_write_temporary(int fd, const void *data, size_t size_bytes, uint64_t offset_bytes, struct bd_error *err)
{
	if (bd_pwrite_all(fd, data, size_bytes, offset_bytes, "a temporary file", err) == 0)
		return 0;
	return err->kind == BD_KIND_NO_ROOM
		       ? bd_no_room(
				 err,
				 "its content goes through a temporary file, for which %s has no room; set TMPDIR to "
				 "a directory with more",
				 bd_temporary_folder())
		       : -1;
}
