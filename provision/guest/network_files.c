/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides which files describe a guest's network, and which of the template's would contradict them. */
#include "guest/network_files.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/create_request.h"
#include "guest/network_texts.h"

#define NETWORKD_NAME "10-xen-bigdisk.network"

typedef void (*writer)(FILE *out, const struct bd_guest *guest);
typedef void (*interface_writer)(FILE *out, const struct bd_guest *guest, size_t number);

static int put(const struct bd_overlay *overlay, const char *path, mode_t permissions, writer write,
	       const struct bd_guest *guest, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return bd_no_memory(err);
	write(out, guest);
	if (fclose(out) != 0)
		return bd_no_memory(err);
	return bd_overlay_put(overlay, path, permissions, text, size, err);
}

/* A file of its own for each interface: that of the first is FOLDER/BASE.ENDING, of the second FOLDER/BASE-eth1.ENDING. */
static int put_each(const struct bd_overlay *overlay, const char *base, const char *ending, mode_t permissions,
		    interface_writer write, const struct bd_guest *guest, struct bd_error *err)
{
	for (size_t i = 0; i < guest->networks.count; i++) {
		BD_FREE char *text = NULL, *path = NULL;
		char number[32] = "";
		size_t size;
		if (i)
			snprintf(number, sizeof(number), "-eth%zu", i);
		if (bd_text_format(&path, err, "%s%s%s", base, number, ending) != 0)
			return -1;
		FILE *out = open_memstream(&text, &size);
		if (!out)
			return bd_no_memory(err);
		write(out, guest, i);
		if (fclose(out) != 0)
			return bd_no_memory(err);
		if (bd_overlay_put(overlay, path, permissions, text, size, err) != 0)
			return -1;
	}
	return 0;
}

/* systemd-networkd takes the first file that matches, in the order of the names. */
static bool comes_before_ours(const char *name)
{
	return bd_text_ends_in(name, ".network") && strcmp(name, NETWORKD_NAME) < 0;
}

/* netplan merges all of its files. */
static bool is_netplan(const char *name)
{
	return bd_text_ends_in(name, ".yaml");
}

static int add_ifupdown(const struct bd_guest *guest, const struct bd_system *system,
			const struct bd_overlay *overlay, struct bd_error *err)
{
	for (size_t i = 0; i < guest->networks.count; i++) {
		const struct bd_network *network = &guest->networks.items[i];
		if (network->dns_count && !network->address_count)
			return bd_usage_field(
				err, BD_FIELD_DNS,
				"this guest needs a static address for it: with DHCP, it asks the servers that the "
				"DHCP server names");
		if (network->ip6 == BD_IP6_DHCP && !overlay->root)
			return bd_usage_field(
				err, BD_FIELD_IP6,
				"the guest has no DHCPv6 client; it has auto, none and static addresses");
	}
	if (put(overlay, "/etc/network/interfaces", 0644, bd_network_write_interfaces, guest, err) != 0)
		return -1;
	if (!system->systemd)
		return 0;
	return put_each(overlay, "/etc/systemd/network/10-xen-bigdisk", ".link", 0644, bd_network_write_link, guest,
			err);
}

static int add_networkd(const struct bd_guest *guest, const struct bd_overlay *overlay, struct bd_error *err)
{
	if (bd_overlay_remove_all(overlay, "/etc/systemd/network", comes_before_ours, err) != 0)
		return -1;
	return put_each(overlay, "/etc/systemd/network/10-xen-bigdisk", ".network", 0644, bd_network_write_networkd,
			guest, err);
}

/* cloud-init rewrites it under this name. */
static int add_netplan(const struct bd_guest *guest, const struct bd_system *system, const struct bd_overlay *overlay,
		       struct bd_error *err)
{
	const char *path =
		system->cloud_init ? "/etc/netplan/50-cloud-init.yaml" : "/etc/netplan/10-xen-bigdisk.yaml";

	if (bd_overlay_remove_all(overlay, "/etc/netplan", is_netplan, err) != 0)
		return -1;
	return put(overlay, path, 0600, bd_network_write_netplan, guest, err);
}

static int check_none(const struct bd_networks *networks, const struct bd_system *system, struct bd_error *err)
{
	for (size_t i = 0; i < networks->count && !system->cloud_init; i++) {
		const struct bd_network *network = &networks->items[i];
		if (network->address_count || network->ip6 != BD_IP6_AUTO)
			return bd_usage_field(
				err, network->address_count ? BD_FIELD_IP : BD_FIELD_IP6,
				"the guest has nothing that could configure its network (ifupdown, systemd-networkd, "
				"NetworkManager, netplan)");
	}
	return 0;
}

/* A symlink belongs to a program that writes where it points to; systemd-resolved makes one where there is
 * nothing. */
static int add_resolv_conf(const struct bd_guest *guest, const struct bd_overlay *overlay, struct bd_error *err)
{
	static const char *const resolveds[] = { "/usr/lib/systemd/systemd-resolved", "/lib/systemd/systemd-resolved",
						 NULL };
	bool resolved;
	size_t servers = 0;
	mode_t mode;

	for (size_t i = 0; i < guest->networks.count; i++)
		servers += guest->networks.items[i].dns_count;
	if (!servers || bd_overlay_mode(overlay, "/etc/resolv.conf", &mode, err) != 0)
		return servers ? -1 : 0;
	if (bd_overlay_has_any(overlay, resolveds, &resolved, err) != 0)
		return -1;
	if (S_ISLNK(mode) || (!mode && resolved))
		return 0;
	return put(overlay, "/etc/resolv.conf", 0644, bd_network_write_resolv_conf, guest, err);
}

static int add_for_kind(const struct bd_guest *guest, const struct bd_system *system,
			const struct bd_overlay *overlay, struct bd_error *err)
{
	if (system->network == BD_NETWORK_IFUPDOWN)
		return add_ifupdown(guest, system, overlay, err);
	if (!guest->networks.count)
		return 0;
	switch (system->network) {
	case BD_NETWORK_NETWORKD:
		return add_networkd(guest, overlay, err);
	case BD_NETWORK_MANAGER:
		return put_each(overlay, "/etc/NetworkManager/system-connections/xen-bigdisk", ".nmconnection", 0600,
				bd_network_write_keyfile, guest, err);
	case BD_NETWORK_NETPLAN:
		return add_netplan(guest, system, overlay, err);
	default:
		return check_none(&guest->networks, system, err);
	}
}

int bd_network_files_add(const struct bd_guest *guest, const struct bd_system *system,
			 const struct bd_overlay *overlay, struct bd_error *err)
{
	if (add_for_kind(guest, system, overlay, err) != 0)
		return -1;
	/* Names that the template's own machine gave to its own interfaces. */
	if (bd_overlay_remove(overlay, "/etc/udev/rules.d/70-persistent-net.rules", err) != 0)
		return -1;
	return add_resolv_conf(guest, overlay, err);
}
