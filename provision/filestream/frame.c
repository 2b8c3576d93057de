/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes and decodes frames. */
#include "filestream/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"

#define ENOUGH_BYTES (128u << 10)
#define ROOM_BYTES (256u << 10)

bool bd_frame_writer_init(struct bd_frame_writer *writer, int fd)
{
	*writer = (struct bd_frame_writer){ .fd = fd, .capacity = ROOM_BYTES, .buffer = malloc(ROOM_BYTES) };
	return writer->buffer != NULL;
}

/* All of it; whoever should read it is gone when that cannot be done. */
static void write_all(int fd, struct iovec *parts, int count)
{
	while (count > 0) {
		ssize_t r = TEMP_FAILURE_RETRY(writev(fd, parts, count));

		if (r < 0)
			_exit(1);
		size_t done = (size_t)r;
		while (count > 0 && done >= parts->iov_len) {
			done -= parts->iov_len;
			parts++;
			count--;
		}
		if (count > 0) {
			parts->iov_base = (uint8_t *)parts->iov_base + done;
			parts->iov_len -= done;
		}
	}
}

void bd_frame_flush(struct bd_frame_writer *writer)
{
	struct iovec part = { writer->buffer, writer->used };

	if (writer->used)
		write_all(writer->fd, &part, 1);
	writer->used = 0;
}

static uint8_t *make_room(struct bd_frame_writer *writer, size_t size)
{
	struct bd_error none;

	if (writer->too_large || size > BD_FRAME_BODY_MAX ||
	    writer->used - writer->begin + size > BD_FRAME_HEAD_BYTES + BD_FRAME_BODY_MAX) {
		writer->too_large = true;
		return NULL;
	}
	if (bd_array_reserve(writer->buffer, writer->capacity, writer->used + size, &none) != 0) {
		writer->too_large = true;
		return NULL;
	}
	uint8_t *at = writer->buffer + writer->used;
	writer->used += size;
	return at;
}

void bd_frame_begin(struct bd_frame_writer *writer, enum bd_frame_kind kind)
{
	if (writer->used > ENOUGH_BYTES)
		bd_frame_flush(writer);
	writer->begin = writer->used;
	writer->too_large = false;
	bd_frame_put32(writer, kind);
	bd_frame_put32(writer, 0);
}

void bd_frame_put32(struct bd_frame_writer *writer, uint32_t value)
{
	uint8_t *at = make_room(writer, 4);

	if (at)
		put_le32(at, value);
}

void bd_frame_put64(struct bd_frame_writer *writer, uint64_t value)
{
	uint8_t *at = make_room(writer, 8);

	if (at)
		put_le64(at, value);
}

void bd_frame_put_bytes(struct bd_frame_writer *writer, const void *data, size_t size)
{
	uint8_t *at = make_room(writer, size);

	if (at && size)
		memcpy(at, data, size);
}

void bd_frame_put_text(struct bd_frame_writer *writer, const char *text)
{
	size_t size = text ? strlen(text) : 0;

	bd_frame_put32(writer, size < UINT32_MAX ? (uint32_t)size : UINT32_MAX);
	bd_frame_put_bytes(writer, text ? text : "", size + 1);
}

void bd_frame_drop(struct bd_frame_writer *writer)
{
	writer->used = writer->begin;
}

bool bd_frame_end(struct bd_frame_writer *writer)
{
	if (writer->too_large) {
		bd_frame_drop(writer);
		return false;
	}
	put_le32(writer->buffer + writer->begin + 4, (uint32_t)(writer->used - writer->begin - BD_FRAME_HEAD_BYTES));
	return true;
}

/* What is small is collected; what is large goes from where it lies. */
void bd_frame_data(struct bd_frame_writer *writer, uint64_t offset_bytes, const void *data, size_t size)
{
	while (size > 0) {
		size_t part = size < BD_FRAME_DATA_MAX ? size : BD_FRAME_DATA_MAX;
		bd_frame_begin(writer, BD_FRAME_DATA);
		bd_frame_put64(writer, offset_bytes);
		if (part <= ENOUGH_BYTES / 4) {
			bd_frame_put_bytes(writer, data, part);
			bd_frame_end(writer);
		} else {
			put_le32(writer->buffer + writer->begin + 4, (uint32_t)(8 + part));
			struct iovec parts[2] = { { writer->buffer, writer->used }, { (void *)data, part } };
			write_all(writer->fd, parts, 2);
			writer->used = 0;
		}
		offset_bytes += part;
		data = (const uint8_t *)data + part;
		size -= part;
	}
}

void bd_frame_end_stream(struct bd_frame_writer *writer, uint32_t notes)
{
	bd_frame_begin(writer, BD_FRAME_END);
	bd_frame_put32(writer, notes);
	bd_frame_end(writer);
}

void bd_frame_error(struct bd_frame_writer *writer, enum bd_frame_kind kind, const struct bd_error *err)
{
	bd_frame_begin(writer, kind);
	bd_frame_put32(writer, (uint32_t)err->code);
	bd_frame_put32(writer, (uint32_t)err->kind);
	bd_frame_put_text(writer, err->message);
	bd_frame_end(writer);
}

const void *bd_frame_get_bytes(struct bd_frame_body *body, size_t size)
{
	if (body->bad || body->left < size) {
		body->bad = true;
		return NULL;
	}
	const uint8_t *at = body->at;
	body->at += size;
	body->left -= size;
	return at;
}

uint32_t bd_frame_get32(struct bd_frame_body *body)
{
	const uint8_t *at = bd_frame_get_bytes(body, 4);

	return at ? get_le32(at) : 0;
}

uint64_t bd_frame_get64(struct bd_frame_body *body)
{
	const uint8_t *at = bd_frame_get_bytes(body, 8);

	return at ? get_le64(at) : 0;
}

const char *bd_frame_get_text(struct bd_frame_body *body)
{
	size_t size = bd_frame_get32(body);
	const char *text = bd_frame_get_bytes(body, size + 1);

	if (!text || text[size] || memchr(text, '\0', size)) {
		body->bad = true;
		return "";
	}
	return text;
}
