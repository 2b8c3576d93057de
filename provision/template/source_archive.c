/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries of an archive, as they come, into a seal. */
#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/cancel.h"
#include "base/cleanup.h"
#include "template/archive_links.h"
#include "template/archive_meta.h"
#include "template/archive_stream.h"
#include "template/sources.h"
#include "template/whiteout.h"

struct import {
	const struct bd_archive_functions *la;
	struct bd_archive_stream *stream;
	struct bd_seal *seal;
	struct bd_waiting_files waiting;
	bool layer;
	uint64_t entries;
};

static void dispose_import(struct import *import)
{
	bd_archive_stream_close(&import->stream);
	bd_waiting_dispose(&import->waiting);
}

static int copy_content(struct import *import, struct bd_error *err)
{
	uint64_t end = 0, offset;
	const void *data;
	size_t size;
	int more;

	while ((more = bd_archive_stream_block(import->stream, &data, &size, &offset, err)) > 0) {
		if (!size)
			continue;
		if (offset < end)
			return bd_fail(err, EINVAL, "it is damaged: its content overlaps");
		if (__builtin_add_overflow(offset, size, &end))
			return bd_fail(err, EINVAL, "it is damaged: its content ends beyond all sizes");
		if (bd_seal_data(import->seal, offset, data, size, err) != 0)
			return -1;
	}
	return more;
}

static int add_file(struct import *import, const char *path, const struct bd_seal_meta *meta, struct bd_error *err)
{
	if (bd_seal_add(import->seal, path, meta, err) != 0)
		return -1;
	return S_ISREG(meta->mode) && meta->size_bytes ? copy_content(import, err) : 0;
}

/* One more name for a file. Of files that wait, the last name brings the content along. Content of others is what is
 * there already: old cpio formats repeat it with each name. */
static int add_link(struct import *import, const char *path, const char *target, struct archive_entry *entry,
		    struct bd_error *err)
{
	struct bd_waiting_file *file = bd_waiting_find(&import->waiting, target);

	if (!file)
		return bd_seal_link(import->seal, path, target, err);
	la_int64_t size = import->la->entry_size_is_set(entry) ? import->la->entry_size(entry) : 0;
	if (size <= 0)
		return bd_waiting_add_name(file, path, err);
	file->meta.size_bytes = (uint64_t)size;
	if (add_file(import, path, &file->meta, err) != 0)
		return -1;
	return bd_waiting_link(file, path, import->seal, err);
}

static bool must_wait(const struct import *import, struct archive_entry *entry, const struct bd_seal_meta *meta)
{
	return bd_archive_stream_format(import->stream) == ARCHIVE_FORMAT_CPIO && S_ISREG(meta->mode) &&
	       !meta->size_bytes && import->la->entry_nlink(entry) > 1;
}

static int add_new(struct import *import, const char *path, struct archive_entry *entry, struct bd_error *err)
{
	BD_DISPOSE(bd_archive_meta_dispose) struct bd_archive_meta meta = { 0 };

	if (bd_archive_meta_read(import->la, entry, bd_archive_stream_format(import->stream), &meta, err) != 0)
		return -1;
	if (must_wait(import, entry, &meta.meta))
		return bd_waiting_add(&import->waiting, path, &meta.meta, err);
	return add_file(import, path, &meta.meta, err);
}

static int add_entry(struct import *import, const char *path, struct archive_entry *entry, struct bd_error *err)
{
	if (bd_cancel_check(err) != 0)
		return -1;
	if (import->layer) {
		int taken = bd_whiteout_take(path, import->seal, err);
		if (taken != 0)
			return taken < 0 ? -1 : 0;
	}
	const char *target = import->la->entry_hardlink(entry);
	/* cpio takes directories of one inode number for links of each other. */
	if (target && import->la->entry_filetype(entry) != AE_IFDIR)
		return add_link(import, path, target, entry, err);
	return add_new(import, path, entry, err);
}

static int import_entries(struct import *import, struct bd_error *err)
{
	struct archive_entry *entry;
	int more;

	while ((more = bd_archive_stream_next(import->stream, &entry, err)) > 0) {
		const char *path = import->la->entry_pathname(entry);
		char name[BD_ENTRY_NAME_SIZE];
		if (!path || !*path)
			return bd_fail(err, EINVAL, "entry %llu has no name that can be read",
				       (unsigned long long)import->entries + 1);
		if (add_entry(import, path, entry, err) != 0) {
			bd_entry_name(path, name);
			return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "%s", name);
		}
		import->entries++;
	}
	if (more < 0)
		return -1;
	if (!import->entries && !import->layer)
		return bd_fail(err, EINVAL, "there is nothing in it");
	return bd_waiting_flush(&import->waiting, import->seal, err);
}

int bd_source_archive(int fd, const char *what, bool layer, bd_source_progress progress, struct bd_seal *seal,
		      struct bd_error *err)
{
	BD_DISPOSE(dispose_import) struct import import = { .seal = seal, .layer = layer };

	bd_waiting_init(&import.waiting);
	if (layer)
		bd_seal_begin_layer(seal);
	if (bd_archive_load(&import.la, err) == 0 && bd_archive_stream_open(fd, progress, &import.stream, err) == 0 &&
	    import_entries(&import, err) == 0)
		return 0;
	return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot import %s", what);
}
