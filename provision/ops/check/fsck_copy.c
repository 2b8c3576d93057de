/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies a filesystem without its holes, has e2fsck work on that, and compares. */
#include "ops/check/fsck_copy.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/file/file.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "disk/data_ranges.h"
#include "disk/redo.h"
#include "ext3/format.h"

#define PIECE_BYTES (1u << 20)
#define UNIT_BYTES 1024u /* the smallest block */

struct copy {
	const struct image_place *place;
	uint64_t start_bytes, size_bytes;
	struct bd_data_ranges data; /* of the image; owned */
	struct bd_atomic_file file; /* never gets a name; owned */
	struct bd_redo redo;
	uint8_t *ours, *theirs; /* a piece of the copy and of the image; owned */
};

static void copy_dispose(struct copy *copy)
{
	bd_redo_dispose(&copy->redo);
	bd_atomic_file_dispose(&copy->file);
	bd_data_ranges_dispose(&copy->data);
	free(copy->ours);
	free(copy->theirs);
}

/* Zeros stay holes. */
static int copy_piece(struct copy *copy, uint64_t at, size_t size, struct bd_error *err)
{
	if (bd_cancel_check(err) != 0 ||
	    bd_pread_all(copy->place->fd, copy->theirs, size, at, copy->place->image, err) != 0)
		return -1;
	return bd_all_zero(copy->theirs, size) ? 0
					       : bd_pwrite_all(copy->file.fd, copy->theirs, size,
							       at - copy->start_bytes, "a temporary file", err);
}

static int fill(struct copy *copy, struct bd_error *err)
{
	uint64_t end = copy->start_bytes + copy->size_bytes;

	if (ftruncate(copy->file.fd, (off_t)copy->size_bytes) != 0)
		return bd_fail_errno(err, "cannot set the size of a temporary file");
	for (size_t i = 0; i < copy->data.count; i++) {
		uint64_t at = copy->data.items[i].start_bytes, stop = copy->data.items[i].end_bytes;
		if (at < copy->start_bytes)
			at = copy->start_bytes;
		if (stop > end)
			stop = end;
		while (at < stop) {
			size_t size = stop - at < PIECE_BYTES ? (size_t)(stop - at) : PIECE_BYTES;
			if (copy_piece(copy, at, size, err) != 0)
				return -1;
			at += size;
			bd_progress_update(at - copy->start_bytes);
		}
	}
	return 0;
}

static int compare_piece(struct copy *copy, uint64_t at, size_t size, struct bd_error *err)
{
	if (bd_cancel_check(err) != 0 ||
	    bd_pread_all(copy->file.fd, copy->ours, size, at, "a temporary file", err) != 0 ||
	    bd_pread_all(copy->place->fd, copy->theirs, size, copy->start_bytes + at, copy->place->image, err) != 0)
		return -1;
	for (size_t i = 0; i < size; i += UNIT_BYTES) {
		size_t unit = size - i < UNIT_BYTES ? size - i : UNIT_BYTES;
		if (memcmp(copy->ours + i, copy->theirs + i, unit) != 0 &&
		    bd_redo_write(&copy->redo, copy->start_bytes + at + i, copy->ours + i, unit, err) != 0)
			return -1;
	}
	return 0;
}

static int take_over(struct copy *copy, struct bd_error *err)
{
	uint64_t superblock = copy->start_bytes + BD_EXT_SUPERBLOCK_START_BYTES;

	if (bd_redo_begin(copy->place->image, copy->place->fd, &copy->redo, err) != 0 ||
	    bd_redo_witness(&copy->redo, superblock, err) != 0 ||
	    bd_redo_witness(&copy->redo, superblock + BD_SECTOR_BYTES, err) != 0)
		return -1;
	for (uint64_t at = 0; at < copy->size_bytes; at += PIECE_BYTES) {
		uint64_t left = copy->size_bytes - at;
		if (compare_piece(copy, at, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES, err) != 0)
			return -1;
		bd_progress_update(at);
	}
	return bd_redo_commit(&copy->redo, 0, err);
}

int fsck_copy_repair(const struct image_place *place, uint64_t start_bytes, uint64_t size_bytes,
		     struct e2fsprogs_verdict *verdict_out, struct bd_error *err)
{
	BD_DISPOSE(copy_dispose)
	struct copy copy = { .place = place,
			     .start_bytes = start_bytes,
			     .size_bytes = size_bytes,
			     .file = BD_ATOMIC_FILE_INIT,
			     .redo = BD_REDO_INIT,
			     .ours = malloc(PIECE_BYTES),
			     .theirs = malloc(PIECE_BYTES) };
	BD_FREE char *path = NULL;

	if (!copy.ours || !copy.theirs)
		return bd_no_memory(err);
	bd_progress_stage("copying the filesystem", size_bytes);
	if (bd_data_ranges_read(place->fd, start_bytes + size_bytes, &copy.data, err) != 0 ||
	    bd_redo_path(place->image, "check", &path, err) != 0 ||
	    bd_atomic_file_open(path, 0600, &copy.file, err) != 0 || fill(&copy, err) != 0)
		return -1;
	bd_progress_stage("repairing the filesystem", 0);
	if (e2fsprogs_repair(copy.file.fd, 0, 0, 0, verdict_out, err) != 0)
		return -1;
	/* What e2fsck gave up on is not taken over. */
	if (verdict_out->status >= 8)
		return 0;
	bd_progress_stage("writing the changes", size_bytes);
	return take_over(&copy, err);
}
