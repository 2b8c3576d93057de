/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Distinguishes the files that belong to a guest alone from those that it only uses. */
#include "ops/guest/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/text.h"
#include "disk/copy.h"
#include "xlcfg/folder.h"

/* The loop device of a domain that has gone takes a moment to let go of its file. */
#define LOOKS 10
#define LOOK_US 100000

void guest_files_dispose(struct guest_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].path);
	free(files->items);
	*files = (struct guest_files){ 0 };
}

static int add(struct guest_files *files, const struct guest_file *file, struct bd_error *err)
{
	BD_FREE char *path = strdup(file->path);

	if (!path)
		return bd_no_memory(err);
	if (bd_array_grow(files->items, files->count, err) != 0)
		return -1;
	files->items[files->count] = *file;
	files->items[files->count++].path = bd_take_ptr(path);
	return 0;
}

/* By the files that the names lead to, as far as there are any. */
static int is_same(const char *one, const char *other, bool *same_out, struct bd_error *err)
{
	*same_out = false;
	return one && other ? bd_path_is_same(one, other, same_out, err) : 0;
}

static int uses(const struct bd_cfg *cfg, const char *path, bool *uses_out, struct bd_error *err)
{
	*uses_out = false;
	for (size_t i = 0; i < cfg->disk_count && !*uses_out; i++)
		if (is_same(cfg->disks[i], path, uses_out, err) != 0)
			return -1;
	if (!*uses_out && is_same(cfg->kernel, path, uses_out, err) != 0)
		return -1;
	return *uses_out ? 0 : is_same(cfg->ramdisk, path, uses_out, err);
}

static int is_used_by_another(const struct bd_cfgs *cfgs, const struct bd_cfg *cfg, const char *path, bool *used_out,
			      struct bd_error *err)
{
	bool own;

	*used_out = false;
	for (size_t i = 0; i < cfgs->count && !*used_out; i++) {
		if (is_same(cfgs->items[i].path, cfg->path, &own, err) != 0 ||
		    (!own && uses(&cfgs->items[i], path, used_out, err) != 0))
			return -1;
	}
	return 0;
}

/* there: of a file that is there. */
static const char *kind_that_stays(const struct stat *there)
{
	if (S_ISLNK(there->st_mode))
		return "it is a symbolic link";
	if (S_ISBLK(there->st_mode) || S_ISCHR(there->st_mode))
		return "it is a device";
	return S_ISREG(there->st_mode) ? NULL : "it is no regular file";
}

static int look_at(const char *path, const char *suffix, const struct bd_cfgs *cfgs, const struct bd_cfg *cfg,
		   struct guest_files *files, struct bd_error *err)
{
	BD_FREE char *copy = strdup(path);
	struct guest_file file = { .path = copy };
	struct stat there;
	bool used = false;

	if (!copy)
		return bd_no_memory(err);
	file.there = lstat(path, &there) == 0;
	if (!file.there && errno != ENOENT && errno != ENOTDIR)
		return bd_fail_errno(err, "cannot access %s", path);
	file.stays = file.there ? kind_that_stays(&there) : NULL;
	if (!file.stays && !bd_path_is_named(path, cfg->name, suffix))
		file.stays = "it does not have the guest's name";
	if (!file.stays && is_used_by_another(cfgs, cfg, path, &used, err) != 0)
		return -1;
	if (used)
		file.stays = "another guest's cfg names it too";
	file.suffix = file.stays ? NULL : suffix;
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].path, path) == 0)
			return 0;
	return add(files, &file, err);
}

static int look_at_all(const struct bd_cfg *cfg, const struct bd_cfgs *cfgs, struct guest_files *files,
		       struct bd_error *err)
{
	for (size_t i = 0; i < cfg->disk_count; i++) {
		bool is_seed = bd_path_is_named(cfg->disks[i], cfg->name, GUEST_SEED_SUFFIX);
		if (look_at(cfg->disks[i], is_seed ? GUEST_SEED_SUFFIX : ".img", cfgs, cfg, files, err) != 0)
			return -1;
	}
	if (cfg->kernel && bd_path_is_named(cfg->kernel, cfg->name, ".vmlinuz") &&
	    look_at(cfg->kernel, ".vmlinuz", cfgs, cfg, files, err) != 0)
		return -1;
	if (cfg->ramdisk && bd_path_is_named(cfg->ramdisk, cfg->name, ".initramfs"))
		return look_at(cfg->ramdisk, ".initramfs", cfgs, cfg, files, err);
	return 0;
}

static bool has_own(const struct guest_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].there && !files->items[i].stays)
			return true;
	return false;
}

int guest_files_find(const struct bd_cfg *cfg, struct guest_files *files_out, struct bd_error *err)
{
	BD_DISPOSE(guest_files_dispose) struct guest_files files = { 0 };
	BD_DISPOSE(bd_cfgs_dispose) struct bd_cfgs cfgs = { 0 };
	char folder[PATH_MAX];

	bd_path_folder(cfg->path, folder);
	if (bd_cfgs_read(folder, &cfgs, err) != 0 || look_at_all(cfg, &cfgs, &files, err) != 0)
		return -1;
	if (cfgs.unreadable_count && has_own(&files))
		return bd_fail(err, EINVAL, "%s; it may use files of %s, which were not changed", cfgs.unreadable[0],
			       cfg->name);
	*files_out = bd_take_struct(files);
	return 0;
}

static int check_unused(const char *path, struct bd_error *err)
{
	BD_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int r = 0;

	/* What cannot be opened cannot be asked about; to remove it takes less. */
	for (unsigned looked = 0; fd >= 0 && (r = bd_disk_check_unused(fd, err)) != 0 && looked < LOOKS; looked++)
		usleep(LOOK_US);
	return r == 0 ? 0 : bd_wrap(err, "%s is in use", path);
}

int guest_files_check_unused(const struct guest_files *files, struct bd_error *err)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].there && !files->items[i].stays && check_unused(files->items[i].path, err) != 0)
			return -1;
	return 0;
}

int guest_files_sync_folder(const char *path, struct bd_error *err)
{
	char folder[PATH_MAX];

	bd_path_folder(path, folder);
	BD_CLOSE int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return bd_fail_errno(err, "cannot write the directory %s to the disk", folder);
	return 0;
}
