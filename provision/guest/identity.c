/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the identity files. */
#include "guest/identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"

static int add_hosts(const struct bd_guest *guest, struct bd_tree *tree, struct bd_error *err)
{
	char text[512], alias[BD_GUEST_NAME_SIZE + 1] = "";
	const char *dot = strchr(guest->name, '.');

	/* A name with a domain gets its short form beside it, as hosts(5) wants it. */
	if (dot)
		snprintf(alias, sizeof(alias), " %.*s", (int)(dot - guest->name), guest->name);
	snprintf(text, sizeof(text),
		 "127.0.0.1\tlocalhost\n127.0.1.1\t%s%s\n\n::1\tlocalhost ip6-localhost ip6-loopback\n"
		 "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n",
		 guest->name, alias);
	return bd_tree_add_text(tree, "/etc/hosts", 0644, text, err);
}

static int add_hostname(const struct bd_guest *guest, struct bd_tree *tree, struct bd_error *err)
{
	char text[BD_GUEST_NAME_SIZE + 1];

	snprintf(text, sizeof(text), "%s\n", guest->name);
	return bd_tree_add_text(tree, "/etc/hostname", 0644, text, err);
}

static int add_fstab(const struct bd_guest *guest, struct bd_tree *tree, struct bd_error *err)
{
	char text[512], root[BD_UUID_TEXT_SIZE], swap[BD_UUID_TEXT_SIZE];

	bd_format_uuid(guest->root_uuid, root);
	int n = snprintf(text, sizeof(text),
			 "# <file system> <mount point> <type> <options> <dump> <pass>\n"
			 "UUID=%s / ext3 defaults,errors=remount-ro 0 1\n",
			 root);
	if (guest->has_swap) {
		bd_format_uuid(guest->swap_uuid, swap);
		snprintf(text + n, sizeof(text) - (size_t)n, "UUID=%s none swap sw 0 0\n", swap);
	}
	return bd_tree_add_text(tree, "/etc/fstab", 0644, text, err);
}

static int add_interfaces(const struct bd_guest *guest, struct bd_tree *tree, struct bd_error *err)
{
	const struct bd_network *network = &guest->network;
	char text[512] = "";
	size_t used = 0;

#define APPEND(...) (used += (size_t)snprintf(text + used, sizeof(text) - used, __VA_ARGS__))
	APPEND("auto lo\niface lo inet loopback\n");
	if (network->enabled && !network->has_address)
		APPEND("\nauto eth0\niface eth0 inet dhcp\n");
	if (network->enabled && network->has_address) {
		uint32_t mask = 0xffffffffu << (32 - network->prefix_length);
		APPEND("\nauto eth0\niface eth0 inet static\n\taddress %s\n\tnetmask %u.%u.%u.%u\n", network->address,
		       mask >> 24, mask >> 16 & 255, mask >> 8 & 255, mask & 255);
		if (network->gateway[0])
			APPEND("\tgateway %s\n", network->gateway);
	}
#undef APPEND
	return bd_tree_add_text(tree, "/etc/network/interfaces", 0644, text, err);
}

int bd_identity_add(const struct bd_guest *guest, struct bd_tree *tree, struct bd_error *err)
{
	if (bd_tree_add_dir(tree, "/etc", 0755, err) != 0 || bd_tree_add_dir(tree, "/etc/network", 0755, err) != 0)
		return -1;
	if (add_hostname(guest, tree, err) != 0 || add_hosts(guest, tree, err) != 0)
		return -1;
	if (add_fstab(guest, tree, err) != 0 || add_interfaces(guest, tree, err) != 0)
		return -1;
	return 0;
}
