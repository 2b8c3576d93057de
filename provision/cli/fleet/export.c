/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `fleet export`: prints a fleet for other programs: known_hosts lines, an Ansible inventory, /etc/hosts. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/fleet/fleet.h"
#include "cli/fleet/report.h"
#include "ops/fleet/export.h"

#define GROUP_NAME_SIZE 32

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

static int run_export(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct fleet_command_options *options = options_pointer;
	BD_DISPOSE(fleet_view_dispose) struct fleet_view view = { 0 };
	const char *format = options->format;

	if (options->json && format)
		return bd_usage(err, "--json and --format cannot be used together");
	if (!options->json && !format)
		return bd_usage(err, "one of --format known_hosts|ansible|hosts and --json is required");
	if (format && strcmp(format, "known_hosts") != 0 && strcmp(format, "ansible") != 0 &&
	    strcmp(format, "hosts") != 0)
		return bd_usage(err, "--format: must be one of known_hosts, ansible, hosts");
	if (fleet_look(arguments[0], &options->fleet, false, &view, err) != 0)
		return -1;
	warn(&view, format);
	if (options->json)
		return export_json(&view, err);
	if (strcmp(format, "ansible") == 0)
		return export_ansible(&view, err);
	return each(&view, NULL, true, strcmp(format, "hosts") == 0 ? put_hosts : put_known_hosts, NULL, err);
}

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "format", "FORMAT",
	  "known_hosts: lines for ssh's known_hosts, with the host keys in the guests' disks; ansible: an "
	  "inventory with the manifest's groups; hosts: lines for /etc/hosts",
	  FLEET_AT(format) },
	FLEET_OPTION_DIR,
	FLEET_OPTION_LIMIT,
	{ BD_OPTION_FLAG, "json", NULL, "print names, groups, addresses and host keys as a JSON object",
	  FLEET_AT(json) },
	FLEET_OPTION_OLD_YES,
	FLEET_OPTION_END,
};

const struct bd_command bd_command_fleet_export = {
	.name = "fleet export",
	.arguments = "FILE",
	.summary = "print known_hosts, an Ansible inventory or /etc/hosts of a fleet",
	.description =
		"Prints what other programs need to know about the existing guests of the manifest FILE. Addresses "
		"are the configured ones, of all interfaces, or, for running guests, the ones that they report; for "
		"IPv6, only static ones. A guest with missing data is left out with a warning. An inventory still lists it, by name "
		"and with a warning; it has one address per guest, IPv4 if known. A group called all or ungrouped, "
		"which are Ansible's own names, becomes [group_all] or [group_ungrouped], followed by a number if "
		"another group has that name.\n\n"
		"--json prints an object: fleet, and the array guests, each as in list --json, with group and "
		"ssh_host_key; null means unknown. " BD_DATADIR "/output.schema.json describes all members.",
	.examples =
		"xen-bigdisk fleet export shop.json --format known_hosts >>~/.ssh/known_hosts\tmake them known to ssh\n"
		"xen-bigdisk fleet export shop.json --format ansible >inventory.ini\tfor ansible -i\n",
	.statuses = "4",
	.options = option_table,
	.options_size = sizeof(struct fleet_command_options),
	.run = run_export,
};
