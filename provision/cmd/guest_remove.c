/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing a guest in an order in which it can be done again after any step: what its cfg leads to first, the cfg last. */
#include "cmd/guest_remove.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/claim.h"
#include "base/cleanup.h"
#include "cmd/guest_autostart.h"
#include "cmd/guest_names.h"
#include "cmd/guest_stop.h"

void guest_removed_init(struct guest_removed *removed)
{
	*removed = (struct guest_removed){ 0 };
}

void guest_removed_dispose(struct guest_removed *removed)
{
	guest_files_dispose(&removed->files);
	guest_paths_dispose(&removed->paths);
	removed->was_running = false;
}

static int remove_file(const char *path, struct guest_removed *removed, struct bd_error *err)
{
	if (unlink(path) != 0)
		return errno == ENOENT ? 0 : bd_fail_errno(err, "cannot remove %s", path);
	return guest_files_sync_folder(path, err) != 0 ? -1 : guest_paths_add(&removed->paths, path, err);
}

static int stop_first(struct boot *boot, const struct bd_cfg *cfg, bool force, struct guest_removed *removed,
		      struct bd_error *err)
{
	const struct guest_stop_options destroy = { .wait_s = 0, .force = true };
	enum guest_stop_result result;
	struct bd_toolstack_domain domain;
	bool found;

	if (guest_domain_try(boot, cfg, &domain, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	if (!force)
		return guest_fail_running(cfg, &domain, err);
	if (guest_stop(boot, cfg, &destroy, &result, err) != 0)
		return -1;
	removed->was_running = result == GUEST_STOP_DESTROYED;
	return 0;
}

static int read_again(const char *path, struct bd_cfg *cfg_out, struct bd_error *err)
{
	struct stat there;

	if (lstat(path, &there) != 0)
		return bd_fail_errno(err, "cannot remove the guest in %s", path);
	if (!S_ISREG(there.st_mode))
		return bd_fail(err, EINVAL, "%s is a link to a cfg, or no file: give the path of the cfg itself",
			       path);
	if (bd_cfg_read(path, cfg_out, err) != 0)
		return -1;
	return cfg_out->name ? 0 : bd_fail(err, EINVAL, "%s is no guest's config: it gives no name", path);
}

static int remove_all(const struct bd_cfg *cfg, struct guest_removed *removed, struct bd_error *err)
{
	if (guest_files_check_unused(&removed->files, err) != 0 || guest_autostart_warn_of_copies(cfg, err) != 0 ||
	    guest_autostart_off(cfg->path, &removed->paths, err) != 0)
		return -1;
	for (size_t i = 0; i < removed->files.count; i++) {
		const struct guest_file *file = &removed->files.items[i];
		if (!file->stays && remove_file(file->path, removed, err) != 0)
			return -1;
	}
	return remove_file(cfg->path, removed, err);
}

int guest_remove(struct boot *boot, const struct bd_cfg *cfg, bool force, struct guest_removed *removed_out,
		 struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg now;
	BD_CLOSE int claim_fd = -1;

	bd_cfg_init(&now);
	if (bd_claim(cfg->path, &claim_fd, err) != 0 || read_again(cfg->path, &now, err) != 0 ||
	    guest_files_find(&now, &removed_out->files, err) != 0 ||
	    stop_first(boot, &now, force, removed_out, err) != 0)
		return -1;
	return remove_all(&now, removed_out, err);
}
