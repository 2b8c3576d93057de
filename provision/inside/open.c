/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts the sandboxed reader of a filesystem. */
#include "inside/open.h"

#include "inside/walk.h"

#define MEMORY_BYTES (UINT64_C(1) << 30)
#define IDLE_CPU_S 60u

int bd_inside_open(int fd, const struct bd_inside_request *request, bd_progress_report progress,
		   struct bd_file_stream **stream_out, struct bd_error *err)
{
	const struct bd_sandbox_job job = {
		.input_fd = fd,
		.work = bd_inside_walk,
		.context = (void *)request,
		.memory_bytes = MEMORY_BYTES,
		.idle_cpu_s = IDLE_CPU_S,
	};
	if (bd_file_stream_start(&job, progress, stream_out, err) != 0)
		return -1;
	bd_file_stream_take_problems(*stream_out);
	return 0;
}
