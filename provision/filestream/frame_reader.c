/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects what comes through the pipe, and gives it out by frames. */
#include "filestream/frame_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/printable.h"

#define BUFFER_BYTES (1u << 20)

int bd_frame_reader_start(struct bd_frame_reader *reader, const struct bd_sandbox_job *job, struct bd_error *err)
{
	reader->buffer = malloc(BUFFER_BYTES);
	if (!reader->buffer)
		return bd_no_memory(err);
	reader->capacity = BUFFER_BYTES;
	return bd_sandbox_start(job, &reader->sandbox, err);
}

void bd_frame_reader_dispose(struct bd_frame_reader *reader)
{
	bd_sandbox_dispose(&reader->sandbox);
	free(reader->buffer);
	*reader = (struct bd_frame_reader)BD_FRAME_READER_INIT;
}

int bd_frame_fail_protocol(struct bd_error *err)
{
	return bd_fail(err, EBADMSG, "internal error: the reader process sent a malformed answer");
}

/* Until there are so many bytes behind begin; they may move. */
static int receive(struct bd_frame_reader *reader, size_t size, struct bd_error *err)
{
	if (reader->end - reader->begin >= size)
		return 0;
	if (reader->capacity - reader->begin < size || reader->begin > reader->capacity / 2) {
		memmove(reader->buffer, reader->buffer + reader->begin, reader->end - reader->begin);
		reader->end -= reader->begin;
		reader->begin = 0;
	}
	if (bd_array_reserve(reader->buffer, reader->capacity, size, err) != 0)
		return -1;
	while (reader->end - reader->begin < size) {
		size_t got;
		if (bd_sandbox_read(&reader->sandbox, reader->buffer + reader->end, reader->capacity - reader->end,
				    &got, err) != 0)
			return -1;
		/* It ends behind its last frame, or for a reason. */
		if (!got)
			return bd_sandbox_finish(&reader->sandbox, err) != 0 ? -1 : bd_frame_fail_protocol(err);
		reader->end += got;
	}
	return 0;
}

int bd_frame_reader_next(struct bd_frame_reader *reader, struct bd_frame *frame_out, struct bd_error *err)
{
	if (receive(reader, BD_FRAME_HEAD_BYTES, err) != 0)
		return -1;
	struct bd_frame_body head = { reader->buffer + reader->begin, BD_FRAME_HEAD_BYTES, false };
	uint32_t kind = bd_frame_get32(&head), size = bd_frame_get32(&head);
	if (size > BD_FRAME_BODY_MAX)
		return bd_frame_fail_protocol(err);
	if (receive(reader, BD_FRAME_HEAD_BYTES + (size_t)size, err) != 0)
		return -1;
	frame_out->kind = kind;
	frame_out->body = (struct bd_frame_body){ reader->buffer + reader->begin + BD_FRAME_HEAD_BYTES, size, false };
	reader->begin += BD_FRAME_HEAD_BYTES + (size_t)size;
	return 0;
}

int bd_frame_reader_finish(struct bd_frame_reader *reader, struct bd_error *err)
{
	return bd_sandbox_finish(&reader->sandbox, err);
}

int bd_frame_take_error(struct bd_frame *frame, struct bd_error *err)
{
	int code = (int)bd_frame_get32(&frame->body);
	uint32_t kind = bd_frame_get32(&frame->body);
	const char *text = bd_frame_get_text(&frame->body);

	if (frame->body.bad || code <= 0 || code > 4095 || kind >= BD_KIND_CANCELED)
		return bd_frame_fail_protocol(err);
	BD_FREE char *line = bd_printable(text);
	if (!line)
		return bd_no_memory(err);
	bd_fail(err, code, "%s", line);
	err->kind = kind;
	return -1;
}
