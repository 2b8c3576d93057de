/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves a guest's config to its place: the new one is published first, the old one goes last. So do its disks,
 * where they move, too. */
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
#include "base/process/cancel.h"
#include "base/text.h"
#include "events/event.h"
#include "events/record.h"
#include "guest/description.h"
#include "ops/adopt/checks.h"
#include "ops/adopt/job.h"
#include "ops/adopt/place.h"
#include "ops/adopt/text.h"
#include "ops/guest/autostart.h"
#include "ops/guest/files.h"
#include "ops/guest/names.h"

void adoption_dispose(struct adoption *adoption)
{
	bd_cfg_dispose(&adoption->old);
	bd_cfg_dispose(&adoption->cfg);
	adopt_disks_dispose(&adoption->disks);
}

static void job_dispose(struct adopt_job *job)
{
	free(job->new_path);
	free(job->text);
	free(job->old_text);
	bd_cleanup_close(&job->lock_fd);
}

static int choose_name(const char *new_name, struct adopt_job *job, struct bd_error *err)
{
	struct bd_cfg *old = &job->adoption->old;
	struct bd_guest guest;

	if (!old->name && !new_name)
		return bd_fail(err, EINVAL, "%s is not a guest's config: it has no name", old->path);
	job->name = new_name ? new_name : old->name;
	job->adoption->needs_name = !new_name;
	if (bd_guest_set_name(&guest, job->name, err) != 0)
		return -1;
	job->adoption->needs_name = false;
	return old->name ? 0 : bd_text_format(&old->name, err, "%s", "");
}

static int begin(const struct adopt_request *request, struct adopt_job *job, struct bd_error *err)
{
	struct bd_cfg *old = &job->adoption->old;
	BD_FREE char *path = realpath(request->cfg_path, NULL);

	if (!path)
		return bd_fail_lookup(err, "cannot find %s", request->cfg_path);
	BD_FREE char *folder = realpath(request->folder, NULL);
	if (!folder)
		return bd_fail_lookup(err, "cannot find %s", request->folder);
	if (bd_lock(path, &job->lock_fd, err) != 0 || bd_cfg_read(path, old, err) != 0 ||
	    choose_name(request->new_name, job, err) != 0 ||
	    bd_text_format(&job->new_path, err, "%s/%s.cfg", folder, job->name) != 0)
		return -1;
	job->in_place = strcmp(job->new_path, path) == 0;
	if (!job->in_place || request->way != ADOPT_DISKS_COPY)
		return 0;
	job->adoption->needs_name = true;
	return bd_exists(err, "%s already exists", path);
}

static int find_disks(const struct adopt_request *request, struct adopt_job *job, struct bd_error *err)
{
	struct adoption *adoption = job->adoption;
	BD_FREE char *images = request->way == ADOPT_DISKS_STAY ? NULL : realpath(request->images, NULL);

	if (request->way != ADOPT_DISKS_STAY && !images)
		return bd_fail_lookup(err, "cannot find %s", request->images);
	adoption->disks.way = request->way;
	if (bd_read_file(adoption->old.path, BD_CFG_LIMIT_BYTES, &job->old_text, NULL, err) != 0)
		return -1;
	return adopt_disks_decide(&adoption->old, job->old_text, job->name, images ? images : "", &adoption->disks,
				  err);
}

static int make_text(struct adopt_job *job, struct bd_error *err)
{
	struct adoption *adoption = job->adoption;
	const struct bd_cfg *old = &adoption->old;

	if (adopt_text(job->old_text, old, job->name, adoption->disks.way == ADOPT_DISKS_COPY, &job->text,
		       &adoption->uuid_made, &adoption->macs_made, err) != 0 ||
	    adopt_disks_replace(&adoption->disks, &job->text, err) != 0 ||
	    bd_cfg_parse(job->text, &adoption->cfg, err) != 0)
		return -1;
	free(adoption->cfg.path);
	adoption->cfg.path = strdup(job->new_path);
	if (!adoption->cfg.path)
		return bd_no_memory(err);
	if (!bd_text_is_same(adoption->cfg.name, job->name))
		return bd_fail(err, EINVAL, "the name in %s is not written as a plain string; edit it by hand",
			       old->path);
	if (!adopt_disks_are_in(&adoption->disks, &adoption->cfg))
		return bd_fail(err, EINVAL, "the disks in %s are not written as plain strings; edit them by hand",
			       old->path);
	adoption->changed = !job->in_place || strcmp(job->text, job->old_text) != 0;
	return 0;
}

static int prepare(struct boot *boot, const char *folder, struct adopt_job *job, struct bd_error *err)
{
	const struct adoption *adoption = job->adoption;
	const struct bd_cfg *old = &adoption->old;

	if (adopt_check_files(old, err) != 0 || make_text(job, err) != 0 || adopt_check_cfg(old->path, err) != 0 ||
	    adopt_check_guests(job, folder, err) != 0 || guest_check_can_be_named(boot, old, job->name, err) != 0 ||
	    adopt_disks_check(&adoption->disks, err) != 0)
		return -1;
	return job->in_place || adoption->disks.way == ADOPT_DISKS_COPY
		       ? 0
		       : guest_autostart_check_move(old->path, job->new_path, err);
}

static int publish(const struct adopt_job *job, struct bd_atomic_file *draft, struct bd_error *err)
{
	const struct bd_cfg *old = &job->adoption->old;
	struct stat there;

	if (stat(old->path, &there) != 0)
		return bd_fail_errno(err, "cannot access %s", old->path);
	if (bd_atomic_file_open(job->new_path, there.st_mode & 0777, draft, err) != 0 ||
	    adopt_keep_owner(draft->fd, &there, job->new_path, err) != 0 ||
	    bd_pwrite_all(draft->fd, job->text, strlen(job->text), 0, job->new_path, err) != 0 ||
	    bd_atomic_file_sync(draft, err) != 0 || bd_cancel_check(err) != 0 ||
	    bd_atomic_file_publish(draft, err) != 0)
		return -1;
	return bd_atomic_file_sync_folder(draft, err);
}

/* A config in the folder itself, and no link there, was started with dom0 as well. */
static void keep_autostart(const struct adopt_job *job)
{
	static const char folder[] = GUEST_AUTOSTART_FOLDER "/";
	struct bd_error problem = BD_ERROR_INIT;
	bool changed;

	if (strncmp(job->adoption->old.path, folder, strlen(folder)) == 0 &&
	    guest_autostart_on(job->new_path, &changed, &problem) != 0)
		bd_warn("%s no longer starts when dom0 boots: %s", job->name, problem.message);
}

/* Of a disk and its copy, nobody could tell later which one was used since. */
static int fail_unfinished(const struct adopt_job *job, struct bd_error *err)
{
	const struct adopt_disks *disks = &job->adoption->disks;
	bool copied = false;

	for (size_t i = 0; i < disks->count; i++)
		copied |= disks->items[i].draft.fd >= 0;
	if (copied)
		return bd_fail_as(
			err, err,
			"%s is imported, but not all of what it was is removed: %s; remove %s and what it names by hand",
			job->name, err->message, job->adoption->old.path);
	return bd_fail_as(err, err, "%s is imported, but not all of what it was is removed: %s; repeat the command",
			  job->name, err->message);
}

static void sync_old_folder(const char *old_path)
{
	struct bd_error problem;

	if (guest_files_sync_folder(old_path, &problem) != 0)
		bd_warn("after a power failure %s may exist again: %s", old_path, problem.message);
}

static int remove_old(const struct adopt_job *job, struct bd_error *err)
{
	const char *old_path = job->adoption->old.path;

	if (unlink(old_path) != 0)
		return bd_fail_errno(err, "cannot remove %s", old_path);
	sync_old_folder(old_path);
	keep_autostart(job);
	return 0;
}

/* The new config and its disks are there; from here on there is no way back, but to the end. */
static int finish_move(const struct adopt_job *job, struct bd_error *err)
{
	if (adopt_disks_finish(&job->adoption->disks, err) != 0 || (!job->in_place && remove_old(job, err) != 0))
		return fail_unfinished(job, err);
	return 0;
}

static bool moves_disks(const struct adopt_job *job)
{
	const struct adopt_disks *disks = &job->adoption->disks;

	for (size_t i = 0; disks->way == ADOPT_DISKS_MOVE && i < disks->count; i++)
		if (disks->items[i].to)
			return true;
	return false;
}

static int publish_moved(const struct adopt_job *job, struct bd_atomic_file *draft, struct bd_error *err)
{
	const char *old_path = job->adoption->old.path;
	struct bd_error ignored;

	if (job->in_place)
		return bd_replace_text(job->new_path, job->text, err);
	if (publish(job, draft, err) != 0 || guest_autostart_move(old_path, job->new_path, err) != 0)
		return -1;
	/* As long as no disk has lost its old name, the old config can be the guest's again. */
	if (moves_disks(job) || remove_old(job, err) == 0)
		return 0;
	(void)guest_autostart_move(job->new_path, old_path, &ignored);
	return -1;
}

/* A failure that came after the config was replaced, in flushing its directory. */
static bool is_replaced(const struct adopt_job *job)
{
	BD_FREE char *text = NULL;
	struct bd_error ignored;

	return job->in_place && bd_read_file(job->new_path, BD_CFG_LIMIT_BYTES, &text, NULL, &ignored) == 0 &&
	       strcmp(text, job->text) == 0;
}

static int move(const struct adopt_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;
	struct adopt_disks *disks = &job->adoption->disks;

	if (adopt_disks_place(disks, err) == 0 && publish_moved(job, &draft, err) == 0)
		return moves_disks(job) ? finish_move(job, err) : 0;
	bd_atomic_file_retract(&draft);
	if (!is_replaced(job))
		adopt_disks_retract(disks);
	return -1;
}

static int copy(const struct adopt_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;
	struct adopt_disks *disks = &job->adoption->disks;

	if (adopt_disks_place(disks, err) == 0 && publish(job, &draft, err) == 0)
		return adopt_disks_finish(disks, err);
	bd_atomic_file_retract(&draft);
	adopt_disks_retract(disks);
	return -1;
}

/* A run that was cut short may have published the config, but not have removed all of what was. */
static int look_for_begun(const struct adopt_job *job, bool *begun_out, struct bd_error *err)
{
	struct adoption *adoption = job->adoption;
	struct bd_error unreadable;
	bool there;

	*begun_out = false;
	if (job->in_place || !moves_disks(job))
		return 0;
	if (bd_path_is_there(job->new_path, &there, err) != 0)
		return -1;
	if (!there || bd_cfg_read(job->new_path, &adoption->cfg, &unreadable) != 0)
		return 0;
	if (bd_text_is_same(adoption->cfg.name, job->name) &&
	    adopt_disks_are_moved(&adoption->disks, &adoption->cfg, begun_out, err) != 0)
		return -1;
	if (!*begun_out)
		bd_cfg_dispose(&adoption->cfg);
	return 0;
}

static int complete(struct boot *boot, bool dry_run, const struct adopt_job *job, struct bd_error *err)
{
	const struct bd_cfg *old = &job->adoption->old;

	job->adoption->changed = true;
	if (guest_check_can_be_named(boot, old, job->name, err) != 0)
		return -1;
	if (dry_run)
		return 0;
	return guest_autostart_move(old->path, job->new_path, err) == 0 ? finish_move(job, err) : -1;
}

static int adopt_locked(struct boot *boot, const struct adopt_request *request, struct adopt_job *job,
			struct bd_error *err)
{
	BD_CLOSE int new_lock_fd = -1;
	bool begun;

	if ((!job->in_place && bd_lock(job->new_path, &new_lock_fd, err) != 0) ||
	    find_disks(request, job, err) != 0 || look_for_begun(job, &begun, err) != 0)
		return -1;
	if (begun)
		return complete(boot, request->dry_run, job, err);
	if (prepare(boot, request->folder, job, err) != 0)
		return -1;
	if (request->dry_run || !job->adoption->changed)
		return 0;
	if (!job->in_place)
		bd_record_remove(job->new_path); /* of a guest whose cfg somebody removed */
	return request->way == ADOPT_DISKS_COPY ? copy(job, err) : move(job, err);
}

/* A copy is another guest, and has none of what is counted of the one that was. */
static void note(const struct adopt_request *request, const struct adopt_job *job)
{
	const struct bd_event event = { .kind = "imported", .guest = job->name, .cfg_path = job->new_path };

	if (request->way == ADOPT_DISKS_COPY)
		bd_record_remove(job->new_path);
	else
		bd_record_move(job->adoption->old.path, job->new_path);
	bd_event(&event, "%s was imported from %s", job->name, job->adoption->old.path);
}

int adopt(struct boot *boot, const struct adopt_request *request, struct adoption *adoption_out, struct bd_error *err)
{
	BD_DISPOSE(job_dispose) struct adopt_job job = { .adoption = adoption_out, .lock_fd = -1 };

	if (begin(request, &job, err) != 0 || adopt_locked(boot, request, &job, err) != 0)
		return bd_wrap(err, "cannot import %s", request->cfg_path);
	if (!request->dry_run && adoption_out->changed)
		note(request, &job);
	return 0;
}
