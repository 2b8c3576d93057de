/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the result of `clone`. */
#include "cli/guest/clone_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "cli/guest/made_json.h"
#include "cli/warnings.h"
#include "ops/clone/cfg.h"
#include "ops/guest/facts.h"

static void put_guest(struct bd_json *json, const struct clone_job *job)
{
	const struct bd_guest *guest = &job->new.guest;
	const struct guest_facts source = { .cfg = &job->source };
	char signature[11];

	bd_json_string(json, "name", guest->name);
	bd_json_string(json, "source", job->source.name);
	bd_json_uuid(json, "uuid", guest->uuid);
	made_json_guest(json, guest, guest_facts_boot(&source), job->new.cfg_path, job->new.image_path);
	bd_json_string(json, "template", job->source.template);
	bd_json_uint(json, "size_bytes", job->size_bytes);
	if (job->disk.has_table) {
		snprintf(signature, sizeof(signature), "0x%08" PRIx32, job->new.guest.disk_signature);
		bd_json_string(json, "disk_signature", signature);
	}
	bd_json_uuid(json, "root_uuid", guest->root_uuid);
	if (guest->has_swap)
		bd_json_uuid(json, "swap_uuid", guest->swap_uuid);
	bd_json_open_object(json, "files");
	made_json_disk(json, &job->new);
	bd_json_string(json, "cfg", job->new.cfg_path);
	made_json_disk_files(json, &job->new);
	if (job->copy_kernel)
		bd_json_string(json, "kernel", job->new.kernel_path);
	if (job->copy_ramdisk)
		bd_json_string(json, "ramdisk", job->new.ramdisk_path);
	bd_json_close_object(json);
	made_json_host_keys(json, &job->identity);
}

/* outcome: NULL for a plan, which has the config's text instead. */
static int print_json(const struct clone_job *job, const char *config, const struct create_outcome *outcome,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();
	struct stat there;

	put_guest(json, job);
	if (config)
		bd_json_string(json, "config", config);
	bd_json_string(json, "state", !outcome ? "planned" : outcome->started ? "running" : "made");
	warnings_put_json(json, &job->new.system, job->new.lacks, job->new.guest.name);
	if (outcome) {
		if (fstat(outcome->files->image.fd, &there) == 0)
			bd_json_uint(json, "allocated_bytes", (uint64_t)there.st_blocks * 512);
		bd_json_double(json, "make_seconds", outcome->make_s);
		made_json_start(json, outcome);
	}
	return bd_json_finish(json, err);
}

int clone_report_plan(const struct clone_job *job, bool json, struct bd_error *err)
{
	BD_FREE char *config = NULL;

	if (clone_cfg_text(job, &config, err) != 0)
		return -1;
	if (json)
		return print_json(job, config, NULL, err);
	bd_print(stdout, "A copy of %s: %" PRIu64 " bytes\n\nFiles\n  %s\n", job->source.name, job->size_bytes,
		 job->new.image_path);
	if (job->copy_kernel)
		bd_print(stdout, "  %s\n", job->new.kernel_path);
	if (job->copy_ramdisk)
		bd_print(stdout, "  %s\n", job->new.ramdisk_path);
	bd_print(stdout, "  %s:\n\n%s", job->new.cfg_path, config);
	return 0;
}

int clone_report_done(const struct clone_job *job, const struct create_outcome *outcome, bool json,
		      struct bd_error *err)
{
	const char *name = job->new.guest.name;

	if (json)
		return print_json(job, NULL, outcome, err);
	if (bd_log_level() < BD_LOG_INFO)
		return 0;
	if (!outcome->started)
		bd_print(stdout, "%s created as a copy of %s: %s, %s\n", name, job->source.name, job->new.image_path,
			 job->new.cfg_path);
	else
		bd_print(stdout, "%s is %s, a copy of %s: domain %u, %s, %s\n", name,
			 outcome->ready ? "up" : "running", job->source.name, outcome->domid, job->new.image_path,
			 job->new.cfg_path);
	if (job->identity.ssh_host_key_type[0])
		bd_print(stdout, "Its SSH host key is %s, %s\n", job->identity.ssh_host_key_type,
			 job->identity.ssh_host_key_fingerprint);
	return 0;
}
