/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part of a sealed root as a sealed root of its own, for a filesystem that is mounted in another: its index is a new one in
 * memory, its payload that of the whole. */
#ifndef BD_ROOTFS_SEALED_PART_H
#define BD_ROOTFS_SEALED_PART_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/sealed.h"

struct bd_sealed_part {
	uint32_t top; /* the directory that becomes the root */
	const uint32_t *emptied; /* directories below it that stay without their content; borrowed */
	size_t emptied_count;
};

/* The directories keep their metadata, the one that becomes the root too. A file with names inside and outside of the part is a
 * file of its own in it, with the links that are inside; split_out: how many there are. The caller disposes of part_out.
 * EINVAL: the index is damaged. */
int bd_sealed_take_part(const struct bd_sealed *whole, const struct bd_sealed_part *part, struct bd_sealed *part_out,
			uint32_t *split_out, struct bd_error *err);

#endif
