/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes files in an ext2, ext3 or ext4 filesystem inside a disk image or device: many changes, all or none of them.
 *
 * The filesystem is read in a sandboxed process, which changes nothing itself. It decides which blocks have to be
 * written and says so; this process writes them, inside the partition only. The content of new files goes into blocks
 * that were free before. All other blocks, the metadata, go through the filesystem's own journal as a transaction of
 * jbd2, so whoever comes next after an interruption (the guest's kernel, e2fsck or this program) completes it or finds
 * nothing of it. Without a journal, they go through a log in a file beside the image (disk/redo.h).
 */
#ifndef BD_INSIDE_CHANGE_CHANGE_H
#define BD_INSIDE_CHANGE_CHANGE_H

#include "base/err.h"
#include "base/progress.h"
#include "inside/change/request.h"

/* fd: of the image, open for reading and writing; the caller has seen to it that nobody else uses it. On success everything is
 * on the disk (fsync). On failure, or when killed, nothing has changed that can be seen; content is written only when all else is
 * known to succeed. Neither holds for a draft.
 * BD_KIND_NOT_FOUND, BD_KIND_EXISTS; ENOSPC; ENOTSUP: the filesystem has a feature that is not written, which the message names. */
int bd_inside_change(int fd, const struct bd_change_request *request, bd_progress_report progress,
		     struct bd_error *err);

#endif
