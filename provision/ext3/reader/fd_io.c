/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An io_manager for libext2fs that reads a range of a descriptor, with the blocks of a journal in place of those that it would
 * replace. The page cache is the only cache. */
#include "ext3/reader/fd_io.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/journal_format.h"
#include "ext3/reader/journal.h"

#define JOURNAL_OPTION "journal" /* a struct bd_journal: libext2fs passes text only */

struct fd_io {
	int fd;
	uint64_t begin_bytes, end_bytes;
	struct bd_journal *journal; /* NULL: it is read as it is; a reference */
};

static struct struct_io_manager manager;

/* name: "FD BEGIN END", as open_fd writes it. */
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
	struct fd_io *io = channel->private_data;
	bd_journal_release(&io->journal);
	free(io);
	free(channel->name);
	free(channel);
	return 0;
}

static errcode_t fd_set_blksize(io_channel channel, int block_size)
{
	channel->block_size = block_size;
	return 0;
}

/* begin_bytes: from the beginning of the filesystem. */
static errcode_t read_range(const struct fd_io *io, uint64_t begin_bytes, size_t size, uint8_t *data)
{
	uint64_t begin, end;

	if (__builtin_add_overflow(begin_bytes, io->begin_bytes, &begin) ||
	    __builtin_add_overflow(begin, size, &end) || end > io->end_bytes)
		return EXT2_ET_SHORT_READ;
	if (lseek(io->fd, (off_t)begin, SEEK_SET) < 0)
		return errno;
	for (size_t done = 0; done < size;) {
		ssize_t r = read(io->fd, data + done, size - done);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? errno : EXT2_ET_SHORT_READ;
		done += (size_t)r;
	}
	return 0;
}

/* A piece of what the block holds after the replay. */
static errcode_t read_replayed(const struct fd_io *io, const struct bd_journal_block *block, uint32_t from,
			       size_t size, uint8_t *data)
{
	uint8_t magic[4];

	if (block->data) {
		memcpy(data, block->data + from, size);
		return 0;
	}
	errcode_t ec = read_range(io, block->copy * io->journal->block_size + from, size, data);
	put_be32(magic, BD_JOURNAL_MAGIC);
	for (size_t i = 0; !ec && block->is_escaped && i < size && from + i < sizeof(magic); i++)
		data[i] = magic[from + i];
	return ec;
}

/* A negative count is in bytes. */
static errcode_t fd_read(io_channel channel, unsigned long long block, int count, void *data)
{
	const struct fd_io *io = channel->private_data;
	const struct bd_journal *journal = io->journal;
	size_t size = count < 0 ? (size_t)(-(int64_t)count) : (size_t)count * (size_t)channel->block_size;
	uint64_t begin, end;

	if (__builtin_mul_overflow(block, (uint64_t)channel->block_size, &begin) ||
	    __builtin_add_overflow(begin, size, &end))
		return EXT2_ET_SHORT_READ;
	errcode_t ec = read_range(io, begin, size, data);
	if (ec || !journal)
		return ec;
	uint64_t block_size = journal->block_size;
	for (size_t i = bd_journal_find(journal, begin / block_size); !ec && i < journal->count; i++) {
		const struct bd_journal_block *replayed = &journal->blocks[i];
		uint64_t from = replayed->block * block_size, to = from + block_size;
		if (from >= end)
			break;
		uint64_t first = from > begin ? from : begin, last = to < end ? to : end;
		ec = read_replayed(io, replayed, (uint32_t)(first - from), (size_t)(last - first),
				   (uint8_t *)data + (first - begin));
	}
	return ec;
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

/* Comes before anything is read. */
static errcode_t fd_set_option(io_channel channel, const char *option, const char *argument)
{
	struct fd_io *io = channel->private_data;

	if (strcmp(option, JOURNAL_OPTION) != 0 || !argument || io->journal)
		return EXT2_ET_INVALID_ARGUMENT;
	io->journal =
		(struct bd_journal *)(uintptr_t)strtoull(argument, NULL, 10); /* NOLINT(performance-no-int-to-ptr) */
	io->journal->references++;
	return 0;
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
	.set_option = fd_set_option,
};

/* With a reference of its own to the journal, which may be NULL. */
static int open_fd(int fd, uint64_t offset_bytes, uint64_t limit_bytes, struct bd_journal *journal,
		   ext2_filsys *fs_out, struct bd_error *err)
{
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;
	char name[80], options[40];

	snprintf(name, sizeof(name), "%d %" PRIu64 " %" PRIu64, fd, offset_bytes, limit_bytes);
	snprintf(options, sizeof(options), JOURNAL_OPTION "=%" PRIuPTR, (uintptr_t)journal);
	errcode_t ec = ext2fs_open2(name, journal ? options : NULL, EXT2_FLAG_64BITS, 0, 0, &manager, &fs);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot open the filesystem at byte %" PRIu64, offset_bytes);
	if (bd_ext_check_size(fs, offset_bytes, limit_bytes, err) != 0 || bd_ext_check_descriptors(fs, err) != 0)
		return -1;
	*fs_out = bd_take_ptr(fs);
	return 0;
}

int bd_ext_open_fd(int fd, uint64_t offset_bytes, uint64_t limit_bytes, ext2_filsys *fs_out, struct bd_error *err)
{
	return open_fd(fd, offset_bytes, limit_bytes, NULL, fs_out, err);
}

/* --- as after a replay ---------------------------------------------------------------------------------------------- */

/* The replay may have made it larger. */
static int check_replayed(ext2_filsys fs, const struct bd_journal *journal, struct bd_error *err)
{
	if (fs->blocksize != journal->block_size ||
	    journal->blocks[journal->count - 1].block >= ext2fs_blocks_count(fs->super))
		return bd_fail(err, EIO, "the journal is damaged");
	return 0;
}

/* What the kernel counts anew when it mounts a filesystem, as it keeps the sums in memory. */
static void count_free(ext2_filsys fs, struct ext2_super_block *super)
{
	uint64_t blocks = 0;
	uint32_t inodes = 0;

	for (dgrp_t group = 0; group < fs->group_desc_count; group++) {
		blocks += ext2fs_bg_free_blocks_count(fs, group);
		inodes += ext2fs_bg_free_inodes_count(fs, group);
	}
	ext2fs_free_blocks_count_set(super, blocks << fs->cluster_ratio_bits);
	super->s_free_inodes_count = inodes;
}

/* fs: with the journal's blocks, but a superblock that says that the journal is to be replayed. */
static int finish_superblock(ext2_filsys fs, struct bd_journal *journal, struct bd_error *err)
{
	blk64_t at = bd_ext_superblock_block(fs);
	BD_FREE uint8_t *block = malloc(fs->blocksize);

	if (!block)
		return bd_no_memory(err);
	errcode_t ec = io_channel_read_blk64(fs->io, at, 1, block);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the superblock");
	struct ext2_super_block *super = bd_ext_superblock_in(fs, block);
	count_free(fs, super);
	if (journal->has_errors)
		super->s_state |= EXT2_ERROR_FS;
	bd_ext_set_recovery(fs, block, false);
	return bd_journal_set(journal, at, bd_take_ptr(block), err);
}

static int open_replayed(int fd, uint64_t offset_bytes, uint64_t limit_bytes, ext2_filsys raw, ext2_filsys *fs_out,
			 struct bd_error *err)
{
	BD_DISPOSE(bd_journal_release) struct bd_journal *journal = NULL;
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;

	if (bd_journal_read(raw, (limit_bytes - offset_bytes) / raw->blocksize, &journal, err) != 0)
		return -1;
	if (open_fd(fd, offset_bytes, limit_bytes, journal, &fs, err) != 0 ||
	    (journal->count && check_replayed(fs, journal, err) != 0) || finish_superblock(fs, journal, err) != 0)
		return -1;
	bd_ext_close(&fs);
	return open_fd(fd, offset_bytes, limit_bytes, journal, fs_out, err);
}

int bd_ext_open_fd_replayed(int fd, uint64_t offset_bytes, uint64_t limit_bytes, ext2_filsys *fs_out,
			    struct bd_error *not_replayed, struct bd_error *err)
{
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;
	ext2_filsys replayed;

	if (bd_ext_open_fd(fd, offset_bytes, limit_bytes, &fs, err) != 0)
		return -1;
	if (ext2fs_has_feature_journal_needs_recovery(fs->super) &&
	    open_replayed(fd, offset_bytes, limit_bytes, fs, &replayed, not_replayed) == 0)
		*fs_out = replayed;
	else
		*fs_out = bd_take_ptr(fs);
	return 0;
}

const struct bd_journal *bd_ext_fd_journal(ext2_filsys fs)
{
	return fs->io->manager == &manager ? ((const struct fd_io *)fs->io->private_data)->journal : NULL;
}
