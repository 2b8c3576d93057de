/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The partition table of a disk that was copied into a larger one. */
#ifndef BD_OPS_CREATE_WHOLE_TABLE_H
#define BD_OPS_CREATE_WHOLE_TABLE_H

#include <stdint.h>

#include "base/err.h"

/* A GPT covers the larger disk then: its copy is at the end of that, what may be used reaches to there, and so does the protective MBR.
 * Partitions stay as they are, for growpart in the guest. What is no GPT needs nothing; one that cannot be changed stays, with a
 * warning. path: for that. */
int create_whole_table_fit(int fd, const char *path, uint64_t old_bytes, uint64_t new_bytes, struct bd_error *err);

#endif
