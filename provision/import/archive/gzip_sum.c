/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CRC-32, eight bytes a step ("slicing by 8"): gigabytes go through it. */
#include "import/archive/gzip_sum.h"

#include "base/bytes.h"

#define POLYNOMIAL 0xedb88320u /* RFC 1952, section 8 */

static void fill(uint32_t tables[8][256])
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t value = i;
		for (int bit = 0; bit < 8; bit++)
			value = value >> 1 ^ (value & 1 ? POLYNOMIAL : 0);
		tables[0][i] = value;
	}
	for (int table = 1; table < 8; table++)
		for (int i = 0; i < 256; i++)
			tables[table][i] = tables[table - 1][i] >> 8 ^ tables[0][tables[table - 1][i] & 0xff];
}

uint32_t bd_gzip_sum(uint32_t sum, const void *data, size_t size_bytes)
{
	/* Filled once, then only read. */
	static uint32_t t[8][256];
	const uint8_t *at = data;

	if (!t[0][1])
		fill(t);
	sum = ~sum;
	for (; size_bytes >= 8; size_bytes -= 8, at += 8) {
		uint32_t low = get_le32(at) ^ sum, high = get_le32(at + 4);
		sum = t[7][low & 0xff] ^ t[6][low >> 8 & 0xff] ^ t[5][low >> 16 & 0xff] ^ t[4][low >> 24] ^
		      t[3][high & 0xff] ^ t[2][high >> 8 & 0xff] ^ t[1][high >> 16 & 0xff] ^ t[0][high >> 24];
	}
	for (; size_bytes > 0; size_bytes--, at++)
		sum = sum >> 8 ^ t[0][(sum ^ *at) & 0xff];
	return ~sum;
}
