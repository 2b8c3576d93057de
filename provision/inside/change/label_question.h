/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parent's side of giving new files their SELinux labels (inside/change/new_labels.h): collects what the child wants to know,
 * asks once, and tells it. */
#ifndef BD_INSIDE_CHANGE_LABEL_QUESTION_H
#define BD_INSIDE_CHANGE_LABEL_QUESTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "filestream/frame_reader.h"
#include "sandbox/sandbox.h"
#include "selinux/matchpathcon.h"

struct bd_label_question {
	char *contexts; /* owned */
	size_t contexts_size, contexts_capacity;
	struct bd_selinux_query *queries; /* owned */
	size_t count, capacity, answered;
	size_t queries_bytes; /* of what the child has had kept */
	bool was_asked;
	struct bd_error cause; /* why there are no labels; code 0: there are, or none were wanted */
};

#define BD_LABEL_QUESTION_INIT \
	{ \
		.cause = BD_ERROR_INIT \
	}

void bd_label_question_dispose(struct bd_label_question *question); /* idempotent */
/* The bodies of BD_FRAME_POLICY, BD_FRAME_NEW_FILE. EBADMSG; E2BIG: too many for one command. */
int bd_label_question_take_policy(struct bd_label_question *question, struct bd_frame *frame, struct bd_error *err);
int bd_label_question_take_file(struct bd_label_question *question, struct bd_frame *frame, struct bd_error *err);
/* BD_FRAME_LABEL_WANTED: answers with as many labels as go into one request. That nobody could be asked is no error, but the
 * question's cause; that it was canceled is one. */
int bd_label_question_answer(struct bd_label_question *question, struct bd_sandbox *sandbox, struct bd_error *err);

#endif
