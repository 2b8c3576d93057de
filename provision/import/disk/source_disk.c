/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a disk image, as the sandboxed reader of filesystems sends them, into a template. */
#include "import/disk/source_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "disk/copy.h"
#include "disk/ext_partition.h"
#include "import/disk/raw_disk.h"
#include "import/disk/whole_disk.h"
#include "import/first_names.h"
#include "inside/open.h"
#include "template/field.h"

int bd_source_disk_split(const char *path, char file_out[PATH_MAX], int *partition_out, struct bd_error *err)
{
	size_t size;
	int number = bd_partition_suffix(path, &size);

	if (size >= PATH_MAX)
		return bd_fail(err, ENAMETOOLONG, "the path is too long");
	memcpy(file_out, path, size);
	file_out[size] = '\0';
	*partition_out = number;
	return 0;
}

/* What to do about something that is read by nobody here. */
static const char *way_to_read(const char *type)
{
	static const struct {
		const char *type, *way;
	} ways[] = {
		{ "crypto_LUKS", "; open it with cryptsetup, and import what is in it" },
		{ "LVM2_member", "; activate its volume group, and import the logical volume" },
		{ "linux_raid_member", "; assemble the array, and import that" },
		{ "swap", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(type, ways[i].type))
			return ways[i].way;
	return "; mount it, and import the directory";
}

struct import {
	struct bd_file_stream *stream;
	struct bd_sealed_writer *writer;
	struct bd_first_names links;
};

static void dispose_import(struct import *import)
{
	bd_file_stream_close(&import->stream);
	bd_first_names_dispose(&import->links);
}

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

static int add_entry(struct import *import, const struct bd_stream_entry *entry, struct bd_error *err)
{
	const char *path = entry->path[0] == '/' && entry->path[1] ? entry->path + 1 : ".";
	BD_FREE char *first = NULL;

	if (bd_cancel_check(err) != 0)
		return -1;
	if (!S_ISDIR(entry->meta.mode) && entry->links > 1 && entry->inode &&
	    bd_first_names_visit(&import->links, 0, entry->inode, entry->links, path, &first, err) != 0)
		return -1;
	if (first)
		return bd_sealed_writer_link(import->writer, path, first, err);
	return bd_sealed_writer_add(import->writer, path, &entry->meta, err) != 0 ? -1 : copy_content(import, err);
}

/* A journal that has to be replayed was left by a crash, or its filesystem is mounted: then it changed while it was read. */
static int check_not_in_use(const struct import *import, int fd, struct bd_error *err)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	struct stat there;

	if (!(bd_file_stream_notes(import->stream) & BD_INSIDE_NOTE_REPLAYED))
		return 0;
	if (bd_disk_check_unused(fd, err) != 0)
		return -1;
	if (fstat(fd, &there) != 0 || !S_ISBLK(there.st_mode))
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	BD_CLOSE int alone = open(path, O_RDONLY | O_CLOEXEC | O_EXCL);
	return alone < 0 && errno == EBUSY ? bd_in_use(err, "the filesystem is in use: unmount it") : 0;
}

static int add_entries(struct import *import, struct bd_error *err)
{
	const struct bd_stream_entry *entry;
	int more;

	while ((more = bd_file_stream_next(import->stream, &entry, err)) == 1)
		if (add_entry(import, entry, err) != 0)
			return bd_wrap_entry(err, "", entry->path);
	return more == 0 ? 0 : -1; /* 2: of a template nothing may be missing */
}

static int import_raw(int fd, int partition, int source_fd, bd_progress_report progress, struct import *import,
		      struct bd_error *err)
{
	static const char *const paths[] = { "/" };
	const struct bd_inside_request request = { .partition = partition,
						   .paths = paths,
						   .path_count = 1,
						   .depth = BD_INSIDE_ALL,
						   .content = true,
						   .whole = true,
						   .advice = way_to_read };

	return bd_inside_open(fd, &request, progress, &import->stream, err) == 0 && add_entries(import, err) == 0 &&
			       check_not_in_use(import, source_fd, err) == 0
		       ? 0
		       : -1;
}

static int open_raw(int fd, const struct bd_sealed_writer *writer, struct bd_raw_disk *disk_out, struct bd_error *err)
{
	struct stat there;

	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot access it");
	if (bd_raw_disk_open(fd, bd_sealed_writer_content_max(writer, (uint64_t)there.st_size), disk_out, err) == 0)
		return 0;
	return err->code == EFBIG ? bd_set_field(err, BD_TEMPLATE_FIELD_LIMIT) : -1;
}

static int import(int fd, int partition, bd_progress_report progress, struct bd_sealed_writer *writer,
		  struct bd_error *err)
{
	BD_DISPOSE(dispose_import) struct import import = { .writer = writer };
	BD_DISPOSE(bd_raw_disk_dispose) struct bd_raw_disk disk = BD_RAW_DISK_INIT;
	bool taken = false;

	if (open_raw(fd, writer, &disk, err) != 0)
		return -1;
	if (disk.is_unpacked)
		bd_progress_stage("reading the source", disk.size_bytes);
	/* Who names a partition wants what is in that. */
	if (!partition && bd_source_whole_disk(disk.fd, fd, progress, writer, &taken, err) != 0)
		return -1;
	return taken ? 0 : import_raw(disk.fd, partition, fd, progress, &import, err);
}

int bd_source_disk_fd(int fd, int partition, const char *what, bd_progress_report progress,
		      struct bd_sealed_writer *writer, struct bd_error *err)
{
	if (import(fd, partition, progress, writer, err) == 0)
		return 0;
	return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot import %s", what);
}

int bd_source_disk(const char *path, bd_progress_report progress, struct bd_sealed_writer *writer,
		   struct bd_error *err)
{
	char file[PATH_MAX];
	int partition = 0;

	if (bd_source_disk_split(path, file, &partition, err) != 0)
		return bd_wrap(err, "cannot import %s", path);
	BD_CLOSE int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		bd_fail_lookup(err, "cannot open it");
		return bd_wrap(err, "cannot import %s", path);
	}
	return bd_source_disk_fd(fd, partition, path, progress, writer, err);
}
