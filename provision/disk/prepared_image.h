/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template as an ext3 or ext4 of one size, kept with the template if the host's filesystem can share blocks: guests start as
 * its clones, and only the files of their identity take new blocks. It is a cache: its contents can be rebuilt.
 *
 * File: the filesystem, then 4096 bytes: "XBDMASTR", u64 size of the filesystem in bytes, the two numbers of struct
 * bd_base_layout, i64 base_time, u64 zero, and a text that says what it was made from. When it was changed last (st_mtime)
 * is when it was used last; the nanoseconds of that are a mark, which is lost when anything else writes to the file.
 */
#ifndef BD_DISK_PREPARED_IMAGE_H
#define BD_DISK_PREPARED_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ext3/ext3.h"
#include "rootfs/sealed.h"

/* The filesystem in a partition of so many bytes, in whole blocks; all sizes below are this one. */
uint64_t bd_prepared_image_bytes(uint64_t partition_bytes);

#define BD_PREPARED_IMAGE_TEXT_SIZE 160

/* What one is made from, and must have been made from to be used. */
struct bd_prepared_image_source {
	enum bd_fs_type type; /* which the text names, too */
	const struct bd_sealed *sealed;
	const char *
		text; /* the checksums of the sealed root's two files, and the type where it is not ext3; less than BD_PREPARED_IMAGE_TEXT_SIZE bytes */
	int64_t base_time;
};

/* fd: an empty file, open for reading and writing; path: the same file. Not flushed. It counts as used now. */
int bd_prepared_image_make(const char *path, int fd, uint64_t size_bytes,
			   const struct bd_prepared_image_source *source, void (*progress)(uint64_t bytes_done),
			   struct bd_error *err);

/* Whether it was made from this, at this size, and nobody wrote to it since. */
bool bd_prepared_image_is_of(int fd, uint64_t size_bytes, const struct bd_prepared_image_source *source);
/* Notes that it is used now. Where that cannot be written down, nothing is lost but the order in which they go. */
void bd_prepared_image_note_use(int fd);

/* Makes the range of to_fd a clone of the filesystem, up to where guests differ. ENOTSUP: it is no prepared image
 * of this size, or blocks cannot be shared between these files. */
int bd_prepared_image_clone(int prepared_fd, uint64_t size_bytes, int to_fd, uint64_t offset_bytes,
			    struct bd_base_layout *layout_out, struct bd_error *err);

#endif
