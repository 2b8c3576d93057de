/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's network configuration in the format of each supported program. Pure.
 *
 * One interface of a guest has the default route of a family (bd_networks_default_route). Where DHCP or a router gives
 * another one a route as well, that gets a higher metric. */
#ifndef BD_GUEST_NETWORK_TEXTS_H
#define BD_GUEST_NETWORK_TEXTS_H

#include <stdio.h>

#include "guest/description.h"

void bd_network_write_interfaces(FILE *out, const struct bd_guest *guest); /* interfaces(5) */
void bd_network_write_netplan(FILE *out, const struct bd_guest *guest);
void bd_network_write_resolv_conf(FILE *out, const struct bd_guest *guest);

/* number: of the interface, which has a file of its own. */
void bd_network_write_link(FILE *out, const struct bd_guest *guest, size_t number); /* systemd.link(5): its name */
void bd_network_write_networkd(FILE *out, const struct bd_guest *guest, size_t number); /* systemd.network(5) */
void bd_network_write_keyfile(FILE *out, const struct bd_guest *guest, size_t number); /* nm-settings-keyfile(5) */

/* Version 1 of cloud-init's network configuration. */
void bd_network_write_v1(FILE *out, const struct bd_guest *guest);
/* Version 2 of cloud-init's network configuration, which is also what netplan reads; each line is indented. */
void bd_network_write_v2(FILE *out, const struct bd_guest *guest, const char *indent);

#endif
