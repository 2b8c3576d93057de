/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the disk once more, in the other layout. */
#include "ops/image/convert_layout.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/file/data_range.h"
#include "base/file/file.h"
#include "base/file/range_copy.h"
#include "base/parse.h"
#include "base/progress.h"
#include "base/text.h"
#include "disk/mbr.h"
#include "disk/swap.h"
#include "inside/blocks.h"
#include "ops/image/filesystem_state.h"
#include "ops/image/layout_boot.h"
#include "ops/image/whole.h"

struct work {
	struct image_place place;
	struct bd_fs_blocks blocks;
	struct bd_mbr_partition root, swap; /* swap.type 0: there is none */
	struct bd_plan plan; /* of the new disk */
	struct bd_atomic_file draft;
	uint8_t sector[BD_SECTOR_BYTES];
};

static void work_dispose(struct work *work)
{
	bd_atomic_file_dispose(&work->draft);
	bd_fs_blocks_dispose(&work->blocks);
	image_place_dispose(&work->place);
}

void layout_result_dispose(struct layout_result *result)
{
	free(result->image);
	free(result->guest);
	*result = (struct layout_result){ 0 };
}

/* The filesystem in the first entry, and swap behind it in the second: what new makes, and the article. */
static int read_table(struct work *work, struct bd_error *err)
{
	struct bd_mbr_partition partitions[BD_MBR_PARTITIONS];

	if (bd_pread_full(work->place.fd, work->sector, sizeof(work->sector), 0) != sizeof(work->sector))
		return bd_fail(err, EINVAL, "%s is too small for a disk", work->place.image);
	if (!bd_mbr_decode(work->sector, partitions))
		return bd_fail(err, ENOTSUP, "%s has no MBR", work->place.image);
	work->root = partitions[0];
	work->swap = partitions[1];
	bool fits = work->root.start_lba == work->blocks.offset_bytes / BD_SECTOR_BYTES &&
		    bd_mbr_slot(work->sector, work->root.start_lba) == 0 && work->root.type == BD_MBR_TYPE_LINUX &&
		    !partitions[2].type;
	if (work->swap.type)
		fits = fits && work->swap.type == BD_MBR_TYPE_SWAP &&
		       work->swap.start_lba >= work->root.start_lba + (uint64_t)work->root.sector_count &&
		       bd_mbr_slot(work->sector, work->swap.start_lba) == 1;
	return fits ? 0
		    : bd_fail(err, ENOTSUP,
			      "%s has other partitions than a Linux filesystem in the first, and swap in the second, behind it",
			      work->place.image);
}

static bool has_layout(const struct work *work, enum bd_layout layout)
{
	return work->root.start_lba == (layout == BD_LAYOUT_CYLINDER ? BD_CHS_SECTORS : BD_ALIGNMENT_SECTORS);
}

/* The smallest disk of whole MiB, not smaller than this one, in which the filesystem has room. */
static int make_plan(struct work *work, enum bd_layout layout, uint64_t was_bytes, struct bd_error *err)
{
	uint64_t fs_bytes = work->blocks.block_count * work->blocks.block_bytes;
	uint64_t swap_bytes = work->swap.type ? (uint64_t)work->swap.sector_count * BD_SECTOR_BYTES : 0;
	uint64_t bytes = was_bytes / BD_SECTOR_BYTES * BD_SECTOR_BYTES;

	for (int i = 0; i < 64; i++) {
		const struct bd_plan_sizes sizes = { .disk_bytes = bytes, .swap_bytes = swap_bytes };
		if (bd_plan_disk(layout, &sizes, &work->plan, err) != 0 && err->code != EINVAL)
			return bd_wrap(err, "the new disk");
		const struct bd_region *root = bd_plan_find(&work->plan, BD_REGION_ROOT);
		if (root && bd_region_bytes(root) >= fs_bytes)
			return 0;
		bytes = ((bytes >> 20) + 1) << 20;
	}
	return bd_fail(err, EINVAL, "%s has too little room before its filesystem", work->place.image);
}

static int check_room(const struct work *work, struct bd_error *err)
{
	char folder[PATH_MAX], need_text[32], free_text[32];
	struct stat there;
	struct statvfs room;

	bd_path_folder(work->draft.path, folder);
	if (fstat(work->place.fd, &there) != 0 || statvfs(folder, &room) != 0)
		return bd_fail_errno(err, "cannot use the directory %s", folder);
	uint64_t need = (uint64_t)there.st_blocks * S_BLKSIZE;
	uint64_t free_bytes = bd_free_bytes(&room);
	if (need <= free_bytes)
		return 0;
	bd_format_size(need, need_text, sizeof(need_text));
	bd_format_size(free_bytes, free_text, sizeof(free_text));
	return bd_no_room(err, "the disk is written once more, which takes up to %s, and %s has %s free", need_text,
			  folder, free_text);
}

static int copy_filesystem(struct work *work, struct bd_error *err)
{
	BD_DISPOSE(bd_range_copy_dispose) struct bd_range_copy copy;
	uint64_t from = work->blocks.offset_bytes,
		 to = bd_region_start_bytes(bd_plan_find(&work->plan, BD_REGION_ROOT));
	uint64_t end = from + work->blocks.block_count * work->blocks.block_bytes, begin, stop;

	bd_progress_stage("moving the filesystem", end - from);
	bd_range_copy_init(&copy, work->place.fd, work->draft.fd, 0);
	copy.progress = bd_progress_update;
	copy.way = BD_COPY_KERNEL;
	for (uint64_t at = from; bd_next_data(work->place.fd, at, end, BD_SECTOR_BYTES, &begin, &stop); at = stop)
		if (bd_range_copy_add(&copy, begin, begin - from + to, stop - begin, err) != 0)
			return -1;
	return bd_range_copy_finish(&copy, err);
}

static int copy_swap(struct work *work, struct bd_error *err)
{
	uint8_t page[BD_SWAP_PAGE_BYTES], uuid[16];

	if (!work->swap.type)
		return 0;
	const struct bd_region *region = bd_plan_find(&work->plan, BD_REGION_SWAP);
	uint64_t from = (uint64_t)work->swap.start_lba * BD_SECTOR_BYTES;
	if (bd_pread_full(work->place.fd, page, sizeof(page), from) != sizeof(page) || !bd_swap_uuid(page, uuid))
		return bd_fail(err, ENOTSUP,
			       "%s: partition 2 has no swap area that could be moved; is the guest hibernated?",
			       work->place.image);
	bd_swap_set_size(page, bd_region_bytes(region));
	return bd_pwrite_all(work->draft.fd, page, sizeof(page), bd_region_start_bytes(region), "the swap area", err);
}

/* Flags, types, the disk's signature and the boot code stay; the boot code comes with its core.img. */
static int write_table(struct work *work, const uint8_t boot_code[BD_MBR_BOOT_CODE_BYTES], struct bd_error *err)
{
	const struct bd_region *root = bd_plan_find(&work->plan, BD_REGION_ROOT),
			       *swap = bd_plan_find(&work->plan, BD_REGION_SWAP);
	uint8_t sector[BD_SECTOR_BYTES];

	memcpy(sector, work->sector, sizeof(sector));
	memcpy(sector, boot_code, BD_MBR_BOOT_CODE_BYTES);
	bd_mbr_move(sector, 0, root->start_lba, root->sector_count);
	if (swap)
		bd_mbr_move(sector, 1, swap->start_lba, swap->sector_count);
	return bd_pwrite_all(work->draft.fd, sector, sizeof(sector), 0, "the partition table", err);
}

static int write_disk(struct work *work, struct layout_result *result, struct bd_error *err)
{
	uint8_t boot_code[BD_MBR_BOOT_CODE_BYTES];
	BD_FREE char *real = realpath(work->place.image, NULL);

	if (!real)
		return bd_fail_errno(err, "cannot access %s", work->place.image);
	if (bd_atomic_file_open_replacement(real, &work->draft, err) != 0 || check_room(work, err) != 0)
		return -1;
	if (ftruncate(work->draft.fd, (off_t)work->plan.disk_bytes) != 0)
		return bd_fail_errno(err, "cannot set the size of the new disk");
	if (copy_filesystem(work, err) != 0 || copy_swap(work, err) != 0)
		return -1;
	/* The table before the boot loader, which may put files into the filesystem. */
	if (write_table(work, work->sector, err) != 0 ||
	    layout_boot_write(&work->place, work->sector, &work->plan, work->draft.fd, boot_code, err) != 0 ||
	    write_table(work, boot_code, err) != 0)
		return bd_wrap(err, "%s", work->place.image);
	bd_progress_stage("flushing it to the disk", 0);
	if (bd_atomic_file_sync(&work->draft, err) != 0 || bd_atomic_file_publish(&work->draft, err) != 0)
		return -1;
	result->changed = true;
	result->bytes = work->plan.disk_bytes;
	return bd_atomic_file_sync_folder(&work->draft, err);
}

static int convert(struct work *work, enum bd_layout layout, struct layout_result *result, struct bd_error *err)
{
	bool is_device;

	if (image_place_lock(&work->place, err) != 0 ||
	    image_size(&work->place, &result->was_bytes, &is_device, err) != 0)
		return -1;
	result->bytes = result->was_bytes;
	if (is_device)
		return bd_fail(err, ENOTSUP, "%s is a block device, of which no second one can take the place",
			       work->place.image);
	if (bd_fs_blocks_read_to_change(work->place.fd, work->place.partition, &work->blocks, err) != 0)
		return bd_wrap(err, "%s", work->place.image);
	if (read_table(work, err) != 0)
		return -1;
	result->boot_code = bd_boot_code_of(work->sector);
	if (has_layout(work, layout))
		return 0;
	if (filesystem_replay(&work->place, &work->blocks, err) != 0 ||
	    filesystem_check_if_due(&work->place, &work->blocks, err) != 0 ||
	    make_plan(work, layout, result->was_bytes, err) != 0)
		return -1;
	return write_disk(work, result, err);
}

int image_convert_layout(const char *place, const char *dir, enum bd_layout layout, struct layout_result *result_out,
			 struct bd_error *err)
{
	BD_DISPOSE(layout_result_dispose) struct layout_result result = { 0 };
	BD_DISPOSE(work_dispose) struct work work = { .place = IMAGE_PLACE_INIT, .draft = BD_ATOMIC_FILE_INIT };

	if (image_whole_open(place, dir, &work.place, err) != 0)
		return -1;
	if (convert(&work, layout, &result, err) != 0)
		return -1;
	result.image = strdup(work.place.image);
	result.guest = work.place.guest ? strdup(work.place.guest) : NULL;
	if (!result.image || (work.place.guest && !result.guest))
		return bd_no_memory(err);
	*result_out = bd_take_struct(result);
	return 0;
}
