/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says a guest's settings in Ganeti's words. */
#include "ops/fleet/ganeti.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/parse.h"
#include "base/text.h"
#include "guest/authorized_keys.h"
#include "ops/fleet/plan.h"
#include "ops/host/host.h"
#include "template/store.h"

#define MIB ((uint64_t)1 << 20)
#define SIZE_DEFAULT_BYTES ((uint64_t)4 << 30) /* as of `new` */
#define SIZE_TEXT_SIZE 24
#define KEYS_BYTES_MAX ((size_t)1 << 20)
#define VARIANT_MINI "default"
/* Where Debian 12 has pygrub and our package the boot loader: a hypervisor's parameter in Ganeti is a path, the same on all nodes. */
#define PYGRUB_PATH "/usr/bin/pygrub"
#define BIGDISK_PATH "/usr/bin/" BD_BOOTLOADER_BIGDISK

struct note {
	const char *key, *text;
};

static const struct note notes[FLEET_GANETI_NOTE_COUNT] = {
	[FLEET_GANETI_UEFI] = { "boot", "is left out, as Ganeti's xen-hvm cannot be given UEFI firmware" },
	[FLEET_GANETI_PVH] = { "type", "becomes xen-pvm, as Ganeti has no hypervisor for PVH" },
	[FLEET_GANETI_HVM] = { "type",
			       "becomes xen-hvm with the cluster's hvparams, which must boot from the disk's boot sector" },
	[FLEET_GANETI_PYGRUB] = { "boot",
				  "names " PYGRUB_PATH
				  ", as on Debian 12; where the nodes have pygrub elsewhere, as on Debian 13, "
				  "correct bootloader_path" },
	[FLEET_GANETI_PVGRUB] = { "boot", "needs GRUB for Xen (Debian's grub-xen-host) on each node" },
	[FLEET_GANETI_DIRECT] = { "boot",
				  "boots the kernel and the initramfs that the cluster's kernel_path and initrd_path "
				  "name, which must be on each node" },
	[FLEET_GANETI_DEVICE] = { "device", "is ignored, as Ganeti makes the disks" },
	[FLEET_GANETI_LVM] = { "lvm", "is ignored, as the cluster's volume group is what its nodes have" },
	[FLEET_GANETI_FURTHER_MOUNTS] = { "disks",
					  "are exported by size only, as the OS definition fills the first disk: "
					  "they will have no filesystem and be mounted nowhere" },
	[FLEET_GANETI_BOOT_SECTOR] = { "boot_sector",
				       "is left out, as GRUB Legacy cannot be set up on Ganeti's disks" },
	[FLEET_GANETI_FURTHER_ADDRESSES] = { "networks",
					     "are exported by MAC address and bridge only: addresses on interfaces "
					     "behind the first are to be set in the guest" },
	[FLEET_GANETI_VIF_KEYS] = { "networks", "lose what only xl's vif= can say, such as rate and script" },
	[FLEET_GANETI_PASSWORD] = { "root_password_hash", "is a secret and is left out" },
	[FLEET_GANETI_PASSWORD_FILE] = { "root_password_file", "is left out; a hash can be exported" },
	[FLEET_GANETI_PASSWORD_SHOWN] = { "root_password_hash",
					  "is exported in clear, and all who may read the cluster's configuration or "
					  "its job queue see it" },
	[FLEET_GANETI_FILES] = { "files", "is left out, as the OS definition copies no files" },
	[FLEET_GANETI_USER_DATA] = { "user_data",
				     "is exported as a path: the file must be there on each node (gnt-cluster "
				     "copyfile)" },
	[FLEET_GANETI_RUN_ONCE] = { "run_once",
				    "is exported as a path: the script must be there on each node (gnt-cluster "
				    "copyfile)" },
	[FLEET_GANETI_AUTOSTART] = { "autostart",
				     "has no word in Ganeti, which starts again every instance that was not stopped "
				     "by gnt-instance" },
};

const char *fleet_ganeti_note_key(enum fleet_ganeti_note note)
{
	return notes[note].key;
}

const char *fleet_ganeti_note_text(enum fleet_ganeti_note note)
{
	return notes[note].text;
}

void fleet_ganeti_dispose(struct fleet_ganeti *instance)
{
	for (size_t i = 0; i < instance->param_count; i++)
		free(instance->params[i].value);
	bd_create_request_dispose(&instance->request);
	create_defaults_dispose(&instance->defaults);
	*instance = (struct fleet_ganeti){ 0 };
}

static void note_if(struct fleet_ganeti *instance, bool is_so, enum fleet_ganeti_note note)
{
	if (is_so)
		instance->notes |= UINT32_C(1) << note;
}

__attribute__((format(printf, 4, 5))) static int add(struct fleet_ganeti *instance, const char *name,
						     struct bd_error *err, const char *format, ...)
{
	struct fleet_ganeti_param *param = &instance->params[instance->param_count];
	va_list args;

	va_start(args, format);
	int length = vasprintf(&param->value, format, args);
	va_end(args);
	if (length < 0)
		return bd_no_memory(err);
	param->name = name;
	instance->param_count++;
	return 0;
}

/* Of the first interface, as far as anything is said. */
static int add_network(struct fleet_ganeti *instance, struct bd_error *err)
{
	const struct bd_network *network = &instance->request.networks[0];
	char text[BD_ADDRESSES_TEXT_SIZE];

	if (!instance->request.network_count)
		return 0;
	if (network->address_count || network->says_dhcp) {
		bd_network_format_ip(network, text);
		if (add(instance, "ip", err, "%s", text) != 0)
			return -1;
	}
	if (network->gateway[0] && add(instance, "gateway", err, "%s", network->gateway) != 0)
		return -1;
	if (network->address6_count || network->says_ip6) {
		bd_network_format_ip6(network, text);
		if (add(instance, "ip6", err, "%s", text) != 0)
			return -1;
	}
	if (network->gateway6[0] && add(instance, "gateway6", err, "%s", network->gateway6) != 0)
		return -1;
	bd_network_format_dns(network, text);
	return text[0] ? add(instance, "dns", err, "%s", text) : 0;
}

static void format_bytes(uint64_t bytes, char text_out[SIZE_TEXT_SIZE])
{
	bool is_whole = bytes % MIB == 0;

	snprintf(text_out, SIZE_TEXT_SIZE, "%llu%s", (unsigned long long)(is_whole ? bytes / MIB : bytes),
		 is_whole ? "M" : "");
}

/* "/home=10240M,/var=2048M" */
static int add_mounts(struct fleet_ganeti *instance, struct bd_error *err)
{
	const struct bd_guest_disks *disks = &instance->request.disks;
	char text[BD_PLAN_MOUNTS_MAX * (PATH_MAX + SIZE_TEXT_SIZE + 1)] = "", size[SIZE_TEXT_SIZE];

	for (size_t i = 0; i < disks->partition_count; i++) {
		const struct bd_guest_disk *partition = &disks->items[BD_FURTHER_DISKS_MAX + i];
		format_bytes(partition->size_bytes, size);
		bd_text_append(text, sizeof(text), ",", "%s=%s", partition->mount, size);
	}
	return text[0] ? add(instance, "mounts", err, "%s", text) : 0;
}

static int add_disk(struct fleet_ganeti *instance, struct bd_error *err)
{
	const struct bd_create_request *request = &instance->request;
	char size[SIZE_TEXT_SIZE];

	if (bd_create_request_has(request, BD_FIELD_LAYOUT) &&
	    add(instance, "layout", err, "%s", bd_layout_name(request->layout)) != 0)
		return -1;
	if (bd_create_request_has(request, BD_FIELD_FS) &&
	    add(instance, "fs", err, "%s", bd_fs_type_name(request->fs_type)) != 0)
		return -1;
	if (bd_create_request_has(request, BD_FIELD_BOOT_SECTOR) &&
	    request->boot_sector != BD_BOOT_SECTOR_GRUB_LEGACY &&
	    add(instance, "boot_sector", err, "%s", bd_boot_sector_name(request->boot_sector)) != 0)
		return -1;
	if (request->swap_bytes) {
		format_bytes(request->swap_bytes, size);
		if (add(instance, "swap", err, "%s", size) != 0)
			return -1;
	}
	return add_mounts(instance, err);
}

/* The keys themselves: their files are not on the nodes. */
static int add_keys(struct fleet_ganeti *instance, struct bd_error *err)
{
	const struct bd_texts *paths = &instance->request.ssh_keys;
	BD_FREE char *keys = NULL;

	for (size_t i = 0; i < paths->count; i++) {
		BD_FREE char *text = NULL;
		if (bd_read_file(paths->items[i], KEYS_BYTES_MAX, &text, NULL, err) != 0 ||
		    bd_ssh_keys_append(&keys, text, paths->items[i], err) != 0)
			return bd_set_field(err, BD_FIELD_SSH_KEYS);
	}
	if (!keys)
		return 0;
	size_t length = strlen(keys);
	while (length && keys[length - 1] == '\n')
		keys[--length] = '\0';
	return add(instance, "ssh_key", err, "%s", keys);
}

static int add_once(struct fleet_ganeti *instance, bool secrets, struct bd_error *err)
{
	const struct bd_create_request *request = &instance->request;

	note_if(instance, request->root_password_file, FLEET_GANETI_PASSWORD_FILE);
	note_if(instance, request->root_password_hash, secrets ? FLEET_GANETI_PASSWORD_SHOWN : FLEET_GANETI_PASSWORD);
	note_if(instance, request->run_once, FLEET_GANETI_RUN_ONCE);
	note_if(instance, request->files.count, FLEET_GANETI_FILES);
	note_if(instance, request->user_data, FLEET_GANETI_USER_DATA);
	if (secrets && request->root_password_hash &&
	    add(instance, "root_password_hash", err, "%s", request->root_password_hash) != 0)
		return -1;
	if (request->run_once && add(instance, "run_once", err, "%s", request->run_once) != 0)
		return -1;
	if (request->user_data && add(instance, "user_data", err, "%s", request->user_data) != 0)
		return -1;
	if (request->user && add(instance, "user", err, "%s", request->user) != 0)
		return -1;
	/* The kernel of a direct boot gets them from the hypervisor. */
	if (request->append && request->boot != BD_BOOT_DIRECT &&
	    add(instance, "append", err, "%s", request->append) != 0)
		return -1;
	return add_keys(instance, err);
}

static void say_boot(struct fleet_ganeti *instance)
{
	const struct bd_create_request *request = &instance->request;
	struct bd_error missing;

	note_if(instance, request->boot == BD_BOOT_UEFI, FLEET_GANETI_UEFI);
	note_if(instance, request->type == BD_GUEST_PVH, FLEET_GANETI_PVH);
	note_if(instance, request->type == BD_GUEST_HVM, FLEET_GANETI_HVM);
	note_if(instance, request->boot_sector == BD_BOOT_SECTOR_GRUB_LEGACY, FLEET_GANETI_BOOT_SECTOR);
	if (request->type == BD_GUEST_HVM || !bd_create_request_has(request, BD_FIELD_BOOT))
		return;
	note_if(instance, request->boot == BD_BOOT_PYGRUB, FLEET_GANETI_PYGRUB);
	note_if(instance, request->boot == BD_BOOT_PVGRUB, FLEET_GANETI_PVGRUB);
	note_if(instance, request->boot == BD_BOOT_DIRECT, FLEET_GANETI_DIRECT);
	if (request->boot == BD_BOOT_PYGRUB)
		instance->bootloader = PYGRUB_PATH;
	else if (request->boot == BD_BOOT_BIGDISK)
		instance->bootloader = BIGDISK_PATH;
	else if (request->boot == BD_BOOT_PVGRUB) /* it need not be here, but on the nodes */
		(void)bd_host_find_pvgrub(BD_GUEST_PV, &instance->kernel, &missing);
}

static void say_interfaces(struct fleet_ganeti *instance)
{
	const struct bd_create_request *request = &instance->request;

	for (size_t i = 0; i < request->network_count; i++) {
		const struct bd_network *network = &request->networks[i];
		note_if(instance, network->vif[0], FLEET_GANETI_VIF_KEYS);
		note_if(instance,
			i && (network->address_count || network->address6_count || network->says_dhcp ||
			      network->says_ip6 || network->dns_count),
			FLEET_GANETI_FURTHER_ADDRESSES);
	}
}

static void say_disks(struct fleet_ganeti *instance)
{
	const struct bd_create_request *request = &instance->request;

	note_if(instance, request->device, FLEET_GANETI_DEVICE);
	note_if(instance, bd_create_request_has(request, BD_FIELD_LVM), FLEET_GANETI_LVM);
	for (size_t i = 0; i < request->disks.count; i++)
		note_if(instance, request->disks.items[i].mount, FLEET_GANETI_FURTHER_MOUNTS);
}

/* A whole disk has a size of its own; a template that is not here says none. */
static uint64_t template_bytes(const struct bd_create_request *request)
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	struct bd_error ignored;
	struct bd_store store;

	bd_stored_init(&stored);
	if (bd_template_is_built_in(request->template) || bd_store_open(request->templates, &store, &ignored) != 0 ||
	    bd_store_get(&store, request->template, &stored, &ignored) != 0 ||
	    stored.manifest.kind != BD_TEMPLATE_DISK)
		return 0;
	return stored.manifest.disk.size_bytes;
}

static uint64_t disk_bytes(const struct fleet_item *item, const struct bd_create_request *request)
{
	if (request->size)
		return request->size_bytes;
	if (item->facts && item->facts->has_disk && item->facts->disk.size_bytes)
		return item->facts->disk.size_bytes;
	uint64_t whole_bytes = template_bytes(request);
	return whole_bytes ? whole_bytes : SIZE_DEFAULT_BYTES;
}

/* What `new` would refuse of a disk of that size, the OS definition would, too. */
static int check_size(const struct fleet_ganeti *instance, struct bd_error *err)
{
	const struct bd_create_request *request = &instance->request;
	struct bd_plan_sizes sizes = { .disk_bytes = (instance->size_bytes + MIB - 1) / MIB * MIB,
				       .swap_bytes = request->swap_bytes,
				       .mount_count = request->disks.partition_count };
	uint64_t whole_bytes = template_bytes(request);
	struct bd_plan plan;
	char size[32];

	for (size_t i = 0; i < sizes.mount_count; i++)
		sizes.mount_bytes[i] = request->disks.items[BD_FURTHER_DISKS_MAX + i].size_bytes;
	bd_format_size(instance->size_bytes, size, sizeof(size));
	if (sizes.disk_bytes < whole_bytes)
		return bd_usage_field(err, BD_FIELD_SIZE, "%s is less than the %llu bytes of the template %s", size,
				      (unsigned long long)whole_bytes, request->template);
	if (whole_bytes || bd_plan_disk(request->layout, &sizes, &plan, err) == 0)
		return 0;
	return bd_usage_field(err, BD_FIELD_SIZE, "%s %s", size, err->message);
}

/* A guest that is there keeps the MAC addresses that the manifest leaves open. */
static void keep_macs(const struct fleet_item *item, struct bd_create_request *request)
{
	const struct bd_cfg *cfg = fleet_item_cfg(item);

	for (size_t i = 0; cfg && i < request->network_count && i < cfg->vif_count; i++) {
		const struct bd_fleet_further *further =
			i && item->place->further ? &item->place->further[i - 1] : NULL;
		bool is_said = further ? !further->has_mac : !i && bd_fleet_find(item->guest, "mac");
		if (is_said || !cfg->vifs[i].has_mac)
			continue;
		request->networks[i].has_mac = true;
		memcpy(request->networks[i].mac, cfg->vifs[i].mac, sizeof(cfg->vifs[i].mac));
	}
}

static int fill(const struct fleet_item *item, bool secrets, struct fleet_ganeti *instance, struct bd_error *err)
{
	const char *template = instance->request.template;
	const char *autostart = bd_fleet_text(item->guest, "autostart");

	if (strcmp(template, VARIANT_MINI) == 0)
		return bd_usage_field(err, BD_FIELD_TEMPLATE,
				      "\"" VARIANT_MINI
				      "\" is the variant of the built-in mini in Ganeti; import the "
				      "template under another name");
	if (strcmp(template, BD_TEMPLATE_NONE) != 0)
		instance->variant = strcmp(template, BD_TEMPLATE_MINI) == 0 ? VARIANT_MINI : template;
	instance->size_bytes = disk_bytes(item, &instance->request);
	keep_macs(item, &instance->request);
	note_if(instance, autostart && strcmp(autostart, "false") == 0, FLEET_GANETI_AUTOSTART);
	say_boot(instance);
	say_disks(instance);
	say_interfaces(instance);
	if (!instance->variant)
		return 0;
	return check_size(instance, err) == 0 && add_network(instance, err) == 0 && add_disk(instance, err) == 0
		       ? add_once(instance, secrets, err)
		       : -1;
}

int fleet_ganeti_of(const struct fleet_view *view, const struct fleet_item *item, const struct fleet_options *options,
		    bool secrets, struct fleet_ganeti *instance_out, struct bd_error *err)
{
	const struct bd_json_node *value = NULL;

	if (fleet_request(view, item, options, true, &instance_out->request, &instance_out->defaults, &value, err) !=
	    0)
		return fleet_fail_setting(view, item, &instance_out->defaults, value, err);
	if (fill(item, secrets, instance_out, err) != 0)
		return fleet_fail_setting(view, item, &instance_out->defaults, NULL, err);
	return 0;
}
