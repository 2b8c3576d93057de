/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the content of a file on the host: its data extents, in pieces. */
#include "import/directory/host_content.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/process/cancel.h"
#include "import/directory/host_file.h"

#define PIECE_BYTES (256u << 10)

struct content {
	int fd;
	uint64_t size_bytes;
	void (*progress)(void *context, uint64_t bytes);
	void *context;
	struct bd_sealed_writer *writer;
	uint8_t *piece;
};

static int changed(struct bd_error *err)
{
	return bd_in_use(err, "its size changed while it was read: import from a snapshot, or stop what writes it");
}

/* The next extent of data behind *end. 1: found. 0: there is no more. Where the filesystem cannot tell, all is data. */
static int next_extent(const struct content *content, uint64_t *start_out, uint64_t *end, struct bd_error *err)
{
	off_t start = lseek(content->fd, (off_t)*end, SEEK_DATA);

	if (start < 0 && errno == ENXIO)
		return 0;
	if (start < 0 && errno != EINVAL && errno != ENOTSUP)
		return bd_fail_errno(err, "cannot read it");
	off_t hole = start < 0 ? -1 : lseek(content->fd, start, SEEK_HOLE);
	*start_out = start < 0 ? *end : (uint64_t)start;
	*end = hole < 0 || (uint64_t)hole > content->size_bytes ? content->size_bytes : (uint64_t)hole;
	return *start_out < content->size_bytes;
}

static int read_extent(const struct content *content, uint64_t at, uint64_t end, struct bd_error *err)
{
	while (at < end) {
		size_t wanted = end - at < PIECE_BYTES ? (size_t)(end - at) : PIECE_BYTES;
		ssize_t r = bd_pread_full(content->fd, content->piece, wanted, at);
		if (bd_cancel_check(err) != 0)
			return -1;
		if (r < 0)
			return bd_fail_errno(err, "cannot read it");
		if (r == 0)
			return changed(err);
		if (bd_sealed_writer_data(content->writer, at, content->piece, (size_t)r, err) != 0)
			return -1;
		at += (uint64_t)r;
		content->progress(content->context, (uint64_t)r);
	}
	return 0;
}

int bd_host_read_content(int fd, const struct statx *stat, void (*progress)(void *context, uint64_t bytes),
			 void *context, struct bd_sealed_writer *writer, struct bd_error *err)
{
	BD_FREE uint8_t *piece = malloc(PIECE_BYTES);
	struct content content = { fd, stat->stx_size, progress, context, writer, piece };
	uint64_t start = 0, end = 0;
	struct statx now;
	int more = 0;

	if (!piece)
		return bd_no_memory(err);
	if (stat->stx_blocks >= (stat->stx_size + 511) / 512) {
		if (read_extent(&content, 0, stat->stx_size, err) != 0)
			return -1;
	} else {
		while (end < stat->stx_size && (more = next_extent(&content, &start, &end, err)) > 0)
			if (read_extent(&content, start, end, err) != 0)
				return -1;
	}
	if (more < 0 || bd_host_stat(fd, "", &now, err) != 0)
		return -1;
	return now.stx_size == stat->stx_size ? 0 : changed(err);
}
