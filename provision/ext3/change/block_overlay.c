/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An io_manager for libext2fs above another one. */
#include "ext3/change/block_overlay.h"

#include <errno.h>
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "ext3/error.h"

/* libext2fs reads and writes in units of this at least. */
#define UNIT_BYTES 1024u

struct written_block {
	blk64_t block;
	uint8_t data[];
};

struct bd_block_overlay {
	io_channel lower; /* owned */
	uint32_t block_size; /* of the filesystem */
	void *tree; /* of struct written_block by block: tsearch(3) */
};

static int compare_blocks(const void *a, const void *b)
{
	const struct written_block *one = a, *other = b;

	return one->block < other->block ? -1 : one->block > other->block;
}

static struct written_block *find(const struct bd_block_overlay *overlay, blk64_t block)
{
	const struct written_block key = { .block = block };
	struct written_block **node = tfind(&key, &overlay->tree, compare_blocks);

	return node ? *node : NULL;
}

static errcode_t read_lower(const struct bd_block_overlay *overlay, uint64_t begin, size_t size, void *data)
{
	return io_channel_read_blk64(overlay->lower, begin / UNIT_BYTES, -(int)size, data);
}

/* The block, with the image's content where it has none yet and not all of it will be written. */
static errcode_t find_or_add(struct bd_block_overlay *overlay, blk64_t block, bool all,
			     struct written_block **block_out)
{
	struct written_block *written = find(overlay, block);

	*block_out = written;
	if (written)
		return 0;
	written = malloc(sizeof(*written) + overlay->block_size);
	if (!written)
		return ENOMEM;
	written->block = block;
	errcode_t ec = all ? 0 : read_lower(overlay, block * overlay->block_size, overlay->block_size, written->data);
	if (!ec && !tsearch(written, &overlay->tree, compare_blocks))
		ec = ENOMEM;
	if (ec)
		free(written);
	else
		*block_out = written;
	return ec;
}

/* A negative count is in bytes. */
static int range_of(io_channel channel, unsigned long long block, int count, uint64_t *begin_out, size_t *size_out)
{
	*size_out = count < 0 ? (size_t)(-(int64_t)count) : (size_t)count * (size_t)channel->block_size;
	return __builtin_mul_overflow(block, (uint64_t)channel->block_size, begin_out) ||
	       *begin_out > UINT64_MAX / 2 || *size_out > INT32_MAX;
}

static errcode_t overlay_read(io_channel channel, unsigned long long block, int count, void *data)
{
	const struct bd_block_overlay *overlay = channel->private_data;
	uint64_t begin, size_of_block = overlay->block_size;
	size_t size;

	if (range_of(channel, block, count, &begin, &size))
		return EXT2_ET_SHORT_READ;
	for (size_t done = 0; done < size;) {
		uint64_t at = (begin + done) % size_of_block;
		size_t part = size - done < size_of_block - at ? size - done : (size_t)(size_of_block - at);
		const struct written_block *written = find(overlay, (begin + done) / size_of_block);
		errcode_t ec = 0;
		if (written)
			memcpy((uint8_t *)data + done, written->data + at, part);
		else
			ec = read_lower(overlay, begin + done, part, (uint8_t *)data + done);
		if (ec)
			return ec;
		done += part;
	}
	return 0;
}

static errcode_t overlay_write(io_channel channel, unsigned long long block, int count, const void *data)
{
	struct bd_block_overlay *overlay = channel->private_data;
	uint64_t begin, size_of_block = overlay->block_size;
	size_t size;

	if (range_of(channel, block, count, &begin, &size))
		return EXT2_ET_SHORT_WRITE;
	for (size_t done = 0; done < size;) {
		uint64_t at = (begin + done) % size_of_block;
		size_t part = size - done < size_of_block - at ? size - done : (size_t)(size_of_block - at);
		struct written_block *written;
		errcode_t ec = find_or_add(overlay, (begin + done) / size_of_block, part == size_of_block, &written);
		if (ec)
			return ec;
		memcpy(written->data + at, (const uint8_t *)data + done, part);
		done += part;
	}
	return 0;
}

static errcode_t overlay_read_blk(io_channel channel, unsigned long block, int count, void *data)
{
	return overlay_read(channel, block, count, data);
}

static errcode_t overlay_write_blk(io_channel channel, unsigned long block, int count, const void *data)
{
	return overlay_write(channel, block, count, data);
}

static errcode_t overlay_write_byte(io_channel channel, unsigned long offset, int count, const void *data)
{
	int block_size = channel->block_size;

	channel->block_size = 1;
	errcode_t ec = overlay_write(channel, offset, -count, data);
	channel->block_size = block_size;
	return ec;
}

static errcode_t overlay_open(const char *name, int flags, io_channel *channel)
{
	(void)name, (void)flags, (void)channel;
	return EXT2_ET_UNIMPLEMENTED;
}

static errcode_t overlay_close(io_channel channel)
{
	struct bd_block_overlay *overlay = channel->private_data;

	if (--channel->refcount > 0)
		return 0;
	tdestroy(overlay->tree, free);
	errcode_t ec = io_channel_close(overlay->lower);
	free(overlay);
	free(channel->name);
	free(channel);
	return ec;
}

static errcode_t overlay_set_blksize(io_channel channel, int block_size)
{
	channel->block_size = block_size;
	return 0;
}

static errcode_t overlay_flush(io_channel channel)
{
	(void)channel;
	return 0;
}

static struct struct_io_manager manager = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "xen-bigdisk overlay",
	.open = overlay_open,
	.close = overlay_close,
	.set_blksize = overlay_set_blksize,
	.read_blk = overlay_read_blk,
	.write_blk = overlay_write_blk,
	.read_blk64 = overlay_read,
	.write_blk64 = overlay_write,
	.write_byte = overlay_write_byte,
	.flush = overlay_flush,
};

int bd_block_overlay_start(ext2_filsys fs, struct bd_block_overlay **overlay_out, struct bd_error *err)
{
	io_channel channel = calloc(1, sizeof(*channel));
	struct bd_block_overlay *overlay = calloc(1, sizeof(*overlay));
	char *name = strdup(fs->io->name);

	if (!channel || !overlay || !name) {
		free(channel);
		free(overlay);
		free(name);
		return bd_no_memory(err);
	}
	overlay->lower = fs->io;
	overlay->block_size = fs->blocksize;
	io_channel_set_blksize(overlay->lower, (int)UNIT_BYTES);
	channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	channel->manager = &manager;
	channel->name = name;
	channel->block_size = (int)fs->blocksize;
	channel->refcount = fs->image_io == fs->io ? fs->io->refcount : 1;
	channel->private_data = overlay;
	channel->app_data = fs->io->app_data;
	fs->io->refcount = 1;
	if (fs->image_io == fs->io)
		fs->image_io = channel;
	fs->io = channel;
	fs->flags |= EXT2_FLAG_RW;
	*overlay_out = overlay;
	return 0;
}

void bd_block_overlay_forget(struct bd_block_overlay *overlay, blk64_t first, blk64_t count)
{
	for (blk64_t block = first; block < first + count; block++) {
		struct written_block *written = find(overlay, block);
		if (written)
			tdelete(written, &overlay->tree, compare_blocks);
		free(written);
	}
}

errcode_t bd_block_overlay_read_image(struct bd_block_overlay *overlay, blk64_t block, void *data)
{
	return read_lower(overlay, block * overlay->block_size, overlay->block_size, data);
}

errcode_t bd_block_overlay_read(struct bd_block_overlay *overlay, blk64_t block, void *data)
{
	const struct written_block *written = find(overlay, block);

	if (!written)
		return bd_block_overlay_read_image(overlay, block, data);
	memcpy(data, written->data, overlay->block_size);
	return 0;
}

struct walk {
	const struct bd_block_overlay *overlay;
	uint8_t *there; /* what the image has */
	bd_block_overlay_each_block each;
	void *context;
	struct bd_error *err;
	int result;
};

static void visit(const void *node, VISIT order, void *closure)
{
	struct walk *walk = closure;
	struct written_block *written = *(struct written_block *const *)node;
	uint32_t size = walk->overlay->block_size;

	if (walk->result != 0 || (order != postorder && order != leaf))
		return;
	errcode_t ec = read_lower(walk->overlay, written->block * size, size, walk->there);
	if (ec)
		walk->result =
			bd_fail_ext2(walk->err, ec, "cannot read block %llu", (unsigned long long)written->block);
	else if (memcmp(walk->there, written->data, size) != 0)
		walk->result = walk->each(walk->context, written->block, written->data, walk->err);
}

int bd_block_overlay_each(struct bd_block_overlay *overlay, bd_block_overlay_each_block each, void *context,
			  struct bd_error *err)
{
	BD_FREE uint8_t *there = malloc(overlay->block_size);
	struct walk walk = { overlay, there, each, context, err, 0 };

	if (!there)
		return bd_no_memory(err);
	twalk_r(overlay->tree, visit, &walk);
	return walk.result;
}
