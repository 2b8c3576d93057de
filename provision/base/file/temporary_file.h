/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A temporary file for data that must be seekable but comes from a pipe or an archive. */
#ifndef BD_BASE_FILE_TEMPORARY_FILE_H
#define BD_BASE_FILE_TEMPORARY_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* $TMPDIR, or /var/tmp. */
const char *bd_temporary_folder(void);

/* An unnamed file in that folder, open for reading and writing. */
int bd_open_temporary(int *fd_out, struct bd_error *err);

/* Writes to it. BD_KIND_NO_ROOM: the folder has none, and another one can be chosen. */
int bd_write_temporary(int fd, const void *data, size_t size_bytes, uint64_t offset_bytes, struct bd_error *err);

#endif
