/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks the frames of the sandboxed reader, and gives out entries and their content. */
#include "filestream/file_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/printable.h"
#include "filestream/frame_reader.h"

/* Content that may come while nothing is read on. bzip2 makes 350 GiB of zeros of what is read at once. */
#define REPEATED_BYTES_MAX (UINT64_C(1) << 40)

struct bd_file_stream {
	struct bd_frame_reader reader;
	bd_progress_report progress;
	struct bd_frame frame;
	bool waiting; /* the frame at hand is the next one */
	bool ended;
	bool takes_problems, is_incomplete;
	struct bd_stream_entry entry;
	uint8_t *entry_body; /* what its strings are in, while content passes through the buffer */
	size_t entry_capacity;
	uint64_t source_bytes, repeated_bytes;
	uint32_t notes;
};

int bd_file_stream_start(const struct bd_sandbox_job *job, bd_progress_report progress,
			 struct bd_file_stream **stream_out, struct bd_error *err)
{
	BD_DISPOSE(bd_file_stream_close) struct bd_file_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return bd_no_memory(err);
	stream->reader = (struct bd_frame_reader)BD_FRAME_READER_INIT;
	stream->progress = progress;
	if (bd_frame_reader_start(&stream->reader, job, err) != 0)
		return -1;
	*stream_out = bd_take_ptr(stream);
	return 0;
}

void bd_file_stream_close(struct bd_file_stream **stream_pointer)
{
	struct bd_file_stream *stream = *stream_pointer;

	if (!stream)
		return;
	bd_frame_reader_dispose(&stream->reader);
	bd_stream_entry_dispose(&stream->entry);
	free(stream->entry_body);
	free(stream);
	*stream_pointer = NULL;
}

static int receive_frame(struct bd_file_stream *stream, struct bd_error *err)
{
	if (bd_frame_reader_next(&stream->reader, &stream->frame, err) != 0)
		return -1;
	uint32_t last = stream->takes_problems ? BD_FRAME_INCOMPLETE : BD_FRAME_ERROR;
	return stream->frame.kind < BD_FRAME_PROGRESS || stream->frame.kind > last ? bd_frame_fail_protocol(err) : 0;
}

static int take_progress(struct bd_file_stream *stream, struct bd_error *err)
{
	uint64_t bytes = bd_frame_get64(&stream->frame.body);

	if (stream->frame.body.bad || bytes < stream->source_bytes)
		return bd_frame_fail_protocol(err);
	if (bytes > stream->source_bytes)
		stream->repeated_bytes = 0;
	stream->source_bytes = bytes;
	if (stream->progress)
		stream->progress(bytes);
	return 0;
}

/* The next frame that is an entry, content or the end. */
static int next_frame(struct bd_file_stream *stream, struct bd_error *err)
{
	if (stream->waiting) {
		stream->waiting = false;
		return 0;
	}
	for (;;) {
		if (receive_frame(stream, err) != 0)
			return -1;
		if (stream->frame.kind == BD_FRAME_ERROR)
			return bd_frame_take_error(&stream->frame, err);
		if (stream->frame.kind != BD_FRAME_PROGRESS)
			return 0;
		if (take_progress(stream, err) != 0)
			return -1;
	}
}

static int take_end(struct bd_file_stream *stream, struct bd_error *err)
{
	stream->notes = bd_frame_get32(&stream->frame.body);
	if (stream->frame.body.bad)
		return bd_frame_fail_protocol(err);
	stream->ended = true;
	return bd_frame_reader_finish(&stream->reader, err);
}

static int take_problem(struct bd_file_stream *stream, struct bd_error *err)
{
	stream->is_incomplete = stream->frame.kind == BD_FRAME_INCOMPLETE;
	bd_frame_take_error(&stream->frame, err);
	return err->code == EBADMSG ? -1 : 2;
}

static int keep_body(struct bd_file_stream *stream, struct bd_error *err)
{
	struct bd_frame_body *body = &stream->frame.body;

	if (bd_array_reserve(stream->entry_body, stream->entry_capacity, body->left, err) != 0)
		return -1;
	if (body->left)
		memcpy(stream->entry_body, body->at, body->left);
	body->at = stream->entry_body;
	return 0;
}

int bd_file_stream_next(struct bd_file_stream *stream, const struct bd_stream_entry **entry_out, struct bd_error *err)
{
	if (stream->ended)
		return 0;
	do {
		if (next_frame(stream, err) != 0)
			return -1;
	} while (stream->frame.kind == BD_FRAME_DATA);
	if (stream->frame.kind == BD_FRAME_PROBLEM || stream->frame.kind == BD_FRAME_INCOMPLETE)
		return take_problem(stream, err);
	if (stream->frame.kind == BD_FRAME_END)
		return take_end(stream, err);
	bd_stream_entry_dispose(&stream->entry);
	if (keep_body(stream, err) != 0)
		return -1;
	if (bd_stream_entry_decode(&stream->frame.body, &stream->entry, err) != 0)
		return *stream->entry.path ? bd_wrap_entry(err, "", stream->entry.path) : -1;
	*entry_out = &stream->entry;
	return 1;
}

int bd_file_stream_block(struct bd_file_stream *stream, const void **data_out, size_t *size_out,
			 uint64_t *offset_bytes_out, struct bd_error *err)
{
	if (next_frame(stream, err) != 0)
		return -1;
	if (stream->frame.kind != BD_FRAME_DATA) {
		stream->waiting = true;
		return 0;
	}
	*offset_bytes_out = bd_frame_get64(&stream->frame.body);
	if (stream->frame.body.bad)
		return bd_frame_fail_protocol(err);
	*data_out = stream->frame.body.at;
	*size_out = stream->frame.body.left;
	stream->repeated_bytes += *size_out;
	if (stream->repeated_bytes > REPEATED_BYTES_MAX)
		return bd_fail(err, ETIME, "it is damaged or malicious: its content repeats endlessly");
	return 1;
}

int bd_file_stream_content(struct bd_file_stream *stream, uint64_t size_bytes, char **content_out,
			   struct bd_error *err)
{
	BD_FREE char *content = calloc(1, (size_t)size_bytes + 1);
	const void *data;
	uint64_t offset_bytes;
	size_t size;
	int more;

	if (!content)
		return bd_no_memory(err);
	while ((more = bd_file_stream_block(stream, &data, &size, &offset_bytes, err)) > 0) {
		if (offset_bytes > size_bytes || size > size_bytes - offset_bytes)
			return bd_fail(err, EIO, "it is damaged: its content is longer than its size");
		memcpy(content + offset_bytes, data, size);
	}
	if (more < 0)
		return -1;
	*content_out = bd_take_ptr(content);
	return 0;
}

void bd_file_stream_take_problems(struct bd_file_stream *stream)
{
	stream->takes_problems = true;
}

bool bd_file_stream_is_incomplete(const struct bd_file_stream *stream)
{
	return stream->is_incomplete;
}

bool bd_file_stream_ends_early(const struct bd_file_stream *stream)
{
	return stream->waiting && stream->frame.kind == BD_FRAME_INCOMPLETE;
}

uint64_t bd_file_stream_source_bytes(const struct bd_file_stream *stream)
{
	return stream->source_bytes;
}

uint32_t bd_file_stream_notes(const struct bd_file_stream *stream)
{
	return stream->notes;
}
