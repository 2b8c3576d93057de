/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `fleet plan` prints, and what `fleet apply` prints before it begins. */
#include "cli/fleet/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/printable.h"
#include "cli/guest/facts_json.h"
#include "cli/guest/made_json.h"
#include "ops/host/domains.h"

static const char *action_name(const struct fleet_item *item)
{
	switch (item->action) {
	case FLEET_CREATE:
		return "create";
	case FLEET_CHANGE:
		return "change";
	case FLEET_REFUSE:
		return "refuse";
	case FLEET_KEEP:
		break;
	}
	return item->start ? "start" : "keep";
}

static char sign(const struct fleet_item *item)
{
	switch (item->action) {
	case FLEET_CREATE:
		return '+';
	case FLEET_CHANGE:
		return '~';
	case FLEET_REFUSE:
		return '!';
	case FLEET_KEEP:
		break;
	}
	return item->start ? '>' : '=';
}

/* Those that the cfg can take, which are made of a refused guest all the same. before: what stands before the first. */
static void put_changes(const struct fleet_item *item, const char *before)
{
	for (size_t i = 0; i < item->change_count; i++) {
		const struct bd_fleet_change *change = &item->changes[i];
		if (change->needs_new_disk)
			continue;
		bd_print(stdout, "%s%s %s -> %s", before, change->key, change->from, change->to);
		before = ", ";
	}
}

static void put_item(const struct fleet_item *item)
{
	char size[32], memory[32];

	bd_print(stdout, "  %c %-20s %-7s", sign(item), item->guest->name, action_name(item));
	if (item->action == FLEET_CREATE) {
		const char *ip = bd_fleet_text(item->guest, "ip");
		bd_format_size(item->disk_bytes, size, sizeof(size));
		bd_format_size(item->wanted.memory_mib << 20, memory, sizeof(memory));
		bd_print(stdout, " %s, %s disk, %s memory, %s", item->template, size, memory,
			 item->place->address[0] ? item->place->address
			 : !item->place->has_mac ? "no network"
			 : ip			 ? ip
						 : "dhcp");
	} else if (item->action == FLEET_CHANGE) {
		put_changes(item, " ");
		if (item->start)
			fputs("; then start", stdout);
		else if (domains_is_alive(fleet_item_domain(item)))
			fputs(", from its next start or reboot on", stdout);
	} else if (item->action == FLEET_KEEP && fleet_item_pending(item)) {
		bd_print(stdout, " restart pending: %s", fleet_item_pending(item));
	} else if (item->action == FLEET_REFUSE) {
		bd_print(stdout, " %s", item->reason);
		put_changes(item, "; all the same: ");
		if (item->start)
			fputs("; it is started", stdout);
	}
	putchar('\n');
}

/* What stays as it is needs no line each. */
static void put_plan(const struct fleet_view *view, const struct fleet_sums *sums)
{
	char need[32], there[32], grow[32];

	bd_print(stdout, "Fleet %s, %zu guest%s in its manifest\n", view->fleet.name, view->fleet.count,
		 view->fleet.count == 1 ? "" : "s");
	for (size_t i = 0; i < view->fleet.count; i++)
		if (view->items[i].selected && (view->items[i].action != FLEET_KEEP || view->items[i].start ||
						fleet_item_pending(&view->items[i])))
			put_item(&view->items[i]);
	for (size_t i = 0; i < view->beyond_count; i++)
		bd_print(
			stdout,
			"  - %-20s beyond  not in the manifest; left alone (xen-bigdisk rm %s removes it and its disk)\n",
			view->beyond[i]->name, view->beyond[i]->name);
	bd_print(stdout,
		 "%zu to create, %zu to change, %zu to start, %zu refused, %zu up to date, %zu not in the manifest\n",
		 sums->create, sums->change, sums->start, sums->refuse, sums->keep, view->beyond_count);
	if (!view->guests.domains.known)
		puts("Which guests run is not known here, so none is shown as to be started but new ones");
	if (sums->create) {
		bd_format_size(sums->disk_need_bytes, need, sizeof(need));
		bd_format_size(sums->disk_free_bytes, there, sizeof(there));
		bd_format_size(sums->disk_grow_bytes, grow, sizeof(grow));
		bd_print(stdout, "Disk: about %s%s of %s free; the new disks can grow to %s\n", need,
			 sums->shares ? " beside what is shared with the templates" : "", there, grow);
	}
	if (sums->start && sums->memory_known) {
		bd_format_size(sums->memory_need_kib * 1024, need, sizeof(need));
		bd_format_size(sums->memory_free_kib * 1024, there, sizeof(there));
		bd_print(stdout, "Memory: %s of %s available to guests\n", need, there);
	}
}

void fleet_json_guest(struct bd_json *json, const struct fleet_item *item)
{
	if (item->facts) {
		guest_facts_put_json(json, item->facts);
	} else {
		bd_json_string(json, "name", item->guest->name);
		bd_json_string(json, "state", fleet_item_state(item));
	}
	bd_json_string(json, "group", item->guest->group);
}

/* Of a guest that does not exist, what it is to be, as far as that could be decided. */
static void json_item(struct bd_json *json, const struct fleet_item *item)
{
	bd_json_open_object(json, NULL);
	fleet_json_guest(json, item);
	if (item->cfg_path) {
		made_json_guest(json, &item->wanted, bd_guest_boot_name(item->wanted.boot), item->cfg_path,
				item->image_path);
		bd_json_string(json, "template", item->template);
		bd_json_uint(json, "size_bytes", item->disk_bytes);
	}
	bd_json_string(json, "action", action_name(item));
	bd_json_bool(json, "start", item->start);
	bd_json_open_array(json, "changes");
	for (size_t i = 0; i < item->change_count; i++) {
		const struct bd_fleet_change *change = &item->changes[i];
		bd_json_open_object(json, NULL);
		bd_json_string(json, "key", change->key);
		bd_json_string(json, "from", change->from);
		bd_json_string(json, "to", change->to);
		bd_json_bool(json, "needs_new_disk", change->needs_new_disk);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
	if (item->reason)
		bd_json_string(json, "reason", item->reason);
	bd_json_close_object(json);
}

void fleet_json_view(struct bd_json *json, const struct fleet_view *view,
		     void (*put)(struct bd_json *json, const struct fleet_item *item))
{
	bd_json_string(json, "fleet", view->fleet.name);
	bd_json_open_array(json, "guests");
	for (size_t i = 0; i < view->fleet.count; i++)
		if (view->items[i].selected)
			put(json, &view->items[i]);
	bd_json_close_array(json);
	bd_json_open_array(json, "beyond");
	for (size_t i = 0; i < view->beyond_count; i++)
		bd_json_string(json, NULL, view->beyond[i]->name);
	bd_json_close_array(json);
}

static int print_json(const struct fleet_view *view, const struct fleet_sums *sums, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	fleet_json_view(json, view, json_item);
	bd_json_uint(json, "create", sums->create);
	bd_json_uint(json, "change", sums->change);
	bd_json_uint(json, "start", sums->start);
	bd_json_uint(json, "refuse", sums->refuse);
	bd_json_uint(json, "keep", sums->keep);
	bd_json_uint(json, "disk_need_bytes", sums->disk_need_bytes);
	bd_json_uint(json, "disk_grow_bytes", sums->disk_grow_bytes);
	bd_json_uint(json, "disk_free_bytes", sums->disk_free_bytes);
	bd_json_uint(json, "memory_need_kib", sums->memory_need_kib);
	if (sums->memory_known)
		bd_json_uint(json, "memory_free_kib", sums->memory_free_kib);
	return bd_json_finish(json, err);
}

int fleet_report_plan(const struct fleet_view *view, const struct fleet_sums *sums, bool json, struct bd_error *err)
{
	if (json)
		return print_json(view, sums, err);
	put_plan(view, sums);
	return 0;
}
