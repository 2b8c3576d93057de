/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes files in an ext2, ext3 or ext4 filesystem inside a disk image or device: many changes, all or none of them.
 *
 * The filesystem is read in a sandboxed process, which changes nothing itself. It decides which blocks have to be
 * written and says so; this process writes them, inside the partition only. The content of new files goes into blocks
 * that were free before. All other blocks, the metadata, go through the filesystem's own journal as a transaction of
 * jbd2, so whoever comes next after an interruption (the guest's kernel, e2fsck or this program) completes it or finds
 * nothing of it. Without a journal, they go through a log in a file beside the image (log.h).
 */
#ifndef BD_INSIDE_CHANGE_H
#define BD_INSIDE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/progress.h"
#include "rootfs/file_meta.h"

enum bd_change_kind {
	BD_CHANGE_PUT, /* a new file, directory, symbolic link (meta->target), device, FIFO or socket; it replaces what is there, but no directory */
	BD_CHANGE_LINK, /* path: one more name of the file at source */
	BD_CHANGE_MOVE, /* source gets the name path */
	BD_CHANGE_REMOVE, /* pattern */
	BD_CHANGE_MODE, /* pattern */
	BD_CHANGE_OWNER, /* pattern */
};

/* A piece of content that is not a hole. */
struct bd_change_range {
	uint64_t offset_bytes, size_bytes; /* in the file */
	uint64_t source_bytes; /* where it begins in the descriptor */
};

/* Paths are absolute; symbolic links in them are followed inside the filesystem, but not one that the last component
 * names. Everything is borrowed until the changes are done. */
struct bd_change {
	enum bd_change_kind kind;
	const char *path;
	/* LINK: the file that gets one more name; without a leading slash, it is relative to path as name_in_directory is.
	 * MOVE: a pattern. */
	const char *source;
	/* PUT, LINK, MOVE: where path is a directory when the changes begin, or a symbolic link to one, this name in it is meant. It
	 * may be a relative path, of a tree that is put there: "tree/dir/file"; where path is no directory, it takes the place of the
	 * first component. NULL: path itself is meant. */
	const char *name_in_directory;
	bool must_be_directory; /* path has to be such a directory */
	bool parents; /* PUT: create missing parents, as mkdir -p; an existing directory is fine, and stays as it is */
	bool recursive; /* REMOVE, MODE, OWNER */
	bool force; /* REMOVE: it is fine if there is nothing; LINK: replaces what is there */
	const struct bd_file_meta *meta; /* PUT */
	bool merge; /* PUT of a directory: one that is there takes the metadata and keeps its entries */
	int fd; /* PUT of a regular file: its content is in here; not used where there are no ranges */
	const struct bd_change_range *ranges; /* ascending, not overlapping */
	size_t range_count;
	/* MODE: mode = (mode & keep) | set, and for X of chmod(1) set_if_executable where it is a directory or any x bit is set */
	unsigned mode_keep, mode_set, mode_set_if_executable;
	int64_t uid, gid; /* OWNER; -1: it stays */
};

struct bd_change_request {
	int partition; /* as in bd_inside_request */
	const struct bd_change *changes;
	size_t count;
	int64_t now; /* for timestamps that nobody gives; 0: the clock's */
	const char *log_path; /* for a filesystem without journal; NULL: such a one is refused */
};

/* fd: of the image, open for reading and writing; the caller has seen to it that nobody else uses it. On success everything is
 * on the disk (fsync). On failure, or when killed, nothing has changed that can be seen.
 * BD_KIND_NOT_FOUND, BD_KIND_EXISTS; ENOSPC; ENOTSUP: the filesystem has a feature that is not written, which the message names. */
int bd_inside_change(int fd, const struct bd_change_request *request, bd_progress_report progress,
		     struct bd_error *err);

#endif
