/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A range of addresses to assign to guests: "192.0.2.100-192.0.2.120/24", "192.0.2.0/24". Pure. */
#ifndef BD_FLEET_POOL_H
#define BD_FLEET_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct bd_pool {
	uint32_t first, last; /* in host order; the network's first and last address are not in it */
	unsigned prefix_length;
};

/* Of an address of a pool with its prefix length: "192.0.2.104/24". */
#define BD_POOL_ADDRESS_SIZE 20
void bd_pool_format(uint32_t address, unsigned prefix_length, char text_out[BD_POOL_ADDRESS_SIZE]);

/* EINVAL: it is none; it counts down; its ends are in two networks. */
int bd_pool_parse(const char *text, struct bd_pool *pool_out, struct bd_error *err);

#endif
