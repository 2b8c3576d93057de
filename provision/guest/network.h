/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's network interfaces: parsing of bridge, MAC address, addresses, gateways and name servers. */
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
#define BD_NETWORKS_MAX 8 /* as many as QEMU gives an HVM guest */
#define BD_ADDRESSES_MAX 8 /* of an interface, of either family */

#define BD_VIF_KEYS_SIZE 256

struct bd_network_address {
	char text[BD_ADDRESS_SIZE]; /* as inet_ntop writes it */
	unsigned prefix_length;
};

/* One interface. */
struct bd_network {
	char bridge[16]; /* IFNAMSIZ; "": not said */
	bool has_mac;
	uint8_t mac[6];
	struct bd_network_address addresses[BD_ADDRESSES_MAX]; /* IPv4; none: DHCP */
	size_t address_count;
	bool says_dhcp;
	char gateway[16]; /* "" for none */
	enum bd_ip6 ip6;
	bool says_ip6; /* one of its modes, and no address */
	struct bd_network_address addresses6[BD_ADDRESSES_MAX]; /* some with BD_IP6_STATIC only */
	size_t address6_count;
	char gateway6[BD_ADDRESS_SIZE]; /* "" for none */
	char dns[BD_DNS_MAX][BD_ADDRESS_SIZE]; /* of either family, as inet_ntop writes it */
	size_t dns_count;
	char vif[BD_VIF_KEYS_SIZE]; /* further keys of xl's vif=: "rate=10Mb/s, script=vif-route"; "" for none */
};

/* The interfaces of a guest, in the order of its config: eth0 first. */
struct bd_networks {
	struct bd_network *items; /* owned */
	size_t count;
};

int bd_networks_copy(const struct bd_network *from, size_t count, struct bd_networks *copy_out, struct bd_error *err);
void bd_networks_dispose(struct bd_networks *networks); /* idempotent */
/* NULL: the guest has none. */
const struct bd_network *bd_networks_first(const struct bd_networks *networks);

/* Which of them has the default route: the first with a gateway, else the first that DHCP or, of IPv6, routers give one to.
 * The number of interfaces: none has. */
size_t bd_networks_default_route(const struct bd_networks *networks);
size_t bd_networks_default_route6(const struct bd_networks *networks);

/* "dhcp" or A.B.C.D/LEN, which is added to those that are there. The gateway comes after the addresses, and is in the
 * network of one of them, or anywhere where all of them are host addresses (/32). */
int bd_network_add_ip(struct bd_network *network, const char *text, struct bd_error *err);
int bd_network_set_gateway(struct bd_network *network, const char *text, struct bd_error *err);
/* "auto", "dhcp", "none" or ADDRESS/LEN, which is added to those that are there. The gateway comes after the addresses; it
 * is in the network of one of them, link-local, or anywhere where all of them are host addresses (/128). */
int bd_network_add_ip6(struct bd_network *network, const char *text, struct bd_error *err);
const char *bd_ip6_name(enum bd_ip6 ip6);
int bd_network_set_gateway6(struct bd_network *network, const char *text, struct bd_error *err);
/* The gateway is in none of the interface's networks, and has to be taken for reachable on its link. */
bool bd_network_gateway_is_on_link(const struct bd_network *network);
bool bd_network_gateway6_is_on_link(const struct bd_network *network);
/* text: as inet_ntop writes it. */
bool bd_network_has_address(const struct bd_network_address *addresses, size_t count, const char *text);
/* "192.0.2.10/24,192.0.2.11/24"; "" for none. */
#define BD_ADDRESSES_TEXT_SIZE (BD_ADDRESSES_MAX * (BD_ADDRESS_SIZE + 4))
void bd_network_format_addresses(const struct bd_network_address *addresses, size_t count,
				 char text_out[BD_ADDRESSES_TEXT_SIZE]);
/* What "ip" or "ip6" of a guest is for people and programs: addresses as above, or "dhcp", or the name of the mode. */
void bd_network_format_ip(const struct bd_network *network, char text_out[BD_ADDRESSES_TEXT_SIZE]);
void bd_network_format_ip6(const struct bd_network *network, char text_out[BD_ADDRESSES_TEXT_SIZE]);
/* One address, or several with commas between them; they are added. After the rest: with BD_IP6_NONE there is no IPv6
 * server. */
int bd_network_add_dns(struct bd_network *network, const char *text, struct bd_error *err);
/* All of them, with commas between them; "" for none. */
#define BD_DNS_TEXT_SIZE (BD_DNS_MAX * (BD_ADDRESS_SIZE + 1))
void bd_network_format_dns(const struct bd_network *network, char text_out[BD_DNS_TEXT_SIZE]);

#endif
