/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side of giving new files their SELinux labels: it knows which files are new and what the policy in the filesystem
 * says, and its parent asks for the labels (selinux/matchpathcon.h), which this process cannot. */
#ifndef BD_INSIDE_CHANGE_NEW_LABELS_H
#define BD_INSIDE_CHANGE_NEW_LABELS_H

#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ext3/change/changer.h"
#include "filestream/frame.h"
#include "selinux/policy.h"

/* What the parent answers to BD_FRAME_LABEL_WANTED: so many labels, each with a NUL behind it, for the next files in the order in
 * which they were named; "": the policy has none. */
struct bd_label_answer {
	uint32_t count;
	uint32_t size_bytes;
};

#define BD_LABEL_NOT_KNOWN UINT32_MAX /* count: nobody could be asked */

struct bd_new_labels {
	bool active; /* the filesystem is a root with a policy, and its files have labels */
	struct bd_error unreadable; /* code not 0: the policy is larger than any can be */
	struct bd_selinux_policy policy;
	ext2_filsys fs; /* borrowed */
	struct bd_new_file {
		ext2_ino_t number; /* 0: it is gone again */
		mode_t mode;
		char *path; /* owned */
	} * files;
	size_t count, capacity;
	void *directories; /* the paths of those that were asked for, as tsearch(3) has them */
};

void bd_new_labels_dispose(struct bd_new_labels *labels); /* idempotent */
/* Looks at the filesystem as it is before the changes. */
int bd_new_labels_start(struct bd_new_labels *labels, ext2_filsys fs, struct bd_error *err);
/* A file without a label, under that name. Nothing where labels are not active. */
int bd_new_labels_add(struct bd_new_labels *labels, ext2_ino_t directory, const char *name, ext2_ino_t number,
		      mode_t mode, struct bd_error *err);
/* It was added, and lost its name. */
void bd_new_labels_forget(struct bd_new_labels *labels, ext2_ino_t number);
/* Asks, and labels them; where nobody could be asked, the guest is told to label all of its files (/.autorelabel). */
int bd_new_labels_finish(struct bd_new_labels *labels, struct bd_changer *changer, struct bd_frame_writer *writer,
			 struct bd_error *err);

#endif
