/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that is published complete or not at all.
 *
 * The draft has no name while it is written (O_TMPFILE), so that even kill -9 or a power cut leaves nothing; on
 * filesystems without O_TMPFILE it has a hidden temporary name in the same folder, as has one that replaces a file while it
 * is published. Other than that, publishing never replaces an existing file. Order: bd_atomic_file_open, write to fd, bd_atomic_file_sync, bd_atomic_file_publish,
 * bd_atomic_file_sync_folder; then bd_atomic_file_dispose.
 */
#ifndef BD_BASE_FILE_ATOMIC_FILE_H
#define BD_BASE_FILE_ATOMIC_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct bd_atomic_file {
	int fd; /* open for reading and writing; owned */
	int dir_fd; /* owned */
	char *path; /* where it will be published; owned */
	char *work_path; /* how other code and other processes reach it before that; owned */
	const char *name; /* the last part of path */
	char *temporary_name; /* in dir_fd; NULL: it has none */
	bool published;
	bool replaces; /* what is at path */
};

#define BD_ATOMIC_FILE_INIT \
	{ \
		.fd = -1, .dir_fd = -1 \
	}

/* EEXIST when there is something at path already. The folder must exist. */
int bd_atomic_file_open(const char *path, mode_t mode, struct bd_atomic_file *draft_out, struct bd_error *err);

/* As bd_atomic_file_open, for a file that is to take the place of the one at path, which has to be there and a regular file:
 * it gets its owner, mode, ACL and other attributes. Publishing replaces that file. ELOOP: there is a symbolic link. EINVAL:
 * there is something else, as a device. */
int bd_atomic_file_open_replacement(const char *path, struct bd_atomic_file *draft_out, struct bd_error *err);

/* As bd_atomic_file_open_replacement, for a file that is written again and again: where there is none it is a new one with this
 * mode, which replaces what another process has published by then. */
int bd_atomic_file_open_output(const char *path, mode_t mode, struct bd_atomic_file *draft_out, struct bd_error *err);

/* Of a temporary name of a draft, ".NAME.partial-PID", or of a template's folder that is being made or removed:
 * whether its maker is still at work on it, by the lock that is held until then (flock(2), which works on folders,
 * too). 1: yes. 0: no, it was left behind. -1: that cannot be told, for want of locks or of the right to open it. */
int bd_atomic_file_is_in_work(int folder_fd, const char *name);

/* Flushes the content to the disk. */
int bd_atomic_file_sync(struct bd_atomic_file *draft, struct bd_error *err);

/* Gives it its name. EEXIST: the name was taken meanwhile; that file is not touched. The name survives a power
 * failure from bd_atomic_file_sync_folder on. */
int bd_atomic_file_publish(struct bd_atomic_file *draft, struct bd_error *err);
int bd_atomic_file_sync_folder(struct bd_atomic_file *draft, struct bd_error *err);

/* Both are, or will be, in one folder. */
bool bd_atomic_file_same_folder(const struct bd_atomic_file *one, const struct bd_atomic_file *other);

/* Takes a published file away again, if it is still the one that was published. */
void bd_atomic_file_retract(struct bd_atomic_file *draft);

/* Frees everything; an unpublished draft is gone with it. Idempotent. */
void bd_atomic_file_dispose(struct bd_atomic_file *draft);

#endif
