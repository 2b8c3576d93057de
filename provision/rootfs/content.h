/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the content of a regular file of a tree, from memory or from the host, in pieces and without its holes. */
#ifndef BD_ROOTFS_CONTENT_H
#define BD_ROOTFS_CONTENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/tree.h"

#define BD_PIECE_BYTES (1024u * 1024)
/* One byte more shows that a file of the host has grown. */
#define BD_PIECE_BUFFER_BYTES (BD_PIECE_BYTES + 1)

struct bd_content {
	const struct bd_node *node; /* borrowed */
	uint8_t *buffer; /* borrowed: BD_PIECE_BUFFER_BYTES */
	uint32_t block_size;
	int fd; /* -1: from node->data */
	uint64_t size_bytes, at_bytes;
	uint64_t allocated_bytes; /* what the file takes on the host, at most size_bytes */
};

int bd_content_open(struct bd_content *content, const struct bd_node *node, uint32_t block_size, uint8_t *buffer,
		    struct bd_error *err);
void bd_content_dispose(struct bd_content *content); /* idempotent */

/* 1: the next piece is in the buffer, *size_out bytes of it from *begin_out in the file on; both are multiples of
 * the block size, with zeros past the end of the file. 0: there is none. -1: error, EIO where the file's size
 * has changed. */
int bd_content_next(struct bd_content *content, uint64_t *begin_out, size_t *size_out, struct bd_error *err);

/* The number of blocks that are not all zero, by reading them, and of the runs in which they lie. */
int bd_content_count_blocks(struct bd_content *content, uint64_t *blocks_out, uint64_t *runs_out,
			    struct bd_error *err);

#endif
