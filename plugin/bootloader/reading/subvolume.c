/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names that installers give to the root's subvolume. */
#include "bootloader/reading/subvolume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootloader/reading/by_grub.h"
#include "bootloader/reading/path.h"
#include "bootmenu/snapper.h"

void bd_boot_place_dispose(struct bd_boot_place *place)
{
	free(place->path);
	*place = (struct bd_boot_place){ .path = NULL };
}

/* --- snapper ------------------------------------------------------------------------------------------------------ */

/* A device from its top: which subvolume is the root, is not known yet. What bd_snapper_find_root asks for: */
struct top {
	struct bd_boot_disk *disk;
	const struct bd_boot_device *device;
};

static int list(void *source, const char *device_name, const char *path,
		int (*visit)(void *context, const char *name, struct bd_error *err), void *context,
		struct bd_error *err)
{
	const struct top *top = source;
	const struct bd_grub_listing *listing;
	(void)device_name;

	if (bd_by_grub_list(top->disk, top->device, path, &listing, err) != 0)
		return -1;
	for (size_t i = 0; i < listing->count; i++)
		if (visit(context, listing->names[i].name, err) != 0)
			return -1;
	return 0;
}

static int look_at(void *source, const char *device_name, const char *path, char *type_out, struct bd_error *err)
{
	const struct top *top = source;
	uint64_t size;
	(void)device_name;

	return bd_by_grub_look(top->disk, top->device, path, type_out, &size, err);
}

static int read_text(void *source, const char *device_name, const char *path, size_t limit_bytes, char **text_out,
		     size_t *size_out, struct bd_error *err)
{
	const struct top *top = source;
	uint64_t size;
	char type;
	(void)device_name;

	*text_out = NULL;
	*size_out = 0;
	if (bd_by_grub_look(top->disk, top->device, path, &type, &size, err) != 0)
		return -1;
	if (type != 'f')
		return 0;
	if (size > limit_bytes)
		return bd_fail(err, EFBIG, "%.200s is too large", path);
	*size_out = (size_t)size;
	return bd_by_grub_read(top->disk, top->device, path, (size_t)size, text_out, err);
}

_Static_assert(BD_BOOTMENU_EXPECTED_MAX <= BD_BY_GRUB_TOGETHER_MAX, "they are asked for together");

struct folders {
	char *texts[BD_BOOTMENU_EXPECTED_MAX]; /* owned */
	size_t count;
};

static void folders_dispose(struct folders *folders)
{
	for (size_t i = 0; i < folders->count; i++)
		free(folders->texts[i]);
}

/* Their directories, all at once. */
static int expect(void *source, const char *device_name, const char *const *paths, size_t count, struct bd_error *err)
{
	BD_DISPOSE(folders_dispose) struct folders folders = { .count = 0 };
	const struct top *top = source;
	(void)device_name;

	for (; folders.count < count; folders.count++) {
		const char *path = paths[folders.count];
		char *folder = strndup(path, (size_t)(bd_path_last(path) - path - 1));
		if (!folder)
			return bd_no_memory(err);
		folders.texts[folders.count] = folder;
	}
	return bd_by_grub_load_folders(top->disk, top->device, (const char *const *)folders.texts, count, err);
}

static int find_snapshot(struct bd_boot_disk *disk, struct bd_boot_device *device, struct bd_error *err)
{
	struct top top = { disk, device };
	const struct bd_bootmenu_files files = {
		.source = &top, .read = read_text, .look = look_at, .list = list, .expect = expect
	};
	char number[BD_SNAPPER_NUMBER_SIZE], path[64], type;
	struct bd_error failure = BD_ERROR_INIT;
	uint64_t size;
	bool found;

	if (bd_snapper_find_root(&files, device->name, number, &found, &failure) != 0) {
		if (failure.code != E2BIG) {
			*err = failure;
			return -1;
		}
		bd_boot_disk_tell(disk, BD_LOG_WARNING, "%s: %s", device->name, failure.message);
		return 0;
	}
	if (!found)
		return 0;
	snprintf(path, sizeof(path), BD_SNAPPER_FOLDER "/%s/snapshot", number);
	if (bd_by_grub_look(disk, device, path, &type, &size, err) != 0)
		return -1;
	if (type == 'd')
		snprintf(device->subvolume, sizeof(device->subvolume), "%s", path + 1);
	return 0;
}

/* --- subvolumes --------------------------------------------------------------------------------------------------- */

/* Arch, openSUSE, Ubuntu; Debian; Fedora. */
static const char *const usual[] = { "/@", "/@rootfs", "/root" };
#define USUAL_COUNT (sizeof(usual) / sizeof(*usual))

static int has_boot(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *folder, bool *has_out,
		    struct bd_error *err)
{
	char path[64], type;
	uint64_t size;

	snprintf(path, sizeof(path), "%s/boot", folder);
	if (bd_by_grub_look(disk, device, path, &type, &size, err) != 0)
		return -1;
	*has_out = type == 'd';
	return 0;
}

static int look_for_usual(struct bd_boot_disk *disk, struct bd_boot_device *device, struct bd_error *err)
{
	if (bd_by_grub_load_folders(disk, device, usual, USUAL_COUNT, err) != 0)
		return -1;
	if (find_snapshot(disk, device, err) != 0)
		return -1;
	for (size_t i = 0; i < USUAL_COUNT && !*device->subvolume; i++) {
		bool has;
		if (has_boot(disk, device, usual[i], &has, err) != 0)
			return -1;
		if (has)
			snprintf(device->subvolume, sizeof(device->subvolume), "%s", usual[i] + 1);
	}
	return 0;
}

int bd_boot_subvolume_find(struct bd_boot_disk *disk, struct bd_boot_device *device, const char **subvolume_out,
			   struct bd_error *err)
{
	if (device->is_btrfs && !device->subvolume_is_known) {
		device->subvolume_is_known = true;
		if (look_for_usual(disk, device, err) != 0)
			return -1;
		if (*device->subvolume)
			bd_boot_disk_tell(disk, BD_LOG_DEBUG, "the root of the guest on %s is in the subvolume %s",
					  device->name, device->subvolume);
	}
	*subvolume_out = device->subvolume;
	return 0;
}

/* --- paths -------------------------------------------------------------------------------------------------------- */

static int look(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path,
		struct bd_boot_place *place, struct bd_error *err)
{
	char clean[BD_BOOTMENU_TEXT_MAX];

	if (!bd_boot_path_clean(path, clean))
		return bd_fail(err, ENAMETOOLONG, "a path is too long");
	free(bd_take_ptr(place->path));
	if (bd_text_format(&place->path, err, "%s", clean) != 0)
		return -1;
	return bd_by_grub_look(disk, device, clean, &place->type, &place->size_bytes, err);
}

static int look_below(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *subvolume,
		      const char *path, struct bd_boot_place *place, struct bd_error *err)
{
	BD_FREE char *below = NULL;
	char clean[BD_BOOTMENU_TEXT_MAX];

	/* Cleaned by itself: ".." does not lead out of it. */
	if (!bd_boot_path_clean(path, clean))
		return bd_fail(err, ENAMETOOLONG, "a path is too long");
	if (bd_text_format(&below, err, "/%s%s", subvolume, clean) != 0 ||
	    bd_by_grub_load_usual(disk, device, subvolume, err) != 0)
		return -1;
	return look(disk, device, below, place, err);
}

int bd_boot_place_find(struct bd_boot_disk *disk, struct bd_boot_device *device, const char *path,
		       struct bd_boot_place *place_out, struct bd_error *err)
{
	BD_DISPOSE(bd_boot_place_dispose) struct bd_boot_place place = { .path = NULL };
	const char *subvolume;

	if (look(disk, device, path, &place, err) != 0)
		return -1;
	if (!place.type && device->is_btrfs) {
		if (bd_boot_subvolume_find(disk, device, &subvolume, err) != 0)
			return -1;
		if (*subvolume && look_below(disk, device, subvolume, path, &place, err) != 0)
			return -1;
	}
	*place_out = bd_take_struct(place);
	return 0;
}
