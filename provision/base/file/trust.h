/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks that only this user or root can have written a file or directory.
 *
 * What is read from a cache or a template store ends up in guests, and a lock is worthless if other users can take
 * it. So the owner must be this user or root, and group and others must not have write permission. A sticky
 * directory (mode 1777) is no exception, because others can create files in it. Parent directories are not checked.
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
