/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory for another program's output that is gone when this process is, however it ends. */
#ifndef BD_BASE_FILE_SCRATCH_H
#define BD_BASE_FILE_SCRATCH_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct bd_scratch {
	char path[PATH_MAX]; /* in $TMPDIR or /var/tmp; only its owner may enter it */
	int fd; /* of the directory; -1: none */
	int life_fd; /* the remover's other end */
	pid_t remover; /* the process that removes it once life_fd is closed; 0: none */
};

#define BD_SCRATCH_INIT \
	{ \
		.fd = -1, .life_fd = -1 \
	}

int bd_scratch_make(struct bd_scratch *scratch_out, struct bd_error *err);
uint64_t bd_scratch_bytes(const struct bd_scratch *scratch); /* the sizes of the files in it, at any depth */
void bd_scratch_dispose(struct bd_scratch *scratch); /* removes it; idempotent */

#endif
