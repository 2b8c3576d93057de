/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ftruncate, LOOP_SET_CAPACITY, and a look at the guest's devices. */
#include "ops/image/resize_running.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/lock.h"
#include "base/log.h"
#include "disk/use/holder.h"
#include "inside/blocks.h"
#include "ops/guest/devices.h"
#include "ops/guest/names.h"
#include "ops/host/boot.h"
#include "ops/image/resize_table.h"

/* How the guest calls the disk; "xvda" where that cannot be told. */
static void find_name(const struct image_place *place, const struct bd_cfg *cfg, char name_out[32])
{
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	BD_DISPOSE(guest_devices_dispose) struct guest_devices devices = { 0 };
	struct bd_toolstack_domain domain;
	struct bd_toolstack *toolstack;
	struct bd_error ignored;
	bool found;

	snprintf(name_out, 32, "xvda");
	if (guest_domain_try(&boot, cfg, &domain, &found, &ignored) != 0 || !found ||
	    boot_open(&boot, &toolstack, &ignored) != 0)
		return;
	guest_devices_read(&boot, toolstack, domain.domid, &devices);
	for (size_t i = 0; i < devices.count; i++)
		if (strcmp(devices.items[i].path, place->image) == 0 && *devices.items[i].name)
			snprintf(name_out, 32, "%.31s", devices.items[i].name);
	boot.toolstack.plugin->close(toolstack);
}

static int make_larger(const struct image_place *place, uint64_t bytes, struct stat *there, struct bd_error *err)
{
	BD_CLOSE int fd = open(place->image, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	struct stat is;

	if (fd < 0 || fstat(fd, &is) != 0 || fstat(place->fd, there) != 0)
		return bd_fail_errno(err, "cannot open %s for writing", place->image);
	if (is.st_dev != there->st_dev || is.st_ino != there->st_ino)
		return bd_in_use(err, "%s has just been replaced by another file", place->image);
	if ((uint64_t)is.st_size < bytes && ftruncate(fd, (off_t)bytes) != 0)
		return bd_fail_errno(err, "cannot make %s larger", place->image);
	return fsync(fd) == 0 ? 0 : bd_fail_errno(err, "cannot flush %s", place->image);
}

/* Whether there is one, and all of them have the new size. */
static bool tell_loops(const struct stat *file)
{
	BD_DISPOSE(bd_loops_dispose) struct bd_loops loops = { 0 };
	bool told = false;

	bd_loops_read(&loops);
	for (const struct bd_loop *loop = NULL;
	     (loop = bd_loops_next(&loops, file->st_dev, file->st_ino, loop)) != NULL;) {
		BD_CLOSE int fd = open(loop->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0 || ioctl(fd, LOOP_SET_CAPACITY, 0) != 0) {
			bd_warn("cannot tell %s of its new size: %s", loop->path, strerror(errno));
			return false;
		}
		told = true;
	}
	return told;
}

/* Which partition it is, and whether swap is behind it, which the guest's own tools cannot move. Where the disk cannot be read, as it
 * is being written to, it is what most disks have. */
static void look_at_table(const struct image_place *place, uint64_t was_bytes, uint64_t bytes,
			  struct resize_running *running)
{
	BD_DISPOSE(bd_fs_blocks_dispose) struct bd_fs_blocks blocks = { 0 };
	struct resize_table table;
	struct bd_resize_plan plan;
	struct bd_error ignored;

	running->partition = 1;
	if (bd_fs_blocks_read(place->fd, place->partition, &blocks, &ignored) != 0)
		return;
	running->partition = blocks.partition;
	running->has_swap = blocks.partition > 0 &&
			    resize_table_read(place->fd, &blocks, was_bytes, &table, &ignored) == 0 &&
			    resize_table_plan(&table, &blocks, bytes, &plan, &ignored) == 0 && plan.swap_slot >= 0;
}

int resize_running(const struct image_place *place, bool is_device, uint64_t was_bytes, uint64_t size_bytes,
		   struct resize_running *running_out, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	BD_CLOSE int lock_fd = -1;
	struct stat file;

	if (bd_lock(place->cfg_path, &lock_fd, err) != 0 || bd_cfg_read(place->cfg_path, &cfg, err) != 0)
		return -1;
	*running_out = (struct resize_running){ .guest_sees = true };
	look_at_table(place, was_bytes, size_bytes, running_out);
	find_name(place, &cfg, running_out->device);
	if (is_device)
		return 0;
	if (make_larger(place, size_bytes, &file, err) != 0)
		return -1;
	running_out->guest_sees = tell_loops(&file);
	return 0;
}
