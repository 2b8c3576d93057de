/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An io_manager for libext2fs that reads a range of a descriptor. The page cache is the only cache. */
#include "ext3/reader/fd_io.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"

struct fd_io {
	int fd;
	uint64_t begin_bytes, end_bytes;
};

static struct struct_io_manager manager;

/* name: "FD BEGIN END", as bd_ext_open_fd writes it. */
static errcode_t fd_open(const char *name, int flags, io_channel *channel_out)
{
	io_channel channel = calloc(1, sizeof(*channel));
	struct fd_io *io = calloc(1, sizeof(*io));
	char *own_name = strdup(name);

	if (!channel || !io || !own_name || (flags & IO_FLAG_RW) ||
	    sscanf(name, "%d %" SCNu64 " %" SCNu64, &io->fd, &io->begin_bytes, &io->end_bytes) != 3) {
		free(channel);
		free(io);
		free(own_name);
		return flags & IO_FLAG_RW ? EROFS : ENOMEM;
	}
	channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	channel->manager = &manager;
	channel->name = own_name;
	channel->block_size = 1024;
	channel->refcount = 1;
	channel->private_data = io;
	*channel_out = channel;
	return 0;
}

static errcode_t fd_close(io_channel channel)
{
	if (--channel->refcount > 0)
		return 0;
	free(channel->private_data);
	free(channel->name);
	free(channel);
	return 0;
}

static errcode_t fd_set_blksize(io_channel channel, int block_size)
{
	channel->block_size = block_size;
	return 0;
}

/* A negative count is in bytes. */
static errcode_t fd_read(io_channel channel, unsigned long long block, int count, void *data)
{
	const struct fd_io *io = channel->private_data;
	size_t size = count < 0 ? (size_t)(-(int64_t)count) : (size_t)count * (size_t)channel->block_size;
	uint64_t begin, end;

	if (__builtin_mul_overflow(block, (uint64_t)channel->block_size, &begin) ||
	    __builtin_add_overflow(begin, io->begin_bytes, &begin) || __builtin_add_overflow(begin, size, &end) ||
	    end > io->end_bytes)
		return EXT2_ET_SHORT_READ;
	if (lseek(io->fd, (off_t)begin, SEEK_SET) < 0)
		return errno;
	for (size_t done = 0; done < size;) {
		ssize_t r = read(io->fd, (uint8_t *)data + done, size - done);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? errno : EXT2_ET_SHORT_READ;
		done += (size_t)r;
	}
	return 0;
}

static errcode_t fd_read_blk(io_channel channel, unsigned long block, int count, void *data)
{
	return fd_read(channel, block, count, data);
}

static errcode_t fd_write(io_channel channel, unsigned long long block, int count, const void *data)
{
	(void)channel, (void)block, (void)count, (void)data;
	return EROFS;
}

static errcode_t fd_write_blk(io_channel channel, unsigned long block, int count, const void *data)
{
	return fd_write(channel, block, count, data);
}

static errcode_t fd_flush(io_channel channel)
{
	(void)channel;
	return 0;
}

static struct struct_io_manager manager = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "xen-bigdisk descriptor",
	.open = fd_open,
	.close = fd_close,
	.set_blksize = fd_set_blksize,
	.read_blk = fd_read_blk,
	.write_blk = fd_write_blk,
	.read_blk64 = fd_read,
	.write_blk64 = fd_write,
	.flush = fd_flush,
};

int bd_ext_open_fd(int fd, uint64_t offset_bytes, uint64_t limit_bytes, ext2_filsys *fs_out, struct bd_error *err)
{
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;
	char name[80];

	snprintf(name, sizeof(name), "%d %" PRIu64 " %" PRIu64, fd, offset_bytes, limit_bytes);
	errcode_t ec = ext2fs_open2(name, NULL, EXT2_FLAG_64BITS, 0, 0, &manager, &fs);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot open the filesystem at byte %" PRIu64, offset_bytes);
	if (bd_ext_check_size(fs, offset_bytes, limit_bytes, err) != 0)
		return -1;
	*fs_out = bd_take_ptr(fs);
	return 0;
}
