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

/* The map of a directory, and where its first blocks lie: block 0 is written twice, and others may be there already. */
struct dir_map {
	struct bd_block_map map;
	uint32_t ino;
	blk64_t first_blocks[EXT2_NDIR_BLOCKS];
};

static void dir_map_dispose(struct dir_map *dir)
{
	bd_block_map_dispose(&dir->map);
}

static errcode_t adopt(struct dir_map *dir, uint64_t number, blk64_t block)
{
	if (number >= EXT2_NDIR_BLOCKS)
		return EXT2_ET_CORRUPT_SUPERBLOCK; /* no step of mke2fs gives as many */
	dir->first_blocks[number] = block;
	return bd_block_map_adopt(&dir->map, number, block);
}

/* The blocks that mke2fs' steps have given to the root or to lost+found. */
static errcode_t adopt_blocks(const struct bd_populate *populate, const struct bd_new_dir *new_dir,
			      struct dir_map *dir)
{
	if (new_dir->ino > EXT2_FIRST_INO(populate->fs->super))
		return new_dir->first_block ? adopt(dir, 0, new_dir->first_block) : 0;
	struct ext2_inode inode;
	errcode_t ec = ext2fs_read_inode(populate->fs, new_dir->ino, &inode);
	for (uint64_t i = 0; !ec && i < inode.i_size / populate->fs->blocksize; i++) {
		blk64_t block;
		ec = ext2fs_bmap2(populate->fs, new_dir->ino, &inode, NULL, 0, i, NULL, &block);
		if (!ec)
			ec = adopt(dir, i, block);
	}
	return ec;
}

static errcode_t write_block(void *context, size_t number, uint8_t *block)
{
	struct dir_map *dir = context;
	ext2_filsys fs = dir->map.blocks->fs;
	blk64_t at = number < EXT2_NDIR_BLOCKS ? dir->first_blocks[number] : 0, count;
	errcode_t ec = at ? 0 : bd_block_map_extend(&dir->map, number, 1, &at, &count);

	if (number < EXT2_NDIR_BLOCKS)
		dir->first_blocks[number] = at;
	/* The root of an index is zeros until its leaves are there. */
	if (!ec && ((const struct ext2_dir_entry *)(const void *)block)->rec_len)
		ec = ext2fs_dir_block_csum_set(fs, dir->ino, (struct ext2_dir_entry *)(void *)block);
	return ec ? ec : io_channel_write_blk64(fs->io, at, 1, block);
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

int bd_populate_check_dir(ext2_filsys fs, uint32_t dirs, const struct bd_dir_sum *sum, struct bd_error *err)
{
	uint64_t bytes = bd_dir_blocks_limit(fs, sum) * fs->blocksize;

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
	BD_DISPOSE(dir_map_dispose) struct dir_map dir = { .ino = new_dir->ino };
	struct bd_dir_sink sink = { write_block, &dir };
	struct bd_dir_blocks blocks;
	struct bd_dir_sum sum;
	uint32_t dirs = count_dirs(entries, count, &sum);

	bd_block_map_init_file(&dir.map, populate->blocks, new_dir->ino);
	if (bd_populate_check_dir(populate->fs, dirs, &sum, err) != 0)
		return -1;
	errcode_t ec = adopt_blocks(populate, new_dir, &dir);
	if (!ec)
		ec = bd_dir_blocks_make(populate->fs, new_dir->ino, new_dir->parent_ino, entries, count,
					dir.map.block_count, &sink, &blocks);
	if (!ec)
		ec = bd_block_map_finish(&dir.map);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot write it");

	facts->links = 2 + dirs;
	if (bd_inode_begin(&populate->inode, facts, err) != 0)
		return -1;
	bd_inode_set_map(&populate->inode, &dir.map, (uint64_t)blocks.count * populate->fs->blocksize);
	if (blocks.indexed)
		bd_inode_bytes(&populate->inode)->i_flags |= EXT2_INDEX_FL;
	return bd_inode_write(&populate->inode, new_dir->ino, err);
}

uint64_t bd_populate_dir_blocks(ext2_filsys fs, const struct bd_dir_sum *sum)
{
	uint64_t blocks = bd_dir_blocks_limit(fs, sum);

	return blocks + bd_block_map_overhead(fs, blocks, blocks);
}
