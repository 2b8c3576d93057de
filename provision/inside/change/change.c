/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parent's side: writes what the child says, within the image. */
#include "inside/change/change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "filestream/frame_reader.h"
#include "inside/change/image_writes.h"
#include "inside/change/label_question.h"
#include "inside/change/work.h"
#include "sandbox/sandbox.h"
#include "selinux/autorelabel.h"

#define MEMORY_BYTES (UINT64_C(2) << 30)
#define IDLE_CPU_S 60u
#define COPY_BYTES (1u << 20)
#define COLLECTED_BYTES_MAX (UINT64_C(1) << 30) /* metadata of a transaction */

struct changing {
	int fd; /* borrowed */
	uint64_t image_bytes;
	const struct bd_change_request *request;
	bd_progress_report progress;
	struct bd_frame_reader reader;
	struct bd_image_writes writes; /* collected */
	struct bd_label_question labels;
	uint8_t *buffer; /* of COPY_BYTES */
	int source_fd; /* of the change source's host_path; owned */
	const struct bd_change *source;
	/* Done when everything is known to succeed, so that a command that fails writes nothing. */
	struct copy {
		const struct bd_change *change;
		uint64_t file_bytes, at_bytes, size_bytes;
	} * copies; /* owned */
	size_t copy_count, copy_capacity;
	uint64_t copied_bytes;
};

static void changing_dispose(struct changing *changing)
{
	bd_frame_reader_dispose(&changing->reader);
	bd_image_writes_dispose(&changing->writes);
	bd_label_question_dispose(&changing->labels);
	free(changing->buffer);
	free(changing->copies);
	bd_cleanup_close(&changing->source_fd);
}

static int check_bounds(const struct changing *changing, uint64_t at_bytes, uint64_t size_bytes, struct bd_error *err)
{
	uint64_t end_bytes;

	if (__builtin_add_overflow(at_bytes, size_bytes, &end_bytes) || end_bytes > changing->image_bytes)
		return bd_frame_fail_protocol(err);
	return 0;
}

/* --- content ------------------------------------------------------------------------------------------------------ */

/* What of a range lies in the piece of the file that begins at file_bytes. */
static int read_range(int fd, const struct bd_change_range *range, uint64_t file_bytes, size_t size, uint8_t *data,
		      struct bd_error *err)
{
	uint64_t begin = range->offset_bytes > file_bytes ? range->offset_bytes : file_bytes,
		 range_end = range->offset_bytes + range->size_bytes, end = file_bytes + size;

	if (range_end < end)
		end = range_end;
	if (begin >= end)
		return 0;
	ssize_t got = bd_pread_full(fd, data + (begin - file_bytes), (size_t)(end - begin),
				    range->source_bytes + (begin - range->offset_bytes));
	if (got < 0)
		return bd_fail_errno(err, "cannot read the source");
	return (uint64_t)got == end - begin ? 0 : bd_fail(err, EIO, "the source became shorter while it was read");
}

/* Files come one after the other, and there may be more than can be open. */
static int open_source(struct changing *changing, const struct bd_change *change, int *fd_out, struct bd_error *err)
{
	*fd_out = change->fd;
	if (!change->host_path)
		return 0;
	if (changing->source != change) {
		bd_cleanup_close(&changing->source_fd);
		changing->source = change;
		changing->source_fd = open(change->host_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	}
	*fd_out = changing->source_fd;
	return changing->source_fd < 0 ? bd_fail_errno(err, "cannot open it") : 0;
}

static size_t first_range(const struct bd_change *change, uint64_t file_bytes)
{
	size_t low = 0, high = change->range_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (change->ranges[middle].offset_bytes + change->ranges[middle].size_bytes <= file_bytes)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Most pieces lie within one range. */
static bool covers(const struct bd_change *change, size_t index, uint64_t file_bytes, size_t size)
{
	if (index == change->range_count)
		return false;
	const struct bd_change_range *range = &change->ranges[index];
	return range->offset_bytes <= file_bytes && range->offset_bytes + range->size_bytes - file_bytes >= size;
}

static int put_data(struct changing *changing, const struct bd_change *change, uint64_t file_bytes, uint64_t at_bytes,
		    size_t size, struct bd_error *err)
{
	if (file_bytes > change->data_bytes)
		return bd_frame_fail_protocol(err);
	size_t left = change->data_bytes - (size_t)file_bytes, part = left < size ? left : size;
	memcpy(changing->buffer, (const uint8_t *)change->data + file_bytes, part);
	memset(changing->buffer + part, 0, size - part);
	return bd_image_write_at(changing->fd, at_bytes, changing->buffer, size, err);
}

static int copy_piece(struct changing *changing, const struct bd_change *change, uint64_t file_bytes,
		      uint64_t at_bytes, size_t size, struct bd_error *err)
{
	int fd;

	if (change->data)
		return put_data(changing, change, file_bytes, at_bytes, size, err);
	if (open_source(changing, change, &fd, err) != 0)
		return -1;
	size_t first = first_range(change, file_bytes);
	if (!covers(change, first, file_bytes, size))
		memset(changing->buffer, 0, size);
	for (size_t i = first; i < change->range_count && change->ranges[i].offset_bytes < file_bytes + size; i++)
		if (read_range(fd, &change->ranges[i], file_bytes, size, changing->buffer, err) != 0)
			return -1;
	return bd_image_write_at(changing->fd, at_bytes, changing->buffer, size, err);
}

static int take_copy(struct changing *changing, struct bd_frame *frame, struct bd_error *err)
{
	uint64_t index = bd_frame_get64(&frame->body), file_bytes = bd_frame_get64(&frame->body),
		 at_bytes = bd_frame_get64(&frame->body), size_bytes = bd_frame_get64(&frame->body);

	if (frame->body.bad || index >= changing->request->count || file_bytes > INT64_MAX ||
	    size_bytes > INT64_MAX - file_bytes || check_bounds(changing, at_bytes, size_bytes, err) != 0)
		return bd_frame_fail_protocol(err);
	const struct bd_change *change = &changing->request->changes[index];
	if (change->kind != BD_CHANGE_PUT)
		return bd_frame_fail_protocol(err);
	if (bd_cancel_check(err) != 0 ||
	    bd_array_reserve(changing->copies, changing->copy_capacity, changing->copy_count + 1, err) != 0)
		return -1;
	changing->copies[changing->copy_count++] = (struct copy){ change, file_bytes, at_bytes, size_bytes };
	return 0;
}

static int do_copy(struct changing *changing, const struct copy *copy, struct bd_error *err)
{
	for (uint64_t done = 0; done < copy->size_bytes;) {
		size_t part = copy->size_bytes - done < COPY_BYTES ? (size_t)(copy->size_bytes - done) : COPY_BYTES;
		if (bd_cancel_check(err) != 0 || copy_piece(changing, copy->change, copy->file_bytes + done,
							    copy->at_bytes + done, part, err) != 0)
			return bd_wrap_entry(err, "",
					     copy->change->host_path ? copy->change->host_path : copy->change->path);
		done += part;
		changing->copied_bytes += part;
		if (changing->progress)
			changing->progress(changing->copied_bytes);
	}
	return 0;
}

static int do_copies(struct changing *changing, struct bd_error *err)
{
	for (size_t i = 0; i < changing->copy_count; i++)
		if (do_copy(changing, &changing->copies[i], err) != 0)
			return -1;
	return 0;
}

/* --- metadata ----------------------------------------------------------------------------------------------------- */

static int take_write(struct changing *changing, struct bd_frame *frame, struct bd_error *err)
{
	uint64_t at_bytes = bd_frame_get64(&frame->body);

	if (frame->body.bad || check_bounds(changing, at_bytes, frame->body.left, err) != 0)
		return bd_frame_fail_protocol(err);
	if (changing->writes.bytes > COLLECTED_BYTES_MAX)
		return bd_fail(err, E2BIG, "this is too much for one change; do it in parts");
	return bd_image_writes_add(&changing->writes, at_bytes, frame->body.at, frame->body.left, err);
}

/* Signals are for what comes next: from here on it takes no longer than the disk does. */
static int apply(struct changing *changing, struct bd_error *err)
{
	if ((changing->request->is_draft ? bd_image_writes_do(&changing->writes, changing->fd, err)
					 : bd_image_writes_apply(&changing->writes, changing->fd, err)) != 0)
		return -1;
	bd_image_writes_dispose(&changing->writes);
	return 0;
}

static int take_end(struct changing *changing, struct bd_frame *frame, struct bd_error *err)
{
	uint32_t notes = bd_frame_get32(&frame->body);

	if (frame->body.bad)
		return bd_frame_fail_protocol(err);
	if (bd_frame_reader_finish(&changing->reader, err) != 0 || do_copies(changing, err) != 0)
		return -1;
	if (!(notes & BD_CHANGE_NOTE_LOG))
		return apply(changing, err);
	return bd_image_writes_log(&changing->writes, changing->request->image, changing->fd, err);
}

/* Why nobody can be asked for labels. */
static int take_problem(struct changing *changing, struct bd_frame *frame, struct bd_error *err)
{
	bd_frame_take_error(frame, &changing->labels.cause);
	return changing->labels.cause.code == EBADMSG ? bd_frame_fail_protocol(err) : 0;
}

/* 1: it was the last frame. */
static int take_frame(struct changing *changing, struct bd_frame *frame, struct bd_error *err)
{
	switch (frame->kind) {
	case BD_FRAME_COPY:
		return take_copy(changing, frame, err);
	case BD_FRAME_WRITE:
		return take_write(changing, frame, err);
	case BD_FRAME_FLUSH:
		return bd_image_writes_add(&changing->writes, 0, NULL, 0, err);
	case BD_FRAME_APPLY:
		return apply(changing, err);
	case BD_FRAME_POLICY:
		return bd_label_question_take_policy(&changing->labels, frame, err);
	case BD_FRAME_NEW_FILE:
		return bd_label_question_take_file(&changing->labels, frame, err);
	case BD_FRAME_LABEL_WANTED:
		return bd_label_question_answer(&changing->labels, &changing->reader.sandbox, err);
	case BD_FRAME_PROBLEM:
		return take_problem(changing, frame, err);
	case BD_FRAME_END:
		return take_end(changing, frame, err) == 0 ? 1 : -1;
	case BD_FRAME_ERROR:
		return bd_frame_take_error(frame, err);
	default:
		return bd_frame_fail_protocol(err);
	}
}

int bd_inside_change(int fd, const struct bd_change_request *request, bd_progress_report progress,
		     struct bd_error *err)
{
	BD_DISPOSE(changing_dispose)
	struct changing changing = {
		.fd = fd,
		.request = request,
		.progress = progress,
		.reader = BD_FRAME_READER_INIT,
		.labels = BD_LABEL_QUESTION_INIT,
		.source_fd = -1,
	};
	const struct bd_sandbox_job job = {
		.input_fd = fd,
		.work = bd_inside_change_work,
		.context = (void *)request,
		.takes_requests = request->labels_for != NULL,
		.memory_bytes = MEMORY_BYTES,
		.idle_cpu_s = IDLE_CPU_S,
	};
	struct bd_frame frame;
	int r;

	off_t end = lseek(fd, 0, SEEK_END);
	if (end < 0)
		return bd_fail_errno(err, "cannot determine the size of the image");
	changing.image_bytes = (uint64_t)end;
	changing.buffer = malloc(COPY_BYTES);
	if (!changing.buffer)
		return bd_no_memory(err);
	if (bd_frame_reader_start(&changing.reader, &job, err) != 0)
		return -1;
	while ((r = bd_frame_reader_next(&changing.reader, &frame, err)) == 0)
		if ((r = take_frame(&changing, &frame, err)) != 0)
			break;
	if (r != 1)
		return -1;
	if (request->labels_for && changing.labels.cause.code)
		bd_selinux_warn_of_autorelabel(request->labels_for, &changing.labels.cause);
	return 0;
}
