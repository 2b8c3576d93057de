/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the state of a fleet. */
#include "ops/fleet/view.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/text.h"
#include "fleet/assign.h"
#include "fleet/manifest.h"
#include "xlcfg/folder.h"

void fleet_view_dispose(struct fleet_view *view)
{
	for (size_t i = 0; view->items && i < view->fleet.count; i++) {
		bd_networks_dispose(&view->items[i].wanted.networks);
		free(view->items[i].changes);
		free(view->items[i].reason);
		free(view->items[i].obstacle);
		free(view->items[i].image_path);
		free(view->items[i].cfg_path);
	}
	free(view->items);
	free(view->places);
	free(view->beyond);
	guests_dispose(&view->guests);
	bd_fleet_dispose(&view->fleet);
	*view = (struct fleet_view){ 0 };
}

const struct bd_toolstack_domain *fleet_item_domain(const struct fleet_item *item)
{
	return item->facts ? item->facts->domain : NULL;
}

const struct bd_cfg *fleet_item_cfg(const struct fleet_item *item)
{
	return item->facts ? item->facts->cfg : NULL;
}

const char *fleet_item_pending(const struct fleet_item *item)
{
	return item->facts && *item->facts->pending ? item->facts->pending : NULL;
}

const char *fleet_item_state(const struct fleet_item *item)
{
	if (item->facts)
		return item->facts->state;
	return item->obstacle ? "unknown" : "absent";
}

bool fleet_item_is_ours(const struct fleet_view *view, const struct fleet_item *item)
{
	const struct bd_cfg *cfg = fleet_item_cfg(item);

	return cfg && cfg->fleet && strcmp(cfg->fleet, view->fleet.name) == 0;
}

int fleet_check_still_ours(const struct fleet_view *view, const struct fleet_item *item, const struct bd_cfg *now,
			   struct bd_error *err)
{
	const struct bd_cfg *then = fleet_item_cfg(item);

	if (now->fleet && strcmp(now->fleet, view->fleet.name) == 0 && now->has_uuid == then->has_uuid &&
	    memcmp(now->uuid, then->uuid, sizeof(now->uuid)) == 0)
		return 0;
	return bd_fail(err, ESTALE, "%s was changed meanwhile; run the command again", then->path);
}

static bool selects(const struct bd_texts *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (fnmatch(patterns->items[i], name, 0) == 0)
			return true;
	return patterns->count == 0;
}

struct taken {
	struct bd_fleet_taken *items;
	size_t count, capacity;
};

static void taken_dispose(struct taken *taken)
{
	free(taken->items);
}

/* An entry for each interface. */
static int take_cfg(struct taken *taken, const struct bd_cfg *cfg, struct bd_error *err)
{
	size_t vifs = cfg->vif_count ? cfg->vif_count : 1;

	if (bd_array_reserve(taken->items, taken->capacity, taken->count + vifs, err) != 0)
		return -1;
	for (size_t i = 0; i < vifs; i++) {
		struct bd_fleet_taken *item = &taken->items[taken->count++];
		*item = (struct bd_fleet_taken){ .name = cfg->name,
						 .interface = i,
						 .address = i ? NULL : cfg->address,
						 .address6 = i ? NULL : cfg->address6,
						 .network = i && i < BD_NETWORKS_MAX ? cfg->networks[i] : NULL,
						 .vif_ip = i < cfg->vif_count ? cfg->vifs[i].ip : NULL };
		item->has_mac = i < cfg->vif_count && cfg->vifs[i].has_mac;
		if (item->has_mac)
			memcpy(item->mac, cfg->vifs[i].mac, sizeof(item->mac));
	}
	return 0;
}

static int take_all(struct taken *taken, const struct bd_cfgs *cfgs, struct bd_error *err)
{
	for (size_t i = 0; i < cfgs->count; i++)
		if (take_cfg(taken, &cfgs->items[i], err) != 0)
			return -1;
	return 0;
}

/* Guests of the system's folder are on the same bridges, wherever this fleet lies. */
static int assign(struct fleet_view *view, const char *dir, struct bd_error *err)
{
	BD_DISPOSE(taken_dispose) struct taken taken = { NULL, 0, 0 };
	BD_DISPOSE(bd_cfgs_dispose) struct bd_cfgs others = { 0 };
	struct bd_error ignored;

	if (take_all(&taken, &view->guests.cfgs, err) != 0)
		return -1;
	if (dir && bd_cfgs_read(BD_SYSCONFDIR "/xen", &others, &ignored) == 0 && take_all(&taken, &others, err) != 0)
		return -1;
	return bd_fleet_assign(&view->fleet, taken.items, taken.count, &view->places, err);
}

static int compare_names(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* Guests that were made for the fleet and are no longer in its manifest. */
static int find_beyond(struct fleet_view *view, const struct bd_texts *patterns, struct bd_error *err)
{
	const struct bd_fleet *fleet = &view->fleet;
	BD_FREE const char **names = calloc(fleet->count + 1, sizeof(*names));

	view->beyond = calloc(view->guests.cfgs.count + 1, sizeof(*view->beyond));
	if (!names || !view->beyond)
		return bd_no_memory(err);
	for (size_t i = 0; i < fleet->count; i++)
		names[i] = fleet->guests[i].name;
	qsort(names, fleet->count, sizeof(*names), compare_names);
	for (size_t i = 0; i < view->guests.cfgs.count; i++) {
		const struct bd_cfg *cfg = &view->guests.cfgs.items[i];
		if (cfg->fleet && strcmp(cfg->fleet, fleet->name) == 0 && selects(patterns, cfg->name) &&
		    !bsearch(&cfg->name, names, fleet->count, sizeof(*names), compare_names))
			view->beyond[view->beyond_count++] = cfg;
	}
	return 0;
}

/* A cfg that cannot be read, or that names another guest, has a warning already where it is the former. */
static int find_obstacle(struct fleet_item *item, const char *dir, struct bd_error *err)
{
	BD_FREE char *path = NULL;
	bool there;

	if (bd_text_format(&path, err, "%s/%s.cfg", dir ? dir : BD_SYSCONFDIR "/xen", item->guest->name) != 0)
		return -1;
	if (bd_path_is_there(path, &there, err) != 0)
		return -1;
	if (!there)
		return 0;
	return bd_text_format(&item->obstacle, err, "%s is there, and is not the config of a guest %s", path,
			      item->guest->name);
}

static int fill_items(struct fleet_view *view, const struct fleet_options *options, struct bd_error *err)
{
	const struct bd_texts *patterns = &options->patterns;
	size_t selected = 0;

	view->items = calloc(view->fleet.count, sizeof(*view->items));
	if (!view->items)
		return bd_no_memory(err);
	for (size_t i = 0; i < view->fleet.count; i++) {
		struct fleet_item *item = &view->items[i];
		item->guest = &view->fleet.guests[i];
		item->place = &view->places[i];
		const struct bd_cfg *cfg = bd_cfgs_find(&view->guests.cfgs, item->guest->name);
		item->facts = cfg ? &view->guests.items[cfg - view->guests.cfgs.items] : NULL;
		if (!cfg && find_obstacle(item, options->dir, err) != 0)
			return -1;
		item->selected = selects(patterns, item->guest->name);
		selected += item->selected;
	}
	if (find_beyond(view, patterns, err) != 0)
		return -1;
	if (!selected && !view->beyond_count)
		return bd_not_found(err, "no guest of the fleet %s has a name like %s", view->fleet.name,
				    patterns->items[0]);
	return 0;
}

/* With the reason why Xen cannot be asked. */
static int check_xen(struct fleet_view *view, struct bd_error *err)
{
	BD_DISPOSE(domains_dispose) struct domains domains = { 0 };

	return view->guests.domains.known ? 0 : domains_read(&view->guests.boot, &domains, err);
}

static int look(const char *manifest_path, const struct fleet_options *options, bool needs_xen,
		struct fleet_view *view, struct bd_error *err)
{
	if (bd_fleet_read(manifest_path, &view->fleet, err) != 0)
		return -1;
	view->fleet.host = options->host;
	if (guests_read(options->dir, NULL, NULL, &view->guests, err) != 0 ||
	    (needs_xen && check_xen(view, err) != 0) || assign(view, options->dir, err) != 0)
		return -1;
	return fill_items(view, options, err);
}

int fleet_look(const char *manifest_path, const struct fleet_options *options, bool needs_xen,
	       struct fleet_view *view_out, struct bd_error *err)
{
	if (look(manifest_path, options, needs_xen, view_out, err) != 0) {
		fleet_view_dispose(view_out);
		return -1;
	}
	return 0;
}

const char *fleet_images_folder(const struct fleet_options *options)
{
	return options->dir ? options->dir : BD_LOCALSTATEDIR "/lib/xen/images";
}
