/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at the files and the other guests of the host. */
#include "ops/adopt/checks.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/text.h"
#include "ops/guest/cfg_check.h"
#include "xlcfg/disks.h"
#include "xlcfg/folder.h"

static int check_is_there(const char *what, const char *path, const char *cfg_path, struct bd_error *err)
{
	if (!path || path[0] != '/' || access(path, F_OK) == 0)
		return 0;
	return bd_fail_errno(err, "the %s %s that %s names cannot be found", what, path, cfg_path);
}

int adopt_check_files(const struct bd_cfg *cfg, struct bd_error *err)
{
	for (size_t i = 0; i < cfg->disk_count; i++)
		if (check_is_there("disk", cfg->disks[i], cfg->path, err) != 0)
			return -1;
	if (check_is_there("kernel", cfg->kernel, cfg->path, err) != 0)
		return -1;
	return check_is_there("initramfs", cfg->ramdisk, cfg->path, err);
}

/* By the files that the names lead to, as far as there are any. */
static int has_disk(const struct bd_cfg *cfg, const char *disk, bool *has_out, struct bd_error *err)
{
	*has_out = false;
	for (size_t i = 0; i < cfg->disk_count && !*has_out; i++) {
		if (strcmp(cfg->disks[i], disk) == 0)
			*has_out = true;
		else if (bd_path_is_same(cfg->disks[i], disk, has_out, err) != 0)
			return -1;
	}
	return 0;
}

/* A disk that is only read, as a CD, may be anybody's. */
static int check_disks_of(const struct adopt_job *job, const struct bd_cfg *other, struct bd_error *err)
{
	const struct adopt_disks *disks = &job->adoption->disks;
	bool has;

	for (size_t i = 0; i < disks->count; i++) {
		const struct adopt_disk *disk = &disks->items[i];
		if (disks->way != ADOPT_DISKS_COPY && bd_xlcfg_writes_disk(job->old_text, disk->from)) {
			if (has_disk(other, disk->from, &has, err) != 0)
				return -1;
			if (has)
				return bd_exists(err, "the disk %s belongs to the guest of %s", disk->from,
						 other->path);
		}
		for (size_t own = 0; disk->to && own < other->disk_count; own++)
			if (strcmp(other->disks[own], disk->to) == 0)
				return bd_exists(err, "%s belongs to the guest of %s", disk->to, other->path);
	}
	return 0;
}

static int check_identity(const struct adopt_job *job, const struct bd_cfg *other, struct bd_error *err)
{
	const struct bd_cfg *cfg = &job->adoption->old;
	bool keeps_uuid = job->adoption->disks.way != ADOPT_DISKS_COPY && cfg->has_uuid;

	if (strcmp(other->name, job->name) == 0)
		return bd_exists(err, "a guest %s already exists, in %s", job->name, other->path);
	if (keeps_uuid && other->has_uuid && memcmp(cfg->uuid, other->uuid, sizeof(cfg->uuid)) == 0)
		return bd_exists(err, "the guest of %s has the same UUID", other->path);
	return 0;
}

/* only_disks: of guests that do not share their names with ours. */
static int check_folder(const struct adopt_job *job, const char *folder, bool only_disks, struct bd_error *err)
{
	BD_DISPOSE(bd_cfgs_dispose) struct bd_cfgs cfgs = { 0 };

	if (bd_cfgs_read(folder, &cfgs, err) != 0)
		return -1;
	for (size_t i = 0; i < cfgs.count; i++) {
		const struct bd_cfg *other = &cfgs.items[i];
		BD_FREE char *path = realpath(other->path, NULL);
		bool is_it = path && strcmp(path, job->adoption->old.path) == 0;
		if (is_it && job->adoption->disks.way != ADOPT_DISKS_COPY)
			continue;
		if ((!only_disks && check_identity(job, other, err) != 0) ||
		    (!is_it && check_disks_of(job, other, err) != 0))
			return -1;
	}
	return 0;
}

int adopt_check_guests(const struct adopt_job *job, const char *folder, struct bd_error *err)
{
	char old_folder[PATH_MAX];
	bool taken;

	if (check_folder(job, folder, false, err) != 0)
		return -1;
	bd_path_folder(job->adoption->old.path, old_folder);
	if (job->adoption->disks.way == ADOPT_DISKS_MOVE && check_folder(job, old_folder, true, err) != 0)
		return -1;
	if (job->in_place)
		return 0;
	if (bd_path_is_there(job->new_path, &taken, err) != 0)
		return -1;
	return taken ? bd_exists(err, "%s already exists", job->new_path) : 0;
}

/* Where there is no plugin, nobody can say. */
int adopt_check_cfg(const char *path, struct bd_error *err)
{
	BD_DISPOSE(bd_toolstack_unload) struct bd_loaded_toolstack toolstack = { 0 };
	struct bd_error ignored = BD_ERROR_INIT;

	return bd_toolstack_load(false, &toolstack, &ignored) == 0 ? cfg_check(&toolstack, path, err) : 0;
}
