/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes what comes, zeros what does not, and the end and the beginning of the disk last. */
#include "ops/image/receive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/zero.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "disk/redo.h"
#include "inside/probe.h"
#include "ops/image/whole.h"

/* Of the beginning, what anything is known by: without it the rest is no disk. */
#define FIRST_BYTES 4096u
#define ZERO_BYTES (64u << 20) /* between two looks at Ctrl-C */

/* A part of the disk that is blank until all else is written (disk/device.h). */
struct late_part {
	uint64_t start_bytes, end_bytes;
	uint8_t *data; /* as it is to be; owned */
};

struct target {
	const struct receive_request *request;
	const struct image_place *place;
	uint64_t size_bytes, at; /* at: up to there it is as it is to be, apart from the head */
	struct late_part head, tail;
	bool touched;
};

void receive_result_dispose(struct receive_result *result)
{
	free(result->image);
	free(result->guest);
	*result = (struct receive_result){ 0 };
}

static int sync_target(const struct target *target, struct bd_error *err)
{
	return fsync(target->place->fd) == 0 ? 0 : bd_fail_errno(err, "cannot flush %s", target->place->image);
}

static int blank(const struct target *target, const struct late_part *part, struct bd_error *err)
{
	return bd_zero_range(target->place->fd, part->start_bytes, part->end_bytes - part->start_bytes,
			     target->place->image, err);
}

static int blank_ends(const struct target *target, struct bd_error *err)
{
	if (blank(target, &target->head, err) != 0 || blank(target, &target->tail, err) != 0)
		return -1;
	return sync_target(target, err);
}

static int check_content(const struct target *target, struct bd_error *err)
{
	if (target->request->overwrite || bd_probe_check_empty(target->place->fd, target->place->image, err) == 0)
		return 0;
	return err->kind == BD_KIND_EXISTS ? bd_set_field(err, RECEIVE_REMEDY_OVERWRITE) : -1;
}

static int begin(void *context, uint64_t disk_bytes, struct bd_error *err)
{
	struct target *target = context;

	if (disk_bytes > target->size_bytes)
		return bd_no_room(err, "%s has %llu bytes, and the disk in the stream has %llu", target->place->image,
				  (unsigned long long)target->size_bytes, (unsigned long long)disk_bytes);
	if (check_content(target, err) != 0)
		return -1;
	uint64_t size = target->size_bytes, head_end = size < BD_DISK_HEAD_BYTES ? size : BD_DISK_HEAD_BYTES;
	uint64_t tail_bytes = size - head_end < BD_DISK_TAIL_BYTES ? size - head_end : BD_DISK_TAIL_BYTES;
	target->head = (struct late_part){ 0, head_end, calloc(1, BD_DISK_HEAD_BYTES) };
	target->tail = (struct late_part){ size - tail_bytes, size, calloc(1, BD_DISK_TAIL_BYTES) };
	if (!target->head.data || !target->tail.data)
		return bd_no_memory(err);
	target->touched = true;
	target->at = head_end;
	if (blank_ends(target, err) != 0)
		return -1;
	return bd_redo_discard(target->place->image, err);
}

static int zero_up_to(struct target *target, uint64_t end_bytes, struct bd_error *err)
{
	while (target->at < end_bytes) {
		uint64_t left = end_bytes - target->at, size = left < ZERO_BYTES ? left : ZERO_BYTES;
		if (bd_cancel_check(err) != 0 ||
		    bd_zero_range(target->place->fd, target->at, size, target->place->image, err) != 0)
			return -1;
		target->at += size;
	}
	return 0;
}

static void keep(const struct late_part *part, uint64_t start_bytes, uint64_t end_bytes, const uint8_t *data)
{
	uint64_t from = start_bytes > part->start_bytes ? start_bytes : part->start_bytes;
	uint64_t to = end_bytes < part->end_bytes ? end_bytes : part->end_bytes;

	if (from < to)
		memcpy(part->data + (from - part->start_bytes), data + (from - start_bytes), (size_t)(to - from));
}

static int take_data(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes, struct bd_error *err)
{
	struct target *target = context;
	const uint8_t *bytes = data;
	uint64_t end = offset_bytes + size_bytes;
	uint64_t from = offset_bytes > target->head.end_bytes ? offset_bytes : target->head.end_bytes;
	uint64_t to = end < target->tail.start_bytes ? end : target->tail.start_bytes;

	keep(&target->head, offset_bytes, end, bytes);
	keep(&target->tail, offset_bytes, end, bytes);
	if (from >= to)
		return 0;
	if (zero_up_to(target, from, err) != 0 ||
	    bd_pwrite_all(target->place->fd, bytes + (from - offset_bytes), (size_t)(to - from), from,
			  target->place->image, err) != 0)
		return -1;
	target->at = to;
	return 0;
}

/* Of a part, what begins at from_bytes and ends at to_bytes. */
static int write_part(const struct target *target, const struct late_part *part, uint64_t from_bytes,
		      uint64_t to_bytes, struct bd_error *err)
{
	return bd_pwrite_all(target->place->fd, part->data + (from_bytes - part->start_bytes),
			     (size_t)(to_bytes - from_bytes), from_bytes, target->place->image, err);
}

static int complete(struct target *target, struct bd_error *err)
{
	const struct late_part *head = &target->head, *tail = &target->tail;
	uint64_t first = head->end_bytes < FIRST_BYTES ? head->end_bytes : FIRST_BYTES;

	bd_progress_stage("clearing the rest", 0);
	if (zero_up_to(target, tail->start_bytes, err) != 0)
		return -1;
	bd_progress_stage("flushing it to the disk", 0);
	if (write_part(target, tail, tail->start_bytes, tail->end_bytes, err) != 0 ||
	    write_part(target, head, first, head->end_bytes, err) != 0 || sync_target(target, err) != 0 ||
	    bd_cancel_check(err) != 0 || write_part(target, head, 0, first, err) != 0)
		return -1;
	return sync_target(target, err);
}

static int fail_unfinished(struct target *target, struct bd_error *err)
{
	struct bd_error failure = BD_ERROR_INIT, before = *err;

	if (blank_ends(target, &failure) == 0)
		return bd_fail_as(err, &before,
				  "%s; the former content of %s is lost, and its beginning and end are blank now",
				  before.message, target->place->image);
	return bd_fail_as(err, &before,
			  "%s; the former content of %s is lost, and what was written could not be wiped (%s)",
			  before.message, target->place->image, failure.message);
}

static int receive(struct target *target, struct receive_result *result, struct bd_error *err)
{
	const struct bd_disk_stream_sink sink = { .context = target, .begin = begin, .data = take_data };

	bd_progress_stage("receiving the disk", 0);
	if (bd_disk_stream_read(target->request->from_fd, &sink, bd_progress_update, &result->facts, err) != 0)
		return -1;
	return complete(target, err);
}

int image_receive(const struct receive_request *request, struct receive_result *result_out, struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	BD_DISPOSE(receive_result_dispose) struct receive_result result = { 0 };
	struct target target = { .request = request, .place = &place };
	bool is_device;

	if (image_whole_open(request->to, request->dir, &place, err) != 0)
		return -1;
	if (place.partition)
		return bd_usage(err, "a whole disk is received, not a partition: %s", request->to);
	if (image_place_lock_to_replace(&place, err) != 0 ||
	    image_size(&place, &target.size_bytes, &is_device, err) != 0)
		return -1;
	result.target_bytes = target.size_bytes;
	if (image_place_copy_names(&place, &result.image, &result.guest, err) != 0)
		return -1;
	int r = receive(&target, &result, err);
	if (r != 0 && target.touched)
		fail_unfinished(&target, err);
	free(target.head.data);
	free(target.tail.data);
	if (r != 0)
		return -1;
	*result_out = bd_take_struct(result);
	return 0;
}
