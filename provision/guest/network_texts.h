/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of network_files.c's files. Pure. */
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

#endif
