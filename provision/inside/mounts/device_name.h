/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first field of fstab(5), and the partition of a disk that it names. */
#ifndef BD_INSIDE_MOUNTS_DEVICE_NAME_H
#define BD_INSIDE_MOUNTS_DEVICE_NAME_H

#include <stddef.h>

#include "disk/partitions.h"

/* The length of a disk's name in that of its partition, and its number: 8 and 2 of "/dev/sda2", 12 and 1 of "/dev/nvme0n1p1". 0: it is
 * not the name of a partition. */
size_t bd_device_name_disk(const char *name, int *number_out);

enum bd_device_match { BD_DEVICE_ABSENT, BD_DEVICE_FOUND, BD_DEVICE_AMBIGUOUS };

/* UUID=, LABEL=, PARTUUID=, PARTLABEL=, the links in /dev/disk that say the same, and partitions by name, such as /dev/vda1. root_name:
 * the first field of the line of "/", or "": where that is the name of a partition, this disk is the one that it is on, else the
 * first one of its kind, such as /dev/sda. */
enum bd_device_match bd_device_name_find(const struct bd_partitions *partitions, const char *name,
					 const char *root_name, size_t *index_out);

#endif
