/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets and wraps errors. */
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
static void set_error(struct bd_error *err, enum bd_error_kind kind, int code, const char *format, va_list args)
{
	char message[BD_ERROR_MESSAGE_SIZE];

	vsnprintf(message, sizeof(message), format, args);
	fold_control_characters(message);
	err->code = code;
	err->kind = (int)kind;
	err->field = 0;
	memcpy(err->message, message, sizeof(message));
}

static void add_reason(struct bd_error *err, int code)
{
	size_t used = strlen(err->message);

	snprintf(err->message + used, sizeof(err->message) - used, ": %s", strerror(code));
}

#define SET(kind, code) \
	do { \
		va_list args; \
		va_start(args, format); \
		set_error(err, (kind), (code), format, args); \
		va_end(args); \
	} while (0)

int bd_fail(struct bd_error *err, int code, const char *format, ...)
{
	SET(BD_KIND_FAILED, code);
	return -1;
}

static enum bd_error_kind kind_of_errno(int code)
{
	return code == ENOSPC || code == EDQUOT ? BD_KIND_NO_ROOM : BD_KIND_FAILED;
}

int bd_fail_errno(struct bd_error *err, const char *format, ...)
{
	int code = errno;

	SET(kind_of_errno(code), code);
	add_reason(err, code);
	return -1;
}

int bd_fail_lookup(struct bd_error *err, const char *format, ...)
{
	int code = errno;

	SET(code == ENOENT || code == ENOTDIR ? BD_KIND_NOT_FOUND : kind_of_errno(code), code);
	add_reason(err, code);
	return -1;
}

int bd_fail_kind(struct bd_error *err, enum bd_error_kind kind, int code, const char *format, ...)
{
	SET(kind, code);
	return -1;
}

int bd_usage_field(struct bd_error *err, int field, const char *format, ...)
{
	SET(BD_KIND_USAGE, BD_EUSAGE);
	err->field = field;
	return -1;
}

int bd_set_field(struct bd_error *err, int field)
{
	err->field = field;
	return -1;
}

int bd_no_memory(struct bd_error *err)
{
	return bd_fail(err, ENOMEM, "out of memory");
}

int bd_fail_as(struct bd_error *err, const struct bd_error *cause, const char *format, ...)
{
	int field = cause->field;

	SET((enum bd_error_kind)cause->kind, cause->code);
	err->field = field;
	return -1;
}

int bd_reported(struct bd_error *err)
{
	err->code = BD_EREPORTED;
	return -1;
}

int bd_error_status(int kind)
{
	static const int statuses[BD_KIND_COUNT] = {
		[BD_KIND_FAILED] = 1, [BD_KIND_USAGE] = 2,   [BD_KIND_EXISTS] = 3,	  [BD_KIND_NOT_FOUND] = 4,
		[BD_KIND_IN_USE] = 5, [BD_KIND_NO_ROOM] = 6, [BD_KIND_NO_HYPERVISOR] = 7, [BD_KIND_CANCELED] = 1,
	};

	return statuses[kind];
}

const char *bd_error_kind_name(int kind)
{
	static const char *const names[BD_KIND_COUNT] = {
		[BD_KIND_FAILED] = "failed",
		[BD_KIND_USAGE] = "usage",
		[BD_KIND_EXISTS] = "exists",
		[BD_KIND_NOT_FOUND] = "not_found",
		[BD_KIND_IN_USE] = "in_use",
		[BD_KIND_NO_ROOM] = "no_room",
		[BD_KIND_NO_HYPERVISOR] = "no_hypervisor",
		[BD_KIND_CANCELED] = "canceled",
	};

	return names[kind];
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
