/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides which of the supported network configurations a template uses. */
#include "rootfs/detect_network.h"

#include <string.h>

#define UNITS "/etc/systemd/system/"

/* Where the way is installed, and where it is enabled: a symlink that `systemctl enable`, update-rc.d or rc-update makes.
 */
struct way {
	enum bd_network_kind kind;
	const char *installed[3]; /* these and the next end in NULL */
	const char *enabled[6];
};

/* What we cannot configure, but what would be beside anything of ours. */
static const char *const others_enabled[] = { UNITS "multi-user.target.wants/dhcpcd.service",
					      UNITS "multi-user.target.wants/connman.service",
					      UNITS "multi-user.target.wants/wicked.service",
					      UNITS "multi-user.target.wants/network.service",
					      "/etc/runlevels/default/dhcpcd",
					      "/etc/runlevels/default/connman",
					      "/etc/runit/runsvdir/default/dhcpcd",
					      NULL };

/* The first that is enabled counts. NetworkManager leaves alone what ifupdown configures, so it comes first. */
static const struct way ways[] = {
	{ BD_NETWORK_MANAGER,
	  { "/usr/sbin/NetworkManager", "/usr/bin/NetworkManager" },
	  { UNITS "multi-user.target.wants/NetworkManager.service",
	    UNITS "dbus-org.freedesktop.NetworkManager.service", "/etc/runlevels/default/networkmanager" } },
	{ BD_NETWORK_NETWORKD,
	  { "/usr/lib/systemd/systemd-networkd", "/lib/systemd/systemd-networkd" },
	  { UNITS "multi-user.target.wants/systemd-networkd.service", UNITS "dbus-org.freedesktop.network1.service",
	    UNITS "sockets.target.wants/systemd-networkd.socket" } },
	{ BD_NETWORK_IFUPDOWN,
	  { "/sbin/ifup", "/usr/sbin/ifup" },
	  { UNITS "multi-user.target.wants/networking.service",
	    UNITS "network-online.target.wants/networking.service", "/etc/rcS.d/S01networking",
	    "/etc/runlevels/boot/networking", "/etc/runlevels/default/networking" } },
};

static int is_yaml(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	size_t length = strlen(name);

	(void)type;
	(void)err;
	if (length > 5 && strcmp(name + length - 5, ".yaml") == 0)
		*(bool *)context = true;
	return 0;
}

/* Netplan writes the others' configuration, so it stands above them. */
static int has_netplan(const struct bd_root_reader *root, bool *netplan_out, struct bd_error *err)
{
	*netplan_out = false;
	if (root->list(root->source, "/etc/netplan", is_yaml, netplan_out, err) != 0)
		return -1;
	return *netplan_out ? 0 : bd_root_exists(root, "/usr/sbin/netplan", netplan_out, err);
}

/* None is enabled that we know of. ifupdown's files are read by other inits too, under names of their own; the others can be
 * enabled, unless something else has the network. */
static int choose_installed(const struct bd_root_reader *root, const bool *installed, struct bd_system *system,
			    struct bd_error *err)
{
	const size_t count = sizeof(ways) / sizeof(*ways);
	bool others;

	if (bd_root_has_any(root, others_enabled, false, &others, err) != 0)
		return -1;
	system->network = BD_NETWORK_NONE;
	for (size_t i = 0; i < count; i++)
		if (installed[i] && ways[i].kind == BD_NETWORK_IFUPDOWN)
			system->network = BD_NETWORK_IFUPDOWN;
	for (size_t i = 0; i < count && !others && system->network == BD_NETWORK_NONE; i++)
		if (installed[i])
			system->network = ways[i].kind;
	return 0;
}

int bd_detect_network(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err)
{
	bool netplan, enabled, installed[sizeof(ways) / sizeof(*ways)];

	if (has_netplan(root, &netplan, err) != 0)
		return -1;
	if (netplan) {
		system->network = BD_NETWORK_NETPLAN;
		return 0;
	}
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		const struct way *way = &ways[i];
		if (bd_root_has_any(root, way->installed, true, &installed[i], err) != 0 ||
		    bd_root_has_any(root, way->enabled, false, &enabled, err) != 0)
			return -1;
		if (installed[i] && enabled) {
			system->network = way->kind;
			return 0;
		}
	}
	return choose_installed(root, installed, system, err);
}
