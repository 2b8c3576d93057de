/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tells one ext2, ext3 or ext4 filesystem from another one: UUID, label, and that it was mounted. */
#ifndef BD_EXT3_CHANGE_IDENTITY_H
#define BD_EXT3_CHANGE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct struct_ext2_filsys;

struct bd_ext_identity {
	const uint8_t *uuid; /* of 16 bytes; NULL: it stays */
	const char *label; /* at most 16 bytes count; NULL: it stays */
	bool never_mounted; /* as a new one: no time and count of mounts, so that it can be told from a guest's that ran */
};

/* fs (libext2fs' own) is open for writing. The copies of the superblock will have it too.
 * ENOTSUP: the UUID is in all of its checksums (bd_ext_uuid_in_checksums). */
int bd_ext_identity_set(struct struct_ext2_filsys *fs, const struct bd_ext_identity *identity, struct bd_error *err);

#endif
