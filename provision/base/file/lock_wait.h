/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits for a lock in the kernel, which gives it to us the moment that it is free, and gives up on Ctrl-C or when the time is over.
 *
 * No system call waits for a lock and for something else. So a child waits for it, with the descriptor that it has from us:
 * locks of an open file description (flock(2), F_OFD_SETLKW in fcntl(2)) are ours, too, when the child has ended. Not so
 * fcntl(2)'s others, which are the process's. */
#ifndef BD_BASE_FILE_LOCK_WAIT_H
#define BD_BASE_FILE_LOCK_WAIT_H

#include "base/err.h"

/* take locks fd and waits for that: 0, or -1 and errno; it is called again after EINTR. It is called after a fork, and does what
 * is async-signal-safe. until_s, as bd_clock_s; 0: there is no limit. 0: it is locked. 1: the time is over. -1: take has
 * failed, or BD_ECANCELED on a signal; then, and after 1, fd is to be closed. */
int bd_lock_wait_for(int fd, int (*take)(int fd, const void *context), const void *context, double until_s,
		     struct bd_error *err);

#endif
