/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sparse member by libarchive, and the checksum behind it. */
#include "diskstream/write.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/process/cancel.h"
#include "diskstream/sum.h"
#include "template/export/pax.h"

/* An entry of the map takes up to 40 bytes of the stream, and a seek when it is unpacked. */
#define HOLE_BYTES (64u << 10)
#define PIECE_BYTES (1u << 20)

struct writer {
	const struct bd_disk_stream_job *job;
	struct bd_pax pax;
	struct bd_stream_sum sum;
	uint8_t *piece;
	uint64_t at, data_bytes; /* how far the member and its data are written */
};

static void dispose_writer(struct writer *writer)
{
	bd_pax_dispose(&writer->pax);
	bd_stream_sum_dispose(&writer->sum);
	free(writer->piece);
}

/* The next entry of the map, of the ranges from *next on. False: there are no more. */
static bool next_run(const struct bd_data_ranges *ranges, uint64_t disk_bytes, size_t *next,
		     struct bd_data_range *run_out)
{
	if (*next == ranges->count)
		return false;
	*run_out = ranges->items[(*next)++];
	if (run_out->start_bytes < HOLE_BYTES)
		run_out->start_bytes = 0;
	for (; *next < ranges->count && ranges->items[*next].start_bytes - run_out->end_bytes < HOLE_BYTES; ++*next)
		run_out->end_bytes = ranges->items[*next].end_bytes;
	if (disk_bytes - run_out->end_bytes < HOLE_BYTES)
		run_out->end_bytes = disk_bytes;
	return true;
}

uint64_t bd_disk_stream_data_bytes(const struct bd_data_ranges *ranges, uint64_t disk_bytes)
{
	struct bd_data_range run;
	uint64_t sum = 0;

	for (size_t next = 0; next_run(ranges, disk_bytes, &next, &run);)
		sum += run.end_bytes - run.start_bytes;
	return sum;
}

static int begin(struct writer *writer, struct bd_error *err)
{
	writer->piece = calloc(1, PIECE_BYTES);
	if (!writer->piece)
		return bd_no_memory(err);
	if (bd_pax_begin(&writer->pax, writer->job->to_fd, "none", err) != 0)
		return -1;
	return bd_stream_sum_begin(&writer->sum, err);
}

static void fill_entry(struct writer *writer, const char *name, uint64_t size_bytes)
{
	const struct bd_archive_functions *la = writer->pax.la;
	struct archive_entry *entry = writer->pax.entry;

	la->entry_clear(entry);
	la->entry_set_pathname(entry, name);
	la->entry_set_mode(entry, S_IFREG | 0600);
	la->entry_set_uid(entry, 0);
	la->entry_set_gid(entry, 0);
	la->entry_set_mtime(entry, writer->job->mtime, 0);
	la->entry_set_size(entry, (la_int64_t)size_bytes);
}

/* The map is silently left out where the size is not known before. */
static int write_disk_header(struct writer *writer, struct bd_error *err)
{
	const struct bd_disk_stream_job *job = writer->job;
	const struct bd_archive_functions *la = writer->pax.la;
	struct bd_data_range run;

	fill_entry(writer, BD_DISK_STREAM_DISK, job->disk_bytes);
	/* All of it is a hole: nothing at its end, which is GNU tar's way to say so. */
	if (!job->ranges->count)
		la->entry_sparse_add_entry(writer->pax.entry, (la_int64_t)job->disk_bytes, 0);
	for (size_t next = 0; next_run(job->ranges, job->disk_bytes, &next, &run);)
		la->entry_sparse_add_entry(writer->pax.entry, (la_int64_t)run.start_bytes,
					   (la_int64_t)(run.end_bytes - run.start_bytes));
	return bd_pax_header(&writer->pax, err);
}

static int write_piece(struct writer *writer, size_t size, struct bd_error *err)
{
	if (bd_cancel_check(err) != 0)
		return -1;
	if (writer->pax.la->write_data(writer->pax.archive, writer->piece, size) < 0)
		return bd_pax_fail(&writer->pax, err);
	writer->at += size;
	return 0;
}

/* libarchive looks at none of it, but wants to be told how far it is. */
static int write_hole(struct writer *writer, uint64_t end_bytes, struct bd_error *err)
{
	while (writer->at < end_bytes) {
		uint64_t left = end_bytes - writer->at;
		if (write_piece(writer, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES, err) != 0)
			return -1;
	}
	return 0;
}

/* What of a piece is in the ranges from *next on, and zeros where it is not. */
static int read_piece(struct writer *writer, size_t size, size_t *next, struct bd_error *err)
{
	const struct bd_data_ranges *ranges = writer->job->ranges;
	uint64_t begin = writer->at, end = begin + size;

	memset(writer->piece, 0, size);
	while (*next < ranges->count && ranges->items[*next].end_bytes <= begin)
		++*next;
	for (size_t i = *next; i < ranges->count && ranges->items[i].start_bytes < end; i++) {
		uint64_t from = ranges->items[i].start_bytes, to = ranges->items[i].end_bytes;
		from = from < begin ? begin : from;
		to = to > end ? end : to;
		if (bd_pread_all(writer->job->from_fd, writer->piece + (from - begin), (size_t)(to - from), from,
				 "the disk", err) != 0)
			return -1;
	}
	return 0;
}

static int write_run(struct writer *writer, const struct bd_data_range *run, size_t *next, struct bd_error *err)
{
	if (write_hole(writer, run->start_bytes, err) != 0)
		return -1;
	while (writer->at < run->end_bytes) {
		uint64_t left = run->end_bytes - writer->at;
		size_t size = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
		if (read_piece(writer, size, next, err) != 0)
			return -1;
		bd_stream_sum_add(&writer->sum, writer->at, writer->piece, size);
		if (write_piece(writer, size, err) != 0)
			return -1;
		writer->data_bytes += size;
		if (writer->job->progress)
			writer->job->progress(writer->data_bytes);
	}
	return 0;
}

static int write_disk(struct writer *writer, struct bd_error *err)
{
	const struct bd_disk_stream_job *job = writer->job;
	struct bd_data_range run;
	size_t piece_next = 0;

	if (write_disk_header(writer, err) != 0)
		return -1;
	/* libarchive writes the map with the first data, which there has to be therefore. */
	if (!job->ranges->count)
		return write_hole(writer, 1, err);
	for (size_t next = 0; next_run(job->ranges, job->disk_bytes, &next, &run);)
		if (write_run(writer, &run, &piece_next, err) != 0)
			return -1;
	return 0;
}

static int write_sum(struct writer *writer, char digits_out[BD_CHECKSUM_SIZE], struct bd_error *err)
{
	char text[BD_DISK_STREAM_SUM_SIZE];

	bd_stream_sum_end(&writer->sum, writer->job->disk_bytes, text, digits_out);
	fill_entry(writer, BD_DISK_STREAM_SUM, strlen(text));
	if (bd_pax_header(&writer->pax, err) != 0)
		return -1;
	if (writer->pax.la->write_data(writer->pax.archive, text, strlen(text)) < 0)
		return bd_pax_fail(&writer->pax, err);
	return bd_pax_finish(&writer->pax, err);
}

int bd_disk_stream_write(const struct bd_disk_stream_job *job, char digits_out[BD_CHECKSUM_SIZE],
			 struct bd_error *err)
{
	BD_DISPOSE(dispose_writer) struct writer writer = { .job = job };

	if (begin(&writer, err) != 0 || write_disk(&writer, err) != 0)
		return -1;
	return write_sum(&writer, digits_out, err);
}
