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

int bd_network_set_ip(struct bd_network *network, const char *text, struct bd_error *err)
{
	char address[16], *end;
	const char *slash = strchr(text, '/');
	struct in_addr parsed;

	if (strcmp(text, "dhcp") == 0) {
		network->has_address = false;
		return 0;
	}
	if (!slash || (size_t)(slash - text) >= sizeof(address) || !isdigit((unsigned char)slash[1]))
		return bd_usage(err, "\"%s\" is neither dhcp nor an address such as 192.0.2.10/24", text);
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	unsigned long length = strtoul(slash + 1, &end, 10);
	if (inet_pton(AF_INET, address, &parsed) != 1 || *end || length < 1 || length > 32)
		return bd_usage(err, "\"%s\" is neither dhcp nor an address such as 192.0.2.10/24", text);
	uint32_t host = ntohl(parsed.s_addr) & ~netmask((unsigned)length);
	if (length < 31 && (host == 0 || host == ~netmask((unsigned)length)))
		return bd_usage(err, "%s is the %s address of its network, which no host can have", text,
				host == 0 ? "first" : "broadcast");
	memcpy(network->address, address, sizeof(address));
	network->prefix_length = (unsigned)length;
	network->has_address = true;
	return 0;
}

int bd_network_set_gateway(struct bd_network *network, const char *text, struct bd_error *err)
{
	struct in_addr gateway, own;

	if (inet_pton(AF_INET, text, &gateway) != 1)
		return bd_usage(err, "\"%s\" is not an address such as 192.0.2.1", text);
	if (inet_pton(AF_INET, network->address, &own) != 1)
		return bd_usage(err, "a gateway needs a static IPv4 address, A.B.C.D/LEN");
	if ((ntohl(gateway.s_addr) ^ ntohl(own.s_addr)) & netmask(network->prefix_length))
		return bd_usage(err, "%s is not in the network of %s/%u, so the guest could not reach it", text,
				network->address, network->prefix_length);
	snprintf(network->gateway, sizeof(network->gateway), "%s", text);
	return 0;
}

static int set_static6(struct bd_network *network, const char *text, struct bd_error *err)
{
	const char *slash = strchr(text, '/');
	char address[BD_ADDRESS_SIZE], *end;
	struct in6_addr parsed;

	if (!slash || (size_t)(slash - text) >= sizeof(address) || !isdigit((unsigned char)slash[1]))
		return bd_usage(err, "\"%s\" is none of auto, dhcp, none, or an address such as 2001:db8::10/64",
				text);
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	unsigned long length = strtoul(slash + 1, &end, 10);
	if (inet_pton(AF_INET6, address, &parsed) != 1 || *end || length < 1 || length > 128)
		return bd_usage(err, "\"%s\" is none of auto, dhcp, none, or an address such as 2001:db8::10/64",
				text);
	if (IN6_IS_ADDR_UNSPECIFIED(&parsed) || IN6_IS_ADDR_LOOPBACK(&parsed) || IN6_IS_ADDR_MULTICAST(&parsed) ||
	    IN6_IS_ADDR_V4MAPPED(&parsed))
		return bd_usage(err, "%s is not an address that a host can have on a network", text);
	inet_ntop(AF_INET6, &parsed, network->address6, sizeof(network->address6));
	network->prefix_length6 = (unsigned)length;
	network->ip6 = BD_IP6_STATIC;
	return 0;
}

static const char *const ip6_names[] = {
	[BD_IP6_AUTO] = "auto", [BD_IP6_DHCP] = "dhcp", [BD_IP6_NONE] = "none", [BD_IP6_STATIC] = "static"
};

const char *bd_ip6_name(enum bd_ip6 ip6)
{
	return ip6_names[ip6];
}

int bd_network_set_ip6(struct bd_network *network, const char *text, struct bd_error *err)
{
	for (unsigned i = 0; i < BD_IP6_STATIC; i++)
		if (strcmp(text, ip6_names[i]) == 0) {
			network->ip6 = (enum bd_ip6)i;
			return 0;
		}
	return set_static6(network, text, err);
}

static bool same_network6(const struct in6_addr *one, const struct in6_addr *other, unsigned length)
{
	unsigned bytes = length / 8, bits = length % 8;

	if (memcmp(one, other, bytes) != 0)
		return false;
	return !bits || ((one->s6_addr[bytes] ^ other->s6_addr[bytes]) & (0xff00 >> bits) & 0xff) == 0;
}

int bd_network_set_gateway6(struct bd_network *network, const char *text, struct bd_error *err)
{
	struct in6_addr gateway, own;

	if (inet_pton(AF_INET6, text, &gateway) != 1)
		return bd_usage(err, "\"%s\" is not an address such as 2001:db8::1", text);
	if (network->ip6 != BD_IP6_STATIC || inet_pton(AF_INET6, network->address6, &own) != 1)
		return bd_usage(err, "a gateway needs a static IPv6 address, ADDRESS/LEN");
	if (!IN6_IS_ADDR_LINKLOCAL(&gateway) && !same_network6(&gateway, &own, network->prefix_length6))
		return bd_usage(err,
				"%s is neither link-local nor in the network of %s/%u, so the guest could "
				"not reach it",
				text, network->address6, network->prefix_length6);
	inet_ntop(AF_INET6, &gateway, network->gateway6, sizeof(network->gateway6));
	return 0;
}

static int add_dns_address(struct bd_network *network, const char *address, struct bd_error *err)
{
	uint8_t parsed[16];

	if (inet_pton(AF_INET, address, parsed) != 1 && inet_pton(AF_INET6, address, parsed) != 1)
		return bd_usage(err, "\"%s\" is not an address such as 192.0.2.53 or 2001:db8::53", address);
	if (network->ip6 == BD_IP6_NONE && strchr(address, ':'))
		return bd_usage(err, "%s is an IPv6 server, which a guest without IPv6 cannot reach", address);
	if (network->dns_count == BD_DNS_MAX)
		return bd_usage(err, "no guest asks more than %d name servers", BD_DNS_MAX);
	snprintf(network->dns[network->dns_count++], BD_ADDRESS_SIZE, "%s", address);
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

void bd_network_format_dns(const struct bd_network *network, char text_out[BD_DNS_TEXT_SIZE])
{
	int used = 0;

	text_out[0] = '\0';
	for (size_t i = 0; i < network->dns_count; i++)
		used += snprintf(text_out + used, BD_DNS_TEXT_SIZE - (size_t)used, "%s%s", i ? "," : "",
				 network->dns[i]);
}
