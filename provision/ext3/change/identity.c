/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes to the superblock, and to what depends on it. */
#include "ext3/change/identity.h"

#include <errno.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "ext3/filesystem.h"

/* Group checksums of ext4 without metadata_csum begin with the UUID. */
static int set_uuid(ext2_filsys fs, const uint8_t uuid[16], struct bd_error *err)
{
	if (bd_ext_uuid_in_checksums(fs))
		return bd_fail(err, ENOTSUP, "the filesystem's checksums depend on its UUID");
	memcpy(fs->super->s_uuid, uuid, sizeof(fs->super->s_uuid));
	ext2fs_init_csum_seed(fs);
	for (dgrp_t group = 0; group < fs->group_desc_count; group++)
		ext2fs_group_desc_csum_set(fs, group);
	return 0;
}

static void set_label(ext2_filsys fs, const char *label)
{
	char *volume_name = (char *)fs->super->s_volume_name;
	size_t size = strnlen(label, sizeof(fs->super->s_volume_name));

	memset(volume_name, 0, sizeof(fs->super->s_volume_name));
	memcpy(volume_name, label, size);
}

static void forget_mounts(ext2_filsys fs)
{
	fs->super->s_mtime = 0;
	fs->super->s_mtime_hi = 0;
	fs->super->s_mnt_count = 0;
}

int bd_ext_identity_set(ext2_filsys fs, const struct bd_ext_identity *identity, struct bd_error *err)
{
	if (identity->uuid && set_uuid(fs, identity->uuid, err) != 0)
		return -1;
	if (identity->label)
		set_label(fs, identity->label);
	if (identity->never_mounted)
		forget_mounts(fs);
	ext2fs_mark_super_dirty(fs);
	fs->flags &= ~(EXT2_FLAG_SUPER_ONLY | EXT2_FLAG_MASTER_SB_ONLY);
	return 0;
}
