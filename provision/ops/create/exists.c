/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `new --if-absent`: saying that the guest is there, by its own cfg. */
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "ops/create/create.h"
#include "xlcfg/read.h"

static int print_json(const struct bd_cfg *cfg, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_new();

	if (!json)
		return bd_no_memory(err);
	bd_json_open_object(json, NULL);
	bd_json_string(json, "name", cfg->name);
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
	bd_json_close_object(json);
	return bd_json_print(json, stdout, err);
}

int new_report_exists(const struct new_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg;

	bd_cfg_init(&cfg);
	if (bd_cfg_read(job->cfg_path, &cfg, err) != 0)
		return -1;
	if (job->json)
		return print_json(&cfg, err);
	if (bd_log_level() >= BD_LOG_INFO)
		bd_print(stdout, "%s exists already and is left as it is: %s\n", job->guest.name, job->cfg_path);
	return 0;
}
