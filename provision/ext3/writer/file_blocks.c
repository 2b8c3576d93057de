/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocates blocks for the content of a file and writes it; blocks of zeros become holes. */
#include "ext3/writer/file_blocks.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/sector.h"
#include "ext3/error.h"
#include "ext3/writer/sparse_io.h"

/* ext4_max_size() and ext4_max_bitmap_size() of the kernel: without huge_file, i_blocks counts 512-byte sectors, the map's
 * blocks too, in 32 bits. */
uint64_t bd_file_size_limit(ext2_filsys fs)
{
	uint64_t block_size = fs->blocksize, n = block_size / 4;

	if (ext2fs_has_feature_extents(fs->super))
		return UINT32_MAX * block_size;
	uint64_t countable = UINT32_MAX / (block_size / BD_SECTOR_BYTES) - (1 + (1 + n) + (1 + n + n * n));
	uint64_t reach = bd_block_map_reach(fs->blocksize);
	return (reach < countable ? reach : countable) * block_size;
}

int bd_file_size_check(uint64_t size_bytes, ext2_filsys fs, struct bd_error *err)
{
	uint64_t limit = bd_file_size_limit(fs);

	if (size_bytes > limit)
		return bd_fail(err, EFBIG, "%llu MiB exceeds the maximum file size of %llu MiB",
			       (unsigned long long)size_bytes >> 20, (unsigned long long)limit >> 20);
	return 0;
}

static errcode_t place_run(struct bd_block_map *map, uint64_t logical, uint64_t count, const uint8_t *data)
{
	ext2_filsys fs = map->blocks->fs;
	while (count) {
		blk64_t first, got;
		errcode_t ec = bd_block_map_extend(map, logical, count, &first, &got);
		if (!ec)
			ec = bd_sparse_io_write_data(fs->io, first, (uint32_t)got, data);
		if (ec)
			return ec;
		logical += got;
		count -= got;
		data += got * fs->blocksize;
	}
	return 0;
}

static errcode_t place_piece(struct bd_block_map *map, uint64_t begin_bytes, size_t size, const uint8_t *data)
{
	size_t block_size = map->blocks->fs->blocksize;
	errcode_t ec = 0;
	for (size_t at = 0, end; !ec && at < size; at = end) {
		end = at;
		while (end < size && !bd_all_zero(data + end, block_size))
			end += block_size;
		if (end > at)
			ec = place_run(map, (begin_bytes + at) / block_size, (end - at) / block_size, data + at);
		else
			end += block_size;
	}
	return ec;
}

int bd_populate_content(struct bd_block_map *map, struct bd_content *content, struct bd_populate_progress *progress,
			struct bd_error *err)
{
	if (bd_file_size_check(content->size_bytes, map->blocks->fs, err) != 0)
		return -1;

	uint64_t begin, before = progress->bytes_done;
	size_t size;
	int more;
	while ((more = bd_content_next(content, &begin, &size, err)) > 0) {
		errcode_t ec = place_piece(map, begin, size, content->buffer);
		if (ec)
			return bd_fail_ext2(err, ec, "cannot write its content");
		progress->bytes_done = before + content->at_bytes;
		if (progress->report)
			progress->report(progress->bytes_done);
	}
	progress->bytes_done = before + content->size_bytes;
	return more;
}
