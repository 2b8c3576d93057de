/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `fleet start`, `stop` and `destroy`: the same for all guests of a manifest that there are. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/lock.h"
#include "base/log.h"
#include "base/parse.h"
#include "cli/ask.h"
#include "cli/wait_option.h"
#include "ops/fleet/fleet.h"
#include "ops/guest/remove.h"
#include "ops/guest/start.h"
#include "ops/guest/stop.h"

/* What one of the commands is. */
struct together {
	struct fleet_task task;
	const char *asked, *warning; /* asked: "Stop"; NULL: it is not asked */
	bool needs_xen;
	bool takes_leftovers;
};

#define NOTHING "none of these guests is there"

static int check_there(const struct fleet_item *item, struct bd_error *err)
{
	return item->obstacle ? bd_fail(err, EINVAL, "%s; look at it, it may be running", item->obstacle) : 0;
}

static int start_one(void *context, size_t index, struct worker_result *result, struct bd_error *err)
{
	const struct fleet_work *work = context;
	BD_DISPOSE(boot_dispose) struct boot boot;
	enum guest_start_result started;

	boot_init(&boot);
	if (check_there(work->todo[index], err) != 0)
		return -1;
	if (guest_start(&boot, fleet_item_cfg(work->todo[index]), work->wait_s, &started, err) != 0)
		return -1;
	strcpy(result->what, started == GUEST_STARTED ? "started"
			     : started == GUEST_GOT_MONITOR
				     ? "runs already; it had lost its monitor, and has one again"
				     : "runs already");
	result->has_domid = true;
	result->domid = boot.domid;
	result->ready = boot.ready;
	return 0;
}

static int stop_one(void *context, size_t index, struct worker_result *result, struct bd_error *err)
{
	const struct fleet_work *work = context;
	const struct guest_stop_options options = { .wait_s = work->wait_s, .force = work->options->force };
	BD_DISPOSE(boot_dispose) struct boot boot;
	enum guest_stop_result stopped;

	boot_init(&boot);
	if (check_there(work->todo[index], err) != 0)
		return -1;
	if (guest_stop(&boot, fleet_item_cfg(work->todo[index]), &options, &stopped, err) != 0)
		return -1;
	snprintf(result->what, sizeof(result->what), "%s",
		 stopped == GUEST_STOP_NOT_RUNNING ? "did not run" : guest_stop_state(stopped));
	return 0;
}

/* An image without a cfg, of a run that was killed. */
static int destroy_leftover(const struct fleet_work *work, const struct fleet_item *item,
			    struct worker_result *result, struct bd_error *err)
{
	BD_DISPOSE(new_job_dispose) struct new_job job;
	BD_CLOSE int lock_fd = -1;
	struct new_options made;
	struct fleet_texts texts;
	bool removed;

	new_job_init(&job);
	if (fleet_new_options(work->view, item, work->options, false, &texts, &made, err) != 0)
		return -1;
	made.no_start = true;
	int r = new_job_decide(&made, item->guest->name, &job, err);
	bd_command_dispose_options(&bd_command_new, &made);
	if (r != 0 || bd_lock(job.cfg_path, &lock_fd, err) != 0 || new_leftover_remove(&job, &removed, err) != 0)
		return -1;
	strcpy(result->what, removed ? "removed" : "is not ours, and stays");
	return 0;
}

static int check_still_ours(const struct fleet_work *work, const struct fleet_item *item, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg now;

	bd_cfg_init(&now);
	if (bd_cfg_read(fleet_item_cfg(item)->path, &now, err) != 0)
		return -1;
	return fleet_check_still_ours(work->view, item, &now, err);
}

static int destroy_one(void *context, size_t index, struct worker_result *result, struct bd_error *err)
{
	const struct fleet_work *work = context;
	BD_DISPOSE(boot_dispose) struct boot boot;
	BD_DISPOSE(guest_removed_dispose) struct guest_removed removed;
	size_t stays = 0;

	boot_init(&boot);
	guest_removed_init(&removed);
	if (check_there(work->todo[index], err) != 0)
		return -1;
	if (!work->todo[index]->facts)
		return destroy_leftover(work, work->todo[index], result, err);
	if (check_still_ours(work, work->todo[index], err) != 0 ||
	    guest_remove(&boot, fleet_item_cfg(work->todo[index]), NULL, GUEST_REMOVE_DESTROYS_ANY, &removed, err) !=
		    0)
		return -1;
	for (size_t i = 0; i < removed.files.count; i++)
		stays += removed.files.items[i].stays != NULL;
	strcpy(result->what, "removed");
	if (stays)
		snprintf(result->note, sizeof(result->note), "%zu disks or kernels that are not its own stay", stays);
	return 0;
}

static int has_image(const struct fleet_options *options, const struct fleet_item *item, bool *there_out,
		     struct bd_error *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s.img", fleet_images_folder(options), item->guest->name);
	return bd_path_is_there(path, there_out, err);
}

/* Guests of others are left alone even when the manifest has their names. */
static int choose(const struct together *together, const struct fleet_view *view, struct fleet_work *work,
		  struct bd_error *err)
{
	if (fleet_work_begin(work, view, err) != 0)
		return -1;
	for (size_t i = 0; i < view->fleet.count; i++) {
		const struct fleet_item *item = &view->items[i];
		bool left = false;
		if (item->selected && !item->facts && together->takes_leftovers &&
		    has_image(work->options, item, &left, err) != 0)
			return -1;
		if (item->selected && (item->obstacle || left))
			work->todo[work->count++] = item;
		if (!item->selected || !item->facts)
			continue;
		if (fleet_item_is_ours(view, item))
			work->todo[work->count++] = item;
		else
			bd_warn("%s does not belong to the fleet %s, and is left alone", item->facts->cfg->path,
				view->fleet.name);
	}
	return 0;
}

static int confirm(const struct together *together, const struct fleet_work *work, const char *fleet,
		   struct bd_error *err)
{
	char question[256];

	if (!together->asked || !work->count)
		return 0;
	snprintf(question, sizeof(question), "%s %zu guest%s of the fleet %s%s?", together->asked, work->count,
		 work->count == 1 ? "" : "s", fleet, together->warning);
	return bd_ask(question, work->options->yes, err);
}

static int run(const struct together *together, const struct fleet_options *options, const char *path,
	       struct fleet_work *work, struct bd_error *err)
{
	BD_DISPOSE(fleet_view_dispose) struct fleet_view view;
	unsigned jobs;

	fleet_view_init(&view);
	if (worker_jobs_option(options->jobs, &jobs, err) != 0 ||
	    fleet_look(path, options, together->needs_xen, &view, err) != 0 ||
	    choose(together, &view, work, err) != 0 || confirm(together, work, view.fleet.name, err) != 0)
		return -1;
	/* Workers load the plugin for themselves. */
	boot_dispose(&view.guests.boot);
	return fleet_work_run(work, &together->task, jobs, err);
}

static int run_start(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	static const struct together start = { .task = { "done", NOTHING, start_one }, .needs_xen = true };
	const struct fleet_options *options = options_pointer;
	BD_DISPOSE(fleet_work_dispose) struct fleet_work work = { .options = options };

	(void)argc;
	if (boot_wait_option(options->wait, options->no_wait, &work.wait_s, err) != 0)
		return -1;
	return run(&start, options, argv[0], &work, err);
}

static int run_stop(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	static const struct together stop = {
		.task = { "done", NOTHING, stop_one }, .asked = "Stop", .warning = "", .needs_xen = true
	};
	const struct fleet_options *options = options_pointer;
	BD_DISPOSE(fleet_work_dispose) struct fleet_work work = { .options = options };
	uint64_t wait_s = GUEST_STOP_WAIT_DEFAULT_S;

	(void)argc;
	if (options->wait && bd_parse_uint(options->wait, "--wait", 0, 86400, &wait_s, err) != 0)
		return -1;
	work.wait_s = (unsigned)wait_s;
	return run(&stop, options, argv[0], &work, err);
}

static int run_destroy(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	static const struct together destroy = { .task = { "done", NOTHING, destroy_one },
						 .asked = "Destroy",
						 .warning = ", with all that is on their disks",
						 .takes_leftovers = true };
	const struct fleet_options *options = options_pointer;
	BD_DISPOSE(fleet_work_dispose) struct fleet_work work = { .options = options };

	(void)argc;
	return run(&destroy, options, argv[0], &work, err);
}

#define OPTION_JSON \
	{ \
		BD_OPTION_FLAG, "json", NULL, "print each event as a JSON object in a line of its own", \
			FLEET_AT(json) \
	}

static const struct bd_option start_options[] = {
	{ BD_OPTION_HEADING, "Options", NULL, NULL, 0 },
	FLEET_OPTION_DIR,
	FLEET_OPTION_LIMIT,
	FLEET_OPTION_JOBS,
	FLEET_OPTION_WAIT,
	FLEET_OPTION_NO_WAIT,
	FLEET_OPTION_YES,
	OPTION_JSON,
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

const struct bd_command bd_command_fleet_start = {
	.name = "fleet start",
	.arguments = "FILE",
	.summary = "start the guests of a manifest that do not run",
	.description =
		"Starts the guests that the manifest FILE names and that there are. Those that run are left alone; "
		"those that are not there are not made (`fleet apply` does that).",
	.examples = "xen-bigdisk fleet start shop.json --limit 'db*'\tthe databases first\n",
	.statuses = "4567",
	.options = start_options,
	.min_arguments = 1,
	.max_arguments = 1,
	.options_size = sizeof(struct fleet_options),
	.run = run_start,
};

static const struct bd_option stop_options[] = {
	{ BD_OPTION_HEADING, "Options", NULL, NULL, 0 },
	FLEET_OPTION_DIR,
	FLEET_OPTION_LIMIT,
	FLEET_OPTION_JOBS,
	{ BD_OPTION_TEXT, "wait", "SECONDS", "give each guest so long to be gone [60]", FLEET_AT(wait) },
	{ BD_OPTION_FLAG, "force", NULL, "destroy the domain of a guest that is not gone by then", FLEET_AT(force) },
	FLEET_OPTION_YES,
	OPTION_JSON,
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

const struct bd_command bd_command_fleet_stop = {
	.name = "fleet stop",
	.arguments = "FILE",
	.summary = "shut the guests of a manifest down",
	.description =
		"Asks the guests that the manifest FILE names to power off, and waits until each is gone. It asks "
		"before it does so; --yes answers that.",
	.examples =
		"xen-bigdisk fleet stop shop.json --yes\tall of them, without being asked\n"
		"xen-bigdisk fleet stop shop.json --wait 120 --force\tand those that take too long the hard way\n",
	.statuses = "457",
	.options = stop_options,
	.min_arguments = 1,
	.max_arguments = 1,
	.options_size = sizeof(struct fleet_options),
	.run = run_stop,
};

static const struct bd_option destroy_options[] = {
	{ BD_OPTION_HEADING, "Options", NULL, NULL, 0 },
	FLEET_OPTION_DIR,
	FLEET_OPTION_LIMIT,
	FLEET_OPTION_JOBS,
	FLEET_OPTION_YES,
	OPTION_JSON,
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

const struct bd_command bd_command_fleet_destroy = {
	.name = "fleet destroy",
	.arguments = "FILE",
	.summary = "remove the guests of a manifest, with their disks",
	.description =
		"Destroys the domains of the guests that the manifest FILE names, and removes their images, cfgs, links for "
		"autostart and extracted kernels, as `rm --force` does for one. Guests that it does not name stay, and so do "
		"guests of its names that were not made for this fleet. It asks before it does so; --yes answers that.",
	.examples = "xen-bigdisk fleet destroy shop.json --limit web20\tone of them\n"
		    "xen-bigdisk fleet destroy shop.json --yes\tall of them, without being asked\n",
	.statuses = "457",
	.options = destroy_options,
	.min_arguments = 1,
	.max_arguments = 1,
	.options_size = sizeof(struct fleet_options),
	.run = run_destroy,
};
