/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides where disks go, and gives them their places. */
#include "ops/adopt/disks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/text.h"
#include "disk/facts.h"
#include "guest/disks.h"
#include "ops/adopt/place.h"
#include "ops/guest/files.h"
#include "virtual_disk/magic.h"
#include "xlcfg/disks.h"
#include "xlcfg/replace_path.h"

void adopt_disks_dispose(struct adopt_disks *disks)
{
	for (size_t i = 0; i < disks->count; i++) {
		free(disks->items[i].from);
		free(disks->items[i].to);
		bd_atomic_file_dispose(&disks->items[i].draft);
	}
	free(disks->items);
	disks->items = NULL;
	disks->count = 0;
}

/* Every command takes NAME.img for a raw image. */
static bool is_raw(const char *path)
{
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 || !bd_virtual_disk_name_of(fd);
}

/* NULL: nothing keeps it. One that is not there is missed by others. */
static const char *why_it_stays(const char *path, const char *text, enum adopt_way way)
{
	struct stat there, leads_to;

	if (path[0] != '/')
		return "it is no file";
	if (!bd_xlcfg_writes_disk(text, path))
		return "the guest only reads it";
	if (lstat(path, &there) != 0 || stat(path, &leads_to) != 0)
		return NULL;
	if (S_ISBLK(leads_to.st_mode))
		return "it is a block device";
	if (!S_ISREG(leads_to.st_mode))
		return "it is no regular file";
	if (S_ISLNK(there.st_mode) && way == ADOPT_DISKS_MOVE)
		return "it is a symbolic link";
	return is_raw(path) ? NULL : "it is no raw image";
}

static int decide_place(struct adopt_disk *disk, size_t number, const char *name, const char *folder,
			struct bd_error *err)
{
	char suffix[BD_FURTHER_DISK_SUFFIX_SIZE] = ".img";
	BD_FREE char *real = realpath(disk->from, NULL);
	BD_FREE char *to = NULL;

	if (number > BD_FURTHER_DISKS_MAX)
		return bd_fail(err, ENOTSUP, "it has more than %d disks, for which there are no names",
			       BD_FURTHER_DISKS_MAX + 1);
	if (number)
		bd_further_disk_suffix(number - 1, suffix);
	if (bd_text_format(&to, err, "%s/%s%s", folder, name, suffix) != 0)
		return -1;
	if (!real || strcmp(real, to) != 0)
		disk->to = bd_take_ptr(to);
	return 0;
}

static int decide(struct adopt_disk *disk, size_t number, const char *text, const char *name, const char *folder,
		  enum adopt_way way, struct bd_error *err)
{
	if (way == ADOPT_DISKS_STAY)
		return 0;
	disk->stays = why_it_stays(disk->from, text, way);
	if (!disk->stays)
		return decide_place(disk, number, name, folder, err);
	if (way == ADOPT_DISKS_COPY && disk->from[0] == '/' && bd_xlcfg_writes_disk(text, disk->from))
		return bd_fail(err, ENOTSUP, "the disk %s cannot be copied: %s", disk->from, disk->stays);
	return 0;
}

int adopt_disks_decide(const struct bd_cfg *cfg, const char *text, const char *name, const char *folder,
		       struct adopt_disks *disks_out, struct bd_error *err)
{
	disks_out->items = calloc(cfg->disk_count + 1, sizeof(*disks_out->items));
	if (!disks_out->items)
		return bd_no_memory(err);
	for (size_t i = 0; i < cfg->disk_count; i++) {
		struct adopt_disk *disk = &disks_out->items[disks_out->count++];
		*disk = (struct adopt_disk){ .from = strdup(cfg->disks[i]), .draft = BD_ATOMIC_FILE_INIT };
		if (!disk->from)
			return bd_no_memory(err);
		if (decide(disk, i, text, name, folder, disks_out->way, err) != 0)
			return -1;
	}
	return 0;
}

int adopt_disks_replace(const struct adopt_disks *disks, char **text, struct bd_error *err)
{
	for (size_t i = 0; i < disks->count; i++) {
		char *changed;
		if (!disks->items[i].to)
			continue;
		if (bd_cfg_replace_path(*text, disks->items[i].from, disks->items[i].to, &changed, err) != 0)
			return -1;
		bd_text_replace(text, changed);
	}
	return 0;
}

bool adopt_disks_are_in(const struct adopt_disks *disks, const struct bd_cfg *cfg)
{
	bool all = cfg->disk_count == disks->count;

	for (size_t i = 0; all && i < disks->count; i++)
		all = strcmp(cfg->disks[i], disks->items[i].to ? disks->items[i].to : disks->items[i].from) == 0;
	return all;
}

int adopt_disks_are_moved(const struct adopt_disks *disks, const struct bd_cfg *cfg, bool *moved_out,
			  struct bd_error *err)
{
	*moved_out = false;
	if (!adopt_disks_are_in(disks, cfg))
		return 0;
	for (size_t i = 0; i < disks->count; i++) {
		const struct adopt_disk *disk = &disks->items[i];
		bool is_there, was_there, same;
		if (!disk->to)
			continue;
		if (bd_path_is_there(disk->to, &is_there, err) != 0 ||
		    bd_path_is_there(disk->from, &was_there, err) != 0 ||
		    adopt_place_is_linked(disk->from, disk->to, &same, err) != 0)
			return -1;
		if (!is_there || (was_there && !same))
			return 0;
	}
	*moved_out = true;
	return 0;
}

/* What a run that was cut short has left there is ours: one more name of the disk, or a copy with the mark of the unfinished. */
static int check_target(const struct adopt_disk *disk, enum adopt_way way, struct bd_error *err)
{
	struct bd_disk_facts facts;
	bool taken, same;

	if (bd_path_is_there(disk->to, &taken, err) != 0 ||
	    adopt_place_is_linked(disk->from, disk->to, &same, err) != 0)
		return -1;
	if (!taken || (same && way == ADOPT_DISKS_MOVE))
		return 0;
	if (bd_disk_look(disk->to, &facts, err) != 0)
		return -1;
	return facts.is_sticky ? 0 : bd_exists(err, "%s already exists and was not changed", disk->to);
}

int adopt_disks_check(const struct adopt_disks *disks, struct bd_error *err)
{
	for (size_t i = 0; i < disks->count; i++) {
		const struct adopt_disk *disk = &disks->items[i];
		if (disk->to && (check_target(disk, disks->way, err) != 0 ||
				 adopt_place_check(disk->from, disk->to, disks->way == ADOPT_DISKS_MOVE, err) != 0))
			return -1;
	}
	return adopt_place_check_room(disks->items, disks->count, disks->way == ADOPT_DISKS_MOVE, err);
}

static int sync_folders(const struct adopt_disks *disks, bool old, struct bd_error *err)
{
	for (size_t i = 0; i < disks->count; i++)
		if (disks->items[i].to &&
		    guest_files_sync_folder(old ? disks->items[i].from : disks->items[i].to, err) != 0)
			return -1;
	return 0;
}

int adopt_disks_place(struct adopt_disks *disks, struct bd_error *err)
{
	for (size_t i = 0; i < disks->count; i++)
		if (disks->items[i].to && adopt_place(&disks->items[i], disks->way == ADOPT_DISKS_MOVE, err) != 0)
			return -1;
	for (size_t i = 0; i < disks->count; i++)
		if (disks->items[i].draft.fd >= 0 && bd_atomic_file_publish(&disks->items[i].draft, err) != 0)
			return -1;
	return sync_folders(disks, false, err);
}

void adopt_disks_retract(struct adopt_disks *disks)
{
	struct bd_error ignored;
	bool same;

	for (size_t i = 0; i < disks->count; i++) {
		struct adopt_disk *disk = &disks->items[i];
		bd_atomic_file_retract(&disk->draft);
		if (disk->linked && adopt_place_is_linked(disk->from, disk->to, &same, &ignored) == 0 && same)
			unlink(disk->to);
		disk->linked = false;
	}
}

int adopt_disks_finish(struct adopt_disks *disks, struct bd_error *err)
{
	for (size_t i = 0; i < disks->count; i++)
		if (disks->items[i].draft.fd >= 0)
			bd_disk_mark_unfinished(disks->items[i].draft.fd, false);
	if (disks->way != ADOPT_DISKS_MOVE)
		return 0;
	for (size_t i = 0; i < disks->count; i++)
		if (disks->items[i].to && unlink(disks->items[i].from) != 0 && errno != ENOENT)
			return bd_fail_errno(err, "cannot remove %s", disks->items[i].from);
	return sync_folders(disks, true, err);
}
