/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files and their content, in order, as a sandboxed process (sandbox/sandbox.h) reads them out of an archive or a
 * filesystem: the parent's side. Whoever wrote the archive or the filesystem may control that process, so everything it
 * sends is checked here: sizes, order, and that it comes to an end.
 */
#ifndef BD_FILESTREAM_FILE_STREAM_H
#define BD_FILESTREAM_FILE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "filestream/entry.h"
#include "sandbox/sandbox.h"

struct bd_file_stream;

/* The job's work writes frames (frame.h): entries, each followed by its content, then BD_FRAME_END or BD_FRAME_ERROR. */
int bd_file_stream_start(const struct bd_sandbox_job *job, bd_progress_report progress,
			 struct bd_file_stream **stream_out, struct bd_error *err);
void bd_file_stream_close(struct bd_file_stream **stream); /* idempotent */

/* From now on next may also return 2: one of the paths that were asked for has a problem, which is in err; the others
 * follow. Without this, such a frame is an error. */
void bd_file_stream_take_problems(struct bd_file_stream *stream);
/* After next has returned 2: the problem is with the entry before it, of which some content is missing. */
bool bd_file_stream_is_incomplete(const struct bd_file_stream *stream);
/* After block has returned 0: the rest of the content cannot be read, and the next call of next says why. */
bool bd_file_stream_ends_early(const struct bd_file_stream *stream);
/* 1: an entry, valid until the next call; unread content of the one before is skipped. 0: the end. -1: error. */
int bd_file_stream_next(struct bd_file_stream *stream, const struct bd_stream_entry **entry_out,
			struct bd_error *err);
/* Content of the entry: 1: a block, valid until the next call. 0: there is no more. -1: error. */
int bd_file_stream_block(struct bd_file_stream *stream, const void **data_out, size_t *size_out,
			 uint64_t *offset_bytes_out, struct bd_error *err);
/* All content of the entry, with a NUL behind it; the caller frees. size_bytes: of the entry, which the caller has limited. EIO: there is
 * more than that. */
int bd_file_stream_content(struct bd_file_stream *stream, uint64_t size_bytes, char **content_out,
			   struct bd_error *err);

/* How much of the source has been read. */
uint64_t bd_file_stream_source_bytes(const struct bd_file_stream *stream);
/* At its end: BD_FRAME_NOTE_*. */
uint32_t bd_file_stream_notes(const struct bd_file_stream *stream);

#endif
