/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends a question, and collects the pieces of its answer. */
#include "bootloader/reading/asking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "bootloader/result_frame.h"

static int send_question(struct bd_frame_writer *writer, enum bd_ask what, const struct bd_asking *asking,
			 struct bd_error *err)
{
	if (asking->count > BD_ASK_TEXTS_MAX)
		return bd_fail(err, E2BIG, "internal error: too many paths at once");
	bd_frame_begin(writer, (enum bd_frame_kind)BD_RESULT_ASK);
	bd_frame_put32(writer, (uint32_t)what);
	if (what != BD_ASK_MORE) {
		bd_frame_put64(writer, asking->from_bytes);
		bd_frame_put64(writer, asking->size_bytes);
		bd_frame_put32(writer, (uint32_t)asking->count);
		for (size_t i = 0; i < asking->count; i++) {
			if (strlen(asking->paths[i]) >= BD_ASK_TEXT_MAX) {
				bd_frame_drop(writer);
				return bd_fail(err, ENAMETOOLONG, "a path is too long");
			}
			bd_frame_put_text(writer, asking->paths[i]);
		}
	}
	if (!bd_frame_end(writer))
		return bd_no_memory(err);
	bd_frame_flush(writer);
	return 0;
}

struct answer {
	char *data; /* owned */
	size_t size, capacity;
};

static int fail_ended(struct bd_error *err)
{
	return bd_fail(err, EIO, "the parent process has ended");
}

static int receive_failure(const struct bd_ask_answer *head, int code, struct bd_error *err)
{
	char message[BD_ERROR_MESSAGE_SIZE] = "";

	if (head->size_bytes >= sizeof(message) || !bd_sandbox_receive(message, head->size_bytes))
		return fail_ended(err);
	return bd_fail(err, code, "%s", message);
}

/* *more_out: there is another one. */
static int receive_piece(struct answer *answer, size_t limit_bytes, bool *more_out, struct bd_error *err)
{
	struct bd_ask_answer head;

	if (!bd_sandbox_receive(&head, sizeof(head)))
		return fail_ended(err);
	if (head.state == BD_ASK_FAILED)
		return receive_failure(&head, EIO, err);
	if (head.state == BD_ASK_MISSING)
		return receive_failure(&head, ENOPKG, err);
	if (bd_array_reserve(answer->data, answer->capacity, answer->size + head.size_bytes + 1, err) != 0)
		return -1;
	if (!bd_sandbox_receive(answer->data + answer->size, head.size_bytes))
		return fail_ended(err);
	answer->size += head.size_bytes;
	answer->data[answer->size] = '\0';
	*more_out = head.state == BD_ASK_GOES_ON;
	return answer->size > limit_bytes ? bd_fail(err, EFBIG, "it is too large") : 0;
}

int bd_ask_grub(struct bd_frame_writer *writer, const struct bd_asking *asking, char **data_out, size_t *size_out,
		struct bd_error *err)
{
	enum bd_ask what = asking->what;
	struct answer answer = { 0 };
	bool more = true;

	while (more) {
		if (send_question(writer, what, asking, err) != 0 ||
		    receive_piece(&answer, asking->limit_bytes, &more, err) != 0) {
			free(answer.data);
			return -1;
		}
		what = BD_ASK_MORE;
	}
	*data_out = answer.data;
	*size_out = answer.size;
	return 0;
}
