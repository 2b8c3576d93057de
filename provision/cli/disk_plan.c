/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints regions, UUIDs and mounts. */
#include "cli/disk_plan.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/parse.h"
#include "base/printable.h"

static void json_regions(struct bd_json *json, const struct bd_plan *plan)
{
	bd_json_open_array(json, "regions");
	for (size_t i = 0; i < plan->region_count; i++) {
		const struct bd_region *region = &plan->regions[i];
		bd_json_open_object(json, NULL);
		bd_json_string(json, "kind", bd_region_name(region->kind));
		if (region->partition)
			bd_json_uint(json, "partition", (uint64_t)region->partition);
		bd_json_uint(json, "start_lba", region->start_lba);
		bd_json_uint(json, "sector_count", region->sector_count);
		bd_json_uint(json, "start_bytes", bd_region_start_bytes(region));
		bd_json_uint(json, "size_bytes", bd_region_bytes(region));
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
}

static void json_mounts(struct bd_json *json, const struct create_job *job)
{
	size_t mounted[BD_GUEST_MOUNTS_MAX], count = bd_guest_disks_mounted(&job->guest.disks, mounted);

	if (!count)
		return;
	bd_json_open_array(json, "mounts");
	for (size_t i = 0; i < count; i++) {
		const struct bd_guest_disk *disk = &job->guest.disks.items[mounted[i]];
		bool is_partition = bd_guest_disk_is_partition(mounted[i]);
		bd_json_open_object(json, NULL);
		bd_json_string(json, "path", disk->mount);
		bd_json_string(json, "disk", is_partition ? job->image_path : job->disk_paths[mounted[i]]);
		if (is_partition)
			bd_json_uint(
				json, "partition",
				(uint64_t)bd_plan_mount(&job->plan, mounted[i] - BD_FURTHER_DISKS_MAX)->partition);
		bd_json_uint(json, "size_bytes", disk->size_bytes);
		bd_json_uuid(json, "uuid", disk->uuid);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
}

void disk_plan_put_json(struct bd_json *json, const struct create_job *job)
{
	char signature[11];

	bd_json_string(json, "layout", bd_layout_name(job->plan.layout));
	bd_json_string(json, "boot_sector", bd_boot_sector_name(job->boot_sector));
	bd_json_string(json, "fs", bd_fs_type_name(job->guest.fs_type));
	bd_json_uint(json, "cylinders", job->plan.cylinders);
	snprintf(signature, sizeof(signature), "0x%08" PRIx32, job->guest.disk_signature);
	bd_json_string(json, "disk_signature", signature);
	bd_json_uuid(json, "root_uuid", job->guest.root_uuid);
	if (job->guest.has_swap)
		bd_json_uuid(json, "swap_uuid", job->guest.swap_uuid);
	json_regions(json, &job->plan);
	json_mounts(json, job);
}

void disk_plan_print(const struct create_job *job)
{
	const struct bd_plan *plan = &job->plan;
	size_t mounts = 0;
	char size[32];

	bd_format_size(plan->disk_bytes, size, sizeof(size));
	bd_print(stdout,
		 "Disk %s: %s, %" PRIu64 " bytes, %" PRIu64 " sectors, %" PRIu64
		 " cylinders, layout %s, boot sector %s, %s\n\n",
		 job->image_path, size, plan->disk_bytes, plan->disk_bytes / BD_SECTOR_BYTES, plan->cylinders,
		 bd_layout_name(plan->layout), bd_boot_sector_name(job->boot_sector),
		 bd_fs_type_name(job->guest.fs_type));
	bd_print(stdout, "  %-7s %12s %12s %12s %16s %16s\n", "region", "first LBA", "last LBA", "sectors",
		 "start byte", "bytes");
	for (size_t i = 0; i < plan->region_count; i++) {
		const struct bd_region *region = &plan->regions[i];
		const char *mount = region->kind == BD_REGION_MOUNT
					    ? job->guest.disks.items[BD_FURTHER_DISKS_MAX + mounts++].mount
					    : NULL;
		bd_print(stdout, "  %-7s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %16" PRIu64 " %16" PRIu64 "%s%s\n",
			 bd_region_name(region->kind), region->start_lba,
			 region->start_lba + region->sector_count - 1, region->sector_count,
			 bd_region_start_bytes(region), bd_region_bytes(region), mount ? "  " : "",
			 mount ? mount : "");
	}
	bd_print(stdout, "\n");
}
