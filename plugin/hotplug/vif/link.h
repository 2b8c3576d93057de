/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network devices by rtnetlink (rtnetlink(7)), with libmnl: 46 KB that every dom0 has, because ip(8) is linked with it.
 *
 * Every change is a request of its own that the kernel has acknowledged when the function returns. Devices are named by their index, so
 * that a device that was renamed or made anew in between is not taken for the one that was looked at. */
#ifndef BD_HOTPLUG_VIF_LINK_H
#define BD_HOTPLUG_VIF_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct vif_link {
	char name[IFNAMSIZ]; /* its own, where it was found by another one (ip-link(8), altname) */
	unsigned index;
	unsigned flags; /* IFF_UP and its like */
	uint32_t mtu;
	unsigned master; /* the index of the bridge that it is a port of; 0: none */
	bool is_bridge; /* Linux' own */
	uint8_t address[6]; /* zeros where it has one of another length */
};

struct vif_netlink; /* a socket */

int vif_netlink_open(struct vif_netlink **netlink_out, struct bd_error *err);
void vif_netlink_close(struct vif_netlink **netlink); /* idempotent */

/* *there_out is false where no device has the name, or none could have it. */
int vif_link_find(struct vif_netlink *netlink, const char *name, struct vif_link *link_out, bool *there_out,
		  struct bd_error *err);

int vif_link_rename(struct vif_netlink *netlink, unsigned index, const char *name, struct bd_error *err);
int vif_link_set_up(struct vif_netlink *netlink, unsigned index, bool up, struct bd_error *err);
int vif_link_set_address(struct vif_netlink *netlink, unsigned index, const uint8_t address[6], struct bd_error *err);
int vif_link_set_mtu(struct vif_netlink *netlink, unsigned index, uint32_t mtu, struct bd_error *err);
/* master 0: of none. */
int vif_link_set_master(struct vif_netlink *netlink, unsigned index, unsigned master, struct bd_error *err);
/* All its addresses of IPv4 and IPv6. */
int vif_link_flush_addresses(struct vif_netlink *netlink, unsigned index, struct bd_error *err);

#endif
