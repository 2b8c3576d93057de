/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes the entries of one directory, allocates its blocks, and writes its inode. */
#include "ext3/writer/populate_dir.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "ext3/error.h"
#include "ext3/format.h"
#include "rootfs/file_type.h"

/* Without the feature large_dir; e2fsck takes what is larger for damaged (pass1.c, PR_1_TOOBIG_DIR). */
#define DIR_BYTES_MAX (UINT64_C(1) << 31)

/* The blocks that mke2fs' steps have given to the root or to lost+found; all are direct ones. */
static errcode_t adopt_blocks(const struct bd_populate *populate, const struct bd_new_dir *new_dir,
			      struct bd_block_map *map)
{
	if (new_dir->first_block) {
		map->i_block[0] = (uint32_t)new_dir->first_block;
		map->block_count = 1;
	}
	if (new_dir->ino > EXT2_FIRST_INO(populate->fs->super))
		return 0;
	struct ext2_inode inode;
	errcode_t ec = ext2fs_read_inode(populate->fs, new_dir->ino, &inode);
	if (ec)
		return ec;
	memcpy(map->i_block, inode.i_block, sizeof(map->i_block));
	map->block_count = inode.i_size / populate->fs->blocksize;
	return 0;
}

/* What is adopted, or was written before, is among the direct ones. */
static errcode_t write_block(void *context, size_t number, const uint8_t *block)
{
	struct bd_block_map *map = context;
	blk64_t at = number < EXT2_NDIR_BLOCKS ? map->i_block[number] : 0, count;
	errcode_t ec = at ? 0 : bd_block_map_extend(map, number, 1, &at, &count);

	return ec ? ec : io_channel_write_blk64(map->blocks->fs->io, at, 1, block);
}

static uint32_t count_dirs(const struct bd_dir_entry *entries, size_t count, struct bd_dir_sum *sum_out)
{
	uint32_t dirs = 0;

	*sum_out = (struct bd_dir_sum){ 0 };
	for (size_t i = 0; i < count; i++) {
		dirs += entries[i].type == BD_TYPE_DIRECTORY;
		bd_dir_sum_add(sum_out, entries[i].name_size);
	}
	return dirs;
}

int bd_populate_check_dir(uint32_t block_size, uint32_t dirs, const struct bd_dir_sum *sum, struct bd_error *err)
{
	uint64_t bytes = bd_dir_blocks_limit(block_size, sum) * block_size;

	if (dirs > BD_EXT_CHILD_DIRS_MAX)
		return bd_fail(err, EMLINK, "it has %u subdirectories, ext3 allows %d", dirs, BD_EXT_CHILD_DIRS_MAX);
	if (bytes > DIR_BYTES_MAX)
		return bd_fail(err, EFBIG, "its names need %llu MiB, an ext3 directory can have %llu",
			       (unsigned long long)bytes >> 20, (unsigned long long)DIR_BYTES_MAX >> 20);
	return 0;
}

int bd_populate_dir(struct bd_populate *populate, const struct bd_new_dir *new_dir, struct bd_sealed_inode *facts,
		    struct bd_dir_entry *entries, size_t count, struct bd_error *err)
{
	BD_DISPOSE(bd_block_map_dispose) struct bd_block_map map;
	struct bd_dir_sink sink = { write_block, &map };
	struct bd_dir_blocks blocks;
	struct bd_dir_sum sum;
	uint32_t dirs = count_dirs(entries, count, &sum);

	bd_block_map_init(&map, populate->blocks);
	if (bd_populate_check_dir(populate->fs->blocksize, dirs, &sum, err) != 0)
		return -1;
	errcode_t ec = adopt_blocks(populate, new_dir, &map);
	if (!ec)
		ec = bd_dir_blocks_make(populate->fs, new_dir->ino, new_dir->parent_ino, entries, count,
					map.block_count, &sink, &blocks);
	if (!ec)
		ec = bd_block_map_finish(&map);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot write it");

	facts->links = 2 + dirs;
	if (bd_inode_begin(&populate->inode, facts, err) != 0)
		return -1;
	bd_inode_set_map(&populate->inode, &map, (uint64_t)blocks.count * populate->fs->blocksize);
	if (blocks.indexed)
		bd_inode_bytes(&populate->inode)->i_flags |= EXT2_INDEX_FL;
	return bd_inode_write(&populate->inode, new_dir->ino, err);
}

uint64_t bd_populate_dir_blocks(uint32_t block_size, const struct bd_dir_sum *sum)
{
	uint64_t blocks = bd_dir_blocks_limit(block_size, sum);

	return blocks + bd_block_map_overhead(block_size, blocks);
}
