/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interface in one text, "bridge=xenbr1,ip=192.0.2.10/24,gateway=192.0.2.1": the value of --net, and, as far as
 * the guest itself is concerned, a word of the comment in its config. Pure. */
#ifndef BD_GUEST_NETWORK_SPEC_H
#define BD_GUEST_NETWORK_SPEC_H

#include "guest/network.h"

/* Keys, in any order: bridge, mac, gateway, gateway6; ip, ip6 and dns, which may be repeated; and those of
 * xl-network-configuration(5) that are passed on to xl: rate, script, vifname, model, type, mtu, vlan, gatewaydev, backend, and
 * the words trusted and untrusted. A combination of them that xl refuses is refused here, too. network_out: zeroed. */
int bd_network_spec_parse(const char *text, struct bd_network *network_out, struct bd_error *err);

/* What the guest itself is told: ip, gateway, ip6, gateway6 and dns; "ip=dhcp" at least. */
#define BD_NETWORK_SPEC_SIZE (2 * BD_ADDRESSES_TEXT_SIZE + 16 * BD_ADDRESS_SIZE)
void bd_network_spec_format(const struct bd_network *network, char text_out[BD_NETWORK_SPEC_SIZE]);

#endif
