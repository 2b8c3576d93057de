/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates the guest's ext3 filesystem: chooses its geometry, sets it up, populates it, writes it. */
#include "ext3/ext3.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ext2fs/ext2fs.h>

#include "base/cleanup.h"
#include "base/sector.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/writer/block_map.h"
#include "ext3/writer/empty.h"
#include "ext3/writer/populate.h"
#include "ext3/writer/sparse_io.h"

static int check_params(const char *path, const struct bd_ext3_params *params, struct bd_error *err)
{
	uint64_t end_bytes;
	if (params->offset_bytes % BD_SECTOR_BYTES)
		return bd_fail(err, EINVAL, "the filesystem's offset of %llu bytes is not a multiple of %u",
			       (unsigned long long)params->offset_bytes, BD_SECTOR_BYTES);
	if (__builtin_add_overflow(params->offset_bytes, params->size_bytes, &end_bytes) || end_bytes > INT64_MAX)
		return bd_fail(err, EFBIG, "the filesystem would exceed the maximum file size");
	if (params->now < 0 || params->now > UINT32_MAX)
		return bd_fail(err, EINVAL, "ext3 cannot store the time %lld", (long long)params->now);

	struct stat st;
	if (stat(path, &st) < 0)
		return bd_fail_errno(err, "cannot read the size of %s", path);
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size < end_bytes)
		return bd_no_room(err, "%s is %llu bytes shorter than the end of its partition", path,
				  (unsigned long long)(end_bytes - (uint64_t)st.st_size));
	return 0;
}

/* What is dirty goes to the file; without this it is dropped when the filesystem is freed. */
static int finish(ext2_filsys fs, struct bd_error *err)
{
	errcode_t ec = ext2fs_flush2(fs, EXT2_FLAG_FLUSH_NO_SYNC);
	if (!ec)
		ec = bd_sparse_io_finish(fs->io);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot write the ext3 filesystem");
	return 0;
}

static struct bd_ext3_geometry geometry_of(ext2_filsys fs)
{
	return (struct bd_ext3_geometry){
		.block_size = fs->blocksize,
		.block_count = ext2fs_blocks_count(fs->super),
		.free_block_count = ext2fs_free_blocks_count(fs->super),
		.inode_count = fs->super->s_inodes_count,
	};
}

int bd_ext3_write(const char *path, const struct bd_ext3_params *params, const struct bd_ext3_files *files,
		  void (*progress)(uint64_t bytes_done), struct bd_ext3_geometry *geometry_out, struct bd_error *err)
{
	struct bd_ext3_params own = *params;
	struct ext2_super_block chosen;
	if (files && files->base && !own.block_size)
		own.block_size = BD_SEALED_BLOCK_BYTES;
	if (files && files->base && own.block_size != BD_SEALED_BLOCK_BYTES)
		return bd_fail(err, EINVAL, "a template's content comes in blocks of %u bytes, not of %u",
			       BD_SEALED_BLOCK_BYTES, own.block_size);
	if (check_params(path, &own, err) < 0 || bd_ext3_choose(&own, &chosen, err) < 0)
		return -1;

	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;
	errcode_t ec = ext2fs_initialize(path, EXT2_FLAG_64BITS, &chosen, bd_sparse_io_manager(), &fs);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot set up a filesystem in %s", path);
	bd_sparse_io_begin(fs->io, own.offset_bytes, fs->blocksize, files && files->is_clone);
	fs->now = own.now ? own.now : 1; /* 0 would be the clock's time */

	struct bd_free_blocks blocks;
	if (bd_ext3_make_empty(fs, &own, &blocks, err) < 0)
		return -1;
	struct bd_base_layout layout = { 0 };
	if (files && (files->base || (files->tree && files->tree->count)) &&
	    bd_populate_files(fs, files, own.offset_bytes, &blocks, progress, &layout, err) != 0)
		return -1;
	if (files && files->is_clone && layout.places != files->clone_layout.places)
		return bd_fail(err, ESTALE, "the prepared image of this template is laid out differently");
	if (files && files->only_check)
		return 0;
	if (finish(fs, err) < 0)
		return -1;
	if (geometry_out) {
		*geometry_out = geometry_of(fs);
		geometry_out->base = layout;
	}
	return 0;
}

static int check_in_memory(enum bd_fs_type type, uint64_t size_bytes, const struct bd_ext3_files *files,
			   struct bd_error *err)
{
	const struct bd_ext3_params params = { .type = type, .size_bytes = size_bytes };
	BD_CLOSE int fd = memfd_create("filesystem", MFD_CLOEXEC);
	char path[40];

	if (fd < 0 || ftruncate(fd, (off_t)size_bytes) != 0)
		return bd_fail_errno(err, "cannot set up a filesystem in memory");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return bd_ext3_write(path, &params, files, NULL, NULL, err);
}

/* What stands in the way shows at any size, so a small filesystem will do. */
int bd_ext3_check_files(const struct bd_sealed *base, const struct bd_tree *tree, struct bd_error *err)
{
	const struct bd_ext3_files files = {
		.base = base, .tree = tree, .only_check = true, .any_size = true, .fd = -1
	};

	return check_in_memory(BD_FS_EXT3, 2 * BD_EXT3_MIN_BYTES, &files, err);
}

int bd_ext3_check_fit(enum bd_fs_type type, uint64_t size_bytes, const struct bd_sealed *base,
		      const struct bd_tree *tree, struct bd_error *err)
{
	const struct bd_ext3_files files = { .base = base, .tree = tree, .only_check = true, .fd = -1 };

	return check_in_memory(type, size_bytes, &files, err);
}
