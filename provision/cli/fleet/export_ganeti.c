/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a fleet as the file that gnt-instance batch-create reads: an array of OpInstanceCreate, gnt-instance(8). */
#include "cli/fleet/export_ganeti.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "ops/fleet/ganeti.h"

#define OS_NAME "xen-bigdisk"
#define EXT_PROVIDER "xen-bigdisk" /* of plugin/ganeti/extstorage */
#define MIB ((uint64_t)1 << 20)

/* How many guests each note is about, and which is the first of them. */
struct tally {
	size_t counts[FLEET_GANETI_NOTE_COUNT];
	const char *firsts[FLEET_GANETI_NOTE_COUNT];
	size_t written, existing;
};

/* Not those of Ganeti that make no disk (diskless) or only take one over (blockdev). */
static const char *const disk_templates[] = { "plain", "drbd", "file", "sharedfile", "gluster", "rbd", "ext", NULL };

static bool is_drbd(const struct export_ganeti_options *ganeti)
{
	return ganeti->disk_template && strcmp(ganeti->disk_template, "drbd") == 0;
}

int export_ganeti_check(const struct export_ganeti_options *ganeti, struct bd_error *err)
{
	if (ganeti->disk_template && !bd_text_is_any(ganeti->disk_template, disk_templates))
		return bd_usage(err,
				"--disk-template: must be one of plain, drbd, file, sharedfile, gluster, rbd, ext");
	if (is_drbd(ganeti) && ganeti->nodes.count == 1)
		return bd_usage(err, "--node: drbd needs two nodes at least");
	for (size_t i = 0; i < ganeti->nodes.count; i++)
		if (!ganeti->nodes.items[i][0])
			return bd_usage(err, "--node: a node's name is empty");
	return 0;
}

static void put_disk(struct bd_json *json, const struct export_ganeti_options *ganeti, uint64_t bytes)
{
	bd_json_open_object(json, NULL);
	bd_json_uint(json, "size", bytes / MIB + (bytes % MIB != 0));
	if (ganeti->disk_template && strcmp(ganeti->disk_template, "ext") == 0)
		bd_json_string(json, "provider", EXT_PROVIDER);
	bd_json_close_object(json);
}

static void put_disks(struct bd_json *json, const struct fleet_ganeti *instance,
		      const struct export_ganeti_options *ganeti)
{
	const struct bd_guest_disks *further = &instance->request.disks;

	if (ganeti->disk_template)
		bd_json_string(json, "disk_template", ganeti->disk_template);
	bd_json_open_array(json, "disks");
	put_disk(json, ganeti, instance->size_bytes);
	for (size_t i = 0; i < further->count; i++)
		put_disk(json, ganeti, further->items[i].size_bytes);
	bd_json_close_array(json);
}

static void put_nics(struct bd_json *json, const struct bd_create_request *request)
{
	char mac[BD_MAC_TEXT_SIZE];

	bd_json_open_array(json, "nics");
	for (size_t i = 0; i < request->network_count; i++) {
		const struct bd_network *network = &request->networks[i];
		bd_json_open_object(json, NULL);
		if (network->has_mac) {
			bd_mac_format(network->mac, mac);
			bd_json_string(json, "mac", mac);
		}
		/* Of those behind the first, the OS definition would want a network of gnt-network(8). */
		if (!i && network->address_count)
			bd_json_string(json, "ip", network->addresses[0].text);
		if (network->bridge[0]) {
			bd_json_string(json, "mode", "bridged");
			bd_json_string(json, "link", network->bridge);
		}
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
}

/* What is not said is the cluster's. */
static void put_hypervisor(struct bd_json *json, const struct fleet_ganeti *instance)
{
	const struct bd_create_request *request = &instance->request;
	bool is_hvm = request->type == BD_GUEST_HVM;
	bool is_direct = !is_hvm && fleet_ganeti_has(instance, FLEET_GANETI_DIRECT);

	bd_json_string(json, "hypervisor", is_hvm ? "xen-hvm" : "xen-pvm");
	bd_json_open_object(json, "hvparams");
	if (!is_hvm)
		bd_json_string(json, "blockdev_prefix", "xvd");
	if (instance->bootloader) {
		bd_json_bool(json, "use_bootloader", true);
		bd_json_string(json, "bootloader_path", instance->bootloader);
	} else if (instance->kernel || is_direct) {
		bd_json_bool(json, "use_bootloader", false);
	}
	if (instance->kernel) {
		bd_json_string(json, "kernel_path", instance->kernel);
		bd_json_string(json, "initrd_path", "");
	}
	if (is_direct && request->append) {
		BD_FREE char *arguments = NULL;
		struct bd_error ignored;
		if (bd_text_format(&arguments, &ignored, "ro %s", request->append) == 0)
			bd_json_string(json, "kernel_args", arguments);
	}
	bd_json_close_object(json);
}

static void put_os(struct bd_json *json, const struct fleet_ganeti *instance)
{
	char type[128];

	snprintf(type, sizeof(type), "%s+%s", OS_NAME, instance->variant ? instance->variant : "default");
	bd_json_string(json, "os_type", type);
	if (!instance->variant)
		bd_json_bool(json, "no_install", true);
	bd_json_open_object(json, "osparams");
	for (size_t i = 0; i < instance->param_count; i++)
		bd_json_string(json, instance->params[i].name, instance->params[i].value);
	bd_json_close_object(json);
}

/* A primary node in turn, the next one as its mirror: each node has about as many of either. */
static void put_nodes(struct bd_json *json, const struct export_ganeti_options *ganeti, size_t number)
{
	const struct bd_texts *nodes = &ganeti->nodes;

	if (!nodes->count)
		return;
	bd_json_string(json, "pnode", nodes->items[number % nodes->count]);
	if (is_drbd(ganeti))
		bd_json_string(json, "snode", nodes->items[(number + 1) % nodes->count]);
}

static void put_tag(struct bd_json *json, const char *what, const char *name)
{
	char tag[128]; /* as many as Ganeti takes */

	snprintf(tag, sizeof(tag), "%s:%s", what, name);
	bd_json_string(json, NULL, tag);
}

static void put_instance(struct bd_json *json, const struct fleet_view *view, const struct fleet_item *item,
			 const struct fleet_ganeti *instance, const struct export_ganeti_options *ganeti,
			 size_t number)
{
	const struct bd_create_request *request = &instance->request;

	bd_json_open_object(json, NULL);
	bd_json_string(json, "mode", "create");
	bd_json_string(json, "instance_name", item->guest->name);
	put_os(json, instance);
	put_disks(json, instance, ganeti);
	put_nics(json, request);
	bd_json_open_object(json, "beparams");
	bd_json_uint(json, "minmem", request->memory_mib);
	bd_json_uint(json, "maxmem", request->memory_mib);
	bd_json_uint(json, "vcpus", request->vcpus);
	bd_json_close_object(json);
	put_hypervisor(json, instance);
	put_nodes(json, ganeti, number);
	if (ganeti->no_name_check) {
		bd_json_bool(json, "name_check", false);
		bd_json_bool(json, "ip_check", false);
	}
	bd_json_bool(json, "start", request->start && instance->variant);
	bd_json_open_array(json, "tags");
	put_tag(json, "fleet", view->fleet.name);
	if (item->guest->group)
		put_tag(json, "group", item->guest->group);
	bd_json_close_array(json);
	bd_json_close_object(json);
}

static void count_notes(const struct fleet_item *item, const struct fleet_ganeti *instance, struct tally *tally)
{
	for (enum fleet_ganeti_note note = 0; note < FLEET_GANETI_NOTE_COUNT; note++)
		if (fleet_ganeti_has(instance, note) && !tally->counts[note]++)
			tally->firsts[note] = item->guest->name;
}

/* One line for each setting, whatever the number of guests. */
static void warn_all(const struct tally *tally)
{
	for (enum fleet_ganeti_note note = 0; note < FLEET_GANETI_NOTE_COUNT; note++) {
		size_t count = tally->counts[note];
		if (count == 1)
			bd_warn("\"%s\" of %s %s", fleet_ganeti_note_key(note), tally->firsts[note],
				fleet_ganeti_note_text(note));
		else if (count)
			bd_warn("\"%s\" of %s and %zu more %s", fleet_ganeti_note_key(note), tally->firsts[note],
				count - 1, fleet_ganeti_note_text(note));
	}
	if (tally->existing)
		bd_warn("%zu of the guests exist on this host: an instance gets a new disk, and the same MAC address and "
			"IP address; stop the guest before",
			tally->existing);
}

static int put_item(struct bd_json *json, const struct fleet_view *view, const struct fleet_item *item,
		    const struct fleet_options *options, const struct export_ganeti_options *ganeti,
		    struct tally *tally, struct bd_error *err)
{
	BD_DISPOSE(fleet_ganeti_dispose) struct fleet_ganeti instance = { 0 };

	if (fleet_ganeti_of(view, item, options, ganeti->secrets, &instance, err) != 0)
		return -1;
	/* What a guest that has no instance would lose does not matter. */
	if (fleet_ganeti_has(&instance, FLEET_GANETI_UEFI)) {
		instance.notes = UINT32_C(1) << FLEET_GANETI_UEFI;
		count_notes(item, &instance, tally);
		return 0;
	}
	count_notes(item, &instance, tally);
	tally->existing += item->facts != NULL;
	put_instance(json, view, item, &instance, ganeti, tally->written++);
	return 0;
}

int export_ganeti(const struct fleet_view *view, const struct fleet_options *options,
		  const struct export_ganeti_options *ganeti, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_new();
	struct tally tally = { 0 };

	bd_json_open_array(json, NULL);
	for (size_t i = 0; i < view->fleet.count; i++) {
		const struct fleet_item *item = &view->items[i];
		if (item->selected && put_item(json, view, item, options, ganeti, &tally, err) != 0)
			return -1;
	}
	bd_json_close_array(json);
	warn_all(&tally);
	return bd_json_print(json, stdout, err);
}
