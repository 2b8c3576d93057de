/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the plan of `new` before, and the guest afterwards, for people and as JSON. */
#include "cli/guest/new_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/printable.h"
#include "cli/disk_plan.h"
#include "cli/guest/made_json.h"
#include "cli/set_keys.h"
#include "cli/warnings.h"
#include "ops/create/create.h"
#include "xlcfg/read.h"

static void json_guest(struct bd_json *json, const struct create_job *job)
{
	bd_json_string(json, "name", job->guest.name);
	bd_json_uuid(json, "uuid", job->guest.uuid);
	made_json_guest(json, &job->guest, bd_guest_boot_name(job->guest.boot), job->cfg_path, job->image_path);
	if (job->whole_boot.is_for_bigdisk)
		bd_json_string(json, "boot_reason", job->whole_boot.reason);
	bd_json_string(json, "template", job->template);
	bd_json_uint(json, "size_bytes", job->plan.disk_bytes);
	if (!job->is_whole_disk)
		disk_plan_put_json(json, job);
	bd_json_open_object(json, "files");
	made_json_disk(json, job);
	bd_json_string(json, "cfg", job->cfg_path);
	made_json_disk_files(json, job);
	if (job->seed_path)
		bd_json_string(json, "seed", job->seed_path);
	if (job->guest.boot == BD_BOOT_DIRECT) {
		bd_json_string(json, "kernel", job->kernel_path);
		bd_json_string(json, "ramdisk", job->ramdisk_path);
	}
	bd_json_close_object(json);
}

/* settings: of a plan, which has the config, too, and no outcome; else NULL. */
static int print_json(const struct create_job *job, const struct settings *settings, const char *config,
		      const struct create_outcome *outcome, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	json_guest(json, job);
	if (settings && settings_put_json(json, settings, err) != 0)
		return -1;
	if (config)
		bd_json_string(json, "config", config);
	if (!outcome)
		bd_json_bool(json, "starts", job->start);
	bd_json_string(json, "state", !outcome ? "planned" : outcome->started ? "running" : "made");
	warnings_put_json(json, &job->system, job->lacks, job->guest.name);
	if (outcome) {
		struct stat there;
		if (!job->on_device && fstat(outcome->files->image.fd, &there) == 0)
			bd_json_uint(json, "allocated_bytes", (uint64_t)there.st_blocks * S_BLKSIZE);
		if (!job->is_whole_disk) {
			bd_json_uint(json, "block_size", outcome->files->geometry.block_size);
			bd_json_uint(json, "block_count", outcome->files->geometry.block_count);
		}
		made_json_host_keys(json, &outcome->files->identity);
		bd_json_double(json, "make_seconds", outcome->make_s);
	}
	if (outcome)
		made_json_start(json, outcome);
	return bd_json_finish(json, err);
}

static int print_plan(const struct settings *settings, const char *config, struct bd_error *err)
{
	const struct create_job *job = settings->job;
	char size[32];

	bd_format_size(job->plan.disk_bytes, size, sizeof(size));
	if (job->is_whole_disk)
		bd_print(stdout, "Disk %s: %s, %" PRIu64 " bytes, a copy of the template's disk\n\n", job->image_path,
			 size, job->plan.disk_bytes);
	else
		disk_plan_print(job);
	bd_print(stdout, "Template %s\n\n", job->template);
	if (settings_print(settings, err) != 0)
		return -1;
	if (job->whole_boot.is_for_bigdisk)
		bd_print(stdout, "Boots by bigdisk, because %s\n\n", job->whole_boot.reason);
	bd_print(stdout, "Files\n  %s%s\n", job->image_path,
		 create_makes_volume(job) ? " (logical volume, which will be made)"
		 : job->on_device	  ? " (block device; all of it will be cleared)"
					  : "");
	for (size_t i = 0; i < job->guest.disks.count; i++) {
		bd_format_size(job->guest.disks.items[i].size_bytes, size, sizeof(size));
		const char *mount = job->guest.disks.items[i].mount;
		bd_print(stdout, "  %s (%s%s%s)\n", job->disk_paths[i], size, mount ? ", mounted on " : "",
			 mount ? mount : "");
	}
	if (job->seed_path)
		bd_print(stdout, "  %s\n", job->seed_path);
	if (job->guest.boot == BD_BOOT_DIRECT)
		bd_print(stdout, "  %s\n  %s\n", job->kernel_path, job->ramdisk_path);
	bd_print(stdout, "  %s:\n\n%s", job->cfg_path, config);
	return 0;
}

int new_report_plan(const struct settings *settings, bool json, struct bd_error *err)
{
	BD_FREE char *config = NULL;

	if (create_cfg_text(settings->job, true, &config, err) != 0)
		return -1;
	return json ? print_json(settings->job, settings, config, NULL, err) : print_plan(settings, config, err);
}

int new_report_done(const struct create_job *job, const struct create_outcome *outcome, bool json,
		    struct bd_error *err)
{
	if (json)
		return print_json(job, NULL, NULL, outcome, err);
	if (bd_log_level() < BD_LOG_INFO)
		return 0;
	if (!outcome->started)
		bd_print(stdout, "%s created: %s, %s\n", job->guest.name, job->image_path, job->cfg_path);
	else
		bd_print(stdout, "%s is %s: domain %u, %s, %s\n", job->guest.name, outcome->ready ? "up" : "running",
			 outcome->domid, job->image_path, job->cfg_path);
	const struct bd_identity_result *identity = &outcome->files->identity;
	if (identity->ssh_host_key_type[0])
		bd_print(stdout, "Its SSH host key is %s, %s\n", identity->ssh_host_key_type,
			 identity->ssh_host_key_fingerprint);
	return 0;
}

/* The command that changes it in a guest that exists; NULL: none does. */
static const char *command_for(const struct bd_fleet_change *change, bool grows)
{
	if (strcmp(change->key, "size") == 0)
		return grows ? "grow" : "shrink";
	for (const struct set_key *key = set_keys; key->name; key++)
		if (strcmp(change->key, key->name) == 0)
			return "set";
	return NULL;
}

static void json_differences(struct bd_json *json, const struct fleet_differences *differences)
{
	bd_json_open_array(json, "differences");
	for (size_t i = 0; i < differences->count; i++) {
		const struct bd_fleet_change *change = &differences->items[i];
		bd_json_open_object(json, NULL);
		bd_json_string(json, "key", change->key);
		bd_json_string(json, "from", change->from);
		bd_json_string(json, "to", change->to);
		bd_json_string(json, "command", command_for(change, differences->grows));
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
}

static void print_differences(const char *name, const char *cfg_path, const struct fleet_differences *differences)
{
	bd_print(stdout, "%s already exists, %s: %s\n", name,
		 differences->count ? "and differs" : "and is as it would be made", cfg_path);
	for (size_t i = 0; i < differences->count; i++) {
		const struct bd_fleet_change *change = &differences->items[i];
		const char *command = command_for(change, differences->grows);
		bd_print(stdout, "  %-8s %s -> %s: %s%s\n", change->key, change->from, change->to,
			 command ? "xen-bigdisk " : "no command changes that", command ? command : "");
	}
}

static int print_existing(const struct bd_cfg *cfg, const struct fleet_differences *differences, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_string(json, "name", cfg->name);
	bd_json_string(json, "cfg", cfg->path);
	bd_json_string(json, "image", cfg->disk_count ? cfg->disks[0] : NULL);
	bd_json_uuid(json, "uuid", cfg->has_uuid ? cfg->uuid : NULL);
	bd_json_string(json, "type", cfg->type);
	bd_json_uint(json, "memory_mib", cfg->memory_mib);
	bd_json_uint(json, "vcpus", cfg->vcpus ? cfg->vcpus : 1);
	bd_json_string(json, "template", cfg->template);
	bd_json_open_object(json, "files");
	bd_json_string(json, "image", cfg->disk_count ? cfg->disks[0] : NULL);
	bd_json_string(json, "cfg", cfg->path);
	bd_json_close_object(json);
	bd_json_string(json, "state", "exists");
	if (differences)
		json_differences(json, differences);
	return bd_json_finish(json, err);
}

int new_report_exists(const struct create_job *job, const struct fleet_differences *differences, bool json,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };

	if (bd_cfg_read(job->cfg_path, &cfg, err) != 0)
		return -1;
	if (json)
		return print_existing(&cfg, differences, err);
	if (differences)
		print_differences(job->guest.name, job->cfg_path, differences);
	else if (bd_log_level() >= BD_LOG_INFO)
		bd_print(stdout, "%s already exists, unchanged: %s\n", job->guest.name, job->cfg_path);
	return 0;
}
