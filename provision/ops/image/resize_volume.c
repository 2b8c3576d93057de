/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lvextend, by extents that are known to be zeros. */
#include "ops/image/resize_volume.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "disk/device.h"
#include "volume/change.h"
#include "volume/find.h"

int resize_volume_is_ours(const char *path, bool *ours_out, struct bd_error *err)
{
	BD_DISPOSE(bd_volumes_dispose) struct bd_volumes found = { 0 };

	if (bd_volume_find_path(path, &found, err) != 0)
		return -1;
	*ours_out = found.count && bd_volume_has_tag(&found.items[0], BD_VOLUME_TAG);
	return 0;
}

/* The volume that takes the new extents for a moment. */
struct fresh {
	const char *group;
	char name[BD_VOLUME_NAME_SIZE];
};

static int zero(const struct fresh *fresh, struct bd_error *err)
{
	BD_DISPOSE(bd_device_dispose) struct bd_device device = BD_DEVICE_INIT;
	char path[BD_VOLUME_PATH_SIZE];

	bd_volume_path(fresh->group, fresh->name, path);
	if (bd_device_open(path, BD_DEVICE_WRITE, &device, err) != 0)
		return -1;
	bd_progress_stage("clearing the new extents", device.size_bytes);
	int r = bd_device_clear(&device, bd_progress_update, err);
	device.cleared = false; /* it goes as a whole */
	return r != 0 ? -1 : bd_device_sync(&device, err);
}

/* ranges_out: where they are; they are free again. The caller frees. */
static int zero_extents(const struct bd_volume *volume, uint64_t bytes, char **ranges_out, struct bd_error *err)
{
	struct fresh fresh = { .group = volume->group };
	BD_FREE char *ranges = NULL;
	struct bd_error ignored;

	snprintf(fresh.name, sizeof(fresh.name), "xen-bigdisk-extents-%ld", (long)getpid());
	const struct bd_volume_spec spec = {
		.group = volume->group, .name = fresh.name, .size_bytes = bytes, .tags = { BD_VOLUME_TAG_UNFINISHED }
	};
	if (bd_volume_create(&spec, err) != 0)
		return -1;
	if (zero(&fresh, err) != 0 || bd_volume_find_ranges(volume->group, fresh.name, &ranges, err) != 0) {
		bd_volume_remove(volume->group, fresh.name, &ignored);
		return -1;
	}
	if (bd_volume_remove(volume->group, fresh.name, err) != 0)
		return -1;
	*ranges_out = bd_take_ptr(ranges);
	return 0;
}

static int check_room(const struct bd_volume *volume, uint64_t bytes, struct bd_error *err)
{
	char need[32], there[32];

	if (bytes <= volume->group_free_bytes)
		return 0;
	bd_format_size(bytes, need, sizeof(need));
	bd_format_size(volume->group_free_bytes, there, sizeof(there));
	return bd_no_room(err, "that takes %s more, and the volume group %s has %s free", need, volume->group, there);
}

static int extend(const struct bd_volume *volume, uint64_t size_bytes, struct bd_error *err)
{
	uint64_t bytes = size_bytes - volume->size_bytes;
	BD_FREE char *ranges = NULL;

	if (volume->pool[0])
		return bd_volume_extend(volume->group, volume->name, size_bytes, NULL, err);
	if (strcmp(volume->layout, "linear") != 0)
		return bd_fail(err, ENOTSUP,
			       "it is not a linear volume but %s: make it larger first, as with lvextend",
			       volume->layout);
	if (check_room(volume, bytes, err) != 0 || zero_extents(volume, bytes, &ranges, err) != 0 ||
	    bd_cancel_check(err) != 0)
		return -1;
	return bd_volume_extend(volume->group, volume->name, size_bytes, ranges, err);
}

int resize_volume(const char *path, uint64_t size_bytes, struct bd_error *err)
{
	BD_DISPOSE(bd_volumes_dispose) struct bd_volumes found = { 0 };

	if (bd_volume_find_path(path, &found, err) != 0)
		return -1;
	if (!found.count)
		return bd_fail(err, ENOENT, "%s is no logical volume any more", path);
	if (size_bytes <= found.items[0].size_bytes)
		return 0;
	return extend(&found.items[0], size_bytes, err) == 0 ? 0 : bd_wrap(err, "cannot make %s larger", path);
}
