/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An existing ext2, ext3 or ext4 filesystem at an offset inside a file or device, which ext3/reader/fd_io.h opens. */
#ifndef BD_EXT3_FILESYSTEM_H
#define BD_EXT3_FILESYSTEM_H

#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Its size by its superblock; of one that was opened, no overflow: bd_ext_check_size. */
uint64_t bd_ext_bytes(ext2_filsys fs);

/* offset_bytes: where it begins. limit_bytes: where what may be read ends, counted from the beginning of the file;
 * UINT64_MAX: that is not known. EIO: it reaches beyond limit_bytes. */
int bd_ext_check_size(ext2_filsys fs, uint64_t offset_bytes, uint64_t limit_bytes, struct bd_error *err);
/* EIO: block bitmaps, inode bitmaps and inode tables, as the group descriptors have them, are not in the filesystem or overlap
 * each other, the superblocks or the descriptors; what would be read through them is not what was written. The kernel does not
 * mount such a filesystem either. */
int bd_ext_check_descriptors(ext2_filsys fs, struct bd_error *err);
/* For BD_DISPOSE; idempotent, and NULL is fine. What was changed and not flushed is dropped. */
void bd_ext_close(ext2_filsys *fs);

enum bd_ext_state {
	BD_EXT_CLEAN,
	BD_EXT_NOT_UNMOUNTED, /* its journal is to be replayed, or it is mounted: what is on the disk is not all of it */
	BD_EXT_HAS_ERRORS, /* the kernel found errors, which e2fsck is to correct */
};
/* By the superblock's s_state and s_feature_incompat. What to do about it depends on whose filesystem it is. */
enum bd_ext_state bd_ext_state(ext2_filsys fs);

/* In the block that has the superblock in it: whether the journal is to be replayed, and the checksum. */
void bd_ext_set_recovery(ext2_filsys fs, uint8_t *block, bool needs_recovery);
/* Where the superblock is in that block. */
struct ext2_super_block *bd_ext_superblock_in(ext2_filsys fs, uint8_t *block);
blk64_t bd_ext_superblock_block(ext2_filsys fs);

/* Whether the root directory has an entry of that name. */
bool bd_ext_has(ext2_filsys fs, const char *name);

/* Whether all checksums of its metadata depend on its UUID (metadata_csum without metadata_csum_seed), which can then be
 * changed by writing all of the metadata anew only. */
bool bd_ext_uuid_in_checksums(ext2_filsys fs);

#endif
