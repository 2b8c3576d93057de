/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template as an ext3 of one size, kept beside it where the host's filesystem can share blocks: guests begin as its
 * clones, and only what makes each of them itself takes new blocks. It is a cache: what it holds can be made again.
 *
 * File: the filesystem, then 4096 bytes: "XBDMASTR", u64 size of the filesystem in bytes, and the two numbers of struct
 * bd_base_layout.
 */
#ifndef BD_IMAGE_MASTER_H
#define BD_IMAGE_MASTER_H

#include <stdint.h>

#include "base/err.h"
#include "base/pack.h"
#include "image/ext3.h"

/* The filesystem in a partition of so many bytes, in whole blocks; all sizes below are this one. */
uint64_t bd_master_bytes(uint64_t partition_bytes);

/* fd: an empty file, open for reading and writing; path: the same file. Not flushed. */
int bd_master_make(const char *path, int fd, uint64_t size_bytes, const struct bd_pack *pack, int64_t base_time,
		   void (*progress)(uint64_t bytes_done), struct bd_error *err);

/* Makes the range of to_fd a clone of the filesystem, up to where guests differ. ENOTSUP: no such master, or blocks cannot be shared between
 * these files. */
int bd_master_clone(int master_fd, uint64_t size_bytes, int to_fd, uint64_t offset_bytes,
		    struct bd_base_layout *layout_out, struct bd_error *err);

#endif
