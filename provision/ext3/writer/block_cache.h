/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of a file under construction, by number: in memory until there are many, then in the file.
 *
 * A block that was never stored reads as zeros without reading the file. A file that is a clone of a similar one is
 * compared before it is written, so that blocks that are already correct stay shared. */
#ifndef BD_EXT3_WRITER_BLOCK_CACHE_H
#define BD_EXT3_WRITER_BLOCK_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bd_cached_block {
	uint64_t number_plus_1; /* 0: an empty place in the table */
	uint32_t slot; /* where its bytes are in memory; BD_NO_SLOT: in the file only */
	bool on_disk; /* the file has had bytes of it that are not zero */
};

struct bd_block_cache {
	int fd; /* borrowed */
	uint64_t offset_bytes;
	uint32_t block_size;
	struct bd_cached_block *table;
	size_t table_size, table_used; /* places; table_size is a power of two */
	uint8_t **slabs; /* memory for slots, in pieces that never move */
	size_t slab_count;
	uint32_t slots_used;
	bool is_clone; /* the file has content already */
};

void bd_block_cache_init(struct bd_block_cache *cache, int fd, uint64_t offset_bytes, uint32_t block_size);
void bd_block_cache_dispose(struct bd_block_cache *cache); /* idempotent; drops what was not flushed */

/* Bytes [begin, begin + size) of the block. 0 or an errno value. */
int bd_block_cache_read(struct bd_block_cache *cache, uint64_t block, size_t begin, size_t size, void *data_out);
int bd_block_cache_write(struct bd_block_cache *cache, uint64_t block, size_t begin, size_t size, const void *data);

/* Writes every block that is in memory, by rising number; neighbours in one call. 0 or an errno value. */
int bd_block_cache_flush(struct bd_block_cache *cache);

#endif
