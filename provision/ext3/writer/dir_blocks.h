/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds the blocks of a directory in one go from all of its entries. Nothing is read.
 *
 * Up to one block, the entries stay in their order. A larger directory gets the hash tree of dir_index: block 0 is
 * its root, followed by the leaves in hash order, then by inner nodes if one level is not enough. Format: the
 * kernel's Documentation/filesystems/ext4/directory.rst. */
#ifndef BD_EXT3_WRITER_DIR_BLOCKS_H
#define BD_EXT3_WRITER_DIR_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ext2fs/ext2fs.h>

struct bd_dir_entry {
	const char *name; /* borrowed; not terminated */
	uint32_t ino;
	uint8_t name_size; /* 1 to 255 */
	uint8_t type; /* enum bd_file_type */
	uint32_t hash, minor_hash; /* for bd_dir_blocks_make's own use */
};

/* Where the blocks go: by rising number, so that nothing of a large directory is kept; but block 0 comes again in the end
 * where there is an index. Where blocks have checksums, it is the sink's to set them; there is room for them. Returns a libext2fs code. */
struct bd_dir_sink {
	errcode_t (*write)(void *context, size_t number, uint8_t *block);
	void *context;
};

struct bd_dir_blocks {
	size_t count;
	bool indexed; /* the inode has EXT2_INDEX_FL */
};

/* Adds "." and ".." by itself. At least min_blocks blocks; with min_blocks above 1 there is no index. Returns a libext2fs
 * code, or that of the sink. */
errcode_t bd_dir_blocks_make(ext2_filsys fs, uint32_t self, uint32_t parent, struct bd_dir_entry *entries,
			     size_t count, size_t min_blocks, const struct bd_dir_sink *sink,
			     struct bd_dir_blocks *blocks_out);

/* The bytes that an entry with a name of so many bytes takes. */
size_t bd_dir_entry_size(size_t name_size);

/* How many blocks bd_dir_blocks_make takes at most, from the sizes of the entries. */
struct bd_dir_sum {
	uint64_t bytes;
	size_t longest;
};
void bd_dir_sum_add(struct bd_dir_sum *sum, size_t name_size);
uint64_t bd_dir_blocks_limit(ext2_filsys fs, const struct bd_dir_sum *sum);

/* How many bytes of entries fit into a block. */
size_t bd_dir_block_room(ext2_filsys fs);

#endif
