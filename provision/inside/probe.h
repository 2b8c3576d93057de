/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on a disk as a whole, as libblkid recognises it in a sandboxed child: before something is overwritten, and to choose how
 * something is read. */
#ifndef BD_INSIDE_PROBE_H
#define BD_INSIDE_PROBE_H

#include <stdbool.h>

#include "base/err.h"

#define BD_PROBE_TEXT_SIZE 512

/* In words: "has an ext4 filesystem labelled \"data\"", "is swap space and has a partition table (dos)". An empty text: nothing is
 * recognised. fd: of a file or a block device, open for reading. */
int bd_probe_describe(int fd, char text_out[BD_PROBE_TEXT_SIZE], struct bd_error *err);

/* Whether libblkid has one name for all of it: a filesystem, a volume, something encrypted; not a partition table. */
int bd_probe_is_known(int fd, bool *known_out, struct bd_error *err);

#endif
