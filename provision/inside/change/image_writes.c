/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects writes, and does them. */
#include "inside/change/image_writes.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "disk/redo.h"
#include "ext3/format.h"

#define LOG_STEP_BYTES (1u << 20) /* the most that bd_redo_write takes */

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

int bd_image_writes_do(const struct bd_image_writes *writes, int fd, struct bd_error *err)
{
	for (size_t i = 0; i < writes->count; i++) {
		const struct bd_image_one_write *item = &writes->items[i];
		if (bd_image_write_at(fd, item->at_bytes, item->data, item->size_bytes, err) != 0)
			return -1;
	}
	return 0;
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

static int log_write(struct bd_redo *redo, const struct bd_image_one_write *item, struct bd_error *err)
{
	for (size_t done = 0; done < item->size_bytes;) {
		size_t left = item->size_bytes - done, part = left < LOG_STEP_BYTES ? left : LOG_STEP_BYTES;
		if (bd_redo_write(redo, item->at_bytes + done, item->data + done, part, err) != 0)
			return -1;
		done += part;
	}
	return 0;
}

/* The superblock tells whether somebody has mounted the filesystem since. */
static int log_witness(struct bd_redo *redo, const struct bd_image_one_write *first, struct bd_error *err)
{
	uint64_t superblock = first->at_bytes +
			      (first->size_bytes > BD_EXT_SUPERBLOCK_START_BYTES ? BD_EXT_SUPERBLOCK_START_BYTES : 0);

	if (bd_redo_witness(redo, superblock, err) != 0)
		return -1;
	return bd_redo_witness(redo, superblock + BD_SECTOR_BYTES, err);
}

int bd_image_writes_log(const struct bd_image_writes *writes, const char *image, int fd, struct bd_error *err)
{
	BD_DISPOSE(bd_redo_dispose) struct bd_redo redo = BD_REDO_INIT;

	if (!writes->count)
		return 0;
	if (bd_redo_begin(image, fd, &redo, err) != 0 || log_witness(&redo, &writes->items[0], err) != 0)
		return -1;
	for (size_t i = 0; i < writes->count; i++)
		if (log_write(&redo, &writes->items[i], err) != 0)
			return -1;
	return bd_redo_commit(&redo, 0, err);
}
