/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the gap. */
#include "ops/image/layout_boot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "disk/boot_code.h"
#include "disk/grub.h"
#include "disk/grub_mkimage.h"
#include "inside/change/change.h"
#include "inside/open.h"
#include "rootfs/tree.h"

#define GRUB_CFG "/boot/grub/grub.cfg"
#define OUR_MARK "# Made by xen-bigdisk" /* the first line of a grub.cfg of ours: guest/bootcfg.c */
#define LEGACY_STAGE2_SECTOR 0x44 /* stage1.h: STAGE1_STAGE2_SECTOR */
#define EMBEDDED_SECTOR 1

/* The end of each piece of content is as good as its beginning: the mark is in the first. */
static int starts_with_mark(struct bd_file_stream *stream, bool *ours_out, struct bd_error *err)
{
	const void *data;
	size_t size;
	uint64_t offset;
	int r = bd_file_stream_block(stream, &data, &size, &offset, err);

	*ours_out =
		r == 1 && offset == 0 && size >= strlen(OUR_MARK) && memcmp(data, OUR_MARK, strlen(OUR_MARK)) == 0;
	return r < 0 ? -1 : 0;
}

/* Whether the guest's grub.cfg is one of ours, for which a few modules suffice. None is not. */
static int has_our_cfg(int fd, bool *ours_out, struct bd_error *err)
{
	static const char *const paths[] = { GRUB_CFG };
	const struct bd_inside_request request = {
		.partition = 1, .paths = paths, .path_count = 1, .follow = true, .content = true
	};
	struct bd_file_stream *stream = NULL;
	const struct bd_stream_entry *entry;

	*ours_out = false;
	if (bd_inside_open(fd, &request, NULL, &stream, err) != 0)
		return -1;
	int r = bd_file_stream_next(stream, &entry, err);
	if (r == 1 && S_ISREG(entry->meta.mode))
		r = starts_with_mark(stream, ours_out, err);
	else if (r == 2 && err->kind == BD_KIND_NOT_FOUND)
		r = 0;
	bd_file_stream_close(&stream);
	return r < 0 || r == 2 ? -1 : 0;
}

/* The tree of GRUB's modules, as files that are new or replace others of the same name. */
static int put_modules(int fd, const struct bd_tree *tree, struct bd_error *err)
{
	BD_FREE struct bd_change *changes = calloc(tree->count ? tree->count : 1, sizeof(*changes));
	BD_FREE struct bd_change_range *ranges = calloc(tree->count ? tree->count : 1, sizeof(*ranges));
	BD_FREE struct bd_file_meta *metas = calloc(tree->count ? tree->count : 1, sizeof(*metas));
	struct bd_change_request request = { .partition = 1, .changes = changes };

	if (!changes || !ranges || !metas)
		return bd_no_memory(err);
	for (size_t i = 0; i < tree->count; i++) {
		const struct bd_node *node = &tree->nodes[i];
		struct bd_change *change = &changes[request.count];
		struct stat there;
		if (!S_ISREG(node->mode) || !node->host_path)
			continue;
		if (stat(node->host_path, &there) != 0)
			return bd_fail_errno(err, "cannot access %s", node->host_path);
		uint64_t size = (uint64_t)there.st_size;
		ranges[request.count] = (struct bd_change_range){ .size_bytes = size };
		metas[request.count] = (struct bd_file_meta){ .mode = node->mode,
							      .size_bytes = size,
							      .mtime_s = there.st_mtim.tv_sec,
							      .atime_s = there.st_mtim.tv_sec };
		*change = (struct bd_change){ .kind = BD_CHANGE_PUT,
					      .path = node->path,
					      .parents = true,
					      .meta = &metas[request.count],
					      .host_path = node->host_path,
					      .fd = -1,
					      .ranges = &ranges[request.count],
					      .range_count = size ? 1 : 0 };
		request.count++;
	}
	if (!request.count)
		return 0;
	return bd_inside_change(fd, &request, NULL, err) == 0
		       ? 0
		       : bd_wrap(err, "cannot put GRUB's modules into /boot/grub");
}

static int write_grub2(const struct bd_plan *plan, int fd, uint8_t *boot_code_out, struct bd_error *err)
{
	BD_DISPOSE(bd_grub_dispose) struct bd_grub grub = { 0 };
	BD_DISPOSE(bd_tree_dispose) struct bd_tree tree = { 0 };
	bool ours;

	if (has_our_cfg(fd, &ours, err) != 0 || bd_grub2_prepare(plan, !ours, &grub, &tree, err) != 0 ||
	    put_modules(fd, &tree, err) != 0)
		return -1;
	memcpy(boot_code_out, grub.boot_code, BD_MBR_BOOT_CODE_BYTES);
	return bd_pwrite_all(fd, grub.core, grub.core_bytes,
			     bd_region_start_bytes(bd_plan_find(plan, BD_REGION_BOOT)), "GRUB's core.img", err);
}

/* What the smaller of the gaps has room for. */
static int copy_gap(const struct image_place *place, int fd, struct bd_error *err)
{
	uint8_t gap[(BD_CHS_SECTORS - 1) * BD_SECTOR_BYTES];

	if (bd_pread_full(place->fd, gap, sizeof(gap), BD_SECTOR_BYTES) != sizeof(gap))
		return bd_fail(err, EIO, "cannot read the boot loader");
	return bd_pwrite_all(fd, gap, sizeof(gap), BD_SECTOR_BYTES, "the boot loader", err);
}

int layout_boot_write(const struct image_place *place, const uint8_t sector[BD_SECTOR_BYTES],
		      const struct bd_plan *plan, int fd, uint8_t boot_code_out[BD_MBR_BOOT_CODE_BYTES],
		      struct bd_error *err)
{
	memcpy(boot_code_out, sector, BD_MBR_BOOT_CODE_BYTES);
	switch (bd_boot_code_of(sector)) {
	case BD_BOOT_CODE_NONE:
		return 0;
	case BD_BOOT_CODE_GRUB2:
		return write_grub2(plan, fd, boot_code_out, err);
	case BD_BOOT_CODE_GRUB_LEGACY:
		if (get_le32(sector + LEGACY_STAGE2_SECTOR) == EMBEDDED_SECTOR)
			return copy_gap(place, fd, err);
		return bd_fail(
			err, ENOTSUP,
			"its GRUB Legacy has the sectors of its stage 2 written down, which would not be there any more");
	default:
		return bd_fail(err, ENOTSUP,
			       "its boot loader is unknown, and may depend on where the filesystem lies");
	}
}
