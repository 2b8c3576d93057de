/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The partition table of a disk image and the contents of its partitions, as libblkid detects them. */
#ifndef BD_DISK_PARTITIONS_H
#define BD_DISK_PARTITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_partition {
	int number; /* as the kernel counts them; 0: the whole file or device */
	uint64_t offset_bytes, size_bytes;
	uint64_t own_bytes; /* of these, up to where another partition has a part of them, or the file ends */
	char type[32]; /* what is in it: "ext4", "swap", "LVM2_member"; "nothing recognised" */
	char uuid[40], label[260]; /* of that; "": it has none */
	/* What the table says of it. */
	uint8_t mbr_type; /* 83h: Linux; 0: of a GPT */
	bool is_active; /* of an MBR: the flag of the partition that is to be booted */
	char gpt_type[37]; /* a UUID; "": of an MBR */
	char partition_uuid[40]; /* PARTUUID */
	char name[160]; /* of a GPT; as it is there */
};

struct bd_partitions {
	struct bd_partition *items; /* without extended ones */
	size_t count;
	bool is_gpt;
	unsigned sector_bytes; /* that the table counts in */
};

/* By libblkid: MBR with logical partitions, GPT, also one of a disk with sectors of 4096 bytes. count 0: there is no table, or nothing in it. */
int bd_partitions_read(int fd, struct bd_partitions *partitions_out, struct bd_error *err);
/* The same; whether what is in them is of the type passed_over is not looked at. NULL: it is. */
int bd_partitions_read_but(int fd, const char *passed_over, struct bd_partitions *partitions_out,
			   struct bd_error *err);
void bd_partitions_dispose(struct bd_partitions *partitions); /* idempotent */

/* Type, UUID and label of what begins at item->offset_bytes, with item->size_bytes, of which 0 is all that there is; "" when nothing is known. */
void bd_partition_probe(int fd, const char *passed_over, struct bd_partition *item);
/* The type alone. */
void bd_partition_type(int fd, uint64_t offset_bytes, uint64_t size_bytes, char type_out[32]);

#endif
