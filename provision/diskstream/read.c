/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two members of an archive. */
#include "diskstream/read.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/process/cancel.h"
#include "diskstream/sum.h"
#include "filestream/file_stream.h"
#include "import/archive/open.h"

struct reader {
	struct bd_file_stream *stream;
	struct bd_stream_sum sum;
	const struct bd_disk_stream_sink *sink;
	struct bd_disk_stream_facts facts;
};

static void dispose_reader(struct reader *reader)
{
	bd_file_stream_close(&reader->stream);
	bd_stream_sum_dispose(&reader->sum);
}

/* Of the reader of archives. */
static int fail_reading(struct bd_error *err)
{
	if (err->kind == BD_KIND_CANCELED)
		return -1;
	return bd_fail_as(err, err, "the stream is cut short or damaged: %s", err->message);
}

static int fail_cut(struct bd_error *err)
{
	return bd_fail(err, EINVAL, "the stream is cut short: it has no end");
}

static int fail_foreign(struct bd_error *err)
{
	return bd_fail(err, EINVAL, "it is not the stream of a disk: an archive of %s and %s", BD_DISK_STREAM_DISK,
		       BD_DISK_STREAM_SUM);
}

/* 1: the member of that name. */
static int next_member(struct reader *reader, const char *name, const struct bd_stream_entry **entry_out,
		       struct bd_error *err)
{
	int more = bd_file_stream_next(reader->stream, entry_out, err);

	if (more < 0)
		return fail_reading(err);
	if (!more)
		return fail_cut(err);
	const struct bd_stream_entry *entry = *entry_out;
	if (entry->hardlink || !S_ISREG(entry->meta.mode) || strcmp(entry->path, name) != 0)
		return fail_foreign(err);
	return 0;
}

static int read_disk(struct reader *reader, struct bd_error *err)
{
	const struct bd_stream_entry *entry;
	uint64_t offset_bytes, end_bytes = 0;
	const void *data;
	size_t size;
	int more;

	if (next_member(reader, BD_DISK_STREAM_DISK, &entry, err) != 0)
		return -1;
	reader->facts.disk_bytes = entry->meta.size_bytes;
	if (!reader->facts.disk_bytes || reader->facts.disk_bytes > INT64_MAX)
		return bd_fail(err, EINVAL, "the disk in the stream has no size");
	if (reader->sink->begin(reader->sink->context, reader->facts.disk_bytes, err) != 0)
		return -1;
	while ((more = bd_file_stream_block(reader->stream, &data, &size, &offset_bytes, err)) > 0) {
		if (!size)
			continue;
		if (offset_bytes < end_bytes || offset_bytes > reader->facts.disk_bytes ||
		    size > reader->facts.disk_bytes - offset_bytes)
			return bd_fail(
				err, EINVAL,
				"the stream is damaged: the places of its data overlap, or are not on the disk");
		end_bytes = offset_bytes + size;
		bd_stream_sum_add(&reader->sum, offset_bytes, data, size);
		if (bd_cancel_check(err) != 0 ||
		    reader->sink->data(reader->sink->context, offset_bytes, data, size, err) != 0)
			return -1;
	}
	return more < 0 ? fail_reading(err) : 0;
}

static int check_sum(struct reader *reader, struct bd_error *err)
{
	char expected[BD_DISK_STREAM_SUM_SIZE];
	const struct bd_stream_entry *entry;
	BD_FREE char *text = NULL;

	bd_stream_sum_end(&reader->sum, reader->facts.disk_bytes, expected, reader->facts.checksum);
	reader->facts.data_bytes = reader->sum.data_bytes;
	if (next_member(reader, BD_DISK_STREAM_SUM, &entry, err) != 0)
		return -1;
	if (entry->meta.size_bytes >= BD_DISK_STREAM_SUM_SIZE)
		return fail_foreign(err);
	uint64_t size = entry->meta.size_bytes;
	if (bd_file_stream_content(reader->stream, size, &text, err) != 0)
		return fail_reading(err);
	if (size != strlen(expected) || memcmp(text, expected, size) != 0)
		return bd_fail(err, EINVAL, "the stream is damaged: its checksum is wrong");
	return 0;
}

static int check_end(struct reader *reader, struct bd_error *err)
{
	const struct bd_stream_entry *entry;
	int more = bd_file_stream_next(reader->stream, &entry, err);

	if (more < 0)
		return fail_reading(err);
	if (more)
		return fail_foreign(err);
	return bd_file_stream_notes(reader->stream) & BD_FRAME_NOTE_NO_END ? fail_cut(err) : 0;
}

int bd_disk_stream_read(int fd, const struct bd_disk_stream_sink *sink, bd_progress_report progress,
			struct bd_disk_stream_facts *facts_out, struct bd_error *err)
{
	BD_DISPOSE(dispose_reader) struct reader reader = { .sink = sink };

	if (bd_stream_sum_begin(&reader.sum, err) != 0)
		return -1;
	if (bd_archive_open(fd, progress, &reader.stream, err) != 0)
		return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot read the stream");
	if (read_disk(&reader, err) != 0 || check_sum(&reader, err) != 0 || check_end(&reader, err) != 0)
		return -1;
	*facts_out = reader.facts;
	return 0;
}
