/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open addressing, at most half full. Each IPv4 address in the table remembers where the next free one may be, so
 * that a large pool is not searched from its start each time. */
#include "fleet/address_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

bool bd_address_parse_ipv4(const char *text, uint32_t *address_out)
{
	struct in_addr parsed;

	if (inet_pton(AF_INET, text, &parsed) != 1)
		return false;
	*address_out = ntohl(parsed.s_addr);
	return true;
}

struct bd_address bd_address_of_ipv4(uint32_t address)
{
	struct bd_address mapped = { { [10] = 0xff, [11] = 0xff } };

	for (unsigned i = 0; i < 4; i++)
		mapped.bytes[12 + i] = (uint8_t)(address >> (24 - 8 * i));
	return mapped;
}

struct bd_address bd_address_of_mac(const uint8_t mac[6])
{
	struct bd_address address = { { 0xff } }; /* multicast */

	memcpy(address.bytes + 10, mac, 6);
	return address;
}

/* Where it is, or would be. */
static struct bd_address_entry *slot_of(const struct bd_address_table *table, const struct bd_address *address)
{
	size_t at = bd_hash(BD_HASH_INIT, address, sizeof(*address)) & (table->size - 1);

	while (table->slots[at].used && memcmp(&table->slots[at].address, address, sizeof(*address)) != 0)
		at = (at + 1) & (table->size - 1);
	return &table->slots[at];
}

struct bd_address_entry *bd_address_table_find(const struct bd_address_table *table, const struct bd_address *address)
{
	struct bd_address_entry *slot = table->size ? slot_of(table, address) : NULL;

	return slot && slot->used ? slot : NULL;
}

static int grow(struct bd_address_table *table)
{
	struct bd_address_table grown = { .size = table->size ? 2 * table->size : 256, .count = table->count };

	grown.slots = calloc(grown.size, sizeof(*grown.slots));
	if (!grown.slots)
		return -1;
	for (size_t i = 0; i < table->size; i++)
		if (table->slots[i].used)
			*slot_of(&grown, &table->slots[i].address) = table->slots[i];
	free(table->slots);
	*table = grown;
	return 0;
}

struct bd_address_entry *bd_address_table_add(struct bd_address_table *table, const struct bd_address *address)
{
	if (2 * table->count >= table->size && grow(table) != 0)
		return NULL;
	struct bd_address_entry *slot = slot_of(table, address);
	if (slot->used)
		return slot;
	table->count++;
	uint32_t ipv4 = (uint32_t)address->bytes[12] << 24 | (uint32_t)address->bytes[13] << 16 |
			(uint32_t)address->bytes[14] << 8 | address->bytes[15];
	*slot = (struct bd_address_entry){ .address = *address,
					   .used = true,
					   .next = ipv4 == UINT32_MAX ? ipv4 : ipv4 + 1 };
	return slot;
}

static struct bd_address_entry *find_ipv4(const struct bd_address_table *table, uint32_t address)
{
	struct bd_address mapped = bd_address_of_ipv4(address);

	return bd_address_table_find(table, &mapped);
}

uint32_t bd_address_table_next_free(struct bd_address_table *table, uint32_t address)
{
	uint32_t free_one = address;
	struct bd_address_entry *entry;

	while (free_one != UINT32_MAX && (entry = find_ipv4(table, free_one)))
		free_one = entry->next;
	/* All that were on the way remember. */
	while (address != free_one && (entry = find_ipv4(table, address))) {
		address = entry->next;
		entry->next = free_one;
	}
	return free_one;
}

void bd_address_table_dispose(struct bd_address_table *table)
{
	free(table->slots);
	*table = (struct bd_address_table){ 0 };
}
