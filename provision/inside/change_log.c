/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects writes, does them, and logs them before. */
#include "inside/change_log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/file/file.h"

#define MAGIC "xen-bigdisk log 1\n"
#define MAGIC_BYTES (sizeof(MAGIC) - 1)
#define HEAD_BYTES 16
#define LOG_BYTES_MAX ((size_t)2 << 30)

struct bd_image_one_write {
	uint64_t at_bytes;
	size_t size_bytes; /* 0: a flush */
	uint8_t *data;
};

void bd_image_writes_dispose(struct bd_image_writes *writes)
{
	for (size_t i = 0; i < writes->count; i++)
		free(writes->items[i].data);
	free(writes->items);
	*writes = (struct bd_image_writes){ 0 };
}

int bd_image_writes_add(struct bd_image_writes *writes, uint64_t at_bytes, const void *data, size_t size_bytes,
			struct bd_error *err)
{
	if (bd_array_reserve(writes->items, writes->capacity, writes->count + 1, err) != 0)
		return -1;
	struct bd_image_one_write item = { at_bytes, size_bytes, size_bytes ? malloc(size_bytes) : NULL };
	if (size_bytes && !item.data)
		return bd_no_memory(err);
	if (size_bytes)
		memcpy(item.data, data, size_bytes);
	writes->items[writes->count++] = item;
	writes->bytes += size_bytes;
	return 0;
}

int bd_image_write_at(int fd, uint64_t at_bytes, const void *data, size_t size_bytes, struct bd_error *err)
{
	return bd_pwrite_all(fd, data, size_bytes, at_bytes, "cannot write to the image", err);
}

static int flush(int fd, struct bd_error *err)
{
	return fdatasync(fd) == 0 ? 0 : bd_fail_errno(err, "cannot flush the image to the disk");
}

int bd_image_writes_apply(const struct bd_image_writes *writes, int fd, struct bd_error *err)
{
	for (size_t i = 0; i < writes->count; i++) {
		const struct bd_image_one_write *item = &writes->items[i];
		if ((item->size_bytes ? bd_image_write_at(fd, item->at_bytes, item->data, item->size_bytes, err)
				      : flush(fd, err)) != 0)
			return -1;
	}
	return flush(fd, err);
}

/* --- the log ------------------------------------------------------------------------------------------------------ */

struct log_writer {
	int fd;
	uint64_t at_bytes;
	uLong crc;
};

static int log_put(struct log_writer *log, const void *data, size_t size_bytes, struct bd_error *err)
{
	if (bd_pwrite_all(log->fd, data, size_bytes, log->at_bytes, "cannot write the log", err) != 0)
		return -1;
	log->at_bytes += size_bytes;
	log->crc = crc32_z(log->crc, data, size_bytes);
	return 0;
}

static int log_put_head(struct log_writer *log, uint64_t at_bytes, uint64_t size_bytes, struct bd_error *err)
{
	uint8_t head[HEAD_BYTES];

	put_le64(head, at_bytes);
	put_le64(head + 8, size_bytes);
	return log_put(log, head, sizeof(head), err);
}

static int write_log(int fd, const struct bd_image_writes *writes, struct bd_error *err)
{
	struct log_writer log = { fd, 0, crc32_z(0, NULL, 0) };
	uint8_t crc[4];

	if (log_put(&log, MAGIC, MAGIC_BYTES, err) != 0)
		return -1;
	for (size_t i = 0; i < writes->count; i++) {
		const struct bd_image_one_write *item = &writes->items[i];
		if (item->size_bytes && (log_put_head(&log, item->at_bytes, item->size_bytes, err) != 0 ||
					 log_put(&log, item->data, item->size_bytes, err) != 0))
			return -1;
	}
	if (log_put_head(&log, UINT64_MAX, UINT64_MAX, err) != 0)
		return -1;
	put_le32(crc, (uint32_t)log.crc);
	return log_put(&log, crc, sizeof(crc), err);
}

static int remove_log(const char *path, struct bd_error *err)
{
	return unlink(path) == 0 ? 0 : bd_fail_errno(err, "cannot remove the log %s", path);
}

int bd_change_log_apply(const char *path, int fd, const struct bd_image_writes *writes, struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;

	if (flush(fd, err) != 0 || bd_atomic_file_open(path, 0600, &draft, err) != 0 ||
	    write_log(draft.fd, writes, err) != 0 || bd_atomic_file_sync(&draft, err) != 0 ||
	    bd_atomic_file_publish(&draft, err) != 0 || bd_atomic_file_sync_folder(&draft, err) != 0)
		return bd_wrap(err, "the log of the change");
	if (bd_image_writes_apply(writes, fd, err) != 0)
		return bd_wrap(err, "the change is in %s, and the next one completes it", path);
	return remove_log(path, err);
}

static int fail_damaged(const char *path, struct bd_error *err)
{
	return bd_fail(
		err, EBADMSG,
		"%s, the log of an interrupted change, is damaged; check the filesystem with e2fsck, then remove it",
		path);
}

static int check_log(const char *path, const uint8_t *log, size_t size_bytes, struct bd_error *err)
{
	if (size_bytes < MAGIC_BYTES + HEAD_BYTES + 4 || memcmp(log, MAGIC, MAGIC_BYTES) != 0 ||
	    crc32_z(crc32_z(0, NULL, 0), log, size_bytes - 4) != get_le32(log + size_bytes - 4))
		return fail_damaged(path, err);
	return 0;
}

static int apply_log(const char *path, const uint8_t *log, size_t size_bytes, int fd, struct bd_error *err)
{
	size_t at = MAGIC_BYTES, end = size_bytes - 4;
	off_t image_end = lseek(fd, 0, SEEK_END);

	if (image_end < 0)
		return bd_fail_errno(err, "cannot determine the size of the image");
	for (;;) {
		if (end - at < HEAD_BYTES)
			return fail_damaged(path, err);
		uint64_t to = get_le64(log + at), size = get_le64(log + at + 8);
		at += HEAD_BYTES;
		if (to == UINT64_MAX)
			return flush(fd, err);
		if (size > end - at || to > (uint64_t)image_end || size > (uint64_t)image_end - to)
			return fail_damaged(path, err);
		if (bd_image_write_at(fd, to, log + at, (size_t)size, err) != 0)
			return -1;
		at += (size_t)size;
	}
}

int bd_change_log_complete(const char *path, int fd, struct bd_error *err)
{
	BD_FREE char *log = NULL;
	size_t size_bytes;
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? 0 : bd_fail_errno(err, "cannot access %s", path);
	if (bd_read_file(path, LOG_BYTES_MAX, &log, &size_bytes, err) != 0 ||
	    check_log(path, (uint8_t *)log, size_bytes, err) != 0 ||
	    apply_log(path, (uint8_t *)log, size_bytes, fd, err) != 0)
		return -1;
	return remove_log(path, err);
}
