/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One filter of libarchive, the one that the magic names, behind a window of the file that ends before the size which the kernel's build
 * has added. */
#include "kernel/unpack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "base/archive_library.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/parse.h"

#define PIECE_BYTES (256u << 10)
#define SIZE_TEXT 32

struct unpacking {
	const struct bd_archive_functions *la;
	const struct bd_kernel_source *source;
	const struct bd_bzimage *image;
	const struct bd_kernel_sink *sink;
	uint64_t input_at, input_end; /* in the source */
	const struct bd_unpack_limits *limits;
	clock_t started;
	uint64_t output_bytes;
	uLong crc; /* of the output, where it is gzip's */
	struct bd_xen_notes_reader notes;
	uint8_t *piece; /* owned; what libarchive has been given last */
	bool has_failed; /* in the callback, where err says why */
	struct bd_error *err;
};

static void unpacking_dispose(struct unpacking *unpacking)
{
	bd_xen_notes_dispose(&unpacking->notes);
	free(unpacking->piece);
}

typedef int filter_function(struct archive *);

static filter_function *filter_of(const struct bd_archive_functions *la, enum bd_compression compression)
{
	switch (compression) {
	case BD_COMPRESSION_GZIP:
		return la->read_support_filter_gzip;
	case BD_COMPRESSION_BZIP2:
		return la->read_support_filter_bzip2;
	case BD_COMPRESSION_LZMA:
		return la->read_support_filter_lzma;
	case BD_COMPRESSION_XZ:
		return la->read_support_filter_xz;
	case BD_COMPRESSION_LZ4:
		return la->read_support_filter_lz4;
	case BD_COMPRESSION_ZSTD:
		return la->read_support_filter_zstd;
	default:
		return NULL;
	}
}

int bd_unpack_prepare(struct bd_error *err)
{
	const struct bd_archive_functions *la;

	return bd_archive_load(&la, err);
}

static int check_time(const struct unpacking *unpacking, struct bd_error *err)
{
	if ((double)(clock() - unpacking->started) / CLOCKS_PER_SEC <= unpacking->limits->cpu_s)
		return 0;
	return bd_fail(err, ETIME, "unpacking the kernel takes longer than %u s, which is the limit",
		       unpacking->limits->cpu_s);
}

/* --- output ------------------------------------------------------------------------------------------------------- */

static int check_size(const struct unpacking *unpacking, struct bd_error *err)
{
	char limit[SIZE_TEXT];
	uint32_t said = unpacking->image->unpacked_bytes;

	if (unpacking->output_bytes > unpacking->limits->output_bytes) {
		bd_format_size(unpacking->limits->output_bytes, limit, sizeof(limit));
		return bd_fail(err, EFBIG, "the kernel is larger than %s when unpacked, which is the limit", limit);
	}
	if (said != UINT32_MAX && unpacking->output_bytes > said)
		return bd_fail(err, EINVAL, "the kernel unpacks to more than the %u bytes that it says", said);
	return 0;
}

/* Nothing is written of what is too large, or before it is known to begin as an ELF file. */
static int put(struct unpacking *unpacking, const void *data, size_t size, struct bd_error *err)
{
	static const char magic[] = "\177ELF";
	size_t head = size < strlen(magic) ? size : strlen(magic);

	if (!size)
		return 0;
	if (!unpacking->output_bytes && (head < strlen(magic) || memcmp(data, magic, head) != 0))
		return bd_fail(err, ENOEXEC, "what is packed in it is no ELF file");
	unpacking->output_bytes += size;
	if (check_size(unpacking, err) != 0 || check_time(unpacking, err) != 0 ||
	    bd_xen_notes_take(&unpacking->notes, data, size, err) != 0)
		return -1;
	if (unpacking->image->compression == BD_COMPRESSION_GZIP)
		unpacking->crc = crc32_z(unpacking->crc, data, size);
	return unpacking->sink->write(unpacking->sink, data, size, err);
}

/* --- input -------------------------------------------------------------------------------------------------------- */

static la_ssize_t give(struct archive *archive, void *context, const void **data_out)
{
	struct unpacking *unpacking = context;
	uint64_t left = unpacking->input_end - unpacking->input_at;
	size_t part = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
	(void)archive;

	if (check_time(unpacking, unpacking->err) != 0 ||
	    (part && bd_kernel_read_at(unpacking->source, unpacking->input_at, unpacking->piece, part,
				       unpacking->err) != 0)) {
		unpacking->has_failed = true;
		return ARCHIVE_FATAL;
	}
	unpacking->input_at += part;
	*data_out = unpacking->piece;
	return (la_ssize_t)part;
}

static int fail_archive(const struct unpacking *unpacking, struct archive *archive, struct bd_error *err)
{
	const char *why = unpacking->la->error_string(archive);

	if (unpacking->has_failed)
		return -1;
	return bd_fail(err, EINVAL, "the kernel, compressed with %s, cannot be unpacked: %s",
		       bd_compression_name(unpacking->image->compression), why ? why : "it is damaged");
}

/* One that would run a program says ARCHIVE_WARN: what is in the image is not to choose that. */
static int open_filter(const struct unpacking *unpacking, struct archive *archive, struct bd_error *err)
{
	enum bd_compression compression = unpacking->image->compression;
	filter_function *filter = filter_of(unpacking->la, compression);

	if (!filter || filter(archive) != ARCHIVE_OK)
		return bd_fail(err, ENOTSUP, "the kernel is packed with %s, which cannot be unpacked here",
			       bd_compression_name(compression));
	return 0;
}

static int open_payload(struct unpacking *unpacking, struct archive *archive, struct bd_error *err)
{
	const struct bd_archive_functions *la = unpacking->la;
	struct archive_entry *entry;

	if (open_filter(unpacking, archive, err) != 0)
		return -1;
	if (la->read_support_format_raw(archive) != ARCHIVE_OK ||
	    la->read_set_read_callback(archive, give) != ARCHIVE_OK ||
	    la->read_set_callback_data(archive, unpacking) != ARCHIVE_OK || la->read_open1(archive) != ARCHIVE_OK ||
	    la->read_next_header(archive, &entry) != ARCHIVE_OK)
		return fail_archive(unpacking, archive, err);
	/* It looks for another layer in what it has unpacked, and another; a kernel has one. None: it saw more than the magic. */
	if (la->filter_count(archive) != 2)
		return bd_fail(err, EINVAL, "the kernel is not compressed as its first bytes say");
	return 0;
}

static int unpack_compressed(struct unpacking *unpacking, struct bd_error *err)
{
	const struct bd_archive_functions *la = unpacking->la;
	BD_DISPOSE(bd_archive_dispose_read) struct archive *archive = la->read_new();
	const void *data;
	size_t size;
	la_int64_t at;
	int r;

	if (!archive || !(unpacking->piece = malloc(PIECE_BYTES)))
		return bd_no_memory(err);
	if (open_payload(unpacking, archive, err) != 0)
		return -1;
	while ((r = la->read_data_block(archive, &data, &size, &at)) == ARCHIVE_OK)
		if (put(unpacking, data, size, err) != 0)
			return -1;
	if (r != ARCHIVE_EOF || unpacking->has_failed)
		return fail_archive(unpacking, archive, err);
	return 0;
}

static int write_as_output(const struct bd_kernel_sink *sink, const void *data, size_t size, struct bd_error *err)
{
	return put(sink->context, data, size, err);
}

static int copy_uncompressed(struct unpacking *unpacking, struct bd_error *err)
{
	const struct bd_kernel_sink sink = { .write = write_as_output, .context = unpacking, .fd = -1 };
	struct bd_kernel_source payload;

	if (bd_kernel_source_part(unpacking->source, unpacking->input_at, unpacking->input_end - unpacking->input_at,
				  &payload, err) != 0)
		return -1;
	return bd_kernel_copy(&payload, &sink, err);
}

/* --- before and after --------------------------------------------------------------------------------------------- */

static int check_limits(const struct bd_bzimage *image, const struct bd_unpack_limits *limits, struct bd_error *err)
{
	uint64_t said = image->unpacked_bytes == UINT32_MAX ? image->payload_size_bytes : image->unpacked_bytes;
	char size[SIZE_TEXT], limit[SIZE_TEXT];

	if (said > limits->output_bytes || image->payload_size_bytes > limits->output_bytes) {
		bd_format_size(said > image->payload_size_bytes ? said : image->payload_size_bytes, size,
			       sizeof(size));
		bd_format_size(limits->output_bytes, limit, sizeof(limit));
		return bd_fail(err, EFBIG, "the kernel has %s when unpacked; the limit is %s", size, limit);
	}
	if (image->window_bytes > limits->window_bytes) {
		bd_format_size(image->window_bytes, size, sizeof(size));
		bd_format_size(limits->window_bytes, limit, sizeof(limit));
		return bd_fail(err, E2BIG,
			       "the kernel, compressed with %s, takes %s of memory to unpack; the limit is %s",
			       bd_compression_name(image->compression), size, limit);
	}
	return 0;
}

/* libarchive passes over gzip's checksum, and checks those of the others that have one: bzip2, xz, zstd. In the trailer (RFC 1952), it is
 * before the size. */
static int check_crc(const struct unpacking *unpacking, struct bd_error *err)
{
	uint8_t crc[4];

	if (unpacking->image->compression != BD_COMPRESSION_GZIP)
		return 0;
	if (bd_kernel_read_at(unpacking->source, unpacking->input_end - 8, crc, sizeof(crc), err) != 0)
		return -1;
	if (get_le32(crc) != unpacking->crc)
		return bd_fail(err, EINVAL, "the kernel, compressed with gzip, is damaged: its checksum is wrong");
	return 0;
}

int bd_unpack(const struct bd_kernel_source *source, const struct bd_bzimage *image,
	      const struct bd_unpack_limits *limits, const struct bd_kernel_sink *sink,
	      struct bd_unpacked *unpacked_out, struct bd_error *err)
{
	BD_DISPOSE(unpacking_dispose)
	struct unpacking unpacking = { .source = source,
				       .image = image,
				       .sink = sink,
				       .input_at = image->payload_offset_bytes,
				       .input_end = image->payload_offset_bytes + image->payload_size_bytes,
				       .limits = limits,
				       .started = clock(),
				       .err = err };
	struct bd_unpacked unpacked;

	if (check_limits(image, limits, err) != 0 || bd_archive_load(&unpacking.la, err) != 0)
		return -1;
	if (bd_compression_has_size_behind(image->compression))
		unpacking.input_end -= BD_COMPRESSION_SIZE_BYTES;
	int r = image->compression == BD_COMPRESSION_NONE ? copy_uncompressed(&unpacking, err)
							  : unpack_compressed(&unpacking, err);
	if (r != 0)
		return -1;
	if (image->unpacked_bytes != UINT32_MAX && unpacking.output_bytes != image->unpacked_bytes)
		return bd_fail(err, EINVAL, "the kernel unpacks to %llu bytes, and says that it has %u",
			       (unsigned long long)unpacking.output_bytes, image->unpacked_bytes);
	unpacked.size_bytes = unpacking.output_bytes;
	if (check_crc(&unpacking, err) != 0)
		return -1;
	if (bd_xen_notes_finish(&unpacking.notes, &unpacked.notes, err) != 0)
		return -1;
	*unpacked_out = unpacked;
	return 0;
}
