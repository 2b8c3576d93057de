/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the frames of a result. */
#include "bootloader/result_frame.h"

static void begin(struct bd_frame_writer *writer, enum bd_result_frame kind)
{
	bd_frame_begin(writer, (enum bd_frame_kind)kind);
}

void bd_result_send_file(struct bd_frame_writer *writer, enum bd_boot_file_kind kind, const char *path)
{
	begin(writer, BD_RESULT_FILE);
	bd_frame_put32(writer, kind);
	bd_frame_put_text(writer, path);
	bd_frame_end(writer);
}

void bd_result_send_room(struct bd_frame_writer *writer, uint64_t size_bytes)
{
	begin(writer, BD_RESULT_ROOM);
	bd_frame_put64(writer, size_bytes);
	bd_frame_end(writer);
}

void bd_result_send_range(struct bd_frame_writer *writer, uint64_t place_bytes, uint64_t size_bytes)
{
	begin(writer, BD_RESULT_RANGE);
	bd_frame_put64(writer, place_bytes);
	bd_frame_put64(writer, size_bytes);
	bd_frame_end(writer);
}

void bd_result_send_zeros(struct bd_frame_writer *writer, uint64_t size_bytes)
{
	begin(writer, BD_RESULT_ZEROS);
	bd_frame_put64(writer, size_bytes);
	bd_frame_end(writer);
}

void bd_result_send_text(struct bd_frame_writer *writer, enum bd_result_frame frame, const char *text)
{
	begin(writer, frame);
	bd_frame_put_text(writer, text);
	bd_frame_end(writer);
}

void bd_result_send_message(struct bd_frame_writer *writer, enum bd_log_level level, const char *text)
{
	begin(writer, BD_RESULT_MESSAGE);
	bd_frame_put32(writer, level);
	bd_frame_put_text(writer, text);
	bd_frame_end(writer);
}

void bd_result_send_copy(struct bd_frame_writer *writer, const char *path, uint64_t from_bytes, uint64_t size_bytes)
{
	bd_frame_begin(writer, (enum bd_frame_kind)BD_RESULT_COPY);
	bd_frame_put64(writer, from_bytes);
	bd_frame_put64(writer, size_bytes);
	bd_frame_put_text(writer, path);
	bd_frame_end(writer);
}

void bd_result_send_read_back(struct bd_frame_writer *writer, uint64_t from_bytes, uint32_t size_bytes)
{
	begin(writer, BD_RESULT_READ_BACK);
	bd_frame_put64(writer, from_bytes);
	bd_frame_put32(writer, size_bytes);
	bd_frame_end(writer);
}
