/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list item for each profile of each image. */
#include "bootloader/reading/images.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootloader/reading/file.h"
#include "bootloader/reading/files.h"
#include "bootmenu/entry.h"
#include "bootmenu/names.h"
#include "kernel/uki.h"

static bool is_image(const void *context, const char *name)
{
	size_t size = strlen(name);
	(void)context;

	return size > 4 && strcasecmp(name + size - 4, ".efi") == 0;
}

/* Takes what the texts say of it. */
static int fill(struct bd_bls_entry *item, struct bd_uki_texts *texts, struct bd_error *err)
{
	struct bd_bootmenu_entry *entry = &item->entry;

	item->sort_key = bd_take_ptr(texts->sort_key);
	item->version = texts->version ? bd_take_ptr(texts->version) : bd_take_ptr(texts->uname);
	return (!texts->title || bd_bootmenu_set_text(&entry->title, texts->title, err) == 0) &&
			       bd_bootmenu_set_arguments(entry, texts->cmdline ? texts->cmdline : "", err) == 0 &&
			       bd_bootmenu_complete(entry, item->name, err) == 0
		       ? 0
		       : -1;
}

static int add(const struct bd_kernel_source *source, const struct bd_uki *uki, size_t profile, const char *device,
	       const char *path, struct bd_bls_list *list, struct bd_error *err)
{
	BD_DISPOSE(bd_uki_texts_dispose) struct bd_uki_texts texts = { NULL };
	struct bd_bls_entry *item;

	if (bd_uki_texts_read(source, uki, profile, &texts, err) != 0 || bd_bls_list_add(list, &item, err) != 0)
		return -1;
	item->entry.is_uki = true;
	item->entry.profile = (unsigned)profile;
	if (bd_bls_set_name(item, bd_path_last(path), err) == 0 &&
	    bd_bootmenu_set_text(&item->entry.id, item->name, err) == 0 &&
	    bd_bootmenu_set_path(&item->entry.defined_in, device, path, err) == 0 &&
	    bd_bootmenu_set_kernel(&item->entry, device, "", path, err) == 0 && fill(item, &texts, err) == 0)
		return 0;
	bd_bls_list_drop(list);
	return -1;
}

static int add_image(struct bd_boot_disk *disk, const char *device, const char *path, struct bd_bls_list *list,
		     struct bd_error *err)
{
	BD_DISPOSE(bd_boot_file_source_dispose) struct bd_boot_file_source file = { .disk = NULL };
	BD_FREE struct bd_uki *uki = malloc(sizeof(*uki));

	if (!uki)
		return bd_no_memory(err);
	if (bd_boot_file_source_open(disk, device, path, &file, err) != 0)
		return -1;
	struct bd_kernel_source source = bd_boot_file_source_read(&file);
	if (bd_uki_read(&source, uki, err) != 0)
		return -1;
	for (size_t i = 0; i < uki->profile_count; i++)
		if (add(&source, uki, i, device, path, list, err) != 0)
			return -1;
	return 0;
}

int bd_boot_images_list(void *context, const char *device, const char *folder, struct bd_bls_list *list,
			struct bd_error *err)
{
	struct bd_boot_disk *disk = context;
	struct bd_bootmenu_files files = bd_boot_files(disk);
	BD_DISPOSE(bd_bootmenu_names_dispose) struct bd_bootmenu_names names = { 0 };
	const struct bd_bootmenu_names_request wanted = { .files = &files,
							  .device = device,
							  .folder = folder,
							  .is_wanted = is_image,
							  .limit = BD_BOOT_IMAGES_MAX };

	if (bd_bootmenu_list_names(&wanted, &names, err) != 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		struct bd_error failure = BD_ERROR_INIT;
		BD_FREE char *path = NULL;
		if (bd_text_format(&path, err, "%s/%s", folder, names.texts[i]) != 0)
			return -1;
		if (add_image(disk, device, path, list, &failure) == 0)
			continue;
		if (failure.code == ENOMEM) {
			*err = failure;
			return -1;
		}
		bd_boot_disk_tell(disk, failure.code == ENOEXEC ? BD_LOG_DEBUG : BD_LOG_WARNING, "%.300s: %s", path,
				  failure.message);
	}
	return 0;
}
