/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds a file by its path, and writes its content where the caller wants it. */
#include "ext3/reader/file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/reader/content.h"

#define BUFFER_BYTES (256u * 1024)

static int take(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes, struct bd_error *err)
{
	return bd_pwrite_all(*(const int *)context, data, size_bytes, offset_bytes, "the copy", err);
}

static int copy_out(ext2_filsys fs, const char *guest_path, int out_fd, struct bd_error *err)
{
	BD_FREE uint8_t *buffer = malloc(BUFFER_BYTES);
	struct bd_ext_sink sink = { take, &out_fd, buffer, BUFFER_BYTES, 0 };
	struct ext2_inode inode;
	ext2_ino_t ino;

	if (!buffer)
		return bd_no_memory(err);
	errcode_t ec = ext2fs_namei_follow(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, guest_path, &ino);
	if (!ec)
		ec = ext2fs_read_inode(fs, ino, &inode);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot find it");
	if (!S_ISREG(inode.i_mode))
		return bd_fail(err, S_ISDIR(inode.i_mode) ? EISDIR : EINVAL, "it is not a regular file");
	if (bd_ext_content_read(fs, ino, &inode, &sink, err) != 0)
		return -1;
	return ftruncate(out_fd, (off_t)EXT2_I_SIZE(&inode)) == 0 ? 0 : bd_fail_errno(err, "cannot write the copy");
}

int bd_ext3_read_file(const char *path, uint64_t offset_bytes, const char *guest_path, int out_fd,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;

	if (bd_ext_open(path, offset_bytes, UINT64_MAX, 0, &fs, err) != 0 ||
	    copy_out(fs, guest_path, out_fd, err) != 0)
		return bd_wrap(err, "cannot read %s from the filesystem in %s", guest_path, path);
	return 0;
}
