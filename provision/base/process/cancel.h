/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ctrl-C and SIGTERM as a condition that the code polls, so that every exit path cleans up. */
#ifndef BD_BASE_PROCESS_CANCEL_H
#define BD_BASE_PROCESS_CANCEL_H

#include <stdbool.h>

#include "base/err.h"

/* Catches SIGINT, SIGTERM and SIGHUP from here on. A second SIGINT changes nothing: cleaning up is not cut short.
 * SIGPIPE and SIGXFSZ are ignored: what cannot be written is an error. So is SIGIO, which comes when somebody opens a
 * file while bd_disk_check_unused looks at it. */
int bd_cancel_init(struct bd_error *err);

/* Before another program is executed, which inherits what is ignored. Async-signal-safe. */
void bd_cancel_restore_ignored(void);

/* In a child that goes on as a program of its own: what comes from now on is its own affair. */
int bd_cancel_after_fork(struct bd_error *err);

/* Readable for ever once a signal has come; -1 before bd_cancel_init. Not to be read or closed by callers. */
int bd_cancel_fd(void);

/* The signal that came, or 0. */
int bd_cancel_signal(void);

/* Whether the error is that a signal has come, as bd_cancel_check reports it. */
bool bd_cancel_caused(const struct bd_error *err);

/* 0, or BD_ECANCELED when a signal has come. For the steps of long work. */
int bd_cancel_check(struct bd_error *err);

#endif
