/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converts libext2fs error codes to errno values, and adds their texts. */
#include "ext3/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static int errno_for(errcode_t ec)
{
	switch (ec) {
	case EXT2_ET_FILE_NOT_FOUND:
	case EXT2_ET_NO_DIRECTORY:
		return ENOENT;
	case EXT2_ET_SYMLINK_LOOP:
		return ELOOP;
	case EXT2_ET_NO_MEMORY:
		return ENOMEM;
	case EXT2_ET_BLOCK_ALLOC_FAIL:
	case EXT2_ET_INODE_ALLOC_FAIL:
	case EXT2_ET_DIR_NO_SPACE:
	case EXT2_ET_TOOSMALL:
		return ENOSPC;
	case EXT2_ET_FILE_TOO_BIG:
		return EFBIG;
	default:
		/* Numbers below the first of libext2fs' table are errno's own. */
		return ec > 0 && ec < EXT2_ET_BASE && ec < 4096 ? (int)ec : EIO;
	}
}

int bd_fail_ext2(struct bd_error *err, errcode_t ec, const char *format, ...)
{
	char text[BD_ERROR_MESSAGE_SIZE];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	initialize_ext2_error_table();
	if (errno_for(ec) == ENOSPC)
		return bd_no_room(err, "%s: %s", text, error_message(ec));
	return bd_fail(err, errno_for(ec), "%s: %s", text, error_message(ec));
}
