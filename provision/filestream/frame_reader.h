/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frames (frame.h) of a sandboxed child, as its parent receives them. What is in them is to be checked by the caller. */
#ifndef BD_FILESTREAM_FRAME_READER_H
#define BD_FILESTREAM_FRAME_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "filestream/frame.h"
#include "sandbox/sandbox.h"

struct bd_frame {
	uint32_t kind;
	struct bd_frame_body body; /* valid until the next one */
};

struct bd_frame_reader {
	struct bd_sandbox sandbox;
	uint8_t *buffer; /* what has come, from begin to end; the frame at hand is before it */
	size_t begin, end, capacity;
};

#define BD_FRAME_READER_INIT \
	{ \
		.sandbox = BD_SANDBOX_INIT \
	}

/* Starts the child, whose work writes frames. */
int bd_frame_reader_start(struct bd_frame_reader *reader, const struct bd_sandbox_job *job, struct bd_error *err);
void bd_frame_reader_dispose(struct bd_frame_reader *reader); /* idempotent */

/* EBADMSG: it is too large. The end of the child before a frame is complete is an error. */
int bd_frame_reader_next(struct bd_frame_reader *reader, struct bd_frame *frame_out, struct bd_error *err);
/* After the last frame: the child has to end by itself. */
int bd_frame_reader_finish(struct bd_frame_reader *reader, struct bd_error *err);

/* EBADMSG: a frame is not what it should be. Returns -1. */
int bd_frame_fail_protocol(struct bd_error *err);
/* The error in a frame that is one (BD_FRAME_ERROR and its like), as one of ours: one line that a terminal can be given. Returns
 * -1; EBADMSG: the frame is not what it should be. */
int bd_frame_take_error(struct bd_frame *frame, struct bd_error *err);

#endif
