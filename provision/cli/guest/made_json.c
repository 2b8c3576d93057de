/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the JSON members of a created guest, for `new`, `fill`, `clone` and `fleet plan`. */
#include "cli/guest/made_json.h"

#include <stdio.h>
#include <string.h>

#include "cli/stages_json.h"

void made_json_first_addresses(struct bd_json *json, const struct bd_network *network, const char *ip,
			       const char *ip6)
{
	char address[BD_ADDRESSES_TEXT_SIZE], address6[BD_ADDRESSES_TEXT_SIZE];

	bd_network_format_addresses(network->addresses, network->address_count ? 1 : 0, address);
	bd_network_format_addresses(network->addresses6, network->address6_count ? 1 : 0, address6);
	bd_json_string(json, "ip", address[0] ? address : ip);
	bd_json_string(json, "ip6", address6[0] ? address6 : ip6);
}

void made_json_addresses(struct bd_json *json, const struct bd_network *network, const char *ip, const char *ip6)
{
	char address[BD_ADDRESSES_TEXT_SIZE], address6[BD_ADDRESSES_TEXT_SIZE];

	made_json_first_addresses(json, network, ip, ip6);
	bd_json_open_array(json, "addresses");
	for (size_t i = 0; i < network->address_count; i++) {
		bd_network_format_addresses(&network->addresses[i], 1, address);
		bd_json_string(json, NULL, address);
	}
	for (size_t i = 0; i < network->address6_count; i++) {
		bd_network_format_addresses(&network->addresses6[i], 1, address6);
		bd_json_string(json, NULL, address6);
	}
	bd_json_close_array(json);
}

static void put_network(struct bd_json *json, const struct bd_network *network)
{
	char mac[BD_MAC_TEXT_SIZE];

	bd_mac_format(network->mac, mac);
	bd_json_open_object(json, NULL);
	bd_json_string(json, "mac", mac);
	bd_json_string(json, "bridge", network->bridge[0] ? network->bridge : NULL);
	made_json_addresses(json, network, "dhcp", bd_ip6_name(network->ip6));
	bd_json_open_array(json, "dns");
	for (size_t i = 0; i < network->dns_count; i++)
		bd_json_string(json, NULL, network->dns[i]);
	bd_json_close_array(json);
	bd_json_close_object(json);
}

void made_json_networks(struct bd_json *json, const struct bd_networks *networks)
{
	bd_json_open_array(json, "network");
	for (size_t i = 0; i < networks->count; i++)
		put_network(json, &networks->items[i]);
	bd_json_close_array(json);
}

void made_json_guest(struct bd_json *json, const struct bd_guest *guest, const char *boot, const char *cfg_path,
		     const char *image_path)
{
	bd_json_string(json, "cfg", cfg_path);
	bd_json_string(json, "image", image_path);
	bd_json_string(json, "type", bd_guest_type_name(guest->type));
	bd_json_string(json, "boot", boot);
	bd_json_uint(json, "memory_mib", guest->memory_mib);
	bd_json_uint(json, "vcpus", guest->vcpus);
	made_json_networks(json, &guest->networks);
}

void made_json_disk(struct bd_json *json, const struct create_job *job)
{
	bd_json_string(json, job->on_device ? "device" : "image", job->image_path);
	if (create_makes_volume(job))
		bd_json_string(json, "volume", job->image_path + strlen("/dev/"));
}

void made_json_disk_files(struct bd_json *json, const struct create_job *job)
{
	if (!job->guest.disks.count)
		return;
	bd_json_open_array(json, "disks");
	for (size_t i = 0; i < job->guest.disks.count; i++)
		bd_json_string(json, NULL, job->disk_paths[i]);
	bd_json_close_array(json);
}

void made_json_host_keys(struct bd_json *json, const struct bd_identity_result *identity)
{
	bd_json_open_array(json, "ssh_host_keys");
	if (identity->ssh_host_key_type[0]) {
		bd_json_open_object(json, NULL);
		bd_json_string(json, "type", identity->ssh_host_key_type);
		bd_json_string(json, "fingerprint", identity->ssh_host_key_fingerprint);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
}

void made_json_start(struct bd_json *json, const struct create_outcome *outcome)
{
	if (!outcome->started)
		return;
	bd_json_uint(json, "domid", outcome->domid);
	bd_json_bool(json, "ready", outcome->ready);
	bd_json_double(json, "create_seconds", outcome->create_s);
	bd_json_double(json, "wait_seconds", outcome->wait_s);
	stages_json(json, outcome->stages.seconds);
}
