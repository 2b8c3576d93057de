/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for files in one filesystem after the other, and tells where on the disk they are. */
#include "bootloader/reader.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootloader/boot_file.h"
#include "bootloader/result_frame.h"
#include "disk/ext_partition.h"
#include "disk/partitions.h"
#include "filestream/frame.h"
#include "inside/file_places.h"

#define NOTES_MAX 32 /* of BD_RESULT_MESSAGES_MAX */

struct reading {
	const struct bd_reader_request *request;
	struct bd_frame_writer writer;
	int fd;
	struct bd_places_fs *fs; /* the filesystem at hand; owned */
	unsigned note_count;
};

/* --- files -------------------------------------------------------------------------------------------------------- */

static int send_range(void *context, uint64_t disk_bytes, uint64_t size_bytes, struct bd_error *err)
{
	(void)err;
	bd_result_send_range(context, disk_bytes, size_bytes);
	return 0;
}

static int send_zeros(void *context, uint64_t size_bytes, struct bd_error *err)
{
	(void)err;
	bd_result_send_zeros(context, size_bytes);
	return 0;
}

static int send_data(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes, struct bd_error *err)
{
	(void)err;
	bd_frame_data(context, offset_bytes, data, size_bytes);
	return 0;
}

static int send_file(struct reading *reading, enum bd_boot_file_kind kind, const char *path, struct bd_error *err)
{
	const struct bd_places_sink sink = {
		.range = send_range, .zeros = send_zeros, .data = send_data, .context = &reading->writer
	};
	uint64_t size;

	if (bd_places_find(reading->fs, path, &size, err) == 0) {
		bd_result_send_file(&reading->writer, kind, path);
		if (reading->request->without_content || bd_places_read(reading->fs, &sink, err) == 0)
			return 0;
	}
	return bd_wrap(err, "%s", path);
}

/* --- filesystems -------------------------------------------------------------------------------------------------- */

/* What leads to nothing is what --debug says; there may be many partitions. */
static void note(struct reading *reading, const struct bd_partition *place, const struct bd_error *why)
{
	char text[BD_RESULT_MESSAGE_MAX + 1] = "";

	if (reading->note_count++ >= NOTES_MAX)
		return;
	bd_text_append(text, sizeof(text), "", "at byte %llu: %s", (unsigned long long)place->offset_bytes,
		       why->message);
	bd_result_send_message(&reading->writer, BD_LOG_DEBUG, text);
}

/* 1: the kernel is there, and all has been sent. 0: it is not there. */
static int try_place(struct reading *reading, const struct bd_partition *place, struct bd_error *err)
{
	const struct bd_reader_request *request = reading->request;
	bool may_be_old = false;
	uint64_t size;

	bd_places_close(&reading->fs);
	if (bd_places_open(reading->fd, place->offset_bytes, request->disk_bytes, &reading->fs, &may_be_old, err) !=
		    0 ||
	    (bd_places_find(reading->fs, request->kernel, &size, err) != 0 && err->kind == BD_KIND_NOT_FOUND)) {
		note(reading, place, err);
		return 0;
	}
	if (may_be_old)
		bd_result_send_message(
			&reading->writer, BD_LOG_WARNING,
			"the filesystem was not unmounted, and its journal cannot be read through: files may be old");
	if (request->arguments)
		bd_result_send_text(&reading->writer, BD_RESULT_ARGUMENTS, request->arguments);
	if (send_file(reading, BD_BOOT_KERNEL, request->kernel, err) != 0 ||
	    (request->ramdisk && send_file(reading, BD_BOOT_RAMDISK, request->ramdisk, err) != 0))
		return -1;
	return 1;
}

/* active: those that are, or those that are not. */
static int try_partitions(struct reading *reading, const struct bd_partitions *partitions, bool active,
			  struct bd_error *err)
{
	for (size_t i = 0; i < partitions->count; i++) {
		const struct bd_partition *place = &partitions->items[i];
		if (place->is_active != active || !bd_is_ext(place))
			continue;
		int r = try_place(reading, place, err);
		if (r != 0)
			return r;
	}
	return 0;
}

static int try_disk(struct reading *reading, struct bd_error *err)
{
	const struct bd_reader_request *request = reading->request;
	const struct bd_partition whole = { .offset_bytes = request->has_offset ? request->offset_bytes : 0 };
	BD_DISPOSE(bd_partitions_dispose) struct bd_partitions partitions = { .items = NULL };

	if (request->has_offset)
		return try_place(reading, &whole, err);
	if (bd_partitions_read(reading->fd, &partitions, err) != 0)
		return -1;
	if (!partitions.count)
		return try_place(reading, &whole, err);
	int r = try_partitions(reading, &partitions, true, err);
	return r ? r : try_partitions(reading, &partitions, false, err);
}

static int read_disk(struct reading *reading, struct bd_error *err)
{
	int r = try_disk(reading, err);
	if (r == 0)
		return bd_not_found(err, "there is no %s in an ext2, ext3 or ext4 filesystem of the disk",
				    reading->request->kernel);
	return r < 0 ? -1 : 0;
}

void bd_reader_work(void *context, int input_fd, int output_fd)
{
	struct reading reading = { .request = context, .fd = input_fd };
	struct bd_error err = BD_ERROR_INIT;

	if (!bd_frame_writer_init(&reading.writer, output_fd))
		_exit(1);
	if (read_disk(&reading, &err) == 0)
		bd_frame_end_stream(&reading.writer, 0);
	else
		bd_frame_error(&reading.writer, BD_FRAME_ERROR, &err);
	bd_frame_flush(&reading.writer);
	bd_places_close(&reading.fs);
}
