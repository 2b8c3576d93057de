/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Appends with a running checksum; the content of files is stored in blocks, without blocks of zeros. */
#include "template/writer/payload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/parse.h"
#include "base/process/cancel.h"
#include "template/field.h"

#define BUFFER_BYTES (1024u * 1024)
#define PIECE_BYTES (256u * 1024)
#define SUM_BYTES 32

void bd_summed_file_init(struct bd_summed_file *file)
{
	*file = (struct bd_summed_file){ .fd = -1, .folder_fd = -1 };
}

void bd_summed_file_dispose(struct bd_summed_file *file)
{
	if (file->temporary_name)
		unlinkat(file->folder_fd, file->temporary_name, 0);
	if (file->fd >= 0)
		close(file->fd);
	if (file->folder_fd >= 0)
		close(file->folder_fd);
	free(file->temporary_name);
	free(file->buffer);
	bd_summed_file_init(file);
}

/* Where there is no O_TMPFILE, a hidden name that goes with the file. It is ours only once the file is made. */
static int open_named(struct bd_summed_file *file)
{
	char *name;
	int fd = -1;

	for (unsigned number = 0; fd < 0; number++) {
		if (asprintf(&name, ".xen-bigdisk-%ld-%u", (long)getpid(), number) < 0)
			return -1;
		fd = openat(file->folder_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd >= 0)
			file->temporary_name = name;
		else
			free(name);
		if (fd < 0 && errno != EEXIST)
			return -1;
	}
	return fd;
}

int bd_summed_file_open(struct bd_summed_file *file, const char *folder, struct bd_error *err)
{
	bd_summed_file_init(file);
	file->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file->folder_fd < 0)
		return bd_fail_errno(err, "cannot open the directory %s", folder);
	file->fd = openat(file->folder_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0644);
	if (file->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
		file->fd = open_named(file);
	if (file->fd < 0)
		return bd_fail_errno(err, "cannot make a file in %s", folder);
	file->buffer = malloc(BUFFER_BYTES);
	if (!file->buffer)
		return bd_no_memory(err);
	crypto_generichash_init(&file->sum, NULL, 0, SUM_BYTES);
	return 0;
}

static int write_buffer(struct bd_summed_file *file, struct bd_error *err)
{
	crypto_generichash_update(&file->sum, file->buffer, file->used);
	if (bd_pwrite_all(file->fd, file->buffer, file->used, file->size_bytes - file->used, "the template", err) !=
	    0)
		return -1;
	file->used = 0;
	return bd_cancel_check(err);
}

int bd_summed_file_append(struct bd_summed_file *file, const void *data, size_t size, struct bd_error *err)
{
	while (size > 0) {
		size_t part = BUFFER_BYTES - file->used < size ? BUFFER_BYTES - file->used : size;
		memcpy(file->buffer + file->used, data, part);
		file->used += part;
		file->size_bytes += part;
		data = (const uint8_t *)data + part;
		size -= part;
		if (file->used == BUFFER_BYTES && write_buffer(file, err) != 0)
			return -1;
	}
	return 0;
}

int bd_summed_file_finish(struct bd_summed_file *file, char text_out[65], struct bd_error *err)
{
	uint8_t sum[SUM_BYTES];

	if (write_buffer(file, err) != 0)
		return -1;
	if (!text_out)
		return 0;
	crypto_generichash_final(&file->sum, sum, sizeof(sum));
	sodium_bin2hex(text_out, 65, sum, sizeof(sum));
	return 0;
}

int bd_summed_file_publish(struct bd_summed_file *file, int folder_fd, const char *name, struct bd_error *err)
{
	int r;

	if (fdatasync(file->fd) != 0)
		return bd_fail_errno(err, "cannot flush the template's %s to the disk", name);
	if (file->temporary_name) {
		r = renameat(file->folder_fd, file->temporary_name, folder_fd, name);
		if (r == 0)
			free(bd_take_ptr(file->temporary_name));
	} else {
		r = bd_link_unnamed(file->fd, folder_fd, name);
	}
	return r == 0 ? 0 : bd_fail_errno(err, "cannot name the template's %s", name);
}

int bd_payload_open(struct bd_payload *payload, const char *folder, uint64_t limit_bytes, struct bd_error *err)
{
	*payload = (struct bd_payload){ .limit_bytes = limit_bytes };
	bd_summed_file_init(&payload->file);
	payload->piece = malloc(PIECE_BYTES);
	if (!payload->piece)
		return bd_no_memory(err);
	return bd_summed_file_open(&payload->file, folder, err);
}

void bd_payload_dispose(struct bd_payload *payload)
{
	bd_summed_file_dispose(&payload->file);
	free(payload->piece);
	free(payload->extents);
	payload->piece = NULL;
	payload->extents = NULL;
}

void bd_payload_begin_file(struct bd_payload *payload)
{
	payload->piece_at = payload->piece_size = 0;
	payload->extent_count = 0;
}

static int add_block(struct bd_payload *payload, uint64_t logical, struct bd_error *err)
{
	uint64_t block = payload->file.size_bytes / BD_SEALED_BLOCK_BYTES;
	struct bd_extent *last = payload->extent_count ? &payload->extents[payload->extent_count - 1] : NULL;

	if (payload->file.size_bytes >= payload->limit_bytes) {
		char limit[32];
		bd_format_size(payload->limit_bytes, limit, sizeof(limit));
		bd_fail(err, EFBIG, "the content exceeds the limit of %s", limit);
		return bd_set_field(err, BD_TEMPLATE_FIELD_LIMIT);
	}
	if (last && last->logical + last->count == logical) {
		/* Only this file's blocks are added meanwhile, so they lie one after the other. */
		last->count++;
		return 0;
	}
	if (bd_array_grow(payload->extents, payload->extent_count, err) != 0)
		return -1;
	payload->extents[payload->extent_count++] = (struct bd_extent){ (uint32_t)logical, 1, block };
	return 0;
}

/* The piece's blocks go to the file; the last one is padded with zeros. */
static int write_piece(struct bd_payload *payload, struct bd_error *err)
{
	size_t padded =
		(payload->piece_size + BD_SEALED_BLOCK_BYTES - 1) / BD_SEALED_BLOCK_BYTES * BD_SEALED_BLOCK_BYTES;

	memset(payload->piece + payload->piece_size, 0, padded - payload->piece_size);
	for (size_t at = 0; at < padded; at += BD_SEALED_BLOCK_BYTES) {
		const uint8_t *block = payload->piece + at;
		if (bd_all_zero(block, BD_SEALED_BLOCK_BYTES))
			continue;
		if (add_block(payload, (payload->piece_at + at) / BD_SEALED_BLOCK_BYTES, err) != 0 ||
		    bd_summed_file_append(&payload->file, block, BD_SEALED_BLOCK_BYTES, err) != 0)
			return -1;
	}
	payload->piece_at += padded;
	payload->piece_size = 0;
	return 0;
}

/* Moves the piece on, so that its end is at offset_bytes: zeros in between, or a new piece. */
static int go_to(struct bd_payload *payload, uint64_t offset_bytes, struct bd_error *err)
{
	uint64_t end = payload->piece_at + payload->piece_size;

	if (offset_bytes == end)
		return 0;
	if (offset_bytes < end)
		return bd_fail(err, EINVAL, "its content does not come in order");
	if (offset_bytes / BD_SEALED_BLOCK_BYTES * BD_SEALED_BLOCK_BYTES > payload->piece_at + PIECE_BYTES - 1 ||
	    offset_bytes - end > BD_SEALED_BLOCK_BYTES) {
		if (write_piece(payload, err) != 0)
			return -1;
		/* The block that the piece ended in may be the one that begins here. */
		uint64_t begin = offset_bytes / BD_SEALED_BLOCK_BYTES * BD_SEALED_BLOCK_BYTES;
		if (begin < payload->piece_at)
			return bd_fail(err, EINVAL, "its content does not come in order");
		payload->piece_at = begin;
	}
	size_t gap = (size_t)(offset_bytes - payload->piece_at) - payload->piece_size;
	memset(payload->piece + payload->piece_size, 0, gap);
	payload->piece_size += gap;
	return 0;
}

int bd_payload_write(struct bd_payload *payload, uint64_t offset_bytes, const void *data, size_t size,
		     struct bd_error *err)
{
	while (size > 0) {
		if (payload->piece_size == PIECE_BYTES && write_piece(payload, err) != 0)
			return -1;
		if (go_to(payload, offset_bytes, err) != 0)
			return -1;
		if (payload->piece_size == PIECE_BYTES)
			continue;
		size_t room = PIECE_BYTES - payload->piece_size, part = room < size ? room : size;
		memcpy(payload->piece + payload->piece_size, data, part);
		payload->piece_size += part;
		offset_bytes += part;
		data = (const uint8_t *)data + part;
		size -= part;
	}
	return 0;
}

int bd_payload_end_file(struct bd_payload *payload, struct bd_error *err)
{
	return write_piece(payload, err);
}
