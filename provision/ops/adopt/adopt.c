/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves a guest's config to its place: the new one is published first, the old one goes last. */
#include "ops/adopt/adopt.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/file/file.h"
#include "base/file/lock.h"
#include "base/file/replace.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/process/cancel.h"
#include "base/text.h"
#include "guest/description.h"
#include "ops/adopt/text.h"
#include "ops/guest/autostart.h"
#include "ops/guest/cfg_check.h"
#include "ops/guest/files.h"
#include "ops/guest/names.h"
#include "xlcfg/disks.h"
#include "xlcfg/folder.h"

void adoption_dispose(struct adoption *adoption)
{
	bd_cfg_dispose(&adoption->old);
	bd_cfg_dispose(&adoption->cfg);
}

/* What is being done. */
struct job {
	struct adoption *adoption;
	const char *name;
	char *new_path, *text, *old_text;
	bool in_place; /* the config has its path already */
	int lock_fd; /* on the config as it was found, which is read under it */
};

static void job_dispose(struct job *job)
{
	free(job->new_path);
	free(job->text);
	free(job->old_text);
	bd_cleanup_close(&job->lock_fd);
}

static int check_is_there(const char *what, const char *path, const char *cfg_path, struct bd_error *err)
{
	if (!path || path[0] != '/' || access(path, F_OK) == 0)
		return 0;
	return bd_fail_errno(err, "the %s %s that %s names cannot be found", what, path, cfg_path);
}

static int check_files(const struct bd_cfg *cfg, struct bd_error *err)
{
	for (size_t i = 0; i < cfg->disk_count; i++)
		if (check_is_there("disk", cfg->disks[i], cfg->path, err) != 0)
			return -1;
	if (check_is_there("kernel", cfg->kernel, cfg->path, err) != 0)
		return -1;
	return check_is_there("initramfs", cfg->ramdisk, cfg->path, err);
}

static bool has_disk(const struct bd_cfg *cfg, const char *disk)
{
	for (size_t i = 0; i < cfg->disk_count; i++)
		if (strcmp(cfg->disks[i], disk) == 0)
			return true;
	return false;
}

/* A disk that is only read, as a CD, may be anybody's. */
static int check_disks_of(const struct job *job, const struct bd_cfg *other, struct bd_error *err)
{
	const struct bd_cfg *cfg = &job->adoption->old;

	for (size_t i = 0; i < cfg->disk_count; i++)
		if (has_disk(other, cfg->disks[i]) && bd_xlcfg_writes_disk(job->old_text, cfg->disks[i]))
			return bd_exists(err, "the disk %s belongs to the guest of %s", cfg->disks[i], other->path);
	return 0;
}

static int check_guests(const struct job *job, const char *folder, struct bd_error *err)
{
	const struct bd_cfg *cfg = &job->adoption->old;
	BD_DISPOSE(bd_cfgs_dispose) struct bd_cfgs cfgs = { 0 };
	bool taken;

	if (bd_cfgs_read(folder, &cfgs, err) != 0)
		return -1;
	for (size_t i = 0; i < cfgs.count; i++) {
		const struct bd_cfg *other = &cfgs.items[i];
		BD_FREE char *path = realpath(other->path, NULL);
		if (path && strcmp(path, cfg->path) == 0)
			continue;
		if (strcmp(other->name, job->name) == 0)
			return bd_exists(err, "a guest %s already exists, in %s", job->name, other->path);
		if (cfg->has_uuid && other->has_uuid && memcmp(cfg->uuid, other->uuid, sizeof(cfg->uuid)) == 0)
			return bd_exists(err, "the guest of %s has the same UUID", other->path);
		if (check_disks_of(job, other, err) != 0)
			return -1;
	}
	if (job->in_place)
		return 0;
	if (bd_path_is_there(job->new_path, &taken, err) != 0)
		return -1;
	return taken ? bd_exists(err, "%s already exists", job->new_path) : 0;
}

/* Where there is no plugin, nobody can say. */
static int check_cfg(const char *path, struct bd_error *err)
{
	BD_DISPOSE(bd_toolstack_unload) struct bd_loaded_toolstack toolstack = { 0 };
	struct bd_error ignored = BD_ERROR_INIT;

	return bd_toolstack_load(false, &toolstack, &ignored) == 0 ? cfg_check(&toolstack, path, err) : 0;
}

static int begin(const char *cfg_path, const char *folder, const char *new_name, struct job *job,
		 struct bd_error *err)
{
	struct bd_cfg *old = &job->adoption->old;
	BD_FREE char *path = realpath(cfg_path, NULL);
	BD_FREE char *real_folder = realpath(folder, NULL);
	struct bd_guest guest;

	if (!path)
		return bd_fail_lookup(err, "cannot find %s", cfg_path);
	if (!real_folder)
		return bd_fail_lookup(err, "cannot find %s", folder);
	if (bd_lock(path, &job->lock_fd, err) != 0 || bd_cfg_read(path, old, err) != 0)
		return -1;
	if (!old->name && !new_name)
		return bd_fail(err, EINVAL, "%s is not a guest's config: it has no name", path);
	job->name = new_name ? new_name : old->name;
	job->adoption->needs_name = !new_name;
	if (bd_guest_set_name(&guest, job->name, err) != 0)
		return -1;
	job->adoption->needs_name = false;
	if (!old->name && bd_text_format(&old->name, err, "%s", "") != 0)
		return -1;
	if (bd_text_format(&job->new_path, err, "%s/%s.cfg", real_folder, job->name) != 0)
		return -1;
	job->in_place = strcmp(job->new_path, path) == 0;
	return 0;
}

static int prepare(struct boot *boot, const char *folder, struct job *job, struct bd_error *err)
{
	struct adoption *adoption = job->adoption;
	const struct bd_cfg *old = &adoption->old;

	if (bd_read_file(old->path, BD_CFG_LIMIT_BYTES, &job->old_text, NULL, err) != 0 ||
	    check_files(old, err) != 0 ||
	    adopt_text(job->old_text, old, job->name, &job->text, &adoption->uuid_made, &adoption->macs_made, err) !=
		    0 ||
	    bd_cfg_parse(job->text, &adoption->cfg, err) != 0)
		return -1;
	free(adoption->cfg.path);
	adoption->cfg.path = strdup(job->new_path);
	if (!adoption->cfg.path)
		return bd_no_memory(err);
	if (!bd_text_is_same(adoption->cfg.name, job->name))
		return bd_fail(err, EINVAL, "the name in %s is not written as a plain string; edit it by hand",
			       old->path);
	adoption->changed = !job->in_place || strcmp(job->text, job->old_text) != 0;
	if (check_cfg(old->path, err) != 0 || check_guests(job, folder, err) != 0 ||
	    guest_check_can_be_named(boot, old, job->name, err) != 0)
		return -1;
	return job->in_place ? 0 : guest_autostart_check_move(old->path, job->new_path, err);
}

/* Who may read it stays as it was: a group of operators, say. What root alone may give away is left with who imports. */
static int keep_owner(int fd, const struct stat *there, const char *path, struct bd_error *err)
{
	struct stat made;

	if (fstat(fd, &made) != 0)
		return bd_fail_errno(err, "cannot access %s", path);
	if ((made.st_uid == there->st_uid && made.st_gid == there->st_gid) ||
	    fchown(fd, there->st_uid, there->st_gid) == 0 || errno == EPERM)
		return fchmod(fd, there->st_mode & 0777) == 0 ? 0 : bd_fail_errno(err, "cannot access %s", path);
	return bd_fail_errno(err, "cannot set the owner of %s", path);
}

static int publish(const struct job *job, struct bd_atomic_file *draft, struct bd_error *err)
{
	const struct bd_cfg *old = &job->adoption->old;
	struct stat there;

	if (stat(old->path, &there) != 0)
		return bd_fail_errno(err, "cannot access %s", old->path);
	if (bd_atomic_file_open(job->new_path, there.st_mode & 0777, draft, err) != 0 ||
	    keep_owner(draft->fd, &there, job->new_path, err) != 0 ||
	    bd_pwrite_all(draft->fd, job->text, strlen(job->text), 0, job->new_path, err) != 0 ||
	    bd_atomic_file_sync(draft, err) != 0 || bd_cancel_check(err) != 0 ||
	    bd_atomic_file_publish(draft, err) != 0)
		return -1;
	return bd_atomic_file_sync_folder(draft, err);
}

/* A config in the folder itself, and no link there, was started with dom0 as well. */
static void keep_autostart(const struct job *job)
{
	static const char folder[] = GUEST_AUTOSTART_FOLDER "/";
	struct bd_error problem = BD_ERROR_INIT;
	bool changed;

	if (strncmp(job->adoption->old.path, folder, strlen(folder)) == 0 &&
	    guest_autostart_on(job->new_path, &changed, &problem) != 0)
		bd_warn("%s no longer starts when dom0 boots: %s", job->name, problem.message);
}

static int move(const struct job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;
	const char *old_path = job->adoption->old.path;
	struct bd_error ignored = BD_ERROR_INIT;

	if (publish(job, &draft, err) != 0 || guest_autostart_move(old_path, job->new_path, err) != 0) {
		bd_atomic_file_retract(&draft);
		return -1;
	}
	if (unlink(old_path) != 0) {
		bd_fail_errno(err, "cannot remove %s", old_path);
		(void)guest_autostart_move(job->new_path, old_path, &ignored);
		bd_atomic_file_retract(&draft);
		return -1;
	}
	if (guest_files_sync_folder(old_path, &ignored) != 0)
		bd_warn("after a power failure %s may exist again: %s", old_path, ignored.message);
	keep_autostart(job);
	return 0;
}

static int adopt_locked(struct boot *boot, const char *folder, bool dry_run, struct job *job, struct bd_error *err)
{
	BD_CLOSE int new_lock_fd = -1;

	if ((!job->in_place && bd_lock(job->new_path, &new_lock_fd, err) != 0) ||
	    prepare(boot, folder, job, err) != 0)
		return -1;
	if (dry_run || !job->adoption->changed)
		return 0;
	return job->in_place ? bd_replace_text(job->new_path, job->text, err) : move(job, err);
}

int adopt(struct boot *boot, const char *cfg_path, const char *folder, const char *new_name, bool dry_run,
	  struct adoption *adoption_out, struct bd_error *err)
{
	BD_DISPOSE(job_dispose) struct job job = { .adoption = adoption_out, .lock_fd = -1 };

	if (begin(cfg_path, folder, new_name, &job, err) != 0 || adopt_locked(boot, folder, dry_run, &job, err) != 0)
		return bd_wrap(err, "cannot import %s", cfg_path);
	return 0;
}
