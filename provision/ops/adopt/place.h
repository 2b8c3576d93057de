/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another place for one disk, by a hard link or a copy. */
#ifndef BD_OPS_ADOPT_PLACE_H
#define BD_OPS_ADOPT_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "ops/adopt/disk.h"

/* Both names are hard links to one file, so that it still has the one without the other. A symbolic link is none. */
int adopt_place_is_linked(const char *from, const char *to, bool *linked_out, struct bd_error *err);

/* Nobody writes to the disk, and its directories can be written to. BD_KIND_IN_USE. */
int adopt_place_check(const char *from, const char *to, bool moves, struct bd_error *err);
/* For those that are copied, unless they share their blocks with what they are copied from. BD_KIND_NO_ROOM. */
int adopt_place_check_room(const struct adopt_disk *disks, size_t count, bool moves, struct bd_error *err);

/* A copy is a draft afterwards, which is on the disk and has the mark of the unfinished. One that moves keeps owner and mode.
 * BD_KIND_IN_USE: it was written to meanwhile. */
int adopt_place(struct adopt_disk *disk, bool moves, struct bd_error *err);

/* Who may read it stays as it was: a group of operators, say. What root alone may give away is left with who imports. */
struct stat;
int adopt_keep_owner(int fd, const struct stat *there, const char *path, struct bd_error *err);

#endif
