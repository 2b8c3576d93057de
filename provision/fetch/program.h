/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that get something from elsewhere, and verify it. curl and skopeo are not confined as in sandbox/program.h:
 * they reach the network. */
#ifndef BD_FETCH_PROGRAM_H
#define BD_FETCH_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* ENOPKG: it is not installed, and the message is what follows from that. */
int bd_fetch_check_program(const char *name, const char *message, struct bd_error *err);

/* For the confine of struct bd_run, context being a pid_t, of this process: the program ends with it, however it ends. */
bool bd_fetch_end_with(const char *path, const void *parent);

/* What has come is more than limit_bytes: EFBIG, about the limit. what: "the image". */
int bd_fetch_too_large(const char *what, uint64_t limit_bytes, struct bd_error *err);

#endif
