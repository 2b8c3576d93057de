/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes, publishes and removes the files of a change. */
#include "ops/set/files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/log.h"
#include "base/text.h"
#include "disk/facts.h"
#include "disk/use/in_use.h"
#include "inside/read_file.h"
#include "kernel/needs.h"
#include "ops/guest/cfg_check.h"
#include "ops/guest/files.h"
#include "ops/host/host.h"
#include "ops/set/kernel_memory.h"
#include "toolstack/loader.h"

void set_files_dispose(struct set_files *files)
{
	bd_atomic_file_dispose(&files->cfg);
	bd_atomic_file_dispose(&files->ramdisk);
	bd_atomic_file_dispose(&files->kernel);
}

/* With a mark that a killed run leaves, too. */
static int extract(const struct set_job *job, const char *inside, const char *path, struct bd_atomic_file *draft,
		   struct bd_error *err)
{
	if (unlink(path) != 0 && errno != ENOENT) /* it has the mark: boot.c */
		return bd_fail_errno(err, "cannot remove %s", path);
	if (bd_atomic_file_open(path, 0600, draft, err) != 0)
		return -1;
	if (bd_inside_copy_file(job->boot.disk_fd, job->boot.partition, inside, draft->fd, err) != 0)
		return bd_wrap(err, "cannot copy %s out of %s", inside, job->cfg.disks[0]);
	bd_disk_mark_unfinished(draft->fd, true);
	return bd_atomic_file_sync(draft, err);
}

/* Better said now than by a guest that does not come up. */
static int check_memory(const struct set_job *job, const struct set_files *files, struct bd_error *err)
{
	uint64_t need_bytes;
	struct stat ramdisk = { 0 };

	if (bd_kernel_file_memory_bytes(files->kernel.work_path, &need_bytes, err) != 0 ||
	    (files->ramdisk.fd >= 0 && fstat(files->ramdisk.fd, &ramdisk) != 0))
		return bd_wrap(err, "%s", job->boot.kernel);
	return set_check_memory_need(job, need_bytes + (uint64_t)ramdisk.st_size, err);
}

static int make_kernel(const struct set_job *job, struct set_files *files, struct bd_error *err)
{
	const struct set_boot *boot = &job->boot;

	if (extract(job, boot->kernel_inside, boot->kernel, &files->kernel, err) != 0 ||
	    (boot->ramdisk && extract(job, boot->ramdisk_inside, boot->ramdisk, &files->ramdisk, err) != 0) ||
	    check_memory(job, files, err) != 0)
		return -1;
	/* Nobody has written to it meanwhile. */
	return bd_disk_check_unused(boot->disk_fd, err) == 0 ? 0 : bd_wrap(err, "%s", job->cfg.disks[0]);
}

/* A config that the toolstack refused before may be one for xl, and is left to whoever wrote it. */
static int check_cfg(const struct set_job *job, const struct bd_atomic_file *cfg, struct bd_error *err)
{
	BD_DISPOSE(bd_toolstack_unload) struct bd_loaded_toolstack toolstack = { 0 };
	struct bd_error ignored;

	if (bd_toolstack_load(false, &toolstack, &ignored) != 0 ||
	    cfg_check(&toolstack, job->cfg.path, &ignored) != 0 || cfg_check(&toolstack, cfg->work_path, err) == 0)
		return 0;
	/* It calls the draft by a name that tells nobody anything; the line behind that is one of the new text. */
	if (bd_text_begins_with(err->message, cfg->work_path))
		return bd_fail_as(err, err, "the changed config would be refused: %s%s", job->cfg.path,
				  err->message + strlen(cfg->work_path));
	return bd_wrap(err, "the changed config would be refused");
}

static int make_cfg(const struct set_job *job, struct set_files *files, struct bd_error *err)
{
	if (bd_atomic_file_open_replacement(job->cfg.path, &files->cfg, err) != 0 ||
	    bd_pwrite_all(files->cfg.fd, job->new_text, strlen(job->new_text), 0, job->cfg.path, err) != 0 ||
	    check_cfg(job, &files->cfg, err) != 0)
		return -1;
	return bd_atomic_file_sync(&files->cfg, err);
}

int set_files_make(const struct set_job *job, struct set_files *files, struct bd_error *err)
{
	if (strcmp(job->text, job->new_text) == 0)
		return 0;
	if (job->boot.copies && make_kernel(job, files, err) != 0)
		return -1;
	return make_cfg(job, files, err);
}

static int publish(const struct set_job *job, struct set_files *files, struct bd_error *err)
{
	if (job->boot.lets_read && bd_host_let_bootloader_read(job->boot.disk_fd, err) != 0)
		return bd_wrap(err, "%s", job->cfg.disks[0]);
	if (files->kernel.fd >= 0 && bd_atomic_file_publish(&files->kernel, err) != 0)
		return -1;
	if (files->ramdisk.fd >= 0 && bd_atomic_file_publish(&files->ramdisk, err) != 0)
		return -1;
	if (files->kernel.fd >= 0 && bd_atomic_file_sync_folder(&files->kernel, err) != 0)
		return -1;
	return bd_atomic_file_publish(&files->cfg, err);
}

int set_files_publish(const struct set_job *job, struct set_files *files, struct bd_error *err)
{
	if (files->cfg.fd < 0)
		return 0;
	if (publish(job, files, err) != 0) {
		bd_atomic_file_retract(&files->ramdisk);
		bd_atomic_file_retract(&files->kernel);
		return -1;
	}
	if (files->kernel.fd >= 0)
		bd_disk_mark_unfinished(files->kernel.fd, false);
	if (files->ramdisk.fd >= 0)
		bd_disk_mark_unfinished(files->ramdisk.fd, false);
	/* The config is the new one already, so that this takes nothing back. */
	struct bd_error problem = BD_ERROR_INIT;
	if (bd_atomic_file_sync_folder(&files->cfg, &problem) != 0)
		bd_warn("%s", problem.message);
	return 0;
}

static bool is_kernel_file(const struct guest_file *file)
{
	return file->suffix && (strcmp(file->suffix, ".vmlinuz") == 0 || strcmp(file->suffix, ".initramfs") == 0);
}

void set_files_clear(const struct set_job *job)
{
	BD_DISPOSE(guest_files_dispose) struct guest_files files = { 0 };
	struct bd_error problem = BD_ERROR_INIT;
	bool removed;

	if (!job->boot.leaves_direct)
		return;
	/* xl boots a guest of its own again from what it was started with. */
	bool is_foreign = job->is_alive && job->domain.monitor == BD_TOOLSTACK_MONITOR_FOREIGN;
	if (!is_foreign && guest_files_find(&job->cfg, &files, &problem) != 0) {
		bd_warn("the kernel that %s booted from is kept: %s", job->cfg.name, problem.message);
		return;
	}
	if (is_foreign)
		bd_warn("the kernel that %s runs with is kept, as xl reboots it with that; remove %s when it has stopped",
			job->cfg.name, job->cfg.kernel);
	for (size_t i = 0; i < files.count; i++)
		if (is_kernel_file(&files.items[i]) && files.items[i].there && !files.items[i].stays &&
		    guest_file_remove(&files.items[i], &removed, &problem) != 0)
			bd_warn("%s", problem.message);
}
