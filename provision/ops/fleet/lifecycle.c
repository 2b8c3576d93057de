/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts, stops and removes guests. */
#include "ops/fleet/lifecycle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/lock.h"
#include "base/log.h"
#include "ops/guest/leftover.h"
#include "ops/guest/remove.h"
#include "ops/guest/start.h"
#include "ops/guest/stop.h"

static int check_there(const struct fleet_item *item, struct bd_error *err)
{
	return item->obstacle ? bd_fail(err, EINVAL, "%s; check the guest, it may be running", item->obstacle) : 0;
}

static int start_one(const struct fleet_work *work, const struct fleet_item *item, struct fleet_result *result,
		     struct bd_error *err)
{
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	enum guest_start_result started;

	if (check_there(item, err) != 0)
		return -1;
	if (guest_start(&boot, fleet_item_cfg(item), work->options->wait_s, &started, err) != 0)
		return -1;
	strcpy(result->what, started == GUEST_STARTED ? "started" : "already running");
	if (started == GUEST_GOT_MONITOR)
		strcpy(result->note, "its monitor was gone and has been restarted");
	result->has_domid = true;
	result->domid = boot.domid;
	result->ready = boot.ready;
	memcpy(result->stage_seconds, boot.stages.seconds, sizeof(result->stage_seconds));
	return 0;
}

static int stop_one(const struct fleet_work *work, const struct fleet_item *item, struct fleet_result *result,
		    struct bd_error *err)
{
	const struct guest_stop_options options = { .wait_s = work->options->wait_s, .force = work->options->force };
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	enum guest_stop_result stopped;

	if (check_there(item, err) != 0)
		return -1;
	if (guest_stop(&boot, fleet_item_cfg(item), &options, &stopped, err) != 0)
		return -1;
	snprintf(result->what, sizeof(result->what), "%s",
		 stopped == GUEST_STOP_NOT_RUNNING ? "did not run" : guest_stop_state(stopped));
	return 0;
}

/* What a run has left that was killed before the cfg was there. */
static int destroy_leftover(const struct fleet_work *work, const struct fleet_item *item, struct fleet_result *result,
			    struct bd_error *err)
{
	BD_CLOSE int lock_fd = -1;
	struct leftover_paths paths;
	struct leftover leftover;
	bool removed = false;

	if (leftover_of_name(item->guest->name, work->options->dir, &paths, &leftover) &&
	    (bd_lock(paths.cfg, &lock_fd, err) != 0 || leftover_replace(&leftover, &removed, err) != 0))
		return -1;
	strcpy(result->what, removed ? "removed" : "is not ours, and stays");
	return 0;
}

static int check_still_ours(const struct fleet_work *work, const struct fleet_item *item, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg now = { 0 };

	if (bd_cfg_read(fleet_item_cfg(item)->path, &now, err) != 0)
		return -1;
	return fleet_check_still_ours(work->view, item, &now, err);
}

static int destroy_one(const struct fleet_work *work, const struct fleet_item *item, struct fleet_result *result,
		       struct bd_error *err)
{
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	BD_DISPOSE(guest_removed_dispose) struct guest_removed removed = { 0 };
	size_t stays = 0;

	if (check_there(item, err) != 0)
		return -1;
	if (!item->facts)
		return destroy_leftover(work, item, result, err);
	if (check_still_ours(work, item, err) != 0 ||
	    guest_remove(&boot, fleet_item_cfg(item), NULL, GUEST_REMOVE_DESTROYS_ANY, &removed, err) != 0)
		return -1;
	for (size_t i = 0; i < removed.files.count; i++)
		stays += removed.files.items[i].stays != NULL;
	strcpy(result->what, "removed");
	if (stays)
		snprintf(result->note, sizeof(result->note), "%zu disks or kernels that are not its own stay", stays);
	return 0;
}

/* An image, whosever it is, or the other files of a killed run, as of a guest on a device. */
static int has_leftover(const struct fleet_options *options, const struct fleet_item *item, bool *there_out,
			struct bd_error *err)
{
	struct leftover_paths paths;
	struct leftover leftover;

	*there_out = false;
	if (!leftover_of_name(item->guest->name, options->dir, &paths, &leftover))
		return 0;
	if (bd_path_is_there(paths.image, there_out, err) != 0)
		return -1;
	return *there_out ? 0 : leftover_is_there(&leftover, there_out, err);
}

/* Guests of others are left alone even when the manifest has their names. leftovers: what a killed run has left, too. */
static int choose(struct fleet_work *work, bool leftovers, struct bd_error *err)
{
	const struct fleet_view *view = work->view;

	for (size_t i = 0; i < view->fleet.count; i++) {
		const struct fleet_item *item = &view->items[i];
		bool left = false;
		if (!item->selected)
			continue;
		if (!item->facts && leftovers && has_leftover(work->options, item, &left, err) != 0)
			return -1;
		if (item->obstacle || left || fleet_item_is_ours(view, item))
			work->todo[work->count++] = item;
		else if (item->facts)
			bd_warn("%s does not belong to the fleet %s; skipped", item->facts->cfg->path,
				view->fleet.name);
	}
	return 0;
}

static int choose_guests(struct fleet_work *work, struct bd_error *err)
{
	return choose(work, false, err);
}

static int choose_guests_and_leftovers(struct fleet_work *work, struct bd_error *err)
{
	return choose(work, true, err);
}

const struct fleet_task fleet_start = { choose_guests, start_one, .needs_xen = true };
const struct fleet_task fleet_stop = { choose_guests, stop_one, .needs_xen = true };
const struct fleet_task fleet_destroy = { choose_guests_and_leftovers, destroy_one, .needs_xen = false };
