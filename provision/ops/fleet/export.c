/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a guest's host key from its disk. */
#include "ops/fleet/export.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "inside/read_file.h"
#include "xlcfg/network.h"

#define HOST_KEY_BYTES_MAX 65536u
#define HOST_KEY_PATH "/etc/ssh/ssh_host_ed25519_key.pub"

static void add_address(struct fleet_addresses *addresses, const char *address)
{
	const size_t room = sizeof(addresses->items) / sizeof(*addresses->items);

	for (size_t i = 0; i < addresses->count; i++)
		if (strcmp(addresses->items[i], address) == 0)
			return;
	if (*address && addresses->count < room)
		snprintf(addresses->items[addresses->count++], BD_ADDRESS_SIZE, "%s", address);
}

void fleet_export_addresses(const struct fleet_item *item, bool said, struct fleet_addresses *addresses_out)
{
	const struct guest_facts *facts = item->facts;
	struct bd_network network;

	addresses_out->count = 0;
	if (said || !facts->address_is_said)
		add_address(addresses_out, facts->address);
	add_address(addresses_out, facts->address6);
	for (size_t i = 0; i < BD_NETWORKS_MAX; i++) {
		bd_cfg_network(facts->cfg, i, &network);
		for (size_t own = 0; own < network.address_count; own++)
			add_address(addresses_out, network.addresses[own].text);
		for (size_t own = 0; own < network.address6_count; own++)
			add_address(addresses_out, network.addresses6[own].text);
	}
}

int fleet_export_host_key(const struct fleet_item *item, char key_out[FLEET_HOST_KEY_SIZE], struct bd_error *err)
{
	const struct guest_facts *facts = item->facts;
	BD_FREE char *text = NULL;
	size_t size;

	if (!facts->has_disk || !facts->disk.has_root_uuid)
		return bd_fail(err, EIO, "cannot read its disk");
	if (bd_inside_read_file_of(facts->cfg->disks[0], facts->disk.root_start_bytes ? 1 : 0, HOST_KEY_PATH,
				   HOST_KEY_BYTES_MAX, &text, &size, err) != 0)
		return -1;
	snprintf(key_out, FLEET_HOST_KEY_SIZE, "%s", text);
	/* What is inside a guest is the guest's to say: it must be one key, and nothing that ends a line. */
	for (char *at = key_out; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '\0';
	char *blank = strchr(key_out, ' ');
	if (!blank || strncmp(key_out, "ssh-", 4) != 0)
		return bd_fail(err, EINVAL, HOST_KEY_PATH " contains no public key");
	blank[1 + strcspn(blank + 1, " ")] = '\0';
	return 0;
}
