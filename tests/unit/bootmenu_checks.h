/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bd_bootmenu_find finds on a disk in memory, with everything that it can be given, and the entry that is booted, as text. */
#ifndef BD_TESTS_BOOTMENU_CHECKS_H
#define BD_TESTS_BOOTMENU_CHECKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "bootmenu/entry.h"
#include "bootmenu/find.h"
#include "bootmenu/grub_menu.h"
#include "bootmenu_fake_disk.h"

#define GRUBENV(text) "# GRUB Environment Block\n" text "####"

/* "DEVICE:FOLDER" of an image that is there. */
static inline int play_images(void *context, const char *device, const char *folder, struct bd_bls_list *list,
			      struct bd_error *error)
{
	static const char *const names[] = { "a-6.1.efi", "a-6.12.efi", "a-6.2.efi" };
	struct fake_disk *disk = context;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		BD_FREE char *path = NULL;
		struct bd_bls_entry *item;
		assert_int_equal(bd_text_format(&path, error, "%s/%s", folder, names[i]), 0);
		if (!fake_find(disk, device, path))
			continue;
		assert_int_equal(bd_bls_list_add(list, &item, error), 0);
		assert_int_equal(bd_bls_set_name(item, names[i], error), 0);
		item->entry.is_uki = true;
		assert_int_equal(bd_bootmenu_set_text(&item->entry.id, names[i], error), 0);
		assert_int_equal(bd_bootmenu_set_kernel(&item->entry, device, "/", path, error), 0);
		assert_int_equal(bd_bootmenu_complete(&item->entry, names[i], error), 0);
	}
	return 0;
}

static inline void keep_warning(void *context, const char *message)
{
	char *text = context;

	bd_text_append(text, 1024, "\n", "%s", message);
}

/* The configuration is looked for on the device. warnings: a buffer of 1024 bytes, or NULL. */
static inline void find_on_device(struct fake_disk *disk, const char *device, char *warnings,
				  struct bd_bootmenu_found *found_out)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_bootmenu_files files = fake_files(disk);
	struct bd_bootmenu_grub grub = { .files = &files,
					 .architecture = "x64",
					 .list_images = play_images,
					 .images_context = disk,
					 .warn = warnings ? keep_warning : NULL,
					 .warn_context = warnings };
	const struct bd_bootmenu_find_request request = { .files = &files,
							  .device = device,
							  .architecture = "x64",
							  .read_grub_cfg = bd_bootmenu_read_grub_cfg,
							  .grub_context = &grub,
							  .list_images = play_images,
							  .images_context = disk };

	if (bd_bootmenu_find(&request, found_out, &err) != 0)
		fail_msg("%s", err.message);
}

/* "PATH\nN of COUNT TITLE [ID]\nlinux DEVICE:PATH ARGUMENTS\ninitrd DEVICE:PATH...": of the entry that is booted. */
static inline char *booted(const struct bd_bootmenu_found *found)
{
	const struct bd_bootmenu *menu = &found->menu;
	const size_t size = 16384;
	char *text = calloc(1, size);

	assert_non_null(text);
	if (!menu->count)
		return text;
	const struct bd_bootmenu_entry *entry = &menu->entries[menu->default_index];
	bd_text_append(text, size, "", "%s\n%zu of %zu %s [%s]\n", found->path, menu->default_index, menu->count,
		       entry->title, entry->id ? entry->id : "");
	if (entry->kernel.path)
		bd_text_append(text, size, "", "%s %s:%s %s\n", entry->is_uki ? "uki" : "linux", entry->kernel.device,
			       entry->kernel.path, entry->arguments);
	for (size_t i = 0; i < entry->initrd_count; i++)
		bd_text_append(text, size, "", "initrd %s:%s\n", entry->initrds[i].device, entry->initrds[i].path);
	if (entry->obstacle)
		bd_text_append(text, size, "", "not here: %s\n", entry->obstacle);
	return text;
}

#endif
