/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Setting and wrapping errors. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Messages are one line whatever was pasted into them. */
static void fold_control_characters(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

/* The arguments may point into the message that is there. */
static void set_message(struct bd_error *err, int code, const char *format, va_list args)
{
	char message[BD_ERROR_MESSAGE_SIZE];

	err->code = code;
	vsnprintf(message, sizeof(message), format, args);
	fold_control_characters(message);
	memcpy(err->message, message, sizeof(message));
}

int bd_fail(struct bd_error *err, int code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set_message(err, code, format, args);
	va_end(args);
	return -1;
}

int bd_usage(struct bd_error *err, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set_message(err, BD_EUSAGE, format, args);
	va_end(args);
	return -1;
}

int bd_fail_errno(struct bd_error *err, const char *format, ...)
{
	int code = errno;
	va_list args;
	va_start(args, format);
	set_message(err, code, format, args);
	va_end(args);

	size_t used = strlen(err->message);
	snprintf(err->message + used, sizeof(err->message) - used, ": %s", strerror(code));
	return -1;
}

int bd_wrap(struct bd_error *err, const char *format, ...)
{
	char inner[BD_ERROR_MESSAGE_SIZE];
	memcpy(inner, err->message, sizeof(inner));

	va_list args;
	va_start(args, format);
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	fold_control_characters(err->message);

	size_t used = strlen(err->message);
	snprintf(err->message + used, sizeof(err->message) - used, ": %s", inner);
	return -1;
}
