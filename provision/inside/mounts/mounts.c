/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parent's side: checks what the sandboxed process says. */
#include "inside/mounts/mounts.h"

#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "filestream/frame_reader.h"
#include "inside/mounts/mounts_frame.h"
#include "inside/mounts/mounts_work.h"

#define MEMORY_BYTES (UINT64_C(512) << 20)
#define IDLE_CPU_S 60u

/* A component of a path that leads elsewhere, or nowhere. */
static bool is_odd(const char *component, size_t length)
{
	return length == 0 || (length <= 2 && strspn(component, ".") >= length);
}

static bool is_tidy(const char *path)
{
	if (*path != '/')
		return false;
	for (const char *at = path; *at;) {
		size_t length = strcspn(++at, "/");
		if (is_odd(at, length))
			return false;
		at += length;
	}
	return true;
}

static int take_mount(struct bd_frame_body *body, struct bd_inside_mount *items, size_t *count, size_t max,
		      bool is_root, struct bd_error *err)
{
	uint32_t partition = bd_frame_get32(body), is_fat = bd_frame_get32(body);
	uint64_t offset = bd_frame_get64(body), size = bd_frame_get64(body);
	const char *path = bd_frame_get_text(body);

	if (body->bad || partition > INT_MAX || *count == max || strlen(path) >= BD_MOUNT_PATH_SIZE ||
	    (is_root ? strcmp(path, "/") != 0 : !is_tidy(path)))
		return bd_frame_fail_protocol(err);
	items[*count] = (struct bd_inside_mount){
		.partition = (int)partition, .offset_bytes = offset, .size_bytes = size, .is_fat = is_fat != 0
	};
	strcpy(items[(*count)++].path, path);
	return 1;
}

/* 1: there is more to come. */
static int take_frame(struct bd_frame *frame, struct bd_inside_mounts *mounts, struct bd_error *err)
{
	switch (frame->kind) {
	case BD_FRAME_END:
		return mounts->count ? 0 : bd_frame_fail_protocol(err);
	case BD_FRAME_ERROR:
		return bd_frame_take_error(frame, err);
	case BD_MOUNTS_FRAME_MOUNT:
		return take_mount(&frame->body, mounts->items, &mounts->count, BD_MOUNTS_MAX + 1, mounts->count == 0,
				  err);
	case BD_MOUNTS_FRAME_LEFT_OUT:
		return take_mount(&frame->body, mounts->left_out, &mounts->left_out_count, BD_MOUNTS_MAX, false, err);
	default:
		return bd_frame_fail_protocol(err);
	}
}

int bd_inside_mounts_find(int fd, int partition, const char *(*advice)(const char *type),
			  struct bd_inside_mounts *mounts_out, struct bd_error *err)
{
	BD_DISPOSE(bd_frame_reader_dispose) struct bd_frame_reader reader = BD_FRAME_READER_INIT;
	struct bd_mounts_request request = { .partition = partition, .advice = advice };
	const struct bd_sandbox_job job = { .input_fd = fd,
					    .work = bd_inside_mounts_work,
					    .context = &request,
					    .memory_bytes = MEMORY_BYTES,
					    .idle_cpu_s = IDLE_CPU_S };
	struct bd_frame frame;

	*mounts_out = (struct bd_inside_mounts){ .count = 0 };
	int r = bd_frame_reader_start(&reader, &job, err) == 0 ? 1 : -1;
	while (r == 1)
		r = bd_frame_reader_next(&reader, &frame, err) != 0 ? -1 : take_frame(&frame, mounts_out, err);
	return r != 0 ? -1 : bd_frame_reader_finish(&reader, err);
}
