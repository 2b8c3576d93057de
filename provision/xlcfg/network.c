/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the words of our comment that tell of a guest's interfaces. */
#include "xlcfg/network.h"

#include <string.h>

#include "guest/network_spec.h"

/* Those of a list with commas that make sense. */
static void add_each(const char *list, int (*add)(struct bd_network *network, const char *text, struct bd_error *err),
		     struct bd_network *network)
{
	char item[BD_ADDRESS_SIZE + sizeof("/128")];
	struct bd_error ignored;

	for (const char *at = list ? list : ""; *at; at += *at == ',') {
		size_t length = strcspn(at, ",");
		if (length && length < sizeof(item)) {
			memcpy(item, at, length);
			item[length] = '\0';
			add(network, item, &ignored);
		}
		at += length;
	}
}

void bd_cfg_network(const struct bd_cfg *cfg, size_t number, struct bd_network *network_out)
{
	struct bd_error ignored;

	memset(network_out, 0, sizeof(*network_out));
	if (number > 0) {
		const char *text = number < BD_NETWORKS_MAX ? cfg->networks[number] : NULL;
		if (text && bd_network_spec_parse(text, network_out, &ignored) != 0)
			memset(network_out, 0, sizeof(*network_out));
		return;
	}
	add_each(cfg->address, bd_network_add_ip, network_out);
	add_each(cfg->address6 ? cfg->address6 : cfg->ip6, bd_network_add_ip6, network_out);
	if (cfg->gateway)
		bd_network_set_gateway(network_out, cfg->gateway, &ignored);
	if (cfg->gateway6)
		bd_network_set_gateway6(network_out, cfg->gateway6, &ignored);
	add_each(cfg->dns, bd_network_add_dns, network_out);
}
