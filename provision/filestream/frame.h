/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a sandboxed reader writes to its parent: frames of a kind, a size and a body, in the order of the source.
 * Integers are little-endian; text is its size in 32 bits, its bytes and a NUL.
 */
#ifndef BD_FILESTREAM_FRAME_H
#define BD_FILESTREAM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum bd_frame_kind {
	BD_FRAME_PROGRESS = 1, /* 64: bytes of the source that have been read */
	BD_FRAME_ENTRY, /* entry.h */
	BD_FRAME_DATA, /* 64: offset; then content of the entry that came last */
	BD_FRAME_END, /* 32: BD_FRAME_NOTE_* */
	BD_FRAME_ERROR, /* 32, 32: code and kind of struct bd_error; text: its message */
	BD_FRAME_PROBLEM, /* likewise, of one path that was asked for: the others follow */
	BD_FRAME_INCOMPLETE, /* likewise, of the entry that came last: the rest of its content cannot be read */
	/* Of a child that changes a filesystem (inside/change/change.h); positions are those in the image, in bytes */
	BD_FRAME_COPY, /* 64: index of the change; 64: where in the file; 64: to where; 64: how many bytes */
	BD_FRAME_WRITE, /* 64: to where; then the bytes. Collected until BD_FRAME_APPLY or BD_FRAME_END */
	BD_FRAME_FLUSH, /* what was to be written before is on the disk before anything that comes after; collected too */
	BD_FRAME_APPLY, /* what was collected is written now */
	/* Of what new files are labelled by (inside/change/new_labels.h); BD_FRAME_PROBLEM instead says why they cannot be */
	BD_FRAME_POLICY, /* the next piece of the text that says it */
	BD_FRAME_NEW_FILE, /* 32: its type; text: its path, as the policy knows it */
	BD_FRAME_LABEL_WANTED, /* the child waits for the labels of the next ones */
};

#define BD_FRAME_HEAD_BYTES 8
#define BD_FRAME_BODY_MAX (4u << 20) /* no entry has as many attributes */
#define BD_FRAME_DATA_MAX (256u << 10)
#define BD_FRAME_NOTE_NO_END 1u /* a tar without its blocks of zeros */

/* The child's side: collects frames, and writes them to the pipe when there are enough of them. */
struct bd_frame_writer {
	int fd;
	uint8_t *buffer;
	size_t used, capacity, begin; /* begin: of the frame that is being made */
	bool too_large; /* that frame is, or there was no memory for it */
};

/* Small once for all: a child may be out of memory when it has to say so. */
bool bd_frame_writer_init(struct bd_frame_writer *writer, int fd);
void bd_frame_begin(struct bd_frame_writer *writer, enum bd_frame_kind kind);
void bd_frame_put32(struct bd_frame_writer *writer, uint32_t value);
void bd_frame_put64(struct bd_frame_writer *writer, uint64_t value);
void bd_frame_put_bytes(struct bd_frame_writer *writer, const void *data, size_t size);
void bd_frame_put_text(struct bd_frame_writer *writer, const char *text); /* NULL is "" */
/* False: it was too large, and has been dropped. Whoever cannot write ends the process. */
bool bd_frame_end(struct bd_frame_writer *writer);
void bd_frame_drop(struct bd_frame_writer *writer); /* what was begun and not ended */
void bd_frame_data(struct bd_frame_writer *writer, uint64_t offset_bytes, const void *data, size_t size);
void bd_frame_flush(struct bd_frame_writer *writer);
void bd_frame_end_stream(struct bd_frame_writer *writer, uint32_t notes);
/* kind: BD_FRAME_ERROR, BD_FRAME_PROBLEM or BD_FRAME_INCOMPLETE. */
void bd_frame_error(struct bd_frame_writer *writer, enum bd_frame_kind kind, const struct bd_error *err);

/* The parent's side: a body that is taken apart. What is not there is 0, "" or NULL, and makes it bad. */
struct bd_frame_body {
	const uint8_t *at;
	size_t left;
	bool bad;
};

uint32_t bd_frame_get32(struct bd_frame_body *body);
uint64_t bd_frame_get64(struct bd_frame_body *body);
const void *bd_frame_get_bytes(struct bd_frame_body *body, size_t size);
const char *bd_frame_get_text(struct bd_frame_body *body); /* no NUL but the one behind it */

#endif
