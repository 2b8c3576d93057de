/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blobs come in any order in a tar, and a manifest may come behind its layers: they go into temporary files first. */
#include "template/oci_unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "template/archive_stream.h"

/* Layers are compressed as a rule, or the tar is: more than this is a bomb. */
#define RATIO_LIMIT 64
#define ALWAYS_ALLOWED (64u << 20)

static int open_temporary(int *fd_out, struct bd_error *err)
{
	const char *folder = getenv("TMPDIR");
	char path[PATH_MAX];

	if (!folder || !*folder)
		folder = "/var/tmp";
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		snprintf(path, sizeof(path), "%s/xen-bigdisk-XXXXXX", folder);
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
	}
	if (fd < 0)
		return bd_fail_errno(err, "cannot make a temporary file in %s", folder);
	*fd_out = fd;
	return 0;
}

/* The path when it is one of a layout's, without what may stand before it. */
static const char *wanted(const char *path)
{
	while (!strncmp(path, "./", 2))
		path += 2 + strspn(path + 2, "/");
	if (!strcmp(path, "oci-layout") || !strcmp(path, "index.json") ||
	    (!strncmp(path, "blobs/sha256/", 13) && path[13] && !strchr(path + 13, '/')))
		return path;
	return NULL;
}

static int add_file(struct bd_oci_layout *layout, const char *path, int *fd_out, struct bd_error *err)
{
	for (size_t i = 0; i < layout->count; i++)
		if (!strcmp(layout->files[i].path, path))
			return bd_fail(err, EINVAL, "it comes twice");
	if (layout->count == layout->capacity) {
		size_t capacity = layout->capacity ? layout->capacity * 2 : 16;
		struct bd_oci_file *files = realloc(layout->files, capacity * sizeof(*files));
		if (!files)
			return bd_fail(err, ENOMEM, "out of memory");
		layout->files = files;
		layout->capacity = capacity;
	}
	struct bd_oci_file file = { .path = strdup(path) };
	if (!file.path)
		return bd_fail(err, ENOMEM, "out of memory");
	if (open_temporary(&file.fd, err) < 0) {
		free(file.path);
		return -1;
	}
	layout->files[layout->count++] = file;
	*fd_out = file.fd;
	return 0;
}

/* left_bytes: how much more may be unpacked. */
static int copy_content(struct bd_archive_stream *stream, int fd, uint64_t *left_bytes, struct bd_error *err)
{
	const void *data;
	uint64_t offset, end, done = 0;
	size_t size;
	int more;

	while ((more = bd_archive_stream_block(stream, &data, &size, &offset, err)) > 0) {
		if (bd_cancel_check(err) < 0)
			return -1;
		if (__builtin_add_overflow(offset, size, &end) || offset < done || end - done > *left_bytes)
			return bd_fail(err, EFBIG, "it unpacks to more than %d times the size of the whole: a bomb?",
				       RATIO_LIMIT);
		if (bd_pwrite_all(fd, data, size, offset, "a temporary file", err) < 0)
			return -1;
		*left_bytes -= end - done;
		done = end;
	}
	return more;
}

static int take_entry(struct bd_archive_stream *stream, const char *path, struct bd_oci_layout *layout,
		      uint64_t *left_bytes, struct bd_error *err)
{
	int fd = -1;
	char name[BD_ENTRY_NAME_SIZE];

	if (add_file(layout, path, &fd, err) == 0 && copy_content(stream, fd, left_bytes, err) == 0)
		return 0;
	bd_entry_name(path, name);
	return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "%s", name);
}

int bd_oci_unpack(int fd, uint64_t size_bytes, struct bd_oci_layout *layout, struct bd_error *err)
{
	BD_DISPOSE(bd_archive_stream_close) struct bd_archive_stream *stream = NULL;
	const struct bd_archive_functions *la;
	struct archive_entry *entry;
	uint64_t left_bytes;
	int more;

	if (__builtin_mul_overflow(size_bytes, RATIO_LIMIT, &left_bytes) ||
	    __builtin_add_overflow(left_bytes, ALWAYS_ALLOWED, &left_bytes))
		left_bytes = UINT64_MAX;
	if (bd_archive_load(&la, err) < 0 || bd_archive_stream_open(fd, NULL, &stream, err) < 0)
		return -1;
	while ((more = bd_archive_stream_next(stream, &entry, err)) > 0) {
		const char *path = la->entry_pathname(entry);
		path = path && la->entry_filetype(entry) == AE_IFREG && !la->entry_hardlink(entry) ? wanted(path)
												   : NULL;
		if (path && take_entry(stream, path, layout, &left_bytes, err) < 0)
			return -1;
	}
	return more;
}
