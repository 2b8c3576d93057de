/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blobs come in any order in a tar archive, and a manifest may follow its layers, so they go into temporary files
 * first. */
#include "import/oci/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/temporary_file.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "import/archive/open.h"

/* Layers are compressed as a rule, or the tar is: more than this is a bomb. */
#define RATIO_LIMIT 64
#define ALWAYS_ALLOWED (64u << 20)
#define FILES_MAX 16384

/* Descriptors are few by default: an archive of many images has more files. */
static void allow_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Of two with the same name the last one counts, as everywhere in a tar. */
static void drop_file(struct bd_oci_unpacked *unpacked, const char *path)
{
	for (size_t i = 0; i < unpacked->count; i++) {
		if (strcmp(unpacked->files[i].path, path) != 0)
			continue;
		free(unpacked->files[i].path);
		free(unpacked->files[i].target);
		bd_cleanup_close(&unpacked->files[i].fd);
		unpacked->files[i] = unpacked->files[--unpacked->count];
		return;
	}
}

/* A path inside the archive. target: of a link, likewise; NULL: it is a file, which *fd_out is for. */
static int add_file(struct bd_oci_unpacked *unpacked, const char *path, const char *target, int *fd_out,
		    struct bd_error *err)
{
	drop_file(unpacked, path);
	if (unpacked->count == FILES_MAX)
		return bd_fail(err, EFBIG, "it contains more than %d files", FILES_MAX);
	if (bd_array_grow(unpacked->files, unpacked->count, err) != 0)
		return -1;
	struct bd_oci_file file = { .path = strdup(path), .target = target ? strdup(target) : NULL, .fd = -1 };
	bool copied = file.path && (file.target || !target);
	if (!copied || (!target && bd_open_temporary(&file.fd, err) < 0)) {
		free(file.path);
		free(file.target);
		return copied ? -1 : bd_no_memory(err);
	}
	unpacked->files[unpacked->count++] = file;
	*fd_out = file.fd;
	return 0;
}

/* left_bytes: how much more may be unpacked. */
static int copy_content(struct bd_file_stream *stream, int fd, uint64_t *left_bytes, struct bd_error *err)
{
	const void *data;
	uint64_t offset, end, done = 0;
	size_t size;
	int more;

	while ((more = bd_file_stream_block(stream, &data, &size, &offset, err)) > 0) {
		if (bd_cancel_check(err) < 0)
			return -1;
		if (__builtin_add_overflow(offset, size, &end) || offset < done || end - done > *left_bytes)
			return bd_fail(err, EFBIG,
				       "it unpacks to more than %d times its size: probably a decompression bomb",
				       RATIO_LIMIT);
		if (bd_write_temporary(fd, data, size, offset, err) < 0)
			return -1;
		*left_bytes -= end - done;
		done = end;
	}
	return more;
}

/* Links are kept as such: docker had a layer that is in several images once only. */
static int take_entry(struct bd_file_stream *stream, const struct bd_stream_entry *entry,
		      struct bd_oci_unpacked *unpacked, uint64_t *left_bytes, struct bd_error *err)
{
	BD_FREE char *path = NULL, *target = NULL;
	int fd = -1;

	if (bd_oci_path(NULL, entry->path, &path, err) != 0)
		return -1;
	if (entry->hardlink ? bd_oci_path(NULL, entry->hardlink, &target, err) != 0
			    : S_ISLNK(entry->meta.mode) && bd_oci_path(path, entry->meta.target, &target, err) != 0)
		return -1;
	if (add_file(unpacked, path, target, &fd, err) != 0)
		return -1;
	return target ? 0 : copy_content(stream, fd, left_bytes, err);
}

static int take_entries(struct bd_file_stream *stream, struct bd_oci_unpacked *unpacked, uint64_t left_bytes,
			struct bd_error *err)
{
	const struct bd_stream_entry *entry;
	int more;

	while ((more = bd_file_stream_next(stream, &entry, err)) > 0) {

		if (!*entry->path)
			return bd_fail(err, EINVAL, "the name of an entry cannot be read");
		if (!S_ISREG(entry->meta.mode) && !S_ISLNK(entry->meta.mode) && !entry->hardlink)
			continue;
		if (take_entry(stream, entry, unpacked, &left_bytes, err) != 0)
			return bd_wrap_entry(err, "", entry->path);
	}
	return more;
}

int bd_oci_unpack(int fd, uint64_t size_bytes, struct bd_oci_unpacked *unpacked, struct bd_error *err)
{
	BD_DISPOSE(bd_file_stream_close) struct bd_file_stream *stream = NULL;
	uint64_t left_bytes;

	if (__builtin_mul_overflow(size_bytes, RATIO_LIMIT, &left_bytes) ||
	    __builtin_add_overflow(left_bytes, ALWAYS_ALLOWED, &left_bytes))
		left_bytes = UINT64_MAX;
	allow_many_files();
	if (bd_archive_open(fd, NULL, &stream, err) < 0)
		return -1;
	return take_entries(stream, unpacked, left_bytes, err);
}
