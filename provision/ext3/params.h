/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parameters of a new ext3 or ext4 filesystem, its content, and the location of a template's content in it. Shared by the
 * public header ext3/ext3.h and the parts of the writer. */
#ifndef BD_EXT3_PARAMS_H
#define BD_EXT3_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "ext3/fs_type.h"
#include "rootfs/sealed.h"
#include "rootfs/tree.h"

struct bd_ext3_params {
	enum bd_fs_type type;
	uint64_t offset_bytes; /* of the partition in the file; a multiple of 512 */
	uint64_t size_bytes; /* of the partition; the filesystem is this, rounded down to whole blocks */
	uint32_t block_size; /* bytes; 0: as mke2fs chooses for this size */
	char label[17]; /* at most 16 bytes, terminated */
	uint8_t uuid[16];
	uint8_t hash_seed[16]; /* of the directory index */
	int64_t now; /* seconds since the epoch, up to 2^32 - 1: every timestamp; 0 counts as 1 */
};

/* Where a sealed template lies in a filesystem. */
struct bd_base_layout {
	uint64_t places; /* a hash of where its content lies */
	uint64_t end_bytes; /* where what depends on the guest begins, counted from the filesystem's beginning */
};

/* What goes into it; both may be NULL. */
struct bd_ext3_files {
	const struct bd_sealed *base; /* a sealed template; blocks are then of 4096 bytes, whatever the size */
	const struct bd_tree *tree; /* laid over it: files of the same path are replaced, whiteouts take them away */
	bool only_check; /* whether they fit (ENOSPC); nothing is written */
	bool any_size; /* with only_check: into a filesystem of any size */
	int fd; /* the file at path, open for writing; for base only */
	int64_t base_time; /* ctime of the base's files: the same in all guests */
	/* The file is a clone of a filesystem of this size and base (disk/prepared_image.h) instead of zeros: only
	 * what differs is written. ESTALE: that one was laid out differently, and the file is of no use. */
	bool is_clone;
	struct bd_base_layout clone_layout; /* its base */
};

/* The smallest partition that bd_ext3_write accepts. */
#define BD_EXT3_MIN_BYTES (8u * 1024 * 1024)

#endif
