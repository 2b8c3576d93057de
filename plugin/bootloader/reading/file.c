/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By ranges of the disk, or by grub-fstest. */
#include "bootloader/reading/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootloader/reading/asking.h"
#include "bootloader/reading/subvolume.h"
#include "bootloader/result_frame.h"
#include "sandbox/sandbox.h"

#define PIECE_BYTES (128u << 10) /* the headers of any kernel */

void bd_boot_file_source_dispose(struct bd_boot_file_source *file)
{
	free(file->path);
	free(file->grub_path);
	free(file->piece);
	*file = (struct bd_boot_file_source){ .disk = NULL };
}

static int fail_missing(const char *path, struct bd_error *err)
{
	return bd_not_found(err, "there is no %.300s on the disk", path);
}

static int find_in_ext(struct bd_boot_file_source *file, struct bd_error *err)
{
	struct bd_places_fs *fs = bd_boot_disk_ext(file->disk, file->device);
	struct bd_error failure = BD_ERROR_INIT;

	if (!fs)
		return fail_missing(file->path, err);
	if (bd_places_find(fs, file->path, &file->size_bytes, &failure) == 0)
		return 0;
	if (failure.kind == BD_KIND_NOT_FOUND)
		return fail_missing(file->path, err);
	*err = failure;
	return bd_wrap(err, "%.300s", file->path);
}

static int find_by_grub(struct bd_boot_file_source *file, struct bd_error *err)
{
	BD_DISPOSE(bd_boot_place_dispose) struct bd_boot_place place = { .path = NULL };

	if (bd_boot_place_find(file->disk, file->device, file->path, &place, err) != 0)
		return -1;
	if (place.type != 'f')
		return fail_missing(file->path, err);
	file->size_bytes = place.size_bytes;
	return bd_boot_disk_grub_path(file->device, place.path, &file->grub_path, err);
}

int bd_boot_file_source_open(struct bd_boot_disk *disk, const char *device_name, const char *path,
			     struct bd_boot_file_source *file_out, struct bd_error *err)
{
	BD_DISPOSE(bd_boot_file_source_dispose) struct bd_boot_file_source file = { .disk = disk };

	file.device = bd_boot_devices_find(&disk->devices, device_name);
	if (!file.device || file.device->is_dropped)
		return bd_not_found(err, "there is no %.100s with the %.200s that is to be booted", device_name,
				    path);
	if (bd_text_format(&file.path, err, "%s", path) != 0 ||
	    (file.device->is_ext ? find_in_ext : find_by_grub)(&file, err) != 0)
		return -1;
	*file_out = bd_take_struct(file);
	return 0;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* Looked up anew: another may have been in the meantime. */
static int find_again(struct bd_boot_file_source *file, struct bd_places_fs **fs_out, struct bd_error *err)
{
	uint64_t size;

	*fs_out = bd_boot_disk_ext(file->disk, file->device);
	return *fs_out ? bd_places_find(*fs_out, file->path, &size, err) : fail_missing(file->path, err);
}

static int fill_from_ext(struct bd_boot_file_source *file, size_t size, struct bd_error *err)
{
	struct bd_places_fs *fs;

	if (!file->piece)
		file->piece = malloc(PIECE_BYTES);
	if (!file->piece)
		return bd_no_memory(err);
	if (find_again(file, &fs, err) != 0 || bd_places_read_bytes(fs, file->piece_at, size, file->piece, err) != 0)
		return -1;
	file->piece_bytes = size;
	return 0;
}

static int fill_by_grub(struct bd_boot_file_source *file, size_t size, struct bd_error *err)
{
	const char *path = file->grub_path;
	const struct bd_asking asking = { .what = BD_ASK_READ,
					  .paths = &path,
					  .count = 1,
					  .from_bytes = file->piece_at,
					  .size_bytes = size,
					  .limit_bytes = size };

	free(bd_take_ptr(file->piece));
	return bd_ask_grub(&file->disk->writer, &asking, &file->piece, &file->piece_bytes, err);
}

static int fill(struct bd_boot_file_source *file, uint64_t at_bytes, struct bd_error *err)
{
	uint64_t left = file->size_bytes - at_bytes;
	size_t size = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;

	file->piece_at = at_bytes;
	file->piece_bytes = 0;
	if ((file->grub_path ? fill_by_grub : fill_from_ext)(file, size, err) != 0) {
		file->piece_bytes = 0;
		return bd_wrap(err, "%.300s", file->path);
	}
	return 0;
}

static int read_piece(const struct bd_kernel_source *source, uint64_t at_bytes, void *data_out, size_t size_bytes,
		      size_t *got_out, struct bd_error *err)
{
	struct bd_boot_file_source *file = source->context;
	bool is_there = at_bytes >= file->piece_at && at_bytes - file->piece_at < file->piece_bytes;

	if (!is_there && fill(file, at_bytes, err) != 0)
		return -1;
	size_t from = (size_t)(at_bytes - file->piece_at), left = file->piece_bytes - from;
	*got_out = size_bytes < left ? size_bytes : left;
	memcpy(data_out, file->piece + from, *got_out);
	return 0;
}

struct bd_kernel_source bd_boot_file_source_read(struct bd_boot_file_source *file)
{
	return (struct bd_kernel_source){ .size_bytes = file->size_bytes, .read = read_piece, .context = file };
}

/* --- sending ------------------------------------------------------------------------------------------------------ */

struct sending {
	struct bd_frame_writer *writer;
	uint64_t from_bytes; /* of the part in the file */
	uint64_t to_bytes; /* of the part in the parent's file */
};

static int send_range(void *context, uint64_t disk_bytes, uint64_t size_bytes, struct bd_error *err)
{
	struct sending *sending = context;
	(void)err;

	bd_result_send_range(sending->writer, disk_bytes, size_bytes);
	return 0;
}

static int send_zeros(void *context, uint64_t size_bytes, struct bd_error *err)
{
	struct sending *sending = context;
	(void)err;

	bd_result_send_zeros(sending->writer, size_bytes);
	return 0;
}

static int send_data(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes, struct bd_error *err)
{
	struct sending *sending = context;
	(void)err;

	bd_frame_data(sending->writer, sending->to_bytes + offset_bytes - sending->from_bytes, data, size_bytes);
	return 0;
}

int bd_boot_file_source_send(struct bd_boot_file_source *file, uint64_t from_bytes, uint64_t size_bytes,
			     uint64_t to_bytes, struct bd_error *err)
{
	struct bd_frame_writer *writer = &file->disk->writer;
	struct sending sending = { .writer = writer, .from_bytes = from_bytes, .to_bytes = to_bytes };
	const struct bd_places_sink sink = { send_range, send_zeros, send_data, &sending };
	struct bd_places_fs *fs;

	if (!size_bytes)
		return 0;
	if (file->grub_path) {
		bd_result_send_copy(writer, file->grub_path, from_bytes, size_bytes);
		return 0;
	}
	if (find_again(file, &fs, err) != 0)
		return -1;
	return bd_places_read_part(fs, from_bytes, size_bytes, &sink, err) != 0 ? bd_wrap(err, "%.300s", file->path)
										: 0;
}

/* --- what has been sent ------------------------------------------------------------------------------------------- */

static int read_copy(const struct bd_kernel_source *source, uint64_t at_bytes, void *data_out, size_t size_bytes,
		     size_t *got_out, struct bd_error *err)
{
	struct bd_boot_disk *disk = source->context;
	uint64_t size = source->size_bytes - at_bytes;

	if (size > size_bytes)
		size = size_bytes;
	if (size > BD_RESULT_READ_BACK_MAX)
		size = BD_RESULT_READ_BACK_MAX;
	bd_result_send_read_back(&disk->writer, at_bytes, (uint32_t)size);
	bd_frame_flush(&disk->writer);
	if (!bd_sandbox_receive(data_out, (size_t)size))
		return bd_fail(err, EIO, "the parent process has ended");
	*got_out = (size_t)size;
	return 0;
}

struct bd_kernel_source bd_boot_copy_read(struct bd_boot_disk *disk, uint64_t size_bytes)
{
	return (struct bd_kernel_source){ .size_bytes = size_bytes, .read = read_copy, .context = disk };
}
