/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `fleet status`: shows which guests of a manifest exist, and which of them are running. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/progress.h"
#include "cli/fleet/fleet.h"
#include "cli/fleet/report.h"
#include "cli/table.h"
#include "cli/wrap.h"

struct counts {
	size_t running, stopped, absent, other;
};

static void count(const char *state, struct counts *counts)
{
	if (strcmp(state, "running") == 0)
		counts->running++;
	else if (strcmp(state, "stopped") == 0)
		counts->stopped++;
	else if (strcmp(state, "absent") == 0)
		counts->absent++;
	else
		counts->other++;
}

static const struct bd_column columns[] = {
	{ .title = "NAME" },
	{ .title = "STATE", .is_state = true },
	{ .title = "DOMID", .to_the_right = true, .rank = 4 },
	{ .title = "MEMORY", .to_the_right = true, .rank = 3 },
	{ .title = "ADDRESS", .rank = 1 },
	{ .title = "GROUP", .rank = 2 },
	{ .title = "NOTE", .if_any = true, .rank = 1 },
};

static int add_item(struct bd_table *table, const struct fleet_view *view, const struct fleet_item *item,
		    struct bd_error *err)
{
	const struct bd_toolstack_domain *domain = fleet_item_domain(item);
	const struct guest_facts *facts = item->facts;
	char domid[16] = "", memory[32] = "";

	if (domain)
		snprintf(domid, sizeof(domid), "%" PRIu32, domain->domid);
	if (facts && facts->memory_bytes)
		bd_format_size(facts->memory_bytes, memory, sizeof(memory));
	const char *const cells[] = { item->guest->name,
				      fleet_item_state(item),
				      domid,
				      memory,
				      facts ? facts->address : NULL,
				      item->guest->group,
				      facts && !fleet_item_is_ours(view, item) ? "not of this fleet"
				      : fleet_item_pending(item)	       ? "restart pending"
									       : NULL };
	return bd_table_add(table, cells, err);
}

static void json_item(struct bd_json *json, const struct fleet_item *item)
{
	bd_json_open_object(json, NULL);
	fleet_json_guest(json, item);
	bd_json_close_object(json);
}

static int put_all(const struct fleet_view *view, struct bd_error *err)
{
	BD_DISPOSE(bd_table_dispose) struct bd_table table;
	struct counts counts = { 0 };

	bd_table_init(&table, columns, sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; i < view->fleet.count; i++)
		if (view->items[i].selected) {
			if (add_item(&table, view, &view->items[i], err) != 0)
				return -1;
			count(fleet_item_state(&view->items[i]), &counts);
		}
	bd_table_print(&table, stdout);
	bd_print_wrapped(stdout, "%zu running, %zu stopped, %zu absent, %zu other, %zu not in the manifest",
			 counts.running, counts.stopped, counts.absent, counts.other, view->beyond_count);
	return 0;
}

static int print_json(const struct fleet_view *view, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	fleet_json_view(json, view, json_item);
	return bd_json_finish(json, err);
}

static int run_status(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct fleet_command_options *options = options_pointer;
	BD_DISPOSE(fleet_view_dispose) struct fleet_view view = { 0 };

	if (fleet_look(arguments[0], &options->fleet, false, &view, err) != 0)
		return -1;
	if (options->json)
		return print_json(&view, err);
	return put_all(&view, err);
}

static const struct bd_option option_table[] = {
	FLEET_OPTION_DIR,
	FLEET_OPTION_LIMIT,
	{ BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", FLEET_AT(json) },
	FLEET_OPTION_OLD_YES,
	FLEET_OPTION_END,
};

const struct bd_command bd_command_fleet_status = {
	.name = "fleet status",
	.arguments = "FILE",
	.summary = "show which guests of a manifest exist and run",
	.description =
		"Shows each guest of the manifest FILE: running, paused, stopped, or absent if it was not created; "
		"its domid, memory and address (the configured one, or the one that it reports); and restart pending "
		"if memory, CPUs or network in its config differ from what the running guest was started with.",
	.examples = "xen-bigdisk fleet status shop.json\tall of them\n"
		    "xen-bigdisk fleet status shop.json --limit 'web*' --json\tsome of them, for scripts\n",
	.statuses = "4",
	.options = option_table,
	.options_size = sizeof(struct fleet_command_options),
	.run = run_status,
};
