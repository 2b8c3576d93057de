/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens an archive for reading: its entries and their content come from a sandboxed process (filestream/file_stream.h).
 * Data behind the archive's end, a wrong checksum of gzip and lost attributes are errors.
 */
#ifndef BD_IMPORT_ARCHIVE_OPEN_H
#define BD_IMPORT_ARCHIVE_OPEN_H

#include "base/err.h"
#include "base/progress.h"
#include "filestream/file_stream.h"

/* fd: borrowed, read from its current offset. */
int bd_archive_open(int fd, bd_progress_report progress, struct bd_file_stream **stream_out, struct bd_error *err);
/* The same, of a disk image too, as it is or compressed: it is the only entry then, of the format ARCHIVE_FORMAT_RAW, and its size is
 * that of its content. */
int bd_archive_or_disk_open(int fd, bd_progress_report progress, struct bd_file_stream **stream_out,
			    struct bd_error *err);
/* With other limits than those of reader.h. */
int bd_archive_open_within(int fd, bd_progress_report progress, unsigned memory_mib, unsigned idle_cpu_s,
			   struct bd_file_stream **stream_out, struct bd_error *err);

#endif
