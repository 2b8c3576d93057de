/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recognises and removes what a killed run has left. */
#include "ops/guest/leftover.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file/file.h"
#include "base/log.h"
#include "base/text.h"
#include "disk/facts.h"
#include "guest/description.h"
#include "guest/disks.h"
#include "ops/guest/files.h"

/* All disks that the guest would have. */
struct disks {
	char *items[BD_FURTHER_DISKS_MAX + 2]; /* the first, and the seed; owned */
	size_t count;
};

static void dispose_disks(struct disks *disks)
{
	for (size_t i = 0; i < disks->count; i++)
		free(disks->items[i]);
}

static int add_disk(struct disks *disks, const char *path, struct bd_error *err)
{
	char *copy = path ? strdup(path) : NULL;

	if (path && !copy)
		return bd_no_memory(err);
	if (copy)
		disks->items[disks->count++] = copy;
	return 0;
}

/* The guest as its cfg would describe it; borrowed. */
static struct bd_cfg as_cfg(const struct leftover *leftover, struct disks *disks)
{
	return (struct bd_cfg){
		.name = (char *)(uintptr_t)leftover->name,
		.path = (char *)(uintptr_t)leftover->cfg_path,
		.kernel = (char *)(uintptr_t)leftover->kernel_path,
		.ramdisk = (char *)(uintptr_t)leftover->ramdisk_path,
		.disks = disks->items,
		.disk_count = disks->count,
	};
}

bool leftover_of_name(const char *name, const char *dir, struct leftover_paths *paths_out,
		      struct leftover *leftover_out)
{
	char real[PATH_MAX];
	const char *folder = realpath(dir ? dir : BD_SYSCONFDIR "/xen", real);
	const char *images = dir ? folder : BD_LOCALSTATEDIR "/lib/xen/images";
	struct bd_guest guest;
	struct bd_error no_name;

	if (bd_guest_set_name(&guest, name, &no_name) != 0 || !folder ||
	    snprintf(paths_out->cfg, PATH_MAX, "%s/%s.cfg", folder, name) >= PATH_MAX ||
	    snprintf(paths_out->image, PATH_MAX, "%s/%s.img", images, name) >= PATH_MAX ||
	    snprintf(paths_out->kernel, PATH_MAX, "%s/%s.vmlinuz", images, name) >= PATH_MAX ||
	    snprintf(paths_out->ramdisk, PATH_MAX, "%s/%s.initramfs", images, name) >= PATH_MAX ||
	    snprintf(paths_out->seed, PATH_MAX, "%s/%s" GUEST_SEED_SUFFIX, images, name) >= PATH_MAX)
		return false;
	*leftover_out =
		(struct leftover){ name, paths_out->cfg, paths_out->image, paths_out->kernel, paths_out->ramdisk,
				   0,	 paths_out->seed };
	return true;
}

static bool has_mark(const char *path, struct stat *there_out)
{
	return path && lstat(path, there_out) == 0 && S_ISREG(there_out->st_mode) && (there_out->st_mode & S_ISVTX);
}

/* The image and the other file are as they were made: create_files_sync gives them one time, which the first write of a guest
 * changes. */
static bool is_as_made(const struct leftover *leftover, const char *path)
{
	struct stat image, other;

	return has_mark(leftover->image_path, &image) && has_mark(path, &other) &&
	       bd_compare_times(&image.st_mtim, &other.st_mtim) == 0;
}

static int further_path(const struct leftover *leftover, size_t index, char **path_out, struct bd_error *err)
{
	char suffix[BD_FURTHER_DISK_SUFFIX_SIZE], folder[PATH_MAX];

	bd_path_folder(leftover->image_path, folder);
	bd_further_disk_suffix(index, suffix);
	return bd_text_format(path_out, err, "%s/%s%s", strcmp(folder, "/") == 0 ? "" : folder, leftover->name,
			      suffix);
}

/* Of the further ones those that were made with the image, however many this run would make: any other is somebody's data. */
static int find_disks(const struct leftover *leftover, struct disks *disks, struct bd_error *err)
{
	if (add_disk(disks, leftover->image_path, err) != 0)
		return -1;
	for (size_t i = 0; leftover->image_path && i < BD_FURTHER_DISKS_MAX; i++) {
		BD_FREE char *path = NULL;
		if (further_path(leftover, i, &path, err) != 0 ||
		    (is_as_made(leftover, path) && add_disk(disks, path, err) != 0))
			return -1;
	}
	return add_disk(disks, leftover->seed_path, err);
}

/* Without an image, each of them has to have the mark: a file without it is somebody's. */
static int are_unfinished(const struct leftover *leftover, bool *unfinished_out, struct bd_error *err)
{
	const char *const paths[] = { leftover->seed_path, leftover->kernel_path, leftover->ramdisk_path };
	bool any = false, there;
	struct stat file;

	*unfinished_out = false;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		if (!paths[i])
			continue;
		if (bd_path_is_there(paths[i], &there, err) != 0)
			return -1;
		if (there && !has_mark(paths[i], &file))
			return 0;
		any |= there;
	}
	*unfinished_out = any;
	return 0;
}

/* One that was ever mounted is a guest's disk, whatever its mark, unless it was mounted before it was copied from a template; and so is
 * one that cannot be looked into. */
static int is_unfinished(const struct leftover *leftover, bool *unfinished_out, struct bd_error *err)
{
	struct bd_disk_facts disk;
	bool there = false;

	*unfinished_out = false;
	if (leftover->image_path && bd_path_is_there(leftover->image_path, &there, err) != 0)
		return -1;
	if (!there)
		return are_unfinished(leftover, unfinished_out, err);
	if (bd_disk_look(leftover->image_path, &disk, err) != 0)
		return err->code != ENOENT && err->code != EINVAL ? -1 : 0; /* a link to nowhere, or no file */
	*unfinished_out = disk.is_sticky && !disk.unreadable &&
			  (!disk.root_was_mounted || is_as_made(leftover, leftover->seed_path));
	return 0;
}

/* The first that is there is what the others go by. */
static bool is_own(const struct guest_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].there)
			return !files->items[i].stays;
	return false;
}

/* files_out is filled where there is one. */
static int find(const struct leftover *leftover, struct guest_files *files_out, bool *there_out, struct bd_error *err)
{
	BD_DISPOSE(dispose_disks) struct disks disks = { .count = 0 };
	bool has_cfg, unfinished;

	*there_out = false;
	if (bd_path_is_there(leftover->cfg_path, &has_cfg, err) != 0)
		return -1;
	if (has_cfg)
		return 0;
	if (is_unfinished(leftover, &unfinished, err) != 0)
		return -1;
	if (!unfinished)
		return 0;
	if (find_disks(leftover, &disks, err) != 0)
		return -1;
	const struct bd_cfg cfg = as_cfg(leftover, &disks);
	if (guest_files_find(&cfg, files_out, err) != 0)
		return -1;
	*there_out = is_own(files_out);
	return 0;
}

int leftover_is_there(const struct leftover *leftover, bool *there_out, struct bd_error *err)
{
	BD_DISPOSE(guest_files_dispose) struct guest_files files = { 0 };

	return find(leftover, &files, there_out, err);
}

static int remove_file(const struct guest_file *file, struct guest_paths *removed, struct bd_error *err)
{
	if (file->stays || !file->there)
		return 0;
	if (unlink(file->path) != 0)
		return errno == ENOENT ? 0 : bd_fail_errno(err, "cannot remove %s", file->path);
	return guest_paths_add(removed, file->path, err);
}

/* As find; fails where one of the files is in use. */
static int find_unused(const struct leftover *leftover, struct guest_files *files_out, bool *there_out,
		       struct bd_error *err)
{
	if (find(leftover, files_out, there_out, err) != 0)
		return -1;
	return *there_out ? guest_files_check_unused(files_out, err) : 0;
}

/* All that have such names, whosever they are. */
static int find_named_disks(const struct leftover *leftover, struct disks *disks, struct bd_error *err)
{
	if (add_disk(disks, leftover->image_path, err) != 0)
		return -1;
	for (size_t i = 0; leftover->image_path && i < BD_FURTHER_DISKS_MAX; i++) {
		BD_FREE char *path = NULL;
		if (further_path(leftover, i, &path, err) != 0 || add_disk(disks, path, err) != 0)
			return -1;
	}
	return add_disk(disks, leftover->seed_path, err);
}

int leftover_find_unnamed(const struct leftover *leftover, struct guest_paths *paths_out, struct bd_error *err)
{
	BD_DISPOSE(dispose_disks) struct disks disks = { .count = 0 };
	BD_DISPOSE(guest_files_dispose) struct guest_files files = { 0 };
	bool is_leftover;

	if (leftover_is_there(leftover, &is_leftover, err) != 0)
		return -1;
	if (is_leftover)
		return 0;
	if (find_named_disks(leftover, &disks, err) != 0)
		return -1;
	const struct bd_cfg cfg = as_cfg(leftover, &disks);
	if (guest_files_find(&cfg, &files, err) != 0)
		return -1;
	for (size_t i = 0; i < files.count; i++)
		if (files.items[i].there && !files.items[i].stays &&
		    guest_paths_add(paths_out, files.items[i].path, err) != 0)
			return -1;
	return 0;
}

int leftover_plan(const struct leftover *leftover, struct guest_paths *paths_out, bool *there_out,
		  struct bd_error *err)
{
	BD_DISPOSE(guest_files_dispose) struct guest_files files = { 0 };

	if (find_unused(leftover, &files, there_out, err) != 0)
		return -1;
	for (size_t i = *there_out ? files.count : 0; i > 0; i--) {
		const struct guest_file *file = &files.items[i - 1];
		if (!file->stays && file->there && guest_paths_add(paths_out, file->path, err) != 0)
			return -1;
	}
	return 0;
}

int leftover_remove(const struct leftover *leftover, struct guest_paths *removed, bool *removed_out,
		    struct bd_error *err)
{
	BD_DISPOSE(guest_files_dispose) struct guest_files files = { 0 };
	bool there;

	*removed_out = false;
	if (find_unused(leftover, &files, &there, err) != 0)
		return -1;
	if (!there)
		return 0;
	for (size_t i = files.count; i > 0; i--)
		if (remove_file(&files.items[i - 1], removed, err) != 0)
			return -1;
	*removed_out = true;
	return guest_files_sync_folder(files.items[0].path, err);
}

int leftover_replace(const struct leftover *leftover, bool *removed_out, struct bd_error *err)
{
	BD_DISPOSE(guest_paths_dispose) struct guest_paths removed = { 0 };

	if (leftover_remove(leftover, &removed, removed_out, err) != 0)
		return -1;
	if (removed.count) /* what went last is what the others go by */
		bd_warn("%s was left by an interrupted run; removing it", removed.items[removed.count - 1]);
	return 0;
}

static int check_absent(const char *path, const struct guest_paths *gone, struct bd_error *err)
{
	bool there = false;

	if (!path || (gone && guest_paths_has(gone, path)))
		return 0;
	if (bd_path_is_there(path, &there, err) != 0)
		return -1;
	return there ? bd_exists(err, "%s already exists and was not changed", path) : 0;
}

static int check_further_absent(const struct leftover *leftover, const struct guest_paths *gone, struct bd_error *err)
{
	for (size_t i = 0; leftover->image_path && i < leftover->disk_count; i++) {
		BD_FREE char *path = NULL;
		if (further_path(leftover, i, &path, err) != 0 || check_absent(path, gone, err) != 0)
			return -1;
	}
	return 0;
}

int leftover_check_absent(const struct leftover *leftover, const struct guest_paths *gone, struct bd_error *err)
{
	const char *const paths[] = { leftover->kernel_path, leftover->ramdisk_path, leftover->seed_path };
	bool there;

	if (leftover_is_there(leftover, &there, err) != 0)
		return -1;
	if (there)
		return 0;
	if (check_absent(leftover->cfg_path, gone, err) != 0 || check_absent(leftover->image_path, gone, err) != 0 ||
	    check_further_absent(leftover, gone, err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (check_absent(paths[i], gone, err) != 0)
			return -1;
	return 0;
}
