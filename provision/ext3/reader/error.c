/* SPDX-License-Identifier: GPL-2.0-or-later */
/* com_err's words for libext2fs' codes. */
#include "ext3/reader/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int bd_ext_fail(struct bd_error *err, errcode_t ec, const char *format, ...)
{
	char text[BD_ERROR_MESSAGE_SIZE];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	int code = EIO;
	if (ec == EXT2_ET_NO_MEMORY)
		code = ENOMEM;
	else if (ec > 0 && ec < 4096) /* below com_err's first table: errno's own */
		code = (int)ec;
	initialize_ext2_error_table();
	if (code == ENOSPC)
		return bd_no_room(err, "%s: %s", text, error_message(ec));
	return bd_fail(err, code, "%s: %s", text, error_message(ec));
}
