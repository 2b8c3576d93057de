/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries of an archive and their content, in order. The archive is read in a sandboxed process
 * (sandbox/sandbox.h), whose output is checked here. Data after the archive's end, a wrong gzip checksum and lost
 * attributes are errors; so is more memory, time or repetition than any archive needs. */
#ifndef BD_IMPORT_ARCHIVE_STREAM_H
#define BD_IMPORT_ARCHIVE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/printable.h"
#include "base/progress.h"
#include "import/archive/entry.h"

struct bd_archive_stream;

/* fd: borrowed, read from where it stands. */
int bd_archive_stream_open(int fd, bd_progress_report progress, struct bd_archive_stream **stream_out,
			   struct bd_error *err);
/* With other limits than those of reader.h. */
int bd_archive_stream_open_within(int fd, bd_progress_report progress, unsigned memory_mib, unsigned idle_cpu_s,
				  struct bd_archive_stream **stream_out, struct bd_error *err);
void bd_archive_stream_close(struct bd_archive_stream **stream); /* idempotent */

/* 1: an entry, valid until the next call. 0: the archive has come to its end, and that is in order. -1: error. */
int bd_archive_stream_next(struct bd_archive_stream *stream, const struct bd_archive_entry **entry_out,
			   struct bd_error *err);
/* Content of the entry: 1: a block, valid until the next call. 0: there is no more. -1: error. */
int bd_archive_stream_block(struct bd_archive_stream *stream, const void **data_out, size_t *size_out,
			    uint64_t *offset_bytes_out, struct bd_error *err);

/* How much of the source has been read. */
uint64_t bd_archive_stream_source_bytes(const struct bd_archive_stream *stream);
/* At its end: it was a tar without the blocks of zeros that end one. */
bool bd_archive_stream_lacks_end(const struct bd_archive_stream *stream);

#endif
