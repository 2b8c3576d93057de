/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes and reads ISO 9660 with libarchive. */
#include "iso/iso.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/archive_library.h"
#include "base/cleanup.h"

#define READ_BYTES 2048u /* a sector */

static int fail(const struct bd_archive_functions *la, struct archive *archive, const char *what,
		struct bd_error *err)
{
	const char *reason = la->error_string(archive);

	return bd_fail(err, EIO, "%s: %s", what, reason ? reason : "libarchive says no reason");
}

static int open_writer(const struct bd_archive_functions *la, struct archive *archive, int fd, const char *volume,
		       struct bd_error *err)
{
	if (la->write_set_format_iso9660(archive) != ARCHIVE_OK ||
	    la->write_set_format_option(archive, "iso9660", "volume-id", volume) != ARCHIVE_OK ||
	    la->write_add_filter_none(archive) != ARCHIVE_OK ||
	    la->write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
	    la->write_open_fd(archive, fd) != ARCHIVE_OK)
		return fail(la, archive, "cannot make an ISO 9660 image", err);
	return 0;
}

static int add(const struct bd_archive_functions *la, struct archive *archive, struct archive_entry *entry,
	       const struct bd_iso_file *file, int64_t now, struct bd_error *err)
{
	la->entry_clear(entry);
	la->entry_set_pathname(entry, file->name);
	la->entry_set_mode(entry, S_IFREG | 0644);
	la->entry_set_uid(entry, 0);
	la->entry_set_gid(entry, 0);
	la->entry_set_mtime(entry, (time_t)now, 0);
	la->entry_set_size(entry, (la_int64_t)file->size_bytes);
	if (la->write_header(archive, entry) != ARCHIVE_OK ||
	    la->write_data(archive, file->text, file->size_bytes) != (la_ssize_t)file->size_bytes)
		return fail(la, archive, "cannot write an ISO 9660 image", err);
	return 0;
}

int bd_iso_write(int fd, const char *volume, const struct bd_iso_file *files, size_t count, int64_t now,
		 struct bd_error *err)
{
	const struct bd_archive_functions *la;

	if (bd_archive_load(&la, err) != 0)
		return -1;
	BD_DISPOSE(bd_archive_dispose_write) struct archive *archive = la->write_new();
	BD_DISPOSE(bd_archive_dispose_entry) struct archive_entry *entry = la->entry_new();
	if (!archive || !entry)
		return bd_no_memory(err);
	if (open_writer(la, archive, fd, volume, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (add(la, archive, entry, &files[i], now, err) != 0)
			return -1;
	return la->write_close(archive) == ARCHIVE_OK ? 0 : fail(la, archive, "cannot write an ISO 9660 image", err);
}

static int read_file(const struct bd_archive_functions *la, struct archive *archive, struct archive_entry *entry,
		     size_t limit_bytes, char **data_out, size_t *size_bytes_out, struct bd_error *err)
{
	la_int64_t size = la->entry_size(entry);

	if (size < 0 || (uint64_t)size > limit_bytes)
		return bd_fail(err, EFBIG, "it is larger than %zu bytes", limit_bytes);
	BD_FREE char *data = calloc(1, (size_t)size + 1);
	if (!data)
		return bd_no_memory(err);
	for (size_t at = 0; at < (size_t)size;) {
		la_ssize_t n = la->read_data(archive, data + at, (size_t)size - at);
		if (n <= 0)
			return fail(la, archive, "cannot read it", err);
		at += (size_t)n;
	}
	*data_out = bd_take_ptr(data);
	*size_bytes_out = (size_t)size;
	return 0;
}

static int find(const struct bd_archive_functions *la, struct archive *archive, const char *path, const char *name,
		size_t limit_bytes, char **data_out, size_t *size_bytes_out, struct bd_error *err)
{
	struct archive_entry *entry;

	if (la->read_support_format_iso9660(archive) != ARCHIVE_OK ||
	    la->read_open_filename(archive, path, READ_BYTES) != ARCHIVE_OK)
		return fail(la, archive, "cannot read it", err);
	while (la->read_next_header(archive, &entry) == ARCHIVE_OK) {
		const char *there = la->entry_pathname(entry);
		if (there && strcmp(there, name) == 0)
			return read_file(la, archive, entry, limit_bytes, data_out, size_bytes_out, err);
	}
	return bd_not_found(err, "there is no %s in it", name);
}

int bd_iso_read(const char *path, const char *name, size_t limit_bytes, char **data_out, size_t *size_bytes_out,
		struct bd_error *err)
{
	const struct bd_archive_functions *la;

	if (bd_archive_load(&la, err) != 0)
		return -1;
	BD_DISPOSE(bd_archive_dispose_read) struct archive *archive = la->read_new();
	if (!archive)
		return bd_no_memory(err);
	return find(la, archive, path, name, limit_bytes, data_out, size_bytes_out, err) == 0
		       ? 0
		       : bd_wrap(err, "%s", path);
}
