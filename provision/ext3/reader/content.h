/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The content of a regular file of ext2, ext3 or ext4, in large pieces and without its holes. */
#ifndef BD_EXT3_READER_CONTENT_H
#define BD_EXT3_READER_CONTENT_H

#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "ext3/reader/inode.h"
#include "template/writer/writer.h"

#define BD_EXT_PIECE_BYTES (1u << 20)

struct bd_ext_content {
	ext2_filsys fs; /* borrowed, as all pointers are */
	struct bd_sealed_writer *writer;
	uint8_t *buffer; /* BD_EXT_PIECE_BYTES */
	bd_progress_report
		progress; /* or NULL; told how much of source_bytes is done, by what is done of used_bytes */
	uint64_t source_bytes, used_bytes, done_bytes;
};

/* Into the file that was added to the seal last. EIO: the filesystem is damaged. */
int bd_ext_content_copy(struct bd_ext_content *content, const struct bd_ext_inode *inode, struct bd_error *err);

#endif
