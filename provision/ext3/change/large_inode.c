/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole inodes through libext2fs. */
#include "ext3/change/large_inode.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "ext3/inode_fields.h"

errcode_t bd_large_inode_read(ext2_filsys fs, ext2_ino_t number, struct ext2_inode_large *inode_out)
{
	memset(inode_out, 0, sizeof(*inode_out));
	return ext2fs_read_inode_full(fs, number, (struct ext2_inode *)inode_out, sizeof(*inode_out));
}

errcode_t bd_large_inode_write(ext2_filsys fs, ext2_ino_t number, struct ext2_inode_large *inode)
{
	return ext2fs_write_inode_full(fs, number, (struct ext2_inode *)inode, sizeof(*inode));
}

/* Whether the inode has room for the extra half of its times. */
static bool has_extra(ext2_filsys fs, const struct ext2_inode_large *inode)
{
	return EXT2_INODE_SIZE(fs->super) > EXT2_GOOD_OLD_INODE_SIZE &&
	       inode->i_extra_isize >= offsetof(struct ext2_inode_large, i_crtime) - EXT2_GOOD_OLD_INODE_SIZE;
}

void bd_large_inode_put_times(const struct bd_changer *changer, const struct bd_file_meta *meta,
			      struct ext2_inode_large *inode)
{
	bool extra = has_extra(changer->fs, inode);

	bd_ext_put_time(&inode->i_atime, extra ? &inode->i_atime_extra : NULL, meta->atime_s, meta->atime_ns);
	bd_ext_put_time(&inode->i_mtime, extra ? &inode->i_mtime_extra : NULL, meta->mtime_s, meta->mtime_ns);
	bd_large_inode_put_changed(changer, inode);
}

void bd_large_inode_put_changed(const struct bd_changer *changer, struct ext2_inode_large *inode)
{
	bd_ext_put_time(&inode->i_ctime, has_extra(changer->fs, inode) ? &inode->i_ctime_extra : NULL, changer->now_s,
			0);
}

void bd_large_inode_put_modified(const struct bd_changer *changer, struct ext2_inode_large *inode)
{
	bd_ext_put_time(&inode->i_mtime, has_extra(changer->fs, inode) ? &inode->i_mtime_extra : NULL, changer->now_s,
			0);
	bd_large_inode_put_changed(changer, inode);
}
