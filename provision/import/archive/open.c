/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts the sandboxed reader of an archive. */
#include "import/archive/open.h"

#include "base/cleanup.h"
#include "import/archive/reader.h"

static int open_stream(int fd, bool takes_disk, bd_progress_report progress, unsigned memory_mib, unsigned idle_cpu_s,
		       struct bd_file_stream **stream_out, struct bd_error *err)
{
	BD_DISPOSE(bd_archive_reader_free) struct bd_archive_reader *reader = NULL;

	if (bd_archive_reader_open(fd, takes_disk, &reader, err) != 0)
		return -1;
	const struct bd_sandbox_job job = {
		.input_fd = fd,
		.prepare = bd_archive_reader_prepare,
		.work = bd_archive_reader_run,
		.context = reader,
		.memory_bytes = (uint64_t)memory_mib << 20,
		.idle_cpu_s = idle_cpu_s,
	};
	return bd_file_stream_start(&job, progress, stream_out, err);
}

int bd_archive_open_within(int fd, bd_progress_report progress, unsigned memory_mib, unsigned idle_cpu_s,
			   struct bd_file_stream **stream_out, struct bd_error *err)
{
	return open_stream(fd, false, progress, memory_mib, idle_cpu_s, stream_out, err);
}

int bd_archive_or_disk_open(int fd, bd_progress_report progress, struct bd_file_stream **stream_out,
			    struct bd_error *err)
{
	return open_stream(fd, true, progress, BD_ARCHIVE_MEMORY_MIB, BD_ARCHIVE_IDLE_CPU_S, stream_out, err);
}

int bd_archive_open(int fd, bd_progress_report progress, struct bd_file_stream **stream_out, struct bd_error *err)
{
	return bd_archive_open_within(fd, progress, BD_ARCHIVE_MEMORY_MIB, BD_ARCHIVE_IDLE_CPU_S, stream_out, err);
}
