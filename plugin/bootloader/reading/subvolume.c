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

#define SNAPSHOTS "/@/.snapshots"
#define SNAPSHOTS_MAX 64 /* that are looked at, the latest first */
#define INFO_BYTES_MAX (64u << 10)

void bd_boot_place_dispose(struct bd_boot_place *place)
{
	free(place->path);
	*place = (struct bd_boot_place){ .path = NULL };
}

/* --- snapper ------------------------------------------------------------------------------------------------------ */

static int compare_falling(const void *one, const void *other)
{
	unsigned a = *(const unsigned *)one, b = *(const unsigned *)other;

	return (a < b) - (a > b);
}

/* The numbers of the latest ones. */
static size_t take_numbers(const struct bd_grub_listing *listing, unsigned *numbers)
{
	size_t count = 0;

	for (size_t i = 0; i < listing->count; i++) {
		const char *name = listing->names[i].name;
		size_t size = strlen(name);
		if (listing->names[i].type != 'd' || size > 9 || strspn(name, "0123456789") != size || *name == '0')
			continue;
		numbers[count++] = (unsigned)strtoul(name, NULL, 10);
	}
	qsort(numbers, count, sizeof(*numbers), compare_falling);
	return count < SNAPSHOTS_MAX ? count : SNAPSHOTS_MAX;
}

struct paths {
	char *texts[BD_BY_GRUB_TOGETHER_MAX]; /* owned */
	size_t count;
};

static void paths_dispose(struct paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->texts[i]);
	paths->count = 0;
}

/* The directories, and then the descriptions in them, each at once. */
static int load_descriptions(struct bd_boot_disk *disk, const struct bd_boot_device *device, const unsigned *numbers,
			     size_t count, struct bd_error *err)
{
	BD_DISPOSE(paths_dispose) struct paths folders = { .count = 0 }, files = { .count = 0 };

	for (size_t i = 0; i < count; i++) {
		if (bd_text_format(&folders.texts[i], err, SNAPSHOTS "/%u", numbers[i]) != 0)
			return -1;
		folders.count++;
		if (bd_text_format(&files.texts[i], err, SNAPSHOTS "/%u/info.xml", numbers[i]) != 0)
			return -1;
		files.count++;
	}
	if (bd_by_grub_load_folders(disk, device, (const char *const *)folders.texts, count, err) != 0)
		return -1;
	return bd_by_grub_load_files(disk, device, (const char *const *)files.texts, count, err);
}

/* "writable copy of #2" is how snapper describes what a rollback leaves. */
static int is_rolled_back(struct bd_boot_disk *disk, const struct bd_boot_device *device, unsigned number,
			  bool *is_out, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	char path[64], type;
	uint64_t size;

	*is_out = false;
	snprintf(path, sizeof(path), SNAPSHOTS "/%u/info.xml", number);
	if (bd_by_grub_look(disk, device, path, &type, &size, err) != 0)
		return -1;
	if (type != 'f' || size > INFO_BYTES_MAX)
		return 0;
	if (bd_by_grub_read(disk, device, path, (size_t)size, &text, err) != 0)
		return err->code == EIO ? 0 : -1;
	*is_out = strstr(text, "<description>writable copy of #") != NULL;
	return 0;
}

static int choose_snapshot(struct bd_boot_disk *disk, const struct bd_boot_device *device, const unsigned *numbers,
			   size_t count, unsigned *number_out, struct bd_error *err)
{
	*number_out = 1;
	for (size_t i = 0; i < count; i++) {
		bool is_it;
		size_t left = count - i;
		if (i % BD_BY_GRUB_TOGETHER_MAX == 0 &&
		    load_descriptions(disk, device, numbers + i,
				      left < BD_BY_GRUB_TOGETHER_MAX ? left : BD_BY_GRUB_TOGETHER_MAX, err) != 0)
			return -1;
		if (is_rolled_back(disk, device, numbers[i], &is_it, err) != 0)
			return -1;
		if (is_it) {
			*number_out = numbers[i];
			return 0;
		}
	}
	return 0;
}

static int find_snapshot(struct bd_boot_disk *disk, struct bd_boot_device *device, struct bd_error *err)
{
	const struct bd_grub_listing *listing;
	unsigned number;
	char path[64], type;
	uint64_t size;

	if (bd_by_grub_list(disk, device, SNAPSHOTS, &listing, err) != 0)
		return -1;
	if (!listing->count)
		return 0;
	BD_FREE unsigned *numbers = calloc(listing->count, sizeof(*numbers));
	if (!numbers)
		return bd_no_memory(err);
	if (choose_snapshot(disk, device, numbers, take_numbers(listing, numbers), &number, err) != 0)
		return -1;
	snprintf(path, sizeof(path), SNAPSHOTS "/%u/snapshot", number);
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
