/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Little-endian and big-endian integers at byte offsets, for on-disk structures (alignment is not required), and tests for zero
 * bytes. */
#ifndef BD_BASE_BYTES_H
#define BD_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void put_le16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static inline void put_le32(uint8_t *at, uint32_t value)
{
	put_le16(at, (uint16_t)value);
	put_le16(at + 2, (uint16_t)(value >> 16));
}

static inline void put_le64(uint8_t *at, uint64_t value)
{
	put_le32(at, (uint32_t)value);
	put_le32(at + 4, (uint32_t)(value >> 32));
}

static inline uint16_t get_le16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t get_le32(const uint8_t *at)
{
	return get_le16(at) | (uint32_t)get_le16(at + 2) << 16;
}

static inline uint64_t get_le64(const uint8_t *at)
{
	return get_le32(at) | (uint64_t)get_le32(at + 4) << 32;
}

static inline void put_be16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void put_be32(uint8_t *at, uint32_t value)
{
	put_be16(at, (uint16_t)(value >> 16));
	put_be16(at + 2, (uint16_t)value);
}

static inline void put_be64(uint8_t *at, uint64_t value)
{
	put_be32(at, (uint32_t)(value >> 32));
	put_be32(at + 4, (uint32_t)value);
}

static inline uint16_t get_be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get_be32(const uint8_t *at)
{
	return (uint32_t)get_be16(at) << 16 | get_be16(at + 2);
}

static inline uint64_t get_be64(const uint8_t *at)
{
	return (uint64_t)get_be32(at) << 32 | get_be32(at + 4);
}

/* The first few by hand: most data is not zero right away. */
static inline bool bd_all_zero(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	size_t head = size < 16 ? size : 16;

	for (size_t i = 0; i < head; i++)
		if (bytes[i])
			return false;
	return size <= 16 || memcmp(bytes, bytes + 16, size - 16) == 0;
}

#endif
