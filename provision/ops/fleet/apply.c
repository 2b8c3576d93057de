/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates, changes and starts guests. */
#include "ops/fleet/apply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file/file.h"
#include "base/file/lock.h"
#include "base/file/replace.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "base/text.h"
#include "guest/bootcfg.h"
#include "guest/vif_keys.h"
#include "ops/create/create.h"
#include "ops/create/decide.h"
#include "ops/fleet/plan.h"
#include "ops/guest/autostart.h"
#include "ops/guest/names.h"
#include "ops/guest/start.h"
#include "ops/guest/stop.h"
#include "ops/host/boot_domain.h"
#include "xlcfg/boot.h"
#include "xlcfg/edit.h"
#include "xlcfg/quote.h"
#include "xlcfg/read.h"
#include "xlcfg/vif.h"
#include "xlcfg/write.h"

#define UNBORN_WAIT_S 30

/* What the manifest does not say of it stays as it is. */
static int set_autostart(const struct fleet_work *work, const struct fleet_item *item, const char *cfg_path,
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

/* Another run of the same manifest was first. */
static int made_meanwhile(const struct create_job *job, struct fleet_result *result, const struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	struct bd_error ignored;

	if (err->kind != BD_KIND_EXISTS || bd_cfg_read(job->cfg_path, &cfg, &ignored) != 0 || !cfg.fleet ||
	    strcmp(cfg.fleet, job->fleet) != 0)
		return -1;
	strcpy(result->what, "already exists");
	return 0;
}

static int create(const struct fleet_work *work, const struct fleet_item *item, struct fleet_result *result,
		  struct bd_error *err)
{
	BD_DISPOSE(create_job_dispose) struct create_job job = { 0 };
	BD_DISPOSE(create_files_dispose) struct create_files files = CREATE_FILES_INIT;
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	struct create_outcome outcome;
	BD_DISPOSE(create_defaults_dispose) struct create_defaults defaults = { 0 };
	const struct bd_json_node *value;
	struct bd_create_request request;

	if (fleet_request(work->view, item, work->options, true, &request, &defaults, &value, err) != 0)
		return -1;
	int r = create_decide(&request, &job, err);
	bd_create_request_dispose(&request);
	if (r != 0)
		return -1;
	job.wait_s = job.start ? work->options->wait_s : 0;
	if (create_check(&job, err) != 0)
		return -1;
	if (create_do(&job, &boot, &files, &outcome, err) != 0)
		return made_meanwhile(&job, result, err);
	strcpy(result->what, "made");
	/* What its administrator compares when he logs in for the first time. */
	snprintf(result->note, sizeof(result->note), "%s", files.identity.ssh_host_key_fingerprint);
	result->has_domid = outcome.started;
	memcpy(result->stage_seconds, outcome.stages.seconds, sizeof(result->stage_seconds));
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
	bd_text_replace(text, changed);
	return 0;
}

static int edit_vif(char **text, size_t number, const uint8_t *mac, const char *bridge, struct bd_error *err)
{
	char *changed;

	if (bd_cfg_edit_vif(*text, number, mac, bridge, &changed, err) != 0)
		return -1;
	bd_text_replace(text, changed);
	return 0;
}

static int edit_vif_key(char **text, size_t number, const char *key, const char *value, struct bd_error *err)
{
	char *changed;

	if (bd_cfg_edit_vif_key(*text, number, key, value, &changed, err) != 0)
		return -1;
	bd_text_replace(text, changed);
	return 0;
}

/* Both words at once would be two opinions. */
static int edit_trust(char **text, size_t number, const char *word, struct bd_error *err)
{
	const char *other = strcmp(word, "trusted") == 0 ? "untrusted" : "trusted";

	return edit_vif_key(text, number, other, NULL, err) != 0 ? -1 : edit_vif_key(text, number, word, "", err);
}

static int edit_further(char **text, const struct bd_fleet_change *change, const struct fleet_item *item,
			struct bd_error *err)
{
	const struct bd_network *network = &item->wanted.networks.items[change->interface];
	char value[BD_VIF_KEYS_SIZE];

	if (strcmp(change->part, "bridge") == 0)
		return edit_vif(text, change->interface, NULL, network->bridge, err);
	if (strcmp(change->part, "mac") == 0)
		return edit_vif(text, change->interface, network->mac, NULL, err);
	if (!bd_vif_key_is(change->part, true))
		return edit_trust(text, change->interface, change->part, err);
	bd_vif_keys_value(network->vif, change->part, value);
	return edit_vif_key(text, change->interface, change->part, value, err);
}

static int edit_append(char **text, const struct fleet_item *item, struct bd_error *err)
{
	BD_FREE char *cmdline = NULL, *quoted = NULL;

	if (bd_kernel_cmdline_append(fleet_item_cfg(item)->cmdline, bd_fleet_text(item->guest, "append"), &cmdline,
				     err) != 0 ||
	    bd_xlcfg_quote(cmdline, &quoted, err) != 0)
		return -1;
	return edit_key(text, "cmdline", quoted, err);
}

static int edit_boot(char **text, const struct fleet_item *item, struct bd_error *err)
{
	const struct bd_xlcfg_boot boot = { .how = item->wanted.boot };
	char *changed;

	if (bd_cfg_edit_boot(*text, false, &boot, &changed, err) != 0)
		return -1;
	bd_text_replace(text, changed);
	return 0;
}

static int edit_number(char **text, const char *key, uint64_t value, const char *limit_key, uint64_t limit,
		       struct bd_error *err)
{
	char *changed;

	if (bd_cfg_edit_number(*text, key, value, limit_key, limit, &changed, err) != 0)
		return -1;
	bd_text_replace(text, changed);
	return 0;
}

static int edit_change(char **text, const struct bd_fleet_change *change, const struct fleet_item *item,
		       struct bd_error *err)
{
	const struct bd_cfg *cfg = fleet_item_cfg(item);
	uint8_t mac[6];

	if (strcmp(change->key, "memory") == 0)
		return edit_number(text, "memory", item->wanted.memory_mib, "maxmem", cfg->maxmem_mib, err);
	if (strcmp(change->key, "vcpus") == 0)
		return edit_number(text, "vcpus", item->wanted.vcpus, "maxvcpus", cfg->maxvcpus, err);
	if (strcmp(change->key, "network") == 0) {
		BD_FREE char *vifs = NULL;
		if (bd_xlcfg_vif_list(&item->wanted.networks, &vifs, err) != 0)
			return -1;
		return edit_key(text, "vif", strcmp(change->to, "yes") == 0 ? vifs : NULL, err);
	}
	if (strcmp(change->key, "boot") == 0)
		return edit_boot(text, item, err);
	if (strcmp(change->key, "append") == 0)
		return edit_append(text, item, err);
	if (strcmp(change->key, "networks") == 0)
		return edit_further(text, change, item, err);
	if (strcmp(change->key, "bridge") == 0)
		return edit_vif(text, 0, NULL, change->to, err);
	return bd_mac_parse(change->to, mac, err) != 0 ? -1 : edit_vif(text, 0, mac, NULL, err);
}

static int check_still_ours(const struct fleet_work *work, const struct fleet_item *item, const char *text,
			    struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg now = { 0 };

	if (bd_cfg_parse(text, &now, err) != 0)
		return bd_wrap(err, "%s", fleet_item_cfg(item)->path);
	return fleet_check_still_ours(work->view, item, &now, err);
}

static bool is_in_cfg(const struct bd_fleet_change *change)
{
	return !change->needs_new_disk && strcmp(change->key, "autostart") != 0;
}

static int change_cfg(const struct fleet_work *work, const struct fleet_item *item, bool *changed_out,
		      struct bd_error *err)
{
	const struct bd_cfg *cfg = fleet_item_cfg(item);
	BD_FREE char *text = NULL;
	BD_CLOSE int lock_fd = -1;
	bool changed = false;

	if (bd_lock(cfg->path, &lock_fd, err) != 0 ||
	    bd_read_file(cfg->path, BD_CFG_LIMIT_BYTES, &text, NULL, err) != 0 ||
	    check_still_ours(work, item, text, err) != 0)
		return -1;
	for (size_t i = 0; i < item->change_count; i++) {
		if (!is_in_cfg(&item->changes[i]))
			continue;
		if (edit_change(&text, &item->changes[i], item, err) != 0)
			return bd_wrap(err, "%s", cfg->path);
		changed = true;
	}
	*changed_out = changed;
	return changed ? bd_replace_text(cfg->path, text, err) : 0;
}

/* Of the domain's own monitor, or of a run that was killed: nobody is at work on the guest, and the domain that never ran
 * is still the one that was seen. */
static int destroy_unborn(struct boot *boot, const struct bd_cfg *cfg, uint32_t domid, struct bd_error *err)
{
	static const struct guest_stop_options at_once = { .wait_s = 0, .force = true };
	BD_DISPOSE(domains_dispose) struct domains domains = { 0 };
	BD_CLOSE int lock_fd = -1;
	enum guest_stop_result stopped;

	if (bd_lock(cfg->path, &lock_fd, err) != 0 || domains_read(boot, &domains, err) != 0)
		return -1;
	const struct bd_toolstack_domain *domain = domains_find(&domains, cfg);
	if (!domain || domains_is_alive(domain))
		return 0;
	if (domain->domid != domid || domain->state != BD_TOOLSTACK_PAUSED)
		return bd_in_use(err, "domain %u of %s is being created by another process", domain->domid,
				 cfg->name);
	bd_warn("domain %u was created but never ran; creating it again", domid);
	return guest_stop(boot, cfg, &at_once, &stopped, err);
}

/* A domain that is paused and has never run is being made by somebody, or was left by a run that was killed; one that has
 * shut down goes by itself, or is kept for its administrator to look at. After a while it is known which. Nothing that runs
 * is touched. */
static int clear_way(struct boot *boot, const struct bd_cfg *cfg, struct bd_error *err)
{
	const struct bd_toolstack_domain *domain;
	double end_s = 0;
	uint64_t seen = 0;
	uint32_t domid = 0;
	bool unborn;

	for (;;) {
		BD_DISPOSE(domains_dispose) struct domains domains = { 0 };
		if (bd_cancel_check(err) != 0 || domains_read(boot, &domains, err) != 0)
			return -1;
		domain = domains_find(&domains, cfg);
		if (!domain || domains_is_alive(domain))
			return 0;
		if (domain->domid != domid)
			end_s = bd_clock_s() + UNBORN_WAIT_S;
		domid = domain->domid;
		unborn = domain->state == BD_TOOLSTACK_PAUSED;
		double left_s = end_s - bd_clock_s();
		if (left_s < 0)
			break;
		bd_progress_stage("waiting for its former domain", 0);
		if (boot_wait_change(boot, domain->uuid, &seen, left_s, err) != 0)
			return -1;
	}
	if (!unborn) {
		bd_in_use(
			err,
			"domain %u has ended and is kept, as its config says (on_crash, on_poweroff); destroy it when you have looked at it",
			domid);
		return bd_set_field(err, GUEST_REMEDY_DESTROY);
	}
	return destroy_unborn(boot, cfg, domid, err);
}

static int start(const struct fleet_work *work, const struct fleet_item *item, struct fleet_result *result,
		 struct bd_error *err)
{
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	enum guest_start_result started;

	if (clear_way(&boot, fleet_item_cfg(item), err) != 0) {
		guest_start_failed(fleet_item_cfg(item), err);
		return -1;
	}
	if (guest_start(&boot, fleet_item_cfg(item), work->options->wait_s, &started, err) != 0)
		return -1;
	if (started == GUEST_STARTED)
		strcpy(result->what, result->what[0] ? "changed, started" : "started");
	else if (!result->what[0] && item->action != FLEET_REFUSE)
		strcpy(result->what, "already running");
	result->has_domid = true;
	result->domid = boot.domid;
	result->ready = boot.ready;
	memcpy(result->stage_seconds, boot.stages.seconds, sizeof(result->stage_seconds));
	return 0;
}

static int fail_refused(const struct fleet_item *item, struct bd_error *err)
{
	return item->reason_kind == BD_KIND_EXISTS   ? bd_exists(err, "%s", item->reason)
	       : item->reason_kind == BD_KIND_IN_USE ? bd_in_use(err, "%s", item->reason)
						     : bd_fail(err, EINVAL, "%s", item->reason);
}

static bool has_possible_change(const struct fleet_item *item)
{
	for (size_t i = 0; i < item->change_count; i++)
		if (!item->changes[i].needs_new_disk)
			return true;
	return false;
}

/* What can be done is done, even where something else is refused. */
static int update(const struct fleet_work *work, const struct fleet_item *item, struct fleet_result *result,
		  struct bd_error *err)
{
	bool changed = false;

	if (has_possible_change(item)) {
		if (change_cfg(work, item, &changed, err) != 0 ||
		    set_autostart(work, item, fleet_item_cfg(item)->path, err) != 0)
			return -1;
		strcpy(result->what, "changed");
		if (changed && domains_is_alive(fleet_item_domain(item)))
			strcpy(result->note, "from its next start or reboot on");
	}
	if (item->start && start(work, item, result, err) != 0)
		return -1;
	return item->action == FLEET_REFUSE ? fail_refused(item, err) : 0;
}

static int apply_one(const struct fleet_work *work, const struct fleet_item *item, struct fleet_result *result,
		     struct bd_error *err)
{
	if (item->action == FLEET_CREATE)
		return create(work, item, result, err);
	if (!fleet_item_is_ours(work->view, item))
		return fail_refused(item, err);
	return update(work, item, result, err);
}

static void warn_of_autostart(const struct fleet_view *view, const struct fleet_options *options)
{
	for (size_t i = 0; options->dir && i < view->fleet.count; i++)
		if (bd_fleet_find(view->items[i].guest, "autostart")) {
			bd_warn("\"autostart\" is for guests in " BD_SYSCONFDIR "/xen; it is ignored for those in %s",
				options->dir);
			return;
		}
}

static int choose(struct fleet_work *work, struct bd_error *err)
{
	const struct fleet_view *view = work->view;

	(void)err;
	warn_of_autostart(view, work->options);
	for (size_t i = 0; i < view->fleet.count; i++) {
		const struct fleet_item *item = &view->items[i];
		if (item->selected && (item->action != FLEET_KEEP || item->start))
			work->todo[work->count++] = item;
	}
	return 0;
}

const struct fleet_task fleet_apply = { .choose = choose, .do_one = apply_one };
