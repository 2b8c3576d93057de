/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two of libarchive's readers in a row, one for the compressions and one for the format: only so can the rest behind a
 * format's end be looked at. Formats that are read in any order (zip, 7zip, ISO 9660) get the file itself.
 */
#include "template/archive_stream.h"

#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cancel.h"
#include "base/cleanup.h"
#include "template/gzip_sum.h"
#include "template/source_magic.h"

#define BUFFER_BYTES (256u << 10)
#define TRAILER_BYTES 8 /* of gzip: CRC-32 and size, RFC 1952, section 2.3.1 */
#define ISO_MAGIC_AT 32769 /* "CD001", ECMA-119, section 8 */

struct bd_archive_stream {
	const struct bd_archive_functions *la;
	int fd;
	bd_source_progress progress;
	off_t start; /* of the archive in fd; -1: it cannot be sought in */
	uint8_t *buffer; /* the last TRAILER_BYTES of what was there before, then what is there now */
	size_t size;
	bool ended;
	bool waiting; /* what is there was not handed out yet */
	uint64_t at, farthest; /* read so far, counted from start */
	struct bd_error failure; /* of our own side of libarchive's callbacks */
	struct archive *filters; /* NULL: the format reads the file itself */
	struct archive *format;
	const uint8_t *plain; /* the newest block of what is decompressed */
	size_t plain_size;
	uint64_t plain_bytes;
	uint32_t sum;
	bool is_gzip;
	locale_t locale, locale_before;
};

/* Fills the buffer as far as it goes, so that what is at the beginning can be recognised. At the end of the source it
 * stays as it is. */
static int fill_buffer(struct bd_archive_stream *stream)
{
	uint8_t *room = stream->buffer + TRAILER_BYTES, tail[TRAILER_BYTES];
	size_t size = 0;

	if (bd_cancel_check(&stream->failure) != 0)
		return -1;
	memcpy(tail, stream->buffer + stream->size, TRAILER_BYTES);
	while (size < BUFFER_BYTES) {
		ssize_t r = read(stream->fd, room + size, BUFFER_BYTES - size);
		if (r < 0 && errno == EINTR && !bd_cancel_signal())
			continue;
		if (r < 0 && bd_cancel_check(&stream->failure) != 0)
			return -1;
		if (r < 0)
			return bd_fail_errno(&stream->failure, "cannot read it");
		if (r == 0)
			break;
		size += (size_t)r;
	}
	stream->ended = size == 0;
	if (stream->ended)
		return 0;
	memcpy(stream->buffer, tail, TRAILER_BYTES);
	stream->size = size;
	stream->at += size;
	if (stream->at > stream->farthest) {
		stream->farthest = stream->at;
		if (stream->progress)
			stream->progress(stream->at);
	}
	return 0;
}

static la_ssize_t read_source(struct archive *archive, void *context, const void **data_out)
{
	struct bd_archive_stream *stream = context;
	(void)archive;

	if (!stream->waiting && fill_buffer(stream) != 0)
		return ARCHIVE_FATAL;
	stream->waiting = false;
	*data_out = stream->buffer + TRAILER_BYTES;
	return stream->ended ? 0 : (la_ssize_t)stream->size;
}

static la_int64_t seek_source(struct archive *archive, void *context, la_int64_t offset, int whence)
{
	struct bd_archive_stream *stream = context;
	(void)archive;

	off_t at = lseek(stream->fd, whence == SEEK_SET ? stream->start + offset : offset, whence);
	if (at < stream->start) {
		bd_fail(&stream->failure, EINVAL, "it is damaged: it points outside of itself");
		return ARCHIVE_FATAL;
	}
	stream->waiting = false;
	stream->at = (uint64_t)(at - stream->start);
	return at - stream->start;
}

/* What libarchive says, or what made us refuse to give it more. */
static int fail(const struct bd_archive_stream *stream, struct archive *archive, struct bd_error *err)
{
	const char *text = stream->la->error_string(archive);

	if (stream->failure.code) {
		*err = stream->failure;
		return -1;
	}
	return bd_fail(err, EINVAL, "%s", text ? text : "it is damaged or cut short");
}

/* 1: the next block of what is decompressed. 0: there is no more. */
static int next_plain(struct bd_archive_stream *stream)
{
	const void *data = NULL;
	size_t size = 0;
	la_int64_t offset;
	int r;

	do
		r = stream->la->read_data_block(stream->filters, &data, &size, &offset);
	while (r == ARCHIVE_OK && size == 0);
	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK)
		return fail(stream, stream->filters, &stream->failure);
	stream->plain = data;
	stream->plain_size = size;
	stream->plain_bytes += size;
	if (stream->is_gzip)
		stream->sum = bd_gzip_sum(stream->sum, data, size);
	return 1;
}

static la_ssize_t read_plain(struct archive *archive, void *context, const void **data_out)
{
	struct bd_archive_stream *stream = context;
	(void)archive;

	int more = next_plain(stream);
	if (more <= 0)
		return more < 0 ? ARCHIVE_FATAL : 0;
	*data_out = stream->plain;
	return (la_ssize_t)stream->plain_size;
}

/* The formats that keep a table of contents somewhere, and names in Unicode. */
static bool needs_seeking(const struct bd_archive_stream *stream)
{
	static const struct {
		const char *magic;
		size_t at, size;
	} formats[] = {
		{ "PK\3\4", 0, 4 }, { "PK\5\6", 0, 4 }, { "7z\xbc\xaf\x27\x1c", 0, 6 }, { "Rar!", 0, 4 },
		{ "MSCF", 0, 4 },   { "xar!", 0, 4 },	{ "CD001", ISO_MAGIC_AT, 5 },
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (stream->size >= formats[i].at + formats[i].size &&
		    !memcmp(stream->buffer + TRAILER_BYTES + formats[i].at, formats[i].magic, formats[i].size))
			return true;
	return false;
}

/* Not "raw" and "empty", which take anything; not "mtree", which reads files of the host. */
static int support_formats(const struct bd_archive_stream *stream)
{
	const struct bd_archive_functions *la = stream->la;
	int (*const formats[])(struct archive *) = {
		la->read_support_format_tar,	 la->read_support_format_cpio, la->read_support_format_zip,
		la->read_support_format_iso9660, la->read_support_format_7zip, la->read_support_format_xar,
		la->read_support_format_rar,	 la->read_support_format_rar5, la->read_support_format_cab,
		la->read_support_format_lha,
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (formats[i](stream->format) < ARCHIVE_WARN)
			return -1;
	return 0;
}

static int open_filters(struct bd_archive_stream *stream, struct bd_error *err)
{
	const struct bd_archive_functions *la = stream->la;
	struct archive_entry *entry;

	stream->filters = la->read_new();
	if (!stream->filters)
		return bd_fail(err, ENOMEM, "out of memory");
	const char *program = bd_magic_foreign_compression(stream->buffer + TRAILER_BYTES, stream->size);
	if (program)
		return bd_fail(err, ENOTSUP, "it is compressed with %s, which is not read here: unpack it first",
			       program);
	if (bd_archive_support_filters(la, stream->filters, err) != 0)
		return -1;
	if (la->read_support_format_raw(stream->filters) != ARCHIVE_OK ||
	    la->read_set_read_callback(stream->filters, read_source) != ARCHIVE_OK ||
	    la->read_set_callback_data(stream->filters, stream) != ARCHIVE_OK ||
	    la->read_open1(stream->filters) != ARCHIVE_OK ||
	    la->read_next_header(stream->filters, &entry) != ARCHIVE_OK)
		return fail(stream, stream->filters, err);
	stream->is_gzip = la->filter_count(stream->filters) == 2 && stream->buffer[TRAILER_BYTES] == 0x1f &&
			  stream->buffer[TRAILER_BYTES + 1] == 0x8b;
	return 0;
}

/* tar and cpio have names of bytes. In the C locale those that pax says to be UTF-8 do not convert, and libarchive gives
 * them as they are; in another it composes characters anew. Names in UTF-16 need UTF-8 to convert to. */
static void set_locale(struct bd_archive_stream *stream, bool unicode)
{
	stream->locale = unicode ? newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0) : (locale_t)0;
	if (!stream->locale)
		stream->locale = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
	if (stream->locale)
		stream->locale_before = uselocale(stream->locale);
}

static int open_format(struct bd_archive_stream *stream, struct bd_error *err)
{
	const struct bd_archive_functions *la = stream->la;
	bool direct = needs_seeking(stream);

	set_locale(stream, direct);
	if (!direct && open_filters(stream, err) != 0)
		return -1;
	stream->format = la->read_new();
	if (!stream->format)
		return bd_fail(err, ENOMEM, "out of memory");
	if (support_formats(stream) != 0 ||
	    la->read_set_read_callback(stream->format, direct ? read_source : read_plain) != ARCHIVE_OK ||
	    (direct && stream->start >= 0 && la->read_set_seek_callback(stream->format, seek_source) != ARCHIVE_OK) ||
	    la->read_set_callback_data(stream->format, stream) != ARCHIVE_OK ||
	    la->read_open1(stream->format) != ARCHIVE_OK)
		return fail(stream, stream->format, err);
	return 0;
}

int bd_archive_stream_open(int fd, bd_source_progress progress, struct bd_archive_stream **stream_out,
			   struct bd_error *err)
{
	BD_DISPOSE(bd_archive_stream_close) struct bd_archive_stream *stream = calloc(1, sizeof(*stream));

	if (!stream || !(stream->buffer = calloc(1, TRAILER_BYTES + BUFFER_BYTES)))
		return bd_fail(err, ENOMEM, "out of memory");
	stream->fd = fd;
	stream->progress = progress;
	stream->start = lseek(fd, 0, SEEK_CUR);
	if (bd_archive_load(&stream->la, err) != 0)
		return -1;
	if (fill_buffer(stream) != 0) {
		*err = stream->failure;
		return -1;
	}
	if (stream->ended)
		return bd_fail(err, EINVAL, "it is empty");
	stream->waiting = true;
	if (open_format(stream, err) != 0)
		return -1;
	*stream_out = bd_take_ptr(stream);
	return 0;
}

void bd_archive_stream_close(struct bd_archive_stream **stream_pointer)
{
	struct bd_archive_stream *stream = *stream_pointer;

	if (!stream)
		return;
	bd_archive_dispose_read(&stream->format);
	bd_archive_dispose_read(&stream->filters);
	if (stream->locale) {
		uselocale(stream->locale_before);
		freelocale(stream->locale);
	}
	free(stream->buffer);
	free(stream);
	*stream_pointer = NULL;
}

/* The last `left` bytes of a block; only as much of them as is in it. */
static bool tail_is_zero(const uint8_t *data, size_t size, uint64_t left)
{
	size_t tail = left < size ? (size_t)left : size;

	return bd_all_zero(data + size - tail, tail);
}

static int check_gzip(const struct bd_archive_stream *stream, uint64_t left, struct bd_error *err)
{
	if (left > stream->size)
		return 0; /* so many zeros follow that the trailer is gone */
	const uint8_t *trailer = stream->buffer + stream->size - left;

	/* Another size: several gzip files in a row, whose sums are their own. */
	if (get_le32(trailer + 4) == (uint32_t)stream->plain_bytes && get_le32(trailer) != stream->sum)
		return bd_fail(err, EINVAL, "it is damaged: its checksum is wrong");
	return 0;
}

/* What follows the end of what is compressed. */
static int check_source_end(struct bd_archive_stream *stream, struct bd_error *err)
{
	uint64_t left = stream->at - (uint64_t)stream->la->filter_bytes(stream->filters, -1);
	bool clean = tail_is_zero(stream->buffer + TRAILER_BYTES, stream->size, left);

	if (stream->is_gzip && check_gzip(stream, left, err) != 0)
		return -1;
	while (clean) {
		if (fill_buffer(stream) != 0) {
			*err = stream->failure;
			return -1;
		}
		if (stream->ended)
			return 0;
		clean = bd_all_zero(stream->buffer + TRAILER_BYTES, stream->size);
	}
	return bd_fail(err, EINVAL, "other data follows the end of what is compressed");
}

int bd_archive_stream_format(const struct bd_archive_stream *stream)
{
	return stream->la->format(stream->format) & ARCHIVE_FORMAT_BASE_MASK;
}

/* A format's own end need not be the end of what there is to read, nor be there at all. */
static int check_end(struct bd_archive_stream *stream, struct bd_error *err)
{
	const struct bd_archive_functions *la = stream->la;
	int format = bd_archive_stream_format(stream);

	if (!stream->filters)
		return 0;
	uint64_t consumed = (uint64_t)la->filter_bytes(stream->format, 0);
	if (format == ARCHIVE_FORMAT_TAR && consumed == (uint64_t)la->read_header_position(stream->format))
		return bd_fail(err, EINVAL, "it is truncated: the blocks of zeros at the end of a tar are missing");
	bool strict = format == ARCHIVE_FORMAT_TAR || format == ARCHIVE_FORMAT_CPIO;
	bool clean = tail_is_zero(stream->plain, stream->plain_size, stream->plain_bytes - consumed);
	int more;

	while ((clean || !strict) && (more = next_plain(stream)) != 0) {
		if (more < 0) {
			*err = stream->failure;
			return -1;
		}
		clean = bd_all_zero(stream->plain, stream->plain_size);
	}
	if (strict && !clean)
		return bd_fail(err, EINVAL, "other data follows the archive's end, perhaps a second archive");
	return check_source_end(stream, err);
}

/* libarchive warns of what it could not convert, which is harmless where it gives the bytes instead (tar), and of
 * attributes that it leaves out, which is not. */
static int judge_warning(struct bd_archive_stream *stream, const char *text, struct bd_error *err)
{
	if (strstr(text, "can't be converted from") && (bd_archive_stream_format(stream) == ARCHIVE_FORMAT_TAR ||
							!strncmp(text, "Uname", 5) || !strncmp(text, "Gname", 5)))
		return 0;
	return bd_fail(err, EINVAL, "%s", text);
}

int bd_archive_stream_next(struct bd_archive_stream *stream, struct archive_entry **entry_out, struct bd_error *err)
{
	int r = stream->la->read_next_header(stream->format, entry_out);

	if (stream->failure.code || (r != ARCHIVE_OK && r != ARCHIVE_WARN && r != ARCHIVE_EOF))
		return fail(stream, stream->format, err);
	if (r == ARCHIVE_EOF)
		return check_end(stream, err);
	/* Of an ACL that it cannot read, libarchive 3.6 leaves the text of the error and returns ARCHIVE_OK. */
	const char *text = stream->la->error_string(stream->format);
	if (!text)
		return r == ARCHIVE_OK ? 1 : fail(stream, stream->format, err);
	if (judge_warning(stream, text, err) == 0)
		return 1;
	const char *path = stream->la->entry_pathname(*entry_out);
	char name[BD_ENTRY_NAME_SIZE];
	bd_entry_name(path ? path : "an entry", name);
	return bd_wrap(err, "%s", name);
}

int bd_archive_stream_block(struct bd_archive_stream *stream, const void **data_out, size_t *size_out,
			    uint64_t *offset_bytes_out, struct bd_error *err)
{
	la_int64_t offset = 0;
	int r = stream->la->read_data_block(stream->format, data_out, size_out, &offset);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK)
		return fail(stream, stream->format, err);
	if (offset < 0)
		return bd_fail(err, EINVAL, "it is damaged: content before the beginning of a file");
	*offset_bytes_out = (uint64_t)offset;
	return 1;
}
