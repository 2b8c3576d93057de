/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two of libarchive's readers in a row, one for the compressions and one for the format: only so can the rest behind a
 * format's end be looked at. Formats that are read in any order (zip, 7zip, ISO 9660) get the file itself.
 *
 * Compressions and formats are enabled one by one. None may run a program, read other files, or give less than the
 * archive has: zip without its central directory has neither modes nor symbolic links, so it is read by that only.
 */
#include "import/archive/reader.h"

#include <errno.h>
#include <iconv.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/archive_library.h"
#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "filestream/entry.h"
#include "filestream/frame.h"
#include "import/archive/disc.h"
#include "import/archive/meta.h"
#include "import/magic.h"
#include "virtual_disk/magic.h"

#define BUFFER_BYTES (256u << 10)
#define TRAILER_BYTES 8 /* of gzip: CRC-32 and size, RFC 1952, section 2.3.1 */
#define COMPRESSIONS_MAX 4 /* one inside the other */

struct bd_archive_reader {
	const struct bd_archive_functions *la;
	int fd;
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
	uint8_t *head; /* the beginning of what is decompressed, until the format has had it */
	bool head_waits;
	bool takes_disk; /* a disk image, compressed or from a pipe, is given as the only entry */
	bool is_disk; /* it is one */
	const char *direct; /* the format that reads the file itself; NULL: none */
	uint32_t notes; /* BD_FRAME_NOTE_* */
	struct bd_frame_writer writer;
};

/* Fills the buffer as far as it goes, so that what is at the beginning can be recognised. At the end of the source it
 * stays as it is. */
static int fill_buffer(struct bd_archive_reader *reader)
{
	uint8_t *room = reader->buffer + TRAILER_BYTES, tail[TRAILER_BYTES];
	size_t size = 0;

	if (bd_cancel_check(&reader->failure) != 0)
		return -1;
	/* It may take a while until there is more to read. */
	if (reader->writer.buffer)
		bd_frame_flush(&reader->writer);
	memcpy(tail, reader->buffer + reader->size, TRAILER_BYTES);
	while (size < BUFFER_BYTES) {
		ssize_t r = read(reader->fd, room + size, BUFFER_BYTES - size);
		if (r < 0 && errno == EINTR && !bd_cancel_signal())
			continue;
		if (r < 0 && bd_cancel_check(&reader->failure) != 0)
			return -1;
		if (r < 0)
			return bd_fail_errno(&reader->failure, "cannot read it");
		if (r == 0)
			break;
		size += (size_t)r;
	}
	reader->ended = size == 0;
	if (reader->ended)
		return 0;
	memcpy(reader->buffer, tail, TRAILER_BYTES);
	reader->size = size;
	reader->at += size;
	if (reader->at > reader->farthest) {
		reader->farthest = reader->at;
		if (reader->writer.buffer) {
			bd_frame_begin(&reader->writer, BD_FRAME_PROGRESS);
			bd_frame_put64(&reader->writer, reader->farthest);
			bd_frame_end(&reader->writer);
		}
	}
	return 0;
}

static la_ssize_t read_source(struct archive *archive, void *context, const void **data_out)
{
	struct bd_archive_reader *reader = context;
	(void)archive;

	if (!reader->waiting && fill_buffer(reader) != 0)
		return ARCHIVE_FATAL;
	reader->waiting = false;
	*data_out = reader->buffer + TRAILER_BYTES;
	return reader->ended ? 0 : (la_ssize_t)reader->size;
}

static la_int64_t seek_source(struct archive *archive, void *context, la_int64_t offset, int whence)
{
	struct bd_archive_reader *reader = context;
	(void)archive;

	off_t at = lseek(reader->fd, whence == SEEK_SET ? reader->start + offset : offset, whence);
	if (at < reader->start) {
		bd_fail(&reader->failure, EINVAL, "it is damaged: an offset points beyond its end");
		return ARCHIVE_FATAL;
	}
	reader->waiting = false;
	reader->at = (uint64_t)(at - reader->start);
	return at - reader->start;
}

/* In front of what is to be read next; only what the buffer had is behind. */
static la_int64_t skip_source(struct archive *archive, void *context, la_int64_t request)
{
	struct bd_archive_reader *reader = context;
	(void)archive;

	if (reader->waiting || lseek(reader->fd, request, SEEK_CUR) < 0)
		return 0;
	reader->at += (uint64_t)request;
	return request;
}

static int fail_reading(const struct bd_archive_reader *reader, struct bd_error *err)
{
	*err = reader->failure;
	return -1;
}

/* What libarchive says, or what made us refuse to give it more. */
static int fail(const struct bd_archive_reader *reader, struct archive *archive, struct bd_error *err)
{
	const char *text = reader->la->error_string(archive);

	if (reader->failure.code)
		return fail_reading(reader, err);
	if (reader->direct && !strcmp(reader->direct, "zip") && text && strstr(text, "Unrecognized"))
		return bd_fail(err, EINVAL,
			       "it is cut short or damaged: a zip archive without its central directory");
	if (text && strcasestr(text, "memory"))
		return bd_fail(err, ENOMEM, "it takes more than %u MiB of memory to read", BD_ARCHIVE_MEMORY_MIB);
	return bd_fail(err, EINVAL, "%s", text ? text : "it is damaged or cut short");
}

/* 1: the next block of what is decompressed. 0: there is no more. */
static int next_plain(struct bd_archive_reader *reader)
{
	const void *data = NULL;
	size_t size = 0;
	la_int64_t offset;
	int r;

	do
		r = reader->la->read_data_block(reader->filters, &data, &size, &offset);
	while (r == ARCHIVE_OK && size == 0);
	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK)
		return fail(reader, reader->filters, &reader->failure);
	reader->plain = data;
	reader->plain_size = size;
	reader->plain_bytes += size;
	if (reader->is_gzip)
		reader->sum = (uint32_t)crc32_z(reader->sum, data, size);
	return 1;
}

static la_ssize_t read_plain(struct archive *archive, void *context, const void **data_out)
{
	struct bd_archive_reader *reader = context;
	(void)archive;

	int more = reader->head_waits ? reader->plain_size > 0 : next_plain(reader);
	reader->head_waits = false;
	if (more <= 0)
		return more < 0 ? ARCHIVE_FATAL : 0;
	*data_out = reader->plain;
	return (la_ssize_t)reader->plain_size;
}

/* Not "raw" and "empty", which take anything; not "mtree", which reads files of the host; not zip as a stream. */
static int support_formats(const struct bd_archive_reader *reader)
{
	const struct bd_archive_functions *la = reader->la;
	int (*const formats[])(struct archive *) = {
		la->read_support_format_tar, la->read_support_format_cpio,    la->read_support_format_zip_seekable,
		la->read_support_format_xar, la->read_support_format_iso9660, la->read_support_format_7zip,
		la->read_support_format_rar, la->read_support_format_rar5,    la->read_support_format_cab,
		la->read_support_format_lha,
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (formats[i](reader->format) < ARCHIVE_WARN)
			return -1;
	return 0;
}

/* What is inside of the compressions, by its first bytes. */
static int check_head(struct bd_archive_reader *reader, size_t size, struct bd_error *err)
{
	const char *program = bd_magic_foreign_compression(reader->head, size);
	const char *seeking = bd_magic_reads_anywhere(reader->head, size);
	const char *container = bd_virtual_disk_magic(reader->head, size);
	const bool is_image = bd_magic_is_image(reader->head, size);
	const char *mistake = bd_magic_mistake(reader->head, size);
	struct bd_disc disc;

	if (mistake)
		return bd_fail(err, EINVAL, "%s", mistake);
	if (bd_magic_is_disc(reader->head, size)) {
		bd_disc_describe(reader->head, size, &disc);
		return bd_disc_refuse(reader->la, NULL, &disc, err);
	}
	if (program)
		return bd_fail(err, ENOTSUP, "it is compressed with %s, which is not supported: unpack it first",
			       program);
	if (seeking)
		return bd_fail(err, ENOTSUP, "it is a %s archive inside a compression: unpack it first", seeking);
	reader->is_disk = reader->takes_disk && is_image;
	if (reader->is_disk || !is_image)
		return 0;
	if (container)
		return bd_fail(
			err, ENOTSUP,
			"it is a compressed disk image in %s format: unpack it, then convert it with `qemu-img convert -O raw`",
			container);
	return bd_fail(err, ENOTSUP, "it is a compressed disk image: unpack it, and import that");
}

static int read_head(struct bd_archive_reader *reader, struct bd_error *err)
{
	size_t size = 0, capacity = 0;

	while (size < BD_MAGIC_HEAD_BYTES) {
		int more = next_plain(reader);
		if (more < 0)
			return fail_reading(reader, err);
		if (!more)
			break;
		if (bd_array_reserve(reader->head, capacity, size + reader->plain_size, err) != 0)
			return -1;
		memcpy(reader->head + size, reader->plain, reader->plain_size);
		size += reader->plain_size;
	}
	reader->plain = reader->head;
	reader->plain_size = size;
	reader->head_waits = true;
	return check_head(reader, size, err);
}

static int open_filters(struct bd_archive_reader *reader, struct bd_error *err)
{
	const struct bd_archive_functions *la = reader->la;
	struct archive_entry *entry;

	reader->filters = la->read_new();
	if (!reader->filters)
		return bd_no_memory(err);
	if (bd_archive_support_filters(la, reader->filters, err) != 0)
		return -1;
	if (la->read_support_format_raw(reader->filters) != ARCHIVE_OK ||
	    la->read_set_read_callback(reader->filters, read_source) != ARCHIVE_OK ||
	    la->read_set_callback_data(reader->filters, reader) != ARCHIVE_OK ||
	    la->read_open1(reader->filters) != ARCHIVE_OK ||
	    la->read_next_header(reader->filters, &entry) != ARCHIVE_OK)
		return fail(reader, reader->filters, err);
	reader->is_gzip = la->filter_count(reader->filters) == 2 && reader->buffer[TRAILER_BYTES] == 0x1f &&
			  reader->buffer[TRAILER_BYTES + 1] == 0x8b;
	if (la->filter_count(reader->filters) > COMPRESSIONS_MAX + 1)
		return bd_fail(err, EINVAL, "it is compressed in more than %d layers", COMPRESSIONS_MAX);
	return la->filter_count(reader->filters) > 1 ? read_head(reader, err) : 0;
}

static int open_format(struct bd_archive_reader *reader, struct bd_error *err)
{
	const struct bd_archive_functions *la = reader->la;
	bool direct = reader->direct != NULL;

	reader->format = la->read_new();
	if (!reader->format)
		return bd_no_memory(err);
	if (support_formats(reader) != 0 ||
	    la->read_set_read_callback(reader->format, direct ? read_source : read_plain) != ARCHIVE_OK ||
	    (direct && reader->start >= 0 &&
	     (la->read_set_seek_callback(reader->format, seek_source) != ARCHIVE_OK ||
	      la->read_set_skip_callback(reader->format, skip_source) != ARCHIVE_OK)) ||
	    la->read_set_callback_data(reader->format, reader) != ARCHIVE_OK ||
	    la->read_open1(reader->format) != ARCHIVE_OK)
		return fail(reader, reader->format, err);
	return 0;
}

/* The last `left` bytes of a block; only as much of them as is in it. */
static bool tail_is_zero(const uint8_t *data, size_t size, uint64_t left)
{
	size_t tail = left < size ? (size_t)left : size;

	return bd_all_zero(data + size - tail, tail);
}

static int check_gzip(const struct bd_archive_reader *reader, uint64_t left, struct bd_error *err)
{
	if (left > reader->size)
		return 0; /* so many zeros follow that the trailer is gone */
	const uint8_t *trailer = reader->buffer + reader->size - left;

	/* Another size: several gzip files in a row, whose sums are their own. */
	if (get_le32(trailer + 4) == (uint32_t)reader->plain_bytes && get_le32(trailer) != reader->sum)
		return bd_fail(err, EINVAL, "it is damaged: its checksum is wrong");
	return 0;
}

/* What follows the end of what is compressed. */
static int check_source_end(struct bd_archive_reader *reader, struct bd_error *err)
{
	uint64_t left = reader->at - (uint64_t)reader->la->filter_bytes(reader->filters, -1);
	bool clean = tail_is_zero(reader->buffer + TRAILER_BYTES, reader->size, left);

	if (reader->is_gzip && check_gzip(reader, left, err) != 0)
		return -1;
	while (clean) {
		if (fill_buffer(reader) != 0)
			return fail_reading(reader, err);
		if (reader->ended)
			return 0;
		clean = bd_all_zero(reader->buffer + TRAILER_BYTES, reader->size);
	}
	return bd_fail(err, EINVAL, "trailing data after the compressed stream");
}

static int format_of(const struct bd_archive_reader *reader)
{
	return reader->la->format(reader->format) & ARCHIVE_FORMAT_BASE_MASK;
}

/* A format's own end need not be the end of what there is to read, nor be there at all. */
static int check_end(struct bd_archive_reader *reader, struct bd_error *err)
{
	const struct bd_archive_functions *la = reader->la;
	int format = format_of(reader);

	if (!reader->filters)
		return 0;
	uint64_t consumed = (uint64_t)la->filter_bytes(reader->format, 0);
	/* tar takes one without its blocks of zeros, and so do we: the last entry is complete. */
	if (format == ARCHIVE_FORMAT_TAR && consumed == (uint64_t)la->read_header_position(reader->format))
		reader->notes |= BD_FRAME_NOTE_NO_END;
	bool strict = format == ARCHIVE_FORMAT_TAR || format == ARCHIVE_FORMAT_CPIO;
	bool clean = tail_is_zero(reader->plain, reader->plain_size, reader->plain_bytes - consumed);
	int more;

	while ((clean || !strict) && (more = next_plain(reader)) != 0) {
		if (more < 0)
			return fail_reading(reader, err);
		clean = bd_all_zero(reader->plain, reader->plain_size);
	}
	if (strict && !clean)
		return bd_fail(err, EINVAL, "trailing data after the archive, perhaps a second archive");
	return check_source_end(reader, err);
}

/* libarchive warns of what it could not convert, which is harmless where it gives the bytes instead (tar), and of
 * attributes that it leaves out, which is not. */
static int judge_warning(struct bd_archive_reader *reader, const char *text, struct bd_error *err)
{
	if (strstr(text, "can't be converted from") &&
	    (format_of(reader) == ARCHIVE_FORMAT_TAR || !strncmp(text, "Uname", 5) || !strncmp(text, "Gname", 5)))
		return 0;
	return bd_fail(err, EINVAL, "%s", text);
}

/* 1: an entry. 0: the archive has come to its end, and that is in order. */
static int next_entry(struct bd_archive_reader *reader, struct archive_entry **entry_out, struct bd_error *err)
{
	int r = reader->la->read_next_header(reader->format, entry_out);

	if (reader->failure.code || (r != ARCHIVE_OK && r != ARCHIVE_WARN && r != ARCHIVE_EOF))
		return fail(reader, reader->format, err);
	if (r == ARCHIVE_EOF)
		return check_end(reader, err);
	/* Of an ACL that it cannot read, libarchive 3.6 leaves the text of the error and returns ARCHIVE_OK. */
	const char *text = reader->la->error_string(reader->format);
	if (!text)
		return r == ARCHIVE_OK ? 1 : fail(reader, reader->format, err);
	return judge_warning(reader, text, err) == 0 ? 1 : -1;
}

static int send_content(struct bd_archive_reader *reader, struct bd_error *err)
{
	for (;;) {
		const void *data = NULL;
		la_int64_t offset = 0;
		size_t size = 0;
		int r = reader->la->read_data_block(reader->format, &data, &size, &offset);
		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK || reader->failure.code)
			return fail(reader, reader->format, err);
		if (offset < 0)
			return bd_fail(err, EINVAL, "it is damaged: content before the beginning of a file");
		bd_frame_data(&reader->writer, (uint64_t)offset, data, size);
	}
}

/* The errors of an entry's head come with its name; those of its content belong to the entry that was sent. */
static int send_entries(struct bd_archive_reader *reader, struct bd_error *err)
{
	struct archive_entry *entry = NULL;
	uint64_t content_bytes;
	int more;

	while ((more = next_entry(reader, &entry, err)) > 0) {
		if (bd_archive_meta_send(reader->la, entry, format_of(reader), &reader->writer, &content_bytes,
					 err) != 0) {
			bd_frame_drop(&reader->writer);
			more = -1;
			break;
		}
		if (content_bytes && send_content(reader, err) != 0)
			return -1;
	}
	if (more == 0)
		return 0;
	const char *path = entry ? reader->la->entry_pathname(entry) : NULL;
	return path && *path ? bd_wrap_entry(err, "", path) : -1;
}

/* The one entry of a disk image, whose size shows at its end only. */
static int send_disk(struct bd_archive_reader *reader, struct bd_error *err)
{
	const struct bd_stream_entry entry = { .path = "disk",
					       .meta = { .mode = S_IFREG | 0600 },
					       .format = ARCHIVE_FORMAT_RAW };
	const void *data;
	uint64_t at = 0;
	la_ssize_t size;

	bd_stream_entry_send(&reader->writer, &entry);
	while ((size = read_plain(reader->filters, reader, &data)) > 0) {
		bd_frame_data(&reader->writer, at, data, (size_t)size);
		at += (uint64_t)size;
	}
	return size < 0 ? fail_reading(reader, err) : check_source_end(reader, err);
}

/* Its names are listed where that takes no reading of all of it. */
static int refuse_disc(struct bd_archive_reader *reader, struct bd_error *err)
{
	struct bd_disc disc;

	bd_disc_describe(reader->buffer + TRAILER_BYTES, reader->size, &disc);
	const bool is_open = reader->start >= 0 && open_format(reader, err) == 0;
	return bd_disc_refuse(reader->la, is_open ? reader->format : NULL, &disc, err);
}

/* A disk that is compressed shows only when that is undone. */
static int send_all(struct bd_archive_reader *reader, struct bd_error *err)
{
	if (bd_magic_is_disc(reader->buffer + TRAILER_BYTES, reader->size))
		return refuse_disc(reader, err);
	if (!reader->direct && open_filters(reader, err) != 0)
		return -1;
	if (reader->is_disk)
		return send_disk(reader, err);
	if (open_format(reader, err) != 0)
		return -1;
	return send_entries(reader, err);
}

void bd_archive_reader_run(void *context, int input_fd, int output_fd)
{
	struct bd_archive_reader *reader = context;
	struct bd_error err = BD_ERROR_INIT;

	if (!bd_frame_writer_init(&reader->writer, output_fd))
		_exit(1);
	reader->fd = input_fd;
	reader->waiting = true;
	/* What the parent has read already. */
	bd_frame_begin(&reader->writer, BD_FRAME_PROGRESS);
	bd_frame_put64(&reader->writer, reader->farthest);
	bd_frame_end(&reader->writer);
	if (send_all(reader, &err) == 0)
		bd_frame_end_stream(&reader->writer, reader->notes);
	else
		bd_frame_error(&reader->writer, BD_FRAME_ERROR, &err);
	bd_frame_flush(&reader->writer);
}

/* The C library opens files for character sets and time zones when they are first needed, which is too late then. */
void bd_archive_reader_prepare(void *context)
{
	const struct bd_archive_reader *reader = context;
	static const char *const sets[] = { "UTF-8", "UTF-16BE", "UTF-16LE" };
	/* tar and cpio have names of bytes. In the C locale those that pax says to be UTF-8 do not convert, and libarchive
	 * gives them as they are; in another it composes characters anew. Names in UTF-16 need UTF-8 to convert to. */
	locale_t locale = reader->direct ? newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0) : (locale_t)0;

	if (!locale)
		locale = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
	if (locale)
		uselocale(locale);
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		iconv_open("ANSI_X3.4-1968", sets[i]);
		iconv_open("UTF-8", sets[i]);
		iconv_open(sets[i], "UTF-8");
	}
	/* zip has local times. A zone that is named is read once. */
	if (!getenv("TZ"))
		setenv("TZ", ":/etc/localtime", 1);
	tzset();
}

/* Its magic number is in its last 512 bytes, whatever compression it begins with. */
static bool is_apple_image(const struct bd_archive_reader *reader)
{
	uint8_t magic[4];
	off_t end = reader->start < 0 ? -1 : lseek(reader->fd, 0, SEEK_END);
	bool found = end >= 512 && bd_pread_full(reader->fd, magic, sizeof(magic), (uint64_t)end - 512) == 4 &&
		     !memcmp(magic, "koly", 4);

	return lseek(reader->fd, reader->start + (off_t)reader->at, SEEK_SET) >= 0 && found;
}

/* By the first bytes, so that nothing has to be begun. */
static int judge_beginning(struct bd_archive_reader *reader, struct bd_error *err)
{
	const uint8_t *head = reader->buffer + TRAILER_BYTES;
	const char *program = bd_magic_foreign_compression(head, reader->size);
	const char *anywhere = bd_magic_reads_anywhere(head, reader->size);
	const bool is_image = bd_magic_is_image(head, reader->size);

	reader->direct = bd_magic_wants_file(head, reader->size);
	if (program)
		return bd_fail(err, ENOTSUP, "it is compressed with %s, which is not supported: unpack it first",
			       program);
	const char *mistake = bd_magic_mistake(head, reader->size);
	if (mistake)
		return bd_fail(err, EINVAL, "%s", mistake);
	if (is_apple_image(reader))
		return bd_fail(err, EINVAL, "it is an Apple disk image (DMG), of which no guest can be made");
	if (anywhere && reader->start < 0)
		return bd_fail(err, ENOTSUP,
			       "a %s archive has its index at its end: give it as a file, not through a pipe",
			       anywhere);
	reader->is_disk = reader->takes_disk && is_image;
	if (is_image && !reader->takes_disk)
		return bd_fail(err, ENOTSUP, "it is a disk image, not an archive: give its path");
	return 0;
}

int bd_archive_reader_open(int fd, bool takes_disk, struct bd_archive_reader **reader_out, struct bd_error *err)
{
	BD_DISPOSE(bd_archive_reader_free) struct bd_archive_reader *reader = calloc(1, sizeof(*reader));

	if (!reader || !(reader->buffer = calloc(1, TRAILER_BYTES + BUFFER_BYTES)))
		return bd_no_memory(err);
	reader->fd = fd;
	reader->takes_disk = takes_disk;
	reader->start = lseek(fd, 0, SEEK_CUR);
	if (bd_archive_load(&reader->la, err) != 0)
		return -1;
	if (fill_buffer(reader) != 0)
		return fail_reading(reader, err);
	if (reader->ended)
		return bd_fail(err, EINVAL, "it is empty");
	if (judge_beginning(reader, err) != 0)
		return -1;
	*reader_out = bd_take_ptr(reader);
	return 0;
}

void bd_archive_reader_free(struct bd_archive_reader **reader_pointer)
{
	if (*reader_pointer)
		free((*reader_pointer)->buffer);
	free(*reader_pointer);
	*reader_pointer = NULL;
}
