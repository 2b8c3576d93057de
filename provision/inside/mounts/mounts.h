/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The partitions of a disk image that make one root filesystem: the one that is mounted at /, and those that its /etc/fstab mounts
 * below that. They are looked for in a sandboxed process. */
#ifndef BD_INSIDE_MOUNTS_MOUNTS_H
#define BD_INSIDE_MOUNTS_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "inside/mounts/plan.h"

struct bd_inside_mount {
	char path[BD_MOUNT_PATH_SIZE]; /* absolute, without "." and ".." */
	int partition; /* as in bd_inside_request; 0: the whole image */
	uint64_t offset_bytes, size_bytes; /* of the partition */
	bool is_fat; /* and no ext filesystem */
};

/* Arrays, so that there is nothing to dispose of. */
struct bd_inside_mounts {
	struct bd_inside_mount items[BD_MOUNTS_MAX + 1]; /* "/" is the first; what is below another comes after it */
	size_t count;
	struct bd_inside_mount
		left_out[BD_MOUNTS_MAX]; /* EFI system partitions, of which a guest of Xen has no use */
	size_t left_out_count;
};

/* fd: of the image; its offset moves. partition: that of the root filesystem; 0: the only ext filesystem with a root in it.
 * ENOTSUP: there is a root filesystem, or a part of it, that is not read; EINVAL: there is none, or it is not clear what is meant. */
int bd_inside_mounts_find(int fd, int partition, const char *(*advice)(const char *type),
			  struct bd_inside_mounts *mounts_out, struct bd_error *err);

#endif
