/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links or copies a disk. */
#include "ops/adopt/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file/file.h"
#include "base/parse.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "base/text.h"
#include "disk/copy.h"
#include "disk/facts.h"
#include "disk/redo.h"
#include "disk/use/in_use.h"

static int check_writable(const char *path, const char *what, struct bd_error *err)
{
	char folder[PATH_MAX];

	bd_path_folder(path, folder);
	if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
		return bd_fail_errno(err, "cannot %s %s", what, path);
	return 0;
}

static int open_disk(const char *path, struct bd_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd < 0 ? bd_fail_errno(err, "cannot read the disk %s", path) : fd;
}

int adopt_place_is_linked(const char *from, const char *to, bool *linked_out, struct bd_error *err)
{
	struct stat one, other;
	const bool has_one = lstat(from, &one) == 0;

	if (!has_one && errno != ENOENT)
		return bd_fail_errno(err, "cannot access %s", from);
	const bool has_other = lstat(to, &other) == 0;
	if (!has_other && errno != ENOENT)
		return bd_fail_errno(err, "cannot access %s", to);
	/* A file that has one link only is found under both names where its directory is mounted twice. */
	*linked_out =
		has_one && has_other && one.st_dev == other.st_dev && one.st_ino == other.st_ino && one.st_nlink > 1;
	return 0;
}

int adopt_place_check(const char *from, const char *to, bool moves, struct bd_error *err)
{
	BD_CLOSE int fd = open_disk(from, err);

	if (fd < 0)
		return -1;
	if (bd_disk_check_unused(fd, err) != 0)
		return bd_wrap(err, "%s is in use", from);
	if (moves && check_writable(from, "remove", err) != 0)
		return -1;
	return check_writable(to, "make", err);
}

static bool shares_blocks(const char *from, const char *folder)
{
	BD_CLOSE int fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && bd_disk_copy_shares(fd, folder);
}

/* 0 for one that needs no room. */
static int room_for(const struct adopt_disk *disk, bool moves, const char *folder, uint64_t *bytes_out,
		    struct bd_error *err)
{
	struct stat from, to;

	*bytes_out = 0;
	if (stat(disk->from, &from) != 0)
		return bd_fail_errno(err, "cannot access %s", disk->from);
	if (stat(folder, &to) != 0)
		return bd_fail_errno(err, "cannot use the directory %s", folder);
	if ((!moves || from.st_dev != to.st_dev) && !shares_blocks(disk->from, folder))
		*bytes_out = (uint64_t)from.st_blocks * S_BLKSIZE;
	return 0;
}

int adopt_place_check_room(const struct adopt_disk *disks, size_t count, bool moves, struct bd_error *err)
{
	char folder[PATH_MAX] = "", need[32], there[32];
	uint64_t need_bytes = 0, bytes;
	struct statvfs room;

	for (size_t i = 0; i < count; i++) {
		if (!disks[i].to)
			continue;
		bd_path_folder(disks[i].to, folder);
		if (room_for(&disks[i], moves, folder, &bytes, err) != 0)
			return -1;
		need_bytes += bytes;
	}
	if (!need_bytes)
		return 0;
	if (statvfs(folder, &room) != 0)
		return bd_fail_errno(err, "cannot use the directory %s", folder);
	if (need_bytes <= bd_free_bytes(&room))
		return 0;
	bd_format_size(need_bytes, need, sizeof(need));
	bd_format_size(bd_free_bytes(&room), there, sizeof(there));
	return bd_no_room(err, "the disks take %s, and %s has %s free", need, folder, there);
}

int adopt_keep_owner(int fd, const struct stat *there, const char *path, struct bd_error *err)
{
	struct stat made;

	if (fstat(fd, &made) != 0)
		return bd_fail_errno(err, "cannot access %s", path);
	if ((made.st_uid == there->st_uid && made.st_gid == there->st_gid) ||
	    fchown(fd, there->st_uid, there->st_gid) == 0 || errno == EPERM)
		return fchmod(fd, there->st_mode & 0777) == 0 ? 0 : bd_fail_errno(err, "cannot access %s", path);
	return bd_fail_errno(err, "cannot set the owner of %s", path);
}

static int copy_content(int from_fd, const char *from, int to_fd, struct stat *there_out, struct bd_error *err)
{
	struct stat after;

	if (fstat(from_fd, there_out) != 0)
		return bd_fail_errno(err, "cannot access %s", from);
	bd_progress_stage("copying the disk image", (uint64_t)there_out->st_blocks * S_BLKSIZE);
	if (bd_disk_copy(from_fd, to_fd, bd_progress_update, err) != 0)
		return -1;
	if (fstat(from_fd, &after) != 0)
		return bd_fail_errno(err, "cannot access %s", from);
	if (after.st_size != there_out->st_size || bd_compare_times(&after.st_mtim, &there_out->st_mtim) != 0)
		return bd_in_use(err, "it was written to while it was copied");
	return bd_disk_check_unused(from_fd, err);
}

static int copy(struct adopt_disk *disk, bool moves, struct bd_error *err)
{
	BD_CLOSE int fd = open_disk(disk->from, err);
	struct bd_atomic_file *draft = &disk->draft;
	struct bd_disk_facts left;
	struct bd_error ignored;
	struct stat there;

	if (fd < 0)
		return -1;
	if (bd_disk_look(disk->to, &left, &ignored) == 0 && left.is_sticky && unlink(disk->to) != 0)
		return bd_fail_errno(err, "cannot remove %s", disk->to);
	if (bd_atomic_file_open(disk->to, 0600, draft, err) != 0)
		return -1;
	if (copy_content(fd, disk->from, draft->fd, &there, err) != 0)
		return bd_wrap(err, "cannot copy %s to %s", disk->from, disk->to);
	if (moves && adopt_keep_owner(draft->fd, &there, disk->to, err) != 0)
		return -1;
	bd_disk_mark_unfinished(draft->fd, true);
	return bd_atomic_file_sync(draft, err);
}

/* Whatever the reason for which there can be no second name, a copy does. */
static bool can_have_no_link(int code)
{
	return code == EXDEV || code == EPERM || code == EMLINK || code == EOPNOTSUPP || code == ENOSYS;
}

static int place_link(struct adopt_disk *disk, struct bd_error *err)
{
	bool same;

	if (adopt_place_is_linked(disk->from, disk->to, &same, err) != 0)
		return -1;
	if (same || linkat(AT_FDCWD, disk->from, AT_FDCWD, disk->to, 0) == 0) {
		disk->linked = true;
		return 0;
	}
	if (can_have_no_link(errno))
		return copy(disk, true, err);
	return errno == EEXIST ? bd_exists(err, "%s already exists and was not changed", disk->to)
			       : bd_fail_errno(err, "cannot move %s to %s", disk->from, disk->to);
}

int adopt_place(struct adopt_disk *disk, bool moves, struct bd_error *err)
{
	/* The log of an interrupted change lies beside the image, and goes by its name. */
	if (bd_cancel_check(err) != 0 || bd_redo_complete(disk->from, err) != 0)
		return -1;
	return moves ? place_link(disk, err) : copy(disk, false, err);
}
