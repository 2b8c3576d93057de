/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpacks a kernel that libxc cannot unpack, in a child as confined as the one that reads the disk. */
#ifndef BD_BOOTLOADER_UNPACKING_H
#define BD_BOOTLOADER_UNPACKING_H

#include <stdint.h>

#include "base/err.h"
#include "sandbox/sandbox.h"

/* From one descriptor, a bzImage of size_bytes whose offset moves, to another, an empty file. job: whom the child runs as, and within
 * which limits; what it reads and does is set here. */
int bd_unpack_kernel(int from_fd, uint64_t size_bytes, int to_fd, const struct bd_sandbox_job *job,
		     uint64_t file_bytes_max, struct bd_error *err);

#endif
