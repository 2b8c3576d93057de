/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each function for the two kinds of devices. What cannot be read is told, and is not there for those who look for it. */
#include "bootloader/reading/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootloader/reading/by_grub.h"
#include "bootloader/reading/subvolume.h"

/* NULL: it has no files. */
static struct bd_boot_device *find_device(struct bd_boot_disk *disk, const char *name)
{
	struct bd_boot_device *device = bd_boot_devices_find(&disk->devices, name);

	return device && bd_boot_disk_reads(disk, device) ? device : NULL;
}

/* --- looking ------------------------------------------------------------------------------------------------------ */

static void look_in_ext(struct bd_boot_disk *disk, struct bd_boot_device *device, const char *path, char *type_out)
{
	struct bd_places_fs *fs = bd_boot_disk_ext(disk, device);
	struct bd_error err = BD_ERROR_INIT;

	*type_out = '\0';
	if (!fs || bd_places_look(fs, path, type_out, &err) == 0 || err.kind == BD_KIND_NOT_FOUND)
		return;
	bd_boot_disk_tell(disk, BD_LOG_WARNING, "%.200s on %s: %s", path, device->name, err.message);
	*type_out = '\0';
}

/* A path that nothing can have is not there. */
static int find_place(struct bd_boot_disk *disk, struct bd_boot_device *device, const char *path,
		      struct bd_boot_place *place_out, struct bd_error *err)
{
	struct bd_error failure = BD_ERROR_INIT;

	if (bd_boot_place_find(disk, device, path, place_out, &failure) == 0 || failure.code == ENAMETOOLONG)
		return 0;
	*err = failure;
	return -1;
}

static int look_by_grub(struct bd_boot_disk *disk, struct bd_boot_device *device, const char *path, char *type_out,
			struct bd_error *err)
{
	BD_DISPOSE(bd_boot_place_dispose) struct bd_boot_place place = { .path = NULL };

	if (find_place(disk, device, path, &place, err) != 0)
		return -1;
	*type_out = place.type;
	return 0;
}

static int look_at(struct bd_boot_disk *disk, struct bd_boot_device *device, const char *path, char *type_out,
		   struct bd_error *err)
{
	if (!device->is_ext)
		return look_by_grub(disk, device, path, type_out, err);
	look_in_ext(disk, device, path, type_out);
	return 0;
}

static int look(void *source, const char *device_name, const char *path, char *type_out, struct bd_error *err)
{
	struct bd_boot_device *device = find_device(source, device_name);

	*type_out = '\0';
	return device ? look_at(source, device, path, type_out, err) : 0;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static int fail_too_large(const char *path, struct bd_error *err)
{
	return bd_fail(err, EFBIG, "%.200s is too large", path);
}

static int read_from_ext(struct bd_boot_disk *disk, struct bd_boot_device *device, const char *path,
			 size_t limit_bytes, char **text_out, size_t *size_out, struct bd_error *err)
{
	struct bd_places_fs *fs = bd_boot_disk_ext(disk, device);
	struct bd_error failure = BD_ERROR_INIT;
	uint64_t size;

	if (!fs)
		return 0;
	if (bd_places_find(fs, path, &size, &failure) != 0) {
		if (failure.kind == BD_KIND_NOT_FOUND || failure.code == EINVAL)
			return 0;
		*err = failure;
		return bd_wrap(err, "%.200s", path);
	}
	if (size > limit_bytes)
		return fail_too_large(path, err);
	BD_FREE char *data = calloc(1, (size_t)size + 1);
	if (!data)
		return bd_no_memory(err);
	if (bd_places_read_bytes(fs, 0, (size_t)size, data, err) != 0)
		return bd_wrap(err, "%.200s", path);
	*text_out = bd_take_ptr(data);
	*size_out = (size_t)size;
	return 0;
}

static int read_by_grub(struct bd_boot_disk *disk, struct bd_boot_device *device, const char *path,
			size_t limit_bytes, char **text_out, size_t *size_out, struct bd_error *err)
{
	BD_DISPOSE(bd_boot_place_dispose) struct bd_boot_place place = { .path = NULL };

	if (find_place(disk, device, path, &place, err) != 0)
		return -1;
	if (place.type != 'f')
		return 0;
	if (place.size_bytes > limit_bytes)
		return fail_too_large(path, err);
	*size_out = (size_t)place.size_bytes;
	return bd_by_grub_read(disk, device, place.path, (size_t)place.size_bytes, text_out, err);
}

static int read_text(void *source, const char *device_name, const char *path, size_t limit_bytes, char **text_out,
		     size_t *size_out, struct bd_error *err)
{
	struct bd_boot_device *device = find_device(source, device_name);

	*text_out = NULL;
	*size_out = 0;
	if (!device)
		return 0;
	return (device->is_ext ? read_from_ext : read_by_grub)(source, device, path, limit_bytes, text_out, size_out,
							       err);
}

/* --- listing ------------------------------------------------------------------------------------------------------ */

static int list_in_ext(struct bd_boot_disk *disk, struct bd_boot_device *device, const char *path,
		       int (*visit)(void *context, const char *name, struct bd_error *err), void *context,
		       struct bd_error *err)
{
	struct bd_places_fs *fs = bd_boot_disk_ext(disk, device);
	char type = '\0';

	if (fs)
		look_in_ext(disk, device, path, &type);
	return type == 'd' ? bd_places_list(fs, path, visit, context, err) : 0;
}

static int list(void *source, const char *device_name, const char *path,
		int (*visit)(void *context, const char *name, struct bd_error *err), void *context,
		struct bd_error *err)
{
	struct bd_boot_device *device = find_device(source, device_name);
	const struct bd_grub_listing *listing;

	if (!device)
		return 0;
	if (device->is_ext)
		return list_in_ext(source, device, path, visit, context, err);
	BD_DISPOSE(bd_boot_place_dispose) struct bd_boot_place place = { .path = NULL };
	if (find_place(source, device, path, &place, err) != 0)
		return -1;
	if (place.type != 'd')
		return 0;
	if (bd_by_grub_list(source, device, place.path, &listing, err) != 0)
		return -1;
	const struct bd_grub_listing names = *listing; /* whoever visits may ask for others */
	for (size_t i = 0; i < names.count; i++)
		if (visit(context, names.names[i].name, err) != 0)
			return -1;
	return 0;
}

/* --- searching ---------------------------------------------------------------------------------------------------- */

static int is_meant(struct bd_boot_disk *disk, struct bd_boot_device *device, enum bd_bootmenu_search by,
		    const char *what, bool *meant_out, struct bd_error *err)
{
	char type;

	*meant_out = false;
	if (!bd_boot_disk_reads(disk, device) || (device->is_ext && !bd_boot_disk_ext(disk, device)))
		return 0;
	switch (by) {
	case BD_BOOTMENU_SEARCH_UUID:
		*meant_out = *device->uuid && strcasecmp(device->uuid, what) == 0;
		return 0;
	case BD_BOOTMENU_SEARCH_LABEL:
		*meant_out = *device->label && strcmp(device->label, what) == 0;
		return 0;
	case BD_BOOTMENU_SEARCH_FILE:
		if (look_at(disk, device, what, &type, err) != 0)
			return -1;
		*meant_out = type == 'f';
		return 0;
	}
	return 0;
}

static int search_known(struct bd_boot_disk *disk, enum bd_bootmenu_search by, const char *what,
			char device_out[BD_BOOTMENU_DEVICE_SIZE], bool *found_out, struct bd_error *err)
{
	for (size_t i = 0; i < disk->devices.count && !*found_out; i++) {
		struct bd_boot_device *device = disk->devices.items[i];
		if (is_meant(disk, device, by, what, found_out, err) != 0)
			return -1;
		if (*found_out)
			memcpy(device_out, device->name, sizeof(device->name));
	}
	return 0;
}

/* All that is known first: what is not takes a process. */
static int search(void *source, enum bd_bootmenu_search by, const char *what,
		  char device_out[BD_BOOTMENU_DEVICE_SIZE], bool *found_out, struct bd_error *err)
{
	struct bd_boot_disk *disk = source;
	bool was_asked = disk->was_asked;

	*found_out = false;
	if (search_known(disk, by, what, device_out, found_out, err) != 0)
		return -1;
	if (*found_out || was_asked)
		return 0;
	if (bd_boot_disk_ask_devices(disk, err) != 0)
		return -1;
	return search_known(disk, by, what, device_out, found_out, err);
}

static int describe(void *source, const char *device_name, enum bd_bootmenu_search what,
		    char text_out[BD_BOOTMENU_NAME_SIZE], bool *known_out, struct bd_error *err)
{
	struct bd_boot_device *device = find_device(source, device_name);
	(void)err;

	/* An ext filesystem tells its own when it is opened. */
	if (device && device->is_ext && !bd_boot_disk_ext(source, device))
		device = NULL;
	const char *text = !device ? "" : what == BD_BOOTMENU_SEARCH_UUID ? device->uuid : device->label;
	*known_out = *text && strlen(text) < BD_BOOTMENU_NAME_SIZE;
	if (*known_out)
		memcpy(text_out, text, strlen(text) + 1);
	return 0;
}

struct bd_bootmenu_files bd_boot_files(struct bd_boot_disk *disk)
{
	return (struct bd_bootmenu_files){
		.source = disk, .read = read_text, .look = look, .list = list, .search = search, .describe = describe
	};
}
