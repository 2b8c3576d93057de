/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's network configuration in the format of each supported program. Pure. */
#ifndef BD_GUEST_NETWORK_TEXTS_H
#define BD_GUEST_NETWORK_TEXTS_H

#include <stdio.h>

#include "guest/description.h"

void bd_network_write_interfaces(FILE *out, const struct bd_guest *guest); /* interfaces(5) */
void bd_network_write_link(FILE *out, const struct bd_guest *guest); /* systemd.link(5): the name eth0 */
void bd_network_write_networkd(FILE *out, const struct bd_guest *guest); /* systemd.network(5) */
void bd_network_write_keyfile(FILE *out, const struct bd_guest *guest); /* nm-settings-keyfile(5) */
void bd_network_write_netplan(FILE *out, const struct bd_guest *guest);
void bd_network_write_resolv_conf(FILE *out, const struct bd_guest *guest);

/* Version 1 of cloud-init's network configuration. */
void bd_network_write_v1(FILE *out, const struct bd_guest *guest);
/* Version 2 of cloud-init's network configuration, which is also what netplan reads; each line is indented. */
void bd_network_write_v2(FILE *out, const struct bd_guest *guest, const char *indent);

#endif
