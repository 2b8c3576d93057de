/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of an inode whose bits are spread. Format: the kernel's Documentation/filesystems/ext4/inodes.rst. */
#ifndef BD_EXT3_INODE_FIELDS_H
#define BD_EXT3_INODE_FIELDS_H

#include <stdint.h>

#include "base/err.h"

/* A time in 32 bits, and what the extra 32 bits have to say of it; NULL: the inode has none. What 34 bits, or 32, cannot say
 * becomes the nearest time that they can, as in the kernel. */
void bd_ext_put_time(uint32_t *low, uint32_t *extra, int64_t seconds, uint32_t nanoseconds);

/* Of a device, into its i_block, which is zeroed. EINVAL: it cannot be stored. */
int bd_ext_check_device(uint32_t major_number, uint32_t minor_number, struct bd_error *err);
void bd_ext_put_device(uint32_t *i_block, uint32_t major_number, uint32_t minor_number);

#endif
