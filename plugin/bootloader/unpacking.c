/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child sends what result_frame.h has: one file, whose content comes as data. */
#include "bootloader/unpacking.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "bootloader/options.h"
#include "bootloader/result.h"
#include "bootloader/result_frame.h"
#include "filestream/frame_reader.h"
#include "kernel/bzimage.h"
#include "kernel/unpack.h"

#define MIB (UINT64_C(1) << 20)
#define WINDOW_MEMORY \
	(UINT64_C(192) * MIB) /* the largest window that kernels are packed with, and what libarchive takes besides */

struct unpacking {
	uint64_t size_bytes, file_bytes_max;
	struct bd_error prepared; /* why it cannot unpack anything; code 0: it can */
	struct bd_frame_writer writer;
	uint64_t sent_bytes;
};

static void prepare(void *context)
{
	struct unpacking *unpacking = context;

	bd_unpack_prepare(&unpacking->prepared);
}

static int send(const struct bd_kernel_sink *sink, const void *data, size_t size_bytes, struct bd_error *err)
{
	struct unpacking *unpacking = sink->context;
	const char *at = data;
	(void)err;

	while (size_bytes) {
		size_t size = size_bytes < BD_FRAME_DATA_MAX ? size_bytes : BD_FRAME_DATA_MAX;
		bd_frame_data(&unpacking->writer, unpacking->sent_bytes, at, size);
		unpacking->sent_bytes += size;
		at += size;
		size_bytes -= size;
	}
	return 0;
}

static int unpack(struct unpacking *unpacking, int fd, struct bd_error *err)
{
	const struct bd_kernel_source source = bd_kernel_source_fd(fd, unpacking->size_bytes);
	const struct bd_kernel_sink sink = { .write = send, .context = unpacking };
	struct bd_unpack_limits limits = BD_UNPACK_LIMITS_INIT;
	struct bd_unpacked unpacked;
	struct bd_bzimage image;

	if (unpacking->prepared.code) {
		*err = unpacking->prepared;
		return -1;
	}
	limits.output_bytes = unpacking->file_bytes_max;
	bd_result_send_file(&unpacking->writer, BD_BOOT_KERNEL, "the kernel");
	return bd_bzimage_read(&source, &image, err) == 0 ? bd_unpack(&source, &image, &limits, &sink, &unpacked, err)
							  : -1;
}

static void work(void *context, int input_fd, int output_fd)
{
	struct unpacking *unpacking = context;
	struct bd_error err = BD_ERROR_INIT;

	if (!bd_frame_writer_init(&unpacking->writer, output_fd))
		_exit(1);
	if (unpack(unpacking, input_fd, &err) == 0)
		bd_frame_end_stream(&unpacking->writer, 0);
	else
		bd_frame_error(&unpacking->writer, BD_FRAME_ERROR, &err);
	bd_frame_flush(&unpacking->writer);
}

int bd_unpack_kernel(int from_fd, uint64_t size_bytes, int to_fd, const struct bd_sandbox_job *job,
		     uint64_t file_bytes_max, struct bd_error *err)
{
	struct unpacking unpacking = { .size_bytes = size_bytes, .file_bytes_max = file_bytes_max };
	BD_DISPOSE(bd_frame_reader_dispose) struct bd_frame_reader reader = BD_FRAME_READER_INIT;
	BD_DISPOSE(bd_result_dispose) struct bd_result result = { .arguments = NULL };
	const struct bd_result_target target = { .disk_fd = -1,
						 .fds = { to_fd, -1 },
						 .file_bytes_max = file_bytes_max };
	struct bd_sandbox_job own = *job;

	own.input_fd = from_fd;
	own.prepare = prepare;
	own.work = work;
	own.context = &unpacking;
	own.takes_requests = false;
	own.ends_openers = true;
	if (own.memory_bytes < WINDOW_MEMORY)
		own.memory_bytes = WINDOW_MEMORY;
	if (lseek(from_fd, 0, SEEK_SET) < 0)
		return bd_fail_errno(err, "cannot read the kernel");
	if (bd_frame_reader_start(&reader, &own, err) != 0)
		return -1;
	bd_sandbox_set_deadline(&reader.sandbox, job->cpu_s * BD_XLBOOT_WALL_FACTOR);
	return bd_result_read(&reader, &target, &result, err) == 0 ? 0 : bd_wrap(err, "unpacking the kernel");
}
