/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks that the index of a sealed root is valid. */
#ifndef BD_ROOTFS_SEALED_CHECK_H
#define BD_ROOTFS_SEALED_CHECK_H

#include "base/err.h"
#include "rootfs/sealed.h"

/* Reads all of the index: that each name is there once in its directory, that there are as many names of an inode as links,
 * that each directory but the root has one parent, which comes before it, and that records fill their sections. EINVAL: it
 * is damaged, and where. The writer of ext3 relies on this. */
int bd_sealed_check(const struct bd_sealed *sealed, struct bd_error *err);

#endif
