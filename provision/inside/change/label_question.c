/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks what the child says, which a guest's filesystem may have taken over: its policy goes to a confined program only, and its
 * labels back to the child. */
#include "inside/change/label_question.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "inside/change/new_labels.h"

#define CONTEXTS_BYTES_MAX ((size_t)8 << 20) /* three texts of which selinux/policy.c reads 2 MiB each */
#define QUERIES_BYTES_MAX ((size_t)256 << 20) /* of all files, with their paths */

void bd_label_question_dispose(struct bd_label_question *question)
{
	bd_selinux_queries_free(question->queries, question->count);
	free(question->contexts);
	*question = (struct bd_label_question)BD_LABEL_QUESTION_INIT;
}

int bd_label_question_take_policy(struct bd_label_question *question, struct bd_frame *frame, struct bd_error *err)
{
	size_t size = frame->body.left;

	if (size > CONTEXTS_BYTES_MAX - question->contexts_size || memchr(frame->body.at, '\0', size))
		return bd_frame_fail_protocol(err);
	if (bd_array_reserve(question->contexts, question->contexts_capacity, question->contexts_size + size + 1,
			     err) != 0)
		return -1;
	memcpy(question->contexts + question->contexts_size, frame->body.at, size);
	question->contexts_size += size;
	question->contexts[question->contexts_size] = '\0';
	return 0;
}

int bd_label_question_take_file(struct bd_label_question *question, struct bd_frame *frame, struct bd_error *err)
{
	mode_t mode = bd_frame_get32(&frame->body);
	const char *path = bd_frame_get_text(&frame->body);

	if (frame->body.bad || *path != '/')
		return bd_frame_fail_protocol(err);
	question->queries_bytes += sizeof(struct bd_selinux_query) + strlen(path) + 1;
	if (question->queries_bytes > QUERIES_BYTES_MAX)
		return bd_fail(err, E2BIG, "this is too much for one change; do it in parts");
	if (bd_array_reserve(question->queries, question->capacity, question->count + 1, err) != 0)
		return -1;
	char *copy = strdup(path);
	if (!copy)
		return bd_no_memory(err);
	question->queries[question->count++] = (struct bd_selinux_query){ .path = copy, .mode = mode };
	return 0;
}

static int ask_once(struct bd_label_question *question, struct bd_error *err)
{
	if (question->was_asked)
		return 0;
	question->was_asked = true;
	if (bd_selinux_ask(question->contexts ? question->contexts : "", question->queries, question->count,
			   &question->cause) == 0 ||
	    question->cause.kind != BD_KIND_CANCELED)
		return 0;
	return bd_fail_as(err, &question->cause, "%s", question->cause.message);
}

int bd_label_question_answer(struct bd_label_question *question, struct bd_sandbox *sandbox, struct bd_error *err)
{
	struct {
		struct bd_label_answer head;
		char labels[PIPE_BUF - sizeof(struct bd_label_answer)];
	} answer = { 0 };

	if (question->answered == question->count)
		return bd_frame_fail_protocol(err);
	if (ask_once(question, err) != 0)
		return -1;
	while (!question->cause.code && question->answered < question->count) {
		const char *label = question->queries[question->answered].label;
		size_t size = label ? strlen(label) + 1 : 1, used = answer.head.size_bytes;
		if (size > sizeof(answer.labels) - used)
			break;
		memcpy(answer.labels + used, label ? label : "", size);
		answer.head.size_bytes += (uint32_t)size;
		answer.head.count++;
		question->answered++;
	}
	if (question->cause.code)
		answer.head.count = BD_LABEL_NOT_KNOWN;
	return bd_sandbox_request(sandbox, &answer, sizeof(answer.head) + answer.head.size_bytes, err);
}
