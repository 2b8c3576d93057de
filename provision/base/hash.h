/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FNV-1a, 64 bits, for hash tables of names and identities. It is not used where an attacker could choose
 * collisions. */
#ifndef BD_BASE_HASH_H
#define BD_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define BD_HASH_INIT 0xcbf29ce484222325u

/* Goes on from state: BD_HASH_INIT, or what an earlier call gave. */
static inline uint64_t bd_hash(uint64_t state, const void *data, size_t size_bytes)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < size_bytes; i++)
		state = (state ^ at[i]) * 0x100000001b3u;
	return state;
}

#endif
