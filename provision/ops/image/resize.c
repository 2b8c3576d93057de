/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of a change of size. */
#include "ops/image/resize.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/parse.h"
#include "base/progress.h"
#include "disk/mbr.h"
#include "disk/redo.h"
#include "disk/resize_plan.h"
#include "disk/swap.h"
#include "ext3/format.h"
#include "inside/blocks.h"
#include "ops/image/e2fsprogs.h"
#include "ops/image/filesystem_state.h"
#include "ops/image/resize_fs.h"
#include "ops/image/resize_running.h"
#include "ops/image/resize_table.h"
#include "ops/image/resize_volume.h"
#include "ops/image/whole.h"

#define LEAST_REST_BYTES (1u << 20)

struct work {
	const struct resize_request *request;
	struct resize_result *result;
	struct image_place place;
	struct bd_fs_blocks blocks;
	struct bd_resize_plan plan;
	struct bd_redo redo;
	struct resize_table table;
	bool grows_volume; /* the disk is a logical volume of ours, which is made larger first */
};

static void work_dispose(struct work *work)
{
	bd_redo_dispose(&work->redo);
	bd_fs_blocks_dispose(&work->blocks);
	image_place_dispose(&work->place);
}

void resize_result_dispose(struct resize_result *result)
{
	free(result->image);
	free(result->guest);
	*result = (struct resize_result){ 0 };
}

/* The size that is wanted. */
static int decide_size(struct work *work, struct bd_error *err)
{
	const struct resize_request *request = work->request;
	struct resize_result *result = work->result;
	char was[32], size[32];
	uint64_t bytes = request->size_bytes;
	bool overflows = request->is_difference &&
			 (request->way == RESIZE_GROW
				  ? __builtin_add_overflow(result->was_bytes, bytes, &bytes) || bytes > INT64_MAX
				  : __builtin_sub_overflow(result->was_bytes, bytes, &bytes));

	bd_format_size(result->was_bytes, was, sizeof(was));
	if (request->is_whole && !result->is_device)
		return bd_usage(err, "%s is a file of %s: how large is it to be?", work->place.image, was);
	if (request->is_whole)
		bytes = result->was_bytes;
	if (overflows)
		return bd_usage(err, "%s has %s: that cannot be its difference", work->place.image, was);
	bd_format_size(bytes, size, sizeof(size));
	if (request->way == RESIZE_GROW && bytes < result->was_bytes && !result->is_device)
		return bd_usage(err, "%s has %s already, which is more than %s", work->place.image, was, size);
	if (request->way == RESIZE_SHRINK && bytes > result->was_bytes)
		return bd_usage(err, "%s has only %s, which is less than %s", work->place.image, was, size);
	if (result->is_device && bytes > result->was_bytes &&
	    resize_volume_is_ours(work->place.image, &work->grows_volume, err) != 0)
		return -1;
	if (result->is_device && bytes > result->was_bytes && !work->grows_volume)
		return bd_usage(err, "the device %s has only %s: make it larger first, as with lvextend",
				work->place.image, was);
	result->bytes = bytes;
	return 0;
}

/* The errors of bd_resize_plan are about the size, or about the disk. */
static int make_plan(struct work *work, uint64_t disk_bytes, struct bd_error *err)
{
	char size[32], message[BD_ERROR_MESSAGE_SIZE];

	if (resize_table_plan(&work->table, &work->blocks, disk_bytes, &work->plan, err) == 0)
		return 0;
	bd_format_size(disk_bytes, size, sizeof(size));
	memcpy(message, err->message, sizeof(message));
	return err->code == ENOTSUP ? bd_wrap(err, "%s", work->place.image) : bd_usage(err, "%s %s", size, message);
}

/* What resize2fs says it needs, and the disk for that. */
static int check_minimum(struct work *work, uint64_t target_blocks, struct bd_error *err)
{
	char least[32], disk[32], size[32];
	uint64_t blocks;

	if (e2fsprogs_minimum(work->place.fd, work->blocks.offset_bytes, &blocks, err) != 0)
		return -1;
	if (target_blocks >= blocks)
		return 0;
	uint64_t fs_bytes = blocks * work->blocks.block_bytes;
	bd_format_size(work->result->bytes, size, sizeof(size));
	bd_format_size(fs_bytes, least, sizeof(least));
	bd_format_size((bd_resize_least_disk(&work->plan, fs_bytes) + (1 << 20) - 1) >> 20 << 20, disk, sizeof(disk));
	return bd_usage(
		err,
		"%s is too small: by resize2fs -P the filesystem needs at least %s with the files in it, and the disk %s",
		size, least, disk);
}

static int fail_too_little(const struct work *work, struct bd_error *err)
{
	char size[32], needed[32];

	bd_format_size(work->result->bytes, size, sizeof(size));
	bd_format_size(bd_resize_least_disk(&work->plan, work->blocks.block_count * work->blocks.block_bytes), needed,
		       sizeof(needed));
	return bd_usage(err, "%s is too small for the filesystem that is there: the disk has to have %s", size,
			needed);
}

/* The page that makes an area of the same size one for swapping, to where it will be. */
static int move_swap(struct work *work, struct bd_error *err)
{
	const struct bd_resize_plan *plan = &work->plan;
	uint8_t page[BD_SWAP_PAGE_BYTES], uuid[16];

	if (plan->swap_slot < 0 || plan->swap_lba == plan->swap_was_lba)
		return 0;
	if (bd_pread_full(work->place.fd, page, sizeof(page), plan->swap_was_lba * BD_SECTOR_BYTES) != sizeof(page) ||
	    !bd_swap_uuid(page, uuid))
		return bd_fail(err, ENOTSUP,
			       "%s: partition %d has no swap area that could be moved; is the guest hibernated?",
			       work->place.image, plan->swap_slot + 1);
	return bd_redo_write(&work->redo, plan->swap_lba * BD_SECTOR_BYTES, page, sizeof(page), err);
}

static int move_in_mbr(struct work *work, struct bd_error *err)
{
	const struct bd_resize_plan *plan = &work->plan;
	uint8_t sector[BD_SECTOR_BYTES];

	memcpy(sector, work->table.sector, sizeof(sector));
	bd_mbr_move(sector, plan->slot, plan->start_lba, plan->sectors);
	if (plan->swap_slot >= 0)
		bd_mbr_move(sector, plan->swap_slot, plan->swap_lba, plan->swap_sectors);
	return memcmp(sector, work->table.sector, sizeof(sector)) == 0
		       ? 0
		       : bd_redo_write(&work->redo, 0, sector, sizeof(sector), err);
}

static int move_in_gpt(struct work *work, struct bd_error *err)
{
	const struct bd_resize_plan *plan = &work->plan;
	uint64_t total = plan->disk_bytes / BD_SECTOR_BYTES;
	uint8_t sector[BD_SECTOR_BYTES], backup[BD_GPT_TABLE_BYTES];
	struct bd_gpt gpt = work->table.gpt;

	memcpy(sector, work->table.sector, sizeof(sector));
	bd_gpt_move(&gpt, plan->slot, plan->start_lba, plan->sectors);
	if (plan->swap_slot >= 0)
		bd_gpt_move(&gpt, plan->swap_slot, plan->swap_lba, plan->swap_sectors);
	bd_gpt_finish(&gpt, sector, total, backup);
	return memcmp(&gpt, &work->table.gpt, sizeof(gpt)) == 0 ||
			       (bd_redo_write(&work->redo, 0, sector, sizeof(sector), err) == 0 &&
				bd_redo_write(&work->redo, BD_SECTOR_BYTES, gpt.table, sizeof(gpt.table), err) == 0 &&
				bd_redo_write(&work->redo, (total - BD_GPT_BACKUP_SECTORS) * BD_SECTOR_BYTES, backup,
					      sizeof(backup), err) == 0)
		       ? 0
		       : -1;
}

static int move_partitions(struct work *work, struct bd_error *err)
{
	if (work->plan.slot < 0)
		return 0;
	return work->table.has_gpt ? move_in_gpt(work, err) : move_in_mbr(work, err);
}

/* The copy of a GPT would stay in the middle of the filesystem, or at the end of a device that is not used any more. It is the first of
 * the changes, because what comes to its place wins. */
static int remove_gpt_backup(struct work *work, struct bd_error *err)
{
	uint64_t was_lba = work->table.has_gpt ? bd_gpt_backup_lba(&work->table.gpt) : 0;

	if (!work->table.has_gpt || was_lba == work->plan.disk_bytes / BD_SECTOR_BYTES - 1)
		return 0;
	return bd_redo_zero(&work->redo, (was_lba - (BD_GPT_BACKUP_SECTORS - 1)) * BD_SECTOR_BYTES,
			    BD_GPT_TABLE_BYTES, err);
}

static int begin_redo(struct work *work, struct bd_error *err)
{
	uint64_t superblock = work->blocks.offset_bytes + BD_EXT_SUPERBLOCK_START_BYTES;

	return bd_redo_begin(work->place.image, work->place.fd, &work->redo, err) != 0 ||
			       (work->plan.slot >= 0 && bd_redo_witness(&work->redo, 0, err) != 0) ||
			       (work->table.has_gpt && bd_redo_witness(&work->redo, BD_SECTOR_BYTES, err) != 0) ||
			       bd_redo_witness(&work->redo, superblock, err) != 0 ||
			       bd_redo_witness(&work->redo, superblock + BD_SECTOR_BYTES, err) != 0
		       ? -1
		       : 0;
}

static bool has_more_to_do(const struct work *work, uint64_t target_blocks)
{
	const struct bd_resize_plan *plan = &work->plan;

	/* mke2fs and resize2fs leave a rest that is too small to be of use. */
	return work->result->bytes != work->result->was_bytes ||
	       (plan->slot >= 0 && plan->sectors != plan->was_sectors) ||
	       (plan->swap_slot >= 0 && plan->swap_lba != plan->swap_was_lba) ||
	       target_blocks < work->blocks.block_count ||
	       (target_blocks - work->blocks.block_count) * work->blocks.block_bytes >= LEAST_REST_BYTES;
}

static int change(struct work *work, uint64_t target_blocks, struct bd_error *err)
{
	const struct resize_fs request = { .image = work->place.image,
					   .fd = work->place.fd,
					   .is_device = work->result->is_device,
					   .blocks = &work->blocks,
					   .target_blocks = target_blocks };
	uint64_t blocks = target_blocks;

	if (work->grows_volume && resize_volume(work->place.image, work->result->bytes, err) != 0)
		return -1;
	if (begin_redo(work, err) != 0 || remove_gpt_backup(work, err) != 0 || move_swap(work, err) != 0)
		return -1;
	if (target_blocks != work->blocks.block_count && resize_fs(&request, &work->redo, &blocks, err) != 0)
		return -1;
	if (move_partitions(work, err) != 0)
		return -1;
	if (!work->redo.record_count && work->result->bytes == work->result->was_bytes)
		return 0; /* the rest was too small for resize2fs */
	bd_progress_stage("writing the changes", 0);
	if (bd_redo_commit(&work->redo, work->result->is_device ? 0 : work->result->bytes, err) != 0)
		return -1;
	work->result->fs_bytes = blocks * work->blocks.block_bytes;
	work->result->changed = true;
	return 0;
}

static bool passes_over_domain(const struct work *work)
{
	return work->request->as_if_stopped && work->place.is_running;
}

static int lock_place(struct work *work, struct bd_error *err)
{
	if (!work->request->dry_run)
		return image_place_lock(&work->place, err);
	return passes_over_domain(work) ? 0 : image_place_check_free(&work->place, err);
}

/* What a filesystem of target_blocks takes: one that can be relied on, and room for its files. */
static int check_filesystem(struct work *work, uint64_t target_blocks, bool is_smaller, struct bd_error *err)
{
	/* Growing, resize2fs moves nothing into blocks that it takes for free. */
	if (target_blocks != work->blocks.block_count &&
	    (is_smaller ? filesystem_check_clean : filesystem_check_if_due)(&work->place, &work->blocks, err) != 0)
		return -1;
	return is_smaller ? check_minimum(work, target_blocks, err) : 0;
}

static int resize_stopped(struct work *work, struct bd_error *err)
{
	struct resize_result *result = work->result;
	bool dry_run = work->request->dry_run;

	if (lock_place(work, err) != 0 ||
	    image_size(&work->place, &result->was_bytes, &result->is_device, err) != 0 || decide_size(work, err) != 0)
		return -1;
	result->completed = work->place.completed;
	if (bd_fs_blocks_read_to_change(work->place.fd, work->place.partition, &work->blocks, err) != 0)
		return bd_wrap(err, "%s", work->place.image);
	if (resize_table_read(work->place.fd, &work->blocks, result->was_bytes, &work->table, err) != 0)
		return bd_wrap(err, "%s", work->place.image);
	if (make_plan(work, result->bytes, err) != 0 ||
	    (!dry_run && filesystem_replay(&work->place, &work->blocks, err) != 0))
		return -1;
	result->partition = work->blocks.partition;
	result->fs_was_bytes = result->fs_bytes = work->blocks.block_count * work->blocks.block_bytes;
	uint64_t target = work->plan.sectors * BD_SECTOR_BYTES / work->blocks.block_bytes;
	bool is_smaller = target < work->blocks.block_count;
	if (is_smaller && work->request->way == RESIZE_GROW)
		return fail_too_little(work, err);
	if (!is_smaller && !has_more_to_do(work, target))
		return 0;
	/* There is no need to make the filesystem larger where it does not fill its partition already. */
	if (!is_smaller && work->request->way == RESIZE_SHRINK)
		target = work->blocks.block_count;
	if (!work->blocks.needs_replay && !(passes_over_domain(work) && work->blocks.not_unmounted) &&
	    check_filesystem(work, target, is_smaller, err) != 0)
		return -1;
	if (!dry_run)
		return change(work, target, err);
	result->fs_bytes = target * work->blocks.block_bytes;
	result->changed = true;
	return 0;
}

/* Where the guest runs, only the disk becomes larger. */
static int grow_running(struct work *work, struct bd_error *err)
{
	struct resize_result *result = work->result;

	if (image_size(&work->place, &result->was_bytes, &result->is_device, err) != 0 || decide_size(work, err) != 0)
		return -1;
	result->changed = result->bytes != result->was_bytes;
	if (work->request->dry_run)
		return 0;
	if (work->grows_volume && resize_volume(work->place.image, result->bytes, err) != 0)
		return -1;
	return resize_running(&work->place, result->is_device, result->was_bytes, result->bytes, &result->running,
			      err);
}

int image_resize(const struct resize_request *request, struct resize_result *result_out, struct bd_error *err)
{
	BD_DISPOSE(resize_result_dispose) struct resize_result result = { 0 };
	BD_DISPOSE(work_dispose)
	struct work work = { .request = request, .result = &result, .place = IMAGE_PLACE_INIT, .redo = BD_REDO_INIT };

	if (image_whole_open(request->place, request->dir, &work.place, err) != 0)
		return -1;
	result.image = strdup(work.place.image);
	result.guest = work.place.guest ? strdup(work.place.guest) : NULL;
	if (!result.image || (work.place.guest && !result.guest))
		return bd_no_memory(err);
	result.is_running = work.place.is_running && !request->as_if_stopped;
	if ((result.is_running && request->way == RESIZE_GROW ? grow_running : resize_stopped)(&work, err) != 0)
		return -1;
	*result_out = bd_take_struct(result);
	return 0;
}
