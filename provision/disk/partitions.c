/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libblkid's view of a disk image. */
#include "disk/partitions.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/file.h"

#define SECTOR_BYTES 512u /* libblkid's unit, whatever the disk has */
#define LARGE_SECTOR_BYTES 4096u

static void free_probe(blkid_probe *probe)
{
	if (*probe)
		blkid_free_probe(*probe);
	*probe = NULL;
}

void bd_partitions_dispose(struct bd_partitions *partitions)
{
	free(partitions->items);
	*partitions = (struct bd_partitions){ 0 };
}

void bd_partition_type(int fd, uint64_t offset_bytes, uint64_t size_bytes, char type_out[32])
{
	BD_DISPOSE(free_probe) blkid_probe probe = blkid_new_probe();
	const char *type;

	type_out[0] = '\0';
	if (probe && blkid_probe_set_device(probe, fd, (blkid_loff_t)offset_bytes, (blkid_loff_t)size_bytes) == 0 &&
	    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE) == 0 && blkid_do_safeprobe(probe) == 0 &&
	    blkid_probe_lookup_value(probe, "TYPE", &type, NULL) == 0)
		snprintf(type_out, 32, "%s", type);
}

static int add_partitions(int fd, blkid_partlist list, struct bd_partitions *partitions, struct bd_error *err)
{
	int count = blkid_partlist_numof_partitions(list);
	partitions->items = calloc(count > 0 ? (size_t)count : 1, sizeof(*partitions->items));
	if (!partitions->items)
		return bd_no_memory(err);
	for (int i = 0; i < count; i++) {
		blkid_partition found = blkid_partlist_get_partition(list, i);
		struct bd_partition item = { .number = blkid_partition_get_partno(found) };
		if (blkid_partition_is_extended(found) ||
		    __builtin_mul_overflow((uint64_t)blkid_partition_get_start(found), SECTOR_BYTES,
					   &item.offset_bytes) ||
		    __builtin_mul_overflow((uint64_t)blkid_partition_get_size(found), SECTOR_BYTES, &item.size_bytes))
			continue;
		bd_partition_type(fd, item.offset_bytes, item.size_bytes, item.type);
		if (!*item.type)
			snprintf(item.type, sizeof(item.type), "nothing known");
		partitions->items[partitions->count++] = item;
	}
	return 0;
}

/* A GPT lies in the second sector, which says how large those of the disk are that an image was made of. */
static unsigned sector_bytes(int fd)
{
	char magic[8];
	bool found = bd_pread_full(fd, magic, sizeof(magic), LARGE_SECTOR_BYTES) == sizeof(magic) &&
		     !memcmp(magic, "EFI PART", sizeof(magic));

	return found && (bd_pread_full(fd, magic, sizeof(magic), SECTOR_BYTES) != sizeof(magic) ||
			 memcmp(magic, "EFI PART", sizeof(magic)) != 0)
		       ? LARGE_SECTOR_BYTES
		       : SECTOR_BYTES;
}

int bd_partitions_read(int fd, struct bd_partitions *partitions_out, struct bd_error *err)
{
	BD_DISPOSE(free_probe) blkid_probe probe = blkid_new_probe();

	*partitions_out = (struct bd_partitions){ 0 };
	errno = 0;
	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) != 0 ||
	    blkid_probe_set_sectorsize(probe, sector_bytes(fd)) != 0)
		return bd_fail(err, errno ? errno : EIO, "cannot look for a partition table");
	blkid_probe_enable_superblocks(probe, 0);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
	blkid_partlist list = blkid_probe_get_partitions(probe);
	return list ? add_partitions(fd, list, partitions_out, err) : 0;
}
