/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a boot loader on a pseudo-terminal, as libxl does: in raw mode, with TERM=vt100, its output in a log. Knows nothing of
 * libxl. */
#ifndef BD_LIBXL_BOOTLOADER_RUN_H
#define BD_LIBXL_BOOTLOADER_RUN_H

#include "base/err.h"

/* More of the output is not logged: it may be a disk's that nobody trusts. */
#define BD_BOOTLOADER_LOG_LIMIT (1024 * 1024)

struct bd_bootloader_run {
	char *const *argv; /* ends with a NULL; looked for by execvp(3) */
	int log_fd; /* -1: none */
	int stop_fd; /* readable or hung up: it is terminated; -1: never */
	/* A stream socket where its output goes to, too, and what is typed comes from; it ends with the boot loader's interest
	 * in it or with the other side's. -1: nobody watches. */
	int screen_fd;
	unsigned short rows, columns; /* of that screen; 0: not known */
	unsigned timeout_s; /* then it is killed; 0: never */
};

/* Returns when it has ended, with all processes that it left in its session. BD_ECANCELED: stopped; ETIMEDOUT; EIO: it
 * failed. */
int bd_bootloader_run(const struct bd_bootloader_run *run, struct bd_error *err);

#endif
