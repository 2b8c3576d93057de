/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks that a guest has behind its first, each a file NAME_diskN.img beside that. No guest's name has an underscore
 * in it, so that none of these files can be another guest's first disk. And the partitions of the first disk that it mounts in its
 * root. */
#ifndef BD_GUEST_DISKS_H
#define BD_GUEST_DISKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/plan.h"

#define BD_FURTHER_DISKS_MAX 15 /* with the first, xvda to xvdp */
#define BD_GUEST_MOUNTS_MAX (BD_FURTHER_DISKS_MAX + BD_PLAN_MOUNTS_MAX)

/* A disk, or a partition. */
struct bd_guest_disk {
	uint64_t size_bytes; /* of a disk: whole MiB; of a partition: what is wanted, then what it has */
	/* Where the guest mounts the filesystem that takes all of it; NULL: the disk is empty. */
	const char *mount; /* borrowed */
	uint8_t uuid[16]; /* of that filesystem */
};

struct bd_guest_disks {
	struct bd_guest_disk items[BD_GUEST_MOUNTS_MAX]; /* the disks; from BD_FURTHER_DISKS_MAX on, the partitions */
	size_t count; /* of disks */
	size_t partition_count;
};

/* One more, from "SIZE" or "SIZE:/MOUNT", which is borrowed. BD_EUSAGE: neither, or a guest cannot have such a disk there: what
 * it needs before it mounts other filesystems, or mounts otherwise, is on the root filesystem. */
int bd_guest_disks_add(struct bd_guest_disks *disks, const char *text, struct bd_error *err);

/* One more partition, from "/MOUNT=SIZE"; what its mount borrows is the caller's to free. BD_EUSAGE, as above. */
int bd_guest_disks_add_partition(struct bd_guest_disks *disks, const char *text, char **mount_out,
				 struct bd_error *err);

/* The indices of what is mounted, in the order in which a guest can mount it. Returns how many there are. */
size_t bd_guest_disks_mounted(const struct bd_guest_disks *disks, size_t indices_out[BD_GUEST_MOUNTS_MAX]);

/* index: in items. */
static inline bool bd_guest_disk_is_partition(size_t index)
{
	return index >= BD_FURTHER_DISKS_MAX;
}

/* What follows the guest's name in the name of the file: "_disk2.img" is the first of them (index 0). */
#define BD_FURTHER_DISK_SUFFIX_SIZE 16
void bd_further_disk_suffix(size_t index, char suffix_out[BD_FURTHER_DISK_SUFFIX_SIZE]);
/* Whether the file has such a name. The suffix points into the path; NULL: it is not wanted. */
bool bd_is_further_disk(const char *path, const char *name, const char **suffix_out);

#endif
