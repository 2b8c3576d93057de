/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side of changing files in a filesystem (inside/change/change.h): it makes the changes in memory, and sends where the
 * content of new files is to go and which blocks are to be written. */
#ifndef BD_INSIDE_CHANGE_WORK_H
#define BD_INSIDE_CHANGE_WORK_H

/* A note at the end: the filesystem has no journal, or a small one, so what was collected is to go through a log first. */
#define BD_CHANGE_NOTE_LOG 1u

/* bd_sandbox_job.work; context: the struct bd_change_request. */
void bd_inside_change_work(void *context, int input_fd, int output_fd);

#endif
