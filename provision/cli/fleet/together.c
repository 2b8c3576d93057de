/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `fleet start`, `stop` and `destroy`: one operation on all existing guests of a manifest. */
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/progress.h"
#include "cli/ask.h"
#include "cli/fleet/display.h"
#include "cli/fleet/fleet.h"
#include "cli/wrap.h"
#include "ops/fleet/lifecycle.h"
#include "ops/guest/stop.h"

static int confirm(const char *verb, const char *warning, const struct fleet_work *work, bool yes,
		   struct bd_error *err)
{
	char question[256];

	if (!work->count)
		return 0;
	snprintf(question, sizeof(question), "%s %zu guest%s of the fleet %s%s?", verb, work->count,
		 work->count == 1 ? "" : "s", work->view->fleet.name, warning);
	return bd_ask(question, yes, err);
}

/* --dry-run. did: "started". */
static int show(const struct fleet_work *work, const char *did, bool as_json, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = NULL;

	for (size_t i = 0; !as_json && i < work->count; i++)
		bd_print_wrapped(stdout, "%s would be %s (now %s)", work->todo[i]->guest->name, did,
				 fleet_item_state(work->todo[i]));
	if (!as_json)
		return 0;
	json = bd_json_begin();
	bd_json_string(json, "fleet", work->view->fleet.name);
	bd_json_open_array(json, "guests");
	for (size_t i = 0; i < work->count; i++) {
		bd_json_open_object(json, NULL);
		bd_json_string(json, "name", work->todo[i]->guest->name);
		bd_json_string(json, "state", fleet_item_state(work->todo[i]));
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
	return bd_json_finish(json, err);
}

/* verb: "Stop", for the question; NULL: nothing is asked. did: as in show. */
static int run(const struct fleet_task *task, const char *verb, const char *warning, const char *did,
	       const struct fleet_command_options *options, const char *path, struct bd_error *err)
{
	BD_DISPOSE(fleet_view_dispose) struct fleet_view view = { 0 };
	BD_DISPOSE(fleet_work_dispose) struct fleet_work work = { 0 };
	unsigned jobs;

	if (options->json)
		bd_progress_init(BD_PROGRESS_OFF);
	if (fleet_option_jobs(options, &jobs, err) != 0 ||
	    fleet_look(path, &options->fleet, task->needs_xen, &view, err) != 0 ||
	    fleet_work_begin(&work, task, &view, &options->fleet, err) != 0)
		return -1;
	if (options->dry_run)
		return show(&work, did, options->json, err);
	if (verb && confirm(verb, warning, &work, options->yes, err) != 0)
		return -1;
	return fleet_display_run(&work, task, jobs, "none of these guests exists", options->json, err);
}

static int run_start(void *options_pointer, char **arguments, struct bd_error *err)
{
	struct fleet_command_options *options = options_pointer;

	if (wait_option_boot(&options->waiting, &options->fleet.wait_s, err) != 0)
		return -1;
	return run(&fleet_start, NULL, NULL, "started", options, arguments[0], err);
}

static int run_stop(void *options_pointer, char **arguments, struct bd_error *err)
{
	struct fleet_command_options *options = options_pointer;

	options->fleet.wait_s = options->waiting.no_wait ? 0 : GUEST_STOP_WAIT_DEFAULT_S;
	if (wait_option_timeout(&options->waiting, 0, &options->fleet.wait_s, err) != 0)
		return -1;
	return run(&fleet_stop, "Stop", "", "stopped", options, arguments[0], err);
}

static int run_destroy(void *options_pointer, char **arguments, struct bd_error *err)
{
	return run(&fleet_destroy, "Destroy", ", with all that is on their disks", "destroyed", options_pointer,
		   arguments[0], err);
}

static const struct bd_option start_options[] = {
	FLEET_OPTION_DIR,     FLEET_OPTION_LIMIT,   FLEET_OPTION_JOBS,	 FLEET_OPTION_WAITS,
	FLEET_OPTION_OLD_YES, FLEET_OPTION_DRY_RUN, FLEET_OPTION_EVENTS, FLEET_OPTION_END,
};

const struct bd_command bd_command_fleet_start = {
	.name = "fleet start",
	.arguments = "FILE",
	.summary = "start the stopped guests of a manifest",
	.description =
		"Starts the existing guests of the manifest FILE. Those that are running are left alone; missing "
		"ones are not created (`fleet apply` does that).",
	.examples = "xen-bigdisk fleet start shop.json --limit 'db*'\tthe databases first\n",
	.statuses = "4567",
	.options = start_options,
	.options_size = sizeof(struct fleet_command_options),
	.run = run_start,
};

static const struct bd_option stop_options[] = {
	FLEET_OPTION_DIR,
	FLEET_OPTION_LIMIT,
	FLEET_OPTION_JOBS,
	{ BD_OPTION_FLAG, "wait", NULL, "wait until each guest is gone (the default)", FLEET_AT(waiting.wait) },
	{ BD_OPTION_FLAG, "no-wait", NULL, "ask the guests to shut down, without waiting for it",
	  FLEET_AT(waiting.no_wait) },
	{ BD_OPTION_TEXT, "timeout", "SECONDS", "how long to wait for each guest; 0 means --no-wait [60]",
	  FLEET_AT(waiting.timeout) },
	{ BD_OPTION_ALIAS, "wait", "SECONDS", "timeout", 0 },
	{ BD_OPTION_FLAG, "force", NULL, "destroy the domain of a guest that is not gone in time",
	  FLEET_AT(fleet.force) },
	FLEET_OPTION_YES,
	FLEET_OPTION_DRY_RUN,
	FLEET_OPTION_EVENTS,
	FLEET_OPTION_END,
};

const struct bd_command bd_command_fleet_stop = {
	.name = "fleet stop",
	.arguments = "FILE",
	.summary = "shut the guests of a manifest down",
	.description = "Asks the guests of the manifest FILE to power off, and waits until each is gone. It asks for "
		       "confirmation first, unless --yes is given.",
	.examples =
		"xen-bigdisk fleet stop shop.json --yes\tall of them, without asking\n"
		"xen-bigdisk fleet stop shop.json --timeout 120 --force\tdestroy those that take more than two minutes\n",
	.statuses = "457",
	.options = stop_options,
	.options_size = sizeof(struct fleet_command_options),
	.run = run_stop,
};

static const struct bd_option destroy_options[] = {
	FLEET_OPTION_DIR,     FLEET_OPTION_LIMIT,  FLEET_OPTION_JOBS, FLEET_OPTION_YES,
	FLEET_OPTION_DRY_RUN, FLEET_OPTION_EVENTS, FLEET_OPTION_END,
};

const struct bd_command bd_command_fleet_destroy = {
	.name = "fleet destroy",
	.arguments = "FILE",
	.summary = "remove the guests of a manifest, with their disks",
	.description =
		"Destroys the domains of the guests of the manifest FILE, and removes their images, configs, "
		"autostart links and extracted kernels, as `rm --force` does for one. Other guests stay, including "
		"those with a name from the manifest that were not made for this fleet. It asks for confirmation "
		"first, unless --yes is given.",
	.examples = "xen-bigdisk fleet destroy shop.json --limit web20\tone of them\n"
		    "xen-bigdisk fleet destroy shop.json --yes\tall of them, without asking\n",
	.statuses = "457",
	.options = destroy_options,
	.options_size = sizeof(struct fleet_command_options),
	.run = run_destroy,
};
