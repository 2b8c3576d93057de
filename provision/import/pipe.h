/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Input from a pipe, which can be read only once. */
#ifndef BD_IMPORT_PIPE_H
#define BD_IMPORT_PIPE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct bd_source_pipe {
	int fd; /* all of it is to be read here; -1: closed */
	bool is_image; /* a container image; it is in an unnamed temporary file then, which fd may be sought in */
	bool has_disk; /* a disk, or something with a disk in it */
	pid_t feeder; /* the process that writes into fd's other end; 0: none */
};

/* Reads the beginning of fd (borrowed), and all of what a container image may be in, which has to be sought in. An
 * archive goes on through a pipe. */
int bd_source_pipe_open(int fd, struct bd_source_pipe *pipe_out, struct bd_error *err);
/* What went wrong with reading fd since; 0: nothing. */
int bd_source_pipe_check(struct bd_source_pipe *pipe, const char *what, struct bd_error *err);
void bd_source_pipe_dispose(struct bd_source_pipe *pipe); /* idempotent */

#endif
