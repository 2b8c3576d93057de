/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Warnings about a config that is taken all the same. */
#include "libxl/config/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void bd_reader_warn_at(const struct bd_reader *reader, unsigned line, const char *format, ...)
{
	char message[BD_ERROR_MESSAGE_SIZE];
	struct bd_error whole = BD_ERROR_INIT; /* for its room, and for how it cuts what is too long */
	va_list args;

	if (!reader->env->warn)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (line)
		bd_fail(&whole, EINVAL, "%s:%u: %s", reader->source.path, line, message);
	else
		bd_fail(&whole, EINVAL, "%s: %s", reader->source.path, message);
	reader->env->warn(reader->env->context, whole.message);
}
