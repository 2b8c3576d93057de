/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Imports an archive: passes each of its entries to the writer of a template. */
#ifndef BD_IMPORT_ARCHIVE_SOURCE_ARCHIVE_H
#define BD_IMPORT_ARCHIVE_SOURCE_ARCHIVE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/progress.h"
#include "template/writer/writer.h"

/* A tarball, or any other archive that libarchive reads, in any compression. fd is borrowed, is read from where it stands
 * and need not be seekable. what names it in messages. layer: .wh.NAME and .wh..wh..opq are whiteouts, and an entry may
 * replace another (OCI image spec, layer.md). */
int bd_source_archive(int fd, const char *what, bool layer, bd_progress_report progress,
		      struct bd_sealed_writer *writer, struct bd_error *err);

#endif
