/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One look at the autostart folder for any number of guests. */
#include "ops/guest/autostart_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "ops/guest/autostart.h"

void autostart_set_dispose(struct autostart_set *set)
{
	free(set->items);
	*set = (struct autostart_set){ 0 };
}

static int compare(const void *one_pointer, const void *other_pointer)
{
	const struct autostart_target *one = one_pointer, *other = other_pointer;

	if (one->device != other->device)
		return one->device < other->device ? -1 : 1;
	return (one->inode > other->inode) - (one->inode < other->inode);
}

/* As in guest_autostart_find, only links count. */
static bool find_target(int folder_fd, const char *name, struct autostart_target *target_out)
{
	struct stat link, target;

	if (fstatat(folder_fd, name, &link, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISLNK(link.st_mode) ||
	    fstatat(folder_fd, name, &target, 0) != 0)
		return false;
	*target_out = (struct autostart_target){ .device = target.st_dev, .inode = target.st_ino };
	return true;
}

int autostart_set_read(struct autostart_set *set_out, struct bd_error *err)
{
	BD_DISPOSE(autostart_set_dispose) struct autostart_set set = { 0 };
	BD_CLOSEDIR DIR *folder = opendir(GUEST_AUTOSTART_FOLDER);
	struct autostart_target target;

	if (!folder && errno != ENOENT && errno != ENOTDIR)
		bd_warn("cannot tell which guests start with dom0: cannot read " GUEST_AUTOSTART_FOLDER);
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		if (!find_target(dirfd(folder), entry->d_name, &target))
			continue;
		if (bd_array_grow(set.items, set.count, err) != 0)
			return -1;
		set.items[set.count++] = target;
	}
	if (set.count)
		qsort(set.items, set.count, sizeof(*set.items), compare);
	*set_out = set;
	set = (struct autostart_set){ 0 };
	return 0;
}

bool autostart_set_has(const struct autostart_set *set, const char *cfg_path)
{
	struct autostart_target wanted;
	struct stat there;

	if (!set->count || stat(cfg_path, &there) != 0)
		return false;
	wanted = (struct autostart_target){ .device = there.st_dev, .inode = there.st_ino };
	return bsearch(&wanted, set->items, set->count, sizeof(*set->items), compare) != NULL;
}
