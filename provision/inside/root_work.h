/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side of reading a guest's root filesystem (inside/root.h). */
#ifndef BD_INSIDE_ROOT_WORK_H
#define BD_INSIDE_ROOT_WORK_H

#include <stdint.h>

struct bd_root_place {
	uint64_t offset_bytes, size_bytes; /* of the partition */
};

/* bd_sandbox_job.work; context: the struct bd_root_place. Answers until there are no questions any more. */
void bd_inside_root_work(void *context, int input_fd, int output_fd);

#endif
