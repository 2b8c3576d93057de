/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the supported network configurations. */
#include "rootfs/system.h"

#include <string.h>

static const char *const network_names[] = { "none", "ifupdown", "networkd", "networkmanager", "netplan" };

const char *bd_network_kind_name(enum bd_network_kind kind)
{
	return network_names[kind];
}

int bd_network_kind_parse(const char *text, const char *what, enum bd_network_kind *kind_out, struct bd_error *err)
{
	for (unsigned i = 0; i < sizeof(network_names) / sizeof(*network_names); i++)
		if (strcmp(text, network_names[i]) == 0) {
			*kind_out = (enum bd_network_kind)i;
			return 0;
		}
	return bd_usage(err, "%s: must be one of none, ifupdown, networkd, networkmanager, netplan, not \"%.80s\"",
			what, text);
}
