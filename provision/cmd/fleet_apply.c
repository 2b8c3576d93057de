/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `fleet apply`: makes of a host what the manifest says. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/claim.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/replace.h"
#include "cmd/crew.h"
#include "cmd/fleet.h"
#include "cmd/guest_autostart.h"
#include "cmd/guest_start.h"
#include "cmd/guest_stop.h"
#include "guest/cfg_vif.h"

#define CFG_BYTES_MAX ((size_t)1 << 20)

struct work {
	struct fleet_view *view;
	const struct fleet_options *options;
	struct fleet_item **todo; /* the items that something is done about */
	size_t count;
	unsigned wait_s;
};

/* --- in a worker's process ------------------------------------------------------------------------------------- */

/* What the manifest does not say of it stays as it is. */
static int set_autostart(const struct work *work, const struct fleet_item *item, const char *cfg_path,
			 struct bd_error *err)
{
	const struct bd_fleet_setting *setting = bd_fleet_find(item->guest, "autostart");
	struct guest_paths removed = { 0 };
	bool changed;

	if (!setting || work->options->dir)
		return 0;
	if (strcmp(setting->values[0], "true") == 0)
		return guest_autostart_on(cfg_path, &changed, err);
	int r = guest_autostart_off(cfg_path, &removed, err);
	guest_paths_dispose(&removed);
	return r;
}

static int create(const struct work *work, const struct fleet_item *item, struct crew_result *result,
		  struct bd_error *err)
{
	BD_DISPOSE(new_job_dispose) struct new_job job;
	BD_DISPOSE(new_files_dispose) struct new_files files;
	BD_DISPOSE(boot_dispose) struct boot boot;
	struct new_outcome outcome;
	struct new_options made;
	struct fleet_texts texts;

	new_job_init(&job);
	new_files_init(&files);
	boot_init(&boot);
	if (fleet_new_options(work->view, item, work->options, &texts, &made, err) != 0)
		return -1;
	int r = new_job_decide(&made, item->guest->name, &job, err);
	bd_command_dispose_options(&bd_command_new, &made);
	if (r != 0)
		return -1;
	job.wait_s = job.start ? work->wait_s : 0;
	if (new_check(&job, err) != 0 || new_do(&job, &boot, &files, &outcome, err) != 0)
		return -1;
	strcpy(result->what, "made");
	/* What its administrator compares when he logs in for the first time. */
	snprintf(result->note, sizeof(result->note), "%s", files.identity.ssh_host_key_fingerprint);
	result->has_domid = outcome.started;
	result->domid = outcome.domid;
	result->ready = outcome.ready;
	return set_autostart(work, item, job.cfg_path, err);
}

static int edit_key(char **text, const char *key, const char *value, struct bd_error *err)
{
	const struct bd_cfg_change change = { .key = key, .value = value };
	char *changed;

	if (bd_cfg_edit(*text, &change, 1, &changed, err) != 0)
		return -1;
	free(*text);
	*text = changed;
	return 0;
}

static int edit_vif(char **text, const uint8_t *mac, const char *bridge, struct bd_error *err)
{
	char *changed;

	if (bd_cfg_edit_vif(*text, mac, bridge, &changed, err) != 0)
		return -1;
	free(*text);
	*text = changed;
	return 0;
}

static int edit_change(char **text, const struct bd_fleet_change *change, const struct fleet_item *item,
		       struct bd_error *err)
{
	char memory[24];
	uint8_t mac[6];

	if (strcmp(change->key, "memory") == 0) {
		snprintf(memory, sizeof(memory), "%" PRIu64, item->memory_mib);
		return edit_key(text, "memory", memory, err);
	}
	if (strcmp(change->key, "vcpus") == 0)
		return edit_key(text, "vcpus", change->to, err);
	if (strcmp(change->key, "network") == 0)
		return edit_key(text, "vif", NULL, err);
	if (strcmp(change->key, "bridge") == 0)
		return edit_vif(text, NULL, change->to, err);
	return bd_mac_parse(change->to, mac, err) != 0 ? -1 : edit_vif(text, mac, NULL, err);
}

static int change_cfg(const struct fleet_item *item, struct bd_error *err)
{
	const struct bd_cfg *cfg = fleet_item_cfg(item);
	BD_FREE char *text = NULL;
	BD_CLOSE int claim_fd = -1;

	if (bd_claim(cfg->path, &claim_fd, err) != 0 || bd_read_file(cfg->path, CFG_BYTES_MAX, &text, NULL, err) != 0)
		return -1;
	for (size_t i = 0; i < item->change_count; i++)
		if (edit_change(&text, &item->changes[i], item, err) != 0)
			return bd_wrap(err, "%s", cfg->path);
	return bd_replace_text(cfg->path, text, err);
}

/* One that never ran is what a killed run has left while it made the domain. */
static int start(const struct work *work, const struct fleet_item *item, struct crew_result *result,
		 struct bd_error *err)
{
	static const struct guest_stop_options at_once = { .wait_s = 0, .force = true };
	BD_DISPOSE(boot_dispose) struct boot boot;
	enum guest_start_result started;
	enum guest_stop_result stopped;

	boot_init(&boot);
	if (fleet_item_domain(item) && guest_stop(&boot, fleet_item_cfg(item), &at_once, &stopped, err) != 0)
		return -1;
	if (guest_start(&boot, fleet_item_cfg(item), work->wait_s, &started, err) != 0)
		return -1;
	strcpy(result->what, item->action == FLEET_CHANGE ? "changed, started" : "started");
	result->has_domid = true;
	result->domid = boot.domid;
	result->ready = boot.ready;
	return 0;
}

static int do_item(void *context, size_t index, struct crew_result *result, struct bd_error *err)
{
	const struct work *work = context;
	const struct fleet_item *item = work->todo[index];

	if (item->action == FLEET_CREATE)
		return create(work, item, result, err);
	if (item->action == FLEET_CHANGE && change_cfg(item, err) != 0)
		return -1;
	strcpy(result->what, "changed");
	if (item->action == FLEET_CHANGE && fleet_item_domain(item))
		strcpy(result->note, "from its next start on");
	return item->start ? start(work, item, result, err) : 0;
}

/* --- in the program -------------------------------------------------------------------------------------------- */

static const char *name_of(void *context, size_t index)
{
	return ((const struct work *)context)->todo[index]->guest->name;
}

static int choose(struct work *work, struct bd_error *err)
{
	struct fleet_view *view = work->view;

	work->todo = calloc(view->fleet.count, sizeof(*work->todo));
	if (!work->todo)
		return bd_fail(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < view->fleet.count; i++) {
		struct fleet_item *item = &view->items[i];
		if (item->selected && item->action != FLEET_REFUSE && (item->action != FLEET_KEEP || item->start))
			work->todo[work->count++] = item;
	}
	return 0;
}

/* Each is said with its reason; they count as failures. */
static void say_refused(const struct fleet_view *view, struct crew_summary *summary)
{
	for (size_t i = 0; i < view->fleet.count; i++) {
		const struct fleet_item *item = &view->items[i];
		if (!item->selected || item->action != FLEET_REFUSE)
			continue;
		bd_log(BD_LOG_ERROR, "%s: %s", item->guest->name, item->reason);
		if (!summary->failed++)
			snprintf(summary->first_message, sizeof(summary->first_message), "%s: %.180s",
				 item->guest->name, item->reason);
		if (!summary->first_code)
			summary->first_code = EINVAL;
	}
}

static int apply(struct work *work, unsigned jobs, struct bd_error *err)
{
	const struct crew crew = { .count = work->count,
				   .jobs = jobs,
				   .verb = "done",
				   .name = name_of,
				   .work = do_item,
				   .context = work,
				   .events = work->options->json };
	struct crew_summary summary = { 0 };

	if (!work->count && !work->options->json && bd_log_level() >= BD_LOG_INFO)
		printf("Nothing to do: the guests of %s are as the manifest says\n", work->view->fleet.name);
	if ((work->count || work->options->json) && crew_run(&crew, &summary, err) != 0)
		return -1;
	say_refused(work->view, &summary);
	return crew_verdict(&summary, err);
}

static int run_apply(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	const struct fleet_options *options = options_pointer;
	BD_DISPOSE(fleet_view_dispose) struct fleet_view view;
	struct work work = { .view = &view, .options = options };
	struct fleet_sums sums;
	unsigned jobs;

	(void)argc;
	fleet_view_init(&view);
	if (crew_jobs_option(options->jobs, &jobs, err) != 0 ||
	    boot_wait_option(options->wait, options->no_wait, &work.wait_s, err) != 0 ||
	    fleet_look(argv[0], options, !options->no_start, &view, err) != 0 ||
	    fleet_decide(&view, options, err) != 0 || fleet_sum_up(&view, options, &sums, err) != 0)
		return -1;
	if (!options->json && bd_log_level() >= BD_LOG_INFO && fleet_report_plan(&view, &sums, false, err) != 0)
		return -1;
	if (fleet_check_bridges(&view, err) != 0 ||
	    fleet_check_sums(&sums, options->dir ? options->dir : BD_LOCALSTATEDIR "/lib/xen/images", err) != 0 ||
	    choose(&work, err) != 0)
		return -1;
	int r = apply(&work, jobs, err);
	free(work.todo);
	return r;
}

static const struct bd_option option_table[] = {
	{ BD_OPTION_HEADING, "Options", NULL, NULL, 0 },
	FLEET_OPTION_DIR,
	FLEET_OPTION_TEMPLATES,
	FLEET_OPTION_LIMIT,
	FLEET_OPTION_JOBS,
	{ BD_OPTION_FLAG, "no-start", NULL, "make and change files only; needs neither Xen nor root (with --dir)",
	  FLEET_AT(no_start) },
	FLEET_OPTION_WAIT,
	FLEET_OPTION_NO_WAIT,
	FLEET_OPTION_YES,
	{ BD_OPTION_FLAG, "json", NULL, "print each event as a JSON object in a line of its own", FLEET_AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

const struct bd_command bd_command_fleet_apply = {
	.name = "fleet apply",
	.arguments = "FILE",
	.summary = "make, change and start guests until all is as a manifest says",
	.description =
		"Makes the guests of the manifest FILE that are not there, brings memory, vcpus and network of the others up "
		"to date in their cfgs (which counts from their next start on), and starts those that do not run. What is "
		"as it is to be is left alone: a second run does nothing.\n\n"
		"Before anything is made, the sums are checked: room on the disk, memory, addresses. Then each guest is made "
		"in a process of its own, some at a time; one's failure does not stop the others. After Ctrl-C, or when the "
		"program was killed, the next run completes what is missing.\n\n"
		"What would need a new disk - its size, its template, an address, which is written into it - is refused for "
		"guests that exist. Guests that the manifest no longer names stay; `fleet plan` shows them.\n\n"
		"With --json: {\"event\": \"begin\"|\"stage\"|\"done\"|\"failed\", \"name\": ...} and at the end "
		"{\"event\": \"summary\"}.",
	.examples = "xen-bigdisk fleet plan shop.json\twhat would be done\n"
		    "xen-bigdisk fleet apply shop.json -j 4\tdo it, four guests at a time\n"
		    "xen-bigdisk fleet apply shop.json --limit 'web*' --no-start\tthe files of some of them only\n",
	.options = option_table,
	.min_arguments = 1,
	.max_arguments = 1,
	.options_size = sizeof(struct fleet_options),
	.run = run_apply,
};
