/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removes a guest in an order that can be resumed after any step: first what its config leads to, the config last. */
#include "ops/guest/remove.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/lock.h"
#include "base/log.h"
#include "base/text.h"
#include "disk/redo.h"
#include "events/event.h"
#include "events/record.h"
#include "ops/guest/autostart.h"
#include "ops/guest/names.h"
#include "ops/guest/stop.h"
#include "ops/guest/xendomains.h"
#include "ops/host/domains.h"
#include "xlcfg/folder.h"

void guest_removed_dispose(struct guest_removed *removed)
{
	guest_files_dispose(&removed->files);
	guest_paths_dispose(&removed->paths);
	removed->was_running = false;
}

enum guest_remove_destroy guest_remove_may_destroy(bool force, bool agreed, const struct bd_toolstack_domain *domain)
{
	if (!force || (!agreed && !domain))
		return GUEST_REMOVE_DESTROYS_NONE;
	return agreed || !domains_has_ended(domain) ? GUEST_REMOVE_DESTROYS_ANY : GUEST_REMOVE_DESTROYS_ENDED;
}

static int remove_own(const struct guest_file *file, struct guest_removed *removed, struct bd_error *err)
{
	bool done;

	if (guest_file_remove(file, &done, err) != 0)
		return -1;
	return done ? guest_paths_add(&removed->paths, file->path, err) : 0;
}

static int remove_file(char *path, struct guest_removed *removed, struct bd_error *err)
{
	return remove_own(&(struct guest_file){ .path = path }, removed, err);
}

/* What is left of an interrupted change of a disk goes before the disk does. */
static int remove_log(const char *image, struct guest_removed *removed, struct bd_error *err)
{
	BD_FREE char *path = NULL;

	if (bd_redo_path(image, "redo", &path, err) != 0)
		return -1;
	return remove_file(path, removed, err);
}

static bool may_destroy(enum guest_remove_destroy destroy, const struct bd_toolstack_domain *domain)
{
	return destroy == GUEST_REMOVE_DESTROYS_ANY ||
	       (destroy == GUEST_REMOVE_DESTROYS_ENDED && domains_has_ended(domain));
}

/* Beside the domain that runs there may be what is kept of earlier ones, which has the disk open, too. */
static int stop_first(struct boot *boot, const struct bd_cfg *cfg, enum guest_remove_destroy destroy,
		      struct guest_removed *removed, struct bd_error *err)
{
	const struct guest_stop_options at_once = { .wait_s = 0, .force = true };
	enum guest_stop_result result;
	struct bd_toolstack_domain domain;
	uint32_t last = 0;
	bool found;

	for (;;) {
		if (guest_domain_try(boot, cfg, &domain, &found, err) != 0)
			return -1;
		if (!found)
			return 0;
		if (domain.domid == last || !may_destroy(destroy, &domain))
			return guest_fail_running(cfg, &domain, err);
		last = domain.domid;
		if (guest_stop(boot, cfg, &at_once, &result, err) != 0)
			return -1;
		removed->was_running = removed->was_running || result == GUEST_STOP_DESTROYED;
	}
}

static int read_again(const char *path, struct bd_cfg *cfg_out, struct bd_error *err)
{
	struct stat there;

	if (lstat(path, &there) != 0)
		return bd_fail_errno(err, "cannot remove the guest in %s", path);
	if (!S_ISREG(there.st_mode))
		return bd_fail(err, EINVAL, "%s is not a regular file; give the path of the config itself", path);
	if (bd_cfg_read(path, cfg_out, err) != 0)
		return -1;
	return cfg_out->name ? 0 : bd_fail(err, EINVAL, "%s is not a guest's config: it has no name", path);
}

/* Not only the cfg makes a file the guest's own: another guest's cfg may have gone, and a file come. */
static bool same_files(const struct guest_files *shown, const struct guest_files *now)
{
	bool same = shown->count == now->count;

	for (size_t i = 0; same && i < now->count; i++) {
		const struct guest_file *was = &shown->items[i], *is = &now->items[i];
		same = bd_text_is_same(was->path, is->path) && !was->stays == !is->stays &&
		       (is->stays || was->there || !is->there);
	}
	return same;
}

static int check_same(const struct bd_cfg *cfg, const struct guest_files *shown, const struct bd_cfg *now,
		      const struct guest_files *files, struct bd_error *err)
{
	if (bd_cfg_is_same_guest(cfg, now) && bd_text_is_same(cfg->kernel, now->kernel) &&
	    bd_text_is_same(cfg->ramdisk, now->ramdisk) && (!shown || same_files(shown, files)))
		return 0;
	return bd_fail(err, ESTALE, "%s was changed meanwhile; nothing was removed; try again", cfg->name);
}

/* The disk does not go where the cfg would have to stay. */
static int check_can_go(const char *path, struct bd_error *err)
{
	char folder[PATH_MAX];

	bd_path_folder(path, folder);
	return access(folder, W_OK) == 0
		       ? 0
		       : bd_fail_errno(err, "nothing was removed: cannot move %s out of its directory", path);
}

static int remove_all(const struct bd_cfg *cfg, struct guest_removed *removed, struct bd_error *err)
{
	if (check_can_go(cfg->path, err) != 0 || guest_files_check_unused(&removed->files, err) != 0 ||
	    guest_autostart_warn_of_copies(cfg, err) != 0 ||
	    guest_autostart_off(cfg->path, &removed->paths, err) != 0)
		return -1;
	for (size_t i = 0; i < removed->files.count; i++) {
		const struct guest_file *file = &removed->files.items[i];
		if (!file->stays && ((file->there && remove_log(file->path, removed, err) != 0) ||
				     remove_own(file, removed, err) != 0))
			return -1;
	}
	return remove_file(cfg->path, removed, err);
}

/* It is no file of the cfg's, and a guest of another folder may have the name: that is for the administrator to say. */
static void warn_of_saved(const struct bd_cfg *cfg, struct guest_removed *removed)
{
	if (xendomains_saved(cfg, removed->saved_path) == SAVED_NOT) {
		removed->saved_path[0] = '\0';
		return;
	}
	bd_warn("the saved state %s is kept; it is useless without %s, and xendomains would try to restore it when dom0 boots; unless it belongs to another guest of that name, remove it: rm %s",
		removed->saved_path, cfg->name, removed->saved_path);
}

int guest_remove(struct boot *boot, const struct bd_cfg *cfg, const struct guest_files *shown,
		 enum guest_remove_destroy destroy, struct guest_removed *removed_out, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg now = { 0 };
	BD_CLOSE int lock_fd = -1;

	if (bd_lock(cfg->path, &lock_fd, err) != 0 || read_again(cfg->path, &now, err) != 0 ||
	    guest_files_find(&now, &removed_out->files, err) != 0 ||
	    check_same(cfg, shown, &now, &removed_out->files, err) != 0 ||
	    stop_first(boot, &now, destroy, removed_out, err) != 0)
		return -1;
	if (remove_all(&now, removed_out, err) != 0)
		return -1;
	bd_record_remove(now.path);
	warn_of_saved(&now, removed_out);
	bd_event(&(struct bd_event){ .kind = "removed", .guest = now.name, .cfg_path = now.path },
		 "%s was removed, with what was its own", now.name);
	return 0;
}

int guest_remove_plan(struct boot *boot, const struct bd_cfg *cfg, enum guest_remove_destroy destroy,
		      struct guest_removed *removed_out, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg now = { 0 };
	struct bd_toolstack_domain domain;

	if (read_again(cfg->path, &now, err) != 0 || guest_files_find(&now, &removed_out->files, err) != 0 ||
	    guest_domain_try(boot, &now, &domain, &removed_out->was_running, err) != 0)
		return -1;
	if (removed_out->was_running && !may_destroy(destroy, &domain))
		return guest_fail_running(&now, &domain, err);
	/* The disk of a domain that is to be destroyed is in use, and will not be. */
	if (check_can_go(now.path, err) != 0 ||
	    (!removed_out->was_running && guest_files_check_unused(&removed_out->files, err) != 0) ||
	    guest_autostart_find(now.path, &removed_out->paths, err) != 0)
		return -1;
	for (size_t i = 0; i < removed_out->files.count; i++) {
		const struct guest_file *file = &removed_out->files.items[i];
		if (!file->stays && file->there && guest_paths_add(&removed_out->paths, file->path, err) != 0)
			return -1;
	}
	if (xendomains_saved(&now, removed_out->saved_path) == SAVED_NOT)
		removed_out->saved_path[0] = '\0';
	return guest_paths_add(&removed_out->paths, now.path, err);
}
