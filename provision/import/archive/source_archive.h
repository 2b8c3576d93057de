/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Imports an archive: passes each of its entries to the writer of a template. */
#ifndef BD_IMPORT_ARCHIVE_SOURCE_ARCHIVE_H
#define BD_IMPORT_ARCHIVE_SOURCE_ARCHIVE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/progress.h"
#include "filestream/file_stream.h"
#include "template/writer/writer.h"

/* A tarball, or any other archive that libarchive reads, in any compression. fd is borrowed, is read from where it stands
 * and need not be seekable. what names it in messages. layer: .wh.NAME and .wh..wh..opq are whiteouts, and an entry may
 * replace another (OCI image spec, layer.md). */
int bd_source_archive(int fd, const char *what, bool layer, bd_progress_report progress,
		      struct bd_sealed_writer *writer, struct bd_error *err);

/* Sees each entry before it is added. */
struct bd_archive_filter {
	/* 1: it is taken care of, and not added; of its content nothing needs to have been read. 0: it is added as it is. */
	int (*take)(void *context, const struct bd_stream_entry *entry, struct bd_file_stream *stream,
		    struct bd_sealed_writer *writer, struct bd_error *err);
	void *context;
};

/* The same, of an archive without whiteouts. */
int bd_source_archive_filtered(int fd, const char *what, const struct bd_archive_filter *filter,
			       bd_progress_report progress, struct bd_sealed_writer *writer, struct bd_error *err);

#endif
