/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks on guests and templates, by the path of a cfg or of a template's folder: held by one process at a time and
 * gone with it, however it ends.
 *
 * A lock is one byte (base/file/byte_lock.h) of the file `locks` in a folder that only its user can
 * write: /run/xen-bigdisk for root, the folder `locks` in the cache (base/file/cache.h) for everybody else,
 * $XEN_BIGDISK_LOCKS where that is set. The file has no content and stays, so that nothing is left behind for a
 * guest, and there is no name that one process removes while another one waits for it. Others can neither read nor
 * lock it, in whatever network namespace they are.
 *
 * Each user has locks of his own. Root and the owner of a --dir guest do not keep each other away: a lock that both
 * could take would be one by which a user stops root. Files are published without replacing any, so that even then
 * the one who comes second fails.
 *
 * A child that is forked shares the lock as long as it has the descriptor: those that exec lose it by O_CLOEXEC, a
 * domain's monitor closes all that it has inherited.
 */
#ifndef BD_BASE_FILE_LOCK_H
#define BD_BASE_FILE_LOCK_H

#include <stddef.h>

#include "base/err.h"

/* EBUSY (BD_KIND_IN_USE): another process has it, and the message says which. The lock lasts until lock_fd_out is
 * closed. */
int bd_lock(const char *path, int *lock_fd_out, struct bd_error *err);

/* As bd_lock, but waits while another process has it. BD_ECANCELED on a signal. */
int bd_lock_wait(const char *path, int *lock_fd_out, struct bd_error *err);

/* Locks an open file itself, until the last descriptor of this open file is closed: whoever it is, and by whatever name, that writes to it.
 * fd: open for writing. EBUSY: as bd_lock. Where the file's filesystem has no locks, as some over a network, it is left to the lock on
 * the path. */
int bd_lock_file(int fd, const char *path, struct bd_error *err);

/* How many locks all processes of this user hold. */
size_t bd_lock_count(void);

#endif
