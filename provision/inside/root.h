/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads an ext2, ext3 or ext4 filesystem inside a disk image as a guest's root filesystem (rootfs/root_reader.h). Whoever runs
 * the guest wrote it, so a sandboxed process has it open, and is asked one question after the other; its answers are checked here.
 */
#ifndef BD_INSIDE_ROOT_H
#define BD_INSIDE_ROOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "filestream/frame_reader.h"
#include "rootfs/root_reader.h"

struct bd_inside_root {
	struct bd_frame_reader answers; /* owned, with the process */
	uint8_t uuid[16];
	char label[17]; /* as it is there: may have any bytes in it */
	uint64_t size_bytes; /* of the filesystem */
	/* All of its checksums depend on its UUID (metadata_csum without metadata_csum_seed), which can then only be changed by writing
	 * all of its metadata anew. */
	bool uuid_in_checksums;
	bool was_replayed; /* it is read as after a replay of its journal, which it still needs */
};

#define BD_INSIDE_ROOT_INIT \
	{ \
		.answers = BD_FRAME_READER_INIT \
	}

/* fd: of the image, borrowed until the root is disposed of; its offset moves. offset_bytes, size_bytes: of the partition. A
 * journal that has to be replayed is read through.
 * EBUSY: it was not unmounted cleanly, and no journal tells how it would be, or it has errors. ENOTSUP: it has a feature with
 * which a copy of it could not be changed. EIO: it is cut off, or no such filesystem. */
int bd_inside_root_open(int fd, uint64_t offset_bytes, uint64_t size_bytes, struct bd_inside_root *root_out,
			struct bd_error *err);
void bd_inside_root_dispose(struct bd_inside_root *root); /* idempotent */

/* root is borrowed, and must not move. A file has to fit into the memory of the process, too, which is 512 MiB. */
struct bd_root_reader bd_inside_root_reader(struct bd_inside_root *root);

#endif
