/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recipe of an image: size, filesystem, swap, boot sector. */
#include "image/image.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "image/swap.h"

static int write_ext3(const char *path, const struct bd_image_spec *spec, void (*progress)(uint64_t),
		      struct bd_ext3_geometry *geometry_out, struct bd_error *err)
{
	const struct bd_region *root = bd_plan_find(spec->plan, BD_REGION_ROOT);
	struct bd_ext3_params params = spec->ext3;

	params.offset_bytes = bd_region_start_bytes(root);
	params.size_bytes = bd_region_bytes(root);
	return bd_ext3_write(path, &params, spec->tree, progress, geometry_out, err);
}

static int write_swap(int fd, const struct bd_image_spec *spec, struct bd_error *err)
{
	const struct bd_region *swap = bd_plan_find(spec->plan, BD_REGION_SWAP);
	uint8_t page[BD_SWAP_PAGE_BYTES];

	if (!swap)
		return 0;
	bd_swap_encode(bd_region_bytes(swap), spec->swap_uuid, page);
	return bd_pwrite_all(fd, page, sizeof(page), bd_region_start_bytes(swap), "the swap signature", err);
}

static int write_boot(int fd, const char *path, const struct bd_image_spec *spec, struct bd_error *err)
{
	const struct bd_grub *grub = spec->boot_sector == BD_BOOT_SECTOR_GRUB2 ? spec->grub : NULL;
	const struct bd_region *boot = bd_plan_find(spec->plan, BD_REGION_BOOT);
	uint8_t sector[BD_SECTOR_BYTES];

	bd_mbr_encode(spec->plan, spec->disk_signature, grub ? grub->boot_code : NULL, sector);
	if (bd_pwrite_all(fd, sector, sizeof(sector), 0, "the boot sector", err) != 0)
		return -1;
	if (grub)
		return bd_pwrite_all(fd, grub->core, grub->core_bytes, bd_region_start_bytes(boot), "GRUB's core.img",
				     err);
	if (spec->boot_sector == BD_BOOT_SECTOR_GRUB_LEGACY)
		return bd_grub_legacy_setup(path, err);
	return 0;
}

int bd_image_write(int fd, const char *path, const struct bd_image_spec *spec, void (*progress)(uint64_t bytes_done),
		   struct bd_ext3_geometry *geometry_out, struct bd_error *err)
{
	if (ftruncate(fd, (off_t)spec->plan->disk_bytes) != 0) {
		if (errno == EFBIG)
			return bd_fail(err, EFBIG,
				       "this filesystem, or the limit on file sizes (ulimit -f), takes no file "
				       "of %llu bytes",
				       (unsigned long long)spec->plan->disk_bytes);
		return bd_fail_errno(err, "cannot set the image's size");
	}
	if (write_ext3(path, spec, progress, geometry_out, err) != 0)
		return -1;
	if (write_swap(fd, spec, err) != 0)
		return -1;
	return write_boot(fd, path, spec, err);
}
