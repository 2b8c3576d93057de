/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the node params of a backend leads to: a block device, a file, or neither. */
#ifndef BD_HOTPLUG_BLOCK_TARGET_H
#define BD_HOTPLUG_BLOCK_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct bd_block_target {
	enum { BD_BLOCK_IS_DEVICE, BD_BLOCK_IS_FILE, BD_BLOCK_IS_OTHER, BD_BLOCK_IS_MISSING } kind;
	char path
		[PATH_MAX]; /* of a device as it was given, unless that is a symbolic link; of a file without any link */
	dev_t device; /* the block device, or that of the file's filesystem */
	ino_t inode; /* the file's; 0: a device */
	bool has_write_permission; /* of a file: anybody's */
	int fd; /* of a file: O_PATH; -1 */
};

/* Follows symbolic links, as those of LVM. A relative path is one in /dev, else one of the current folder. What is missing or cannot be
 * reached is BD_BLOCK_IS_MISSING. */
int bd_block_target_find(const char *params, struct bd_block_target *target_out, struct bd_error *err);
void bd_block_target_dispose(struct bd_block_target *target); /* closes fd; idempotent */

#endif
