/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers what a grub.cfg asks for. */
#include "bootmenu/grub_menu.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/blscfg.h"
#include "bootmenu/grub/cfg.h"

#define IMAGES "/EFI/Linux"

/* Of one grub.cfg. */
struct reading {
	const struct bd_bootmenu_grub *grub;
	const char *device; /* that it is on */
};

static const char *device_of(const struct reading *reading, const struct bd_grub_blscfg *call)
{
	return *call->device ? call->device : reading->device;
}

static int add_entries(const struct reading *reading, const struct bd_grub_blscfg *call, struct bd_bootmenu *menu,
		       struct bd_error *err)
{
	const struct bd_blscfg blscfg = { .files = reading->grub->files,
					  .device = device_of(reading, call),
					  .path = call->path,
					  .entry = call->entry,
					  .architecture = reading->grub->architecture,
					  .variable = call->variable,
					  .variables = call->variables };

	return bd_blscfg(&blscfg, menu, err);
}

/* Without all but the image of that name. */
static void keep_one(struct bd_bls_list *list, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (!bd_text_is_same(list->items[i].name, name))
			continue;
		struct bd_bls_entry wanted = list->items[i];
		list->items[i] = list->items[kept];
		list->items[kept++] = wanted;
	}
	while (list->count > kept)
		bd_bls_list_drop(list);
}

static int add_images(const struct reading *reading, const struct bd_grub_blscfg *call, struct bd_bootmenu *menu,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_bls_list_dispose) struct bd_bls_list list = { 0 };
	const struct bd_bootmenu_grub *grub = reading->grub;

	if (!grub->list_images)
		return 0;
	if (grub->list_images(grub->images_context, device_of(reading, call), call->path ? call->path : IMAGES, &list,
			      err) != 0)
		return -1;
	if (call->entry)
		keep_one(&list, call->entry);
	bd_bls_list_sort(&list, BD_BLS_GRUB);
	return bd_bls_list_move(&list, menu, err);
}

static int add_bls(void *context, const struct bd_grub_blscfg *call, struct bd_bootmenu *menu, struct bd_error *err)
{
	return call->images ? add_images(context, call, menu, err) : add_entries(context, call, menu, err);
}

static void warn(void *context, const char *message)
{
	const struct reading *reading = context;

	if (reading->grub->warn)
		reading->grub->warn(reading->grub->warn_context, message);
}

int bd_bootmenu_read_grub_cfg(void *grub, const char *device, const char *path, struct bd_bootmenu *menu_out,
			      struct bd_error *err)
{
	struct reading reading = { .grub = grub, .device = device };
	const struct bd_grub_hooks hooks = { .context = &reading,
					     .opened = reading.grub->opened,
					     .opened_count = reading.grub->opened_count,
					     .bls = add_bls,
					     .warn = warn };

	return bd_grub_cfg_read_file(reading.grub->files, device, path, &hooks, menu_out, err);
}
