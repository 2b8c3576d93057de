/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits until a program lets go of a file: an open file description that may write to it is closed, by whomever, be it the kernel
 * for a loop device. */
#ifndef BD_BASE_FILE_CLOSING_H
#define BD_BASE_FILE_CLOSING_H

#include "base/err.h"

/* A descriptor for bd_closing_wait, of the file that fd is open for; the caller closes it. What has been closed before is not
 * told: look at the file afterwards. -1: it cannot be watched (inotify(7) has limits). */
int bd_closing_watch(int fd);

/* Until it is told, or until_s (as bd_clock_s). It is told a moment before the kernel has done it. watch_fd -1: only the
 * time ends it. BD_ECANCELED on a signal. */
int bd_closing_wait(int watch_fd, double until_s, struct bd_error *err);

#endif
