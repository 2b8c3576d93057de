/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ext3 or ext4 filesystem at an offset inside a file, made with libext2fs in the geometry that `mke2fs -t ext3` gives,
 * or `mke2fs -t ext4 -O ^metadata_csum_seed,^orphan_file` (why without these: ext3/writer/empty.c).
 *
 * What would be zeros (journal body, inode tables, unused blocks) is never written: the file must read as zeros
 * from offset_bytes for size_bytes when bd_ext3_write begins (a new sparse file does).
 * Format: the kernel's Documentation/filesystems/ext4 (the ext2/3 parts) and e2fsprogs' lib/ext2fs/ext2_fs.h.
 */
#ifndef BD_EXT3_EXT3_H
#define BD_EXT3_EXT3_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ext3/params.h"
#include "rootfs/sealed.h"
#include "rootfs/tree.h"

struct bd_ext3_geometry {
	uint32_t block_size;
	uint64_t block_count;
	uint64_t free_block_count;
	uint32_t inode_count;
	struct bd_base_layout base;
};

/* Makes the filesystem in the file at path, which already has its full length, and puts files (may be NULL) into it.
 * The same parameters and files give the same bytes; without files they are those of mke2fs. Nothing is fsynced.
 * EFBIG/ENOSPC: it does not fit (the message says by how much); where the sizes tell it, nothing was written.
 * EIO: a file of the host changed its size meanwhile. EINVAL: parameters. BD_ECANCELED: a signal came.
 * progress, when not NULL, is called with the bytes of file content written so far. */
int bd_ext3_write(const char *path, const struct bd_ext3_params *params, const struct bd_ext3_files *files,
		  void (*progress)(uint64_t bytes_done), struct bd_ext3_geometry *geometry_out, struct bd_error *err);

/* Whether any ext3 filesystem, however large, can hold base with tree laid over it: what bd_ext3_write says in
 * addition to ENOSPC. Nothing is written. */
int bd_ext3_check_files(const struct bd_sealed *base, const struct bd_tree *tree, struct bd_error *err);
/* Whether they fit into a filesystem of that size. ENOSPC. */
int bd_ext3_check_fit(enum bd_fs_type type, uint64_t size_bytes, const struct bd_sealed *base,
		      const struct bd_tree *tree, struct bd_error *err);

#endif
