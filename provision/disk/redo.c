/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes, does and removes logs of changes. */
#include "disk/redo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/cache.h"
#include "base/file/file.h"
#include "base/file/trust.h"
#include "base/file/zero.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "disk/use/in_use.h"

#define MAGIC "XBDREDO1"
#define HEADER_BYTES 48u
#define RECORD_BYTES 24u
#define WITNESS_BYTES (8u + 2 * BD_SECTOR_BYTES)
#define WRITE_MAX (1u << 20)
#define BUFFER_BYTES (2u << 20)
#define WHAT "the log of the changes"

enum record_kind { RECORD_WRITE = 1, RECORD_ZERO = 2 };

typedef int find_folder(const char *name, char *path_out, size_t size, struct bd_error *err);

static int path_beside(const char *image, const char *suffix, find_folder *cache_folder, char **path_out,
		       struct bd_error *err)
{
	BD_FREE char *real = realpath(image, NULL);
	char folder[PATH_MAX];
	struct stat there;

	if (!real || stat(real, &there) != 0)
		return bd_fail_errno(err, "cannot access %s", image);
	if (!S_ISBLK(there.st_mode)) {
		bd_path_folder(real, folder);
		return bd_text_format(path_out, err, "%s/.%s.%s", folder, bd_path_last(real), suffix);
	}
	if (cache_folder("devices", folder, sizeof(folder), err) != 0)
		return -1;
	for (char *at = real; *at; at++)
		if (*at == '/')
			*at = '-';
	return bd_text_format(path_out, err, "%s/%s.%s", folder, real + 1, suffix);
}

int bd_redo_path(const char *image, const char *suffix, char **path_out, struct bd_error *err)
{
	return path_beside(image, suffix, bd_cache_subdir, path_out, err);
}

char *bd_redo_find(const char *image)
{
	BD_FREE char *path = NULL;
	struct bd_error ignored;

	if (path_beside(image, "redo", bd_cache_find_subdir, &path, &ignored) != 0 || access(path, F_OK) != 0)
		return NULL;
	return bd_take_ptr(path);
}

void bd_redo_dispose(struct bd_redo *redo)
{
	bd_atomic_file_dispose(&redo->log);
	free(redo->buffer);
	*redo = (struct bd_redo)BD_REDO_INIT;
}

int bd_redo_begin(const char *image, int image_fd, struct bd_redo *redo_out, struct bd_error *err)
{
	BD_DISPOSE(bd_redo_dispose) struct bd_redo redo = BD_REDO_INIT;
	BD_FREE char *path = NULL;

	redo.image_fd = image_fd;
	redo.hash = BD_HASH_INIT;
	redo.end_bytes = HEADER_BYTES + BD_REDO_WITNESSES * WITNESS_BYTES;
	redo.buffer = malloc(BUFFER_BYTES);
	if (!redo.buffer)
		return bd_no_memory(err);
	if (bd_redo_path(image, "redo", &path, err) != 0 || bd_atomic_file_open(path, 0600, &redo.log, err) != 0)
		return -1;
	*redo_out = redo;
	redo = (struct bd_redo)BD_REDO_INIT;
	return 0;
}

int bd_redo_witness(struct bd_redo *redo, uint64_t offset_bytes, struct bd_error *err)
{
	struct bd_redo_witness *witness = &redo->witnesses[redo->witness_count];

	if (redo->witness_count == BD_REDO_WITNESSES)
		return bd_fail(err, EINVAL, "internal error: too many witnesses");
	witness->offset_bytes = offset_bytes;
	ssize_t got = bd_pread_full(redo->image_fd, witness->before, BD_SECTOR_BYTES, offset_bytes);
	if (got != BD_SECTOR_BYTES)
		return bd_fail(err, got < 0 ? errno : EIO, "cannot read the image");
	memcpy(witness->after, witness->before, BD_SECTOR_BYTES);
	redo->witness_count++;
	return 0;
}

static int flush(struct bd_redo *redo, struct bd_error *err)
{
	if (bd_pwrite_all(redo->log.fd, redo->buffer, redo->used, redo->end_bytes, WHAT, err) != 0)
		return -1;
	redo->hash = bd_hash(redo->hash, redo->buffer, redo->used);
	redo->end_bytes += redo->used;
	redo->used = 0;
	return 0;
}

static int add(struct bd_redo *redo, enum record_kind kind, uint64_t offset_bytes, uint64_t size_bytes,
	       const void *data, struct bd_error *err)
{
	size_t data_bytes = data ? (size_t)size_bytes : 0;

	if (redo->used + RECORD_BYTES + data_bytes > BUFFER_BYTES && flush(redo, err) != 0)
		return -1;
	uint8_t *at = redo->buffer + redo->used;
	put_le64(at, kind);
	put_le64(at + 8, offset_bytes);
	put_le64(at + 16, size_bytes);
	if (data)
		memcpy(at + RECORD_BYTES, data, data_bytes);
	redo->used += RECORD_BYTES + data_bytes;
	redo->record_count++;
	for (size_t i = 0; i < redo->witness_count; i++) {
		struct bd_redo_witness *witness = &redo->witnesses[i];
		if (witness->offset_bytes < offset_bytes ||
		    witness->offset_bytes + BD_SECTOR_BYTES > offset_bytes + size_bytes)
			continue;
		if (data)
			memcpy(witness->after, (const uint8_t *)data + (witness->offset_bytes - offset_bytes),
			       BD_SECTOR_BYTES);
		else
			memset(witness->after, 0, BD_SECTOR_BYTES);
	}
	return 0;
}

int bd_redo_zero(struct bd_redo *redo, uint64_t offset_bytes, uint64_t size_bytes, struct bd_error *err)
{
	return add(redo, RECORD_ZERO, offset_bytes, size_bytes, NULL, err);
}

int bd_redo_write(struct bd_redo *redo, uint64_t offset_bytes, const void *data, size_t size_bytes,
		  struct bd_error *err)
{
	if (size_bytes > WRITE_MAX)
		return bd_fail(err, EINVAL, "internal error: a change is too large");
	return add(redo, RECORD_WRITE, offset_bytes, size_bytes, data, err);
}

static int write_head(struct bd_redo *redo, uint64_t size_bytes, struct bd_error *err)
{
	uint8_t head[HEADER_BYTES + BD_REDO_WITNESSES * WITNESS_BYTES] = { 0 };

	for (size_t i = 0; i < redo->witness_count; i++) {
		uint8_t *at = head + HEADER_BYTES + i * WITNESS_BYTES;
		put_le64(at, redo->witnesses[i].offset_bytes);
		memcpy(at + 8, redo->witnesses[i].before, BD_SECTOR_BYTES);
		memcpy(at + 8 + BD_SECTOR_BYTES, redo->witnesses[i].after, BD_SECTOR_BYTES);
	}
	memcpy(head, MAGIC, 8);
	put_le64(head + 8, size_bytes);
	put_le64(head + 16, redo->record_count);
	put_le64(head + 24, redo->witness_count);
	put_le64(head + 32, redo->end_bytes);
	put_le64(head + 40, bd_hash(redo->hash, head + HEADER_BYTES, sizeof(head) - HEADER_BYTES));
	return bd_pwrite_all(redo->log.fd, head, sizeof(head), 0, WHAT, err);
}

/* A log that is being done: mapped into memory it would be as well, but for I/O errors, which would be signals. */
struct log {
	int fd;
	uint64_t size_bytes; /* that the image gets */
	uint64_t record_count, witness_count, end_bytes;
	struct bd_redo_witness witnesses[BD_REDO_WITNESSES];
};

static int read_log(int fd, void *data, size_t size, uint64_t offset, struct bd_error *err)
{
	ssize_t got = bd_pread_full(fd, data, size, offset);

	if (got < 0)
		return bd_fail_errno(err, "cannot read " WHAT);
	return (size_t)got == size ? 0 : bd_fail(err, EINVAL, "it ends early");
}

static int do_records(const struct log *log, int image_fd, uint8_t *buffer, struct bd_error *err)
{
	uint64_t at = HEADER_BYTES + BD_REDO_WITNESSES * WITNESS_BYTES;

	for (uint64_t i = 0; i < log->record_count; i++) {
		uint8_t head[RECORD_BYTES];
		if (read_log(log->fd, head, sizeof(head), at, err) != 0)
			return -1;
		uint64_t kind = get_le64(head), offset = get_le64(head + 8), size = get_le64(head + 16);
		at += RECORD_BYTES;
		if (kind == RECORD_ZERO) {
			if (bd_zero_range(image_fd, offset, size, "the image", err) != 0)
				return -1;
			continue;
		}
		if (kind != RECORD_WRITE || size > WRITE_MAX)
			return bd_fail(err, EINVAL, "it is damaged");
		if (read_log(log->fd, buffer, (size_t)size, at, err) != 0 ||
		    bd_pwrite_all(image_fd, buffer, (size_t)size, offset, "the image", err) != 0)
			return -1;
		at += size;
	}
	return 0;
}

static int set_size(int fd, uint64_t size_bytes, bool may_shrink, struct bd_error *err)
{
	struct stat there;

	if (!size_bytes)
		return 0;
	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot access the image");
	uint64_t is = (uint64_t)there.st_size;
	if (is == size_bytes || (is > size_bytes && !may_shrink))
		return 0;
	return ftruncate(fd, (off_t)size_bytes) == 0 ? 0 : bd_fail_errno(err, "cannot set the image's size");
}

/* Larger first, smaller last. A signal does not stop it. */
static int do_log(const struct log *log, int image_fd, struct bd_error *err)
{
	BD_FREE uint8_t *buffer = malloc(WRITE_MAX);

	if (!buffer)
		return bd_no_memory(err);
	if (set_size(image_fd, log->size_bytes, false, err) != 0 || do_records(log, image_fd, buffer, err) != 0)
		return -1;
	if (fsync(image_fd) != 0)
		return bd_fail_errno(err, "cannot flush the image");
	if (set_size(image_fd, log->size_bytes, true, err) != 0)
		return -1;
	return fsync(image_fd) == 0 ? 0 : bd_fail_errno(err, "cannot flush the image");
}

int bd_redo_commit(struct bd_redo *redo, uint64_t size_bytes, struct bd_error *err)
{
	if (flush(redo, err) != 0 || write_head(redo, size_bytes, err) != 0)
		return -1;
	if (fsync(redo->image_fd) != 0)
		return bd_fail_errno(err, "cannot flush the image");
	if (bd_atomic_file_sync(&redo->log, err) != 0 || bd_atomic_file_publish(&redo->log, err) != 0)
		return -1;
	const struct log log = { .fd = redo->log.fd, .size_bytes = size_bytes, .record_count = redo->record_count };
	if (bd_atomic_file_sync_folder(&redo->log, err) != 0 || do_log(&log, redo->image_fd, err) != 0)
		return bd_wrap(err, "the changes are decided, but not done yet; the same command completes them");
	bd_atomic_file_retract(&redo->log);
	return 0;
}

static int check_hash(const struct log *log, uint64_t expected, const uint8_t *witnesses, size_t witness_bytes,
		      struct bd_error *err)
{
	BD_FREE uint8_t *buffer = malloc(BUFFER_BYTES);
	uint64_t hash = BD_HASH_INIT;

	if (!buffer)
		return bd_no_memory(err);
	for (uint64_t at = HEADER_BYTES + witness_bytes; at < log->end_bytes;) {
		uint64_t left = log->end_bytes - at;
		size_t size = left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES;
		if (read_log(log->fd, buffer, size, at, err) != 0)
			return -1;
		hash = bd_hash(hash, buffer, size);
		at += size;
	}
	return bd_hash(hash, witnesses, witness_bytes) == expected ? 0 : bd_fail(err, EINVAL, "it is damaged");
}

static int open_log(int fd, struct log *log, struct bd_error *err)
{
	uint8_t head[HEADER_BYTES + BD_REDO_WITNESSES * WITNESS_BYTES];

	if (read_log(fd, head, sizeof(head), 0, err) != 0)
		return -1;
	*log = (struct log){ .fd = fd,
			     .size_bytes = get_le64(head + 8),
			     .record_count = get_le64(head + 16),
			     .witness_count = get_le64(head + 24),
			     .end_bytes = get_le64(head + 32) };
	if (memcmp(head, MAGIC, 8) != 0 || log->witness_count > BD_REDO_WITNESSES)
		return bd_fail(err, EINVAL, "it is none of ours");
	for (size_t i = 0; i < log->witness_count; i++) {
		const uint8_t *at = head + HEADER_BYTES + i * WITNESS_BYTES;
		log->witnesses[i].offset_bytes = get_le64(at);
		memcpy(log->witnesses[i].before, at + 8, BD_SECTOR_BYTES);
		memcpy(log->witnesses[i].after, at + 8 + BD_SECTOR_BYTES, BD_SECTOR_BYTES);
	}
	return check_hash(log, get_le64(head + 40), head + HEADER_BYTES, sizeof(head) - HEADER_BYTES, err);
}

static int check_witnesses(const struct log *log, int image_fd, struct bd_error *err)
{
	uint8_t sector[BD_SECTOR_BYTES];

	for (size_t i = 0; i < log->witness_count; i++) {
		const struct bd_redo_witness *witness = &log->witnesses[i];
		if (bd_pread_full(image_fd, sector, sizeof(sector), witness->offset_bytes) != sizeof(sector) ||
		    (memcmp(sector, witness->before, sizeof(sector)) != 0 &&
		     memcmp(sector, witness->after, sizeof(sector)) != 0))
			return bd_fail(
				err, ESTALE,
				"an interrupted change left it, and the image has been changed since; check the image (e2fsck -f), "
				"then remove that file");
	}
	return 0;
}

static int recover(int fd, int image_fd, struct bd_error *err)
{
	struct log log;
	struct stat there;

	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot access it");
	if (!S_ISREG(there.st_mode) || !bd_is_trusted(&there))
		return bd_fail(err, EPERM, "others may have written it; remove it");
	return open_log(fd, &log, err) != 0 || check_witnesses(&log, image_fd, err) != 0
		       ? -1
		       : do_log(&log, image_fd, err);
}

int bd_redo_recover(const char *image, int image_fd, bool *done_out, struct bd_error *err)
{
	BD_FREE char *path = NULL;

	*done_out = false;
	if (bd_redo_path(image, "redo", &path, err) != 0)
		return -1;
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 0 : bd_fail_errno(err, "cannot open %s", path);
	if (recover(fd, image_fd, err) != 0)
		return bd_wrap(err, "%s", path);
	if (unlink(path) != 0)
		return bd_fail_errno(err, "cannot remove %s", path);
	*done_out = true;
	return 0;
}

int bd_redo_complete(const char *image, struct bd_error *err)
{
	BD_FREE char *path = NULL;
	bool done;

	/* An image that is not there is the caller's to complain of. */
	if (access(image, F_OK) != 0)
		return 0;
	if (bd_redo_path(image, "redo", &path, err) != 0)
		return -1;
	if (access(path, F_OK) != 0)
		return 0;
	BD_CLOSE int fd = open(image, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return bd_fail_errno(err, "cannot open %s", image);
	BD_CLOSE int write_fd = -1;
	if (bd_disk_open_to_write(image, fd, &write_fd, err) != 0)
		return -1;
	if (bd_redo_recover(image, write_fd, &done, err) != 0)
		return -1;
	if (done)
		bd_info("%s: an interrupted change has been completed", image);
	return 0;
}

int bd_redo_discard(const char *image, struct bd_error *err)
{
	BD_FREE char *path = bd_redo_find(image);

	if (path && unlink(path) != 0 && errno != ENOENT)
		return bd_fail_errno(err, "cannot remove %s", path);
	return 0;
}
