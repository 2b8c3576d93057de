/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the content of a file in ext2, ext3 or ext4, in large pieces and without its holes: by block map or
 * extents, or from the inode (inline_data). Format: the kernel's Documentation/filesystems/ext4, blockmap.rst,
 * ifork.rst, inlinedata.rst. */
#ifndef BD_EXT3_READER_CONTENT_H
#define BD_EXT3_READER_CONTENT_H

#include <ext2fs/ext2fs.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/file_meta.h"

/* Where content goes. Pieces are never longer than the buffer, and end where the file does. */
struct bd_ext_sink {
	bd_file_data take;
	void *context;
	uint8_t *buffer; /* borrowed */
	size_t buffer_bytes; /* of one block at least */
	uint64_t begin_bytes; /* what is before this byte of the file may be left out */
	/* Instead of take, where it is not NULL: bytes from offset_bytes of the file on lie in the filesystem, from place_bytes of it
	 * on, and are not read; in pieces of any length. What is in the inode itself goes to take all the same. Not for a filesystem
	 * that is read as after a replay (bd_ext_fd_journal): blocks of it are elsewhere. */
	int (*take_range)(void *context, uint64_t offset_bytes, uint64_t place_bytes, uint64_t size_bytes,
			  struct bd_error *err);
};

/* inode: that of the number, as it was read; one of a regular file, or of a symlink whose target is not in the inode.
 * EIO: the filesystem is damaged. BD_ECANCELED: a signal came. What the sink said. */
int bd_ext_content_read(ext2_filsys fs, ext2_ino_t number, struct ext2_inode *inode, const struct bd_ext_sink *sink,
			struct bd_error *err);

/* EIO: it has more bytes than a file of its kind can have in this filesystem. */
int bd_ext_content_check_size(ext2_filsys fs, const struct ext2_inode *inode, struct bd_error *err);

#endif
