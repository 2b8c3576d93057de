/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has the filesystem open, and answers one question after the other. */
#include "inside/root_work.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ext3/change/changer.h"
#include "ext3/filesystem.h"
#include "ext3/reader/root.h"
#include "filestream/frame.h"
#include "inside/root_frame.h"
#include "rootfs/root_reader.h"
#include "sandbox/sandbox.h"

struct serving {
	struct bd_root_reader reader;
	struct bd_frame_writer writer;
	const struct bd_root_request *request;
	const char *path;
};

static void begin(struct serving *serving, enum bd_root_frame kind)
{
	bd_frame_begin(&serving->writer, (enum bd_frame_kind)kind);
}

static int end(struct serving *serving, struct bd_error *err)
{
	return bd_frame_end(&serving->writer) ? 0
					      : bd_fail(err, EFBIG, "%s in the guest is too large", serving->path);
}

static int look(struct serving *serving, struct bd_error *err)
{
	struct bd_root_facts facts;

	if (serving->reader.look(serving->reader.source, serving->path, serving->request->follow, &facts, err) != 0)
		return -1;
	begin(serving, BD_ROOT_FRAME_FACTS);
	bd_frame_put32(&serving->writer, facts.mode);
	bd_frame_put32(&serving->writer, facts.uid);
	bd_frame_put32(&serving->writer, facts.gid);
	bd_frame_put64(&serving->writer, facts.size_bytes);
	return end(serving, err);
}

static int resolve_parents(struct serving *serving, struct bd_error *err)
{
	BD_FREE char *resolved = NULL;

	if (serving->reader.resolve_parents(serving->reader.source, serving->path, &resolved, err) != 0)
		return -1;
	begin(serving, BD_ROOT_FRAME_PATH);
	bd_frame_put_text(&serving->writer, resolved);
	return end(serving, err);
}

static int read_file(struct serving *serving, struct bd_error *err)
{
	BD_FREE char *data = NULL;
	size_t size = 0;

	if (serving->reader.read_file(serving->reader.source, serving->path, (size_t)serving->request->limit_bytes,
				      &data, &size, err) != 0)
		return -1;
	begin(serving, BD_ROOT_FRAME_FILE);
	bd_frame_put32(&serving->writer, data != NULL);
	bd_frame_put64(&serving->writer, size);
	if (end(serving, err) != 0)
		return -1;
	bd_frame_data(&serving->writer, 0, data, size);
	return 0;
}

static int read_label(struct serving *serving, struct bd_error *err)
{
	BD_FREE void *value = NULL;
	size_t size = 0;

	if (serving->reader.read_label(serving->reader.source, serving->path, &value, &size, err) != 0)
		return -1;
	begin(serving, BD_ROOT_FRAME_LABEL);
	bd_frame_put32(&serving->writer, value != NULL);
	bd_frame_put_bytes(&serving->writer, value ? value : "", size);
	return end(serving, err);
}

static int read_link(struct serving *serving, struct bd_error *err)
{
	BD_FREE char *target = NULL;

	if (serving->reader.read_link(serving->reader.source, serving->path, &target, err) != 0)
		return -1;
	begin(serving, BD_ROOT_FRAME_LINK);
	bd_frame_put_text(&serving->writer, target);
	return end(serving, err);
}

static int send_name(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	struct serving *serving = context;

	begin(serving, BD_ROOT_FRAME_NAME);
	bd_frame_put32(&serving->writer, type);
	bd_frame_put_text(&serving->writer, name);
	return end(serving, err);
}

static int list(struct serving *serving, struct bd_error *err)
{
	if (serving->reader.list(serving->reader.source, serving->path, send_name, serving, err) != 0)
		return -1;
	begin(serving, BD_ROOT_FRAME_NAMES_END);
	return end(serving, err);
}

static int answer(struct serving *serving, struct bd_error *err)
{
	switch (serving->request->question) {
	case BD_ROOT_LOOK:
		return look(serving, err);
	case BD_ROOT_RESOLVE_PARENTS:
		return resolve_parents(serving, err);
	case BD_ROOT_READ_FILE:
		return read_file(serving, err);
	case BD_ROOT_READ_LABEL:
		return read_label(serving, err);
	case BD_ROOT_READ_LINK:
		return read_link(serving, err);
	case BD_ROOT_LIST:
		return list(serving, err);
	}
	return bd_fail(err, EINVAL, "internal error: an unknown question");
}

static void serve(struct serving *serving)
{
	struct bd_root_request request;
	char path[PATH_MAX];

	serving->request = &request;
	serving->path = path;
	while (bd_sandbox_receive(&request, sizeof(request)) && request.path_bytes < sizeof(path) &&
	       bd_sandbox_receive(path, request.path_bytes)) {
		struct bd_error err = BD_ERROR_INIT;
		path[request.path_bytes] = '\0';
		if (answer(serving, &err) != 0)
			bd_frame_error(&serving->writer, BD_FRAME_ERROR, &err);
		bd_frame_flush(&serving->writer);
	}
}

void bd_inside_root_work(void *context, int input_fd, int output_fd)
{
	const struct bd_root_place *place = context;
	BD_DISPOSE(bd_ext3_root_dispose) struct bd_ext3_root root = { 0 };
	struct serving serving = { 0 };
	struct bd_error err = BD_ERROR_INIT;

	if (!bd_frame_writer_init(&serving.writer, output_fd))
		_exit(1);
	if (bd_ext3_root_open(input_fd, place->offset_bytes, place->size_bytes, &root, &err) != 0 ||
	    bd_changer_check(root.fs, &err) != 0) {
		bd_frame_error(&serving.writer, BD_FRAME_ERROR, &err);
		bd_frame_flush(&serving.writer);
		return;
	}
	serving.reader = bd_ext3_root_reader(&root);
	begin(&serving, BD_ROOT_FRAME_FILESYSTEM);
	bd_frame_put_bytes(&serving.writer, root.uuid, sizeof(root.uuid));
	bd_frame_put_bytes(&serving.writer, root.label, sizeof(root.label) - 1);
	bd_frame_put64(&serving.writer, bd_ext_bytes(root.fs));
	bd_frame_put32(&serving.writer, root.uuid_in_checksums);
	bd_frame_put32(&serving.writer, root.was_replayed);
	bd_frame_end(&serving.writer);
	bd_frame_flush(&serving.writer);
	serve(&serving);
}
