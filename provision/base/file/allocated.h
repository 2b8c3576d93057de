/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a file, or the file behind a loop device, is allocated as a whole. */
#ifndef BD_BASE_FILE_ALLOCATED_H
#define BD_BASE_FILE_ALLOCATED_H

#include <stdbool.h>

/* Nothing of it is a hole: all of it was written, or its owner has allocated it, as with fallocate(1). False of other block
 * devices, and of a loop device whose file cannot be found by its name. fd: of the file or device, borrowed. */
bool bd_is_allocated(int fd);

#endif
