/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares a guest that exists with a job that was decided as if it did not. */
#include "ops/fleet/differences.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/parse.h"
#include "base/sector.h"
#include "base/text.h"
#include "fleet/fields.h"
#include "guest/disks.h"
#include "inside/mounts/plan.h"
#include "inside/read_file.h"
#include "ops/create/decide.h"
#include "ops/create/mounts.h"
#include "template/store.h"

void fleet_keep_disk(const struct guest_facts *facts, struct bd_create_request *request)
{
	const char *template = facts->cfg->template;
	struct bd_error ignored;

	if (template && !bd_template_is_built_in(template) && !bd_create_request_has(request, BD_FIELD_TEMPLATE))
		request->template = template;
	if (facts->has_disk && facts->disk.layout && !bd_create_request_has(request, BD_FIELD_LAYOUT))
		bd_layout_parse(facts->disk.layout, &request->layout, &ignored);
	if (!facts->has_disk || !facts->disk.has_size || facts->disk.is_device ||
	    facts->disk.size_bytes % BD_SECTOR_BYTES || request->device ||
	    bd_create_request_has(request, BD_FIELD_SIZE) ||
	    !(bd_create_request_has(request, BD_FIELD_SWAP) || bd_create_request_has(request, BD_FIELD_MOUNTS)))
		return;
	request->size_bytes = facts->disk.size_bytes;
	request->size = "its disk";
}

/* The guest's disks behind the first. false: one of them cannot be looked at. */
static bool find_disks(const struct bd_cfg *cfg, struct bd_fleet_parts *disks_out)
{
	struct bd_disk_facts disk;
	struct bd_error ignored;

	disks_out->count = 0;
	for (size_t i = 1; i < cfg->disk_count && disks_out->count < BD_FURTHER_DISKS_MAX; i++) {
		if (!bd_is_further_disk(cfg->disks[i], cfg->name, NULL))
			continue;
		if (guest_disk_look(cfg, i, &disk, &ignored) != 0 || !disk.has_size)
			return false;
		struct bd_fleet_part *part = &disks_out->items[disks_out->count++];
		part->size_bytes = disk.size_bytes;
		part->has_uuid = disk.has_root_uuid && !disk.root_start_bytes;
		memcpy(part->uuid, disk.root_uuid, sizeof(part->uuid));
	}
	return true;
}

static void take_partitions(const struct bd_disk_facts *disk, struct bd_fleet_parts *mounts_out)
{
	mounts_out->count = disk->mount_count;
	/* By cylinders, the first partition begins one track later than its first cylinder. */
	mounts_out->rounding_bytes = disk->layout && strcmp(disk->layout, bd_layout_name(BD_LAYOUT_CYLINDER)) == 0
					     ? (uint64_t)BD_CHS_SECTORS * BD_SECTOR_BYTES
					     : 0;
	for (size_t i = 0; i < disk->mount_count; i++) {
		const struct bd_disk_part *from = &disk->mounts[i];
		struct bd_fleet_part *part = &mounts_out->items[i];
		part->size_bytes = from->size_bytes;
		part->has_uuid = from->has_uuid;
		memcpy(part->uuid, from->uuid, sizeof(part->uuid));
	}
}

/* What the guest mounts, where the manifest has anything to say about that. NULL: it cannot be read. */
static char *read_fstab(const struct guest_facts *facts, const struct create_job *job)
{
	char *text = NULL;
	struct bd_error ignored;
	size_t size;

	if (create_has_mounts(job) && facts->has_disk && facts->disk.has_root_uuid &&
	    bd_inside_read_file_of(facts->cfg->disks[0], facts->disk.root_start_bytes ? 1 : 0, "/etc/fstab",
				   BD_MOUNTS_FSTAB_BYTES_MAX, &text, &size, &ignored) != 0)
		return NULL;
	return text;
}

/* /dev/mapper/vg-lv is /dev/vg/lv. */
static const char *wanted_device(const struct bd_fleet_guest *guest, const struct bd_cfg *cfg)
{
	const char *device = bd_fleet_text(guest, "device");
	struct bd_error ignored;
	bool same = false;

	if (device && cfg->disk_count && bd_path_is_same(device, cfg->disks[0], &same, &ignored) == 0 && same)
		return cfg->disks[0];
	return device;
}

size_t fleet_compare(const struct bd_fleet_guest *guest, const struct bd_fleet_place *place,
		     const struct guest_facts *facts, const struct create_job *job,
		     struct bd_fleet_change changes_out[BD_FLEET_CHANGES_MAX])
{
	const struct bd_region *swap = bd_plan_find(&job->plan, BD_REGION_SWAP);
	const struct bd_fleet_wanted wanted = { .guest = &job->guest,
						.template = job->template,
						.layout = bd_layout_name(job->plan.layout),
						.boot_sector = bd_boot_sector_name(job->boot_sector),
						.device = wanted_device(guest, facts->cfg),
						.disk_bytes = job->plan.disk_bytes,
						.swap_bytes = swap ? bd_region_bytes(swap) : 0 };
	struct bd_fleet_have have = { .cfg = facts->cfg,
				      .knows_autostart = job->in_system_folders,
				      .autostart = facts->autostart };

	have.knows_disks = find_disks(facts->cfg, &have.disks);
	BD_FREE char *fstab = read_fstab(facts, job);
	have.fstab = fstab;
	if (facts->has_disk) {
		have.disk_bytes = facts->disk.is_device ? 0 : facts->disk.size_bytes;
		have.layout = job->is_whole_disk ? NULL : facts->disk.layout;
		have.boot_sector = job->is_whole_disk ? NULL : facts->disk.boot_sector;
		have.fs = job->is_whole_disk ? NULL : facts->disk.fs;
		have.swap_bytes = facts->disk.swap_bytes;
		take_partitions(&facts->disk, &have.mounts);
	}
	return bd_fleet_compare(guest, place, &wanted, &have, changes_out);
}

/* --- of a request ---------------------------------------------------------------------------------------------------- */

#define PLACE_TEXT_SIZE 64 /* of a bridge and a MAC address */

/* A request as the guest of a manifest that says the same. */
struct said {
	struct bd_fleet_setting settings[BD_FLEET_KEY_COUNT];
	const char *texts[BD_FLEET_KEY_COUNT];
	char lvm[2 * BD_VOLUME_NAME_SIZE];
	char places[BD_NETWORKS_MAX][PLACE_TEXT_SIZE]; /* of interfaces behind the first, in dom0 */
	const char *networks[BD_NETWORKS_MAX];
	struct bd_fleet_guest guest;
};

/* Of those whose text is compared. */
static const char *text_of(const struct bd_create_request *request, enum bd_field field, struct said *said)
{
	const struct bd_volume_place *volume = &request->volume;

	if (field == BD_FIELD_LVM)
		snprintf(said->lvm, sizeof(said->lvm), "%s%s%s", volume->group, *volume->pool ? "/" : "",
			 volume->pool);
	return field == BD_FIELD_DEVICE			     ? request->device
	       : field == BD_FIELD_APPEND && request->append ? request->append
	       : field == BD_FIELD_LVM			     ? said->lvm
							     : "";
}

/* As far as they are given, in the form of guest/network_spec.h. Of what is told to the guest, and to xl, the job has what was given. */
static size_t say_further(const struct bd_create_request *request, struct said *said)
{
	char mac[BD_MAC_TEXT_SIZE];

	for (size_t i = 1; i < request->network_count; i++) {
		const struct bd_network *network = &request->networks[i];
		char *text = said->places[i - 1];
		if (*network->bridge)
			bd_text_append(text, PLACE_TEXT_SIZE, ",", "bridge=%s", network->bridge);
		bd_mac_format(network->mac, mac);
		if (network->has_mac)
			bd_text_append(text, PLACE_TEXT_SIZE, ",", "mac=%s", mac);
		said->networks[i - 1] = text;
	}
	return request->network_count > 1 ? request->network_count - 1 : 0;
}

static bool is_said(const struct bd_create_request *request, enum bd_field field)
{
	if (field == BD_FIELD_NET) /* which can be the first interface, of which the others are keys */
		return request->network_count > 1;
	return field != BD_FIELD_NONE &&
	       (bd_create_request_has(request, field) || bd_create_request_first_has(request, field));
}

static void say(const struct bd_create_request *request, struct said *said)
{
	said->guest = (struct bd_fleet_guest){ .name = request->name, .settings = said->settings };
	for (enum bd_fleet_key_index i = 0; i < BD_FLEET_KEY_COUNT; i++) {
		enum bd_field field = bd_fleet_field(i);
		if (!is_said(request, field))
			continue;
		struct bd_fleet_setting *setting = &said->settings[said->guest.setting_count++];
		said->texts[i] = text_of(request, field, said);
		*setting = (struct bd_fleet_setting){ .key = &bd_fleet_keys[i],
						      .values = &said->texts[i],
						      .value_count = 1 };
		if (field != BD_FIELD_NET)
			continue;
		setting->values = said->networks;
		setting->value_count = say_further(request, said);
	}
}

int fleet_compare_request(const char *cfg_path, struct bd_create_request *request,
			  struct fleet_differences *differences_out, struct bd_error *err)
{
	BD_DISPOSE(guests_dispose) struct guests guests = { 0 };
	BD_DISPOSE(create_job_dispose) struct create_job job = { 0 };
	const struct bd_fleet_place nowhere = { .address = "" };
	struct said said = { .lvm = "" };

	if (guests_read_one(cfg_path, NULL, &guests, err) != 0)
		return -1;
	fleet_keep_disk(&guests.items[0], request);
	request->root_password_file = NULL; /* hashing it takes long by design */
	if (create_decide(request, &job, err) != 0)
		return -1;
	say(request, &said);
	differences_out->count = fleet_compare(&said.guest, &nowhere, &guests.items[0], &job, differences_out->items);
	differences_out->grows = job.plan.disk_bytes > guests.items[0].disk.size_bytes;
	return 0;
}
