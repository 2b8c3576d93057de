/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads one copy of a GPT, decides where both belong, and writes them. */
#include "ops/check/repair_gpt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/log.h"
#include "disk/gpt.h"
#include "disk/redo.h"
#include "inside/examine/gpt_copy.h"

#define REDO_PIECE_BYTES (1u << 20)

struct table {
	const struct check_disk *disk;
	uint64_t sector_bytes, last_lba;
	uint8_t mbr[BD_SECTOR_BYTES], sector[BD_SECTOR_BYTES]; /* sector: of the header that is right */
	struct bd_gpt_copy source, primary, backup;
	uint8_t *entries; /* owned */
	size_t entries_bytes;
};

static void table_dispose(struct table *table)
{
	free(table->entries);
}

static int read_at(const struct table *table, uint64_t lba, void *out, size_t size, struct bd_error *err)
{
	uint64_t at;

	if (__builtin_mul_overflow(lba, table->sector_bytes, &at) || at > table->disk->survey.size_bytes)
		return bd_fail(err, ESTALE, "the GPT of %s is not what it was", table->disk->place->image);
	return bd_pread_full(table->disk->place->fd, out, size, at) == (ssize_t)size
		       ? 0
		       : bd_fail(err, EIO, "cannot read the GPT of %s", table->disk->place->image);
}

/* Once more, as it was read by another process before the disk was locked. */
static int load(struct table *table, uint64_t source_lba, struct bd_error *err)
{
	if (read_at(table, 0, table->mbr, sizeof(table->mbr), err) != 0 ||
	    read_at(table, source_lba, table->sector, sizeof(table->sector), err) != 0)
		return -1;
	if (!bd_gpt_copy_decode(table->sector, &table->source) || table->source.lba != source_lba)
		return bd_fail(err, ESTALE, "the GPT of %s is not what it was", table->disk->place->image);
	table->entries_bytes = bd_gpt_copy_entries_bytes(&table->source);
	table->entries = malloc(table->entries_bytes);
	if (!table->entries)
		return bd_no_memory(err);
	if (read_at(table, table->source.entries_lba, table->entries, table->entries_bytes, err) != 0)
		return -1;
	return bd_gpt_copy_matches(table->sector, table->entries)
		       ? 0
		       : bd_fail(err, ESTALE, "the GPT of %s is not what it was", table->disk->place->image);
}

/* The primary entries lie where an intact primary header says, else behind it, as every partitioning program puts them. */
static uint64_t primary_entries_lba(const struct table *table)
{
	uint8_t sector[BD_SECTOR_BYTES];
	struct bd_gpt_copy header;
	struct bd_error ignored;

	if (table->source.lba == 1)
		return table->source.entries_lba;
	return read_at(table, 1, sector, sizeof(sector), &ignored) == 0 && bd_gpt_copy_decode(sector, &header) &&
			       bd_gpt_copy_entries_bytes(&header) == table->entries_bytes
		       ? header.entries_lba
		       : 2;
}

/* False: there is no room for it. */
static bool plan(struct table *table)
{
	const struct bd_gpt_copy *source = &table->source;
	uint64_t sectors = (table->entries_bytes + table->sector_bytes - 1) / table->sector_bytes;
	uint64_t last = table->last_lba, first_used = source->first_usable_lba, last_used = 0;
	uint64_t old_backup = source->lba == 1 ? source->alternate_lba : source->lba;

	if (last < sectors + 3)
		return false;
	bd_gpt_copy_extent(source, table->entries, &first_used, &last_used);
	table->primary = table->backup = *source;
	table->primary.lba = table->backup.alternate_lba = 1;
	table->backup.lba = table->primary.alternate_lba = last;
	table->primary.entries_lba = primary_entries_lba(table);
	table->backup.entries_lba = source->lba == last ? source->entries_lba : last - sectors;
	/* What a disk that was made larger got becomes usable, as by sgdisk -e. */
	if (old_backup != last)
		table->primary.last_usable_lba = table->backup.last_usable_lba = table->backup.entries_lba - 1;
	return table->primary.entries_lba >= 2 && table->primary.entries_lba <= last &&
	       table->primary.entries_lba + sectors <= first_used &&
	       table->primary.entries_lba + sectors <= source->first_usable_lba &&
	       table->backup.entries_lba > last_used && table->backup.entries_lba + sectors <= last &&
	       table->backup.last_usable_lba < table->backup.entries_lba;
}

static int write_copy(const struct table *table, const struct bd_gpt_copy *header, struct bd_redo *redo,
		      struct bd_error *err)
{
	uint8_t sector[BD_SECTOR_BYTES];

	memcpy(sector, table->sector, sizeof(sector));
	bd_gpt_copy_place(sector, header);
	for (size_t done = 0; done < table->entries_bytes;) {
		size_t left = table->entries_bytes - done, size = left < REDO_PIECE_BYTES ? left : REDO_PIECE_BYTES;
		if (bd_redo_write(redo, header->entries_lba * table->sector_bytes + done, table->entries + done, size,
				  err) != 0)
			return -1;
		done += size;
	}
	return bd_redo_write(redo, header->lba * table->sector_bytes, sector, sizeof(sector), err);
}

static int write_mbr(const struct table *table, struct bd_redo *redo, struct bd_error *err)
{
	return bd_redo_write(redo, 0, table->mbr, sizeof(table->mbr), err);
}

static int begin(const struct table *table, struct bd_redo *redo_out, struct bd_error *err)
{
	return bd_redo_begin(table->disk->place->image, table->disk->place->fd, redo_out, err) != 0 ||
			       bd_redo_witness(redo_out, 0, err) != 0 ||
			       bd_redo_witness(redo_out, table->sector_bytes, err) != 0 ||
			       bd_redo_witness(redo_out, table->last_lba * table->sector_bytes, err) != 0
		       ? -1
		       : 0;
}

int repair_gpt(const struct check_disk *disk, uint64_t source_lba, uint32_t sector_bytes, bool *repaired_out,
	       struct bd_error *err)
{
	BD_DISPOSE(table_dispose)
	struct table table = { .disk = disk,
			       .sector_bytes = sector_bytes,
			       .last_lba = disk->survey.size_bytes / sector_bytes - 1 };
	BD_DISPOSE(bd_redo_dispose) struct bd_redo redo = BD_REDO_INIT;

	*repaired_out = false;
	if (load(&table, source_lba, err) != 0)
		return -1;
	if (!plan(&table)) {
		bd_warn("the GPT of %s was not repaired: there is no room for both of its copies beside the "
			"partitions",
			disk->place->image);
		return 0;
	}
	uint64_t protected = bd_gpt_protected_end(table.mbr);
	if (bd_gpt_is_announced(table.mbr) && bd_gpt_may_protect(table.mbr) && protected &&
	    protected != table.last_lba)
		bd_gpt_protect(table.mbr, table.last_lba + 1);
	if (begin(&table, &redo, err) != 0 || write_copy(&table, &table.primary, &redo, err) != 0 ||
	    write_copy(&table, &table.backup, &redo, err) != 0 || write_mbr(&table, &redo, err) != 0 ||
	    bd_redo_commit(&redo, 0, err) != 0)
		return -1;
	*repaired_out = true;
	return 0;
}

int repair_protective_mbr(const struct check_disk *disk, uint32_t sector_bytes, struct bd_error *err)
{
	struct table table = { .disk = disk,
			       .sector_bytes = sector_bytes,
			       .last_lba = disk->survey.size_bytes / sector_bytes - 1 };
	BD_DISPOSE(bd_redo_dispose) struct bd_redo redo = BD_REDO_INIT;

	if (read_at(&table, 0, table.mbr, sizeof(table.mbr), err) != 0)
		return -1;
	bd_gpt_protect(table.mbr, table.last_lba + 1);
	return begin(&table, &redo, err) != 0 || write_mbr(&table, &redo, err) != 0 ||
			       bd_redo_commit(&redo, 0, err) != 0
		       ? -1
		       : 0;
}
