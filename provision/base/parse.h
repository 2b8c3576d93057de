/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses numbers and sizes as people write them. Each function fails with BD_EUSAGE and says what was expected. */
#ifndef BD_BASE_PARSE_H
#define BD_BASE_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* "4096", "64K", "512M", "4G", "1.5G", "2T", with an optional "iB" or "B" behind the letter: binary units, bytes.
 * what: what the user calls it, which the message then begins with; NULL: whoever is called knows it. */
int bd_parse_size(const char *text, const char *what, uint64_t *bytes_out, struct bd_error *err);

int bd_parse_uint(const char *text, const char *what, uint64_t minimum, uint64_t maximum, uint64_t *value_out,
		  struct bd_error *err);

/* "4 GiB", "3950 MiB": the largest binary unit that is exact; from 10000 of it on, one decimal: "3.9 GiB". */
void bd_format_size(uint64_t bytes, char *text_out, size_t text_size);
#define BD_SIZE_TEXT_SIZE 32
/* Two that are compared: in bytes where they differ by less than is shown otherwise. */
void bd_format_size_pair(uint64_t one_bytes, uint64_t other_bytes, char one_out[BD_SIZE_TEXT_SIZE],
			 char other_out[BD_SIZE_TEXT_SIZE]);

/* 32 hex digits with or without dashes. */
int bd_parse_uuid(const char *text, uint8_t uuid_out[16], struct bd_error *err);
#define BD_UUID_TEXT_SIZE 37
void bd_format_uuid(const uint8_t uuid[16], char text_out[BD_UUID_TEXT_SIZE]);

#endif
