/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `list`: all guests of this host, as a table or as JSON. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/parse.h"
#include "cli/command.h"
#include "cli/guest/facts_json.h"
#include "cli/table.h"
#include "ops/guest/facts.h"

struct list_options {
	const char *dir;
	bool json;
};

#define AT(member) offsetof(struct list_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "dir", "DIR", "directory of the configs [" BD_SYSCONFDIR "/xen]", AT(dir) },
	{ BD_OPTION_FLAG, "json", NULL, "print the list as a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static const struct bd_column columns[] = {
	{ .title = "NAME" },
	{ .title = "STATE", .is_state = true },
	{ .title = "ID", .to_the_right = true, .rank = 3 },
	{ .title = "MEM", .to_the_right = true, .rank = 2 },
	{ .title = "CPU", .to_the_right = true, .rank = 6 },
	{ .title = "SIZE", .to_the_right = true, .rank = 4 },
	{ .title = "USED", .to_the_right = true, .rank = 5 },
	{ .title = "ADDRESS", .rank = 1 },
	{ .title = "TEMPLATE", .rank = 7 },
	{ .title = "LAYOUT", .rank = 9 },
	{ .title = "AUTO", .rank = 8 },
	{ .title = "NOTE", .if_any = true, .rank = 1 },
};

#define COLUMN_COUNT (sizeof(columns) / sizeof(*columns))

/* "4G", "3.9G", "950M": a number and its unit in as little room as can be. */
static void format_short(bool known, uint64_t bytes, char text_out[32])
{
	text_out[0] = '\0';
	if (!known)
		return;
	bd_format_size(bytes, text_out, 32);
	char *unit = strchr(text_out, ' ');
	if (unit) {
		unit[0] = unit[1] == 'b' ? 'B' : unit[1];
		unit[1] = '\0';
	}
}

static int add_guest(struct bd_table *table, const struct guest_facts *facts, struct bd_error *err)
{
	char domid[16] = "", vcpus[16] = "", memory[32], size[32], used[32], notes[128];
	const struct bd_cfg *cfg = facts->cfg;

	if (facts->domain)
		snprintf(domid, sizeof(domid), "%" PRIu32, facts->domain->domid);
	if (facts->vcpus)
		snprintf(vcpus, sizeof(vcpus), "%" PRIu32, facts->vcpus);
	format_short(facts->memory_bytes, facts->memory_bytes, memory);
	format_short(facts->has_disk && facts->disk.has_size, facts->disk.size_bytes, size);
	format_short(facts->has_disk, facts->disk.allocated_bytes, used);
	guest_facts_notes(facts, notes, sizeof(notes));
	const char *const texts[COLUMN_COUNT] = { facts->name,
						  facts->state,
						  domid,
						  memory,
						  vcpus,
						  size,
						  used,
						  facts->address,
						  cfg ? cfg->template : NULL,
						  facts->disk.layout,
						  facts->autostart ? "on" : NULL,
						  notes };
	return bd_table_add(table, texts, err);
}

static int print_json(const struct guests *guests, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_open_array(json, "guests");
	for (size_t i = 0; i < guests->count; i++) {
		bd_json_open_object(json, NULL);
		guest_facts_put_json(json, &guests->items[i]);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
	return bd_json_finish(json, err);
}

static int run_list(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct list_options *options = options_pointer;
	BD_DISPOSE(guests_dispose) struct guests guests = { 0 };
	BD_DISPOSE(bd_table_dispose) struct bd_table table;
	size_t count = 0;

	bd_table_init(&table, columns, COLUMN_COUNT);
	while (arguments[count])
		count++;
	if (guests_read_matching(options->dir, arguments, count, &guests, err) != 0)
		return -1;
	if (options->json)
		return print_json(&guests, err);
	for (size_t i = 0; i < guests.count; i++)
		if (add_guest(&table, &guests.items[i], err) != 0)
			return -1;
	if (guests.count)
		bd_table_print(&table, stdout);
	else
		bd_info("%s: looked for configs in %s, and for domains",
			count ? "no guest has such a name" : "no guests",
			options->dir ? options->dir : BD_SYSCONFDIR "/xen");
	return 0;
}

const struct bd_command bd_command_list = {
	.name = "list",
	.arguments = "[NAME|PATTERN]...",
	.summary = "list guests with state, memory, disk and address",
	.description =
		"Lists the guests whose configs are in /etc/xen (*.cfg with a name), whoever wrote them, followed by "
		"the domains without a config there, except dom0. Names, or patterns such as 'web*', restrict the "
		"list. Nothing is cached: configs, disks and Xen are read each time. Without root, or where Xen is "
		"not running, every state is unknown.\n\n"
		"ID is the domid; MEM the memory of a running guest, else that in the config; SIZE the size of the "
		"first disk and USED the space that it occupies on the host; ADDRESS the static address, or the one "
		"that a running guest reports; LAYOUT where the first partition starts: aligned (sector 2048), "
		"cylinder (63), other, or none; AUTO is on if the guest starts with dom0. A last column, if needed, "
		"has notes: no monitor (its monitor process is gone; xen-bigdisk start NAME starts a new one), runs "
		"as NAME (xl rename gave its domain that name), restart pending (memory, CPUs or network in its "
		"config differ from what it was started with), or stale saved state (a file of xl save that is older "
		"than the contents of the disk). A minus sign means none, or unknown.\n\n"
		"A narrow terminal shows fewer columns; a pipe gets all of them. What cannot be read causes a "
		"warning, and the rest is listed. A name that does not exist gives status 4; a pattern that matches "
		"nothing lists nothing.\n\n"
		"--json prints an object with the array guests, each with name, cfg, uuid, state (running, paused, "
		"shutdown, dying, stopped, saved, unknown), domid, type, boot, memory_mib, vcpus, image, size_bytes, "
		"allocated_bytes, layout, address, address6, network (interfaces with mac, bridge, ip, ip6), "
		"template, fleet, autostart, restart_pending (what differs), domain_name (its name in Xen), "
		"saved_state (the file) and monitor (running, or none if it is gone). null means none, or unknown. " BD_DATADIR
		"/output.schema.json describes all members.",
	.examples = "xen-bigdisk list\tall guests\n"
		    "xen-bigdisk list 'web*' db01\tsome of them\n"
		    "xen-bigdisk list --json | jq -r '.guests[] | select(.state == \"stopped\").name'\tnames of the "
		    "stopped ones\n",
	.statuses = "4",
	.options = option_table,
	.options_size = sizeof(struct list_options),
	.run = run_list,
};
