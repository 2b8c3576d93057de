/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passes entries from an image's stream to libarchive, and from an archive's stream to a change of the image. */
#include "ops/inside/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/file/file.h"
#include "base/file/temporary_file.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "import/archive/open.h"
#include "import/first_names.h"
#include "ops/image/place.h"
#include "ops/inside/change.h"
#include "ops/inside/spool.h"
#include "ops/template/export.h"
#include "template/export/entry.h"
#include "template/export/pax.h"

#define BUFFER_BYTES (256u << 10)
/* Smaller holes are written as zeros. */
#define HOLE_BYTES (64u << 10)
#define ZEROS_BYTES (UINT64_C(1) << 30)

struct packing {
	struct bd_pax pax;
	struct bd_first_names links;
	char *top; /* the path that was asked for; owned; NULL: nothing has come yet */
	uint8_t *buffer;
	/* ZEROS_BYTES, of which none takes memory. libarchive wants as many bytes as a hole has, and does not look at them. */
	void *zeros; /* owned; NULL: not needed yet */
	uint64_t image_bytes;
	int spool_fd; /* for a file with holes, which have to be known before its content; -1: none yet */
	struct bd_change_range *ranges; /* of such a file */
	size_t range_count, range_capacity;
	uint64_t done_bytes;
	unsigned sockets;
};

static void packing_dispose(struct packing *packing)
{
	bd_pax_dispose(&packing->pax);
	bd_first_names_dispose(&packing->links);
	free(packing->top);
	free(packing->buffer);
	free(packing->ranges);
	if (packing->zeros)
		munmap(packing->zeros, ZEROS_BYTES);
	bd_cleanup_close(&packing->spool_fd);
}

/* --- content ------------------------------------------------------------------------------------------------------ */

static int write_data(struct packing *packing, const void *data, size_t size, struct bd_error *err)
{
	if (packing->pax.la->write_data(packing->pax.archive, data, size) != (la_ssize_t)size)
		return bd_pax_fail(&packing->pax, err);
	packing->done_bytes += size;
	bd_progress_update(packing->done_bytes);
	return 0;
}

/* step_bytes: a signal is noticed after so many. */
static int write_zeros(struct packing *packing, uint64_t size, size_t step_bytes, struct bd_error *err)
{
	if (size && !packing->zeros) {
		void *zeros = mmap(NULL, ZEROS_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (zeros == MAP_FAILED)
			return bd_no_memory(err);
		packing->zeros = zeros;
	}
	while (size) {
		size_t part = size < step_bytes ? (size_t)size : step_bytes;
		if (bd_cancel_check(err) != 0 || write_data(packing, packing->zeros, part, err) != 0)
			return -1;
		size -= part;
	}
	return 0;
}

static int fail_content(struct bd_error *err)
{
	return bd_fail(err, EIO, "it is damaged: its content is longer than its size");
}

/* Holes as zeros. */
static int write_stream(struct packing *packing, struct bd_file_stream *stream, uint64_t size_bytes,
			struct bd_error *err)
{
	uint64_t at = 0, offset;
	const void *data;
	size_t size;
	int more;

	while ((more = bd_file_stream_block(stream, &data, &size, &offset, err)) > 0) {
		if (offset < at || offset > size_bytes || size > size_bytes - offset)
			return fail_content(err);
		if (write_zeros(packing, offset - at, BUFFER_BYTES, err) != 0 ||
		    write_data(packing, data, size, err) != 0)
			return -1;
		at = offset + size;
	}
	return more < 0 ? -1 : write_zeros(packing, size_bytes - at, BUFFER_BYTES, err);
}

static int spool_stream(struct packing *packing, struct bd_file_stream *stream, uint64_t size_bytes,
			struct bd_error *err)
{
	uint64_t end = 0, offset;
	const void *data;
	size_t size;
	int more;

	packing->range_count = 0;
	if (packing->spool_fd < 0 && bd_open_temporary(&packing->spool_fd, err) != 0)
		return -1;
	while ((more = bd_file_stream_block(stream, &data, &size, &offset, err)) > 0) {
		struct bd_change_range *last =
			packing->range_count ? &packing->ranges[packing->range_count - 1] : NULL;
		if (offset > size_bytes || size > size_bytes - offset ||
		    (last && offset < last->offset_bytes + last->size_bytes))
			return fail_content(err);
		if (bd_write_temporary(packing->spool_fd, data, size, end, err) != 0)
			return -1;
		if (last && last->offset_bytes + last->size_bytes == offset) {
			last->size_bytes += size;
		} else {
			if (bd_array_reserve(packing->ranges, packing->range_capacity, packing->range_count + 1,
					     err) != 0)
				return -1;
			packing->ranges[packing->range_count++] = (struct bd_change_range){ offset, size, end };
		}
		end += size;
	}
	return more;
}

static int write_range(struct packing *packing, const struct bd_change_range *range, struct bd_error *err)
{
	for (uint64_t done = 0; done < range->size_bytes;) {
		uint64_t left = range->size_bytes - done;
		size_t part = left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES;
		ssize_t got = bd_pread_full(packing->spool_fd, packing->buffer, part, range->source_bytes + done);
		if (got != (ssize_t)part)
			return bd_fail_errno(err, "cannot read a temporary file");
		if (write_data(packing, packing->buffer, part, err) != 0)
			return -1;
		done += part;
	}
	return 0;
}

static int write_spooled(struct packing *packing, uint64_t size_bytes, struct bd_error *err)
{
	uint64_t at = 0;

	for (size_t i = 0; i < packing->range_count; i++) {
		const struct bd_change_range *range = &packing->ranges[i];
		if (write_zeros(packing, range->offset_bytes - at, ZEROS_BYTES, err) != 0 ||
		    write_range(packing, range, err) != 0)
			return -1;
		at = range->offset_bytes + range->size_bytes;
	}
	return write_zeros(packing, size_bytes - at, ZEROS_BYTES, err);
}

/* --- entries ------------------------------------------------------------------------------------------------------ */

static int fill(struct packing *packing, const char *name, const struct bd_file_meta *meta, struct bd_error *err)
{
	const struct bd_sealed_inode facts = {
		.mode = meta->mode,
		.uid = meta->uid,
		.gid = meta->gid,
		.size_bytes = S_ISLNK(meta->mode) ? strlen(meta->target) : meta->size_bytes,
		.mtime_s = meta->mtime_s,
		.atime_s = meta->atime_s,
		.mtime_ns = meta->mtime_ns,
		.atime_ns = meta->atime_ns,
		.rdev_major = meta->rdev_major,
		.rdev_minor = meta->rdev_minor,
		.target = meta->target,
		.xattrs = meta->xattrs,
		.xattr_count = meta->xattr_count,
	};

	packing->pax.la->entry_clear(packing->pax.entry);
	packing->pax.la->entry_set_pathname(packing->pax.entry, name);
	return bd_export_entry_fill(packing->pax.la, packing->pax.entry, &facts, err);
}

static int pack_content(struct packing *packing, struct bd_file_stream *stream, const struct bd_stream_entry *entry,
			struct bd_error *err)
{
	uint64_t size = entry->meta.size_bytes;
	const struct bd_archive_functions *la = packing->pax.la;

	/* What is larger than the disk has holes, whatever it says. */
	if (size < HOLE_BYTES || (entry->allocated_bytes > size - HOLE_BYTES && size <= packing->image_bytes))
		return bd_pax_header(&packing->pax, err) != 0 ? -1 : write_stream(packing, stream, size, err);
	if (spool_stream(packing, stream, size, err) != 0)
		return -1;
	/* All of it is a hole: nothing at its end, which is GNU tar's way to say so. */
	if (!packing->range_count)
		la->entry_sparse_add_entry(packing->pax.entry, (la_int64_t)size, 0);
	for (size_t i = 0; i < packing->range_count; i++)
		la->entry_sparse_add_entry(packing->pax.entry, (la_int64_t)packing->ranges[i].offset_bytes,
					   (la_int64_t)packing->ranges[i].size_bytes);
	return bd_pax_header(&packing->pax, err) != 0 ? -1 : write_spooled(packing, size, err);
}

/* "./etc/motd" of what is in a directory; a file by its own name. */
static int name_in_archive(struct packing *packing, const struct bd_stream_entry *entry, char **name_out,
			   struct bd_error *err)
{
	if (!packing->top) {
		packing->top = strdup(entry->path);
		if (!packing->top)
			return bd_no_memory(err);
		const char *slash = strrchr(entry->path, '/');
		*name_out = strdup(S_ISDIR(entry->meta.mode) ? "." : slash ? slash + 1 : entry->path);
		return *name_out ? 0 : bd_no_memory(err);
	}
	size_t size = strcmp(packing->top, "/") == 0 ? 0 : strlen(packing->top);
	if (strncmp(entry->path, packing->top, size) != 0 || entry->path[size] != '/')
		return bd_fail(err, EINVAL, "the pattern means several files; give one path");
	if (asprintf(name_out, ".%s", entry->path + size) < 0) {
		*name_out = NULL;
		return bd_no_memory(err);
	}
	return 0;
}

static int pack_entry(struct packing *packing, struct bd_file_stream *stream, const struct bd_stream_entry *entry,
		      struct bd_error *err)
{
	BD_FREE char *name = NULL;
	BD_FREE char *first = NULL;

	if (bd_cancel_check(err) != 0 || name_in_archive(packing, entry, &name, err) != 0)
		return -1;
	if (S_ISSOCK(entry->meta.mode)) {
		packing->sockets++;
		return 0;
	}
	if (fill(packing, name, &entry->meta, err) != 0)
		return -1;
	if (!S_ISDIR(entry->meta.mode) && entry->links > 1 &&
	    bd_first_names_visit(&packing->links, 0, entry->inode, entry->links, name, &first, err) != 0)
		return -1;
	if (first) {
		packing->pax.la->entry_set_hardlink(packing->pax.entry, first);
		packing->pax.la->entry_set_size(packing->pax.entry, 0);
		return bd_pax_header(&packing->pax, err);
	}
	if (S_ISREG(entry->meta.mode) && entry->meta.size_bytes)
		return pack_content(packing, stream, entry, err);
	return bd_pax_header(&packing->pax, err);
}

static int pack(const struct image_place *place, int out_fd, const char *compression, struct bd_error *err)
{
	BD_DISPOSE(packing_dispose) struct packing packing = { .spool_fd = -1 };
	BD_DISPOSE(bd_file_stream_close) struct bd_file_stream *stream = NULL;
	struct bd_inside_request request = { .depth = BD_INSIDE_ALL, .follow = true, .content = true };
	const struct bd_stream_entry *entry;
	int r;

	packing.buffer = malloc(BUFFER_BYTES);
	if (!packing.buffer)
		return bd_no_memory(err);
	off_t end = lseek(place->fd, 0, SEEK_END);
	if (end < 0)
		return bd_fail_errno(err, "cannot determine the size of %s", place->image);
	packing.image_bytes = (uint64_t)end;
	if (image_place_read(place, &request, &stream, err) != 0 ||
	    bd_pax_begin(&packing.pax, out_fd, compression, err) != 0)
		return -1;
	bd_progress_stage("writing the tarball", 0);
	while ((r = bd_file_stream_next(stream, &entry, err)) == 1)
		if (pack_entry(&packing, stream, entry, err) != 0)
			return bd_wrap_entry(err, "", entry->path);
	if (r != 0 || bd_pax_finish(&packing.pax, err) != 0)
		return -1;
	image_place_warn(place, stream);
	if (packing.sockets)
		bd_warn("%u sockets were left out: tar archives cannot store them", packing.sockets);
	return 0;
}

static int pack_to_file(const struct image_place *place, const char *compression, const char *path,
			struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file file = BD_ATOMIC_FILE_INIT;

	/* There may be secrets in it, as in the disk. */
	if (bd_atomic_file_open(path, 0600, &file, err) != 0 || pack(place, file.fd, compression, err) != 0 ||
	    bd_cancel_check(err) != 0 || bd_atomic_file_sync(&file, err) != 0 ||
	    bd_atomic_file_publish(&file, err) != 0)
		return -1;
	return bd_atomic_file_sync_folder(&file, err);
}

int inside_tar_out(const char *text, const char *dir, const char *file, const char *compression, struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	bool is_stdout = strcmp(file, "-") == 0;

	if ((!is_stdout && bd_template_export_check(file, err) != 0) || image_place_open(text, dir, &place, err) != 0)
		return -1;
	return is_stdout ? pack(&place, STDOUT_FILENO, compression, err)
			 : pack_to_file(&place, compression, file, err);
}

/* --- in ----------------------------------------------------------------------------------------------------------- */

int inside_tar_in(const char *file, const char *text, const char *dir, bool keeps_labels, struct bd_error *err)
{
	BD_DISPOSE(inside_spool_dispose) struct inside_spool spool = INSIDE_SPOOL_INIT;
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	BD_DISPOSE(bd_file_stream_close) struct bd_file_stream *stream = NULL;
	BD_FREE struct bd_change *changes = NULL;
	BD_CLOSE int fd =
		strcmp(file, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : bd_open_for_reading(file, err);

	if (fd < 0 && err->code == ENOENT)
		return bd_not_found(err, "%s", err->message);
	if (fd < 0)
		return err->code ? -1 : bd_fail_errno(err, "cannot open standard input");
	spool.path = inside_path_of(text);
	if (inside_change_open(text, dir, &place, err) != 0)
		return -1;
	bd_progress_stage("reading the archive", 0);
	if (bd_archive_open(fd, NULL, &stream, err) != 0 ||
	    inside_spool_stream(&spool, stream, true, bd_progress_update, err) != 0)
		return bd_wrap(err, "%s", file);
	if (inside_spool_changes(&spool, &changes, err) != 0)
		return -1;
	bd_progress_stage("writing to the image", spool.content_bytes);
	return inside_change(&place, changes, spool.count, keeps_labels, bd_progress_update, err) == 0
		       ? 0
		       : bd_wrap(err, "%s", place.image);
}
