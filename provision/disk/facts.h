/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out about a guest's disk what two or three reads can tell. Nothing is opened for writing. */
#ifndef BD_DISK_FACTS_H
#define BD_DISK_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/plan.h"

/* A partition of type 83h. */
struct bd_disk_part {
	uint64_t size_bytes;
	bool has_uuid; /* it has an ext filesystem */
	uint8_t uuid[16];
};

struct bd_disk_facts {
	bool is_device;
	bool is_sticky; /* a file with the sticky bit: see bd_disk_mark_unfinished */
	bool has_size; /* false: that of a virtual disk is not known; bd_disk_look always has one */
	uint64_t size_bytes;
	uint64_t allocated_bytes; /* of a device: all of it */
	int unreadable; /* 0, or the errno for which what follows is not known */
	/* By where the first partition begins: "cylinder" (LBA 63), "aligned" (2048), "other"; "none": no partitions. */
	const char *layout; /* NULL: not known */
	const char *boot_sector; /* as bd_boot_code_name; NULL: not known, or no partitions */
	uint64_t swap_bytes; /* of the first partition of type 82h; 0: there is none */
	struct bd_disk_part mounts[BD_PLAN_MOUNTS_MAX]; /* behind partition 1 in the table */
	size_t mount_count;
	/* Of the ext filesystem in partition 1, or of a disk without partitions. */
	bool has_root_uuid;
	uint8_t root_uuid[16];
	const char *fs; /* "ext2", "ext3", "ext4"; NULL: it was not found */
	uint64_t root_start_bytes;
	bool root_was_mounted; /* ever, since it was made */
};

/* The errno of stat, or EINVAL: neither a file nor a block device. */
int bd_disk_look(const char *path, struct bd_disk_facts *facts_out, struct bd_error *err);

/* The mark of an image that is complete, and whose guest is not yet: the sticky bit, which means nothing on a file and
 * which every filesystem keeps. Taken away again once the guest's cfg is there. Where it cannot be set, there is none. */
void bd_disk_mark_unfinished(int fd, bool unfinished);

#endif
