/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads an ext2, ext3 or ext4 filesystem inside an image as a guest's root filesystem (rootfs/root_reader.h). */
#ifndef BD_EXT3_READER_ROOT_H
#define BD_EXT3_READER_ROOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/root_reader.h"

struct bd_ext3_root {
	struct struct_ext2_filsys *fs; /* libext2fs' own; owned */
	uint8_t uuid[16];
	char label[17];
	/* All of its checksums depend on its UUID (metadata_csum without a seed of its own): bd_ext_identity_set does not change
	 * it. */
	bool uuid_in_checksums;
	bool was_replayed; /* it is read as after a replay of its journal, which it needs */
};

void bd_ext3_root_dispose(struct bd_ext3_root *root); /* idempotent */

/* offset_bytes, size_bytes: of the partition. fd is borrowed, as bd_ext_open_fd says. A journal is read through.
 * EBUSY: it was not unmounted cleanly, and its journal does not tell how it would be, or it has errors: a start and a clean
 * shutdown, or e2fsck, corrects that. ENOTSUP: its journal is elsewhere. EIO: it is cut off, or
 * no such filesystem. */
int bd_ext3_root_open(int fd, uint64_t offset_bytes, uint64_t size_bytes, struct bd_ext3_root *root_out,
		      struct bd_error *err);

/* root is borrowed, and must not move. */
struct bd_root_reader bd_ext3_root_reader(const struct bd_ext3_root *root);

#endif
