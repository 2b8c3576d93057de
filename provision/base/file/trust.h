/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files and folders that nobody but this user, or root, can have written.
 *
 * What is taken from a cache or a store of templates ends up in guests, and a lock is none where others can take it. So the
 * owner has to be this user or root, and group and others must not be allowed to write. A sticky folder (mode 1777) is no
 * exception: others may put new files there. Folders above it are not looked at.
 */
#ifndef BD_BASE_FILE_TRUST_H
#define BD_BASE_FILE_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"

bool bd_is_trusted(const struct stat *there);

/* EPERM: it is not trusted; the message says why, and what to do. what: "cache folder"; symbolic links are followed. */
int bd_trust_check(const char *path, const struct stat *there, const char *what, struct bd_error *err);

#endif
