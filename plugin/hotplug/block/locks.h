/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps two programs from giving one disk to two guests at the same time.
 *
 * Between looking for other users of a disk and being seen by them, a program holds two locks:
 *   a byte of a file of ours (base/file/byte_lock.h), by the disk, so that only those that want the same one wait for each other;
 *   Xen's own lock for its script block, flock(2) of the file "block" in /var/run/xen-hotplug, but shared: ours do not wait for each
 *   other there, Xen's script, which wants it alone, does, and they for it. Its protocol, by which the last removes the file, is in
 *   locking.sh.
 * Both go with the process, however it ends. */
#ifndef BD_HOTPLUG_BLOCK_LOCKS_H
#define BD_HOTPLUG_BLOCK_LOCKS_H

#include <stddef.h>

#include "base/err.h"

struct bd_block_locks {
	int ours, xens; /* -1: not held */
	char xens_path[128];
};

#define BD_BLOCK_LOCKS_INIT \
	{ \
		.ours = -1, .xens = -1, .xens_path = "" \
	}

/* Waits for both; EBUSY where that takes longer than wait_ms, which a timer of the process (ITIMER_REAL) measures. The folders are made
 * where they are missing. key: which disk it is. */
int bd_block_lock(const char *our_folder, const char *xens_folder, const void *key, size_t key_size, unsigned wait_ms,
		  struct bd_block_locks *locks_out, struct bd_error *err);
void bd_block_unlock(struct bd_block_locks *locks); /* idempotent */

#endif
