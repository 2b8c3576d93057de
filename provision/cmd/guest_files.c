/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling the files that belong to a guest alone from those that it only uses. */
#include "cmd/guest_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "image/disk_copy.h"

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
	struct guest_file *grown = realloc(files->items, (files->count + 1) * sizeof(*grown));
	BD_FREE char *path = strdup(file->path);

	if (grown)
		files->items = grown;
	if (!grown || !path)
		return bd_fail(err, ENOMEM, "out of memory");
	files->items[files->count] = *file;
	files->items[files->count++].path = bd_take_ptr(path);
	return 0;
}

/* By the files that the names lead to, as far as there are any. */
static bool same_file(const char *one, const char *other)
{
	char real_one[PATH_MAX], real_other[PATH_MAX];

	if (!one || !other)
		return false;
	if (strcmp(one, other) == 0)
		return true;
	return realpath(one, real_one) && realpath(other, real_other) && strcmp(real_one, real_other) == 0;
}

static bool uses(const struct bd_cfg *cfg, const char *path)
{
	for (size_t i = 0; i < cfg->disk_count; i++)
		if (same_file(cfg->disks[i], path))
			return true;
	return same_file(cfg->kernel, path) || same_file(cfg->ramdisk, path);
}

static bool used_by_another(const struct bd_cfgs *cfgs, const struct bd_cfg *cfg, const char *path)
{
	for (size_t i = 0; i < cfgs->count; i++)
		if (!same_file(cfgs->items[i].path, cfg->path) && uses(&cfgs->items[i], path))
			return true;
	return false;
}

static bool is_named(const char *path, const char *name, const char *suffix)
{
	const char *slash = strrchr(path, '/');
	size_t length = strlen(name);

	return slash && strncmp(slash + 1, name, length) == 0 && strcmp(slash + 1 + length, suffix) == 0;
}

static const char *why_it_stays(const struct guest_file *file, const char *name, const char *suffix,
				const struct bd_cfgs *cfgs, const struct bd_cfg *cfg)
{
	struct stat there;

	if (lstat(file->path, &there) == 0 && S_ISLNK(there.st_mode))
		return "it is a symbolic link";
	if (file->there && (S_ISBLK(there.st_mode) || S_ISCHR(there.st_mode)))
		return "it is a device";
	if (file->there && !S_ISREG(there.st_mode))
		return "it is no regular file";
	if (!is_named(file->path, name, suffix))
		return "it does not have the guest's name";
	return used_by_another(cfgs, cfg, file->path) ? "another guest's cfg names it too" : NULL;
}

static int look_at(const char *path, const char *suffix, const struct bd_cfgs *cfgs, const struct bd_cfg *cfg,
		   struct guest_files *files, struct bd_error *err)
{
	BD_FREE char *copy = strdup(path);
	struct guest_file file = { .path = copy };
	struct stat there;

	if (!copy)
		return bd_fail(err, ENOMEM, "out of memory");
	file.there = lstat(path, &there) == 0;
	if (!file.there && errno != ENOENT && errno != ENOTDIR)
		return bd_fail_errno(err, "cannot look at %s", path);
	file.stays = why_it_stays(&file, cfg->name, suffix, cfgs, cfg);
	file.suffix = file.stays ? NULL : suffix;
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].path, path) == 0)
			return 0;
	return add(files, &file, err);
}

static int look_at_all(const struct bd_cfg *cfg, const struct bd_cfgs *cfgs, struct guest_files *files,
		       struct bd_error *err)
{
	for (size_t i = 0; i < cfg->disk_count; i++)
		if (look_at(cfg->disks[i], ".img", cfgs, cfg, files, err) != 0)
			return -1;
	if (cfg->kernel && is_named(cfg->kernel, cfg->name, ".vmlinuz") &&
	    look_at(cfg->kernel, ".vmlinuz", cfgs, cfg, files, err) != 0)
		return -1;
	if (cfg->ramdisk && is_named(cfg->ramdisk, cfg->name, ".initramfs"))
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

void guest_files_folder(const char *path, char folder_out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (slash)
		snprintf(folder_out, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	else
		strcpy(folder_out, ".");
}

int guest_files_find(const struct bd_cfg *cfg, struct guest_files *files_out, struct bd_error *err)
{
	BD_DISPOSE(guest_files_dispose) struct guest_files files = { 0 };
	BD_DISPOSE(bd_cfgs_dispose) struct bd_cfgs cfgs;
	char folder[PATH_MAX];

	bd_cfgs_init(&cfgs);
	guest_files_folder(cfg->path, folder);
	if (bd_cfgs_read(folder, &cfgs, err) != 0 || look_at_all(cfg, &cfgs, &files, err) != 0)
		return -1;
	if (cfgs.unreadable_count && has_own(&files))
		return bd_fail(err, EINVAL, "%s; it may name the files of %s, which are left as they are",
			       cfgs.unreadable[0], cfg->name);
	*files_out = files;
	files = (struct guest_files){ 0 };
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

	guest_files_folder(path, folder);
	BD_CLOSE int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return bd_fail_errno(err, "cannot write the folder %s to the disk", folder);
	return 0;
}
