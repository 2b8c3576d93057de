/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares a manifest's guest with its config. */
#include "fleet/compare.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "guest/bootcfg.h"
#include "guest/network_spec.h"
#include "guest/vif_keys.h"
#include "volume/place.h"
#include "xlcfg/boot.h"
#include "xlcfg/network.h"

struct comparison {
	const struct bd_fleet_guest *guest;
	struct bd_fleet_change *changes;
	size_t count;
};

/* from and to are the same, or it is a change; NULL counts as "none". */
static void compare_texts(struct comparison *comparison, const char *key, const char *from, const char *to,
			  bool needs_new_disk)
{
	from = from && from[0] ? from : "none";
	to = to && to[0] ? to : "none";
	if (strcmp(from, to) == 0)
		return;
	assert(comparison->count < BD_FLEET_CHANGES_MAX);
	struct bd_fleet_change *change = &comparison->changes[comparison->count++];
	*change = (struct bd_fleet_change){ .key = key };
	snprintf(change->from, sizeof(change->from), "%s", from);
	snprintf(change->to, sizeof(change->to), "%s", to);
	change->needs_new_disk = needs_new_disk;
}

static bool says(const struct comparison *comparison, const char *key)
{
	return bd_fleet_find(comparison->guest, key) != NULL;
}

static void compare_sizes(struct comparison *comparison, const char *key, uint64_t from_bytes, uint64_t to_bytes,
			  bool needs_new_disk)
{
	char from[BD_SIZE_TEXT_SIZE], to[BD_SIZE_TEXT_SIZE];

	if (!says(comparison, key) || from_bytes == to_bytes)
		return;
	bd_format_size_pair(from_bytes, to_bytes, from, to);
	compare_texts(comparison, key, from_bytes ? from : NULL, to_bytes ? to : NULL, needs_new_disk);
}

static void compare_vcpus(struct comparison *comparison, uint32_t from, uint32_t to)
{
	char from_text[16], to_text[16];

	if (!says(comparison, "vcpus"))
		return;
	snprintf(from_text, sizeof(from_text), "%" PRIu32, from ? from : 1);
	snprintf(to_text, sizeof(to_text), "%" PRIu32, to);
	compare_texts(comparison, "vcpus", from_text, to_text, false);
}

static bool speaks_of_network(const struct comparison *comparison, const struct bd_fleet_place *place)
{
	static const char *const keys[] = { "network", "bridge",   "mac", "ip",	     "ip6",
					    "gateway", "gateway6", "dns", "networks" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (says(comparison, keys[i]))
			return true;
	return place->address[0] != '\0';
}

/* from and to: what there is of an interface's part, such as "rate=10Mb/s" or "untrusted". */
static void compare_part(struct comparison *comparison, const char *part, const char *from, const char *to,
			 size_t interface)
{
	size_t before = comparison->count;

	compare_texts(comparison, "networks", from, to, false);
	if (comparison->count > before) {
		comparison->changes[before].interface = interface;
		comparison->changes[before].part = part;
	}
}

static void compare_values(struct comparison *comparison, const char *part, const char *from, const char *to,
			   size_t interface)
{
	char from_text[BD_VIF_KEYS_SIZE + 16], to_text[BD_VIF_KEYS_SIZE + 16];

	snprintf(from_text, sizeof(from_text), "%s=%s", part, from);
	snprintf(to_text, sizeof(to_text), "%s=%s", part, to);
	compare_part(comparison, part, *from ? from_text : NULL, to_text, interface);
}

/* What is passed on to xl. Of the first interface that has keys of its own (`set` changes them), but for its type, as a guest has one, too,
 * and for words. */
static void compare_vif_keys(struct comparison *comparison, const struct bd_network *network,
			     const struct bd_cfg_vif *vif, size_t interface)
{
	char from[BD_VIF_KEYS_SIZE];
	struct bd_vif_part to;

	for (const char *at = network->vif; bd_vif_keys_next(&at, &to);) {
		bd_vif_keys_value(vif->spec, to.key, from);
		if (!to.has_value)
			compare_part(comparison, to.key, bd_vif_keys_are_trusted(vif->spec) ? "trusted" : "untrusted",
				     to.key, interface);
		else if (interface || strcmp(to.key, "type") == 0)
			compare_values(comparison, to.key, from, to.value, interface);
		else
			compare_texts(comparison, to.key, from, to.value, false);
	}
}

/* The first interface is the one that the manifest speaks of. One that was taken out of the cfg can be put back into it,
 * where the guest's disk knows its address. */
static void compare_network(struct comparison *comparison, const struct bd_fleet_place *place,
			    const struct bd_network *network, const struct bd_cfg *cfg)
{
	const struct bd_cfg_vif *vif = cfg->vif_count ? &cfg->vifs[0] : NULL;
	char from[BD_MAC_TEXT_SIZE] = "", to[BD_MAC_TEXT_SIZE];

	if (speaks_of_network(comparison, place) && (network != NULL) != (vif != NULL))
		compare_texts(comparison, "network", vif ? "yes" : "no", network ? "yes" : "no",
			      network && !cfg->address && !cfg->address6);
	if (!network || !vif)
		return;
	if (says(comparison, "bridge"))
		compare_texts(comparison, "bridge", vif->bridge, network->bridge, false);
	if (vif->has_mac)
		bd_mac_format(vif->mac, from);
	bd_mac_format(network->mac, to);
	if (says(comparison, "mac"))
		compare_texts(comparison, "mac", from, to, false);
	compare_vif_keys(comparison, network, vif, 0);
}

static enum bd_guest_boot boot_of(const struct bd_cfg *cfg)
{
	enum bd_guest_boot how;

	if (bd_cfg_boot(cfg, &how))
		return how;
	return cfg->bootloader ? BD_BOOT_PYGRUB : BD_BOOT_PVGRUB;
}

/* Our boot loader reads what pygrub and a GRUB in the guest read, so that the config is all there is to change. Of the others each needs
 * something else to be there. */
static void compare_boot(struct comparison *comparison, const struct bd_cfg *cfg, const struct bd_guest *to)
{
	enum bd_guest_boot from = boot_of(cfg);
	bool takes_cfg = to->boot == BD_BOOT_BIGDISK && (from == BD_BOOT_PYGRUB || from == BD_BOOT_PVGRUB);

	if (says(comparison, "boot") && to->type != BD_GUEST_HVM)
		compare_texts(comparison, "boot", bd_guest_boot_name(from), bd_guest_boot_name(to->boot), !takes_cfg);
}

/* Of a guest whose kernel is a file in dom0; the others have their arguments in the disk. */
static void compare_append(struct comparison *comparison, const struct bd_cfg *cfg)
{
	const char *from = cfg->cmdline ? bd_kernel_cmdline_appended(cfg->cmdline) : NULL;

	if (from && says(comparison, "append") && boot_of(cfg) == BD_BOOT_DIRECT)
		compare_texts(comparison, "append", from, bd_fleet_text(comparison->guest, "append"), false);
}

/* As this program writes it, whoever wrote the config; what is none as it stands there. */
static const char *or_as_written(const char *address, const char *written)
{
	return *address ? address : written;
}

static void compare_addresses(struct comparison *comparison, const struct bd_fleet_place *place,
			      const struct bd_network *network, const struct bd_cfg *cfg)
{
	char from[BD_ADDRESSES_TEXT_SIZE], to[BD_ADDRESSES_TEXT_SIZE];
	struct bd_network own;

	if (!network)
		return;
	bd_cfg_network(cfg, 0, &own);
	bd_network_format_addresses(own.addresses, own.address_count, from);
	bd_network_format_ip(network, to);
	if (says(comparison, "ip") || place->address[0])
		compare_texts(comparison, place->address[0] ? "pool" : "ip",
			      cfg->address ? or_as_written(from, cfg->address) : "dhcp", to, true);
	/* A cfg that was not made by this program, or long ago, tells of static ones only. */
	if (says(comparison, "ip6") && (network->ip6 == BD_IP6_STATIC || cfg->address6 || cfg->ip6)) {
		bd_network_format_addresses(own.addresses6, own.address6_count, from);
		bd_network_format_ip6(network, to);
		compare_texts(comparison, "ip6", or_as_written(from, cfg->address6 ? cfg->address6 : cfg->ip6), to,
			      true);
	}
	if (says(comparison, "gateway"))
		compare_texts(comparison, "gateway", cfg->gateway, network->gateway, true);
	if (says(comparison, "gateway6"))
		compare_texts(comparison, "gateway6", or_as_written(own.gateway6, cfg->gateway6), network->gateway6,
			      true);
	bd_network_format_dns(&own, from);
	bd_network_format_dns(network, to);
	if (says(comparison, "dns"))
		compare_texts(comparison, "dns", or_as_written(from, cfg->dns), to, true);
}

/* What the manifest says of its place in dom0: said, in the form of guest/network_spec.h. */
static void compare_vif(struct comparison *comparison, const char *said, const struct bd_network *network,
			const struct bd_cfg_vif *vif, size_t interface)
{
	char from[BD_MAC_TEXT_SIZE] = "", to[BD_MAC_TEXT_SIZE];

	if (bd_vif_keys_find(said, "bridge", NULL))
		compare_values(comparison, "bridge", vif->bridge, network->bridge, interface);
	if (bd_vif_keys_find(said, "mac", NULL)) {
		if (vif->has_mac)
			bd_mac_format(vif->mac, from);
		bd_mac_format(network->mac, to);
		compare_values(comparison, "mac", from, to, interface);
	}
	compare_vif_keys(comparison, network, vif, interface);
}

/* Of addresses, the first that differs. Without such interfaces in the manifest, those of the config are its
 * administrator's. */
static void compare_further(struct comparison *comparison, const struct bd_networks *networks,
			    const struct bd_cfg *cfg)
{
	const struct bd_fleet_setting *setting = bd_fleet_find(comparison->guest, "networks");
	char text[BD_NETWORK_SPEC_SIZE], from[BD_NETWORK_SPEC_SIZE];
	struct bd_network own;

	for (size_t i = 1; setting && networks->count && i < BD_NETWORKS_MAX; i++) {
		size_t before = comparison->count;
		bd_cfg_network(cfg, i, &own);
		bd_network_spec_format(&own, from);
		if (i < networks->count)
			bd_network_spec_format(&networks->items[i], text);
		compare_texts(comparison, "networks", cfg->networks[i] ? from : NULL,
			      i < networks->count ? text : NULL, true);
		if (comparison->count > before)
			return;
		if (i < networks->count && i < cfg->vif_count && i <= setting->value_count)
			compare_vif(comparison, setting->values[i - 1], &networks->items[i], &cfg->vifs[i], i);
	}
}

/* Which thin pool it is of is LVM's to know, and makes no other disk of it. */
static void compare_groups(struct comparison *comparison, const char *disk, const char *wanted)
{
	char group[BD_VOLUME_NAME_SIZE], name[BD_VOLUME_NAME_SIZE];
	struct bd_volume_place place;
	struct bd_error none;

	if (bd_volume_place_parse(wanted, &place, &none) == 0)
		compare_texts(comparison, "lvm", bd_volume_path_split(disk, group, name) ? group : NULL, place.group,
			      true);
}

static void compare_parts(struct comparison *comparison, const char *key, const struct bd_fleet_parts *have,
			  const struct bd_guest_disk *wanted, size_t wanted_count, const char *fstab)
{
	char from[BD_FLEET_PARTS_TEXT_SIZE], to[BD_FLEET_PARTS_TEXT_SIZE];

	if (!says(comparison, key))
		return;
	bd_fleet_parts_compare(have, wanted, wanted_count, fstab, from, to);
	compare_texts(comparison, key, from, to, true);
}

size_t bd_fleet_compare(const struct bd_fleet_guest *guest, const struct bd_fleet_place *place,
			const struct bd_fleet_wanted *wanted, const struct bd_fleet_have *have,
			struct bd_fleet_change changes_out[BD_FLEET_CHANGES_MAX])
{
	struct comparison comparison = { .guest = guest, .changes = changes_out };
	const struct bd_guest *to = wanted->guest;
	const struct bd_cfg *from = have->cfg;

	compare_sizes(&comparison, "memory", from->memory_mib << 20, to->memory_mib << 20, false);
	compare_vcpus(&comparison, from->vcpus, to->vcpus);
	compare_network(&comparison, place, bd_networks_first(&to->networks), from);
	compare_addresses(&comparison, place, bd_networks_first(&to->networks), from);
	compare_further(&comparison, &to->networks, from);
	if (says(&comparison, "type"))
		compare_texts(&comparison, "type", from->type, bd_guest_type_name(to->type), true);
	compare_boot(&comparison, from, to);
	compare_append(&comparison, from);
	if (says(&comparison, "template"))
		compare_texts(&comparison, "template", from->template, wanted->template, true);
	if (have->disk_bytes)
		compare_sizes(&comparison, "size", have->disk_bytes, wanted->disk_bytes, true);
	if (have->knows_disks)
		compare_parts(&comparison, "disks", &have->disks, to->disks.items, to->disks.count, have->fstab);
	if (have->layout && says(&comparison, "layout"))
		compare_texts(&comparison, "layout", have->layout, wanted->layout, true);
	/* One that is there may have been installed by the guest since, as by its grub-install. */
	if (have->boot_sector && strcmp(have->boot_sector, "none") == 0 && says(&comparison, "boot_sector"))
		compare_texts(&comparison, "boot_sector", have->boot_sector, wanted->boot_sector, true);
	if (have->fs && says(&comparison, "fs"))
		compare_texts(&comparison, "fs", have->fs, bd_fs_type_name(to->fs_type), true);
	if (have->layout) {
		compare_sizes(&comparison, "swap", have->swap_bytes, wanted->swap_bytes, true);
		compare_parts(&comparison, "mounts", &have->mounts, &to->disks.items[BD_FURTHER_DISKS_MAX],
			      to->disks.partition_count, have->fstab);
	}
	if (says(&comparison, "device"))
		compare_texts(&comparison, "device", from->disk_count ? from->disks[0] : NULL, wanted->device, true);
	if (says(&comparison, "lvm"))
		compare_groups(&comparison, from->disk_count ? from->disks[0] : "", bd_fleet_text(guest, "lvm"));
	if (have->knows_autostart && says(&comparison, "autostart"))
		compare_texts(&comparison, "autostart", have->autostart ? "on" : "off",
			      strcmp(bd_fleet_text(guest, "autostart"), "true") == 0 ? "on" : "off", false);
	return comparison.count;
}
