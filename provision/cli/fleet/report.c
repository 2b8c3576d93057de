/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints a fleet's plan, for `fleet plan` and at the beginning of `fleet apply`. */
#include "cli/fleet/report.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/text.h"
#include "cli/guest/facts_json.h"
#include "cli/guest/made_json.h"
#include "cli/table.h"
#include "cli/wrap.h"
#include "fleet/fields.h"
#include "fleet/host_defaults.h"
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

static const struct bd_column columns[] = {
	{ .title = "    NAME" },
	{ .title = "ACTION", .is_state = true },
	{ .title = "TEMPLATE", .if_any = true, .rank = 4 },
	{ .title = "DISK", .to_the_right = true, .if_any = true, .rank = 2 },
	{ .title = "MEMORY", .to_the_right = true, .if_any = true, .rank = 3 },
	{ .title = "ADDRESS", .if_any = true, .rank = 1 },
};

/* mark: what is printed before the name, as sign gives it. text: NULL for a guest that is to be created. */
static int add_row(struct bd_table *table, char mark, const char *name, const char *action, const char *text,
		   const struct fleet_item *item, struct bd_error *err)
{
	BD_FREE char *signed_name = NULL;
	char disk[32], memory[32];

	if (bd_text_format(&signed_name, err, "  %c %s", mark, name) != 0)
		return -1;
	if (text) {
		const char *const cells[] = { signed_name, action };
		return bd_table_add_text(table, cells, 2, text, err);
	}
	const char *ip = bd_fleet_text(item->guest, "ip");
	bd_format_size(item->disk_bytes, disk, sizeof(disk));
	bd_format_size(item->wanted.memory_mib << 20, memory, sizeof(memory));
	const char *const cells[] = { signed_name,
				      action,
				      item->template,
				      disk,
				      memory,
				      item->place->address[0] ? item->place->address
				      : !item->place->has_mac ? "no network"
				      : ip		      ? ip
							      : "dhcp" };
	return bd_table_add(table, cells, err);
}

/* Those that the cfg can take, which are made of a refused guest all the same. before: what stands before the first. */
static void put_changes(FILE *out, const struct fleet_item *item, const char *before)
{
	for (size_t i = 0; i < item->change_count; i++) {
		const struct bd_fleet_change *change = &item->changes[i];
		if (change->needs_new_disk)
			continue;
		fprintf(out, "%s%s %s -> %s", before, change->key, change->from, change->to);
		before = ", ";
	}
}

static void put_text(FILE *out, const struct fleet_item *item)
{
	if (item->action == FLEET_CHANGE) {
		put_changes(out, item, "");
		if (item->start)
			fputs("; then start", out);
		else if (domains_is_alive(fleet_item_domain(item)))
			fputs(", from its next start or reboot", out);
	} else if (item->action == FLEET_KEEP && fleet_item_pending(item)) {
		fprintf(out, "restart pending: %s", fleet_item_pending(item));
	} else if (item->action == FLEET_REFUSE) {
		fputs(item->reason, out);
		put_changes(out, item, "; otherwise: ");
		if (item->start)
			fputs("; then start", out);
	}
}

static int add_item(struct bd_table *table, const struct fleet_item *item, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size;

	if (item->action != FLEET_CREATE) {
		FILE *out = open_memstream(&text, &size);
		if (out)
			put_text(out, item);
		if (!out || fclose(out) != 0)
			return bd_no_memory(err);
	}
	return add_row(table, sign(item), item->guest->name, action_name(item), text, item, err);
}

static int add_beyond(struct bd_table *table, const char *name, struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (bd_text_format(&text, err, "not in the manifest; left alone (xen-bigdisk rm %s removes it and its disk)",
			   name) != 0)
		return -1;
	return add_row(table, '-', name, "beyond", text, NULL, err);
}

/* What stays as it is needs no row. */
static int put_guests(const struct fleet_view *view, struct bd_error *err)
{
	BD_DISPOSE(bd_table_dispose) struct bd_table table;

	bd_table_init(&table, columns, sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; i < view->fleet.count; i++) {
		const struct fleet_item *item = &view->items[i];
		bool stays = item->action == FLEET_KEEP && !item->start && !fleet_item_pending(item);
		if (item->selected && !stays && add_item(&table, item, err) != 0)
			return -1;
	}
	for (size_t i = 0; i < view->beyond_count; i++)
		if (add_beyond(&table, view->beyond[i]->name, err) != 0)
			return -1;
	if (table.row_count)
		bd_table_print(&table, stdout);
	return 0;
}

/* Which of them take part in any of the guests that are to be created. */
static void put_host_defaults(const struct fleet_view *view)
{
	char keys[512] = "";
	uint64_t used = 0;

	for (size_t i = 0; i < view->fleet.count; i++)
		if (view->items[i].action == FLEET_CREATE)
			used |= view->items[i].host_defaults;
	for (enum bd_fleet_key_index i = 0; i < BD_FLEET_KEY_COUNT; i++)
		if (used >> bd_fleet_field(i) & 1)
			bd_text_append(keys, sizeof(keys), ", ", "%s", bd_fleet_keys[i].name);
	if (used)
		bd_print_wrapped(stdout, "From %s, for new guests: %s", view->fleet.host->path, keys);
}

static int put_plan(const struct fleet_view *view, const struct fleet_sums *sums, struct bd_error *err)
{
	char need[32], there[32], grow[32];

	bd_print_wrapped(stdout, "Fleet %s, %zu guest%s in its manifest", view->fleet.name, view->fleet.count,
			 view->fleet.count == 1 ? "" : "s");
	if (put_guests(view, err) != 0)
		return -1;
	bd_print_wrapped(
		stdout,
		"%zu to create, %zu to change, %zu to start, %zu refused, %zu up to date, %zu not in the manifest",
		sums->create, sums->change, sums->start, sums->refuse, sums->keep, view->beyond_count);
	put_host_defaults(view);
	if (!view->guests.domains.known)
		bd_print_wrapped(
			stdout, "It is not known which guests are running; only new ones are shown as to be started");
	if (sums->create) {
		bd_format_size(sums->disk_need_bytes, need, sizeof(need));
		bd_format_size(sums->disk_free_bytes, there, sizeof(there));
		bd_format_size(sums->disk_grow_bytes, grow, sizeof(grow));
		bd_print_wrapped(stdout, "Disk: about %s%s of %s free; the new disks can grow to %s", need,
				 sums->shares ? " in addition to what is shared with the templates" : "", there,
				 grow);
	}
	if (sums->start && sums->memory_known) {
		bd_format_size(sums->memory_need_kib * 1024, need, sizeof(need));
		bd_format_size(sums->memory_free_kib * 1024, there, sizeof(there));
		bd_print_wrapped(stdout, "Memory: %s of %s available to guests", need, there);
	}
	return 0;
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

static void json_host_defaults(struct bd_json *json, const struct fleet_item *item)
{
	bd_json_open_array(json, "host_defaults");
	for (enum bd_fleet_key_index i = 0; i < BD_FLEET_KEY_COUNT; i++)
		if (bd_fleet_field(i) != BD_FIELD_NONE && (item->host_defaults >> bd_fleet_field(i) & 1))
			bd_json_string(json, NULL, bd_fleet_keys[i].name);
	bd_json_close_array(json);
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
	if (item->cfg_path)
		json_host_defaults(json, item);
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
	return put_plan(view, sums, err);
}
