/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates larger and larger empty filesystems in memory until one is large enough. */
#include "ext3/writer/room.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/writer/empty.h"
#include "ext3/writer/sparse_io.h"

#define TRIES_MAX 100
/* A last group that has less is left out by libext2fs. */
#define STEP_BLOCKS 50

/* What metadata does not fit into the cache goes to a file that is memory too. */
static int measure(int memory_fd, const struct bd_ext3_params *params, uint64_t *blocks_out, uint64_t *inodes_out,
		   struct bd_error *err)
{
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;
	struct ext2_super_block chosen;
	struct bd_free_blocks blocks;
	char path[40];

	if (bd_ext3_choose(params, &chosen, err) != 0)
		return -1;
	if (ftruncate(memory_fd, (off_t)params->size_bytes) != 0)
		return bd_fail_errno(err, "cannot set up a filesystem in memory");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory_fd);
	errcode_t ec = ext2fs_initialize(path, EXT2_FLAG_64BITS, &chosen, bd_sparse_io_manager(), &fs);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot set up a filesystem in memory");
	bd_sparse_io_begin(fs->io, 0, fs->blocksize, false);
	fs->now = 1;
	if (bd_ext3_make_empty(fs, params, &blocks, err) != 0)
		return -1;
	*blocks_out = ext2fs_free_blocks_count(fs->super);
	*inodes_out = fs->super->s_free_inodes_count;
	return 0;
}

int bd_ext3_missing_bytes(ext2_filsys fs, uint64_t free_blocks, uint64_t free_inodes, uint64_t *missing_out,
			  struct bd_error *err)
{
	BD_CLOSE int fd = memfd_create("filesystem", MFD_CLOEXEC);
	uint64_t begin = bd_ext_bytes(fs);
	struct bd_ext3_params params = {
		.type = ext2fs_has_feature_extents(fs->super) ? BD_FS_EXT4 : BD_FS_EXT3,
		.size_bytes = begin,
		.block_size = fs->blocksize,
	};

	if (fd < 0)
		return bd_fail_errno(err, "cannot set up a filesystem in memory");
	for (int i = 0; i < TRIES_MAX; i++) {
		uint64_t blocks, inodes;
		if (measure(fd, &params, &blocks, &inodes, err) != 0)
			return -1;
		if (blocks >= free_blocks && inodes >= free_inodes) {
			*missing_out = params.size_bytes - begin;
			return 0;
		}
		uint64_t more = blocks < free_blocks ? free_blocks - blocks : 0;
		uint64_t for_inodes =
			inodes < free_inodes ? (free_inodes - inodes) * (params.size_bytes / inodes) : 0;
		more = (more + STEP_BLOCKS) * fs->blocksize;
		params.size_bytes += more > for_inodes ? more : for_inodes;
	}
	return bd_fail(err, EFBIG, "no ext3 filesystem is that large");
}
