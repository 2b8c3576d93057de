/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks libblkid for the partitions of a disk image. */
#include "disk/partitions.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/sector.h"

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

/* What libblkid found, or "". */
static void copy_value(blkid_probe probe, const char *name, char *out, size_t size)
{
	const char *value;

	snprintf(out, size, "%s", blkid_probe_lookup_value(probe, name, &value, NULL) == 0 ? value : "");
}

static int pass_over(blkid_probe probe, const char *type)
{
	char *types[] = { (char *)type, NULL };

	return type ? blkid_probe_filter_superblocks_type(probe, BLKID_FLTR_NOTIN, types) : 0;
}

void bd_partition_probe(int fd, const char *passed_over, struct bd_partition *item)
{
	BD_DISPOSE(free_probe) blkid_probe probe = blkid_new_probe();

	item->type[0] = item->uuid[0] = item->label[0] = '\0';
	if (!probe ||
	    blkid_probe_set_device(probe, fd, (blkid_loff_t)item->offset_bytes, (blkid_loff_t)item->size_bytes) !=
		    0 ||
	    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL) !=
		    0 ||
	    pass_over(probe, passed_over) != 0 || blkid_do_safeprobe(probe) != 0)
		return;
	copy_value(probe, "TYPE", item->type, sizeof(item->type));
	copy_value(probe, "UUID", item->uuid, sizeof(item->uuid));
	copy_value(probe, "LABEL", item->label, sizeof(item->label));
}

void bd_partition_type(int fd, uint64_t offset_bytes, uint64_t size_bytes, char type_out[32])
{
	struct bd_partition item = { .offset_bytes = offset_bytes, .size_bytes = size_bytes };

	bd_partition_probe(fd, NULL, &item);
	memcpy(type_out, item.type, sizeof(item.type));
}

static void take_entry(blkid_partition found, bool is_gpt, struct bd_partition *item)
{
	const char *type = blkid_partition_get_type_string(found), *name = blkid_partition_get_name(found),
		   *uuid = blkid_partition_get_uuid(found);

	snprintf(item->partition_uuid, sizeof(item->partition_uuid), "%s", uuid ? uuid : "");
	if (is_gpt) {
		snprintf(item->gpt_type, sizeof(item->gpt_type), "%s", type ? type : "");
		snprintf(item->name, sizeof(item->name), "%s", name ? name : "");
	} else {
		item->mbr_type = (uint8_t)blkid_partition_get_type(found);
		item->is_active = blkid_partition_get_flags(found) == 0x80;
	}
}

static int add_partitions(int fd, blkid_partlist list, const char *passed_over, struct bd_partitions *partitions,
			  struct bd_error *err)
{
	int count = blkid_partlist_numof_partitions(list);
	partitions->items = calloc(count > 0 ? (size_t)count : 1, sizeof(*partitions->items));
	if (!partitions->items)
		return bd_no_memory(err);
	for (int i = 0; i < count; i++) {
		blkid_partition found = blkid_partlist_get_partition(list, i);
		struct bd_partition item = { .number = blkid_partition_get_partno(found) };
		if (blkid_partition_is_extended(found) ||
		    __builtin_mul_overflow((uint64_t)blkid_partition_get_start(found), BD_SECTOR_BYTES,
					   &item.offset_bytes) ||
		    __builtin_mul_overflow((uint64_t)blkid_partition_get_size(found), BD_SECTOR_BYTES,
					   &item.size_bytes))
			continue;
		bd_partition_probe(fd, passed_over, &item);
		if (!*item.type)
			snprintf(item.type, sizeof(item.type), "nothing recognised");
		take_entry(found, partitions->is_gpt, &item);
		partitions->items[partitions->count++] = item;
	}
	return 0;
}

static uint64_t end_of(const struct bd_partition *item)
{
	uint64_t end;

	return __builtin_add_overflow(item->offset_bytes, item->size_bytes, &end) ? UINT64_MAX : end;
}

static uint64_t own_bytes(const struct bd_partitions *partitions, size_t index, uint64_t disk_bytes)
{
	const struct bd_partition *item = &partitions->items[index];
	uint64_t end = end_of(item) < disk_bytes ? end_of(item) : disk_bytes;

	for (size_t i = 0; i < partitions->count; i++) {
		const struct bd_partition *other = &partitions->items[i];
		if (i != index && other->offset_bytes < end && end_of(other) > item->offset_bytes)
			end = other->offset_bytes;
	}
	return end > item->offset_bytes ? end - item->offset_bytes : 0;
}

/* A table of a disk with sectors of that size; items stays NULL where there is none. */
static int read_table(int fd, unsigned sector_bytes, const char *passed_over, struct bd_partitions *partitions,
		      struct bd_error *err)
{
	BD_DISPOSE(free_probe) blkid_probe probe = blkid_new_probe();

	errno = 0;
	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) != 0 ||
	    blkid_probe_set_sectorsize(probe, sector_bytes) != 0)
		return bd_fail(err, errno ? errno : EIO, "cannot look for a partition table");
	blkid_probe_enable_superblocks(probe, 0);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
	blkid_partlist list = blkid_probe_get_partitions(probe);
	blkid_parttable table = list ? blkid_partlist_get_table(list) : NULL;
	const char *type = table ? blkid_parttable_get_type(table) : NULL;
	partitions->is_gpt = type && strcmp(type, "gpt") == 0;
	/* Only a GPT says by where it lies how large the sectors are; an MBR would be read as if they were larger. */
	if (!table || (sector_bytes != BD_SECTOR_BYTES && !partitions->is_gpt))
		return 0;
	partitions->sector_bytes = sector_bytes;
	if (add_partitions(fd, list, passed_over, partitions, err) != 0)
		return -1;
	for (size_t i = 0; i < partitions->count; i++)
		partitions->items[i].own_bytes = own_bytes(partitions, i, (uint64_t)blkid_probe_get_size(probe));
	return 0;
}

int bd_partitions_read_but(int fd, const char *passed_over, struct bd_partitions *partitions_out,
			   struct bd_error *err)
{
	*partitions_out = (struct bd_partitions){ 0 };
	if (read_table(fd, BD_SECTOR_BYTES, passed_over, partitions_out, err) != 0)
		return -1;
	return partitions_out->items ? 0 : read_table(fd, BD_LARGE_SECTOR_BYTES, passed_over, partitions_out, err);
}

int bd_partitions_read(int fd, struct bd_partitions *partitions_out, struct bd_error *err)
{
	return bd_partitions_read_but(fd, NULL, partitions_out, err);
}
