/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Describes one interface to ifupdown, systemd, NetworkManager, netplan and cloud-init. */
#include "guest/network_texts.h"

#include <string.h>

#include "base/parse.h"

/* A static IPv6 address with a gateway leaves nothing to the routers' announcements. */
static bool ignores_routers(const struct bd_network *network)
{
	return network->ip6 == BD_IP6_NONE || (network->ip6 == BD_IP6_STATIC && network->gateway6[0]);
}

static bool is_ip6(const char *address)
{
	return strchr(address, ':') != NULL;
}

static void write_inet(FILE *out, const struct bd_network *network)
{
	if (!network->has_address) {
		fputs("iface eth0 inet dhcp\n", out);
		return;
	}
	uint32_t mask = 0xffffffffu << (32 - network->prefix_length);
	fprintf(out, "iface eth0 inet static\n\taddress %s\n\tnetmask %u.%u.%u.%u\n", network->address, mask >> 24,
		mask >> 16 & 255, mask >> 8 & 255, mask & 255);
	if (network->gateway[0])
		fprintf(out, "\tgateway %s\n", network->gateway);
	/* For resolvconf, where the guest has it. */
	for (size_t i = 0; i < network->dns_count; i++)
		fprintf(out, "%s%s%s", i ? " " : "\tdns-nameservers ", network->dns[i],
			i + 1 == network->dns_count ? "\n" : "");
}

/* Without a stanza, Linux takes what routers announce. */
static void write_inet6(FILE *out, const struct bd_network *network)
{
	switch (network->ip6) {
	case BD_IP6_AUTO:
		break;
	case BD_IP6_NONE:
		fputs("\tpre-up [ ! -e /proc/sys/net/ipv6/conf/eth0/disable_ipv6 ] || "
		      "echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6\n",
		      out);
		break;
	case BD_IP6_DHCP:
		fputs("\niface eth0 inet6 dhcp\n", out);
		break;
	case BD_IP6_STATIC:
		fprintf(out, "\niface eth0 inet6 static\n\taddress %s\n\tnetmask %u\n", network->address6,
			network->prefix_length6);
		if (network->gateway6[0])
			fprintf(out, "\taccept_ra 0\n\tgateway %s\n", network->gateway6);
		break;
	}
}

void bd_network_write_interfaces(FILE *out, const struct bd_guest *guest)
{
	fputs("auto lo\niface lo inet loopback\n", out);
	if (!guest->network.enabled)
		return;
	fputs("\nauto eth0\n", out);
	write_inet(out, &guest->network);
	write_inet6(out, &guest->network);
}

void bd_network_write_link(FILE *out, const struct bd_guest *guest)
{
	char mac[BD_MAC_TEXT_SIZE];

	bd_mac_format(guest->network.mac, mac);
	fprintf(out,
		"# /etc/network/interfaces knows the interface by this name.\n"
		"[Match]\nMACAddress=%s\n\n[Link]\nName=eth0\n",
		mac);
}

void bd_network_write_networkd(FILE *out, const struct bd_guest *guest)
{
	/* By v4 and v6. */
	static const char *const dhcp[2][2] = { { "no", "ipv6" }, { "ipv4", "yes" } };
	const struct bd_network *network = &guest->network;
	char mac[BD_MAC_TEXT_SIZE];

	bd_mac_format(network->mac, mac);
	fprintf(out, "[Match]\nMACAddress=%s\n\n[Network]\nDHCP=%s\n", mac,
		dhcp[!network->has_address][network->ip6 == BD_IP6_DHCP]);
	if (network->has_address)
		fprintf(out, "Address=%s/%u\n", network->address, network->prefix_length);
	if (network->gateway[0])
		fprintf(out, "Gateway=%s\n", network->gateway);
	if (network->ip6 == BD_IP6_STATIC)
		fprintf(out, "Address=%s/%u\n", network->address6, network->prefix_length6);
	if (network->gateway6[0])
		fprintf(out, "Gateway=%s\n", network->gateway6);
	if (network->ip6 == BD_IP6_NONE)
		fputs("LinkLocalAddressing=no\n", out);
	if (ignores_routers(network))
		fputs("IPv6AcceptRA=no\n", out);
	for (size_t i = 0; i < network->dns_count; i++)
		fprintf(out, "DNS=%s\n", network->dns[i]);
	if (network->dns_count)
		fputs("\n[DHCPv4]\nUseDNS=no\n\n[DHCPv6]\nUseDNS=no\n\n[IPv6AcceptRA]\nUseDNS=no\n", out);
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

static void write_keyfile_address(FILE *out, const char *address, unsigned length, const char *gateway)
{
	fprintf(out, "method=manual\naddress1=%s/%u%s%s\n", address, length, gateway[0] ? "," : "", gateway);
}

void bd_network_write_keyfile(FILE *out, const struct bd_guest *guest)
{
	static const char *const ip6_methods[] = {
		[BD_IP6_AUTO] = "auto", [BD_IP6_DHCP] = "dhcp", [BD_IP6_NONE] = "disabled"
	};
	const struct bd_network *network = &guest->network;
	char mac[BD_MAC_TEXT_SIZE], uuid[BD_UUID_TEXT_SIZE];

	bd_mac_format(network->mac, mac);
	bd_format_uuid(guest->uuid, uuid);
	/* The priority sets it before connections that the template brings along. */
	fprintf(out,
		"[connection]\nid=xen-bigdisk\nuuid=%s\ntype=ethernet\nautoconnect-priority=100\n\n"
		"[ethernet]\nmac-address=%s\n\n[ipv4]\n",
		uuid, mac);
	if (network->has_address)
		write_keyfile_address(out, network->address, network->prefix_length, network->gateway);
	else
		fputs("method=auto\n", out);
	write_keyfile_dns(out, network, false);
	fputs("\n[ipv6]\n", out);
	if (network->ip6 == BD_IP6_STATIC)
		write_keyfile_address(out, network->address6, network->prefix_length6, network->gateway6);
	else
		fprintf(out, "method=%s\n", ip6_methods[network->ip6]);
	if (network->ip6 != BD_IP6_NONE)
		write_keyfile_dns(out, network, true);
}

static void write_v2_addresses(FILE *out, const struct bd_network *network, const char *indent)
{
	const bool static6 = network->ip6 == BD_IP6_STATIC;

	if (network->has_address || static6)
		fprintf(out, "%s    addresses:\n", indent);
	if (network->has_address)
		fprintf(out, "%s      - \"%s/%u\"\n", indent, network->address, network->prefix_length);
	if (static6)
		fprintf(out, "%s      - \"%s/%u\"\n", indent, network->address6, network->prefix_length6);
	/* Not "default", which older readers do not know. */
	if (network->gateway[0] || network->gateway6[0])
		fprintf(out, "%s    routes:\n", indent);
	if (network->gateway[0])
		fprintf(out, "%s      - to: \"0.0.0.0/0\"\n%s        via: \"%s\"\n", indent, indent,
			network->gateway);
	if (network->gateway6[0])
		fprintf(out, "%s      - to: \"::/0\"\n%s        via: \"%s\"\n", indent, indent, network->gateway6);
}

static void write_v2_dns(FILE *out, const struct bd_network *network, const char *indent)
{
	if (!network->dns_count)
		return;
	fprintf(out, "%s    nameservers:\n%s      addresses:\n", indent, indent);
	for (size_t i = 0; i < network->dns_count; i++)
		fprintf(out, "%s        - \"%s\"\n", indent, network->dns[i]);
	if (!network->has_address)
		fprintf(out, "%s    dhcp4-overrides:\n%s      use-dns: false\n", indent, indent);
	if (network->ip6 == BD_IP6_DHCP)
		fprintf(out, "%s    dhcp6-overrides:\n%s      use-dns: false\n", indent, indent);
}

void bd_network_write_v2(FILE *out, const struct bd_guest *guest, const char *indent)
{
	const struct bd_network *network = &guest->network;
	char mac[BD_MAC_TEXT_SIZE];

	bd_mac_format(network->mac, mac);
	fprintf(out,
		"%sversion: 2\n%sethernets:\n%s  eth0:\n%s    match:\n%s      macaddress: \"%s\"\n%s    set-name: eth0\n"
		"%s    dhcp4: %s\n%s    dhcp6: %s\n",
		indent, indent, indent, indent, indent, mac, indent, indent, network->has_address ? "false" : "true",
		indent, network->ip6 == BD_IP6_DHCP ? "true" : "false");
	write_v2_addresses(out, network, indent);
	if (network->ip6 == BD_IP6_NONE)
		fprintf(out, "%s    link-local: []\n", indent);
	if (ignores_routers(network))
		fprintf(out, "%s    accept-ra: false\n", indent);
	write_v2_dns(out, network, indent);
}

/* The servers stand with the first static address: sysconfig takes them from one place only, and there are all of them. */
static void write_v1_static(FILE *out, const struct bd_network *network, const char *address, unsigned length,
			    const char *gateway, bool is_first)
{
	/* Not static6, which NetworkManager's renderer takes for an address beside those of the routers. */
	fprintf(out, "      - type: static\n        address: \"%s/%u\"\n", address, length);
	if (gateway[0])
		fprintf(out, "        gateway: \"%s\"\n", gateway);
	if (!is_first || !network->dns_count)
		return;
	fputs("        dns_nameservers:\n", out);
	for (size_t i = 0; i < network->dns_count; i++)
		fprintf(out, "          - \"%s\"\n", network->dns[i]);
}

void bd_network_write_v1(FILE *out, const struct bd_guest *guest)
{
	const struct bd_network *network = &guest->network;
	char mac[BD_MAC_TEXT_SIZE];

	bd_mac_format(network->mac, mac);
	fprintf(out, "version: 1\nconfig:\n  - type: physical\n    name: eth0\n    mac_address: \"%s\"\n", mac);
	if (ignores_routers(network))
		fputs("    accept-ra: false\n", out);
	fputs("    subnets:\n", out);
	if (network->has_address)
		write_v1_static(out, network, network->address, network->prefix_length, network->gateway, true);
	else
		fputs("      - type: dhcp4\n", out);
	if (network->ip6 == BD_IP6_STATIC)
		write_v1_static(out, network, network->address6, network->prefix_length6, network->gateway6,
				!network->has_address);
	else if (network->ip6 == BD_IP6_DHCP)
		fputs("      - type: dhcp6\n", out);
}

void bd_network_write_netplan(FILE *out, const struct bd_guest *guest)
{
	fputs("network:\n", out);
	bd_network_write_v2(out, guest, "  ");
}

void bd_network_write_resolv_conf(FILE *out, const struct bd_guest *guest)
{
	for (size_t i = 0; i < guest->network.dns_count; i++)
		fprintf(out, "nameserver %s\n", guest->network.dns[i]);
}
