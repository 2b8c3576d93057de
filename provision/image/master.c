/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making a template's filesystem in advance, and cloning it. */
#include "image/master.h"

#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "image/ext3.h"

#define TRAILER_BYTES 4096
#define MAGIC "XBDMASTR"

uint64_t bd_master_bytes(uint64_t partition_bytes)
{
	return partition_bytes / BD_PACK_BLOCK_BYTES * BD_PACK_BLOCK_BYTES;
}

int bd_master_make(const char *path, int fd, uint64_t size_bytes, const struct bd_pack *pack, int64_t base_time,
		   void (*progress)(uint64_t bytes_done), struct bd_error *err)
{
	struct bd_ext3_params params = { .size_bytes = size_bytes, .now = base_time };
	struct bd_ext3_files files = { .base = pack, .fd = fd, .base_time = base_time };
	struct bd_ext3_geometry geometry;
	uint8_t trailer[TRAILER_BYTES] = MAGIC;

	if (ftruncate(fd, (off_t)(size_bytes + TRAILER_BYTES)) != 0)
		return bd_fail_errno(err, "cannot set the size of the template's prepared image");
	if (bd_ext3_write(path, &params, &files, progress, &geometry, err) != 0)
		return -1;
	put_le64(trailer + 8, size_bytes);
	put_le64(trailer + 16, geometry.base.places);
	put_le64(trailer + 24, geometry.base.end_bytes);
	return bd_pwrite_all(fd, trailer, sizeof(trailer), size_bytes, "the template's prepared image", err);
}

int bd_master_clone(int master_fd, uint64_t size_bytes, int to_fd, uint64_t offset_bytes,
		    struct bd_base_layout *layout_out, struct bd_error *err)
{
	uint8_t trailer[32];

	if (pread(master_fd, trailer, sizeof(trailer), (off_t)size_bytes) != sizeof(trailer) ||
	    memcmp(trailer, MAGIC, 8) != 0 || get_le64(trailer + 8) != size_bytes ||
	    get_le64(trailer + 24) > size_bytes)
		return bd_fail(err, ENOTSUP, "this is no prepared image");
	struct bd_base_layout layout = { get_le64(trailer + 16), get_le64(trailer + 24) };
	struct file_clone_range range = {
		.src_fd = master_fd,
		.src_length = layout.end_bytes,
		.dest_offset = offset_bytes,
	};
	if (ioctl(to_fd, FICLONERANGE, &range) != 0)
		return errno == ENOSPC || errno == EDQUOT
			       ? bd_fail_errno(err, "cannot share the prepared image's blocks")
			       : bd_fail(err, ENOTSUP, "cannot share the prepared image's blocks: %s",
					 strerror(errno));
	*layout_out = layout;
	return 0;
}
