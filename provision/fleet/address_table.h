/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of IPv4, IPv6 and Ethernet addresses and who has them. */
#ifndef BD_FLEET_ADDRESS_TABLE_H
#define BD_FLEET_ADDRESS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json_tree.h"

struct bd_address {
	uint8_t bytes[16]; /* IPv6, or mapped into it: ::ffff:a.b.c.d; a MAC behind a prefix that no host has */
};

/* "192.0.2.12", in host order; false: it is no IPv4 address. */
bool bd_address_parse_ipv4(const char *text, uint32_t *address_out);
/* address: in host order. */
struct bd_address bd_address_of_ipv4(uint32_t address);
struct bd_address bd_address_of_mac(const uint8_t mac[6]);

struct bd_address_entry {
	struct bd_address address;
	bool used;
	const char *guest; /* NULL: kept free of guests of a pool, but not had by any that is known */
	const struct bd_json_node *node; /* where the manifest says so; NULL: it is of a guest of this host */
	uint32_t next; /* of IPv4: from here on there may be a free one */
};

/* Zeroed: empty. */
struct bd_address_table {
	struct bd_address_entry *slots;
	size_t count, size; /* a power of two */
};

/* NULL: nobody has it. Valid until the next bd_address_table_add. */
struct bd_address_entry *bd_address_table_find(const struct bd_address_table *table,
					       const struct bd_address *address);
/* The one that is there, or a new one. NULL: out of memory. */
struct bd_address_entry *bd_address_table_add(struct bd_address_table *table, const struct bd_address *address);
/* The first IPv4 address from here on that is not in it; UINT32_MAX when there is none. */
uint32_t bd_address_table_next_free(struct bd_address_table *table, uint32_t address);
void bd_address_table_dispose(struct bd_address_table *table); /* idempotent */

#endif
