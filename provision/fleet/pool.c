/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses a pool, and says what is wrong with it. */
#include "fleet/pool.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/address_table.h"

static int fail_form(const char *text, struct bd_error *err)
{
	return bd_fail(
		err, EINVAL,
		"\"%s\" is not a pool such as 192.0.2.100-192.0.2.120/24 or 192.0.2.0/24 (all hosts of the network)",
		text);
}

static bool read_address(const char *text, size_t length, uint32_t *address_out)
{
	char address[INET_ADDRSTRLEN];

	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	return bd_address_parse_ipv4(address, address_out);
}

/* The digits behind the slash; 0: they are no length of a prefix. */
static unsigned read_length(const char *digits)
{
	size_t count = strspn(digits, "0123456789");

	if (count < 1 || count > 2 || digits[count])
		return 0;
	unsigned length = (unsigned)strtoul(digits, NULL, 10);
	return length <= 32 ? length : 0;
}

int bd_pool_parse(const char *text, struct bd_pool *pool_out, struct bd_error *err)
{
	size_t before_slash = strcspn(text, "/"), before_dash = strcspn(text, "-");
	struct bd_pool pool = { .prefix_length = text[before_slash] ? read_length(text + before_slash + 1) : 0 };
	bool is_network = before_dash > before_slash;

	if (pool.prefix_length == 0 || !read_address(text, is_network ? before_slash : before_dash, &pool.first))
		return fail_form(text, err);
	uint32_t hosts = pool.prefix_length == 32 ? 0 : UINT32_MAX >> pool.prefix_length;
	uint32_t network = pool.first & ~hosts;
	if (is_network && pool.first != network)
		return bd_fail(err, EINVAL, "\"%s\" is a host address, not a network address", text);
	if (is_network)
		pool.last = network | hosts;
	else if (!read_address(text + before_dash + 1, before_slash - before_dash - 1, &pool.last))
		return fail_form(text, err);
	if (pool.last < pool.first)
		return bd_fail(err, EINVAL, "\"%s\": the end is below the beginning", text);
	if ((pool.last & ~hosts) != network)
		return bd_fail(err, EINVAL, "the ends of \"%s\" are in different /%u networks", text,
			       pool.prefix_length);
	/* Below 31 bits the first and the last are the network's own (RFC 3021). */
	if (pool.prefix_length < 31 && pool.first == network)
		pool.first++;
	if (pool.prefix_length < 31 && pool.last == (network | hosts))
		pool.last--;
	if (pool.last < pool.first)
		return bd_fail(err, EINVAL, "\"%s\" contains no host address", text);
	*pool_out = pool;
	return 0;
}

void bd_pool_format(uint32_t address, unsigned prefix_length, char text_out[BD_POOL_ADDRESS_SIZE])
{
	snprintf(text_out, BD_POOL_ADDRESS_SIZE, "%u.%u.%u.%u/%u", address >> 24, address >> 16 & 0xff,
		 address >> 8 & 0xff, address & 0xff, prefix_length & 63);
}
