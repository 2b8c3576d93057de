/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the NoCloud seed. Format: cloud-init's reference of the NoCloud datasource and of its modules cc_ssh and
 * cc_users. */
#include "guest/cloud_init.h"

#include <stdio.h>
#include <stdlib.h>

#include "adapt/cloud_init_config.h"
#include "base/cleanup.h"
#include "guest/network_texts.h"
#include "guest/nocloud.h"

struct seed {
	const struct bd_guest *guest;
	const char *authorized_keys;
	const struct bd_user_data *user_data;
	const struct bd_system *system;
};

static void write_meta_data(FILE *out, const struct seed *seed)
{
	bd_nocloud_write_meta_data(out, seed->guest);
}

static void write_user_data(FILE *out, const struct seed *seed)
{
	if (seed->user_data->text) {
		fwrite(seed->user_data->text, 1, seed->user_data->bytes, out);
		return;
	}
	fputs("#cloud-config\n", out);
	if (seed->authorized_keys)
		bd_nocloud_write_keys(out, seed->authorized_keys);
}

static bool has_on_link_gateway(const struct seed *seed)
{
	const struct bd_networks *networks = &seed->guest->networks;

	for (size_t i = 0; i < networks->count; i++)
		if (bd_network_gateway_is_on_link(&networks->items[i]) ||
		    bd_network_gateway6_is_on_link(&networks->items[i]))
			return true;
	return false;
}

/* Version 1 has a word of its own for a gateway, which each renderer of each cloud-init knows. Version 2 has routes only:
 * 22.4.2, Debian 12's, makes ::/64 of ::/0 for all but netplan, and for ifupdown calls a program, route, that may not be
 * there. What version 2 alone can say is to have no link-local address, and that DHCP's name servers are not asked; it goes
 * through to netplan as it stands. */
static bool wants_version_1(const struct seed *seed)
{
	const struct bd_networks *networks = &seed->guest->networks;
	bool any_gateway = false, any_without_ip6 = false;

	for (size_t i = 0; i < networks->count; i++) {
		any_gateway |= networks->items[i].gateway[0] || networks->items[i].gateway6[0];
		any_without_ip6 |= networks->items[i].ip6 == BD_IP6_NONE;
	}
	return any_gateway && !has_on_link_gateway(seed) &&
	       !(any_without_ip6 && seed->system->network == BD_NETWORK_NETPLAN);
}

static void write_network_config(FILE *out, const struct seed *seed)
{
	if (wants_version_1(seed))
		bd_network_write_v1(out, seed->guest);
	else
		bd_nocloud_write_network_config(out, seed->guest);
}

/* Not in user-data, which an administrator may want to replace by --file. Of the files in its folder, cloud-init takes the last in
 * lexical order; Debian's 90_dpkg.cfg and images' 99-*.cfg come before this one. */
static void write_config(FILE *out, const struct seed *seed)
{
	fputs("# Made by xen-bigdisk.\ndatasource_list: [ NoCloud, None ]\n", out);
	if (has_on_link_gateway(seed) && seed->system->network != BD_NETWORK_NONE)
		fputs("# Not all that cloud-init writes for can be told by it that a gateway is on the link; what configures the\n"
		      "# network here has been told already.\nnetwork: { config: disabled }\n",
		      out);
	else
		fputs("# Another file's network, or that it is disabled, would count before the seed's.\nnetwork: null\n",
		      out);
	if (seed->system->sshd)
		fputs("# The host key is the one whose fingerprint was printed when the guest was made.\n"
		      "ssh_deletekeys: false\nssh_genkeytypes: [ ed25519 ]\n",
		      out);
	if (seed->authorized_keys)
		fputs("# Else root's authorized_keys would be turned into a refusal.\ndisable_root: false\n", out);
}

int bd_cloud_init_add(const struct bd_guest *guest, const char *authorized_keys, const struct bd_user_data *user_data,
		      const struct bd_system *system, const struct bd_overlay *overlay, struct bd_error *err)
{
	const struct seed seed = { guest, authorized_keys, user_data, system };
	const struct {
		const char *path;
		mode_t permissions;
		void (*write)(FILE *out, const struct seed *seed);
	} files[] = {
		{ BD_NOCLOUD_FOLDER "/" BD_NOCLOUD_META_DATA, 0644, write_meta_data },
		{ BD_NOCLOUD_FOLDER "/" BD_NOCLOUD_USER_DATA, 0600, write_user_data },
		{ BD_NOCLOUD_FOLDER "/" BD_NOCLOUD_NETWORK_CONFIG, 0600, write_network_config },
		{ BD_NOCLOUD_CONFIG, 0644, write_config },
	};

	/* With this, cloud-init leaves the network alone whatever it is told. */
	if (bd_overlay_remove(overlay, BD_CLOUD_INIT_UPGRADED_NETWORK, err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		BD_FREE char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);
		if (!out)
			return bd_no_memory(err);
		files[i].write(out, &seed);
		if (fclose(out) != 0)
			return bd_no_memory(err);
		if (bd_overlay_put(overlay, files[i].path, files[i].permissions, text, size, err) != 0)
			return -1;
	}
	return 0;
}

int bd_cloud_init_rename(const struct bd_guest *guest, const char *old_name, bool is_other,
			 const struct bd_overlay *overlay, struct bd_error *err)
{
	const char *path = BD_NOCLOUD_FOLDER "/" BD_NOCLOUD_META_DATA;
	BD_FREE char *old = NULL, *text = NULL;
	size_t size;

	if (bd_overlay_read(overlay, path, &old, err) != 0)
		return -1;
	if (!old)
		return 0;
	if (!is_other && bd_nocloud_rename(old, old_name, guest->name, &text, err) != 0)
		return -1;
	if (is_other) {
		FILE *out = open_memstream(&text, &size);
		if (!out)
			return bd_no_memory(err);
		bd_nocloud_write_meta_data(out, guest);
		if (fclose(out) != 0)
			return bd_no_memory(err);
	}
	return text ? bd_overlay_put_text(overlay, path, 0644, text, err) : 0;
}
