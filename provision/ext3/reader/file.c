/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading one file out of an ext2, ext3 or ext4 inside an image. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ext2fs/ext2fs.h>

#include "base/cleanup.h"
#include "ext3/error.h"
#include "ext3/ext3.h"

#define READ_BYTES (256u * 1024)

static void close_filesystem(ext2_filsys *fs)
{
	if (*fs)
		ext2fs_free(*fs);
	*fs = NULL;
}

static void close_file(ext2_file_t *file)
{
	if (*file)
		ext2fs_file_close(*file);
	*file = NULL;
}

static int write_all(int fd, const uint8_t *data, size_t size, struct bd_error *err)
{
	while (size > 0) {
		ssize_t r = write(fd, data, size);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return bd_fail_errno(err, "cannot write the copy");
		data += r;
		size -= (size_t)r;
	}
	return 0;
}

static int open_regular(ext2_filsys fs, const char *guest_path, ext2_file_t *file_out, struct bd_error *err)
{
	ext2_ino_t ino;
	struct ext2_inode inode;
	errcode_t ec = ext2fs_namei_follow(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, guest_path, &ino);
	if (!ec)
		ec = ext2fs_read_inode(fs, ino, &inode);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot find it");
	if (!S_ISREG(inode.i_mode))
		return bd_fail(err, S_ISDIR(inode.i_mode) ? EISDIR : EINVAL, "it is not a regular file");
	ec = ext2fs_file_open2(fs, ino, &inode, 0, file_out);
	return ec ? bd_fail_ext2(err, ec, "cannot open it") : 0;
}

static int copy_out(ext2_filsys fs, const char *guest_path, int out_fd, struct bd_error *err)
{
	BD_DISPOSE(close_file) ext2_file_t file = NULL;
	BD_FREE uint8_t *buffer = malloc(READ_BYTES);
	if (!buffer)
		return bd_no_memory(err);
	if (open_regular(fs, guest_path, &file, err) < 0)
		return -1;
	for (;;) {
		unsigned int got = 0;
		errcode_t ec = ext2fs_file_read(file, buffer, READ_BYTES, &got);
		if (ec)
			return bd_fail_ext2(err, ec, "cannot read it");
		if (!got)
			return 0;
		if (write_all(out_fd, buffer, got, err) < 0)
			return -1;
	}
}

int bd_ext3_read_file(const char *path, uint64_t offset_bytes, const char *guest_path, int out_fd,
		      struct bd_error *err)
{
	BD_DISPOSE(close_filesystem) ext2_filsys fs = NULL;
	char options[40];
	snprintf(options, sizeof(options), "offset=%llu", (unsigned long long)offset_bytes);
	errcode_t ec = ext2fs_open2(path, options, EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &fs);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot open the filesystem at byte %llu of %s",
				    (unsigned long long)offset_bytes, path);
	if (copy_out(fs, guest_path, out_fd, err) < 0)
		return bd_wrap(err, "cannot read %s from the filesystem in %s", guest_path, path);
	return 0;
}
