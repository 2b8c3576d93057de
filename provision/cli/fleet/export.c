/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `fleet export`: prints a fleet for other programs: known_hosts lines, an Ansible inventory, /etc/hosts, instances for Ganeti. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/fleet/export_ganeti.h"
#include "cli/fleet/fleet.h"
#include "cli/fleet/report.h"
#include "ops/fleet/export.h"

#define GROUP_NAME_SIZE 32

struct export_options {
	struct fleet_command_options common; /* the first, for the rows that all commands of fleets share */
	struct export_ganeti_options ganeti;
};

static const char *const formats[] = { "known_hosts", "ansible", "hosts", "ganeti", NULL };

static int put_known_hosts(const struct fleet_item *item, struct bd_error *err)
{
	const char *name = item->guest->name;
	struct fleet_addresses addresses;
	char key[FLEET_HOST_KEY_SIZE];
	struct bd_error failure;

	(void)err;
	if (fleet_export_host_key(item, key, &failure) != 0) {
		bd_warn("%s is left out: %s", name, failure.message);
		return 0;
	}
	/* An address that the guest only says it has is not one that its key is to count for. */
	fleet_export_addresses(item, false, &addresses);
	fputs(name, stdout);
	for (size_t i = 0; i < addresses.count; i++)
		printf(",%s", addresses.items[i]);
	printf(" %s\n", key);
	return 0;
}

static void put_host(const char *address, const char *name)
{
	size_t host = strcspn(name, ".");

	if (name[host])
		printf("%s\t%s %.*s\n", address, name, (int)host, name);
	else
		printf("%s\t%s\n", address, name);
}

static int put_hosts(const struct fleet_item *item, struct bd_error *err)
{
	struct fleet_addresses addresses;

	(void)err;
	fleet_export_addresses(item, true, &addresses);
	for (size_t i = 0; i < addresses.count; i++)
		put_host(addresses.items[i], item->guest->name);
	if (!addresses.count)
		bd_warn("%s is left out: its address is not known", item->guest->name);
	return 0;
}

/* One without an address may still be reached by its name, and an inventory is to have all of the fleet. */
static int put_ansible(const struct fleet_item *item, struct bd_error *err)
{
	const char *name = item->guest->name;
	const char *address = item->facts->address[0] ? item->facts->address : item->facts->address6;

	(void)err;
	if (address[0])
		printf("%s ansible_host=%s\n", name, address);
	else
		printf("%s\n", name);
	if (!address[0])
		bd_warn("%s is in the inventory without an address, as none is known", name);
	return 0;
}

static void put_json(const struct fleet_item *item, struct bd_json *json)
{
	char key[FLEET_HOST_KEY_SIZE];
	struct bd_error failure;

	bd_json_open_object(json, NULL);
	fleet_json_guest(json, item);
	bd_json_string(json, "ssh_host_key", fleet_export_host_key(item, key, &failure) == 0 ? key : NULL);
	bd_json_close_object(json);
}

static int each(struct fleet_view *view, const char *group, bool any_group,
		int (*put)(const struct fleet_item *item, struct bd_error *err), struct bd_json *json,
		struct bd_error *err)
{
	for (size_t i = 0; i < view->fleet.count; i++) {
		const struct fleet_item *item = &view->items[i];
		bool wanted = any_group || (group && item->guest->group ? strcmp(group, item->guest->group) == 0
									: group == item->guest->group);
		if (!item->selected || !fleet_item_is_ours(view, item) || !wanted)
			continue;
		if (json)
			put_json(item, json);
		else if (put(item, err) != 0)
			return -1;
	}
	return 0;
}

static int export_json(struct fleet_view *view, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_string(json, "fleet", view->fleet.name);
	bd_json_open_array(json, "guests");
	if (each(view, NULL, true, NULL, json, err) != 0)
		return -1;
	bd_json_close_array(json);
	return bd_json_finish(json, err);
}

static bool has_group(const struct bd_fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->count; i++)
		if (fleet->guests[i].group && strcmp(fleet->guests[i].group, name) == 0)
			return true;
	return false;
}

/* Two names mean something to Ansible itself. What such a group is called instead is no other group's name. */
static void put_group(const struct bd_fleet *fleet, const char *group)
{
	char name[GROUP_NAME_SIZE];

	if (strcmp(group, "all") != 0 && strcmp(group, "ungrouped") != 0) {
		printf("\n[%s]\n", group);
		return;
	}
	snprintf(name, sizeof(name), "group_%s", group);
	for (unsigned number = 2; has_group(fleet, name); number++)
		snprintf(name, sizeof(name), "group_%s_%u", group, number);
	printf("\n# The manifest's group %s, whose name is Ansible's own\n[%s]\n", group, name);
}

/* Groups follow each other in the manifest; those without one come last, which in the file is first. */
static int export_ansible(struct fleet_view *view, struct bd_error *err)
{
	const char *last = NULL;

	printf("# The fleet %s, by xen-bigdisk fleet export\n", view->fleet.name);
	if (each(view, NULL, false, put_ansible, NULL, err) != 0)
		return -1;
	for (size_t i = 0; i < view->fleet.count; i++) {
		const char *group = view->fleet.guests[i].group;
		if (!group || (last && strcmp(group, last) == 0))
			continue;
		last = group;
		put_group(&view->fleet, group);
		if (each(view, group, false, put_ansible, NULL, err) != 0)
			return -1;
	}
	return 0;
}

/* What may surprise in what is printed. */
static void warn(const struct fleet_view *view, const char *format)
{
	size_t foreign = 0, said = 0;

	for (size_t i = 0; i < view->fleet.count; i++) {
		const struct fleet_item *item = &view->items[i];
		if (!item->selected || !item->facts)
			continue;
		if (!fleet_item_is_ours(view, item))
			foreign++;
		else
			said += item->facts->address_is_said;
	}
	if (foreign)
		bd_warn("%zu left out: they have a name of the manifest but do not belong to the fleet", foreign);
	if (said && (!format || strcmp(format, "known_hosts") != 0))
		bd_warn("%zu addresses are from DHCP, as reported by the guests themselves", said);
}

static bool is_format(const struct export_options *options, const char *format)
{
	return options->common.format && strcmp(options->common.format, format) == 0;
}

static int check_options(const struct export_options *options, struct bd_error *err)
{
	const char *format = options->common.format;
	const struct export_ganeti_options *ganeti = &options->ganeti;

	if (options->common.json && format)
		return bd_usage(err, "--json and --format cannot be used together");
	if (!options->common.json && !format)
		return bd_usage(err, "one of --format known_hosts|ansible|hosts|ganeti and --json is required");
	if (format && !bd_text_is_any(format, formats))
		return bd_usage(err, "--format: must be one of known_hosts, ansible, hosts, ganeti");
	if (is_format(options, "ganeti"))
		return export_ganeti_check(ganeti, err);
	if (ganeti->disk_template || ganeti->nodes.count || ganeti->no_name_check || ganeti->secrets ||
	    options->common.fleet.no_start || options->common.no_defaults || options->common.fleet.templates)
		return bd_usage(err,
				"--disk-template, --node, --no-name-check, --no-start, --secrets, --templates and "
				"--no-defaults are for --format ganeti only");
	return 0;
}

/* What the manifest says, whether there is such a guest or not. */
static int run_ganeti(struct export_options *options, const char *manifest_path, struct bd_error *err)
{
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults host = { 0 };
	BD_DISPOSE(fleet_view_dispose) struct fleet_view view = { 0 };

	if (fleet_option_host(&options->common, &host, err) != 0 ||
	    fleet_look(manifest_path, &options->common.fleet, false, &view, err) != 0)
		return -1;
	return export_ganeti(&view, &options->common.fleet, &options->ganeti, err);
}

static int run_export(void *options_pointer, char **arguments, struct bd_error *err)
{
	struct export_options *options = options_pointer;
	BD_DISPOSE(fleet_view_dispose) struct fleet_view view = { 0 };

	if (check_options(options, err) != 0)
		return -1;
	if (is_format(options, "ganeti"))
		return run_ganeti(options, arguments[0], err);
	if (fleet_look(arguments[0], &options->common.fleet, false, &view, err) != 0)
		return -1;
	warn(&view, options->common.format);
	if (options->common.json)
		return export_json(&view, err);
	if (is_format(options, "ansible"))
		return export_ansible(&view, err);
	return each(&view, NULL, true, is_format(options, "hosts") ? put_hosts : put_known_hosts, NULL, err);
}

#define AT(member) offsetof(struct export_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "format", "FORMAT",
	  "known_hosts: lines for ssh's known_hosts, with the host keys in the guests' disks; ansible: an "
	  "inventory with the manifest's groups; hosts: lines for /etc/hosts; ganeti: a file for gnt-instance "
	  "batch-create",
	  FLEET_AT(format) },
	FLEET_OPTION_DIR,
	FLEET_OPTION_LIMIT,
	{ BD_OPTION_FLAG, "json", NULL, "print names, groups, addresses and host keys as a JSON object",
	  FLEET_AT(json) },
	FLEET_OPTION_OLD_YES,
	{ BD_OPTION_HEADING, "For --format ganeti", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "disk-template", "TEMPLATE",
	  "Ganeti's disk template: plain, drbd, file, sharedfile, gluster, rbd or ext [the cluster's default]",
	  AT(ganeti.disk_template) },
	{ BD_OPTION_LIST, "node", "NODE",
	  "place the instances on these nodes in turn; drbd mirrors each on the next one [no nodes: for "
	  "batch-create's --iallocator]",
	  AT(ganeti.nodes) },
	{ BD_OPTION_FLAG, "no-name-check", NULL, "the guests' names are not in the DNS; Ganeti does not look them up",
	  AT(ganeti.no_name_check) },
	{ BD_OPTION_FLAG, "no-start", NULL, "leave the new instances stopped", FLEET_AT(fleet.no_start) },
	{ BD_OPTION_FLAG, "secrets", NULL, "export the hash of root's password, in clear", AT(ganeti.secrets) },
	FLEET_OPTION_TEMPLATES,
	FLEET_OPTION_DEFAULTS,
	FLEET_OPTION_END,
};

const struct bd_command bd_command_fleet_export = {
	.name = "fleet export",
	.arguments = "FILE",
	.summary = "print known_hosts, an Ansible inventory, /etc/hosts or Ganeti instances of a fleet",
	.description =
		"Prints what other programs need to know about the existing guests of the manifest FILE. Addresses "
		"are the configured ones, of all interfaces, or, for running guests, the ones that they report; for "
		"IPv6, only static ones. A guest with missing data is left out with a warning. An inventory still lists it, by name "
		"and with a warning; it has one address per guest, IPv4 if known. A group called all or ungrouped, "
		"which are Ansible's own names, becomes [group_all] or [group_ungrouped], followed by a number if "
		"another group has that name.\n\n"
		"--format ganeti prints the guests that the manifest describes, whether they exist here or not, as the JSON "
		"file of gnt-instance batch-create. The OS definition xen-bigdisk fills their disks: the template "
		"is its variant (mini is the variant default), and ip, gateway, dns, ssh_keys and the like are its parameters. boot "
		"becomes use_bootloader and bootloader_path, where the manifest says it; else the cluster's hvparams apply. "
		"Fleet and group become tags. What Ganeti cannot be told is warned of, in one line for each "
		"setting. An existing guest keeps its MAC address and the size of its disk, but the instance gets a new "
		"disk. " BD_DOCDIR "/plugin/ganeti/README.md describes the way from a dom0 to a cluster.\n\n"
		"--json prints an object: fleet, and the array guests, each as in list --json, with group and "
		"ssh_host_key; null means unknown. " BD_DATADIR "/output.schema.json describes all members.",
	.examples =
		"xen-bigdisk fleet export shop.json --format known_hosts >>~/.ssh/known_hosts\tmake them known to ssh\n"
		"xen-bigdisk fleet export shop.json --format ansible >inventory.ini\tfor ansible -i\n"
		"xen-bigdisk fleet export shop.json --format ganeti --disk-template drbd >shop-ganeti.json\tfor gnt-instance "
		"batch-create -I hail\n",
	.statuses = "4",
	.options = option_table,
	.options_size = sizeof(struct export_options),
	.run = run_export,
};
