/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `show`: everything about one guest. */
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/printable.h"
#include "cli/command.h"
#include "cli/guest/facts_json.h"
#include "cli/guest/made_json.h"
#include "guest/description.h"
#include "ops/guest/facts.h"
#include "ops/guest/monitor.h"
#include "ops/guest/xendomains.h"
#include "ops/host/boot_preview.h"
#include "ops/host/bootloader.h"
#include "xlcfg/network.h"

struct show_options {
	const char *dir;
	bool json;
};

#define AT(member) offsetof(struct show_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "dir", "DIR", "directory of the configs [" BD_SYSCONFDIR "/xen]", AT(dir) },
	{ BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

__attribute__((format(printf, 2, 3))) static void line(const char *title, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	BD_FREE char *clean = bd_printable_format(format, args);
	va_end(args);
	bd_print(stdout, "  %-10s %s\n", title, clean ? clean : "(out of memory)");
}

static void text_line(const char *title, const char *text)
{
	if (text && *text)
		line(title, "%s", text);
}

static void print_disk(const struct bd_cfg *cfg, size_t number)
{
	const char *path = cfg->disks[number];
	char size[32] = "unknown size", used[32];
	struct bd_disk_facts disk;
	struct bd_error problem;

	if (guest_disk_look(cfg, number, &disk, &problem) != 0) {
		line("disk", "%s (%s)", path, strerror(problem.code));
		return;
	}
	if (disk.has_size)
		bd_format_size(disk.size_bytes, size, sizeof(size));
	bd_format_size(disk.allocated_bytes, used, sizeof(used));
	if (disk.is_device)
		line("disk", "%s (a block device of %s)", path, size);
	else
		line("disk", "%s (%s, of which %s are used)", path, size, used);
}

static void print_vifs(const struct bd_cfg *cfg)
{
	char mac[BD_MAC_TEXT_SIZE];

	for (size_t i = 0; i < cfg->vif_count; i++) {
		const struct bd_cfg_vif *vif = &cfg->vifs[i];
		/* The first interface's addresses have lines of their own. */
		const char *network = i && i < BD_NETWORKS_MAX ? cfg->networks[i] : NULL;
		if (vif->has_mac)
			bd_mac_format(vif->mac, mac);
		line("network", "MAC %s, bridge %s%s%s", vif->has_mac ? mac : "a new one at each start",
		     *vif->bridge ? vif->bridge : "the default of xl.conf", network ? ", " : "",
		     network ? network : "");
	}
}

/* What it would boot. False: that is not known, for the reason in problem_out, or not asked for: then that is "". */
static bool preview(const struct bd_cfg *cfg, struct boot_preview *preview_out, struct bd_error *problem_out)
{
	*problem_out = (struct bd_error)BD_ERROR_INIT;
	if (!cfg || !cfg->disk_count || cfg->kernel || !bd_host_boots_by_bigdisk(cfg))
		return false;
	const struct boot_preview_request request = { .disk = cfg->disks[0],
						      .arguments = cfg->bootloader_args,
						      .argument_count = cfg->bootloader_arg_count };
	return boot_preview_read(&request, preview_out, problem_out) == 0;
}

static void print_boot(const struct bd_cfg *cfg)
{
	BD_DISPOSE(boot_preview_dispose) struct boot_preview boot = { .entry_count = 0 };
	struct bd_error problem;
	char *rest = NULL;

	if (!preview(cfg, &boot, &problem)) {
		text_line("boots", *problem.message ? problem.message : NULL);
		return;
	}
	line("boots", "%s", boot.obstacle ? boot.obstacle : boot.kernel ? boot.kernel : "nothing");
	line("entry", "%zu of %zu%s%s%s%s", boot.index + 1, boot.entry_count, boot.submenu ? ", in " : "",
	     boot.submenu ? boot.submenu : "", boot.title ? ": " : "", boot.title ? boot.title : "");
	text_line("defined in", boot.file);
	text_line("chosen by", boot.chosen_by);
	for (size_t i = 0; i < boot.initrds->child_count; i++)
		text_line("initrd", boot.initrds->children[i].text);
	text_line("arguments", boot.arguments);
	for (char *note = boot.notes ? strtok_r(boot.notes, "\n", &rest) : NULL; note;
	     note = strtok_r(NULL, "\n", &rest))
		line("warning", "%s", note);
}

static void print_cfg(const struct guest_facts *facts)
{
	const struct bd_cfg *cfg = facts->cfg;
	char uuid[BD_UUID_TEXT_SIZE];

	line("config", "%s", cfg->path);
	text_line("template", cfg->template);
	text_line("fleet", cfg->fleet);
	text_line("bootloader", cfg->bootloader);
	text_line("kernel", cfg->kernel);
	text_line("ramdisk", cfg->ramdisk);
	print_boot(cfg);
	for (size_t i = 0; i < cfg->disk_count; i++)
		print_disk(cfg, i);
	text_line("layout", facts->disk.layout);
	if (facts->disk.has_root_uuid) {
		bd_format_uuid(facts->disk.root_uuid, uuid);
		line("root UUID", "%s", uuid);
	}
	print_vifs(cfg);
}

/* As they are, which xl block-attach and the like may have changed. */
static void print_devices(const struct guest_devices *devices)
{
	char mac[BD_MAC_TEXT_SIZE];

	for (size_t i = 0; i < devices->count; i++) {
		const struct bd_toolstack_device *device = &devices->items[i];
		if (strcmp(device->kind, "vbd") == 0) {
			line("has disk", "%s: %s%s", device->name, *device->path ? device->path : "(an empty drive)",
			     device->read_only ? ", read only" : "");
		} else if (strcmp(device->kind, "vif") == 0) {
			bd_mac_format(device->mac, mac);
			line("has vif", "%" PRIu32 ": MAC %s, bridge %s", device->number, mac,
			     *device->bridge ? device->bridge : "none");
		} else {
			line("has", "%s %" PRIu32, device->kind, device->number);
		}
	}
}

static void json_devices(struct bd_json *json, const struct guest_devices *devices)
{
	char mac[BD_MAC_TEXT_SIZE];

	bd_json_open_array(json, "devices");
	for (size_t i = 0; i < devices->count; i++) {
		const struct bd_toolstack_device *device = &devices->items[i];
		bool is_disk = strcmp(device->kind, "vbd") == 0, is_vif = strcmp(device->kind, "vif") == 0;
		bd_mac_format(device->mac, mac);
		bd_json_open_object(json, NULL);
		bd_json_string(json, "kind", device->kind);
		bd_json_uint(json, "number", device->number);
		if (is_disk) {
			bd_json_string(json, "name", device->name);
			bd_json_string(json, "path", *device->path ? device->path : NULL);
			bd_json_bool(json, "read_only", device->read_only);
		} else if (is_vif) {
			bd_json_string(json, "mac", mac);
			bd_json_string(json, "bridge", *device->bridge ? device->bridge : NULL);
		}
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
}

static void print_autostart(const struct guest_facts *facts)
{
	enum xendomains_state xendomains = facts->autostart ? xendomains_look() : XENDOMAINS_ENABLED;

	if (xendomains == XENDOMAINS_ENABLED)
		line("autostart", "%s", facts->autostart ? "on" : "off");
	else
		line("autostart", "on, but the service xendomains, which starts it, is %s; %s",
		     xendomains_word(xendomains), xendomains_advice(xendomains));
}

static void print_facts(const struct guest_facts *facts)
{
	const struct bd_cfg *cfg = facts->cfg;
	BD_FREE char *name = bd_printable(facts->name);
	char uuid[BD_UUID_TEXT_SIZE], memory[32];

	bd_print(stdout, "%s: %s", name ? name : "", facts->state);
	if (facts->domain)
		bd_print(stdout, ", domain %" PRIu32, facts->domain->domid);
	putchar('\n');
	if (facts->domain || cfg->has_uuid) {
		bd_format_uuid(facts->domain ? facts->domain->uuid : cfg->uuid, uuid);
		line("UUID", "%s", uuid);
	}
	if (cfg)
		line("type", "%s", cfg->type);
	if (facts->memory_bytes) {
		bd_format_size(facts->memory_bytes, memory, sizeof(memory));
		line("memory", "%s", memory);
	}
	line("vcpus", "%" PRIu32, facts->vcpus);
	if (facts->domain)
		line("CPU time", "%.1f s", (double)facts->domain->cpu_time_ns / 1e9);
	if (*facts->pending)
		line("pending", "%s, from its next start or reboot", facts->pending);
	print_devices(&facts->devices);
	if (facts->is_renamed)
		line("runs as", "%s (renamed while running; to undo: xl rename %s %s)", facts->domain->name,
		     facts->domain->name, facts->name);
	if (facts->saved == SAVED)
		line("saved in", "%s (to be restored by xl restore, or by xendomains when dom0 boots)",
		     facts->saved_path);
	if (facts->saved == SAVED_STALE)
		line("saved in",
		     "%s, but its disk has been written to since; restoring it would damage the disk: remove the file",
		     facts->saved_path);
	if (guest_monitor_is_lost(facts->domain))
		line("monitor", "none: nothing will handle its reboot or power-off; restart it: xen-bigdisk start %s",
		     cfg ? cfg->path : "CFG");
	if (*facts->address)
		line("address", "%s%s", facts->address_is_said ? facts->address : cfg->address,
		     facts->address_is_said ? " (reported by the guest)" : "");
	if (cfg) {
		text_line("address", cfg->address6);
		print_autostart(facts);
		print_cfg(facts);
	} else {
		text_line("config", "unknown");
	}
}

static void json_disks(struct bd_json *json, const struct bd_cfg *cfg)
{
	bd_json_open_array(json, "disks");
	for (size_t i = 0; cfg && i < cfg->disk_count; i++) {
		struct bd_disk_facts disk;
		struct bd_error problem;
		bd_json_open_object(json, NULL);
		bd_json_string(json, "path", cfg->disks[i]);
		bool there = guest_disk_look(cfg, i, &disk, &problem) == 0;
		bd_json_bool(json, "there", there);
		if (there) {
			bd_json_bool(json, "device", disk.is_device);
			if (disk.has_size)
				bd_json_uint(json, "size_bytes", disk.size_bytes);
			bd_json_uint(json, "allocated_bytes", disk.allocated_bytes);
		}
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
}

/* null: it boots in another way, or that is not known. */
static void json_boot(struct bd_json *json, const struct bd_cfg *cfg)
{
	BD_DISPOSE(boot_preview_dispose) struct boot_preview boot = { .entry_count = 0 };
	struct bd_error problem;

	if (!preview(cfg, &boot, &problem)) {
		if (*problem.message)
			bd_warn("%s", problem.message);
		bd_json_string(json, "boots", NULL);
		return;
	}
	bd_json_open_object(json, "boots");
	bd_json_uint(json, "entry", boot.index);
	bd_json_uint(json, "entries", boot.entry_count);
	bd_json_string(json, "title", boot.title);
	bd_json_string(json, "submenu", boot.submenu);
	bd_json_string(json, "file", boot.file);
	bd_json_string(json, "chosen_by", boot.chosen_by);
	bd_json_string(json, "kernel", boot.kernel);
	bd_json_open_array(json, "initrds");
	for (size_t i = 0; i < boot.initrds->child_count; i++)
		bd_json_string(json, NULL, boot.initrds->children[i].text);
	bd_json_close_array(json);
	bd_json_string(json, "arguments", boot.arguments);
	bd_json_string(json, "obstacle", boot.obstacle);
	bd_json_close_object(json);
}

static int print_json(const struct guest_facts *facts, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();
	const struct bd_cfg *cfg = facts->cfg;
	struct bd_network network = { .address_count = 0 };

	guest_facts_put_json(json, facts);
	if (cfg)
		bd_cfg_network(cfg, 0, &network);
	made_json_first_addresses(json, &network, cfg ? cfg->address : NULL, cfg ? cfg->address6 : NULL);
	bd_json_string(json, "bootloader", cfg ? cfg->bootloader : NULL);
	bd_json_string(json, "kernel", cfg ? cfg->kernel : NULL);
	bd_json_string(json, "ramdisk", cfg ? cfg->ramdisk : NULL);
	json_boot(json, cfg);
	bd_json_uuid(json, "root_uuid", facts->disk.has_root_uuid ? facts->disk.root_uuid : NULL);
	json_disks(json, cfg);
	json_devices(json, &facts->devices);
	if (facts->domain)
		bd_json_double(json, "cpu_seconds", (double)facts->domain->cpu_time_ns / 1e9);
	return bd_json_finish(json, err);
}

static int run_show(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct show_options *options = options_pointer;
	BD_DISPOSE(guests_dispose) struct guests guests = { 0 };

	if (guests_read_one(arguments[0], options->dir, &guests, err) != 0)
		return -1;
	if (options->json)
		return print_json(&guests.items[0], err);
	print_facts(&guests.items[0]);
	return 0;
}

const struct bd_command bd_command_show = {
	.name = "show",
	.arguments = "NAME|CFG",
	.summary = "show everything about one guest",
	.description =
		"Prints what the guest's config says, how its disks look from outside, and what Xen and the running "
		"guest report. The argument is the guest's name as given in its config, whatever the file is called; "
		"the path of a config; or the name that xl rename gave its domain. A domain without a config is "
		"shown as far as Xen knows it. Nothing is opened for writing, so this is safe at any time.\n\n"
		"Of a guest that boots by bigdisk it says which kernel its disk would boot now, by which entry of its boot "
		"configuration, which file of the disk has that, by which rule it is chosen (the default that grub.cfg sets, "
		"saved_entry or next_entry in grubenv, --entry in its config ...), and with which arguments: xen-bigdisk-boot is asked, which reads the disk in a sandbox.\n\n"
		"--json prints an object with the members of list --json, and ip, ip6 (with prefix lengths), "
		"bootloader, kernel, ramdisk, boots (null, or of a guest that boots by bigdisk entry, entries, title, "
		"submenu, file, chosen_by, kernel, initrds, arguments and obstacle), root_uuid, disks (path, there, device, size_bytes, allocated_bytes), "
		"devices (of the running domain: kind and number; of a vbd name, path and read_only; of a vif mac "
		"and bridge) and, if it is running, cpu_seconds. " BD_DATADIR
		"/output.schema.json describes all members.",
	.examples = "xen-bigdisk show web01\teverything about web01\n"
		    "xen-bigdisk show web01 --json | jq -r .address\tits address\n",
	.statuses = "4",
	.options = option_table,
	.options_size = sizeof(struct show_options),
	.run = run_show,
};
