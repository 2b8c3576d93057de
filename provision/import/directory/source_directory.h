/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Imports a directory of the host. */
#ifndef BD_IMPORT_DIRECTORY_SOURCE_DIRECTORY_H
#define BD_IMPORT_DIRECTORY_SOURCE_DIRECTORY_H

#include "base/err.h"
#include "base/progress.h"
#include "template/writer/writer.h"

/* Stays on the folder's own filesystem: a mount point inside becomes an empty directory. */
int bd_source_directory(const char *path, bd_progress_report progress, struct bd_sealed_writer *writer,
			struct bd_error *err);

#endif
