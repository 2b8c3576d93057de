/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the beginning of a disk, its table, and the beginnings of what is in its partitions. */
#include "inside/survey/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "disk/ext_partition.h"
#include "disk/mbr.h"
#include "disk/partitions.h"
#include "disk/swap.h"
#include "filestream/frame.h"
#include "inside/read_at.h"
#include "inside/survey/facts.h"
#include "inside/survey/filesystem.h"
#include "inside/survey/frame.h"

#define GAP_BYTES_MAX (1u << 20) /* of what is read of the gap; that of the aligned layout fits */
#define GPT_ENTRIES_BYTES_MAX (16u << 20)

struct reading {
	const struct bd_survey_request *request;
	int fd;
	uint64_t size_bytes;
	struct bd_frame_writer *writer;
	struct bd_partitions partitions;
	uint8_t first_sector[BD_SECTOR_BYTES]; /* zeros where there is none */
};

struct range {
	uint64_t start_bytes, size_bytes;
};

struct table {
	enum bd_survey_table kind;
	enum bd_boot_code boot_code;
	uint32_t signature;
	uint8_t gpt_uuid[16];
	struct range loader, header, backup;
};

/* --- the table ---------------------------------------------------------------------------------------------------- */

/* UEFI specification, "GPT Header". */
#define GPT_MAGIC "EFI PART"
#define GPT_HEADER_BYTES 92
#define GPT_ALTERNATE_LBA 32
#define GPT_DISK_UUID 56
#define GPT_ENTRIES_LBA 72
#define GPT_ENTRY_COUNT 80
#define GPT_ENTRY_BYTES 84

/* The first three fields of a UUID are little-endian on the disk. */
static void take_guid(const uint8_t *from, uint8_t uuid_out[16])
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (size_t i = 0; i < 16; i++)
		uuid_out[i] = from[order[i]];
}

/* The header at that LBA with its entries, which lie directly behind it or before it. Size 0: there is none. */
static struct range look_at_gpt(const struct reading *reading, uint64_t lba, uint8_t header[GPT_HEADER_BYTES])
{
	uint64_t sector = reading->partitions.sector_bytes, at, entries_at;

	if (__builtin_mul_overflow(lba, sector, &at) || at >= reading->size_bytes ||
	    !bd_inside_read_at(reading->fd, at, header, GPT_HEADER_BYTES) || memcmp(header, GPT_MAGIC, 8) != 0)
		return (struct range){ 0 };
	uint64_t bytes = (uint64_t)get_le32(header + GPT_ENTRY_COUNT) * get_le32(header + GPT_ENTRY_BYTES);
	bytes = (bytes + sector - 1) / sector * sector;
	if (bytes > GPT_ENTRIES_BYTES_MAX ||
	    __builtin_mul_overflow(get_le64(header + GPT_ENTRIES_LBA), sector, &entries_at))
		bytes = 0;
	if (bytes && entries_at == at + sector)
		return (struct range){ at, sector + bytes };
	if (bytes && entries_at < at && at - entries_at == bytes)
		return (struct range){ entries_at, bytes + sector };
	return (struct range){ at, sector };
}

static void look_for_gpt(const struct reading *reading, struct table *table)
{
	uint8_t header[GPT_HEADER_BYTES];

	table->header = look_at_gpt(reading, 1, header);
	if (!table->header.size_bytes)
		return;
	take_guid(header + GPT_DISK_UUID, table->gpt_uuid);
	uint64_t alternate = get_le64(header + GPT_ALTERNATE_LBA);
	if (alternate > 1)
		table->backup = look_at_gpt(reading, alternate, header);
}

/* What the boot loader has between LBA 0 and the first partition. */
static int look_for_loader(const struct reading *reading, struct table *table, struct bd_error *err)
{
	BD_FREE uint8_t *gap = malloc(GAP_BYTES_MAX);
	uint64_t end = reading->size_bytes < GAP_BYTES_MAX ? reading->size_bytes : GAP_BYTES_MAX;

	if (!gap)
		return bd_no_memory(err);
	for (size_t i = 0; i < reading->partitions.count; i++)
		if (reading->partitions.items[i].offset_bytes < end)
			end = reading->partitions.items[i].offset_bytes;
	size_t gap_sectors = end <= BD_SECTOR_BYTES ? 0 : (size_t)(end / BD_SECTOR_BYTES - 1);
	if (!gap_sectors)
		return 0;
	if (!bd_inside_read_at(reading->fd, BD_SECTOR_BYTES, gap, gap_sectors * BD_SECTOR_BYTES))
		return bd_fail(err, EIO, "cannot read its beginning");
	uint64_t sectors = bd_boot_code_sectors(table->boot_code, gap, gap_sectors);
	table->loader = (struct range){ BD_SECTOR_BYTES, sectors * BD_SECTOR_BYTES };
	return 0;
}

/* A filesystem without a table may have boot code of its own; that is a part of it. */
static int look_at_table(const struct reading *reading, struct table *table, struct bd_error *err)
{
	if (!reading->partitions.items)
		return 0;
	table->boot_code = bd_boot_code_of(reading->first_sector);
	if (reading->partitions.is_gpt) {
		table->kind = BD_SURVEY_GPT;
		look_for_gpt(reading, table);
		return 0;
	}
	table->kind = BD_SURVEY_MBR;
	table->signature = get_le32(reading->first_sector + BD_MBR_SIGNATURE_OFFSET);
	return look_for_loader(reading, table, err);
}

static void put_range(struct bd_frame_writer *writer, const struct range *range)
{
	bd_frame_put64(writer, range->start_bytes);
	bd_frame_put64(writer, range->size_bytes);
}

static void send_table(const struct reading *reading, const struct table *table)
{
	struct bd_frame_writer *writer = reading->writer;

	bd_frame_begin(writer, (enum bd_frame_kind)BD_SURVEY_FRAME_TABLE);
	bd_frame_put32(writer, table->kind);
	bd_frame_put32(writer, reading->partitions.sector_bytes);
	bd_frame_put32(writer, table->signature);
	bd_frame_put_bytes(writer, table->gpt_uuid, 16);
	bd_frame_put32(writer, table->boot_code);
	put_range(writer, &table->loader);
	put_range(writer, &table->header);
	put_range(writer, &table->backup);
	bd_frame_end(writer);
}

/* --- what is in it ------------------------------------------------------------------------------------------------ */

static void send_partition(const struct reading *reading, const struct bd_partition *partition)
{
	struct bd_frame_writer *writer = reading->writer;
	uint8_t page[BD_SWAP_PAGE_BYTES], uuid[16] = { 0 };
	bool is_swap = strcmp(partition->type, "swap") == 0 &&
		       bd_inside_read_at(reading->fd, partition->offset_bytes, page, sizeof(page)) &&
		       bd_swap_uuid(page, uuid);

	bd_frame_begin(writer, (enum bd_frame_kind)BD_SURVEY_FRAME_PARTITION);
	bd_frame_put64(writer, partition->offset_bytes);
	bd_frame_put64(writer, partition->size_bytes);
	bd_frame_put32(writer, (uint32_t)partition->number);
	bd_frame_put32(writer, partition->mbr_type);
	bd_frame_put32(writer, partition->is_active);
	bd_frame_put32(writer, is_swap);
	bd_frame_put_bytes(writer, uuid, 16);
	bd_frame_put_text(writer, partition->gpt_type);
	bd_frame_put_text(writer, partition->name);
	bd_frame_put_text(writer, partition->type);
	bd_frame_end(writer);
}

static void send_whole(const struct reading *reading, const struct bd_partition *whole)
{
	struct bd_partition named = *whole;

	if (!*named.type)
		snprintf(named.type, sizeof(named.type), "nothing recognised");
	send_partition(reading, &named);
}

static void send_filesystem(const struct reading *reading, const struct bd_partition *partition)
{
	struct bd_error err = BD_ERROR_INIT;

	if (bd_survey_filesystem(reading->fd, partition, reading->request->data, reading->writer, &err) == 0)
		return;
	bd_frame_begin(reading->writer, (enum bd_frame_kind)BD_SURVEY_FRAME_PROBLEM);
	bd_frame_put32(reading->writer, (uint32_t)partition->number);
	bd_frame_put64(reading->writer, partition->offset_bytes);
	bd_frame_put64(reading->writer, partition->size_bytes);
	bd_frame_put32(reading->writer, (uint32_t)err.code);
	bd_frame_put32(reading->writer, (uint32_t)err.kind);
	bd_frame_put_text(reading->writer, err.message);
	bd_frame_end(reading->writer);
}

/* libblkid looks at no partition that ends behind the end of the disk. What is left of it tells as much. */
static void look_at_cut(const struct reading *reading, struct bd_partition *partition)
{
	char type[32];

	if (partition->offset_bytes >= reading->size_bytes ||
	    partition->size_bytes <= reading->size_bytes - partition->offset_bytes)
		return;
	bd_partition_type(reading->fd, partition->offset_bytes, reading->size_bytes - partition->offset_bytes, type);
	if (*type)
		memcpy(partition->type, type, sizeof(type));
}

static int send_named(const struct reading *reading, struct bd_error *err)
{
	struct bd_partition chosen;
	uint64_t file_bytes;

	for (size_t i = 0; i < reading->partitions.count; i++)
		if (reading->partitions.items[i].number == reading->request->partition &&
		    bd_is_ext(&reading->partitions.items[i])) {
			send_filesystem(reading, &reading->partitions.items[i]);
			return 0;
		}
	/* It says why there is none. */
	if (bd_ext_partition_find(reading->fd, reading->request->partition, &chosen, &file_bytes, err) != 0)
		return -1;
	send_filesystem(reading, &chosen);
	return 0;
}

static int read_all(struct reading *reading, struct bd_error *err)
{
	struct table table = { 0 };
	struct bd_partition whole = { .size_bytes = reading->size_bytes };

	if (reading->size_bytes >= BD_SECTOR_BYTES &&
	    !bd_inside_read_at(reading->fd, 0, reading->first_sector, sizeof(reading->first_sector)))
		return bd_fail(err, EIO, "cannot read its beginning");
	if (bd_partitions_read(reading->fd, &reading->partitions, err) != 0)
		return -1;
	if (reading->partitions.count > BD_SURVEY_PARTITIONS_MAX)
		return bd_fail(err, EFBIG, "it has more than %d partitions", BD_SURVEY_PARTITIONS_MAX);
	/* An empty table may stand before a filesystem, whose first sector is free for boot code; it is none then. */
	if (!reading->partitions.count)
		bd_partition_type(reading->fd, 0, reading->size_bytes, whole.type);
	if (!bd_is_ext(&whole) && look_at_table(reading, &table, err) != 0)
		return -1;
	send_table(reading, &table);
	if (table.kind == BD_SURVEY_NO_TABLE)
		send_whole(reading, &whole);
	for (size_t i = 0; i < reading->partitions.count; i++) {
		look_at_cut(reading, &reading->partitions.items[i]);
		send_partition(reading, &reading->partitions.items[i]);
	}
	if (reading->request->only_regions)
		return 0;
	if (reading->request->partition)
		return send_named(reading, err);
	if (bd_is_ext(&whole))
		send_filesystem(reading, &whole);
	for (size_t i = 0, sent = 0; i < reading->partitions.count && sent < BD_SURVEY_FILESYSTEMS_MAX; i++)
		if (bd_is_ext(&reading->partitions.items[i]) && ++sent)
			send_filesystem(reading, &reading->partitions.items[i]);
	return 0;
}

void bd_survey_read(void *context, int input_fd, int output_fd)
{
	struct bd_frame_writer writer;
	struct reading reading = { .request = context, .fd = input_fd, .writer = &writer };
	struct bd_error err = BD_ERROR_INIT;

	if (!bd_frame_writer_init(&writer, output_fd))
		_exit(1);
	off_t end = lseek(input_fd, 0, SEEK_END);
	reading.size_bytes = end < 0 ? 0 : (uint64_t)end;
	int r = end < 0 ? bd_fail_errno(&err, "cannot determine its size") : read_all(&reading, &err);
	bd_partitions_dispose(&reading.partitions);
	if (r == 0)
		bd_frame_end_stream(&writer, 0);
	else
		bd_frame_error(&writer, BD_FRAME_ERROR, &err);
	bd_frame_flush(&writer);
	free(writer.buffer);
}
