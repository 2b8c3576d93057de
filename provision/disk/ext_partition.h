/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ext2, ext3 or ext4 filesystem of a disk image is meant: a partition, or the whole image. */
#ifndef BD_DISK_EXT_PARTITION_H
#define BD_DISK_EXT_PARTITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/partitions.h"

/* The number of "NAME@NUMBER", and the length of NAME; 0 and the whole length where there is no number, or where a file has
 * the whole name. */
int bd_partition_suffix(const char *name, size_t *length_out);

/* By what was recognised in it. */
bool bd_is_ext(const struct bd_partition *partition);

/* number: of a partition, as the kernel counts them; 0: the only ext filesystem, or the only one of several that has a root
 * filesystem in it. The descriptor's offset moves.
 * BD_KIND_NOT_FOUND: there is no such partition. EINVAL: it has no ext filesystem, or several may be meant; where the image
 * has no partition table, chosen_out->type is what else was found in it. */
int bd_ext_partition_find(int fd, int number, struct bd_partition *chosen_out, uint64_t *file_bytes_out,
			  struct bd_error *err);

/* For who writes to a filesystem of that size in the partition. EUCLEAN: a part of it is not in the partition, or in another one, too;
 * the message ends in "repair it first", and cli/image/advice.h adds by what. */
int bd_ext_partition_check_own(const struct bd_partition *partition, uint64_t filesystem_bytes, struct bd_error *err);

/* The same of a root filesystem that is to be copied: of one that is not an ext filesystem, no other is taken for it. The partitions
 * stay the caller's, also where it fails. ENOTSUP: it is another filesystem, whose type is in chosen_out. */
int bd_ext_partition_find_root(int fd, int number, struct bd_partitions *partitions_out,
			       struct bd_partition *chosen_out, struct bd_error *err);

#endif
