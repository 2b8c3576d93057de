/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blocks of a directory, made in one go from all of its entries. Nothing is read or written here.
 *
 * Up to one block the entries stay in their order. A larger directory gets the hash tree of dir_index: block 0 is
 * its root, then come the leaves in the order of the hashes, then the inner nodes where one level is not enough.
 * Format: the kernel's Documentation/filesystems/ext4/directory.rst.
 */
#ifndef BD_IMAGE_DIR_BLOCKS_H
#define BD_IMAGE_DIR_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ext2fs/ext2fs.h>

struct bd_dir_entry {
	const char *name; /* borrowed; not terminated */
	uint32_t ino;
	uint8_t name_size; /* 1 to 255 */
	uint8_t type; /* EXT2_FT_* */
	uint32_t hash, minor_hash; /* for bd_dir_blocks_make's own use */
};

struct bd_dir_blocks {
	uint8_t *bytes; /* count blocks */
	size_t count, capacity;
	bool indexed; /* the inode has EXT2_INDEX_FL */
};

void bd_dir_blocks_dispose(struct bd_dir_blocks *blocks); /* idempotent */

/* Adds "." and ".." by itself. At least min_blocks blocks; with min_blocks above 1 there is no index. The order of
 * the entries may change. Returns a libext2fs code. */
errcode_t bd_dir_blocks_make(ext2_filsys fs, uint32_t self, uint32_t parent, struct bd_dir_entry *entries,
			     size_t count, size_t min_blocks, struct bd_dir_blocks *blocks_out);

/* The bytes that an entry with a name of so many bytes takes. */
size_t bd_dir_entry_size(size_t name_size);

/* How many blocks bd_dir_blocks_make takes at most, from the sizes of the entries. */
struct bd_dir_sum {
	uint64_t bytes;
	size_t longest;
};
void bd_dir_sum_add(struct bd_dir_sum *sum, size_t name_size);
uint64_t bd_dir_blocks_limit(size_t block_size, const struct bd_dir_sum *sum);

#endif
