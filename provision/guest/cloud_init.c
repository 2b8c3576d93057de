/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the NoCloud seed. Format: cloud-init's reference of the NoCloud datasource and of its modules cc_ssh and
 * cc_users. */
#include "guest/cloud_init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapt/cloud_init_config.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "guest/network_texts.h"
#include "guest/nocloud.h"

#define META_DATA BD_NOCLOUD_FOLDER "/" BD_NOCLOUD_META_DATA
#define USER_DATA BD_NOCLOUD_FOLDER "/" BD_NOCLOUD_USER_DATA
#define NETWORK_CONFIG BD_NOCLOUD_FOLDER "/" BD_NOCLOUD_NETWORK_CONFIG

#define DELETE_NO_KEYS "ssh_deletekeys: false"
#define LET_ROOT_IN "disable_root: false"

struct seed {
	const struct bd_guest *guest;
	const char *authorized_keys;
	const struct bd_user_data *user_data;
	const struct bd_system *system;
	bool has_host_key, lets_root_in; /* the config has to say so */
	bool same_instance;
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

static void write_sources(FILE *out, const struct seed *seed)
{
	fputs("# Made by xen-bigdisk.\ndatasource_list: [ NoCloud, None ]\n", out);
	if (has_on_link_gateway(seed) && seed->system->network != BD_NETWORK_NONE)
		fputs("# Not all that cloud-init writes for can be told by it that a gateway is on the link; what configures the\n"
		      "# network here has been told already.\nnetwork: { config: disabled }\n",
		      out);
	else
		fputs("# Another file's network, or that it is disabled, would count before the seed's.\nnetwork: null\n",
		      out);
	if (seed->same_instance && seed->system->network == BD_NETWORK_NONE)
		fputs("# Only cloud-init configures the network here, and else does so at an instance's first boot only.\n"
		      "updates: { network: { when: [ boot-new-instance, boot ] } }\n",
		      out);
}

static void write_ssh(FILE *out, const struct seed *seed)
{
	if (seed->has_host_key)
		fputs("# The host key is the one whose fingerprint was printed when the guest was made.\n" DELETE_NO_KEYS
		      "\nssh_genkeytypes: [ ed25519 ]\n",
		      out);
	if (seed->lets_root_in)
		fputs("# Else root's authorized_keys would be turned into a refusal.\n" LET_ROOT_IN "\n", out);
}

/* Not in user-data, which an administrator may want to replace by --file. Of the files in its folder, cloud-init takes the last in
 * lexical order; Debian's 90_dpkg.cfg and images' 99-*.cfg come before this one. */
static void write_config(FILE *out, const struct seed *seed)
{
	write_sources(out, seed);
	write_ssh(out, seed);
}

struct seed_file {
	const char *path;
	mode_t permissions;
	void (*write)(FILE *out, const struct seed *seed);
};

static const struct seed_file meta_data_file = { META_DATA, 0644, write_meta_data },
			      user_data_file = { USER_DATA, 0600, write_user_data },
			      network_config_file = { NETWORK_CONFIG, 0600, write_network_config },
			      config_file = { BD_NOCLOUD_CONFIG, 0644, write_config };

static int put(const struct seed_file *file, const struct seed *seed, const struct bd_overlay *overlay,
	       struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return bd_no_memory(err);
	file->write(out, seed);
	if (fclose(out) != 0)
		return bd_no_memory(err);
	return bd_overlay_put(overlay, file->path, file->permissions, text, size, err);
}

/* With what is removed, cloud-init leaves the network alone whatever it is told. */
static int put_network(const struct seed *seed, const struct bd_overlay *overlay, struct bd_error *err)
{
	return bd_overlay_remove(overlay, BD_CLOUD_INIT_UPGRADED_NETWORK, err) != 0
		       ? -1
		       : put(&network_config_file, seed, overlay, err);
}

int bd_cloud_init_add(const struct bd_guest *guest, const char *authorized_keys, const struct bd_user_data *user_data,
		      const struct bd_system *system, const struct bd_overlay *overlay, struct bd_error *err)
{
	const struct seed seed = { .guest = guest,
				   .authorized_keys = authorized_keys,
				   .user_data = user_data,
				   .system = system,
				   .has_host_key = system->sshd,
				   .lets_root_in = authorized_keys != NULL };

	if (put(&meta_data_file, &seed, overlay, err) != 0 || put(&user_data_file, &seed, overlay, err) != 0 ||
	    put_network(&seed, overlay, err) != 0)
		return -1;
	return put(&config_file, &seed, overlay, err);
}

static int renew_meta_data(const struct seed *seed, const char *old, const struct bd_overlay *overlay,
			   struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (bd_nocloud_renew(old, seed->guest->name, seed->same_instance ? NULL : seed->guest->uuid, &text, err) != 0)
		return -1;
	if (text)
		return bd_overlay_rewrite(overlay, META_DATA, 0644, text, err);
	if (!seed->same_instance)
		return put(&meta_data_file, seed, overlay, err);
	bd_warn("%s of %s is JSON, and the name of the host that it may have stays as it is", META_DATA,
		seed->guest->name);
	return 0;
}

/* All of it stays. What could be binary is none of ours. */
static int renew_user_data(const struct bd_cloud_init_renewal *renewal, const struct bd_overlay *overlay,
			   struct bd_error *err)
{
	BD_FREE char *text = NULL;
	char *changed = NULL;
	size_t size;

	if (!renewal->authorized_keys && !renewal->root_password_hash)
		return 0;
	if (bd_overlay_read_data(overlay, USER_DATA, &text, &size, err) != 0)
		return -1;
	if (!text || strlen(text) != size)
		return 0;
	if (renewal->authorized_keys) {
		if (bd_nocloud_add_keys(text, renewal->authorized_keys, &changed, err) != 0)
			return -1;
		if (changed)
			bd_text_replace(&text, changed);
	}
	if (renewal->root_password_hash) {
		if (bd_nocloud_set_root_password(text, renewal->root_password_hash, &changed, err) != 0)
			return -1;
		if (changed)
			bd_text_replace(&text, changed);
	}
	return bd_overlay_rewrite(overlay, USER_DATA, 0600, text, err);
}

/* What its guest has from before, about SSH, stays. */
static int renew_config(struct seed *seed, bool has_network, const struct bd_overlay *overlay, struct bd_error *err)
{
	BD_FREE char *old = NULL, *lines = NULL, *text = NULL;
	size_t size;

	if (bd_overlay_read(overlay, BD_NOCLOUD_CONFIG, &old, err) != 0)
		return -1;
	bool had_host_key = old && strstr(old, DELETE_NO_KEYS), let_root_in = old && strstr(old, LET_ROOT_IN);
	if (has_network) {
		seed->has_host_key |= had_host_key;
		seed->lets_root_in |= let_root_in;
		return put(&config_file, seed, overlay, err);
	}
	seed->has_host_key &= !had_host_key;
	seed->lets_root_in &= !let_root_in;
	FILE *out = open_memstream(&lines, &size);
	if (!out)
		return bd_no_memory(err);
	write_ssh(out, seed);
	if (fclose(out) != 0 || bd_text_add_lines(old ? old : "# Made by xen-bigdisk.\n", lines, &text, err) != 0)
		return bd_no_memory(err);
	return *lines ? bd_overlay_rewrite(overlay, BD_NOCLOUD_CONFIG, 0644, text, err) : 0;
}

int bd_cloud_init_renew(const struct bd_guest *guest, const struct bd_cloud_init_renewal *renewal,
			const struct bd_system *system, const struct bd_overlay *overlay, struct bd_error *err)
{
	struct seed seed = { .guest = guest,
			     .system = system,
			     .has_host_key = renewal->is_other && system->sshd,
			     .lets_root_in = renewal->authorized_keys != NULL,
			     .same_instance = !renewal->is_other };

	if (renew_meta_data(&seed, renewal->meta_data, overlay, err) != 0 ||
	    renew_user_data(renewal, overlay, err) != 0)
		return -1;
	if (renewal->has_network && put_network(&seed, overlay, err) != 0)
		return -1;
	return renew_config(&seed, renewal->has_network, overlay, err);
}
