/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `fleet apply`: brings this host in line with a manifest. */
#include "ops/fleet/apply.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/progress.h"
#include "cli/fleet/display.h"
#include "cli/fleet/fleet.h"
#include "cli/fleet/report.h"
#include "events/event.h"
#include "ops/fleet/plan.h"

/* Nothing was begun. */
static void tell_refused(const char *fleet, const struct bd_error *err)
{
	bd_event(&(struct bd_event){ .kind = "fleet", .fleet = fleet, .failure = err }, "fleet %s: %s", fleet,
		 err->message);
}

static int apply(struct fleet_command_options *options, const char *manifest, struct bd_error *err)
{
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults host = { 0 };
	BD_DISPOSE(fleet_view_dispose) struct fleet_view view = { 0 };
	BD_DISPOSE(fleet_work_dispose) struct fleet_work work = { 0 };
	struct fleet_sums sums;
	unsigned jobs;

	if (options->json)
		bd_progress_init(BD_PROGRESS_OFF);
	if (fleet_option_jobs(options, &jobs, err) != 0 ||
	    wait_option_boot(&options->waiting, &options->fleet.wait_s, err) != 0 ||
	    fleet_option_host(options, &host, err) != 0 ||
	    fleet_plan(manifest, &options->fleet, !options->fleet.no_start && !options->dry_run, &view, &sums, err) !=
		    0)
		return -1;
	bool shown = options->dry_run || (!options->json && bd_log_level() >= BD_LOG_INFO);
	if (shown && fleet_report_plan(&view, &sums, options->json, err) != 0)
		return -1;
	if (fleet_plan_check(&view, &sums, &options->fleet, err) != 0) {
		if (!options->dry_run)
			tell_refused(view.fleet.name, err);
		return fleet_advise(err);
	}
	if (options->dry_run)
		return 0;
	if (fleet_work_begin(&work, &fleet_apply, &view, &options->fleet, err) != 0)
		return -1;
	return fleet_display_run(&work, &fleet_apply, jobs, "the guests match the manifest", options->json, err);
}

/* The folder is made where it is missing, and taken away again where nothing came into it. */
static int run_apply(void *options_pointer, char **arguments, struct bd_error *err)
{
	struct fleet_command_options *options = options_pointer;
	const char *dir = options->fleet.dir;
	bool missing = dir && !options->dry_run && access(dir, F_OK) != 0 && errno == ENOENT;

	if (missing && mkdir(dir, 0777) != 0)
		return bd_fail_lookup(err, "cannot create the directory %s", dir);
	int r = apply(options, arguments[0], err);
	if (missing)
		rmdir(dir);
	return r;
}

static const struct bd_option option_table[] = {
	FLEET_OPTION_DIR,
	FLEET_OPTION_TEMPLATES,
	FLEET_OPTION_LIMIT,
	FLEET_OPTION_JOBS,
	FLEET_OPTION_DEFAULTS,
	{ BD_OPTION_FLAG, "no-start", NULL, "create and change files only; needs neither Xen nor (with --dir) root",
	  FLEET_AT(fleet.no_start) },
	FLEET_OPTION_WAITS,
	FLEET_OPTION_EVENTS,
	FLEET_OPTION_DRY_RUN,
	FLEET_OPTION_OLD_YES,
	FLEET_OPTION_END,
};

const struct bd_command bd_command_fleet_apply = {
	.name = "fleet apply",
	.arguments = "FILE",
	.summary = "create, change and start guests to match a manifest",
	.description =
		"Creates the missing guests of the manifest FILE (and with --dir the directory), updates memory, "
		"vcpus and network of the others in their configs (effective from their next start or reboot), and "
		"starts those that are not running. What matches already is left alone: a second run does "
		"nothing.\n\n"
		"New guests get this host's defaults, " BD_SYSCONFDIR "/xen-bigdisk/defaults.json "
		"(xen-bigdisk-fleet(5)), where the manifest says nothing; guests that exist are left as they are.\n\n"
		"Disk space, memory and addresses are checked before anything is created. Then each guest is created "
		"in its own process, several at a time; one failure does not stop the others. After Ctrl-C, or if "
		"the program was killed, the next run completes what is missing.\n\n"
		"A change that needs a new disk (its size, its template, an address, which is written into it) is "
		"refused for existing guests, and so is another MAC address while files in the guest's disk go by the "
		"old one; the guest's other changes are made, it is started, and it counts as failed. Guests that the "
		"manifest no longer names stay; `fleet plan` shows them.\n\n"
		"--json prints {\"event\": \"begin\"|\"stage\"|\"done\"|\"failed\", \"name\": ...} and finally "
		"{\"event\": \"summary\"}, unless it fails before anything was begun.",
	.examples = "xen-bigdisk fleet plan shop.json\twhat would be done\n"
		    "xen-bigdisk fleet apply shop.json -j 4\tdo it, four guests at a time\n"
		    "xen-bigdisk fleet apply shop.json --limit 'web*' --no-start\tonly the files of some of them\n",
	.statuses = "34567",
	.options = option_table,
	.options_size = sizeof(struct fleet_command_options),
	.run = run_apply,
};
