/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's network: parsing its bridge, MAC address, addresses, gateways and name servers. */
#ifndef BD_GUEST_NETWORK_H
#define BD_GUEST_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What a guest does about IPv6. BD_IP6_AUTO: what the routers announce, which Linux does by itself. */
enum bd_ip6 { BD_IP6_AUTO, BD_IP6_DHCP, BD_IP6_NONE, BD_IP6_STATIC };

#define BD_DNS_MAX 3 /* glibc takes no more: MAXNS in resolv.h */
#define BD_ADDRESS_SIZE 46 /* INET6_ADDRSTRLEN */

struct bd_network {
	bool enabled;
	char bridge[16]; /* IFNAMSIZ */
	uint8_t mac[6];
	bool has_address; /* else DHCP */
	char address[16]; /* dotted IPv4 */
	unsigned prefix_length;
	char gateway[16]; /* "" for none */
	enum bd_ip6 ip6;
	char address6[BD_ADDRESS_SIZE];
	unsigned prefix_length6;
	char gateway6[BD_ADDRESS_SIZE]; /* "" for none */
	char dns[BD_DNS_MAX][BD_ADDRESS_SIZE]; /* of either family */
	size_t dns_count;
};

/* "dhcp" or A.B.C.D/LEN. The gateway comes after the address, and is in its network. */
int bd_network_set_ip(struct bd_network *network, const char *text, struct bd_error *err);
int bd_network_set_gateway(struct bd_network *network, const char *text, struct bd_error *err);
/* "auto", "dhcp", "none" or ADDRESS/LEN. The gateway comes after the address; it is in its network or link-local. */
int bd_network_set_ip6(struct bd_network *network, const char *text, struct bd_error *err);
const char *bd_ip6_name(enum bd_ip6 ip6);
int bd_network_set_gateway6(struct bd_network *network, const char *text, struct bd_error *err);
/* One address, or several with commas between them; they are added. After the rest: with BD_IP6_NONE there is no IPv6
 * server. */
int bd_network_add_dns(struct bd_network *network, const char *text, struct bd_error *err);
/* All of them, with commas between them; "" for none. */
#define BD_DNS_TEXT_SIZE (BD_DNS_MAX * (BD_ADDRESS_SIZE + 1))
void bd_network_format_dns(const struct bd_network *network, char text_out[BD_DNS_TEXT_SIZE]);

#endif
