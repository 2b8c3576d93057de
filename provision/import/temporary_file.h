/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A temporary file for data that must be seekable but comes from a pipe or an archive. */
#ifndef BD_IMPORT_TEMPORARY_FILE_H
#define BD_IMPORT_TEMPORARY_FILE_H

#include "base/err.h"

/* An unnamed file in $TMPDIR, or in /var/tmp, open for reading and writing. */
int bd_open_temporary(int *fd_out, struct bd_error *err);

#endif
