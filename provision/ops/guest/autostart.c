/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates, finds and removes the links in the autostart directory. */
#include "ops/guest/autostart.h"

#include <dirent.h>
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
#include "base/file/file.h"
#include "base/log.h"
#include "base/text.h"
#include "ops/guest/files.h"

void guest_paths_dispose(struct guest_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->items[i]);
	free(paths->items);
	*paths = (struct guest_paths){ 0 };
}

int guest_paths_add(struct guest_paths *paths, const char *path, struct bd_error *err)
{
	BD_FREE char *copy = strdup(path);

	if (!copy)
		return bd_no_memory(err);
	if (bd_array_grow(paths->items, paths->count, err) != 0)
		return -1;
	paths->items[paths->count++] = bd_take_ptr(copy);
	return 0;
}

bool guest_paths_has(const struct guest_paths *paths, const char *path)
{
	struct bd_error ignored;
	bool same = false;

	for (size_t i = 0; i < paths->count && !same; i++)
		same = bd_path_is_same(paths->items[i], path, &same, &ignored) == 0 && same;
	return same;
}

static int leads_to(const char *link_path, const void *real_cfg, bool *leads_out, struct bd_error *err)
{
	struct stat there;

	*leads_out = false;
	if (lstat(link_path, &there) != 0)
		return errno == ENOENT ? 0 : bd_fail_errno(err, "cannot access %s", link_path);
	return S_ISLNK(there.st_mode) ? bd_path_is_same(link_path, real_cfg, leads_out, err) : 0;
}

static int is_copy(const char *path, const void *cfg_pointer, bool *copy_out, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg other = { 0 };
	const struct bd_cfg *cfg = cfg_pointer;
	struct bd_error no_cfg;
	struct stat there;

	(void)err;
	*copy_out = false;
	if (lstat(path, &there) != 0 || !S_ISREG(there.st_mode) || bd_cfg_read(path, &other, &no_cfg) != 0)
		return 0;
	*copy_out = (other.name && strcmp(other.name, cfg->name) == 0) ||
		    (other.has_uuid && cfg->has_uuid && memcmp(other.uuid, cfg->uuid, sizeof(cfg->uuid)) == 0);
	return 0;
}

/* What of the folder is_it() says it of. */
static int find_all(int (*is_it)(const char *path, const void *what, bool *is_out, struct bd_error *err),
		    const void *what, struct guest_paths *found_out, struct bd_error *err)
{
	BD_DISPOSE(guest_paths_dispose) struct guest_paths found = { 0 };
	BD_CLOSEDIR DIR *folder = opendir(GUEST_AUTOSTART_FOLDER);
	char path[PATH_MAX];

	if (!folder && errno != ENOENT && errno != ENOTDIR)
		return bd_fail_errno(err, "cannot read the directory " GUEST_AUTOSTART_FOLDER);
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		int n = snprintf(path, sizeof(path), GUEST_AUTOSTART_FOLDER "/%s", entry->d_name);
		bool is = false;
		if (n < (int)sizeof(path) && is_it(path, what, &is, err) != 0)
			return -1;
		if (is && guest_paths_add(&found, path, err) != 0)
			return -1;
	}
	*found_out = bd_take_struct(found);
	return 0;
}

int guest_autostart_find(const char *cfg_path, struct guest_paths *links_out, struct bd_error *err)
{
	char real_cfg[PATH_MAX];

	if (!realpath(cfg_path, real_cfg))
		return bd_fail_errno(err, "cannot find %s", cfg_path);
	return find_all(leads_to, real_cfg, links_out, err);
}

/* Files of the folder that are no links but configs of their own, with the guest's name or uuid: xendomains starts them
 * whatever becomes of the guest's cfg, and they are left to the administrator. */
static int find_copies(const struct bd_cfg *cfg, struct guest_paths *copies_out, struct bd_error *err)
{
	return find_all(is_copy, cfg, copies_out, err);
}

int guest_autostart_warn_of_copies(const struct bd_cfg *cfg, struct bd_error *err)
{
	BD_DISPOSE(guest_paths_dispose) struct guest_paths copies = { 0 };

	if (find_copies(cfg, &copies, err) != 0)
		return -1;
	for (size_t i = 0; i < copies.count; i++)
		bd_warn("%s is a config file of %s, not a link; it is kept, and xendomains will try to start it whenever dom0 boots: remove it",
			copies.items[i], cfg->name);
	return 0;
}

static bool in_system_folder(const char *cfg_path)
{
	char folder[PATH_MAX], system_folder[PATH_MAX];

	bd_path_folder(cfg_path, folder);
	return realpath(GUEST_CFG_FOLDER, system_folder) && strcmp(folder, system_folder) == 0;
}

/* Of the link that we make to a cfg. */
static int name_link(const char *cfg_path, char path_out[PATH_MAX], char target_out[PATH_MAX], struct bd_error *err)
{
	const char *name = strrchr(cfg_path, '/');
	int n = snprintf(path_out, PATH_MAX, GUEST_AUTOSTART_FOLDER "%s", name);
	int m = snprintf(target_out, PATH_MAX, "%s%s", in_system_folder(cfg_path) ? ".." : "",
			 in_system_folder(cfg_path) ? name : cfg_path);

	return n < PATH_MAX && m < PATH_MAX ? 0 : bd_fail(err, ENAMETOOLONG, "the path %s is too long", cfg_path);
}

static int fail_taken(const char *path, struct bd_error *err)
{
	return bd_exists(err, "%s is there and leads elsewhere; it was not changed", path);
}

static int make_link(const char *cfg_path, bool *changed_out, struct bd_error *err)
{
	BD_DISPOSE(guest_paths_dispose) struct guest_paths links = { 0 };
	char path[PATH_MAX], target[PATH_MAX];

	if (guest_autostart_find(cfg_path, &links, err) != 0)
		return -1;
	*changed_out = links.count == 0;
	if (links.count)
		return 0;
	if (mkdir(GUEST_AUTOSTART_FOLDER, 0755) != 0 && errno != EEXIST)
		return bd_fail_errno(err, "cannot create the directory " GUEST_AUTOSTART_FOLDER);
	if (name_link(cfg_path, path, target, err) != 0)
		return -1;
	if (symlink(target, path) != 0)
		return errno == EEXIST ? fail_taken(path, err) : bd_fail_errno(err, "cannot make the link %s", path);
	return guest_files_sync_folder(GUEST_AUTOSTART_FOLDER "/", err);
}

static int check_folder(const char *cfg_path, struct bd_error *err)
{
	if (in_system_folder(cfg_path))
		return 0;
	return bd_usage(err, "only guests in " GUEST_CFG_FOLDER " are started with dom0, and %s is elsewhere",
			cfg_path);
}

int guest_autostart_on(const char *cfg_path, bool *changed_out, struct bd_error *err)
{
	return check_folder(cfg_path, err) != 0 ? -1 : make_link(cfg_path, changed_out, err);
}

int guest_autostart_check_move(const char *old_cfg_path, const char *new_cfg_path, struct bd_error *err)
{
	BD_DISPOSE(guest_paths_dispose) struct guest_paths links = { 0 };
	char path[PATH_MAX], target[PATH_MAX], there[PATH_MAX];
	char real_cfg[PATH_MAX];
	bool taken, leads = false;

	if (guest_autostart_find(old_cfg_path, &links, err) != 0 || name_link(new_cfg_path, path, target, err) != 0 ||
	    bd_path_is_there(path, &taken, err) != 0)
		return -1;
	if (links.count == 0 || !taken)
		return 0;
	ssize_t length = readlink(path, there, sizeof(there) - 1);
	there[length < 0 ? 0 : length] = '\0';
	if (length >= 0 && strcmp(there, target) == 0)
		return 0; /* it waits for the new cfg */
	if (realpath(new_cfg_path, real_cfg) && leads_to(path, real_cfg, &leads, err) != 0)
		return -1;
	return leads ? 0 : fail_taken(path, err);
}

int guest_autostart_move(const char *old_cfg_path, const char *new_cfg_path, struct bd_error *err)
{
	BD_DISPOSE(guest_paths_dispose) struct guest_paths links = { 0 };
	BD_DISPOSE(guest_paths_dispose) struct guest_paths removed = { 0 };
	bool changed;

	if (guest_autostart_find(old_cfg_path, &links, err) != 0)
		return -1;
	if (links.count == 0)
		return 0;
	return make_link(new_cfg_path, &changed, err) != 0 ? -1 : guest_autostart_off(old_cfg_path, &removed, err);
}

int guest_autostart_off(const char *cfg_path, struct guest_paths *removed, struct bd_error *err)
{
	BD_DISPOSE(guest_paths_dispose) struct guest_paths links = { 0 };

	if (guest_autostart_find(cfg_path, &links, err) != 0)
		return -1;
	for (size_t i = 0; i < links.count; i++) {
		if (unlink(links.items[i]) != 0 && errno != ENOENT)
			return bd_fail_errno(err, "cannot remove %s", links.items[i]);
		if (guest_paths_add(removed, links.items[i], err) != 0)
			return -1;
	}
	return links.count ? guest_files_sync_folder(GUEST_AUTOSTART_FOLDER "/", err) : 0;
}

/* A config of its own in the folder is started whatever the links say. */
static int check_copies(const struct bd_cfg *cfg, struct bd_error *err)
{
	BD_DISPOSE(guest_paths_dispose) struct guest_paths copies = { 0 };

	if (find_copies(cfg, &copies, err) != 0)
		return -1;
	if (copies.count == 0)
		return 0;
	return bd_exists(err,
			 "%s is a config file of %s, not a link: xendomains starts that one; compare it with %s, and "
			 "remove it",
			 copies.items[0], cfg->name, cfg->path);
}

int guest_autostart_set(const struct bd_cfg *cfg, bool on, bool *changed_out, struct bd_error *err)
{
	BD_DISPOSE(guest_paths_dispose) struct guest_paths removed = { 0 };

	if (on)
		return check_copies(cfg, err) != 0 ? -1 : guest_autostart_on(cfg->path, changed_out, err);
	if (guest_autostart_off(cfg->path, &removed, err) != 0)
		return -1;
	*changed_out = removed.count != 0;
	return check_copies(cfg, err);
}

int guest_autostart_plan(const struct bd_cfg *cfg, bool on, bool *changed_out, struct bd_error *err)
{
	BD_DISPOSE(guest_paths_dispose) struct guest_paths links = { 0 };

	if (check_copies(cfg, err) != 0 || (on && check_folder(cfg->path, err) != 0) ||
	    guest_autostart_find(cfg->path, &links, err) != 0)
		return -1;
	*changed_out = on == (links.count == 0);
	return 0;
}

void autostart_set_dispose(struct autostart_set *set)
{
	free(set->items);
	*set = (struct autostart_set){ 0 };
}

/* As in guest_autostart_find, only links count. */
static bool find_target(int folder_fd, const char *name, struct bd_file_id *target_out)
{
	struct stat link, target;

	if (fstatat(folder_fd, name, &link, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISLNK(link.st_mode) ||
	    fstatat(folder_fd, name, &target, 0) != 0)
		return false;
	*target_out = (struct bd_file_id){ .device = target.st_dev, .inode = target.st_ino };
	return true;
}

int autostart_set_read(struct autostart_set *set_out, struct bd_error *err)
{
	BD_DISPOSE(autostart_set_dispose) struct autostart_set set = { 0 };
	BD_CLOSEDIR DIR *folder = opendir(GUEST_AUTOSTART_FOLDER);
	struct bd_file_id target;

	if (!folder && errno != ENOENT && errno != ENOTDIR)
		bd_warn("cannot tell which guests start with dom0: cannot read " GUEST_AUTOSTART_FOLDER);
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		if (!find_target(dirfd(folder), entry->d_name, &target))
			continue;
		if (bd_array_grow(set.items, set.count, err) != 0)
			return -1;
		set.items[set.count++] = target;
	}
	if (set.count)
		qsort(set.items, set.count, sizeof(*set.items), bd_file_id_compare);
	*set_out = bd_take_struct(set);
	return 0;
}

bool autostart_set_has(const struct autostart_set *set, const char *cfg_path)
{
	struct bd_file_id wanted;
	struct stat there;

	if (!set->count || stat(cfg_path, &there) != 0)
		return false;
	wanted = (struct bd_file_id){ .device = there.st_dev, .inode = there.st_ino };
	return bsearch(&wanted, set->items, set->count, sizeof(*set->items), bd_file_id_compare) != NULL;
}
