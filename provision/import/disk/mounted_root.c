/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads one filesystem after the other, as the sandboxed reader sends them. */
#include "import/disk/mounted_root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "base/text.h"
#include "import/disk/fat.h"
#include "import/disk/merged_fstab.h"
#include "import/disk/unused.h"
#include "import/first_names.h"
#include "inside/open.h"

#define FSTAB "/etc/fstab"

struct import {
	const struct bd_inside_mounts *mounts;
	size_t mount; /* the one that is read */
	struct bd_file_stream *stream;
	struct bd_sealed_writer *writer;
	struct bd_first_names links;
	char path[PATH_MAX + BD_MOUNT_PATH_SIZE]; /* of the entry at hand, in the whole */
};

static void dispose_import(struct import *import)
{
	bd_file_stream_close(&import->stream);
	bd_first_names_dispose(&import->links);
}

/* --- places ------------------------------------------------------------------------------------------------------- */

static int set_path(struct import *import, const char *path, struct bd_error *err)
{
	const bool is_root = import->mount == 0;
	const char *place = is_root ? "" : import->mounts->items[import->mount].path;

	if (!is_root && strcmp(path, "/") == 0)
		path = "";
	if ((size_t)snprintf(import->path, sizeof(import->path), "%s%s", place, path) >= sizeof(import->path))
		return bd_fail(err, ENAMETOOLONG, "a path in it is too long");
	return 0;
}

/* Whether path is what the other names, or below it. */
static bool is_in(const char *path, const char *other)
{
	size_t size = strlen(other);

	return strncmp(path, other, size) == 0 && (!path[size] || path[size] == '/');
}

/* What a mount hides, and its mount point, which becomes the top directory of what is mounted. EINVAL: the way to a mount point leads
 * over something else than directories, so that it is elsewhere. */
static int is_hidden(const struct import *import, mode_t mode, bool *hidden_out, struct bd_error *err)
{
	*hidden_out = false;
	for (size_t i = 1; i < import->mounts->count; i++) {
		const char *place = import->mounts->items[i].path;
		if (i == import->mount || is_in(import->mounts->items[import->mount].path, place))
			continue;
		if (!S_ISDIR(mode) && is_in(place, import->path))
			return bd_fail(err, EINVAL,
				       "it is no directory, but " FSTAB
				       " mounts a filesystem at %s: mount all of it, and "
				       "import the directory",
				       place);
		*hidden_out |= is_in(import->path, place);
	}
	return 0;
}

/* --- entries ------------------------------------------------------------------------------------------------------ */

static int copy_content(struct import *import, struct bd_error *err)
{
	const void *data;
	uint64_t offset_bytes;
	size_t size;
	int more;

	while ((more = bd_file_stream_block(import->stream, &data, &size, &offset_bytes, err)) > 0)
		if (bd_sealed_writer_data(import->writer, offset_bytes, data, size, err) != 0)
			return -1;
	return more;
}

static bool is_changed_fstab(const struct import *import, const struct bd_file_meta *meta)
{
	return import->mount == 0 && S_ISREG(meta->mode) && strcmp(import->path, FSTAB) == 0 &&
	       (import->mounts->count > 1 || import->mounts->left_out_count);
}

static int add_visible(struct import *import, const struct bd_stream_entry *entry, struct bd_error *err)
{
	const char *path = import->path[1] ? import->path + 1 : ".";
	BD_FREE char *first = NULL;

	/* Inode numbers are those of one filesystem. */
	if (!S_ISDIR(entry->meta.mode) && entry->links > 1 && entry->inode &&
	    bd_first_names_visit(&import->links, import->mount, entry->inode, entry->links, path, &first, err) != 0)
		return -1;
	if (first)
		return bd_sealed_writer_link(import->writer, path, first, err);
	if (is_changed_fstab(import, &entry->meta))
		return bd_merged_fstab_add(import->stream, FSTAB + 1, &entry->meta, import->mounts, import->writer,
					   err);
	return bd_sealed_writer_add(import->writer, path, &entry->meta, err) != 0 ? -1 : copy_content(import, err);
}

static int add_entry(struct import *import, const struct bd_stream_entry *entry, struct bd_error *err)
{
	bool hidden;

	if (bd_cancel_check(err) != 0 || is_hidden(import, entry->meta.mode, &hidden, err) != 0)
		return -1;
	return hidden ? 0 : add_visible(import, entry, err);
}

static int add_entries(struct import *import, struct bd_error *err)
{
	const struct bd_stream_entry *entry;
	int more;

	while ((more = bd_file_stream_next(import->stream, &entry, err)) == 1)
		if (set_path(import, entry->path, err) != 0 || add_entry(import, entry, err) != 0)
			return bd_wrap_entry(err, "", import->path);
	return more == 0 ? 0 : -1; /* 2: of a template nothing may be missing */
}

/* --- filesystems -------------------------------------------------------------------------------------------------- */

/* A journal that has to be replayed was left by a crash, or its filesystem is mounted: then it changed while it was read. */
static int check_not_in_use(const struct import *import, int fd, struct bd_error *err)
{
	return bd_file_stream_notes(import->stream) & BD_INSIDE_NOTE_REPLAYED ? bd_source_check_unused(fd, err) : 0;
}

/* Owners and modes are not in it: these are a mount's, but that nobody executes a kernel. Its times, which are in no time zone, are
 * left out. */
static int add_fat_entry(void *context, const char *path, int content_fd, uint64_t size_bytes, struct bd_error *err)
{
	struct import *import = context;
	const bool is_file = content_fd >= 0;
	const struct bd_file_meta meta = { .mode = is_file ? S_IFREG | 0644 : S_IFDIR | 0755,
					   .size_bytes = is_file ? size_bytes : 0 };
	uint8_t chunk[65536];
	bool hidden;

	if (bd_cancel_check(err) != 0 || set_path(import, path, err) != 0 ||
	    is_hidden(import, meta.mode, &hidden, err) != 0)
		return -1;
	if (hidden)
		return 0;
	if (bd_sealed_writer_add(import->writer, import->path + 1, &meta, err) != 0)
		return -1;
	for (uint64_t at = 0; is_file && at < size_bytes;) {
		ssize_t got = bd_pread_full(content_fd, chunk, sizeof(chunk), at);
		if (got <= 0)
			return bd_fail_errno(err, "cannot read a temporary file");
		if (bd_sealed_writer_data(import->writer, at, chunk, (size_t)got, err) != 0)
			return -1;
		at += (uint64_t)got;
	}
	return 0;
}

static int import_fat(int fd, struct import *import, struct bd_error *err)
{
	const struct bd_inside_mount *mount = &import->mounts->items[import->mount];
	const struct bd_fat fat = { .fd = fd, .offset_bytes = mount->offset_bytes, .size_bytes = mount->size_bytes };

	if (bd_fat_read(&fat, add_fat_entry, import, err) == 0)
		return 0;
	return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "partition %d", mount->partition);
}

/* Its share in the whole goes by its size. */
static struct bd_inside_progress share(const struct bd_inside_mounts *mounts, size_t mount, uint64_t disk_bytes)
{
	double total = 0, before = 0;

	for (size_t i = 0; i < mounts->count; i++) {
		total += (double)mounts->items[i].size_bytes;
		before += i < mount ? (double)mounts->items[i].size_bytes : 0;
	}
	if (total <= 0)
		return (struct bd_inside_progress){ .begin_bytes = 0 };
	return (struct bd_inside_progress){ .begin_bytes = (uint64_t)(before / total * (double)disk_bytes),
					    .size_bytes = (uint64_t)((double)mounts->items[mount].size_bytes / total *
								     (double)disk_bytes) };
}

static int import_mount(int fd, int source_fd, bd_progress_report progress, struct import *import,
			struct bd_error *err)
{
	static const char *const paths[] = { "/" };
	off_t end = lseek(fd, 0, SEEK_END);
	const struct bd_inside_request request = {
		.partition = import->mounts->items[import->mount].partition,
		.paths = paths,
		.path_count = 1,
		.depth = BD_INSIDE_ALL,
		.content = true,
		.whole = true,
		.progress = share(import->mounts, import->mount, end > 0 ? (uint64_t)end : 0),
	};

	bd_file_stream_close(&import->stream);
	return bd_inside_open(fd, &request, progress, &import->stream, err) == 0 && add_entries(import, err) == 0 &&
			       check_not_in_use(import, source_fd, err) == 0
		       ? 0
		       : -1;
}

int bd_mounted_root_import(int fd, int source_fd, const struct bd_inside_mounts *mounts, bd_progress_report progress,
			   struct bd_sealed_writer *writer, struct bd_error *err)
{
	BD_DISPOSE(dispose_import) struct import import = { .mounts = mounts, .writer = writer };

	for (; import.mount < mounts->count; import.mount++)
		if ((mounts->items[import.mount].is_fat ? import_fat(fd, &import, err)
							: import_mount(fd, source_fd, progress, &import, err)) != 0)
			return -1;
	return 0;
}
