/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the content of a regular file of a tree. */
#include "rootfs/content.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file/file.h"
#include "base/process/cancel.h"

static int open_host_file(struct bd_content *content, struct bd_error *err)
{
	const char *path = content->node->host_path;
	/* A FIFO must not make us wait before fstat says what it is. */
	content->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (content->fd < 0)
		return bd_fail_errno(err, "cannot open %s", path);
	struct stat st;
	if (fstat(content->fd, &st) < 0)
		return bd_fail_errno(err, "cannot read the size of %s", path);
	if (!S_ISREG(st.st_mode))
		return bd_fail(err, EINVAL, "%s is not a regular file", path);
	content->size_bytes = (uint64_t)st.st_size;
	content->allocated_bytes = (uint64_t)st.st_blocks * S_BLKSIZE;
	if (content->allocated_bytes > content->size_bytes)
		content->allocated_bytes = content->size_bytes;
	return 0;
}

int bd_content_open(struct bd_content *content, const struct bd_node *node, uint32_t block_size, uint8_t *buffer,
		    struct bd_error *err)
{
	*content = (struct bd_content){ .node = node, .buffer = buffer, .block_size = block_size, .fd = -1 };
	if (!node->data && node->host_path)
		return open_host_file(content, err);
	content->size_bytes = content->allocated_bytes = node->size_bytes;
	return 0;
}

void bd_content_dispose(struct bd_content *content)
{
	if (content->fd >= 0)
		close(content->fd);
	content->fd = -1;
}

static int changed(const struct bd_content *content, struct bd_error *err)
{
	return bd_fail(err, EIO, "%s changed size while being read", content->node->host_path);
}

/* Moves at_bytes over a hole, to the beginning of a block. */
static int skip_hole(struct bd_content *content, struct bd_error *err)
{
	off_t data = lseek(content->fd, (off_t)content->at_bytes, SEEK_DATA);
	if (data < 0 && errno == ENXIO) {
		/* No data from here on, if the file still ends where it did. */
		off_t end = lseek(content->fd, 0, SEEK_END);
		if (end < 0 || (uint64_t)end != content->size_bytes)
			return changed(content, err);
		content->at_bytes = content->size_bytes;
	} else if (data >= 0) {
		if ((uint64_t)data >= content->size_bytes)
			return changed(content, err);
		content->at_bytes = (uint64_t)data - (uint64_t)data % content->block_size;
	}
	/* A filesystem without SEEK_DATA: all is read. */
	return 0;
}

static int read_piece(struct bd_content *content, size_t size, struct bd_error *err)
{
	size_t want = size + (content->at_bytes + size == content->size_bytes);
	ssize_t done = bd_pread_full(content->fd, content->buffer, want, content->at_bytes);

	if (done < 0)
		return bd_fail_errno(err, "cannot read %s", content->node->host_path);
	return (size_t)done == size ? 0 : changed(content, err);
}

int bd_content_next(struct bd_content *content, uint64_t *begin_out, size_t *size_out, struct bd_error *err)
{
	if (content->fd >= 0 && content->size_bytes > BD_PIECE_BYTES && content->at_bytes < content->size_bytes &&
	    skip_hole(content, err) < 0)
		return -1;
	if (content->at_bytes >= content->size_bytes)
		return 0;
	if (bd_cancel_check(err) < 0)
		return -1;

	uint64_t left = content->size_bytes - content->at_bytes;
	size_t size = left < BD_PIECE_BYTES ? (size_t)left : BD_PIECE_BYTES;
	if (content->fd < 0)
		memcpy(content->buffer, (const uint8_t *)content->node->data + content->at_bytes, size);
	else if (read_piece(content, size, err) < 0)
		return -1;

	size_t padded = (size + content->block_size - 1) / content->block_size * content->block_size;
	memset(content->buffer + size, 0, padded - size);
	*begin_out = content->at_bytes;
	*size_out = padded;
	content->at_bytes += size;
	return 1;
}

int bd_content_count_blocks(struct bd_content *content, uint64_t *blocks_out, uint64_t *runs_out,
			    struct bd_error *err)
{
	uint64_t begin, blocks = 0, runs = 0, run_end = UINT64_MAX;
	size_t size;
	int more;
	while ((more = bd_content_next(content, &begin, &size, err)) > 0)
		for (size_t at = 0; at < size; at += content->block_size) {
			if (bd_all_zero(content->buffer + at, content->block_size))
				continue;
			blocks++;
			runs += begin + at != run_end;
			run_end = begin + at + content->block_size;
		}
	if (more < 0)
		return -1;
	*blocks_out = blocks;
	*runs_out = runs;
	return 0;
}
