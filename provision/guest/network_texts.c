/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Describes a guest's interfaces to ifupdown, systemd, NetworkManager, netplan and cloud-init. */
#include "guest/network_texts.h"

#include <string.h>

#include "base/parse.h"

/* Of routes that are not to be the default one. Those of systemd and of the kernel's own have 1024, NetworkManager's and
 * netplan's 100 or a little more. */
#define METRIC_OF_OTHERS 2048

/* A static IPv6 address with a gateway leaves nothing to the routers' announcements. */
static bool ignores_routers(const struct bd_network *network)
{
	return network->ip6 == BD_IP6_NONE || (network->ip6 == BD_IP6_STATIC && network->gateway6[0]);
}

static bool is_ip6(const char *address)
{
	return strchr(address, ':') != NULL;
}

/* DHCP would give it a default route beside that of another interface. */
static bool needs_metric(const struct bd_guest *guest, size_t number)
{
	return !guest->networks.items[number].address_count && bd_networks_default_route(&guest->networks) != number;
}

static bool needs_metric6(const struct bd_guest *guest, size_t number)
{
	return !ignores_routers(&guest->networks.items[number]) &&
	       bd_networks_default_route6(&guest->networks) != number;
}

/* By commands, which Debian's ifupdown, that of busybox and ifupdown-ng have in common; of a gateway outside the network,
 * and of a second address, they have different ideas. */
static void write_further(FILE *out, const struct bd_network_address *addresses, size_t count, const char *ip,
			  size_t number)
{
	for (size_t i = 1; i < count; i++)
		fprintf(out, "\tup %s addr add %s/%u dev eth%zu\n", ip, addresses[i].text, addresses[i].prefix_length,
			number);
}

static void write_gateway(FILE *out, const char *gateway, bool on_link, const char *ip, size_t number)
{
	if (!gateway[0])
		return;
	if (on_link)
		fprintf(out, "\tup %s route add %s dev eth%zu\n\tup %s route add default via %s dev eth%zu\n", ip,
			gateway, number, ip, gateway, number);
	else
		fprintf(out, "\tgateway %s\n", gateway);
}

static void write_inet(FILE *out, const struct bd_guest *guest, size_t number)
{
	const struct bd_network *network = &guest->networks.items[number];
	const struct bd_network_address *address = network->addresses;

	if (!network->address_count) {
		fprintf(out, "iface eth%zu inet dhcp\n", number);
		if (needs_metric(guest, number))
			fprintf(out, "\tmetric %d\n", METRIC_OF_OTHERS);
		return;
	}
	uint32_t mask = 0xffffffffu << (32 - address->prefix_length);
	fprintf(out, "iface eth%zu inet static\n\taddress %s\n\tnetmask %u.%u.%u.%u\n", number, address->text,
		mask >> 24, mask >> 16 & 255, mask >> 8 & 255, mask & 255);
	write_gateway(out, network->gateway, bd_network_gateway_is_on_link(network), "ip", number);
	write_further(out, address, network->address_count, "ip", number);
	/* For resolvconf, where the guest has it. */
	for (size_t i = 0; i < network->dns_count; i++)
		fprintf(out, "%s%s%s", i ? " " : "\tdns-nameservers ", network->dns[i],
			i + 1 == network->dns_count ? "\n" : "");
}

static void write_inet6_static(FILE *out, const struct bd_network *network, size_t number)
{
	fprintf(out, "\niface eth%zu inet6 static\n\taddress %s\n\tnetmask %u\n", number, network->addresses6->text,
		network->addresses6->prefix_length);
	if (network->gateway6[0])
		fputs("\taccept_ra 0\n", out);
	write_gateway(out, network->gateway6, bd_network_gateway6_is_on_link(network), "ip -6", number);
	write_further(out, network->addresses6, network->address6_count, "ip -6", number);
}

/* Without a stanza, Linux takes what routers announce. */
static void write_inet6(FILE *out, const struct bd_network *network, size_t number)
{
	switch (network->ip6) {
	case BD_IP6_AUTO:
		break;
	case BD_IP6_NONE:
		fprintf(out,
			"\tpre-up [ ! -e /proc/sys/net/ipv6/conf/eth%zu/disable_ipv6 ] || "
			"echo 1 >/proc/sys/net/ipv6/conf/eth%zu/disable_ipv6\n",
			number, number);
		break;
	case BD_IP6_DHCP:
		fprintf(out, "\niface eth%zu inet6 dhcp\n", number);
		break;
	case BD_IP6_STATIC:
		write_inet6_static(out, network, number);
		break;
	}
}

void bd_network_write_interfaces(FILE *out, const struct bd_guest *guest)
{
	fputs("auto lo\niface lo inet loopback\n", out);
	for (size_t i = 0; i < guest->networks.count; i++) {
		fprintf(out, "\nauto eth%zu\n", i);
		write_inet(out, guest, i);
		write_inet6(out, &guest->networks.items[i], i);
	}
}

void bd_network_write_link(FILE *out, const struct bd_guest *guest, size_t number)
{
	char mac[BD_MAC_TEXT_SIZE];

	bd_mac_format(guest->networks.items[number].mac, mac);
	fprintf(out,
		"# /etc/network/interfaces knows the interface by this name.\n"
		"[Match]\nMACAddress=%s\n\n[Link]\nName=eth%zu\n",
		mac, number);
}

static void write_networkd_addresses(FILE *out, const struct bd_network_address *addresses, size_t count,
				     const char *gateway, bool on_link)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, "Address=%s/%u\n", addresses[i].text, addresses[i].prefix_length);
	if (gateway[0] && !on_link)
		fprintf(out, "Gateway=%s\n", gateway);
}

static void write_networkd_on_link(FILE *out, const char *gateway)
{
	fprintf(out, "\n[Route]\nGateway=%s\nGatewayOnLink=yes\n", gateway);
}

static void write_networkd_source(FILE *out, const char *section, bool without_dns, bool with_metric)
{
	if (!without_dns && !with_metric)
		return;
	fprintf(out, "\n[%s]\n", section);
	if (without_dns)
		fputs("UseDNS=no\n", out);
	if (with_metric)
		fprintf(out, "RouteMetric=%d\n", METRIC_OF_OTHERS);
}

void bd_network_write_networkd(FILE *out, const struct bd_guest *guest, size_t number)
{
	/* By v4 and v6. */
	static const char *const dhcp[2][2] = { { "no", "ipv6" }, { "ipv4", "yes" } };
	const struct bd_network *network = &guest->networks.items[number];
	bool on_link = bd_network_gateway_is_on_link(network), on_link6 = bd_network_gateway6_is_on_link(network);
	char mac[BD_MAC_TEXT_SIZE];

	bd_mac_format(network->mac, mac);
	fprintf(out, "[Match]\nMACAddress=%s\n\n[Network]\nDHCP=%s\n", mac,
		dhcp[!network->address_count][network->ip6 == BD_IP6_DHCP]);
	write_networkd_addresses(out, network->addresses, network->address_count, network->gateway, on_link);
	write_networkd_addresses(out, network->addresses6, network->address6_count, network->gateway6, on_link6);
	if (network->ip6 == BD_IP6_NONE)
		fputs("LinkLocalAddressing=no\n", out);
	if (ignores_routers(network))
		fputs("IPv6AcceptRA=no\n", out);
	for (size_t i = 0; i < network->dns_count; i++)
		fprintf(out, "DNS=%s\n", network->dns[i]);
	if (on_link)
		write_networkd_on_link(out, network->gateway);
	if (on_link6)
		write_networkd_on_link(out, network->gateway6);
	write_networkd_source(out, "DHCPv4", network->dns_count, needs_metric(guest, number));
	write_networkd_source(out, "DHCPv6", network->dns_count, false);
	write_networkd_source(out, "IPv6AcceptRA", network->dns_count, needs_metric6(guest, number));
}

/* The servers of one family. */
static void write_keyfile_dns(FILE *out, const struct bd_network *network, bool ip6)
{
	bool any = false;

	for (size_t i = 0; i < network->dns_count; i++)
		if (is_ip6(network->dns[i]) == ip6) {
			fprintf(out, "%s%s;", any ? "" : "dns=", network->dns[i]);
			any = true;
		}
	if (any)
		fputc('\n', out);
	if (network->dns_count)
		fputs("ignore-auto-dns=true\n", out);
}

/* The route to a gateway outside the network is written for every NetworkManager; newer ones add it by themselves. */
static void write_keyfile_addresses(FILE *out, const struct bd_network_address *addresses, size_t count,
				    const char *gateway, bool on_link)
{
	fputs("method=manual\n", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "address%zu=%s/%u%s%s\n", i + 1, addresses[i].text, addresses[i].prefix_length,
			i == 0 && gateway[0] ? "," : "", i == 0 ? gateway : "");
	if (on_link)
		fprintf(out, "route1=%s/%d\n", gateway, is_ip6(gateway) ? 128 : 32);
}

static void write_keyfile_head(FILE *out, const struct bd_guest *guest, size_t number)
{
	char mac[BD_MAC_TEXT_SIZE], uuid[BD_UUID_TEXT_SIZE];
	uint8_t own_uuid[16];

	bd_mac_format(guest->networks.items[number].mac, mac);
	memcpy(own_uuid, guest->uuid, sizeof(own_uuid));
	own_uuid[15] ^= (uint8_t)number;
	bd_format_uuid(own_uuid, uuid);
	fputs("[connection]\nid=xen-bigdisk", out);
	if (number)
		fprintf(out, "-eth%zu", number);
	/* The priority sets it before connections that the template brings along. */
	fprintf(out, "\nuuid=%s\ntype=ethernet\nautoconnect-priority=100\n\n[ethernet]\nmac-address=%s\n", uuid, mac);
}

void bd_network_write_keyfile(FILE *out, const struct bd_guest *guest, size_t number)
{
	static const char *const ip6_methods[] = {
		[BD_IP6_AUTO] = "auto", [BD_IP6_DHCP] = "dhcp", [BD_IP6_NONE] = "disabled"
	};
	const struct bd_network *network = &guest->networks.items[number];

	write_keyfile_head(out, guest, number);
	fputs("\n[ipv4]\n", out);
	if (network->address_count)
		write_keyfile_addresses(out, network->addresses, network->address_count, network->gateway,
					bd_network_gateway_is_on_link(network));
	else
		fputs("method=auto\n", out);
	if (needs_metric(guest, number))
		fprintf(out, "route-metric=%d\n", METRIC_OF_OTHERS);
	write_keyfile_dns(out, network, false);
	fputs("\n[ipv6]\n", out);
	if (network->address6_count)
		write_keyfile_addresses(out, network->addresses6, network->address6_count, network->gateway6,
					bd_network_gateway6_is_on_link(network));
	else
		fprintf(out, "method=%s\n", ip6_methods[network->ip6]);
	if (needs_metric6(guest, number) && network->ip6 != BD_IP6_STATIC)
		fprintf(out, "route-metric=%d\n", METRIC_OF_OTHERS);
	if (network->ip6 != BD_IP6_NONE)
		write_keyfile_dns(out, network, true);
}

static void write_v2_list(FILE *out, const struct bd_network_address *addresses, size_t count, const char *indent)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s      - \"%s/%u\"\n", indent, addresses[i].text, addresses[i].prefix_length);
}

/* Not "default", which older readers do not know. */
static void write_v2_route(FILE *out, const char *to, const char *gateway, bool on_link, const char *indent)
{
	if (!gateway[0])
		return;
	fprintf(out, "%s      - to: \"%s\"\n%s        via: \"%s\"\n", indent, to, indent, gateway);
	if (on_link)
		fprintf(out, "%s        on-link: true\n", indent);
}

static void write_v2_addresses(FILE *out, const struct bd_network *network, const char *indent)
{
	if (network->address_count || network->address6_count)
		fprintf(out, "%s    addresses:\n", indent);
	write_v2_list(out, network->addresses, network->address_count, indent);
	write_v2_list(out, network->addresses6, network->address6_count, indent);
	if (network->gateway[0] || network->gateway6[0])
		fprintf(out, "%s    routes:\n", indent);
	write_v2_route(out, "0.0.0.0/0", network->gateway, bd_network_gateway_is_on_link(network), indent);
	write_v2_route(out, "::/0", network->gateway6, bd_network_gateway6_is_on_link(network), indent);
}

/* What is said of DHCP, if anything. */
static void write_v2_overrides(FILE *out, const char *key, bool without_dns, bool with_metric, const char *indent)
{
	if (!without_dns && !with_metric)
		return;
	fprintf(out, "%s    %s:\n", indent, key);
	if (without_dns)
		fprintf(out, "%s      use-dns: false\n", indent);
	if (with_metric)
		fprintf(out, "%s      route-metric: %d\n", indent, METRIC_OF_OTHERS);
}

static void write_v2_dns(FILE *out, const struct bd_network *network, const char *indent)
{
	if (!network->dns_count)
		return;
	fprintf(out, "%s    nameservers:\n%s      addresses:\n", indent, indent);
	for (size_t i = 0; i < network->dns_count; i++)
		fprintf(out, "%s        - \"%s\"\n", indent, network->dns[i]);
}

static void write_v2_interface(FILE *out, const struct bd_guest *guest, size_t number, const char *indent)
{
	const struct bd_network *network = &guest->networks.items[number];
	char mac[BD_MAC_TEXT_SIZE];

	bd_mac_format(network->mac, mac);
	fprintf(out,
		"%s  eth%zu:\n%s    match:\n%s      macaddress: \"%s\"\n%s    set-name: eth%zu\n"
		"%s    dhcp4: %s\n%s    dhcp6: %s\n",
		indent, number, indent, indent, mac, indent, number, indent,
		network->address_count ? "false" : "true", indent, network->ip6 == BD_IP6_DHCP ? "true" : "false");
	write_v2_addresses(out, network, indent);
	if (network->ip6 == BD_IP6_NONE)
		fprintf(out, "%s    link-local: []\n", indent);
	if (ignores_routers(network))
		fprintf(out, "%s    accept-ra: false\n", indent);
	write_v2_dns(out, network, indent);
	/* netplan wants the same of both families where networkd serves both. */
	bool dhcp4 = !network->address_count, dhcp6 = network->ip6 == BD_IP6_DHCP;
	bool metric = (dhcp4 && needs_metric(guest, number)) || (dhcp6 && needs_metric6(guest, number));
	if (dhcp4)
		write_v2_overrides(out, "dhcp4-overrides", network->dns_count, metric, indent);
	if (dhcp6)
		write_v2_overrides(out, "dhcp6-overrides", network->dns_count, metric, indent);
}

void bd_network_write_v2(FILE *out, const struct bd_guest *guest, const char *indent)
{
	fprintf(out, "%sversion: 2\n%sethernets:\n", indent, indent);
	for (size_t i = 0; i < guest->networks.count; i++)
		write_v2_interface(out, guest, i, indent);
}

/* The servers stand with the first static address: sysconfig takes them from one place only, and there are all of them. */
static void write_v1_statics(FILE *out, const struct bd_network *network, bool ip6)
{
	const struct bd_network_address *addresses = ip6 ? network->addresses6 : network->addresses;
	size_t count = ip6 ? network->address6_count : network->address_count;
	const char *gateway = ip6 ? network->gateway6 : network->gateway;

	for (size_t i = 0; i < count; i++) {
		/* Not static6, which NetworkManager's renderer takes for an address beside those of the routers. */
		fprintf(out, "      - type: static\n        address: \"%s/%u\"\n", addresses[i].text,
			addresses[i].prefix_length);
		if (i > 0)
			continue;
		if (gateway[0])
			fprintf(out, "        gateway: \"%s\"\n", gateway);
		if (!network->dns_count || (ip6 && network->address_count))
			continue;
		fputs("        dns_nameservers:\n", out);
		for (size_t server = 0; server < network->dns_count; server++)
			fprintf(out, "          - \"%s\"\n", network->dns[server]);
	}
}

static void write_v1_interface(FILE *out, const struct bd_guest *guest, size_t number)
{
	const struct bd_network *network = &guest->networks.items[number];
	char mac[BD_MAC_TEXT_SIZE];

	bd_mac_format(network->mac, mac);
	fprintf(out, "  - type: physical\n    name: eth%zu\n    mac_address: \"%s\"\n", number, mac);
	if (ignores_routers(network))
		fputs("    accept-ra: false\n", out);
	fputs("    subnets:\n", out);
	write_v1_statics(out, network, false);
	if (!network->address_count)
		fputs("      - type: dhcp4\n", out);
	if (needs_metric(guest, number))
		fprintf(out, "        metric: %d\n", METRIC_OF_OTHERS);
	write_v1_statics(out, network, true);
	if (network->ip6 == BD_IP6_DHCP)
		fputs("      - type: dhcp6\n", out);
}

void bd_network_write_v1(FILE *out, const struct bd_guest *guest)
{
	fputs("version: 1\nconfig:\n", out);
	for (size_t i = 0; i < guest->networks.count; i++)
		write_v1_interface(out, guest, i);
}

void bd_network_write_netplan(FILE *out, const struct bd_guest *guest)
{
	fputs("network:\n", out);
	bd_network_write_v2(out, guest, "  ");
}

static bool is_named_before(const struct bd_guest *guest, size_t number, const char *server)
{
	for (size_t i = 0; i < number; i++)
		for (size_t other = 0; other < guest->networks.items[i].dns_count; other++)
			if (strcmp(guest->networks.items[i].dns[other], server) == 0)
				return true;
	return false;
}

/* Those of all interfaces, each once; what is more than the resolver takes it leaves out by itself. */
void bd_network_write_resolv_conf(FILE *out, const struct bd_guest *guest)
{
	for (size_t i = 0; i < guest->networks.count; i++) {
		const struct bd_network *network = &guest->networks.items[i];
		for (size_t server = 0; server < network->dns_count; server++)
			if (!is_named_before(guest, i, network->dns[server]))
				fprintf(out, "nameserver %s\n", network->dns[server]);
	}
}
