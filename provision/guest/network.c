/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses the addresses of a guest, and says what is wrong with them. */
#include "guest/network.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In host order; length: 1 to 32. */
static uint32_t netmask(unsigned length)
{
	return 0xffffffffu << (32 - length);
}

int bd_networks_copy(const struct bd_network *from, size_t count, struct bd_networks *copy_out, struct bd_error *err)
{
	*copy_out = (struct bd_networks){ 0 };
	if (!count)
		return 0;
	copy_out->items = malloc(count * sizeof(*from));
	if (!copy_out->items)
		return bd_no_memory(err);
	memcpy(copy_out->items, from, count * sizeof(*from));
	copy_out->count = count;
	return 0;
}

void bd_networks_dispose(struct bd_networks *networks)
{
	free(networks->items);
	*networks = (struct bd_networks){ 0 };
}

const struct bd_network *bd_networks_first(const struct bd_networks *networks)
{
	return networks->count ? networks->items : NULL;
}

size_t bd_networks_default_route(const struct bd_networks *networks)
{
	for (size_t i = 0; i < networks->count; i++)
		if (networks->items[i].gateway[0])
			return i;
	for (size_t i = 0; i < networks->count; i++)
		if (!networks->items[i].address_count)
			return i;
	return networks->count;
}

size_t bd_networks_default_route6(const struct bd_networks *networks)
{
	for (size_t i = 0; i < networks->count; i++)
		if (networks->items[i].gateway6[0])
			return i;
	for (size_t i = 0; i < networks->count; i++)
		if (networks->items[i].ip6 != BD_IP6_NONE)
			return i;
	return networks->count;
}

bool bd_network_has_address(const struct bd_network_address *addresses, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(addresses[i].text, text) == 0)
			return true;
	return false;
}

static int add_address(struct bd_network_address *addresses, size_t *count, const struct bd_network_address *address,
		       struct bd_error *err)
{
	if (bd_network_has_address(addresses, *count, address->text))
		return bd_usage(err, "%s is given twice", address->text);
	if (*count == BD_ADDRESSES_MAX)
		return bd_usage(err, "an interface has %d addresses of a family at most", BD_ADDRESSES_MAX);
	addresses[(*count)++] = *address;
	return 0;
}

/* "ADDRESS/LEN"; false: it is not so. The address is looked at by the caller. */
static bool split(const char *text, unsigned length_max, struct bd_network_address *address_out)
{
	const char *slash = strchr(text, '/');
	char *end;

	if (!slash || (size_t)(slash - text) >= sizeof(address_out->text) || !isdigit((unsigned char)slash[1]))
		return false;
	memcpy(address_out->text, text, (size_t)(slash - text));
	address_out->text[slash - text] = '\0';
	unsigned long length = strtoul(slash + 1, &end, 10);
	if (*end || length < 1 || length > length_max)
		return false;
	address_out->prefix_length = (unsigned)length;
	return true;
}

static int check_one_way(const struct bd_network *network, struct bd_error *err)
{
	if (network->says_dhcp && network->address_count)
		return bd_usage(err, "an interface has either DHCP or static addresses");
	return 0;
}

static int fail_no_host(const char *text, struct bd_error *err)
{
	return bd_usage(err, "%s is not an address that a host can have on a network", text);
}

/* "This network", loopback, multicast, and the broadcast address. */
static bool can_be_host(const struct in_addr *address)
{
	uint32_t value = ntohl(address->s_addr), first = value >> 24;

	return first != 0 && first != IN_LOOPBACKNET && !IN_MULTICAST(value) && value != INADDR_BROADCAST;
}

static bool can_be_host6(const struct in6_addr *address)
{
	return !IN6_IS_ADDR_UNSPECIFIED(address) && !IN6_IS_ADDR_LOOPBACK(address) &&
	       !IN6_IS_ADDR_MULTICAST(address) && !IN6_IS_ADDR_V4MAPPED(address);
}

/* The first and the last address of a network are no host's. */
static int check_host_part(const char *text, const struct in_addr *address, unsigned prefix_length,
			   struct bd_error *err)
{
	const uint32_t mask = netmask(prefix_length), host = ntohl(address->s_addr) & ~mask;

	if (prefix_length < 31 && (host == 0 || host == ~mask))
		return bd_usage(err, "%s is the %s address of its network, which no host can have", text,
				host == 0 ? "first" : "broadcast");
	return 0;
}

int bd_network_add_ip(struct bd_network *network, const char *text, struct bd_error *err)
{
	struct bd_network_address address = { .prefix_length = 0 };
	struct in_addr parsed;

	if (strcmp(text, "dhcp") == 0) {
		network->says_dhcp = true;
		return check_one_way(network, err);
	}
	if (!split(text, 32, &address) || inet_pton(AF_INET, address.text, &parsed) != 1)
		return bd_usage(err, "\"%s\" is neither dhcp nor an address such as 192.0.2.10/24", text);
	if (!can_be_host(&parsed))
		return fail_no_host(text, err);
	if (check_host_part(text, &parsed, address.prefix_length, err) != 0 ||
	    add_address(network->addresses, &network->address_count, &address, err) != 0)
		return -1;
	return check_one_way(network, err);
}

static bool are_hosts(const struct bd_network_address *addresses, size_t count, unsigned length)
{
	for (size_t i = 0; i < count; i++)
		if (addresses[i].prefix_length != length)
			return false;
	return count != 0;
}

static bool same_network(const struct in_addr *one, const struct bd_network_address *own)
{
	struct in_addr other;

	return inet_pton(AF_INET, own->text, &other) == 1 &&
	       ((ntohl(one->s_addr) ^ ntohl(other.s_addr)) & netmask(own->prefix_length)) == 0;
}

static bool is_reached(const struct bd_network *network, const struct in_addr *gateway)
{
	for (size_t i = 0; i < network->address_count; i++)
		if (same_network(gateway, &network->addresses[i]))
			return true;
	return false;
}

bool bd_network_gateway_is_on_link(const struct bd_network *network)
{
	struct in_addr gateway;

	return inet_pton(AF_INET, network->gateway, &gateway) == 1 && !is_reached(network, &gateway);
}

static int fail_own(const char *text, struct bd_error *err)
{
	return bd_usage(err, "%s is the guest's own address, and a gateway is another host", text);
}

static int check_gateway(const struct bd_network *network, const char *text, const struct in_addr *gateway,
			 struct bd_error *err)
{
	struct in_addr own;

	if (!can_be_host(gateway))
		return fail_no_host(text, err);
	for (size_t i = 0; i < network->address_count; i++) {
		const struct bd_network_address *address = &network->addresses[i];
		if (inet_pton(AF_INET, address->text, &own) == 1 && own.s_addr == gateway->s_addr)
			return fail_own(text, err);
		if (same_network(gateway, address) &&
		    check_host_part(text, gateway, address->prefix_length, err) != 0)
			return -1;
	}
	return 0;
}

int bd_network_set_gateway(struct bd_network *network, const char *text, struct bd_error *err)
{
	struct in_addr gateway;

	if (inet_pton(AF_INET, text, &gateway) != 1)
		return bd_usage(err, "\"%s\" is not an address such as 192.0.2.1", text);
	if (!network->address_count)
		return bd_usage(err, "a gateway needs a static IPv4 address, A.B.C.D/LEN");
	if (!is_reached(network, &gateway) && !are_hosts(network->addresses, network->address_count, 32))
		return bd_usage(err,
				"%s is not in the network of %s/%u, so the guest could not reach it; a gateway "
				"elsewhere on the link needs the address with the length /32",
				text, network->addresses[0].text, network->addresses[0].prefix_length);
	if (check_gateway(network, text, &gateway, err) != 0)
		return -1;
	snprintf(network->gateway, sizeof(network->gateway), "%s", text);
	return 0;
}

static int check_one_way6(const struct bd_network *network, struct bd_error *err)
{
	if (network->says_ip6 && network->address6_count)
		return bd_usage(err, "an interface has either static IPv6 addresses, or auto, dhcp or none");
	return 0;
}

static int add_static6(struct bd_network *network, const char *text, struct bd_error *err)
{
	struct bd_network_address address = { .prefix_length = 0 };
	struct in6_addr parsed;

	if (!split(text, 128, &address) || inet_pton(AF_INET6, address.text, &parsed) != 1)
		return bd_usage(err, "\"%s\" is none of auto, dhcp, none, or an address such as 2001:db8::10/64",
				text);
	if (!can_be_host6(&parsed))
		return fail_no_host(text, err);
	inet_ntop(AF_INET6, &parsed, address.text, sizeof(address.text));
	if (add_address(network->addresses6, &network->address6_count, &address, err) != 0)
		return -1;
	network->ip6 = BD_IP6_STATIC;
	return check_one_way6(network, err);
}

static const char *const ip6_names[] = {
	[BD_IP6_AUTO] = "auto", [BD_IP6_DHCP] = "dhcp", [BD_IP6_NONE] = "none", [BD_IP6_STATIC] = "static"
};

const char *bd_ip6_name(enum bd_ip6 ip6)
{
	return ip6_names[ip6];
}

int bd_network_add_ip6(struct bd_network *network, const char *text, struct bd_error *err)
{
	for (unsigned i = 0; i < BD_IP6_STATIC; i++)
		if (strcmp(text, ip6_names[i]) == 0) {
			network->ip6 = (enum bd_ip6)i;
			network->says_ip6 = true;
			return check_one_way6(network, err);
		}
	return add_static6(network, text, err);
}

static bool same_network6(const struct in6_addr *one, const struct bd_network_address *own)
{
	unsigned bytes = own->prefix_length / 8, bits = own->prefix_length % 8;
	struct in6_addr other;

	if (inet_pton(AF_INET6, own->text, &other) != 1 || memcmp(one, &other, bytes) != 0)
		return false;
	return !bits || ((one->s6_addr[bytes] ^ other.s6_addr[bytes]) & (0xff00 >> bits) & 0xff) == 0;
}

static bool is_reached6(const struct bd_network *network, const struct in6_addr *gateway)
{
	for (size_t i = 0; i < network->address6_count; i++)
		if (same_network6(gateway, &network->addresses6[i]))
			return true;
	return IN6_IS_ADDR_LINKLOCAL(gateway);
}

bool bd_network_gateway6_is_on_link(const struct bd_network *network)
{
	struct in6_addr gateway;

	return inet_pton(AF_INET6, network->gateway6, &gateway) == 1 && !is_reached6(network, &gateway);
}

static int check_gateway6(const struct bd_network *network, const char *text, const struct in6_addr *gateway,
			  struct bd_error *err)
{
	struct in6_addr own;

	if (!can_be_host6(gateway))
		return fail_no_host(text, err);
	for (size_t i = 0; i < network->address6_count; i++)
		if (inet_pton(AF_INET6, network->addresses6[i].text, &own) == 1 && IN6_ARE_ADDR_EQUAL(&own, gateway))
			return fail_own(text, err);
	return 0;
}

int bd_network_set_gateway6(struct bd_network *network, const char *text, struct bd_error *err)
{
	struct in6_addr gateway;

	if (inet_pton(AF_INET6, text, &gateway) != 1)
		return bd_usage(err, "\"%s\" is not an address such as 2001:db8::1", text);
	if (!network->address6_count)
		return bd_usage(err, "a gateway needs a static IPv6 address, ADDRESS/LEN");
	if (!is_reached6(network, &gateway) && !are_hosts(network->addresses6, network->address6_count, 128))
		return bd_usage(err,
				"%s is neither link-local nor in the network of %s/%u, so the guest could "
				"not reach it; a gateway elsewhere on the link needs the address with the length "
				"/128",
				text, network->addresses6[0].text, network->addresses6[0].prefix_length);
	if (check_gateway6(network, text, &gateway, err) != 0)
		return -1;
	inet_ntop(AF_INET6, &gateway, network->gateway6, sizeof(network->gateway6));
	return 0;
}

static int add_dns_address(struct bd_network *network, const char *address, struct bd_error *err)
{
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;
	uint8_t parsed[16];

	if (inet_pton(family, address, parsed) != 1)
		return bd_usage(err, "\"%s\" is not an address such as 192.0.2.53 or 2001:db8::53", address);
	if (network->ip6 == BD_IP6_NONE && family == AF_INET6)
		return bd_usage(err, "%s is an IPv6 server, which a guest without IPv6 cannot reach", address);
	if (network->dns_count == BD_DNS_MAX)
		return bd_usage(err, "no guest asks more than %d name servers", BD_DNS_MAX);
	inet_ntop(family, parsed, network->dns[network->dns_count++], BD_ADDRESS_SIZE);
	return 0;
}

int bd_network_add_dns(struct bd_network *network, const char *text, struct bd_error *err)
{
	char address[BD_ADDRESS_SIZE];

	for (const char *at = text;; at++) {
		size_t length = strcspn(at, ",");
		if (length == 0 || length >= sizeof(address))
			return bd_usage(err, "\"%s\" is neither an address nor a list of addresses with commas",
					text);
		memcpy(address, at, length);
		address[length] = '\0';
		if (add_dns_address(network, address, err) != 0)
			return -1;
		at += length;
		if (!*at)
			return 0;
	}
}

void bd_network_format_addresses(const struct bd_network_address *addresses, size_t count,
				 char text_out[BD_ADDRESSES_TEXT_SIZE])
{
	int used = 0;

	text_out[0] = '\0';
	for (size_t i = 0; i < count; i++)
		used += snprintf(text_out + used, BD_ADDRESSES_TEXT_SIZE - (size_t)used, "%s%s/%u", i ? "," : "",
				 addresses[i].text, addresses[i].prefix_length);
}

void bd_network_format_ip(const struct bd_network *network, char text_out[BD_ADDRESSES_TEXT_SIZE])
{
	bd_network_format_addresses(network->addresses, network->address_count, text_out);
	if (!network->address_count)
		strcpy(text_out, "dhcp");
}

void bd_network_format_ip6(const struct bd_network *network, char text_out[BD_ADDRESSES_TEXT_SIZE])
{
	bd_network_format_addresses(network->addresses6, network->address6_count, text_out);
	if (!network->address6_count)
		strcpy(text_out, bd_ip6_name(network->ip6));
}

void bd_network_format_dns(const struct bd_network *network, char text_out[BD_DNS_TEXT_SIZE])
{
	int used = 0;

	text_out[0] = '\0';
	for (size_t i = 0; i < network->dns_count; i++)
		used += snprintf(text_out + used, BD_DNS_TEXT_SIZE - (size_t)used, "%s%s", i ? "," : "",
				 network->dns[i]);
}
