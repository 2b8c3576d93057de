/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes an image in order: size, filesystems, swap, boot sector. */
#include "disk/image.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file/file.h"
#include "base/file/zero.h"
#include "disk/grub_legacy.h"
#include "disk/prepared_image.h"
#include "disk/swap.h"

static struct bd_ext3_params params_for(const struct bd_image_spec *spec, const struct bd_region *region)
{
	struct bd_ext3_params params = spec->ext3;

	params.offset_bytes = bd_region_start_bytes(region);
	params.size_bytes = bd_region_bytes(region);
	return params;
}

/* What is left of a clone that turned out to be of no use. */
static int clear(int fd, const struct bd_region *root, struct bd_error *err)
{
	return bd_zero_range(fd, bd_region_start_bytes(root), bd_region_bytes(root), "the image", err) == 0
		       ? 0
		       : bd_wrap(err, "cannot clear the image");
}

/* 0: the guest's filesystem is there. 1: it has to be written without a clone, into a file that reads as zeros. */
static int write_by_clone(int fd, const char *path, const struct bd_image_spec *spec,
			  const struct bd_ext3_params *params, struct bd_ext3_geometry *geometry_out,
			  struct bd_error *err)
{
	struct bd_ext3_files files = {
		.base = spec->base, .tree = spec->tree, .fd = fd, .base_time = spec->base_time, .is_clone = true
	};

	if (spec->prepared_fd < 0 && !spec->is_clone)
		return 1;
	files.clone_layout = spec->clone_layout;
	if (!spec->is_clone && bd_prepared_image_clone(spec->prepared_fd, bd_prepared_image_bytes(params->size_bytes),
						       fd, params->offset_bytes, &files.clone_layout, err) != 0)
		return err->code == ENOTSUP ? 1 : -1;
	if (bd_ext3_write(path, params, &files, NULL, geometry_out, err) == 0)
		return 0;
	if (err->code != ESTALE)
		return -1;
	return clear(fd, bd_plan_find(spec->plan, BD_REGION_ROOT), err) == 0 ? 1 : -1;
}

static int write_ext3(int fd, const char *path, const struct bd_image_spec *spec, void (*progress)(uint64_t),
		      struct bd_ext3_geometry *geometry_out, struct bd_error *err)
{
	const struct bd_ext3_params params = params_for(spec, bd_plan_find(spec->plan, BD_REGION_ROOT));
	const struct bd_ext3_files files = {
		.base = spec->base, .tree = spec->tree, .fd = fd, .base_time = spec->base_time
	};

	int status = write_by_clone(fd, path, spec, &params, geometry_out, err);
	return status == 1 ? bd_ext3_write(path, &params, &files, progress, geometry_out, err) : status;
}

static int for_mount(int fd, const char *path, const struct bd_image_spec *spec, size_t index, bool only_check,
		     void (*progress)(uint64_t), struct bd_error *err)
{
	const struct bd_region *region = bd_plan_mount(spec->plan, index);
	const struct bd_image_mount *mount = &spec->mounts[index];
	struct bd_ext3_params params = params_for(spec, region);
	const struct bd_ext3_files files = { .base = mount->base,
					     .tree = mount->tree,
					     .fd = fd,
					     .base_time = spec->base_time,
					     .only_check = only_check };

	params.label[0] = '\0';
	memcpy(params.uuid, mount->uuid, sizeof(params.uuid));
	return bd_ext3_write(path, &params, &files, progress, NULL, err) == 0
		       ? 0
		       : bd_wrap(err, "partition %d, which is mounted on %s", region->partition, mount->path);
}

static int for_mounts(int fd, const char *path, const struct bd_image_spec *spec, bool only_check,
		      void (*progress)(uint64_t), struct bd_error *err)
{
	for (size_t i = 0; bd_plan_mount(spec->plan, i); i++)
		if (for_mount(fd, path, spec, i, only_check, progress, err) != 0)
			return -1;
	return 0;
}

int bd_image_check_fit(const char *path, const struct bd_image_spec *spec, struct bd_error *err)
{
	const struct bd_ext3_params params = params_for(spec, bd_plan_find(spec->plan, BD_REGION_ROOT));
	const struct bd_ext3_files files = { .base = spec->base, .tree = spec->tree, .fd = -1, .only_check = true };

	return bd_ext3_write(path, &params, &files, NULL, NULL, err) != 0
		       ? -1
		       : for_mounts(-1, path, spec, true, NULL, err);
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

/* Without the table there is no disk. A file has no name before it is flushed; a device has one all the time, and a
 * power cut shall not find the table on it without what it points to. */
static int write_boot(int fd, const char *path, const struct bd_image_spec *spec, struct bd_error *err)
{
	const struct bd_grub *grub = spec->boot_sector == BD_BOOT_SECTOR_GRUB2 ? spec->grub : NULL;
	const struct bd_region *boot = bd_plan_find(spec->plan, BD_REGION_BOOT);
	uint8_t sector[BD_SECTOR_BYTES];

	if (grub &&
	    bd_pwrite_all(fd, grub->core, grub->core_bytes, bd_region_start_bytes(boot), "GRUB's core.img", err) != 0)
		return -1;
	if (spec->on_device && fsync(fd) != 0)
		return bd_fail_errno(err, "cannot write the device");
	bd_mbr_encode(spec->plan, spec->disk_signature, grub ? grub->boot_code : NULL, sector);
	if (bd_pwrite_all(fd, sector, sizeof(sector), 0, "the boot sector", err) != 0)
		return -1;
	return spec->boot_sector == BD_BOOT_SECTOR_GRUB_LEGACY ? bd_grub_legacy_setup(path, err) : 0;
}

int bd_image_set_size(int fd, uint64_t size_bytes, struct bd_error *err)
{
	if (ftruncate(fd, (off_t)size_bytes) == 0)
		return 0;
	if (errno == EFBIG)
		return bd_fail(
			err, EFBIG,
			"this filesystem, or the limit on file sizes (ulimit -f), does not allow a file of %llu bytes",
			(unsigned long long)size_bytes);
	return bd_fail_errno(err, "cannot set the image's size");
}

int bd_image_write(int fd, const char *path, const struct bd_image_spec *spec, void (*progress)(uint64_t bytes_done),
		   struct bd_ext3_geometry *geometry_out, struct bd_error *err)
{
	if (!spec->on_device && bd_image_set_size(fd, spec->plan->disk_bytes, err) != 0)
		return -1;
	if (write_ext3(fd, path, spec, progress, geometry_out, err) != 0 ||
	    for_mounts(fd, path, spec, false, progress, err) != 0)
		return -1;
	if (write_swap(fd, spec, err) != 0)
		return -1;
	return write_boot(fd, path, spec, err);
}
