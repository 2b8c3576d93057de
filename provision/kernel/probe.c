/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpacks the kernel to nowhere, and looks at what comes by. */
#include "kernel/probe.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/bzimage.h"
#include "kernel/unpack.h"
#include "kernel/xen_notes.h"
#include "sandbox/sandbox.h"

#define MIB (UINT64_C(1) << 20)
#define MEMORY_BYTES (UINT64_C(192) * MIB) /* the window of what kernels are packed with, and the decompressor */
#define CPU_S 30
#define MARK "xen_blkfront."
#define MARK_BYTES (sizeof(MARK) - 1)

struct looking {
	uint64_t size_bytes;
	struct bd_error prepared; /* why nothing can be unpacked; code 0: it can */
	bool has_mark;
	size_t tail_bytes;
	char tail[MARK_BYTES - 1]; /* of the piece before: the mark may lie over its end */
};

static void prepare(void *context)
{
	struct looking *looking = context;

	bd_unpack_prepare(&looking->prepared);
}

static int look_at(const struct bd_kernel_sink *sink, const void *data, size_t size_bytes, struct bd_error *err)
{
	struct looking *looking = sink->context;
	char joint[2 * (MARK_BYTES - 1)];
	size_t more = size_bytes < MARK_BYTES - 1 ? size_bytes : MARK_BYTES - 1;

	(void)err;
	memcpy(joint, looking->tail, looking->tail_bytes);
	memcpy(joint + looking->tail_bytes, data, more);
	looking->has_mark = looking->has_mark || memmem(data, size_bytes, MARK, MARK_BYTES) ||
			    memmem(joint, looking->tail_bytes + more, MARK, MARK_BYTES);
	looking->tail_bytes = more;
	memcpy(looking->tail, (const char *)data + size_bytes - more, more);
	return 0;
}

/* One that was unpacked already. */
static int look_at_elf(const struct bd_kernel_source *source, struct looking *looking, struct bd_xen_notes *notes_out,
		       struct bd_error *err)
{
	BD_DISPOSE(bd_xen_notes_dispose) struct bd_xen_notes_reader reader = { 0 };
	const struct bd_kernel_sink sink = { .context = looking };
	char piece[BD_KERNEL_COPY_BYTES];
	size_t got;

	for (uint64_t at = 0; at < source->size_bytes; at += got) {
		uint64_t left = source->size_bytes - at;
		if (source->read(source, at, piece, left < sizeof(piece) ? left : sizeof(piece), &got, err) != 0 ||
		    (got && bd_xen_notes_take(&reader, piece, got, err) != 0))
			return -1;
		if (!got)
			break;
		look_at(&sink, piece, got, err);
	}
	return bd_xen_notes_finish(&reader, notes_out, err);
}

static int look(struct looking *looking, int fd, struct bd_xen_notes *notes_out, struct bd_error *err)
{
	const struct bd_kernel_source source = bd_kernel_source_fd(fd, looking->size_bytes);
	const struct bd_kernel_sink sink = { .write = look_at, .context = looking };
	const struct bd_unpack_limits limits = BD_UNPACK_LIMITS_INIT;
	struct bd_unpacked unpacked;
	struct bd_bzimage image;

	if (bd_bzimage_read(&source, &image, err) != 0)
		return err->code == ENOEXEC ? look_at_elf(&source, looking, notes_out, err) : -1;
	if (looking->prepared.code || bd_unpack(&source, &image, &limits, &sink, &unpacked, err) != 0)
		return -1;
	*notes_out = unpacked.notes;
	return 0;
}

/* Nothing is written where nothing can be told. */
static void work(void *context, int input_fd, int output_fd)
{
	struct looking *looking = context;
	struct bd_xen_notes notes = { 0 };
	struct bd_error err = BD_ERROR_INIT;

	if (look(looking, input_fd, &notes, &err) != 0)
		return;
	uint8_t answer[3] = { notes.pv, notes.pvh, looking->has_mark };
	if (write(output_fd, answer, sizeof(answer)) != sizeof(answer))
		_exit(1);
}

int bd_kernel_probe(int fd, struct bd_kernel_probe *probe_out, struct bd_error *err)
{
	BD_DISPOSE(bd_sandbox_dispose) struct bd_sandbox sandbox = BD_SANDBOX_INIT;
	off_t end = lseek(fd, 0, SEEK_END);
	struct looking looking = { .size_bytes = end > 0 ? (uint64_t)end : 0 };
	const struct bd_sandbox_job job = { .input_fd = fd,
					    .prepare = prepare,
					    .work = work,
					    .context = &looking,
					    .memory_bytes = MEMORY_BYTES,
					    .idle_cpu_s = CPU_S,
					    .cpu_s = CPU_S };
	uint8_t answer[3];
	size_t count = 0, got = 1;

	if (end < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return bd_fail_errno(err, "cannot read the kernel");
	if (bd_sandbox_start(&job, &sandbox, err) != 0)
		return -1;
	for (; count < sizeof(answer) && got; count += got)
		if (bd_sandbox_read(&sandbox, answer + count, sizeof(answer) - count, &got, err) != 0)
			return err->kind == BD_KIND_CANCELED
				       ? -1
				       : bd_fail(err, ENOEXEC, "its kernel cannot be looked at");
	if (count < sizeof(answer))
		return bd_fail(err, ENOEXEC, "its kernel cannot be unpacked");
	*probe_out = (struct bd_kernel_probe){ .pv = answer[0], .pvh = answer[1], .has_disk_driver = answer[2] };
	return 0;
}
