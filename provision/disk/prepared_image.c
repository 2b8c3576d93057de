/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates and clones prepared images. */
#include "disk/prepared_image.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file/file.h"
#include "ext3/ext3.h"

#define TRAILER_BYTES 4096
#define MAGIC "XBDMASTR"
#define TEXT_AT 48
#define MARK_NS 271828182 /* in st_mtime of what has been written by nobody else */

uint64_t bd_prepared_image_bytes(uint64_t partition_bytes)
{
	return partition_bytes / BD_SEALED_BLOCK_BYTES * BD_SEALED_BLOCK_BYTES;
}

static void put_trailer(uint8_t trailer[TRAILER_BYTES], uint64_t size_bytes, const struct bd_base_layout *layout,
			const struct bd_prepared_image_source *source)
{
	memset(trailer, 0, TRAILER_BYTES);
	memcpy(trailer, MAGIC, strlen(MAGIC));
	put_le64(trailer + 8, size_bytes);
	put_le64(trailer + 16, layout->places);
	put_le64(trailer + 24, layout->end_bytes);
	put_le64(trailer + 32, (uint64_t)source->base_time);
	snprintf((char *)trailer + TEXT_AT, BD_PREPARED_IMAGE_TEXT_SIZE, "%s", source->text);
}

static bool set_mark(int fd)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = MARK_NS } };

	times[1].tv_sec = time(NULL);
	return futimens(fd, times) == 0;
}

void bd_prepared_image_note_use(int fd)
{
	set_mark(fd);
}

int bd_prepared_image_make(const char *path, int fd, uint64_t size_bytes,
			   const struct bd_prepared_image_source *source, void (*progress)(uint64_t bytes_done),
			   struct bd_error *err)
{
	struct bd_ext3_params params = { .type = source->type, .size_bytes = size_bytes, .now = source->base_time };
	struct bd_ext3_files files = { .base = source->sealed, .fd = fd, .base_time = source->base_time };
	struct bd_ext3_geometry geometry;
	uint8_t trailer[TRAILER_BYTES];

	if (ftruncate(fd, (off_t)(size_bytes + TRAILER_BYTES)) != 0)
		return bd_fail_errno(err, "cannot set the size of the template's prepared image");
	if (bd_ext3_write(path, &params, &files, progress, &geometry, err) != 0)
		return -1;
	put_trailer(trailer, size_bytes, &geometry.base, source);
	if (bd_pwrite_all(fd, trailer, sizeof(trailer), size_bytes, "the template's prepared image", err) != 0)
		return -1;
	if (!set_mark(fd))
		return bd_fail_errno(err, "cannot mark the template's prepared image");
	return 0;
}

bool bd_prepared_image_is_of(int fd, uint64_t size_bytes, const struct bd_prepared_image_source *source)
{
	uint8_t trailer[TRAILER_BYTES], expected[TRAILER_BYTES];
	struct stat there;

	if (fstat(fd, &there) != 0 || !S_ISREG(there.st_mode) ||
	    (uint64_t)there.st_size != size_bytes + TRAILER_BYTES || there.st_mtim.tv_nsec != MARK_NS ||
	    bd_pread_full(fd, trailer, sizeof(trailer), size_bytes) != sizeof(trailer))
		return false;
	const struct bd_base_layout layout = { get_le64(trailer + 16), get_le64(trailer + 24) };
	put_trailer(expected, size_bytes, &layout, source);
	return layout.end_bytes <= size_bytes && memcmp(trailer, expected, sizeof(trailer)) == 0;
}

int bd_prepared_image_clone(int prepared_fd, uint64_t size_bytes, int to_fd, uint64_t offset_bytes,
			    struct bd_base_layout *layout_out, struct bd_error *err)
{
	uint8_t trailer[32];

	if (pread(prepared_fd, trailer, sizeof(trailer), (off_t)size_bytes) != sizeof(trailer) ||
	    memcmp(trailer, MAGIC, 8) != 0 || get_le64(trailer + 8) != size_bytes ||
	    get_le64(trailer + 24) > size_bytes)
		return bd_fail(err, ENOTSUP, "not a prepared image");
	struct bd_base_layout layout = { get_le64(trailer + 16), get_le64(trailer + 24) };
	struct file_clone_range range = {
		.src_fd = prepared_fd,
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
