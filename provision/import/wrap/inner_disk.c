/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through an archive from its beginning to its end, as it may come through a pipe, and writes the disk that is in it to a file
 * without name. The files are read in the sandbox; what they are is seen by their beginning, not by their names alone. */
#include "import/wrap/inner_disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/archive_library.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/temporary_file.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "base/text.h"
#include "import/archive/open.h"
#include "import/magic.h"
#include "import/wrap/chunk_sum.h"
#include "import/wrap/disk_names.h"
#include "template/field.h"

#define ZERO_BYTES 4096 /* parts of zeros become holes */

/* A temporary file that a disk is written to. */
struct draft {
	int fd; /* borrowed */
	uint64_t data_bytes; /* written, without zeros */
	uint64_t end_bytes; /* of the disk so far */
};

struct unpacking {
	struct bd_file_stream *stream;
	const struct bd_sealed_writer *writer;
	struct bd_inner_disk disk;
	bool has_root; /* a root filesystem lies beside it */
	struct xva {
		struct draft draft; /* the disk above, where it comes in chunks */
		char disk[BD_ENTRY_NAME_SIZE]; /* "Ref:12"; "": none yet */
		char chunk[BD_ENTRY_NAME_SIZE]; /* the path of the last one */
		uint64_t chunk_start, chunk_bytes; /* where it is in the draft */
		uint64_t next_chunk, end_bytes;
		uint64_t skipped_bytes; /* what a chunk has that is left out */
		uint8_t buffer[BD_XVA_CHUNK_BYTES];
	} *xva; /* NULL: none yet */
};

static void dispose_unpacking(struct unpacking *unpacking)
{
	bd_file_stream_close(&unpacking->stream);
	bd_inner_disk_dispose(&unpacking->disk);
	free(unpacking->xva);
}

void bd_inner_disk_dispose(struct bd_inner_disk *disk)
{
	bd_cleanup_close(&disk->fd);
}

static int write_part(const struct unpacking *unpacking, struct draft *draft, const uint8_t *data, size_t size,
		      uint64_t offset, struct bd_error *err)
{
	draft->data_bytes += size;
	if (draft->data_bytes >
	    bd_sealed_writer_content_max(unpacking->writer, bd_file_stream_source_bytes(unpacking->stream))) {
		bd_fail(err, EFBIG, "the disk in it has more content than a template may have");
		return bd_set_field(err, BD_TEMPLATE_FIELD_LIMIT);
	}
	return bd_write_temporary(draft->fd, data, size, offset, err);
}

static int write_block(const struct unpacking *unpacking, struct draft *draft, const uint8_t *data, size_t size,
		       uint64_t offset, struct bd_error *err)
{
	for (size_t at = 0, part; at < size; at += part) {
		part = size - at < ZERO_BYTES ? size - at : ZERO_BYTES;
		if (!bd_all_zero(data + at, part) &&
		    write_part(unpacking, draft, data + at, part, offset + at, err) != 0)
			return -1;
	}
	return 0;
}

static int extend(struct draft *draft, uint64_t end, struct bd_error *err)
{
	draft->end_bytes = end > draft->end_bytes ? end : draft->end_bytes;
	if (ftruncate(draft->fd, (off_t)draft->end_bytes) == 0)
		return 0;
	return bd_fail(err, errno, "it has a size of %llu bytes, more than a file in %s may have",
		       (unsigned long long)draft->end_bytes, bd_temporary_folder());
}

/* The content of the entry at hand, behind what is there of the disk. size_bytes: 0: as much as there is. */
static int copy_content(const struct unpacking *unpacking, struct draft *draft, uint64_t start, uint64_t size_bytes,
			struct bd_error *err)
{
	uint64_t end = start + size_bytes, offset, to;
	const void *data;
	size_t size;
	int more;

	while ((more = bd_file_stream_block(unpacking->stream, &data, &size, &offset, err)) > 0) {
		if (bd_cancel_check(err) != 0)
			return -1;
		if (__builtin_add_overflow(start, offset, &offset) || __builtin_add_overflow(offset, size, &to) ||
		    to > INT64_MAX || (size_bytes && to > start + size_bytes))
			return bd_fail(err, EINVAL, "it is damaged: it has more content than its size says");
		if (write_block(unpacking, draft, data, size, offset, err) != 0)
			return -1;
		end = to > end ? to : end;
	}
	if (more < 0)
		return -1;
	return extend(draft, end, err);
}

static int check_is_disk(int fd, bool *is_disk_out, struct bd_error *err)
{
	uint8_t head[BD_MAGIC_HEAD_BYTES];
	ssize_t got = bd_pread_full(fd, head, sizeof(head), 0);

	if (got < 0)
		return bd_fail_errno(err, "cannot read a temporary file");
	*is_disk_out = bd_magic_is_image(head, (size_t)got);
	return 0;
}

/* A file that may be a disk by its name, or all that there is. */
static int take_file(struct unpacking *unpacking, const struct bd_stream_entry *entry, struct bd_error *err)
{
	bool is_all = entry->format == ARCHIVE_FORMAT_RAW, is_disk;
	char name[BD_ENTRY_NAME_SIZE];
	BD_CLOSE int fd = -1;

	bd_entry_name(bd_wrap_plain_path(entry->path), name);
	if (bd_open_temporary(&fd, err) != 0)
		return -1;
	struct draft draft = { .fd = fd };
	if (copy_content(unpacking, &draft, 0, entry->meta.size_bytes, err) != 0 ||
	    check_is_disk(fd, &is_disk, err) != 0)
		return -1;
	if (!is_disk)
		return 0;
	if (unpacking->disk.fd >= 0)
		return bd_fail(
			err, EINVAL,
			"it contains several disks, such as %s and %s: unpack it, and import the one with the root "
			"filesystem",
			unpacking->disk.name, name);
	unpacking->disk.fd = bd_take_fd(&fd);
	snprintf(unpacking->disk.name, sizeof(unpacking->disk.name), "%s", is_all ? "" : name);
	return 0;
}

/* The disk of the first chunk. */
static int begin_xva(struct unpacking *unpacking, const char *disk, uint64_t chunk_bytes, struct bd_error *err)
{
	if (unpacking->disk.fd >= 0)
		return bd_fail(err, EINVAL, "it contains several disks");
	if (!(unpacking->xva = calloc(1, sizeof(*unpacking->xva))))
		return bd_no_memory(err);
	if (bd_open_temporary(&unpacking->disk.fd, err) != 0)
		return -1;
	unpacking->xva->draft.fd = unpacking->disk.fd;
	unpacking->xva->skipped_bytes = chunk_bytes ? chunk_bytes : BD_XVA_CHUNK_BYTES;
	snprintf(unpacking->xva->disk, sizeof(unpacking->xva->disk), "%s", disk);
	bd_entry_name(disk, unpacking->disk.name);
	return 0;
}

/* As xen-api reads them (ocaml/xapi/stream_vdi.ml): a number that is left out stands for zeros, of the size of the first chunk. An
 * empty chunk, by which a connection was kept alive, has a number but no place. */
static int take_chunk(struct unpacking *unpacking, const struct bd_stream_entry *entry, uint64_t number,
		      struct bd_error *err)
{
	const char *path = bd_wrap_plain_path(entry->path);
	char name[BD_ENTRY_NAME_SIZE], disk[BD_ENTRY_NAME_SIZE];

	snprintf(disk, sizeof(disk), "%.*s", (int)strcspn(path, "/"), path);
	if (!unpacking->xva && begin_xva(unpacking, disk, entry->meta.size_bytes, err) != 0)
		return -1;
	struct xva *xva = unpacking->xva;
	bd_entry_name(disk, name);
	if (strcmp(xva->disk, disk) != 0)
		return bd_fail(
			err, EINVAL,
			"it contains several disks, such as %s and %s: export the virtual machine with that of the root "
			"filesystem only",
			unpacking->disk.name, name);
	if (number < xva->next_chunk)
		return bd_fail(err, EINVAL, "it is damaged: its chunks are not in order");
	if (entry->meta.size_bytes > BD_XVA_CHUNK_BYTES)
		return bd_fail(err, EINVAL, "it is damaged: a chunk has 1 MiB");
	snprintf(xva->chunk, sizeof(xva->chunk), "%s", path);
	xva->chunk_start = xva->end_bytes + (number - xva->next_chunk) * xva->skipped_bytes;
	xva->chunk_bytes = entry->meta.size_bytes;
	xva->end_bytes = xva->chunk_start + xva->chunk_bytes;
	xva->next_chunk = number + 1;
	return xva->chunk_bytes ? copy_content(unpacking, &xva->draft, xva->chunk_start, xva->chunk_bytes, err)
				: extend(&xva->draft, xva->end_bytes, err);
}

/* The content of the entry at hand as a text; what does not fit, or is no text, becomes "". */
static int read_text(struct unpacking *unpacking, char text_out[BD_CHUNK_SUM_TEXT_MAX + 1], struct bd_error *err)
{
	uint64_t offset;
	const void *data;
	size_t size;
	int more;

	memset(text_out, 0, BD_CHUNK_SUM_TEXT_MAX + 1);
	while ((more = bd_file_stream_block(unpacking->stream, &data, &size, &offset, err)) > 0) {
		if (offset > BD_CHUNK_SUM_TEXT_MAX || size > BD_CHUNK_SUM_TEXT_MAX - offset) {
			*text_out = '\0';
			return 0;
		}
		memcpy(text_out + offset, data, size);
	}
	return more;
}

/* What was written of the chunk before it is held against it. */
static int take_chunk_sum(struct unpacking *unpacking, const struct bd_stream_entry *entry, struct bd_error *err)
{
	struct xva *xva = unpacking->xva;
	char text[BD_CHUNK_SUM_TEXT_MAX + 1];
	enum bd_chunk_sum kind;

	if (!xva || !bd_chunk_sum_is_of(bd_wrap_plain_path(entry->path), xva->chunk, &kind))
		return bd_fail(err, EINVAL, "the chunk of this checksum does not stand before it: the archive is damaged");
	if (read_text(unpacking, text, err) != 0)
		return -1;
	ssize_t got = bd_pread_full(xva->draft.fd, xva->buffer, xva->chunk_bytes, xva->chunk_start);
	if (got < 0)
		return bd_fail_errno(err, "cannot read a temporary file");
	if ((uint64_t)got == xva->chunk_bytes && bd_chunk_sum_fits(kind, xva->buffer, xva->chunk_bytes, text))
		return 0;
	return bd_fail(err, EINVAL, "the chunk of the disk does not match this checksum: the archive is damaged");
}

static int take_entry(struct unpacking *unpacking, const struct bd_stream_entry *entry, struct bd_error *err)
{
	const char *path = bd_wrap_plain_path(entry->path);
	uint64_t number;

	unpacking->has_root |= !strcmp(path, "etc") || !strncmp(path, "etc/", 4);
	if (entry->hardlink || !S_ISREG(entry->meta.mode))
		return 0;
	if (bd_wrap_is_xva_chunk(path, &number))
		return take_chunk(unpacking, entry, number, err);
	if (bd_wrap_is_xva_chunk_sum(path))
		return take_chunk_sum(unpacking, entry, err);
	return entry->format == ARCHIVE_FORMAT_RAW || bd_wrap_may_be_disk(path) ? take_file(unpacking, entry, err)
										: 0;
}

static int take_entries(struct unpacking *unpacking, struct bd_error *err)
{
	const struct bd_stream_entry *entry;
	int more;

	while ((more = bd_file_stream_next(unpacking->stream, &entry, err)) > 0) {
		if (bd_cancel_check(err) != 0)
			return -1;
		if (take_entry(unpacking, entry, err) != 0)
			return entry->format == ARCHIVE_FORMAT_RAW ? -1 : bd_wrap_entry(err, "", entry->path);
	}
	if (more < 0)
		return -1;
	if (unpacking->disk.fd < 0)
		return bd_fail(err, EINVAL, "it is an exported virtual machine without a disk");
	if (unpacking->has_root)
		return bd_fail(
			err, EINVAL,
			"it contains both a disk, %s, and a root filesystem: unpack it, and import one of them",
			unpacking->disk.name);
	return 0;
}

int bd_inner_disk_unpack(int fd, const struct bd_sealed_writer *writer, bd_progress_report progress,
			 struct bd_inner_disk *disk_out, struct bd_error *err)
{
	BD_DISPOSE(dispose_unpacking)
	struct unpacking unpacking = { .writer = writer, .disk = BD_INNER_DISK_INIT };

	if (bd_archive_or_disk_open(fd, progress, &unpacking.stream, err) != 0 || take_entries(&unpacking, err) != 0)
		return -1;
	*disk_out = unpacking.disk;
	unpacking.disk.fd = -1; /* its owner is the caller now */
	return 0;
}
