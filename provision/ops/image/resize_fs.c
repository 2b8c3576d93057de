/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shadow of a filesystem, and what resize2fs changed in it. */
#include "ops/image/resize_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/file/data_range.h"
#include "base/file/file.h"
#include "base/parse.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "base/text.h"
#include "ops/image/e2fsprogs.h"

#define PIECE_BYTES (1u << 20)

struct work {
	const struct resize_fs *request;
	struct bd_redo *redo;
	struct bd_atomic_file shadow; /* never gets a name; owned */
	struct bd_fs_blocks then; /* the filesystem that it has become; owned */
	uint8_t *ours, *theirs; /* a piece of the shadow and of the image; owned */
	/* What of the image is in the shadow, before resize2fs works on it. A block that is not is data, or zeros. */
	struct bd_block_ranges present;
	size_t used_at, present_at; /* in the ranges that were in use, and in these */
};

static void work_dispose(struct work *work)
{
	bd_atomic_file_dispose(&work->shadow);
	bd_fs_blocks_dispose(&work->then);
	free(work->present.items);
	free(work->ours);
	free(work->theirs);
}

/* From the image, what is beyond its end being zeros. */
static int read_image(const struct work *work, uint64_t fs_bytes, size_t size, uint8_t *out, struct bd_error *err)
{
	ssize_t got = bd_pread_full(work->request->fd, out, size, work->request->blocks->offset_bytes + fs_bytes);

	if (got < 0)
		return bd_fail_errno(err, "cannot read %s", work->request->image);
	memset(out + got, 0, size - (size_t)got);
	return 0;
}

/* Copies blocks of the image into the shadow; zeros stay holes. */
static int copy_range(struct work *work, const struct bd_block_range *range, struct bd_error *err)
{
	uint64_t block = work->request->blocks->block_bytes, at = range->start * block;
	uint64_t end = at + range->count * block;

	while (at < end) {
		size_t size = end - at < PIECE_BYTES ? (size_t)(end - at) : PIECE_BYTES;
		if (bd_cancel_check(err) != 0 || read_image(work, at, size, work->ours, err) != 0)
			return -1;
		for (size_t i = 0; i < size; i += block) {
			size_t run = 0;
			while (i + run < size && !bd_all_zero(work->ours + i + run, block))
				run += block;
			if (run && bd_pwrite_all(work->shadow.fd, work->ours + i, run, at + i,
						 "the copy of the filesystem's metadata", err) != 0)
				return -1;
			i += run;
		}
		at += size;
	}
	return 0;
}

/* Of what is in use, from a block on. */
static int copy_used_from(struct work *work, uint64_t first, struct bd_error *err)
{
	const struct bd_block_ranges *used = &work->request->blocks->used;

	for (size_t i = 0; i < used->count; i++) {
		struct bd_block_range range = used->items[i];
		if (range.start + range.count <= first)
			continue;
		if (range.start < first) {
			range.count -= first - range.start;
			range.start = first;
		}
		if (copy_range(work, &range, err) != 0)
			return -1;
	}
	return 0;
}

/* What lies from here on may have to move: resize2fs makes the filesystem smaller by up to a block group where the last one would
 * be too small to be of use. */
static uint64_t first_to_move(const struct resize_fs *request)
{
	uint64_t group = (uint64_t)request->blocks->block_bytes * 8;

	return request->target_blocks > group ? request->target_blocks - group : 0;
}

static bool shrinks(const struct resize_fs *request)
{
	return request->target_blocks < request->blocks->block_count;
}

static bool grows_in_place(const struct resize_fs *request)
{
	return !shrinks(request) && request->target_blocks <= request->blocks->in_place_blocks;
}

/* Holes are as coarse as the blocks of the host's filesystem; what is beside a block that was copied is copied, too. */
static int note_present(struct work *work, struct bd_error *err)
{
	uint64_t block = work->request->blocks->block_bytes, end = work->request->blocks->block_count * block, from,
		 to;

	for (uint64_t at = 0; bd_next_data(work->shadow.fd, at, end, block, &from, &to); at = to) {
		const struct bd_block_range range = { from / block, (to - from) / block };
		if (bd_array_grow(work->present.items, work->present.count, err) != 0 ||
		    copy_range(work, &range, err) != 0)
			return -1;
		work->present.items[work->present.count++] = range;
	}
	return 0;
}

static int fill_shadow(struct work *work, struct bd_error *err)
{
	const struct resize_fs *request = work->request;
	const struct bd_fs_blocks *blocks = request->blocks;

	if (grows_in_place(request)) {
		for (size_t i = 0; i < blocks->tables.count; i++)
			if (copy_range(work, &blocks->tables.items[i], err) != 0)
				return -1;
	} else {
		bool with_data = blocks->needs_data || !shrinks(request);
		if (e2fsprogs_copy(request->fd, blocks->offset_bytes, blocks->block_count * blocks->block_bytes,
				   with_data, work->shadow.fd, err) != 0)
			return -1;
		if (!with_data && copy_used_from(work, first_to_move(request), err) != 0)
			return -1;
	}
	if (ftruncate(work->shadow.fd, (off_t)(blocks->block_count * blocks->block_bytes)) != 0)
		return bd_fail_errno(err, "cannot set the size of a temporary file");
	return note_present(work, err);
}

/* What moves is needed twice, in the shadow and at its new place. */
static int check_room(const struct work *work, struct bd_error *err)
{
	const struct resize_fs *request = work->request;
	const struct bd_block_ranges *used = &request->blocks->used;
	uint64_t first = shrinks(request) ? first_to_move(request) : 0, blocks = 0;
	char folder[PATH_MAX], need_text[32], free_text[32];
	struct statvfs room;

	if (grows_in_place(request))
		return 0;
	for (size_t i = 0; i < used->count; i++) {
		uint64_t end = used->items[i].start + used->items[i].count;
		uint64_t start = used->items[i].start > first ? used->items[i].start : first;
		blocks += end > start ? end - start : 0;
	}
	bd_path_folder(work->shadow.path, folder);
	if (statvfs(folder, &room) != 0)
		return bd_fail_errno(err, "cannot use the directory %s", folder);
	uint64_t need = blocks * request->blocks->block_bytes * (request->is_device || !shrinks(request) ? 1 : 2);
	uint64_t free_bytes = bd_free_bytes(&room);
	if (need <= free_bytes)
		return 0;
	bd_format_size(need, need_text, sizeof(need_text));
	bd_format_size(free_bytes, free_text, sizeof(free_text));
	return bd_no_room(err, "this takes %s for a while, and %s has %s free", need_text, folder, free_text);
}

static int make_shadow(struct work *work, struct bd_error *err)
{
	const struct resize_fs *request = work->request;
	BD_FREE char *path = NULL;

	work->ours = malloc(PIECE_BYTES);
	work->theirs = malloc(PIECE_BYTES);
	if (!work->ours || !work->theirs)
		return bd_no_memory(err);
	if (bd_redo_path(request->image, "resize", &path, err) != 0 ||
	    bd_atomic_file_open(path, 0600, &work->shadow, err) != 0 || check_room(work, err) != 0 ||
	    fill_shadow(work, err) != 0 ||
	    e2fsprogs_resize(work->shadow.fd, request->target_blocks, request->blocks->block_bytes, err) != 0)
		return -1;
	/* What moves something is checked as a whole. */
	if (!grows_in_place(request) && e2fsprogs_check(work->shadow.fd, 0, "the result", err) != 0)
		return err->field == IMAGE_REMEDY_CHECK
			       ? bd_fail(err, EIO, "resize2fs made a filesystem with errors, and nothing was changed")
			       : -1;
	if (bd_fs_blocks_read(work->shadow.fd, 0, &work->then, err) != 0)
		return -1;
	if (work->then.block_bytes != request->blocks->block_bytes || work->then.offset_bytes ||
	    work->then.block_count > request->target_blocks ||
	    (shrinks(request) && work->then.block_count < first_to_move(request)))
		return bd_fail(err, EIO, "resize2fs made a filesystem of another size than it was told to");
	return 0;
}

/* A run of blocks that differ. What was free is not part of anything yet, and can be written at once. */
static int add_run(struct work *work, uint64_t fs_bytes, const uint8_t *data, size_t size, bool was_free,
		   struct bd_error *err)
{
	uint64_t at = work->request->blocks->offset_bytes + fs_bytes;

	return was_free ? bd_pwrite_all(work->request->fd, data, size, at, "the image", err)
			: bd_redo_write(work->redo, at, data, size, err);
}

static bool was_free(struct work *work, uint64_t block)
{
	const struct bd_fs_blocks *blocks = work->request->blocks;

	return block < blocks->block_count && !bd_block_is_in(&blocks->used, block, &work->used_at);
}

/* Whether a block of the shadow that is not as in the image has been changed by resize2fs. */
static bool is_change(struct work *work, uint64_t block, const uint8_t *data)
{
	const struct bd_fs_blocks *blocks = work->request->blocks;

	return block >= blocks->block_count || bd_block_is_in(&work->present, block, &work->present_at) ||
	       was_free(work, block) || !bd_all_zero(data, blocks->block_bytes);
}

static bool differs(struct work *work, uint64_t at, size_t i)
{
	uint64_t block = work->request->blocks->block_bytes;

	return memcmp(work->ours + i, work->theirs + i, block) != 0 &&
	       is_change(work, (at + i) / block, work->ours + i);
}

static int compare_piece(struct work *work, uint64_t at, size_t size, struct bd_error *err)
{
	uint64_t block = work->request->blocks->block_bytes;

	if (bd_cancel_check(err) != 0 || read_image(work, at, size, work->theirs, err) != 0 ||
	    bd_pread_all(work->shadow.fd, work->ours, size, at, "a temporary file", err) != 0)
		return -1;
	for (size_t i = 0; i < size;) {
		if (!differs(work, at, i)) {
			i += block;
			continue;
		}
		size_t run = block;
		bool is_free = was_free(work, (at + i) / block);
		while (i + run < size && differs(work, at, i + run) &&
		       was_free(work, (at + i + run) / block) == is_free)
			run += block;
		if (add_run(work, at + i, work->ours + i, run, is_free, err) != 0)
			return -1;
		i += run;
	}
	return 0;
}

static int add_writes(struct work *work, struct bd_error *err)
{
	uint64_t block = work->then.block_bytes, end = work->then.block_count * block, from, to;

	for (uint64_t at = 0; bd_next_data(work->shadow.fd, at, end, block, &from, &to); at = to)
		for (uint64_t piece = from; piece < to; piece += PIECE_BYTES)
			if (compare_piece(work, piece, to - piece < PIECE_BYTES ? (size_t)(to - piece) : PIECE_BYTES,
					  err) != 0)
				return -1;
	return 0;
}

/* A range of the filesystem that is to read as zeros. */
static int add_zeros(struct work *work, uint64_t from, uint64_t to, struct bd_error *err)
{
	uint64_t offset = work->request->blocks->offset_bytes, begin, end;

	if (work->request->is_device)
		return bd_redo_zero(work->redo, offset + from, to - from, err);
	for (uint64_t at = offset + from;
	     bd_next_data(work->request->fd, at, offset + to, BD_SECTOR_BYTES, &begin, &end); at = end)
		if (bd_redo_zero(work->redo, begin, end - begin, err) != 0)
			return -1;
	return 0;
}

/* Of blocks that come into use, those that are holes of the shadow: resize2fs means zeros there, as in new inode tables. */
static int add_zeros_of(struct work *work, uint64_t first, uint64_t count, struct bd_error *err)
{
	uint64_t block = work->then.block_bytes, end = (first + count) * block, from, to, at = first * block;

	while (at < end) {
		bool more = bd_next_data(work->shadow.fd, at, end, block, &from, &to);
		if (!more)
			from = to = end;
		if (from > at && add_zeros(work, at, from, err) != 0)
			return -1;
		at = to;
	}
	return 0;
}

static int add_new_zeros(struct work *work, struct bd_error *err)
{
	const struct bd_fs_blocks *was = work->request->blocks;
	size_t used_at = 0;

	for (size_t i = 0; i < work->then.used.count; i++) {
		uint64_t at = work->then.used.items[i].start, end = at + work->then.used.items[i].count;
		while (at < end) {
			/* Up to where blocks that were in use begin. */
			bool is_old = at < was->block_count && bd_block_is_in(&was->used, at, &used_at);
			const struct bd_block_range *next =
				used_at < was->used.count && at < was->block_count ? &was->used.items[used_at] : NULL;
			uint64_t to = !next ? end : is_old ? next->start + next->count : next->start;
			if (to > end)
				to = end;
			if (!is_old && add_zeros_of(work, at, to - at, err) != 0)
				return -1;
			at = to;
		}
	}
	return 0;
}

int resize_fs(const struct resize_fs *request, struct bd_redo *redo, uint64_t *blocks_out, struct bd_error *err)
{
	BD_DISPOSE(work_dispose)
	struct work work = { .request = request, .redo = redo, .shadow = BD_ATOMIC_FILE_INIT };

	bd_progress_stage("resizing a copy of its metadata", 0);
	if (make_shadow(&work, err) != 0 || add_writes(&work, err) != 0 || add_new_zeros(&work, err) != 0)
		return -1;
	*blocks_out = work.then.block_count;
	return 0;
}
