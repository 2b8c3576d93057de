/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects the content of a file from the stream of a sandboxed reader. */
#include "inside/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "inside/open.h"

static int open_file(int fd, int partition, const char *path, struct bd_file_stream **stream_out, uint64_t *size_out,
		     struct bd_error *err)
{
	const struct bd_inside_request request = {
		.partition = partition, .paths = &path, .path_count = 1, .follow = true, .content = true
	};
	const struct bd_stream_entry *entry;

	if (bd_inside_open(fd, &request, NULL, stream_out, err) != 0)
		return -1;
	int r = bd_file_stream_next(*stream_out, &entry, err);
	if (r != 1)
		return r == 0 ? bd_not_found(err, "no such file or directory") : -1;
	if (!S_ISREG(entry->meta.mode))
		return bd_fail(err, S_ISDIR(entry->meta.mode) ? EISDIR : EINVAL, "%s is not a regular file", path);
	*size_out = entry->meta.size_bytes;
	return 0;
}

static int end_file(struct bd_file_stream *stream, const char *path, struct bd_error *err)
{
	const struct bd_stream_entry *entry;
	int r = bd_file_stream_next(stream, &entry, err);

	if (r == 0)
		return 0;
	return r != 1 ? -1 : bd_fail(err, EINVAL, "%s means several files", path);
}

int bd_inside_read_file(int fd, int partition, const char *path, size_t limit_bytes, char **text_out,
			size_t *size_out, struct bd_error *err)
{
	BD_DISPOSE(bd_file_stream_close) struct bd_file_stream *stream = NULL;
	BD_FREE char *text = NULL;
	uint64_t size;

	if (open_file(fd, partition, path, &stream, &size, err) != 0)
		return -1;
	if (size > limit_bytes)
		return bd_fail(err, EFBIG, "%s is larger than %zu KiB", path, limit_bytes >> 10);
	if (bd_file_stream_content(stream, size, &text, err) != 0 || end_file(stream, path, err) != 0)
		return -1;
	*text_out = bd_take_ptr(text);
	*size_out = (size_t)size;
	return 0;
}

int bd_inside_copy_file(int fd, int partition, const char *path, int out_fd, struct bd_error *err)
{
	BD_DISPOSE(bd_file_stream_close) struct bd_file_stream *stream = NULL;
	uint64_t size, offset;
	const void *data;
	size_t got;
	int more;

	if (open_file(fd, partition, path, &stream, &size, err) != 0)
		return -1;
	while ((more = bd_file_stream_block(stream, &data, &got, &offset, err)) > 0)
		if (bd_pwrite_all(out_fd, data, got, offset, "the copy", err) != 0)
			return -1;
	if (more < 0 || end_file(stream, path, err) != 0)
		return -1;
	return ftruncate(out_fd, (off_t)size) == 0 ? 0 : bd_fail_errno(err, "cannot write the copy");
}

int bd_inside_read_file_of(const char *image, int partition, const char *path, size_t limit_bytes, char **text_out,
			   size_t *size_out, struct bd_error *err)
{
	BD_CLOSE int fd = open(image, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return bd_fail_lookup(err, "cannot open %s", image);
	return bd_inside_read_file(fd, partition, path, limit_bytes, text_out, size_out, err);
}
