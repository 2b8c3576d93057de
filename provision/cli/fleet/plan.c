/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `fleet plan`: shows what `fleet apply` would do. */
#include "ops/fleet/plan.h"

#include "base/cleanup.h"
#include "base/progress.h"
#include "cli/fleet/fleet.h"
#include "cli/fleet/report.h"

static int run_plan(void *options_pointer, char **arguments, struct bd_error *err)
{
	struct fleet_command_options *options = options_pointer;
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults host = { 0 };
	BD_DISPOSE(fleet_view_dispose) struct fleet_view view = { 0 };
	struct fleet_sums sums;

	if (options->json)
		bd_progress_init(BD_PROGRESS_OFF);
	if (fleet_option_host(options, &host, err) != 0 ||
	    fleet_plan(arguments[0], &options->fleet, false, &view, &sums, err) != 0 ||
	    fleet_report_plan(&view, &sums, options->json, err) != 0)
		return -1;
	return fleet_plan_check(&view, &sums, &options->fleet, err) == 0 ? 0 : fleet_advise(err);
}

static const struct bd_option option_table[] = {
	FLEET_OPTION_DIR,
	FLEET_OPTION_TEMPLATES,
	FLEET_OPTION_LIMIT,
	FLEET_OPTION_DEFAULTS,
	{ BD_OPTION_FLAG, "no-start", NULL, "show what `fleet apply --no-start` would do", FLEET_AT(fleet.no_start) },
	{ BD_OPTION_FLAG, "json", NULL, "print the plan as a JSON object on stdout", FLEET_AT(json) },
	FLEET_OPTION_OLD_YES,
	FLEET_OPTION_END,
};

const struct bd_command bd_command_fleet_plan = {
	.name = "fleet plan",
	.arguments = "FILE",
	.summary = "show what `fleet apply` would do",
	.description =
		"Compares the manifest FILE with the guests that exist: guests that would be created (+), changed "
		"(~) or started (>); guests that are refused (!), because the change would need a new disk or "
		"because their memory is saved; and guests of the fleet that the manifest no longer names (-). Then "
		"come the totals: the disk space and memory that it takes, and what is free; the status is 6 if that "
		"is not enough. Nothing is touched.\n\n"
		"Guests that would be created get this host's defaults, " BD_SYSCONFDIR "/xen-bigdisk/defaults.json "
		"(xen-bigdisk-fleet(5)), where the manifest says nothing; the plan says which. Guests that exist are not "
		"compared with them.\n\n"
		"--json prints an object: fleet, the array guests, beyond, and the totals. A guest that exists is as "
		"in list --json, one that would be created as in new --json; each also has group, action, start, "
		"changes, the reason if it is refused, and host_defaults, the keys whose values are this host's defaults. " BD_DATADIR
		"/output.schema.json describes all members.",
	.examples = "xen-bigdisk fleet plan shop.json\twhat would be done\n"
		    "xen-bigdisk fleet plan shop.json --json\tthe same, for scripts\n",
	.statuses = "3456",
	.options = option_table,
	.options_size = sizeof(struct fleet_command_options),
	.run = run_plan,
};
