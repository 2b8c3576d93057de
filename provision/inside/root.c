/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parent's side: asks, and takes the answers apart. */
#include "inside/root.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "inside/root_frame.h"
#include "inside/root_work.h"
#include "sandbox/sandbox.h"

#define MEMORY_BYTES (UINT64_C(512) << 20)
#define IDLE_CPU_S 30u
#define XATTR_BYTES_MAX ((size_t)64 << 10) /* the kernel's XATTR_SIZE_MAX */
#define NAMES_BYTES_MAX ((size_t)64 << 20) /* of a directory */

void bd_inside_root_dispose(struct bd_inside_root *root)
{
	bd_frame_reader_dispose(&root->answers);
	*root = (struct bd_inside_root)BD_INSIDE_ROOT_INIT;
}

/* The next frame, which is of that kind or an error. */
static int take_frame(struct bd_inside_root *root, enum bd_root_frame kind, struct bd_frame *frame_out,
		      struct bd_error *err)
{
	if (bd_frame_reader_next(&root->answers, frame_out, err) != 0)
		return -1;
	if (frame_out->kind == BD_FRAME_ERROR)
		return bd_frame_take_error(frame_out, err);
	return frame_out->kind == (uint32_t)kind ? 0 : bd_frame_fail_protocol(err);
}

static int ask(struct bd_inside_root *root, enum bd_root_question question, const char *path, bool follow,
	       uint64_t limit_bytes, struct bd_error *err)
{
	struct {
		struct bd_root_request head;
		char path[PIPE_BUF];
	} request = { .head = { .question = question, .follow = follow, .limit_bytes = limit_bytes } };
	size_t size = strlen(path);

	if (size > sizeof(request.path) - sizeof(request.head))
		return bd_fail(err, ENAMETOOLONG, "a path in the guest is too long");
	memcpy(request.path, path, size);
	request.head.path_bytes = (uint32_t)size;
	return bd_sandbox_request(&root->answers.sandbox, &request, sizeof(request.head) + size, err);
}

int bd_inside_root_open(int fd, uint64_t offset_bytes, uint64_t size_bytes, struct bd_inside_root *root_out,
			struct bd_error *err)
{
	BD_DISPOSE(bd_inside_root_dispose) struct bd_inside_root root = BD_INSIDE_ROOT_INIT;
	struct bd_root_place place = { offset_bytes, size_bytes };
	const struct bd_sandbox_job job = {
		.input_fd = fd,
		.work = bd_inside_root_work,
		.context = &place,
		.takes_requests = true,
		.memory_bytes = MEMORY_BYTES,
		.idle_cpu_s = IDLE_CPU_S,
	};
	struct bd_frame frame;

	if (bd_frame_reader_start(&root.answers, &job, err) != 0 ||
	    take_frame(&root, BD_ROOT_FRAME_FILESYSTEM, &frame, err) != 0)
		return -1;
	const void *uuid = bd_frame_get_bytes(&frame.body, sizeof(root.uuid)),
		   *label = bd_frame_get_bytes(&frame.body, sizeof(root.label) - 1);
	root.size_bytes = bd_frame_get64(&frame.body);
	root.uuid_in_checksums = bd_frame_get32(&frame.body);
	root.was_replayed = bd_frame_get32(&frame.body);
	if (frame.body.bad)
		return bd_frame_fail_protocol(err);
	memcpy(root.uuid, uuid, sizeof(root.uuid));
	memcpy(root.label, label, sizeof(root.label) - 1);
	*root_out = root;
	root = (struct bd_inside_root)BD_INSIDE_ROOT_INIT; /* its owner is the caller now */
	return 0;
}

/* --- struct bd_root_reader ---------------------------------------------------------------------------------------- */

static struct bd_inside_root *root_of(const void *source)
{
	return (struct bd_inside_root *)source;
}

static int look(const void *source, const char *path, bool follow, struct bd_root_facts *facts_out,
		struct bd_error *err)
{
	struct bd_inside_root *root = root_of(source);
	struct bd_frame frame;

	*facts_out = (struct bd_root_facts){ 0 };
	if (ask(root, BD_ROOT_LOOK, path, follow, 0, err) != 0 ||
	    take_frame(root, BD_ROOT_FRAME_FACTS, &frame, err) != 0)
		return -1;
	facts_out->mode = bd_frame_get32(&frame.body);
	facts_out->uid = bd_frame_get32(&frame.body);
	facts_out->gid = bd_frame_get32(&frame.body);
	facts_out->size_bytes = bd_frame_get64(&frame.body);
	return frame.body.bad ? bd_frame_fail_protocol(err) : 0;
}

/* *answer_out is valid until the next frame. */
static int ask_for_path(struct bd_inside_root *root, enum bd_root_question question, const char *path,
			enum bd_root_frame kind, const char **answer_out, struct bd_error *err)
{
	struct bd_frame frame;

	if (ask(root, question, path, false, 0, err) != 0 || take_frame(root, kind, &frame, err) != 0)
		return -1;
	*answer_out = bd_frame_get_text(&frame.body);
	return frame.body.bad || strlen(*answer_out) >= PATH_MAX ? bd_frame_fail_protocol(err) : 0;
}

static int resolve_parents(const void *source, const char *path, char **path_out, struct bd_error *err)
{
	const char *resolved;

	if (ask_for_path(root_of(source), BD_ROOT_RESOLVE_PARENTS, path, BD_ROOT_FRAME_PATH, &resolved, err) != 0)
		return -1;
	if (*resolved != '/')
		return bd_frame_fail_protocol(err);
	*path_out = strdup(resolved);
	return *path_out ? 0 : bd_no_memory(err);
}

/* With a NUL behind it. */
static int take_content(struct bd_inside_root *root, char *data, size_t size, struct bd_error *err)
{
	struct bd_frame frame;

	for (size_t done = 0; done < size;) {
		if (take_frame(root, (enum bd_root_frame)BD_FRAME_DATA, &frame, err) != 0)
			return -1;
		uint64_t offset = bd_frame_get64(&frame.body);
		if (frame.body.bad || offset != done || !frame.body.left || frame.body.left > size - done)
			return bd_frame_fail_protocol(err);
		memcpy(data + done, frame.body.at, frame.body.left);
		done += frame.body.left;
	}
	data[size] = '\0';
	return 0;
}

static int read_file(const void *source, const char *path, size_t limit_bytes, char **data_out,
		     size_t *size_bytes_out, struct bd_error *err)
{
	struct bd_inside_root *root = root_of(source);
	struct bd_frame frame;

	*data_out = NULL;
	if (ask(root, BD_ROOT_READ_FILE, path, true, limit_bytes, err) != 0 ||
	    take_frame(root, BD_ROOT_FRAME_FILE, &frame, err) != 0)
		return -1;
	bool is_there = bd_frame_get32(&frame.body);
	uint64_t size = bd_frame_get64(&frame.body);
	if (frame.body.bad || size > limit_bytes)
		return bd_frame_fail_protocol(err);
	if (!is_there)
		return 0;
	BD_FREE char *data = malloc((size_t)size + 1);
	if (!data)
		return bd_no_memory(err);
	if (take_content(root, data, (size_t)size, err) != 0)
		return -1;
	if (size_bytes_out)
		*size_bytes_out = (size_t)size;
	*data_out = bd_take_ptr(data);
	return 0;
}

static int read_label(const void *source, const char *path, void **value_out, size_t *size_bytes_out,
		      struct bd_error *err)
{
	struct bd_inside_root *root = root_of(source);
	struct bd_frame frame;

	*value_out = NULL;
	if (ask(root, BD_ROOT_READ_LABEL, path, false, 0, err) != 0 ||
	    take_frame(root, BD_ROOT_FRAME_LABEL, &frame, err) != 0)
		return -1;
	bool is_there = bd_frame_get32(&frame.body);
	if (frame.body.bad || frame.body.left > XATTR_BYTES_MAX)
		return bd_frame_fail_protocol(err);
	if (!is_there)
		return 0;
	*value_out = bd_bytes_copy(frame.body.at, frame.body.left);
	*size_bytes_out = frame.body.left;
	return *value_out ? 0 : bd_no_memory(err);
}

static int read_link(const void *source, const char *path, char **target_out, struct bd_error *err)
{
	const char *target;

	*target_out = NULL;
	if (ask_for_path(root_of(source), BD_ROOT_READ_LINK, path, BD_ROOT_FRAME_LINK, &target, err) != 0)
		return -1;
	if (!*target)
		return 0;
	*target_out = strdup(target);
	return *target_out ? 0 : bd_no_memory(err);
}

/* All of them before the first visit, which may ask for something itself. A type and a name, terminated, one after the other. */
struct names {
	char *text; /* owned */
	size_t size, capacity;
};

static int take_name(struct names *names, struct bd_frame *frame, struct bd_error *err)
{
	uint32_t type = bd_frame_get32(&frame->body);
	const char *name = bd_frame_get_text(&frame->body);
	size_t size = strlen(name) + 1;

	if (frame->body.bad || type > UINT8_MAX || size == 1 || size > NAME_MAX + 1 || strchr(name, '/') ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return bd_frame_fail_protocol(err);
	if (names->size > NAMES_BYTES_MAX)
		return bd_fail(err, EFBIG, "a directory in the guest has too many entries");
	if (bd_array_reserve(names->text, names->capacity, names->size + 1 + size, err) != 0)
		return -1;
	names->text[names->size++] = (char)type;
	memcpy(names->text + names->size, name, size);
	names->size += size;
	return 0;
}

static int take_names(struct bd_inside_root *root, struct names *names, struct bd_error *err)
{
	struct bd_frame frame;

	for (;;) {
		if (bd_frame_reader_next(&root->answers, &frame, err) != 0)
			return -1;
		if (frame.kind == BD_ROOT_FRAME_NAMES_END)
			return 0;
		if (frame.kind == BD_FRAME_ERROR)
			return bd_frame_take_error(&frame, err);
		if (frame.kind != BD_ROOT_FRAME_NAME)
			return bd_frame_fail_protocol(err);
		if (take_name(names, &frame, err) != 0)
			return -1;
	}
}

static int list(const void *source, const char *path, bd_root_visit visit, void *context, struct bd_error *err)
{
	struct bd_inside_root *root = root_of(source);
	struct names names = { 0 };

	int r = ask(root, BD_ROOT_LIST, path, true, 0, err) == 0 ? take_names(root, &names, err) : -1;
	for (size_t at = 0; r == 0 && at < names.size; at += 2 + strlen(names.text + at + 1))
		r = visit(context, names.text + at + 1, (uint8_t)names.text[at], err);
	free(names.text);
	return r;
}

struct bd_root_reader bd_inside_root_reader(struct bd_inside_root *root)
{
	return (struct bd_root_reader){ .source = root,
					.look = look,
					.resolve_parents = resolve_parents,
					.read_file = read_file,
					.read_label = read_label,
					.read_link = read_link,
					.list = list };
}
