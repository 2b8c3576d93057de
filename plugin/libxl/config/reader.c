/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of a config: warnings where it is taken all the same, and what is wrong with an item of a list. */
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

int bd_reader_fail_item(const struct bd_reader *reader, const char *key, int number, const struct bd_error *why,
			struct bd_error *err)
{
	if (why->code != EINVAL)
		return bd_fail_as(err, why, "%s", why->message);
	return bd_source_fail(&reader->source, key, err, "%s %d: %s", key, number, why->message);
}
