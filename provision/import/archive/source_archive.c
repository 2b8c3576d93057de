/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passes the entries of an archive to the writer of the sealed form as they arrive. */
#include "import/archive/source_archive.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/archive_library.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "import/archive/links.h"
#include "import/archive/open.h"
#include "import/archive/whiteout.h"

struct import {
	struct bd_file_stream *stream;
	struct bd_sealed_writer *writer;
	struct bd_waiting_files waiting;
	const struct bd_archive_filter *filter; /* NULL: none */
	bool layer;
	uint64_t entries;
};

static void dispose_import(struct import *import)
{
	bd_file_stream_close(&import->stream);
	bd_waiting_dispose(&import->waiting);
}

static int check_growth(const struct import *import, struct bd_error *err)
{
	return bd_sealed_writer_check_growth(import->writer, bd_file_stream_source_bytes(import->stream), err);
}

static int copy_content(struct import *import, struct bd_error *err)
{
	uint64_t end = 0, offset;
	const void *data;
	size_t size;
	int more;

	while ((more = bd_file_stream_block(import->stream, &data, &size, &offset, err)) > 0) {
		if (!size)
			continue;
		if (offset < end)
			return bd_fail(err, EINVAL, "it is damaged: its content overlaps");
		if (__builtin_add_overflow(offset, size, &end))
			return bd_fail(err, EINVAL, "it is damaged: its content exceeds the maximum size");
		if (bd_sealed_writer_data(import->writer, offset, data, size, err) != 0 ||
		    check_growth(import, err) != 0)
			return -1;
	}
	return more;
}

static int add_file(struct import *import, const char *path, const struct bd_file_meta *meta, struct bd_error *err)
{
	if (bd_sealed_writer_add(import->writer, path, meta, err) != 0)
		return -1;
	return S_ISREG(meta->mode) && meta->size_bytes ? copy_content(import, err) : 0;
}

/* One more name for a file. Of files that wait, the last name brings the content along. Content of others is what is
 * there already: old cpio formats repeat it with each name. */
static int add_link(struct import *import, const struct bd_stream_entry *entry, struct bd_error *err)
{
	struct bd_waiting_file *file = bd_waiting_find(&import->waiting, entry->hardlink);

	if (!file)
		return bd_sealed_writer_link(import->writer, entry->path, entry->hardlink, err);
	if (!entry->meta.size_bytes)
		return bd_waiting_add_name(file, entry->path, err);
	file->meta.size_bytes = entry->meta.size_bytes;
	if (add_file(import, entry->path, &file->meta, err) != 0)
		return -1;
	return bd_waiting_link(file, entry->path, import->writer, err);
}

static bool must_wait(const struct bd_stream_entry *entry)
{
	return (entry->format & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_CPIO && S_ISREG(entry->meta.mode) &&
	       !entry->meta.size_bytes && entry->links > 1;
}

static int add_entry(struct import *import, const struct bd_stream_entry *entry, struct bd_error *err)
{
	if (bd_cancel_check(err) != 0 || check_growth(import, err) != 0)
		return -1;
	if (import->layer) {
		int taken = bd_whiteout_take(entry->path, import->writer, err);
		if (taken != 0)
			return taken < 0 ? -1 : 0;
	}
	if (import->filter) {
		int taken = import->filter->take(import->filter->context, entry, import->stream, import->writer, err);
		if (taken != 0)
			return taken < 0 ? -1 : 0;
	}
	if (entry->hardlink)
		return add_link(import, entry, err);
	if (must_wait(entry))
		return bd_waiting_add(&import->waiting, entry->path, &entry->meta, err);
	return add_file(import, entry->path, &entry->meta, err);
}

static int import_entries(struct import *import, struct bd_error *err)
{
	const struct bd_stream_entry *entry;
	int more;

	while ((more = bd_file_stream_next(import->stream, &entry, err)) > 0) {
		if (!*entry->path)
			return bd_fail(err, EINVAL, "the name of entry %llu cannot be read",
				       (unsigned long long)import->entries + 1);
		if (add_entry(import, entry, err) != 0)
			return bd_wrap_entry(err, "", entry->path);
		import->entries++;
	}
	if (more < 0)
		return -1;
	if (!import->entries && !import->layer)
		return bd_fail(err, EINVAL, "it has no entries");
	if (bd_waiting_flush(&import->waiting, import->writer, err) != 0)
		return -1;
	bd_sealed_writer_end_source(import->writer, bd_file_stream_source_bytes(import->stream));
	return 0;
}

/* Things that tar takes without asking, and nobody means to have in a template. */
static void tell_oddities(const struct import *import, const char *what)
{
	const char *first;
	uint64_t repeated = bd_sealed_writer_repeated(import->writer, &first);

	if (bd_file_stream_notes(import->stream) & BD_FRAME_NOTE_NO_END)
		bd_warn("%s lacks the zero blocks at the end of a tar archive; it may be incomplete", what);
	if (repeated == 1)
		bd_warn("%s contains %s more than once; the last one is used", what, first);
	else if (repeated)
		bd_warn("%s: %llu entries were replaced by later ones of the same name, such as %s", what,
			(unsigned long long)repeated, first);
}

static int import_archive(int fd, const char *what, struct import *import, bd_progress_report progress,
			  struct bd_error *err)
{
	if (import->layer)
		bd_sealed_writer_begin_layer(import->writer);
	else
		bd_sealed_writer_allow_repeating(import->writer);
	if (bd_archive_open(fd, progress, &import->stream, err) == 0 && import_entries(import, err) == 0) {
		tell_oddities(import, what);
		return 0;
	}
	return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot import %s", what);
}

int bd_source_archive(int fd, const char *what, bool layer, bd_progress_report progress,
		      struct bd_sealed_writer *writer, struct bd_error *err)
{
	BD_DISPOSE(dispose_import) struct import import = { .writer = writer, .layer = layer };

	return import_archive(fd, what, &import, progress, err);
}

int bd_source_archive_filtered(int fd, const char *what, const struct bd_archive_filter *filter,
			       bd_progress_report progress, struct bd_sealed_writer *writer, struct bd_error *err)
{
	BD_DISPOSE(dispose_import) struct import import = { .writer = writer, .filter = filter };

	return import_archive(fd, what, &import, progress, err);
}
