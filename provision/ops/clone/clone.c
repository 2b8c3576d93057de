/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies a guest: the checks, the files, the boot, and undoing all of it. */
#include "ops/clone/clone.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/lock.h"
#include "base/text.h"
#include "ops/clone/disk.h"
#include "ops/clone/files.h"
#include "ops/guest/leftover.h"
#include "ops/guest/names.h"
#include "ops/guest/xendomains.h"
#include "ops/host/boot_domain.h"
#include "ops/host/boot_obstacles.h"
#include "ops/host/host.h"
#include "xlcfg/folder.h"
#include "xlcfg/read.h"

int clone_open_source(const char *source, const char *dir, struct clone_job *job, struct bd_error *err)
{
	struct stat there;

	if (guest_open(source, dir, &job->source, err) != 0)
		return -1;
	/* The copy would be created next to the link, and a lock on the link is not a lock on the config. */
	if (lstat(job->source.path, &there) != 0)
		return bd_fail_errno(err, "cannot access %s", job->source.path);
	if (S_ISLNK(there.st_mode))
		return bd_fail(err, EINVAL, "%s is a symbolic link; give the path of the config itself",
			       job->source.path);
	if (bd_lock(job->source.path, &job->source_lock_fd, err) != 0)
		return -1;
	/* Once more, now that nobody changes it. */
	BD_FREE char *path = strdup(job->source.path);
	if (!path)
		return bd_no_memory(err);
	bd_cfg_dispose(&job->source);
	if (guest_open(path, NULL, &job->source, err) != 0)
		return -1;
	return bd_read_file(path, BD_CFG_LIMIT_BYTES, &job->source_text, NULL, err);
}

static struct leftover files_of(const struct clone_job *job)
{
	return (struct leftover){
		.name = job->new.guest.name,
		.cfg_path = job->new.cfg_path,
		.image_path = job->new.on_device ? NULL : job->new.image_path,
		.kernel_path = job->copy_kernel ? job->new.kernel_path : NULL,
		.ramdisk_path = job->copy_ramdisk ? job->new.ramdisk_path : NULL,
		.disk_count = job->new.guest.disks.count,
		.seed_path = job->new.seed_path,
	};
}

static int check_nothing_there(const struct clone_job *job, struct bd_error *err)
{
	const struct leftover files = files_of(job);

	return leftover_check_absent(&files, NULL, err);
}

static int remove_leftover(const struct clone_job *job, struct bd_error *err)
{
	const struct leftover files = files_of(job);
	bool removed;

	return leftover_replace(&files, &removed, err);
}

/* A cfg may have another name than its guest. */
static int check_name(const struct create_job *new, struct bd_error *err)
{
	BD_DISPOSE(bd_cfgs_dispose) struct bd_cfgs cfgs = { 0 };
	char folder[PATH_MAX];

	bd_path_folder(new->cfg_path, folder);
	if (bd_cfgs_read(folder, &cfgs, err) != 0)
		return -1;
	const struct bd_cfg *other = bd_cfgs_find(&cfgs, new->guest.name);
	return other ? bd_exists(err, "%s is the guest of %s already", new->guest.name, other->path) : 0;
}

/* A user who may not ask Xen has the disk's own word: whether a program writes to it. */
static int check_stopped(struct clone_job *job, struct boot *boot, bool *may_ask_out, struct bd_error *err)
{
	const struct bd_cfg *source = &job->source;
	struct bd_toolstack_domain domain;
	char saved[PATH_MAX];
	bool found = false;
	int r = guest_domain_try(boot, source, &domain, &found, err);

	*may_ask_out = r == 0 && boot->toolstack.plugin;
	job->may_be_running = r != 0;
	if (r != 0)
		return err->code == EPERM ? 0 : -1;
	if (found)
		return guest_fail_running(source, &domain, err);
	return xendomains_saved(source, saved) == SAVED ? guest_fail_saved(source, saved, err) : 0;
}

/* All that can be known to go wrong with the boot is looked at before anything is copied. */
static int prepare_boot(const struct clone_job *job, struct boot *boot, bool may_ask, struct bd_error *err)
{
	const struct create_job *new = &job->new;

	if (!new->start)
		return may_ask ? boot_check_name(boot, new->guest.name, err) : 0;
	if (!boot->toolstack.plugin && boot_load(boot, err) != 0)
		return -1;
	if (boot_check_name(boot, new->guest.name, err) != 0)
		return -1;
	if (bd_host_check_bridges(&new->guest.networks, err) != 0)
		return bd_set_field(err, BD_FIELD_BRIDGE);
	return boot_check_bootloader(&job->source, err) == 0 ? 0 : bd_wrap(err, "cannot start %s", new->guest.name);
}

int clone_check(struct clone_job *job, struct boot *boot, struct bd_error *err)
{
	bool may_ask;

	/* Said first, as otherwise a guest that is copied to its own name would be called in use. */
	if (check_nothing_there(job, err) != 0 || bd_lock(job->new.cfg_path, &job->copy_lock_fd, err) != 0 ||
	    check_nothing_there(job, err) != 0)
		return -1;
	if (check_name(&job->new, err) != 0 || check_stopped(job, boot, &may_ask, err) != 0 ||
	    prepare_boot(job, boot, may_ask, err) != 0)
		return -1;
	return create_volume_check(&job->new, err) != 0 ? -1 : clone_disk_look(job, err);
}

int clone_do(struct clone_job *job, struct boot *boot, struct create_files *files, struct create_outcome *outcome_out,
	     struct bd_error *err)
{
	if (remove_leftover(job, err) != 0 || check_nothing_there(job, err) != 0 ||
	    create_volume_begin(&job->new, &files->volume, err) != 0 || clone_files_make(job, files, err) != 0)
		return -1;
	return create_publish_and_start(&job->new, boot, files, 0, outcome_out, err);
}
