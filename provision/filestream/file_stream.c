/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Receives frames from the pipe of the sandboxed reader, and checks them. */
#include "filestream/file_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/printable.h"
#include "sandbox/sandbox.h"

#define BUFFER_BYTES (1u << 20)
/* Content that may come while nothing is read on. bzip2 makes 350 GiB of zeros of what is read at once. */
#define REPEATED_BYTES_MAX (UINT64_C(1) << 40)

struct frame {
	enum bd_frame_kind kind;
	struct bd_frame_body body;
};

struct bd_file_stream {
	struct bd_sandbox sandbox;
	bd_progress_report progress;
	uint8_t *buffer; /* what has come, from begin to end; the frame at hand is before it */
	size_t begin, end, capacity;
	struct frame frame;
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
	stream->sandbox = (struct bd_sandbox)BD_SANDBOX_INIT;
	stream->progress = progress;
	stream->capacity = BUFFER_BYTES;
	stream->buffer = malloc(BUFFER_BYTES);
	if (!stream->buffer)
		return bd_no_memory(err);
	if (bd_sandbox_start(job, &stream->sandbox, err) != 0)
		return -1;
	*stream_out = bd_take_ptr(stream);
	return 0;
}

void bd_file_stream_close(struct bd_file_stream **stream_pointer)
{
	struct bd_file_stream *stream = *stream_pointer;

	if (!stream)
		return;
	bd_sandbox_dispose(&stream->sandbox);
	bd_stream_entry_dispose(&stream->entry);
	free(stream->entry_body);
	free(stream->buffer);
	free(stream);
	*stream_pointer = NULL;
}

static int fail_protocol(struct bd_error *err)
{
	return bd_fail(err, EBADMSG, "internal error: the reader process sent a malformed answer");
}

/* Until there are so many bytes behind begin; they may move. */
static int receive(struct bd_file_stream *stream, size_t size, struct bd_error *err)
{
	if (stream->end - stream->begin >= size)
		return 0;
	if (stream->capacity - stream->begin < size || stream->begin > stream->capacity / 2) {
		memmove(stream->buffer, stream->buffer + stream->begin, stream->end - stream->begin);
		stream->end -= stream->begin;
		stream->begin = 0;
	}
	if (bd_array_reserve(stream->buffer, stream->capacity, size, err) != 0)
		return -1;
	while (stream->end - stream->begin < size) {
		size_t got;
		if (bd_sandbox_read(&stream->sandbox, stream->buffer + stream->end, stream->capacity - stream->end,
				    &got, err) != 0)
			return -1;
		/* It ends behind its last frame, or for a reason. */
		if (!got)
			return bd_sandbox_finish(&stream->sandbox, err) != 0 ? -1 : fail_protocol(err);
		stream->end += got;
	}
	return 0;
}

static int receive_frame(struct bd_file_stream *stream, struct bd_error *err)
{
	if (receive(stream, BD_FRAME_HEAD_BYTES, err) != 0)
		return -1;
	struct bd_frame_body head = { stream->buffer + stream->begin, BD_FRAME_HEAD_BYTES, false };
	uint32_t kind = bd_frame_get32(&head), size = bd_frame_get32(&head);
	if (kind < BD_FRAME_PROGRESS || kind > (stream->takes_problems ? BD_FRAME_INCOMPLETE : BD_FRAME_ERROR) ||
	    size > BD_FRAME_BODY_MAX)
		return fail_protocol(err);
	if (receive(stream, BD_FRAME_HEAD_BYTES + (size_t)size, err) != 0)
		return -1;
	stream->frame.kind = kind;
	stream->frame.body =
		(struct bd_frame_body){ stream->buffer + stream->begin + BD_FRAME_HEAD_BYTES, size, false };
	stream->begin += BD_FRAME_HEAD_BYTES + (size_t)size;
	return 0;
}

static int take_progress(struct bd_file_stream *stream, struct bd_error *err)
{
	uint64_t bytes = bd_frame_get64(&stream->frame.body);

	if (stream->frame.body.bad || bytes < stream->source_bytes)
		return fail_protocol(err);
	if (bytes > stream->source_bytes)
		stream->repeated_bytes = 0;
	stream->source_bytes = bytes;
	if (stream->progress)
		stream->progress(bytes);
	return 0;
}

/* An error of the child as one of ours. Its message is shown, so it becomes one line that a terminal can be given.
 * Returns -1; the error is EBADMSG where the frame is not what it should be. */
static int take_error(struct bd_file_stream *stream, struct bd_error *err)
{
	int code = (int)bd_frame_get32(&stream->frame.body);
	uint32_t kind = bd_frame_get32(&stream->frame.body);
	const char *text = bd_frame_get_text(&stream->frame.body);

	if (stream->frame.body.bad || code <= 0 || code > 4095 || kind >= BD_KIND_CANCELED)
		return fail_protocol(err);
	BD_FREE char *line = bd_printable(text);
	if (!line)
		return bd_no_memory(err);
	bd_fail(err, code, "%s", line);
	err->kind = kind;
	return -1;
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
			return take_error(stream, err);
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
		return fail_protocol(err);
	stream->ended = true;
	return bd_sandbox_finish(&stream->sandbox, err);
}

static int take_problem(struct bd_file_stream *stream, struct bd_error *err)
{
	stream->is_incomplete = stream->frame.kind == BD_FRAME_INCOMPLETE;
	take_error(stream, err);
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
		return fail_protocol(err);
	*data_out = stream->frame.body.at;
	*size_out = stream->frame.body.left;
	stream->repeated_bytes += *size_out;
	if (stream->repeated_bytes > REPEATED_BYTES_MAX)
		return bd_fail(err, ETIME, "it is damaged or malicious: its content repeats endlessly");
	return 1;
}

void bd_file_stream_take_problems(struct bd_file_stream *stream)
{
	stream->takes_problems = true;
}

bool bd_file_stream_is_incomplete(const struct bd_file_stream *stream)
{
	return stream->is_incomplete;
}

uint64_t bd_file_stream_source_bytes(const struct bd_file_stream *stream)
{
	return stream->source_bytes;
}

uint32_t bd_file_stream_notes(const struct bd_file_stream *stream)
{
	return stream->notes;
}
