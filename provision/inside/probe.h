/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on a disk as a whole, as libblkid recognises it in a sandboxed child: before something is overwritten, and to choose how
 * something is read. */
#ifndef BD_INSIDE_PROBE_H
#define BD_INSIDE_PROBE_H

#include <stdbool.h>

#include "base/err.h"

/* BD_KIND_EXISTS: something is recognised on it, which the message names, or it is not blank (inside/blank.h). fd: of a file or a block
 * device, open for reading. path: for the message. */
int bd_probe_check_empty(int fd, const char *path, struct bd_error *err);

/* Whether libblkid has one name for all of it: a filesystem, a volume, something encrypted; not a partition table. */
int bd_probe_is_known(int fd, bool *known_out, struct bd_error *err);

#endif
