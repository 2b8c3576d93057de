/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The group `fleet`, and what its commands share. */
#include "cli/fleet/fleet.h"

#include "base/parse.h"
#include "base/process/worker_pool.h"
#include "guest/create_request.h"

#define JOBS_MAX 256

int fleet_option_jobs(const struct fleet_command_options *options, unsigned *jobs_out, struct bd_error *err)
{
	uint64_t jobs = bd_worker_pool_default_jobs();

	if (options->jobs && bd_parse_uint(options->jobs, "--jobs", 1, JOBS_MAX, &jobs, err) != 0)
		return -1;
	*jobs_out = (unsigned)jobs;
	return 0;
}

int fleet_option_host(struct fleet_command_options *options, struct bd_host_defaults *host, struct bd_error *err)
{
	if (defaults_option_read(options->no_defaults, host, err) != 0)
		return -1;
	options->fleet.host = host;
	return 0;
}

int fleet_advise(struct bd_error *err)
{
	if (err->kind != BD_KIND_NO_ROOM)
		return -1;
	return bd_fail_as(err, err, "%s (--limit PATTERN %s)", err->message,
			  err->field == BD_FIELD_MEMORY ? "starts some of the guests, --no-start none"
							: "makes some of the guests");
}

static const struct bd_command *const commands[] = { &bd_command_fleet_plan,   &bd_command_fleet_apply,
						     &bd_command_fleet_status, &bd_command_fleet_start,
						     &bd_command_fleet_stop,   &bd_command_fleet_destroy,
						     &bd_command_fleet_export, NULL };

const struct bd_command bd_command_fleet = {
	.name = "fleet",
	.summary = "manage many guests from one manifest",
	.description =
		"A manifest is a JSON file that lists the guests that should exist; see xen-bigdisk-fleet(5). These "
		"commands show what is missing, create it, and manage the guests of a manifest together. The guests' "
		"configs remain their only description: nothing else is stored about a fleet.",
	.examples = "xen-bigdisk fleet plan shop.json\twhat is missing\n"
		    "xen-bigdisk fleet apply shop.json\tcreate it\n",
	.commands = commands,
};
