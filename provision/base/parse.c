/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converts numbers, sizes and UUIDs from text to value and back. */
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

static bool unit_shift(const char *unit, unsigned *shift_out)
{
	static const char letters[] = "KMGTP";

	if (!*unit || strcasecmp(unit, "B") == 0) {
		*shift_out = 0;
		return true;
	}
	const char *letter = strchr(letters, toupper((unsigned char)*unit));
	if (!letter)
		return false;
	*shift_out = 10 * (unsigned)(letter - letters + 1);
	unit++;
	return !*unit || strcasecmp(unit, "B") == 0 || strcasecmp(unit, "iB") == 0;
}

/* Up to six decimals as millionths of the unit, so that "1.5G" needs no floating point. */
static const char *read_decimals(const char *text, uint64_t *millionths_out)
{
	uint64_t weight = 100000, millionths = 0;

	for (; isdigit((unsigned char)*text); text++, weight /= 10)
		millionths += (uint64_t)(*text - '0') * weight;
	*millionths_out = millionths;
	return text;
}

/* what: put before the message, with a colon; NULL: nothing. */
__attribute__((format(printf, 3, 4))) static int refuse(struct bd_error *err, const char *what, const char *format,
							...)
{
	char message[256];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return bd_usage(err, "%s%s%s", what ? what : "", what ? ": " : "", message);
}

int bd_parse_size(const char *text, const char *what, uint64_t *bytes_out, struct bd_error *err)
{
	uint64_t whole = 0, millionths = 0, bytes;
	unsigned shift;
	const char *at = text;

	if (!isdigit((unsigned char)*at))
		return refuse(err, what, "\"%s\" is not a size; use a number with K, M, G or T, such as 4G", text);
	for (; isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*at - '0'), &whole))
			return refuse(err, what, "\"%s\" is too large", text);
	if (*at == '.' && isdigit((unsigned char)at[1]))
		at = read_decimals(at + 1, &millionths);
	if (!unit_shift(at, &shift))
		return refuse(err, what, "\"%s\" is not a size; use a number with K, M, G or T, such as 4G", text);
	if (millionths && shift == 0)
		return refuse(err, what, "\"%s\" is not a whole number of bytes", text);

	uint64_t fraction =
		shift >= 40 ? (millionths << 20) / 1000000 << (shift - 20) : (millionths << shift) / 1000000;
	if (__builtin_mul_overflow(whole, (uint64_t)1 << shift, &bytes) ||
	    __builtin_add_overflow(bytes, fraction, &bytes))
		return refuse(err, what, "\"%s\" is too large", text);
	*bytes_out = bytes;
	return 0;
}

int bd_parse_uint(const char *text, const char *what, uint64_t minimum, uint64_t maximum, uint64_t *value_out,
		  struct bd_error *err)
{
	char *end;

	errno = 0;
	uint64_t value = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : (end = NULL, 0);
	if (!end || *end || errno || value < minimum || value > maximum)
		return refuse(err, what, "\"%s\" is not a whole number from %" PRIu64 " to %" PRIu64, text, minimum,
			      maximum);
	*value_out = value;
	return 0;
}

void bd_format_size(uint64_t bytes, char *text_out, size_t text_size)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	unsigned unit = 0;
	uint64_t value = bytes;

	while (unit < 4 && value >= 1024 && value % 1024 == 0) {
		value /= 1024;
		unit++;
	}
	/* 4040316 KiB says less to a person than 3.9 GiB; exact figures are printed in bytes beside it. */
	if (value < 10000) {
		snprintf(text_out, text_size, "%" PRIu64 " %s", value, units[unit]);
		return;
	}
	double about = (double)value;
	while (unit < 4 && about >= 1024) {
		about /= 1024;
		unit++;
	}
	snprintf(text_out, text_size, "%.1f %s", about, units[unit]);
}

void bd_format_size_pair(uint64_t one_bytes, uint64_t other_bytes, char one_out[BD_SIZE_TEXT_SIZE],
			 char other_out[BD_SIZE_TEXT_SIZE])
{
	bd_format_size(one_bytes, one_out, BD_SIZE_TEXT_SIZE);
	bd_format_size(other_bytes, other_out, BD_SIZE_TEXT_SIZE);
	if (one_bytes == other_bytes || strcmp(one_out, other_out) != 0)
		return;
	snprintf(one_out, BD_SIZE_TEXT_SIZE, "%" PRIu64 " bytes", one_bytes);
	snprintf(other_out, BD_SIZE_TEXT_SIZE, "%" PRIu64 " bytes", other_bytes);
}

int bd_parse_uuid(const char *text, uint8_t uuid_out[16], struct bd_error *err)
{
	uint8_t uuid[16];
	size_t size = 0;

	if (sodium_hex2bin(uuid, sizeof(uuid), text, strlen(text), "-", &size, NULL) != 0 || size != sizeof(uuid))
		return bd_usage(err, "\"%s\" is not a UUID", text);
	memcpy(uuid_out, uuid, sizeof(uuid));
	return 0;
}

void bd_format_uuid(const uint8_t uuid[16], char text_out[BD_UUID_TEXT_SIZE])
{
	char *at = text_out;

	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		at += sprintf(at, "%02x", uuid[i]);
	}
}
