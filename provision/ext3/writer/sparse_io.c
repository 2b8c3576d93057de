/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An io_manager for libext2fs on a new sparse file: metadata goes through a block cache, file content directly. */
#include "ext3/writer/sparse_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file/file.h"
#include "base/zeros.h"
#include "ext3/writer/block_cache.h"

#define DATA_BUFFER_BYTES (1024u * 1024)

struct sparse_io {
	int fd;
	uint64_t offset_bytes;
	struct bd_block_cache cache;
	uint8_t *data; /* content that waits for its neighbours */
	uint64_t data_begin_bytes; /* of it, in the filesystem */
	size_t data_size;
};

static struct sparse_io *state_of(io_channel channel)
{
	return channel->private_data;
}

static errcode_t sparse_open(const char *name, int flags, io_channel *channel_out)
{
	(void)flags;
	io_channel channel = calloc(1, sizeof(*channel));
	struct sparse_io *io = calloc(1, sizeof(*io));
	char *own_name = strdup(name);
	int fd = channel && io && own_name ? open(name, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0) {
		errcode_t ec = channel && io && own_name ? errno : ENOMEM;
		free(channel);
		free(io);
		free(own_name);
		return ec;
	}

	io->fd = fd;
	channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	channel->manager = bd_sparse_io_manager();
	channel->name = own_name;
	channel->block_size = 1024;
	channel->refcount = 1;
	channel->private_data = io;
	*channel_out = channel;
	bd_sparse_io_begin(channel, 0, 1024, false);
	return 0;
}

static errcode_t sparse_close(io_channel channel)
{
	if (--channel->refcount > 0)
		return 0;
	struct sparse_io *io = state_of(channel);
	int r = close(io->fd);
	errcode_t ec = r < 0 ? errno : 0;
	bd_block_cache_dispose(&io->cache);
	free(io->data);
	free(io);
	free(channel->name);
	free(channel);
	return ec;
}

static errcode_t sparse_set_blksize(io_channel channel, int block_size)
{
	channel->block_size = block_size;
	return 0;
}

/* libext2fs' way to count: a negative count is in bytes. */
static size_t size_of(io_channel channel, int count)
{
	return count < 0 ? (size_t) - (int64_t)count : (size_t)count * (size_t)channel->block_size;
}

/* What is asked for in the channel's blocks reaches the cache in the filesystem's, which may be other ones. */
static errcode_t pass_on(io_channel channel, unsigned long long block, int count, void *data_out, const void *data_in)
{
	struct bd_block_cache *cache = &state_of(channel)->cache;
	uint64_t at = block * (uint64_t)channel->block_size;
	size_t size = size_of(channel, count);

	for (size_t done = 0, part; done < size; done += part) {
		uint64_t number = (at + done) / cache->block_size;
		size_t begin = (at + done) % cache->block_size;
		part = cache->block_size - begin < size - done ? cache->block_size - begin : size - done;
		int r = data_out ? bd_block_cache_read(cache, number, begin, part, (uint8_t *)data_out + done)
				 : bd_block_cache_write(cache, number, begin, part, (const uint8_t *)data_in + done);
		if (r)
			return r;
	}
	return 0;
}

static errcode_t sparse_read(io_channel channel, unsigned long long block, int count, void *data)
{
	return pass_on(channel, block, count, data, NULL);
}

static errcode_t sparse_write(io_channel channel, unsigned long long block, int count, const void *data)
{
	return pass_on(channel, block, count, NULL, data);
}

static errcode_t sparse_read_blk(io_channel channel, unsigned long block, int count, void *data)
{
	return sparse_read(channel, block, count, data);
}

static errcode_t sparse_write_blk(io_channel channel, unsigned long block, int count, const void *data)
{
	return sparse_write(channel, block, count, data);
}

/* What is asked to be zero mostly is so already, and then costs a look into the table. */
static errcode_t sparse_zeroout(io_channel channel, unsigned long long block, unsigned long long count)
{
	_Static_assert(EXT2_MAX_BLOCK_SIZE <= BD_ZEROS_BYTES, "a block is more than the zeros there are");
	for (unsigned long long i = 0; i < count; i++) {
		errcode_t ec = sparse_write(channel, block + i, 1, bd_zeros);
		if (ec)
			return ec;
	}
	return 0;
}

static errcode_t sparse_discard(io_channel channel, unsigned long long block, unsigned long long count)
{
	(void)channel, (void)block, (void)count;
	return 0;
}

static errcode_t sparse_flush(io_channel channel)
{
	(void)channel;
	return 0;
}

io_manager bd_sparse_io_manager(void)
{
	static struct struct_io_manager manager = {
		.magic = EXT2_ET_MAGIC_IO_MANAGER,
		.name = "xen-bigdisk sparse file",
		.open = sparse_open,
		.close = sparse_close,
		.set_blksize = sparse_set_blksize,
		.read_blk = sparse_read_blk,
		.write_blk = sparse_write_blk,
		.read_blk64 = sparse_read,
		.write_blk64 = sparse_write,
		.flush = sparse_flush,
		.discard = sparse_discard,
		.zeroout = sparse_zeroout,
	};
	return &manager;
}

void bd_sparse_io_begin(io_channel channel, uint64_t offset_bytes, uint32_t block_size, bool is_clone)
{
	struct sparse_io *io = state_of(channel);
	io->offset_bytes = offset_bytes;
	bd_block_cache_dispose(&io->cache);
	bd_block_cache_init(&io->cache, io->fd, offset_bytes, block_size);
	io->cache.is_clone = is_clone;
}

static errcode_t write_to_file(const struct sparse_io *io, uint64_t begin_bytes, const void *data, size_t size)
{
	struct bd_error err;
	int r = bd_pwrite_all(io->fd, data, size, io->offset_bytes + begin_bytes, "the image", &err);
	return r == 0 ? 0 : err.code;
}

static errcode_t flush_data(struct sparse_io *io)
{
	size_t size = io->data_size;
	io->data_size = 0;
	return write_to_file(io, io->data_begin_bytes, io->data, size);
}

errcode_t bd_sparse_io_write_data(io_channel channel, uint64_t block, uint32_t count, const void *data)
{
	struct sparse_io *io = state_of(channel);
	uint64_t begin_bytes = block * io->cache.block_size;
	size_t size = (size_t)count * io->cache.block_size;

	bool joins = begin_bytes == io->data_begin_bytes + io->data_size;
	if (io->data_size && (!joins || size > DATA_BUFFER_BYTES - io->data_size)) {
		errcode_t ec = flush_data(io);
		if (ec)
			return ec;
	}
	if (size >= DATA_BUFFER_BYTES / 2 && !io->data_size)
		return write_to_file(io, begin_bytes, data, size);

	if (!io->data)
		io->data = malloc(DATA_BUFFER_BYTES);
	if (!io->data)
		return ENOMEM;
	if (!io->data_size)
		io->data_begin_bytes = begin_bytes;
	memcpy(io->data + io->data_size, data, size);
	io->data_size += size;
	return 0;
}

errcode_t bd_sparse_io_finish(io_channel channel)
{
	struct sparse_io *io = state_of(channel);
	errcode_t ec = flush_data(io);
	return ec ? ec : bd_block_cache_flush(&io->cache);
}
