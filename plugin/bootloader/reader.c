/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for files in one filesystem after the other, and tells where on the disk they are. */
#include "bootloader/reader.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootloader/boot_file.h"
#include "bootloader/result_frame.h"
#include "disk/ext_partition.h"
#include "disk/partitions.h"
#include "ext3/filesystem.h"
#include "ext3/reader/content.h"
#include "ext3/reader/fd_io.h"
#include "ext3/reader/inode.h"
#include "filestream/frame.h"
#include "inside/pattern.h"

#define BUFFER_BYTES (256u << 10)
#define NOTES_MAX 32 /* of BD_RESULT_MESSAGES_MAX */

struct reading {
	const struct bd_reader_request *request;
	struct bd_frame_writer writer;
	uint8_t *buffer; /* owned */
	int fd;
	/* Of the filesystem and the file at hand. */
	ext2_filsys fs; /* owned */
	uint64_t begin_bytes; /* of the filesystem in the disk */
	uint64_t sent_bytes; /* of the file */
	unsigned note_count;
};

/* --- content ------------------------------------------------------------------------------------------------------ */

/* What the file has no blocks for reads as zeros. */
static void fill_up_to(struct reading *reading, uint64_t offset_bytes)
{
	if (offset_bytes > reading->sent_bytes)
		bd_result_send_zeros(&reading->writer, offset_bytes - reading->sent_bytes);
	reading->sent_bytes = offset_bytes;
}

static int send_data(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes, struct bd_error *err)
{
	struct reading *reading = context;
	(void)err;

	fill_up_to(reading, offset_bytes);
	bd_frame_data(&reading->writer, offset_bytes, data, size_bytes);
	reading->sent_bytes += size_bytes;
	return 0;
}

static int send_range(void *context, uint64_t offset_bytes, uint64_t place_bytes, uint64_t size_bytes,
		      struct bd_error *err)
{
	struct reading *reading = context;
	(void)err;

	fill_up_to(reading, offset_bytes);
	bd_result_send_range(&reading->writer, reading->begin_bytes + place_bytes, size_bytes);
	reading->sent_bytes += size_bytes;
	return 0;
}

static int send_content(struct reading *reading, ext2_ino_t number, struct ext2_inode *inode, struct bd_error *err)
{
	struct bd_ext_sink sink = { .take = send_data,
				    .context = reading,
				    .buffer = reading->buffer,
				    .buffer_bytes = BUFFER_BYTES,
				    .take_range = bd_ext_fd_journal(reading->fs) ? NULL : send_range };

	reading->sent_bytes = 0;
	if (bd_ext_content_read(reading->fs, number, inode, &sink, err) != 0)
		return -1;
	fill_up_to(reading, EXT2_I_SIZE(inode));
	return 0;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

/* Component by component, each as long as a name may be. */
static int look_up(struct reading *reading, const char *path, ext2_ino_t *number_out, struct bd_error *err)
{
	ext2_ino_t at = EXT2_ROOT_INO;

	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		char name[EXT2_NAME_LEN + 1];
		size_t size = strcspn(path, "/");
		if (size > EXT2_NAME_LEN)
			return bd_not_found(err, "no such file or directory");
		memcpy(name, path, size);
		name[size] = '\0';
		if (bd_inside_look_up(reading->fs, at, name, true, &at, err) != 0)
			return -1;
		path += size;
	}
	*number_out = at;
	return 0;
}

static int read_inode(struct reading *reading, const char *path, struct bd_ext_inode *inode, struct bd_error *err)
{
	ext2_ino_t number;

	if (look_up(reading, path, &number, err) != 0 || bd_ext_inode_init(inode, reading->fs, err) != 0 ||
	    bd_ext_inode_read(inode, number, err) != 0)
		return -1;
	return S_ISREG(inode->raw->i_mode) ? 0 : bd_fail(err, EINVAL, "not a regular file");
}

static int send_file(struct reading *reading, enum bd_boot_file_kind kind, const char *path, struct bd_error *err)
{
	BD_DISPOSE(bd_ext_inode_dispose) struct bd_ext_inode inode = { .fs = NULL };

	if (read_inode(reading, path, &inode, err) == 0) {
		bd_result_send_file(&reading->writer, kind, path);
		if (reading->request->without_content ||
		    send_content(reading, inode.number, (struct ext2_inode *)inode.raw, err) == 0)
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
	struct bd_error not_replayed = BD_ERROR_INIT;
	ext2_ino_t number;

	bd_ext_close(&reading->fs);
	reading->begin_bytes = place->offset_bytes;
	if (bd_ext_open_fd_replayed(reading->fd, place->offset_bytes, request->disk_bytes, &reading->fs,
				    &not_replayed, err) != 0 ||
	    look_up(reading, request->kernel, &number, err) != 0) {
		note(reading, place, err);
		return 0;
	}
	if (not_replayed.code)
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
	reading->buffer = malloc(BUFFER_BYTES);
	if (!reading->buffer)
		return bd_no_memory(err);
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
	bd_ext_close(&reading.fs);
	free(reading.buffer);
}
