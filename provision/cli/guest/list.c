/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `list`: all guests of this host, as a table or as JSON. */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/parse.h"
#include "base/printable.h"
#include "cli/command.h"
#include "ops/guest/facts.h"

#define COLUMNS_WANTED 80

struct list_options {
	const char *dir;
	bool json;
};

#define AT(member) offsetof(struct list_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_HEADING, "Options", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "dir", "DIR", "the folder of the configs [" BD_SYSCONFDIR "/xen]", AT(dir) },
	{ BD_OPTION_FLAG, "json", NULL, "print the list as a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

enum column { NAME, STATE, DOMID, MEMORY, VCPUS, SIZE, USED, ADDRESS, TEMPLATE, LAYOUT, AUTO, NOTE, COLUMN_COUNT };

static const struct {
	const char *title;
	bool to_the_right;
} columns[COLUMN_COUNT] = { { "NAME", false },	   { "STATE", false },	{ "ID", true },	   { "MEM", true },
			    { "CPU", true },	   { "SIZE", true },	{ "USED", true },  { "ADDRESS", false },
			    { "TEMPLATE", false }, { "LAYOUT", false }, { "AUTO", false }, { "NOTE", false } };

struct row {
	char *cells[COLUMN_COUNT];
};

struct table {
	struct row *rows;
	size_t count;
	int column_count; /* that of notes is there when there are any */
	size_t widths[COLUMN_COUNT];
};

static void table_dispose(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		for (size_t k = 0; k < COLUMN_COUNT; k++)
			free(table->rows[i].cells[k]);
	free(table->rows);
	*table = (struct table){ 0 };
}

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

static int put_cell(struct row *row, enum column column, const char *text, struct bd_error *err)
{
	row->cells[column] = bd_printable(text && *text ? text : "-");
	return row->cells[column] ? 0 : bd_no_memory(err);
}

static int fill_row(const struct guest_facts *facts, struct row *row, struct bd_error *err)
{
	char domid[16] = "", vcpus[16] = "", memory[32], size[32], used[32], notes[128];
	const struct bd_cfg *cfg = facts->cfg;

	if (facts->domain)
		snprintf(domid, sizeof(domid), "%" PRIu32, facts->domain->domid);
	if (facts->vcpus)
		snprintf(vcpus, sizeof(vcpus), "%" PRIu32, facts->vcpus);
	format_short(facts->memory_bytes, facts->memory_bytes, memory);
	format_short(facts->has_disk, facts->disk.size_bytes, size);
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
	for (int i = 0; i < COLUMN_COUNT; i++)
		if (put_cell(row, i, texts[i], err) != 0)
			return -1;
	return 0;
}

static int fill_table(const struct guests *guests, struct table *table, struct bd_error *err)
{
	table->column_count = NOTE;
	table->rows = calloc(guests->count, sizeof(*table->rows));
	if (!table->rows)
		return bd_no_memory(err);
	for (int i = 0; i < COLUMN_COUNT; i++)
		table->widths[i] = strlen(columns[i].title);
	for (size_t i = 0; i < guests->count; i++) {
		struct row *row = &table->rows[table->count++];
		if (fill_row(&guests->items[i], row, err) != 0)
			return -1;
		if (strcmp(row->cells[NOTE], "-") != 0)
			table->column_count = COLUMN_COUNT;
		for (int k = 0; k < COLUMN_COUNT; k++) {
			size_t width = bd_printable_columns(row->cells[k]);
			if (width > table->widths[k])
				table->widths[k] = width;
		}
	}
	return 0;
}

static void print_row(const struct table *table, const char *const cells[COLUMN_COUNT], int gap)
{
	int pending = 0; /* blanks that are printed only when something follows */

	for (int i = 0; i < table->column_count; i++) {
		int rest = (int)(table->widths[i] - bd_printable_columns(cells[i]));
		bool right = columns[i].to_the_right;
		bd_print(stdout, "%*s%s", pending + (right ? rest : 0), "", cells[i]);
		pending = gap + (right ? 0 : rest);
	}
	putchar('\n');
}

/* Nothing is cut; where the table is too wide for a common terminal its gaps get smaller. */
static void print_table(const struct table *table)
{
	const char *titles[COLUMN_COUNT] = { NULL };
	size_t width = 0;

	for (int i = 0; i < table->column_count; i++) {
		titles[i] = columns[i].title;
		width += table->widths[i];
	}
	int gap = width + 2 * ((size_t)table->column_count - 1) <= COLUMNS_WANTED ? 2 : 1;
	print_row(table, titles, gap);
	for (size_t i = 0; i < table->count; i++)
		print_row(table, (const char *const *)table->rows[i].cells, gap);
}

static int print_json(const struct guests *guests, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_new();

	if (!json)
		return bd_no_memory(err);
	bd_json_open_object(json, NULL);
	bd_json_open_array(json, "guests");
	for (size_t i = 0; i < guests->count; i++) {
		bd_json_open_object(json, NULL);
		guest_facts_put_json(json, &guests->items[i]);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
	bd_json_close_object(json);
	return bd_json_print(json, stdout, err);
}

struct patterns {
	char **items;
	int count;
	bool *matched;
};

static bool is_wanted(void *context, const char *name)
{
	struct patterns *patterns = context;
	bool wanted = patterns->count == 0;

	for (int i = 0; i < patterns->count; i++)
		if (strcmp(patterns->items[i], name) == 0 || fnmatch(patterns->items[i], name, 0) == 0)
			wanted = patterns->matched[i] = true;
	return wanted;
}

/* A pattern may match nothing; a name that is not there is somebody's mistake, unless it is that of a file that cannot be
 * read: what is wrong with that one has been told. */
static int check_matched(const struct patterns *patterns, const char *dir, const struct guests *guests,
			 struct bd_error *err)
{
	for (int i = 0; i < patterns->count; i++) {
		const char *name = patterns->items[i];
		if (patterns->matched[i] || strpbrk(name, "*?["))
			continue;
		if (guests_has_unreadable(guests, name))
			return bd_fail(err, EINVAL, "whether there is a guest %s is not known: %s.cfg cannot be read",
				       name, name);
		return bd_not_found(err, "there is no guest %s: no config in %s has that name, and no domain", name,
				    dir ? dir : BD_SYSCONFDIR "/xen");
	}
	return 0;
}

static int run_list(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	const struct list_options *options = options_pointer;
	BD_FREE bool *matched = calloc((size_t)argc + 1, sizeof(*matched));
	struct patterns patterns = { argv, argc, matched };
	BD_DISPOSE(guests_dispose) struct guests guests;
	BD_DISPOSE(table_dispose) struct table table = { 0 };

	guests_init(&guests);
	if (!matched)
		return bd_no_memory(err);
	if (guests_read(options->dir, is_wanted, &patterns, &guests, err) != 0 ||
	    check_matched(&patterns, options->dir, &guests, err) != 0)
		return -1;
	if (options->json)
		return print_json(&guests, err);
	if (!guests.count)
		return 0;
	if (fill_table(&guests, &table, err) != 0)
		return -1;
	print_table(&table);
	return 0;
}

const struct bd_command bd_command_list = {
	.name = "list",
	.arguments = "[NAME|PATTERN]...",
	.summary = "the guests of this host: state, memory, disk, address",
	.description =
		"Lists the guests whose configs are in /etc/xen (*.cfg with a name), whoever wrote them, and after them the "
		"domains that none of these configs describes, except dom0. Names, or patterns such as 'web*', limit the "
		"list. All is looked up anew: configs, disks, and what Xen says; as another user than root, or where no "
		"Xen runs, every state is unknown.\n\n"
		"ID is the domid; MEM what a running guest has now, of others what the config gives; SIZE the size of the "
		"first disk and USED what it takes up on the host; ADDRESS the static one, or what a running guest says "
		"of itself; LAYOUT where the first partition begins: aligned (sector 2048), cylinder (63), other, or none; "
		"AUTO on when the guest starts with dom0. Where there is something to note, a last column has it: no monitor "
		"(its monitor process is gone: xen-bigdisk start NAME gives it another), runs as NAME (xl rename gave its domain that name), restart pending (its cfg says something of memory, CPUs or network that it was not started with), or stale saved state (a file of xl save that is older than what is on the disk). A minus sign: there is none, or it is not known.\n\n"
		"What cannot be read is a warning, and the rest is listed. A name that is not there: status 4; a pattern "
		"that fits nothing lists nothing.\n\n"
		"--json prints an object with the array guests, each with name, cfg (null: none), uuid, state (running, "
		"paused, shutdown, dying, stopped, saved, unknown), domid, type, memory_mib, vcpus, image, size_bytes, "
		"allocated_bytes, layout, address, address6, template, fleet, autostart, restart_pending (what; null: nothing), domain_name (what Xen calls it), saved_state (the file; null: none), monitor (running, none; null: it does not run, or another toolstack made it); null is for what is not known.",
	.examples =
		"xen-bigdisk list\tall guests\n"
		"xen-bigdisk list 'web*' db01\tsome of them\n"
		"xen-bigdisk list --json | jq -r '.guests[] | select(.state == \"stopped\").name'\tnames of those that "
		"do not run\n",
	.statuses = "4",
	.options = option_table,
	.min_arguments = 0,
	.max_arguments = INT_MAX,
	.options_size = sizeof(struct list_options),
	.run = run_list,
};
