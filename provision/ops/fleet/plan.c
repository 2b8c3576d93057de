/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares the manifest with the existing guests. */
#include "ops/fleet/plan.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fleet/fields.h"
#include "fleet/values.h"
#include "ops/create/create.h"
#include "ops/create/decide.h"
#include "ops/create/mounts.h"
#include "ops/fleet/differences.h"
#include "ops/host/domains.h"
#include "ops/set/known_mac.h"

/* Puts the key before an error that is about a field; NULL: it is about none. */
static const struct bd_fleet_setting *name_key(const struct fleet_item *item, struct bd_error *err)
{
	const struct bd_fleet_key *key = bd_fleet_key_of_field(err->field);

	if (!key)
		return NULL;
	bd_wrap(err, "\"%s\"", key->name);
	return bd_fleet_find(item->guest, key->name);
}

int fleet_fail_setting(const struct fleet_view *view, const struct fleet_item *item,
		       const struct create_defaults *defaults, const struct bd_json_node *value, struct bd_error *err)
{
	if (create_defaults_has(defaults, err->field)) {
		bd_wrap(err, "%s", item->guest->name);
		return create_defaults_blame(defaults, err);
	}
	create_defaults_blame(defaults, err);
	const struct bd_fleet_setting *setting = name_key(item, err);
	if (!value)
		value = setting ? setting->node : item->guest->node;
	return bd_json_fail(&view->fleet.json, value, err, "%s: %s", item->guest->name, err->message);
}

/* An interface with what it is assigned. */
static int set_network(const struct bd_fleet_setting *setting, const struct bd_fleet_place *place, size_t number,
		       struct bd_create_request *request, struct bd_error *err)
{
	const struct bd_fleet_further *further = &place->further[number];
	BD_FREE char *text = NULL;
	char mac[BD_MAC_TEXT_SIZE] = "";
	const char *said = setting->values[number];

	if (further->has_mac)
		bd_mac_format(further->mac, mac);
	if (bd_text_format(&text, err, "%s%s%s%s%s", said, further->address[0] ? ",ip=" : "", further->address,
			   further->has_mac ? ",mac=" : "", mac) != 0)
		return -1;
	return bd_create_request_set(request, BD_FIELD_NET, text + (*text == ','), err);
}

static int set(const struct bd_fleet_setting *setting, const struct bd_fleet_place *place, enum bd_field field,
	       struct bd_create_request *request, const struct bd_json_node **value_out, struct bd_error *err)
{
	for (size_t i = 0; i < setting->value_count; i++)
		if ((field == BD_FIELD_NET ? set_network(setting, place, i, request, err)
					   : bd_create_request_set(request, field, setting->values[i], err)) != 0) {
			*value_out = bd_fleet_value_node(setting->node, i);
			return -1;
		}
	return 0;
}

/* The address of a pool, the MAC that follows from the name. */
static int set_place(const struct bd_fleet_place *place, enum bd_field field, struct bd_create_request *request,
		     struct bd_error *err)
{
	char mac[BD_MAC_TEXT_SIZE];

	if (field == BD_FIELD_IP && place->address[0])
		return bd_create_request_set(request, field, place->address, err);
	if (field != BD_FIELD_MAC || !place->has_mac || !request->network_count)
		return 0;
	bd_mac_format(place->mac, mac);
	return bd_create_request_set(request, field, mac, err);
}

static int set_all(const struct fleet_item *item, bool makes_it, struct bd_create_request *request,
		   const struct bd_json_node **value_out, struct bd_error *err)
{
	for (enum bd_fleet_key_index i = 0; i < BD_FLEET_KEY_COUNT; i++) {
		const struct bd_fleet_key *key = &bd_fleet_keys[i];
		enum bd_field field = bd_fleet_field(i);
		const struct bd_fleet_setting *setting = bd_fleet_find(item->guest, key->name);
		bool wanted = setting && field != BD_FIELD_NONE && (makes_it || key->place != BD_FLEET_ONCE);
		if ((wanted && set(setting, item->place, field, request, value_out, err) != 0) ||
		    set_place(item->place, field, request, err) != 0)
			return -1;
	}
	return 0;
}

int fleet_request(const struct fleet_view *view, const struct fleet_item *item, const struct fleet_options *options,
		  bool makes_it, struct bd_create_request *request, struct create_defaults *defaults,
		  const struct bd_json_node **value_out, struct bd_error *err)
{
	bd_create_request_init(request);
	request->name = item->guest->name;
	request->fleet = view->fleet.name;
	request->dir = options->dir;
	request->templates = options->templates;
	request->start = !options->no_start;
	defaults->host = makes_it ? options->host : NULL;
	if (set_all(item, makes_it, request, value_out, err) != 0 ||
	    create_defaults_apply(defaults, item->guest->canceled, request, err) != 0 ||
	    create_defaults_check_template(defaults, err) != 0) {
		bd_create_request_dispose(request);
		return -1;
	}
	if (!makes_it)
		fleet_keep_disk(item->facts, request);
	return 0;
}

/* kind: of the error that the guest is told to have failed with. */
__attribute__((format(printf, 4, 5))) static int refuse(struct fleet_item *item, enum bd_error_kind kind,
							struct bd_error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vasprintf(&item->reason, format, args);
	va_end(args);
	if (n < 0) {
		item->reason = NULL;
		return bd_no_memory(err);
	}
	item->action = FLEET_REFUSE;
	item->reason_kind = kind;
	return 0;
}

/* The changes that the cfg can take are made all the same, and the guest is started. */
static int refuse_new_disk(struct fleet_item *item, const struct bd_fleet_change *change, struct bd_error *err)
{
	if (strcmp(change->key, "boot") == 0)
		return refuse(
			item, BD_KIND_FAILED, err,
			"%s: %s -> %s is not made from a manifest; make the change in the guest itself, or undo it",
			change->key, change->from, change->to);
	return refuse(
		item, BD_KIND_FAILED, err,
		"%s: %s -> %s needs a new disk; undo the change, or, if the disk's content is not needed, remove the guest first",
		change->key, change->from, change->to);
}

/* Of the first interface or another; where nothing in the guest goes by it, the cfg is all there is to change. */
static bool is_mac(const struct bd_fleet_change *change)
{
	return !change->needs_new_disk && strcmp(change->part ? change->part : change->key, "mac") == 0;
}

/* Refuses to change an address by which the files in the guest's disk know the interface, or may do so. */
static int check_mac(struct fleet_item *item, struct bd_fleet_change *change, struct bd_error *err)
{
	const char *from = change->from + (strncmp(change->from, "mac=", 4) == 0 ? 4 : 0);
	char path[PATH_MAX];
	struct bd_error why = BD_ERROR_INIT;
	uint8_t mac[6];
	bool knows;

	if (bd_mac_parse(from, mac, &why) != 0) /* "none": it had another one at each start */
		return 0;
	int r = guest_knows_mac(item->facts->cfg, mac, &knows, path, &why);
	if (r == 0 && !knows)
		return 0;
	change->needs_new_disk = true;
	if (item->reason)
		return 0;
	if (r != 0)
		return refuse(
			item, BD_KIND_FAILED, err,
			"%s: %s -> %s: it cannot be told whether the guest's own files go by the old address: %s",
			change->key, change->from, change->to, why.message);
	return refuse(
		item, BD_KIND_FAILED, err,
		"%s: %s -> %s: %s in the guest goes by the old address, and its network would be lost; change it there first, or undo the change",
		change->key, change->from, change->to, path);
}

/* As a start would; its cfg is changed all the same, for the start after that. */
static int refuse_saved(struct fleet_item *item, struct bd_error *err)
{
	const char *path = item->facts->saved_path;

	item->start = false;
	return refuse(
		item, BD_KIND_IN_USE, err,
		"it is saved in %s, and its disk must not be used until then; restore it: xl restore %s && rm %s "
		"(xendomains does it when dom0 boots), or discard the saved state: rm %s",
		path, path, path, path);
}

static int decide_changes(struct fleet_item *item, const struct create_job *job, struct bd_error *err)
{
	struct bd_fleet_change changes[BD_FLEET_CHANGES_MAX];
	size_t count = fleet_compare(item->guest, item->place, item->facts, job, changes);

	item->action = count ? FLEET_CHANGE : FLEET_KEEP;
	if (!bd_fleet_find(item->guest, "memory") && item->facts->cfg->memory_mib)
		item->wanted.memory_mib = item->facts->cfg->memory_mib;
	if (!count)
		return 0;
	item->changes = malloc(count * sizeof(*changes));
	if (!item->changes)
		return bd_no_memory(err);
	memcpy(item->changes, changes, count * sizeof(*changes));
	item->change_count = count;
	for (size_t i = 0; i < count; i++)
		if (is_mac(&item->changes[i]) && check_mac(item, &item->changes[i], err) != 0)
			return -1;
	for (size_t i = 0; i < count && !item->reason; i++)
		if (changes[i].needs_new_disk)
			return refuse_new_disk(item, &changes[i], err);
	return 0;
}

static int decide_existing(struct fleet_item *item, const struct create_job *job, struct bd_error *err)
{
	if (decide_changes(item, job, err) != 0)
		return -1;
	return item->start && item->action != FLEET_REFUSE && item->facts->saved == SAVED ? refuse_saved(item, err)
											  : 0;
}

/* A foreign guest that happens to have the name is none of ours to change or to remove. */
static int refuse_foreign(const struct fleet_view *view, struct fleet_item *item, struct bd_error *err)
{
	const struct bd_cfg *cfg = fleet_item_cfg(item);

	item->start = false;
	return refuse(
		item, BD_KIND_FAILED, err,
		"%s exists and belongs to %s%s; to add it to this one, write fleet=%s into the \"# xen-bigdisk:\" line of its config",
		cfg->path, cfg->fleet ? "the fleet " : "no fleet", cfg->fleet ? cfg->fleet : "", view->fleet.name);
}

/* NULL: none. A domain without a config is not ours, whatever its name. */
static const struct bd_toolstack_domain *find_stranger(const struct fleet_view *view, const char *name)
{
	for (size_t i = 0; i < view->guests.domains.count; i++)
		if (view->guests.domains.items[i].domid && strcmp(view->guests.domains.items[i].name, name) == 0)
			return &view->guests.domains.items[i];
	return NULL;
}

static int decide_new(const struct fleet_view *view, struct fleet_item *item, const struct create_job *job,
		      struct bd_error *err)
{
	const struct bd_toolstack_domain *stranger = find_stranger(view, item->guest->name);
	struct bd_error taken;

	item->action = FLEET_CREATE;
	if (!stranger && create_check_absent(job, &taken) == 0)
		return 0;
	item->start = false;
	if (stranger)
		return refuse(item, BD_KIND_EXISTS, err,
			      "a domain of that name is running (domain %u), but there is no config for it",
			      stranger->domid);
	return refuse(item, BD_KIND_EXISTS, err, "%s", taken.message);
}

static int decide_with(const struct fleet_view *view, struct fleet_item *item, struct bd_create_request *request,
		       struct bd_error *err)
{
	BD_DISPOSE(create_job_dispose) struct create_job job = { 0 };

	/* Hashing a password takes long by design, and is for the guests that are made. */
	request->root_password_file = NULL;
	if (create_decide(request, &job, err) != 0) {
		if (!item->facts)
			return -1;
		name_key(item, err);
		return refuse(item, BD_KIND_FAILED, err, "%s", err->message);
	}
	item->wanted = job.guest;
	item->template = job.template;
	item->disk_bytes = job.plan.disk_bytes;
	item->root_bytes = job.is_whole_disk ? item->disk_bytes
					     : bd_region_bytes(bd_plan_find(&job.plan, BD_REGION_ROOT)) +
						       create_mounted_bytes(&job.guest);
	int r = item->facts ? decide_existing(item, &job, err) : decide_new(view, item, &job, err);
	job.guest.networks = (struct bd_networks){ 0 }; /* they are the item's now */
	item->wanted.disks.partition_count = 0; /* their paths are the job's */
	for (size_t i = 0; i < BD_PLAN_MOUNTS_MAX; i++)
		item->wanted.disks.items[BD_FURTHER_DISKS_MAX + i].mount = NULL;
	if (item->facts)
		return r;
	item->image_path = bd_take_ptr(job.image_path);
	item->cfg_path = bd_take_ptr(job.cfg_path);
	return r;
}

static int decide_item(const struct fleet_view *view, struct fleet_item *item, const struct fleet_options *options,
		       struct bd_error *err)
{
	BD_DISPOSE(create_defaults_dispose) struct create_defaults defaults = { 0 };
	const struct bd_json_node *value = NULL;
	struct bd_create_request request;

	if (item->obstacle)
		return refuse(item, BD_KIND_EXISTS, err, "%s", item->obstacle);
	/* Where it is not known what runs, nothing is said to be started. */
	item->start = !options->no_start && !domains_is_alive(fleet_item_domain(item)) &&
		      (!item->facts || view->guests.domains.known);
	if (item->facts && !fleet_item_is_ours(view, item))
		return refuse_foreign(view, item, err);
	if (fleet_request(view, item, options, !item->facts, &request, &defaults, &value, err) != 0)
		return fleet_fail_setting(view, item, &defaults, value, err);
	item->host_defaults = defaults.used;
	int r = decide_with(view, item, &request, err);
	bd_create_request_dispose(&request);
	return r != 0 ? fleet_fail_setting(view, item, &defaults, NULL, err) : 0;
}

static int decide_all(struct fleet_view *view, const struct fleet_options *options, struct bd_error *err)
{
	for (size_t i = 0; i < view->fleet.count; i++) {
		struct fleet_item *item = &view->items[i];
		if (item->selected && decide_item(view, item, options, err) != 0)
			return -1;
	}
	return 0;
}

int fleet_plan(const char *manifest_path, const struct fleet_options *options, bool needs_xen,
	       struct fleet_view *view_out, struct fleet_sums *sums_out, struct bd_error *err)
{
	if (fleet_look(manifest_path, options, needs_xen, view_out, err) != 0 ||
	    decide_all(view_out, options, err) != 0)
		return -1;
	return fleet_sum_up(view_out, options, sums_out, err);
}

int fleet_plan_check(const struct fleet_view *view, const struct fleet_sums *sums,
		     const struct fleet_options *options, struct bd_error *err)
{
	/* Elsewhere than on the dom0 itself there are other bridges. */
	if (view->guests.domains.known && fleet_check_bridges(view, err) != 0)
		return -1;
	return fleet_check_sums(sums, options, err);
}
