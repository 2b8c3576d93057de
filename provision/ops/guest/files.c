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
#include "base/clock.h"
#include "base/file/closing.h"
#include "base/file/file.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "base/text.h"
#include "disk/device.h"
#include "disk/use/in_use.h"
#include "guest/disks.h"
#include "volume/change.h"
#include "volume/find.h"
#include "volume/lvm.h"
#include "xlcfg/folder.h"

/* The loop device of a domain that has gone takes a moment to let go of its file. */
#define LET_GO_S 1
/* How often it is looked at until then: a file, should it have been told a little too early; and a volume, of which nothing
 * is told when the backend of a domain closes it. */
#define LOOK_S 0.1

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
	/* The suffix may be a part of the path. */
	if (file->suffix && bd_text_ends_in(file->path, file->suffix))
		files->items[files->count].suffix = path + strlen(path) - strlen(file->suffix);
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

/* A volume of the guest's name that is not there may have another one by now: of a rename that was cut short. */
static int look_for_group(struct guest_file *file, const struct bd_cfg *cfg, struct bd_error *err)
{
	BD_DISPOSE(bd_volumes_dispose) struct bd_volumes groups = { 0 };
	char group[BD_VOLUME_NAME_SIZE], name[BD_VOLUME_NAME_SIZE];

	if (access(file->path, F_OK) == 0 || !bd_volume_path_split(file->path, group, name) ||
	    strcmp(name, cfg->name) != 0 || !bd_lvm_is_usable())
		return 0;
	if (bd_volume_group_find(group, &groups, err) != 0)
		return -1;
	file->is_volume = groups.count != 0;
	return 0;
}

/* One that was made for another guest, or by other means, is left to whoever made it. */
static int look_at_volume(struct guest_file *file, const struct bd_cfg *cfg, struct bd_error *err)
{
	BD_DISPOSE(bd_volumes_dispose) struct bd_volumes found = { 0 };

	if (bd_volume_find_path(file->path, &found, err) != 0)
		return bd_wrap(err, "cannot tell what %s is", file->path);
	if (!found.count)
		return look_for_group(file, cfg, err);
	file->is_volume = file->there = true;
	file->stays = !bd_volume_has_tag(&found.items[0], BD_VOLUME_TAG) ? "it is a device"
		      : strcmp(found.items[0].name, cfg->name) != 0	 ? "it does not have the guest's name"
									 : NULL;
	return 0;
}

static int look_at_file(struct guest_file *file, const struct bd_cfg *cfg, const char *suffix, struct bd_error *err)
{
	struct stat there;

	file->there = lstat(file->path, &there) == 0;
	if (!file->there && errno != ENOENT && errno != ENOTDIR)
		return bd_fail_errno(err, "cannot access %s", file->path);
	file->stays = file->there ? kind_that_stays(&there) : NULL;
	if (!file->stays && !bd_path_is_named(file->path, cfg->name, suffix))
		file->stays = "it does not have the guest's name";
	return 0;
}

static int look_at(const char *path, const char *suffix, const struct bd_cfgs *cfgs, const struct bd_cfg *cfg,
		   struct guest_files *files, struct bd_error *err)
{
	BD_FREE char *copy = strdup(path);
	struct guest_file file = { .path = copy };
	bool used = false;

	if (!copy)
		return bd_no_memory(err);
	if (look_at_volume(&file, cfg, err) != 0 || (!file.is_volume && look_at_file(&file, cfg, suffix, err) != 0))
		return -1;
	if (!file.stays && is_used_by_another(cfgs, cfg, path, &used, err) != 0)
		return -1;
	if (used)
		file.stays = "another guest's cfg names it too";
	file.suffix = file.stays ? NULL : file.is_volume ? "" : suffix;
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].path, path) == 0)
			return 0;
	return add(files, &file, err);
}

static const char *suffix_of(const char *path, const char *name)
{
	const char *suffix;

	if (bd_path_is_named(path, name, GUEST_SEED_SUFFIX))
		return GUEST_SEED_SUFFIX;
	return bd_is_further_disk(path, name, &suffix) ? suffix : ".img";
}

static int look_at_all(const struct bd_cfg *cfg, const struct bd_cfgs *cfgs, struct guest_files *files,
		       struct bd_error *err)
{
	for (size_t i = 0; i < cfg->disk_count; i++)
		if (look_at(cfg->disks[i], suffix_of(cfg->disks[i], cfg->name), cfgs, cfg, files, err) != 0)
			return -1;
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

/* Of an inactive volume, nobody has anything open. */
static int check_volume_unused(const char *path, struct bd_error *err)
{
	double end_s = bd_clock_s() + LET_GO_S;

	for (;;) {
		BD_DISPOSE(bd_device_dispose) struct bd_device device = BD_DEVICE_INIT;
		if (access(path, F_OK) != 0 || bd_device_open(path, BD_DEVICE_LOOK, &device, err) == 0)
			return 0;
		if (bd_clock_s() >= end_s || bd_closing_wait(-1, bd_clock_s() + LOOK_S, err) != 0)
			return -1;
	}
}

static int wait_until_unused(int fd, struct bd_error *err)
{
	BD_CLOSE int watch_fd = bd_closing_watch(fd);
	double end_s = bd_clock_s() + LET_GO_S;

	while (bd_disk_check_unused(fd, err) != 0)
		if (bd_clock_s() >= end_s || bd_closing_wait(watch_fd, bd_clock_s() + LOOK_S, err) != 0)
			return -1;
	return 0;
}

static int check_unused(const struct guest_file *file, struct bd_error *err)
{
	const char *path = file->path;

	if (file->is_volume)
		return check_volume_unused(path, err);
	BD_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	/* What cannot be opened cannot be asked about; to remove it takes less. */
	if (fd < 0 || bd_disk_check_unused(fd, err) == 0 || wait_until_unused(fd, err) == 0)
		return 0;
	return bd_cancel_caused(err) ? -1 : bd_wrap(err, "%s is in use", path);
}

int guest_files_check_unused(const struct guest_files *files, struct bd_error *err)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].there && !files->items[i].stays && check_unused(&files->items[i], err) != 0)
			return -1;
	return 0;
}

int guest_file_remove(const struct guest_file *file, bool *removed_out, struct bd_error *err)
{
	char group[BD_VOLUME_NAME_SIZE], name[BD_VOLUME_NAME_SIZE];

	*removed_out = false;
	if (file->is_volume && !file->there)
		return 0;
	if (file->is_volume && bd_volume_path_split(file->path, group, name)) {
		if (bd_volume_remove(group, name, err) != 0)
			return bd_wrap(err, "cannot remove the logical volume %s", file->path);
	} else if (unlink(file->path) != 0) {
		return errno == ENOENT ? 0 : bd_fail_errno(err, "cannot remove %s", file->path);
	}
	bd_debug("%s is removed", file->path);
	*removed_out = true;
	return file->is_volume ? 0 : guest_files_sync_folder(file->path, err);
}

int guest_file_is_taken(const struct guest_file *file, const char *path, bool *taken_out, struct bd_error *err)
{
	BD_DISPOSE(bd_volumes_dispose) struct bd_volumes found = { 0 };

	if (bd_path_is_there(path, taken_out, err) != 0)
		return -1;
	if (*taken_out || !file->is_volume)
		return 0;
	if (bd_volume_find_path(path, &found, err) != 0)
		return -1;
	*taken_out = found.count != 0;
	return 0;
}

static int fail_taken(const char *path, struct bd_error *err)
{
	return bd_exists(err, "%s already exists and was not changed", path);
}

static int rename_file(const struct guest_file *file, const char *from, const char *to, struct bd_error *err)
{
	int r = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);

	if (r != 0 && (errno == EINVAL || errno == ENOSYS)) {
		/* No such flag on this filesystem. */
		bool taken;
		if (guest_file_is_taken(file, to, &taken, err) != 0)
			return -1;
		if (taken)
			return fail_taken(to, err);
		r = rename(from, to);
	}
	if (r == 0)
		return 0;
	return errno == EEXIST ? fail_taken(to, err) : bd_fail_errno(err, "cannot rename %s", from);
}

static int rename_volume(const char *from, const char *to, struct bd_error *err)
{
	char group[BD_VOLUME_NAME_SIZE], name[BD_VOLUME_NAME_SIZE];

	if (!bd_volume_path_split(from, group, name))
		return bd_fail(err, EINVAL, "%s is no logical volume", from);
	return bd_volume_rename(group, name, bd_path_last(to), err) == 0
		       ? 0
		       : bd_wrap(err, "cannot rename the logical volume %s", from);
}

int guest_file_move(const struct guest_file *file, const char *from, const char *to, struct bd_error *err)
{
	if ((file->is_volume ? rename_volume(from, to, err) : rename_file(file, from, to, err)) != 0)
		return -1;
	bd_debug("%s is %s now", from, to);
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
