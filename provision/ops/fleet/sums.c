/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adds up disk space and memory. */
#include "ops/fleet/sums.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "guest/create_request.h"
#include "kernel/needs.h"
#include "ops/create/prepared.h"
#include "ops/create/room.h"
#include "ops/create/whole_disk.h"
#include "ops/host/host.h"
#include "ops/template/open.h"
#include "recipes/kernel.h"
#include "template/store.h"

#define MIB ((uint64_t)1 << 20)
/* Boot sector, metadata and the guest's own files; what a guest needs in addition to a template's blocks, or
 * without a template. */
#define GUEST_BYTES (8 * MIB)
#define EMPTY_BYTES (1 * MIB)
/* The busybox system with a Debian kernel is put together while the guest is made; it takes between 20 and 30 MiB. */
#define MINI_BYTES (32 * MIB)
/* What Xen needs for a domain in addition to its memory: page tables, grant tables, the device model's share for
 * none. */
#define DOMAIN_OVERHEAD_KIB 2048

struct template_size {
	const char *name;
	uint64_t bytes;
	uint64_t memory_bytes; /* with less no guest of it boots; 0: not known */
	bool shares;
};

struct sizes {
	struct template_size *items; /* distinct templates; owned */
	size_t count;
};

/* The one that it would be made from now. It is not fetched for a plan. */
static uint64_t mini_memory(void)
{
	struct bd_kernel kernel;
	struct bd_error ignored;
	uint64_t bytes = 0;

	if (bd_kernel_find_here(&kernel, &ignored) != 0 ||
	    bd_kernel_file_memory_bytes(kernel.image_path, &bytes, &ignored) != 0)
		return 0;
	return bytes;
}

static int sealed_memory(const char *name, const char *store_path, uint64_t *bytes_out, struct bd_error *err)
{
	BD_DISPOSE(bd_template_dispose) struct bd_template template;

	bd_template_init(&template);
	if (bd_template_open(name, store_path, &template, err) != 0)
		return -1;
	return bd_template_memory_bytes(&template, bytes_out, err);
}

static int look_at_template(const char *name, const char *store_path, const char *folder, struct template_size *size,
			    struct bd_error *err)
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	struct bd_store store;

	bd_stored_init(&stored);
	*size = (struct template_size){ .name = name, .bytes = strcmp(name, BD_TEMPLATE_MINI) == 0 ? MINI_BYTES : 0 };
	if (strcmp(name, BD_TEMPLATE_MINI) == 0)
		size->memory_bytes = mini_memory();
	if (bd_template_is_built_in(name))
		return 0;
	if (bd_store_open(store_path, &store, err) != 0 || bd_store_get(&store, name, &stored, err) != 0)
		return -1;
	size->bytes = stored.manifest.payload_bytes;
	if (stored.manifest.kind == BD_TEMPLATE_DISK) {
		size->shares = create_whole_disk_shares(stored.disk_fd, folder);
		return 0;
	}
	if (sealed_memory(name, store_path, &size->memory_bytes, err) != 0)
		return -1;
	size->shares = create_shares_blocks(&stored.sealed, folder);
	return 0;
}

static int find_template(struct sizes *sizes, const char *name, const struct fleet_options *options,
			 const char *folder, const struct template_size **size_out, struct bd_error *err)
{
	for (size_t i = 0; i < sizes->count; i++)
		if (strcmp(sizes->items[i].name, name) == 0) {
			*size_out = &sizes->items[i];
			return 0;
		}
	if (bd_array_grow(sizes->items, sizes->count, err) != 0)
		return -1;
	if (look_at_template(name, options->templates, folder, &sizes->items[sizes->count], err) != 0)
		return -1;
	*size_out = &sizes->items[sizes->count++];
	return 0;
}

static void sizes_dispose(struct sizes *sizes)
{
	free(sizes->items);
}

/* Where the manifest says something of the guest: the first of the keys that it says. */
static const struct bd_json_node *place_of(const struct fleet_item *item, const char *key, const char *other)
{
	const struct bd_fleet_setting *setting = bd_fleet_find(item->guest, key);

	if (!setting)
		setting = bd_fleet_find(item->guest, other);
	return setting ? setting->node : item->guest->node;
}

static int check_template(const struct fleet_view *view, const struct fleet_item *item,
			  const struct template_size *size, struct bd_error *err)
{
	const char *key = "memory";
	struct bd_error problem;

	if (create_check_memory(size->name, size->memory_bytes, item->wanted.memory_mib, &problem) == 0) {
		key = "size";
		if (bd_template_is_built_in(size->name) ||
		    create_check_fits(size->name, size->bytes, item->root_bytes, &problem) == 0)
			return 0;
	}
	bd_json_fail(&view->fleet.json, place_of(item, key, "template"), err, "%s: %s", item->guest->name,
		     problem.message);
	return bd_fail_as(err, &problem, "%s", err->message);
}

static int add_item(const struct fleet_view *view, const struct fleet_item *item, const struct fleet_options *options,
		    struct sizes *sizes, const char *folder, struct fleet_sums *sums, struct bd_error *err)
{
	const struct template_size *size = NULL;
	size_t *const counts[] = { [FLEET_KEEP] = &sums->keep,
				   [FLEET_CREATE] = &sums->create,
				   [FLEET_CHANGE] = &sums->change,
				   [FLEET_REFUSE] = &sums->refuse };

	if (item->action != FLEET_KEEP || !item->start)
		(*counts[item->action])++;
	const struct bd_cfg *cfg = fleet_item_cfg(item);
	/* From its next reboot on it takes what its cfg says by then. */
	if (domains_is_alive(fleet_item_domain(item)) && item->change_count &&
	    item->wanted.memory_mib > cfg->memory_mib)
		sums->memory_need_kib += (item->wanted.memory_mib - cfg->memory_mib) * 1024;
	if (item->start) {
		sums->start++;
		sums->memory_need_kib += item->wanted.memory_mib * 1024 + DOMAIN_OVERHEAD_KIB;
	}
	if (item->action != FLEET_CREATE)
		return 0;
	if (find_template(sizes, item->template, options, folder, &size, err) != 0)
		return bd_json_fail(&view->fleet.json, item->guest->node, err, "%s: %s", item->guest->name,
				    err->message);
	if (check_template(view, item, size, err) != 0)
		return -1;
	if (bd_fleet_text(item->guest, "device") || bd_fleet_text(item->guest, "lvm"))
		return 0;
	sums->shares |= size->shares;
	sums->disk_need_bytes += size->bytes ? GUEST_BYTES : EMPTY_BYTES;
	sums->disk_need_bytes += size->shares ? 0 : size->bytes;
	sums->disk_grow_bytes += item->disk_bytes;
	for (size_t i = 0; i < item->wanted.disks.count; i++)
		sums->disk_grow_bytes += item->wanted.disks.items[i].size_bytes;
	return 0;
}

static int ask_xen(struct fleet_view *view, struct fleet_sums *sums, struct bd_error *err)
{
	struct bd_toolstack_machine machine = { .struct_size = sizeof(machine) };

	if (!view->guests.domains.known)
		return 0;
	if (boot_machine(&view->guests.boot, &machine, err) != 0)
		return -1;
	sums->memory_known = true;
	sums->memory_free_kib = machine.available_memory_kib;
	return 0;
}

/* One that is not there yet is made with the first guest, in a folder on the same disk. */
static const char *existing_folder(const struct fleet_options *options)
{
	static const char *const folders[] = { BD_LOCALSTATEDIR "/lib/xen/images", BD_LOCALSTATEDIR "/lib/xen",
					       BD_LOCALSTATEDIR "/lib" };
	size_t i = 0;

	if (options->dir)
		return options->dir;
	while (i + 1 < sizeof(folders) / sizeof(*folders) && access(folders[i], F_OK) != 0)
		i++;
	return folders[i];
}

int fleet_sum_up(struct fleet_view *view, const struct fleet_options *options, struct fleet_sums *sums_out,
		 struct bd_error *err)
{
	const char *folder = existing_folder(options);
	BD_DISPOSE(sizes_dispose) struct sizes sizes = { NULL, 0 };
	struct fleet_sums sums = { 0 };
	struct statvfs room;

	for (size_t i = 0; i < view->fleet.count; i++)
		if (view->items[i].selected &&
		    add_item(view, &view->items[i], options, &sizes, folder, &sums, err) != 0)
			return -1;
	/* The prepared image of a template that shares its blocks is a copy of it. */
	for (size_t i = 0; i < sizes.count; i++)
		if (sizes.items[i].shares)
			sums.disk_need_bytes += GUEST_BYTES;
	if (statvfs(folder, &room) != 0)
		return bd_fail_lookup(err, "cannot use the directory %s", folder);
	sums.disk_free_bytes = (uint64_t)room.f_bavail * room.f_frsize;
	if (ask_xen(view, &sums, err) != 0)
		return -1;
	*sums_out = sums;
	return 0;
}

int fleet_check_sums(const struct fleet_sums *sums, const struct fleet_options *options, struct bd_error *err)
{
	char need[32], there[32];

	if (sums->disk_need_bytes > sums->disk_free_bytes) {
		bd_format_size(sums->disk_need_bytes, need, sizeof(need));
		bd_format_size(sums->disk_free_bytes, there, sizeof(there));
		bd_no_room(err, "the new disks take about %s, and %s has %s free; nothing was begun", need,
			   fleet_images_folder(options), there);
		return bd_set_field(err, BD_FIELD_SIZE);
	}
	if (sums->memory_known && sums->memory_need_kib > sums->memory_free_kib) {
		bd_format_size(sums->memory_need_kib * 1024, need, sizeof(need));
		bd_format_size(sums->memory_free_kib * 1024, there, sizeof(there));
		bd_no_room(err,
			   "the guests to be started take %s of memory, and Xen has %s for them; nothing was begun",
			   need, there);
		return bd_set_field(err, BD_FIELD_MEMORY);
	}
	return 0;
}

static int check_changed_bridges(const struct fleet_item *item, struct bd_error *err)
{
	for (size_t i = 0; i < item->change_count; i++) {
		const struct bd_fleet_change *change = &item->changes[i];
		if (strcmp(change->part ? change->part : change->key, "bridge") != 0)
			continue;
		const struct bd_networks one = { .items = &item->wanted.networks.items[change->interface],
						 .count = 1 };
		if (bd_host_check_bridges(&one, err) != 0)
			return -1;
	}
	return 0;
}

/* Guests that exist have what their cfgs say; only a change of that is looked at. */
static int check_bridges(const struct fleet_view *view, const struct fleet_item *item, struct bd_error *err)
{
	if (item->action == FLEET_CREATE)
		return item->start ? bd_host_check_bridges(&item->wanted.networks, err) : 0;
	return view->guests.domains.known ? check_changed_bridges(item, err) : 0;
}

int fleet_check_bridges(const struct fleet_view *view, struct bd_error *err)
{
	struct bd_error missing;

	for (size_t i = 0; i < view->fleet.count; i++) {
		const struct fleet_item *item = &view->items[i];
		if (item->selected && check_bridges(view, item, &missing) != 0)
			return bd_fail_as(err, &missing,
					  "%s: %s; create it, name another one (\"bridge\"), or set \"network\": "
					  "false; nothing was done",
					  item->guest->name, missing.message);
	}
	return 0;
}
