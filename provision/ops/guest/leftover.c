/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recognises and removes what a killed run has left. */
#include "ops/guest/leftover.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "disk/facts.h"
#include "guest/description.h"
#include "ops/guest/files.h"

/* The guest as its cfg would describe it; borrowed. */
static struct bd_cfg as_cfg(const struct leftover *leftover, char **disks)
{
	disks[0] = (char *)(uintptr_t)leftover->image_path;
	disks[1] = (char *)(uintptr_t)leftover->seed_path;
	return (struct bd_cfg){
		.name = (char *)(uintptr_t)leftover->name,
		.path = (char *)(uintptr_t)leftover->cfg_path,
		.kernel = (char *)(uintptr_t)leftover->kernel_path,
		.ramdisk = (char *)(uintptr_t)leftover->ramdisk_path,
		.disks = disks,
		.disk_count = leftover->seed_path ? 2 : 1,
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
	*leftover_out = (struct leftover){
		name, paths_out->cfg, paths_out->image, paths_out->kernel, paths_out->ramdisk, paths_out->seed
	};
	return true;
}

/* One that was ever mounted is a guest's disk, whatever its mark, and so is one that cannot be looked into. */
static int is_unfinished(const char *image_path, bool *unfinished_out, struct bd_error *err)
{
	struct bd_disk_facts disk;
	bool there;

	*unfinished_out = false;
	if (bd_path_is_there(image_path, &there, err) != 0)
		return -1;
	if (!there || bd_disk_look(image_path, &disk, err) != 0)
		return there && err->code != ENOENT && err->code != EINVAL ? -1
									   : 0; /* a link to nowhere, or no file */
	*unfinished_out = disk.is_sticky && !disk.unreadable && !disk.root_was_mounted;
	return 0;
}

/* files_out is filled where there is one. */
static int find(const struct leftover *leftover, struct guest_files *files_out, bool *there_out, struct bd_error *err)
{
	char *disks[2];
	struct bd_cfg cfg = as_cfg(leftover, disks);
	bool has_cfg, unfinished;

	*there_out = false;
	if (!leftover->image_path)
		return 0;
	if (bd_path_is_there(leftover->cfg_path, &has_cfg, err) != 0)
		return -1;
	if (has_cfg)
		return 0;
	if (is_unfinished(leftover->image_path, &unfinished, err) != 0)
		return -1;
	if (!unfinished)
		return 0;
	if (guest_files_find(&cfg, files_out, err) != 0)
		return -1;
	*there_out = files_out->count && !files_out->items[0].stays;
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
	return removed ? guest_paths_add(removed, file->path, err) : 0;
}

/* As find; fails where one of the files is in use. */
static int find_unused(const struct leftover *leftover, struct guest_files *files_out, bool *there_out,
		       struct bd_error *err)
{
	if (find(leftover, files_out, there_out, err) != 0)
		return -1;
	return *there_out ? guest_files_check_unused(files_out, err) : 0;
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
	return guest_files_sync_folder(leftover->image_path, err);
}

static int check_absent(const char *path, struct bd_error *err)
{
	bool there = false;

	if (path && bd_path_is_there(path, &there, err) != 0)
		return -1;
	return there ? bd_exists(err, "%s already exists and was not changed", path) : 0;
}

int leftover_check_absent(const struct leftover *leftover, struct bd_error *err)
{
	bool there;

	if (leftover_is_there(leftover, &there, err) != 0)
		return -1;
	if (there)
		return 0;
	if (check_absent(leftover->cfg_path, err) != 0 || check_absent(leftover->image_path, err) != 0 ||
	    check_absent(leftover->kernel_path, err) != 0)
		return -1;
	return check_absent(leftover->ramdisk_path, err) == 0 ? check_absent(leftover->seed_path, err) : -1;
}
