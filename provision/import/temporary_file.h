/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A temporary file for data that must be seekable but comes from a pipe or an archive. */
#ifndef BD_IMPORT_TEMPORARY_FILE_H
#define BD_IMPORT_TEMPORARY_FILE_H

#include "base/err.h"

/* $TMPDIR, or /var/tmp. */
const char *bd_temporary_folder(void);

/* An unnamed file in that folder, open for reading and writing. */
int bd_open_temporary(int *fd_out, struct bd_error *err);

#endif
