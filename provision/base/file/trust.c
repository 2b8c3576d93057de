/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks owner and mode. */
#include "base/file/trust.h"

#include <errno.h>
#include <unistd.h>

bool bd_is_trusted(const struct stat *there)
{
	return (there->st_uid == geteuid() || there->st_uid == 0) && !(there->st_mode & (S_IWGRP | S_IWOTH));
}

int bd_trust_check(const char *path, const struct stat *there, const char *what, struct bd_error *err)
{
	if (there->st_uid != geteuid() && there->st_uid != 0)
		return bd_fail(err, EPERM, "the %s %s belongs to another user (uid %u), who could change its content",
			       what, path, (unsigned)there->st_uid);
	if (!bd_is_trusted(there))
		return bd_fail(
			err, EPERM,
			"the %s %s is writable by other users (mode %04o): check its content, then: chmod go-w %s",
			what, path, (unsigned)(there->st_mode & 07777), path);
	return 0;
}
