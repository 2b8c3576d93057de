/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side of looking for the partitions of a root filesystem (inside/mounts/mounts.h). */
#ifndef BD_INSIDE_MOUNTS_MOUNTS_WORK_H
#define BD_INSIDE_MOUNTS_MOUNTS_WORK_H

struct bd_mounts_request {
	int partition; /* of the root filesystem; 0: none was named */
	const char *(*advice)(const char *type); /* what to do about a type that is not read; may be NULL */
};

/* bd_sandbox_job.work; context: the struct bd_mounts_request. */
void bd_inside_mounts_work(void *context, int input_fd, int output_fd);

#endif
