/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Renames a guest: its new config first, then its files, its old config last; at no moment could both be started. */
#include "ops/guest/rename.h"
#include "disk/redo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
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
#include "guest/nocloud.h"
#include "iso/change.h"
#include "ops/guest/autostart.h"
#include "ops/guest/names.h"
#include "ops/guest/rename_text.h"
#include "ops/host/domains.h"
#include "xlcfg/folder.h"
#include "xlcfg/rename_halves.h"

#define META_DATA_BYTES_MAX 65536u

void guest_renamed_dispose(struct guest_renamed *renamed)
{
	bd_cfg_dispose(&renamed->cfg);
	guest_files_dispose(&renamed->files);
}

/* All of one rename. */
struct renaming {
	struct bd_cfg cfg; /* the old one */
	struct guest_files files;
	const char *new_name;
	char *new_path; /* of the cfg */
	char *text; /* of the new cfg */
	struct bd_atomic_file draft; /* of the new cfg, when it was published by us */
	size_t moved; /* how many of the files have been seen to, in their order */
};

static void dispose(struct renaming *renaming)
{
	bd_cfg_dispose(&renaming->cfg);
	guest_files_dispose(&renaming->files);
	free(renaming->new_path);
	free(renaming->text);
	bd_atomic_file_dispose(&renaming->draft);
}

static int fail_taken(const char *path, struct bd_error *err)
{
	return bd_exists(err, "%s already exists and was not changed", path);
}

/* One that an earlier rename of the same guest was cut short after. It says what ours would, or one of the two cfgs was
 * edited since. */
static bool is_ours(const struct renaming *renaming)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg there = { 0 };
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg wanted = { 0 };
	struct bd_error unreadable;

	return bd_cfg_read(renaming->new_path, &there, &unreadable) == 0 &&
	       bd_cfgs_are_rename_halves(&renaming->cfg, &there) &&
	       bd_cfg_parse(renaming->text, &wanted, &unreadable) == 0 && bd_cfg_is_same_guest(&there, &wanted);
}

/* The later edit counts. The new cfg was given the time of the old one: whichever is newer was edited after the rename
 * was cut short. */
static int renew_ours(const struct renaming *renaming, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	struct stat old, new;

	if (bd_read_file(renaming->new_path, BD_CFG_LIMIT_BYTES, &text, NULL, err) != 0)
		return -1;
	if (strcmp(text, renaming->text) == 0)
		return 0;
	if (stat(renaming->cfg.path, &old) != 0 || stat(renaming->new_path, &new) != 0)
		return bd_fail_errno(err, "cannot access %s and %s", renaming->cfg.path, renaming->new_path);
	int order = bd_compare_times(&old.st_mtim, &new.st_mtim);
	if (order == 0)
		return bd_exists(
			err,
			"%s and %s, of a rename that was cut short, differ and are of the same time: touch the one "
			"that counts, and try again",
			renaming->cfg.path, renaming->new_path);
	return order > 0 ? bd_replace_text(renaming->new_path, renaming->text, err) : 0;
}

static int check_files_free(const struct renaming *renaming, struct bd_error *err)
{
	for (size_t i = 0; i < renaming->files.count; i++) {
		const struct guest_file *file = &renaming->files.items[i];
		BD_FREE char *new_path = NULL;
		bool taken, begun;
		if (file->stays)
			continue;
		if (guest_renamed_path(file->path, renaming->new_name, file->suffix, &new_path, err) != 0 ||
		    guest_file_is_taken(file, new_path, &taken, err) != 0 ||
		    bd_path_is_there(renaming->new_path, &begun, err) != 0)
			return -1;
		if (taken && (file->there || !begun))
			return fail_taken(new_path, err);
	}
	return 0;
}

static int check_guests_free(const struct renaming *renaming, struct bd_error *err)
{
	BD_DISPOSE(bd_cfgs_dispose) struct bd_cfgs cfgs = { 0 };
	char folder[PATH_MAX];
	bool begun;

	bd_path_folder(renaming->new_path, folder);
	if (bd_path_is_there(renaming->new_path, &begun, err) != 0)
		return -1;
	if (begun && !is_ours(renaming))
		return fail_taken(renaming->new_path, err);
	if (bd_cfgs_read(folder, &cfgs, err) != 0)
		return -1;
	const struct bd_cfg *other = bd_cfgs_find(&cfgs, renaming->new_name);
	if (other && !begun)
		return bd_exists(err, "a guest %s already exists, in %s", renaming->new_name, other->path);
	return 0;
}

static int prepare(struct boot *boot, struct renaming *renaming, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	const struct bd_cfg *cfg = &renaming->cfg;

	if (guest_files_find(cfg, &renaming->files, err) != 0 ||
	    bd_read_file(cfg->path, BD_CFG_LIMIT_BYTES, &text, NULL, err) != 0 ||
	    guest_renamed_text(text, cfg, &renaming->files, renaming->new_name, &renaming->text, err) != 0 ||
	    check_guests_free(renaming, err) != 0 || check_files_free(renaming, err) != 0 ||
	    guest_autostart_check_move(cfg->path, renaming->new_path, err) != 0 ||
	    guest_check_can_be_named(boot, cfg, renaming->new_name, err) != 0)
		return -1;
	if (guest_files_check_unused(&renaming->files, err) != 0)
		return -1;
	return guest_autostart_warn_of_copies(cfg, err);
}

static int publish_cfg(struct renaming *renaming, struct bd_error *err)
{
	struct bd_atomic_file *draft = &renaming->draft;
	struct stat old;
	bool begun;

	if (bd_path_is_there(renaming->new_path, &begun, err) != 0)
		return -1;
	if (begun)
		return renew_ours(renaming, err);
	if (stat(renaming->cfg.path, &old) != 0)
		return bd_fail_errno(err, "cannot access %s", renaming->cfg.path);
	if (bd_atomic_file_open(renaming->new_path, 0600, draft, err) != 0)
		return -1;
	/* The owner is another one where root renames a user's guest. */
	if (fchmod(draft->fd, old.st_mode & 07777) != 0 ||
	    (geteuid() == 0 && fchown(draft->fd, old.st_uid, old.st_gid) != 0))
		return bd_fail_errno(err, "cannot set the mode of %s", renaming->new_path);
	if (bd_pwrite_all(draft->fd, renaming->text, strlen(renaming->text), 0, renaming->new_path, err) != 0)
		return -1;
	bd_cfg_rename_mark(draft->fd, renaming->cfg.path);
	bd_record_remove(renaming->new_path); /* of a guest whose cfg somebody removed */
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, old.st_mtim }; /* see renew_ours */
	if (futimens(draft->fd, times) != 0)
		return bd_fail_errno(err, "cannot set the time of %s", renaming->new_path);
	if (bd_atomic_file_sync(draft, err) != 0 || bd_cancel_check(err) != 0 ||
	    bd_atomic_file_publish(draft, err) != 0)
		return -1;
	return bd_atomic_file_sync_folder(draft, err);
}

static int move_file(const struct renaming *renaming, const struct guest_file *file, bool back, struct bd_error *err)
{
	BD_FREE char *new_path = NULL;

	/* There before means that it is ours to move, in both directions. */
	if (file->stays || !file->there)
		return 0;
	if (guest_renamed_path(file->path, renaming->new_name, file->suffix, &new_path, err) != 0)
		return -1;
	return guest_file_move(file, back ? new_path : file->path, back ? file->path : new_path, err);
}

/* Where it was done before, or the seed is not as we make it, nothing is. */
static int rename_in_seed(const struct renaming *renaming, const char *path, struct bd_error *err)
{
	static const char *const names[] = { BD_NOCLOUD_META_DATA, BD_NOCLOUD_USER_DATA, BD_NOCLOUD_VENDOR_DATA,
					     BD_NOCLOUD_NETWORK_CONFIG };
	BD_FREE char *meta_data = NULL, *text = NULL;
	struct bd_iso_file changed = { .name = BD_NOCLOUD_META_DATA };
	int64_t now;

	if (bd_iso_read(path, changed.name, META_DATA_BYTES_MAX, &meta_data, &changed.size_bytes, err) != 0)
		return err->kind == BD_KIND_NOT_FOUND ? 0 : -1;
	if (bd_nocloud_rename(meta_data, renaming->cfg.name, renaming->new_name, &text, err) != 0)
		return -1;
	if (!text)
		return 0;
	changed.text = text;
	changed.size_bytes = strlen(text);
	return bd_now(&now, err) == 0 ? bd_iso_replace_file(path, BD_NOCLOUD_LABEL, names,
							    sizeof(names) / sizeof(*names), &changed, now, err)
				      : -1;
}

/* The name that cloud-init gives the host; a guest without a seed has it in its filesystem, which is not touched. */
static int rename_host(const struct renaming *renaming, struct bd_error *err)
{
	for (size_t i = 0; i < renaming->files.count; i++) {
		const struct guest_file *file = &renaming->files.items[i];
		BD_FREE char *path = NULL;
		if (file->stays || strcmp(file->suffix, GUEST_SEED_SUFFIX) != 0)
			continue;
		if (guest_renamed_path(file->path, renaming->new_name, file->suffix, &path, err) != 0 ||
		    rename_in_seed(renaming, path, err) != 0)
			return bd_wrap(err, "cannot change the host's name in the seed of %s", renaming->new_name);
	}
	return 0;
}

static int sync_file(const struct guest_file *file, struct bd_error *err)
{
	return file->stays || !file->there || file->is_volume ? 0 : guest_files_sync_folder(file->path, err);
}

/* What another run had done stays done; its new cfg is not ours to take back. While a file has its new name the new cfg
 * stays too, as by the two cfgs the next rename knows what there is to complete. */
static int undo(struct renaming *renaming, struct bd_error *err)
{
	for (; renaming->moved > 0; renaming->moved--)
		if (move_file(renaming, &renaming->files.items[renaming->moved - 1], true, err) != 0)
			return -1;
	bd_atomic_file_retract(&renaming->draft);
	return 0;
}

static int publish_and_move(struct renaming *renaming, struct bd_error *err)
{
	if (publish_cfg(renaming, err) != 0)
		return -1;
	for (; renaming->moved < renaming->files.count; renaming->moved++)
		if (move_file(renaming, &renaming->files.items[renaming->moved], false, err) != 0)
			return -1;
	for (size_t i = 0; i < renaming->files.count; i++)
		if (sync_file(&renaming->files.items[i], err) != 0)
			return -1;
	return rename_host(renaming, err);
}

static int fail_undone(const struct renaming *renaming, const struct bd_error *why, struct bd_error *err)
{
	return bd_fail_as(
		err, err,
		"%s; the rename could not be undone (%s), so %s is partly renamed: repeat the command to complete it",
		err->message, why->message, renaming->cfg.name);
}

static int fail_unfinished(const struct renaming *renaming, struct bd_error *err)
{
	return bd_fail_as(err, err, "%s was renamed to %s, but %s still exists: %s; repeat the command to remove it",
			  renaming->cfg.name, renaming->new_name, renaming->cfg.path, err->message);
}

/* From here on there is no way back, but to the end. */
static int finish(struct renaming *renaming, struct bd_error *err)
{
	struct bd_error not_flushed;

	if (guest_autostart_move(renaming->cfg.path, renaming->new_path, err) != 0)
		return fail_unfinished(renaming, err);
	bd_record_move(renaming->cfg.path, renaming->new_path);
	if (unlink(renaming->cfg.path) != 0 && errno != ENOENT) {
		bd_fail_errno(err, "cannot remove it");
		return fail_unfinished(renaming, err);
	}
	bd_cfg_rename_unmark(renaming->new_path);
	/* Nothing is left that the same command could do. */
	if (guest_files_sync_folder(renaming->new_path, &not_flushed) != 0)
		bd_warn("%s is complete, but after a power failure %s may exist again, too: %s", renaming->new_name,
			renaming->cfg.path, not_flushed.message);
	return 0;
}

static int begin(const struct bd_cfg *cfg, const char *new_name, struct renaming *renaming, struct bd_error *err)
{
	struct bd_guest name;
	struct stat there;

	if (bd_guest_set_name(&name, new_name, err) != 0)
		return -1;
	if (strcmp(cfg->name, new_name) == 0)
		return bd_usage(err, "%s already has that name", cfg->name);
	if (lstat(cfg->path, &there) != 0)
		return bd_fail_errno(err, "cannot access %s", cfg->path);
	if (!S_ISREG(there.st_mode))
		return bd_fail(err, EINVAL, "%s is not a regular file; give the path of the config itself",
			       cfg->path);
	renaming->new_name = new_name;
	return guest_renamed_path(cfg->path, new_name, ".cfg", &renaming->new_path, err);
}

static int prepare_and_move(struct boot *boot, struct renaming *renaming, struct guest_renamed *renamed_out,
			    struct bd_error *err)
{
	struct bd_error why;

	if (prepare(boot, renaming, err) != 0)
		return -1;
	/* The log of an interrupted change lies beside the image, and goes by its name. */
	for (size_t i = 0; i < renaming->cfg.disk_count; i++)
		if (bd_redo_complete(renaming->cfg.disks[i], err) != 0)
			return -1;
	if (publish_and_move(renaming, err) == 0 && bd_cfg_read(renaming->new_path, &renamed_out->cfg, err) == 0)
		return 0;
	return undo(renaming, &why) == 0 ? -1 : fail_undone(renaming, &why, err);
}

int guest_rename(struct boot *boot, const struct bd_cfg *cfg, const char *new_name, struct guest_renamed *renamed_out,
		 struct bd_error *err)
{
	BD_DISPOSE(dispose) struct renaming renaming = { .draft = BD_ATOMIC_FILE_INIT };
	BD_CLOSE int old_lock_fd = -1;
	BD_CLOSE int new_lock_fd = -1;

	if (begin(cfg, new_name, &renaming, err) != 0 || bd_lock(cfg->path, &old_lock_fd, err) != 0 ||
	    bd_lock(renaming.new_path, &new_lock_fd, err) != 0 || bd_cfg_read(cfg->path, &renaming.cfg, err) != 0 ||
	    prepare_and_move(boot, &renaming, renamed_out, err) != 0)
		return bd_wrap(err, "cannot rename %s", cfg->name);
	if (finish(&renaming, err) != 0)
		return -1;
	bd_event(&(struct bd_event){ .kind = "renamed", .guest = new_name, .cfg_path = renaming.new_path },
		 "%s was renamed to %s", cfg->name, new_name);
	renamed_out->files = bd_take_struct(renaming.files);
	return 0;
}

int guest_rename_plan(struct boot *boot, const struct bd_cfg *cfg, const char *new_name,
		      struct guest_renamed *renamed_out, struct bd_error *err)
{
	BD_DISPOSE(dispose) struct renaming renaming = { .draft = BD_ATOMIC_FILE_INIT };

	if (begin(cfg, new_name, &renaming, err) != 0 || bd_cfg_read(cfg->path, &renaming.cfg, err) != 0 ||
	    prepare(boot, &renaming, err) != 0 || bd_cfg_parse(renaming.text, &renamed_out->cfg, err) != 0)
		return bd_wrap(err, "cannot rename %s", cfg->name);
	free(renamed_out->cfg.path);
	renamed_out->cfg.path = bd_take_ptr(renaming.new_path);
	renamed_out->files = bd_take_struct(renaming.files);
	return 0;
}
