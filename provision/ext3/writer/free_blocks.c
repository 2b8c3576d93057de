/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds runs of free blocks, and takes from them. */
#include "ext3/writer/free_blocks.h"

#include <errno.h>

void bd_free_blocks_init(struct bd_free_blocks *blocks, ext2_filsys fs)
{
	*blocks = (struct bd_free_blocks){
		fs,    fs->block_map, fs->super->s_first_data_block, fs->super->s_first_data_block, UINT64_MAX,
		false, false
	};
}

static errcode_t find_free_run(struct bd_free_blocks *blocks)
{
	blk64_t last = ext2fs_blocks_count(blocks->fs->super) - 1;
	if (blocks->end > last)
		return EXT2_ET_BLOCK_ALLOC_FAIL;
	errcode_t ec = ext2fs_find_first_zero_block_bitmap2(blocks->free_in, blocks->end, last, &blocks->begin);
	if (ec == ENOENT)
		return EXT2_ET_BLOCK_ALLOC_FAIL;
	if (ec)
		return ec;
	ec = ext2fs_find_first_set_block_bitmap2(blocks->free_in, blocks->begin, last, &blocks->end);
	if (ec == ENOENT)
		blocks->end = last + 1;
	return ec == ENOENT ? 0 : ec;
}

/* How much of the run that was found is free from its beginning on; others may have taken from it since. */
static errcode_t measure_run(struct bd_free_blocks *blocks, blk64_t *count_out)
{
	blk64_t next = 0;

	for (;;) {
		errcode_t ec = blocks->begin == blocks->end ? find_free_run(blocks) : 0;
		if (ec == EXT2_ET_BLOCK_ALLOC_FAIL && blocks->wraps) {
			blocks->begin = blocks->end = blocks->fs->super->s_first_data_block;
			ec = find_free_run(blocks);
		}
		*count_out = blocks->end - blocks->begin;
		if (ec || !blocks->is_shared)
			return ec;
		ec = ext2fs_find_first_zero_block_bitmap2(blocks->fs->block_map, blocks->begin, blocks->end - 1,
							  &next);
		blocks->begin = ec == ENOENT ? blocks->end : next;
		if (ec == ENOENT)
			continue;
		if (ec)
			return ec;
		ec = ext2fs_find_first_set_block_bitmap2(blocks->fs->block_map, blocks->begin, blocks->end - 1,
							 &next);
		*count_out = (ec == ENOENT ? blocks->end : next) - blocks->begin;
		return ec == ENOENT ? 0 : ec;
	}
}

errcode_t bd_free_blocks_take(struct bd_free_blocks *blocks, blk64_t want, blk64_t *first_out, blk64_t *count_out)
{
	blk64_t count;
	errcode_t ec = measure_run(blocks, &count);

	if (ec)
		return ec;
	if (count > want)
		count = want;
	if (count > blocks->left)
		count = blocks->left;
	if (!count)
		return EXT2_ET_BLOCK_ALLOC_FAIL;
	blocks->left -= count;
	ext2fs_block_alloc_stats_range(blocks->fs, blocks->begin, (blk_t)count, +1);
	*first_out = blocks->begin;
	*count_out = count;
	blocks->begin += count;
	return 0;
}

errcode_t bd_free_blocks_reserve(struct bd_free_blocks *blocks, uint64_t count, struct bd_free_blocks *reserve_out)
{
	*reserve_out = *blocks;
	reserve_out->left = count;
	while (count) {
		if (blocks->begin == blocks->end) {
			errcode_t ec = find_free_run(blocks);
			if (ec)
				return ec;
		}
		blk64_t part = blocks->end - blocks->begin < count ? blocks->end - blocks->begin : count;
		blocks->begin += part;
		count -= part;
	}
	return 0;
}

errcode_t bd_free_blocks_count_runs(const struct bd_free_blocks *blocks, uint64_t *runs_out)
{
	struct bd_free_blocks rest = *blocks;
	uint64_t runs = rest.begin != rest.end;
	errcode_t ec;

	for (; (ec = find_free_run(&rest)) == 0; rest.begin = rest.end)
		runs++;
	*runs_out = runs;
	return ec == EXT2_ET_BLOCK_ALLOC_FAIL ? 0 : ec;
}
