/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New inodes, and their metadata, through libext2fs. */
#include "ext3/change/create.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ext3/change/large_inode.h"
#include "ext3/change/names.h"
#include "ext3/error.h"
#include "ext3/format.h"
#include "ext3/inode_fields.h"

/* What chmod(2) and the like see, and what is kept of an inode besides. */
#define PERMISSIONS 07777u

static void put_owner(struct ext2_inode_large *inode, uint32_t uid, uint32_t gid)
{
	inode->i_uid = (uint16_t)uid;
	ext2fs_set_i_uid_high(*inode, (uint16_t)(uid >> 16));
	inode->i_gid = (uint16_t)gid;
	ext2fs_set_i_gid_high(*inode, (uint16_t)(gid >> 16));
}

static void put_meta(const struct bd_changer *changer, const struct bd_file_meta *meta,
		     struct ext2_inode_large *inode)
{
	inode->i_mode = (uint16_t)((inode->i_mode & S_IFMT) | (meta->mode & PERMISSIONS));
	put_owner(inode, meta->uid, meta->gid);
	bd_large_inode_put_times(changer, meta, inode);
}

/* --- extended attributes ------------------------------------------------------------------------------------------ */

static int keep_name(char *name, char *value, size_t size, void *context)
{
	(void)value, (void)size;
	if (strcmp(name, "system.data") == 0) /* content that is in the inode, not an attribute */
		return 0;
	*(char **)context = strdup(name);
	return XATTR_ABORT;
}

static errcode_t remove_all(struct ext2_xattr_handle *handle)
{
	for (;;) {
		char *name = NULL;
		errcode_t ec = ext2fs_xattrs_iterate(handle, keep_name, &name);
		if (ec || !name)
			return ec;
		ec = ext2fs_xattr_remove(handle, name);
		free(name);
		if (ec)
			return ec;
	}
}

static int put_xattrs(ext2_filsys fs, ext2_ino_t number, const struct bd_file_meta *meta, bool is_new,
		      struct bd_error *err)
{
	struct ext2_xattr_handle *handle;

	if (is_new && !meta->xattr_count)
		return 0;
	errcode_t ec = ext2fs_xattrs_open(fs, number, &handle);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot write its extended attributes");
	ec = ext2fs_xattrs_read(handle);
	if (!ec)
		ec = remove_all(handle);
	for (size_t i = 0; !ec && i < meta->xattr_count; i++)
		ec = ext2fs_xattr_set(handle, meta->xattrs[i].name, meta->xattrs[i].value,
				      meta->xattrs[i].size_bytes);
	ext2fs_xattrs_close(&handle);
	return ec ? bd_fail_ext2(err, ec, "cannot write its extended attributes") : 0;
}

/* --- new files ---------------------------------------------------------------------------------------------------- */

/* A symbolic link or a directory gets its own block, where it needs one, and no name yet. */
static errcode_t make_by_library(struct bd_changer *changer, ext2_ino_t directory, const struct bd_file_meta *meta,
				 ext2_ino_t number)
{
	if (S_ISLNK(meta->mode))
		return ext2fs_symlink(changer->fs, directory, number, NULL, meta->target);
	return ext2fs_mkdir(changer->fs, directory, number, NULL);
}

static errcode_t make_plain(struct bd_changer *changer, const struct bd_file_meta *meta, ext2_ino_t number)
{
	ext2_filsys fs = changer->fs;
	struct ext2_inode inode = { .i_mode = (uint16_t)(meta->mode & S_IFMT), .i_links_count = 1 };

	if (S_ISREG(meta->mode) && ext2fs_has_feature_extents(fs->super)) {
		ext2_extent_handle_t handle;
		errcode_t ec = ext2fs_extent_open2(fs, number, &inode, &handle); /* writes an empty header */
		if (ec)
			return ec;
		ext2fs_extent_free(handle);
	}
	if (S_ISCHR(meta->mode) || S_ISBLK(meta->mode))
		bd_ext_put_device(inode.i_block, meta->rdev_major, meta->rdev_minor);
	ext2fs_inode_alloc_stats2(fs, number, +1, 0);
	return ext2fs_write_new_inode(fs, number, &inode);
}

static int check_new(struct bd_changer *changer, ext2_ino_t directory, const struct bd_file_meta *meta,
		     struct bd_error *err)
{
	struct ext2_inode inode;

	if (S_ISCHR(meta->mode) || S_ISBLK(meta->mode))
		return bd_ext_check_device(meta->rdev_major, meta->rdev_minor, err);
	if (S_ISLNK(meta->mode) && (!*meta->target || strlen(meta->target) >= changer->fs->blocksize))
		return bd_fail(err, ENAMETOOLONG, "its target has %zu bytes, this filesystem takes 1 to %u",
			       strlen(meta->target), changer->fs->blocksize - 1);
	if (!S_ISDIR(meta->mode))
		return 0;
	errcode_t ec = ext2fs_read_inode(changer->fs, directory, &inode);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the directory");
	if (inode.i_links_count >= BD_EXT_LINKS_MAX || inode.i_links_count == 1)
		return bd_fail(err, EMLINK, "its directory has %u directories already, which is the most",
			       BD_EXT_CHILD_DIRS_MAX);
	return 0;
}

int bd_file_create(struct bd_changer *changer, ext2_ino_t directory, const char *name,
		   const struct bd_file_meta *meta, ext2_ino_t *number_out, struct bd_error *err)
{
	ext2_filsys fs = changer->fs;
	struct ext2_inode_large inode;

	if (check_new(changer, directory, meta, err) != 0)
		return -1;
	errcode_t ec = ext2fs_new_inode(fs, directory, (int)meta->mode, NULL, number_out);
	if (!ec && (S_ISLNK(meta->mode) || S_ISDIR(meta->mode)))
		ec = make_by_library(changer, directory, meta, *number_out);
	else if (!ec)
		ec = make_plain(changer, meta, *number_out);
	if (!ec)
		ec = bd_large_inode_read(fs, *number_out, &inode);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot create it");
	put_meta(changer, meta, &inode);
	ec = bd_large_inode_write(fs, *number_out, &inode);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot write its inode");
	if (put_xattrs(fs, *number_out, meta, true, err) != 0)
		return -1;
	return bd_name_add(changer, directory, name, *number_out, meta->mode, err);
}

int bd_file_set_meta(struct bd_changer *changer, ext2_ino_t number, const struct bd_file_meta *meta,
		     struct bd_error *err)
{
	struct ext2_inode_large inode;
	errcode_t ec = bd_large_inode_read(changer->fs, number, &inode);

	if (!ec) {
		put_meta(changer, meta, &inode);
		ec = bd_large_inode_write(changer->fs, number, &inode);
	}
	return ec ? bd_fail_ext2(err, ec, "cannot write its inode")
		  : put_xattrs(changer->fs, number, meta, false, err);
}

int bd_file_set_times(struct bd_changer *changer, ext2_ino_t number, const struct bd_file_meta *meta,
		      struct bd_error *err)
{
	struct ext2_inode_large inode;
	errcode_t ec = bd_large_inode_read(changer->fs, number, &inode);

	if (!ec) {
		bd_large_inode_put_times(changer, meta, &inode);
		ec = bd_large_inode_write(changer->fs, number, &inode);
	}
	return ec ? bd_fail_ext2(err, ec, "cannot write its inode") : 0;
}

int bd_file_set_mode(struct bd_changer *changer, ext2_ino_t number, unsigned mode, struct bd_error *err)
{
	struct ext2_inode_large inode;
	errcode_t ec = bd_large_inode_read(changer->fs, number, &inode);

	if (!ec) {
		inode.i_mode = (uint16_t)((inode.i_mode & S_IFMT) | (mode & PERMISSIONS));
		bd_large_inode_put_changed(changer, &inode);
		ec = bd_large_inode_write(changer->fs, number, &inode);
	}
	return ec ? bd_fail_ext2(err, ec, "cannot write its inode") : 0;
}

/* Those of a program are for the owner that it had. */
static int drop_capabilities(ext2_filsys fs, ext2_ino_t number, struct bd_error *err)
{
	struct ext2_xattr_handle *handle;
	errcode_t ec = ext2fs_xattrs_open(fs, number, &handle);

	if (!ec) {
		ec = ext2fs_xattrs_read(handle);
		if (!ec)
			ec = ext2fs_xattr_remove(handle, "security.capability");
		ext2fs_xattrs_close(&handle);
	}
	return ec ? bd_fail_ext2(err, ec, "cannot write its extended attributes") : 0;
}

int bd_file_set_owner(struct bd_changer *changer, ext2_ino_t number, int64_t uid, int64_t gid, struct bd_error *err)
{
	struct ext2_inode_large inode;
	errcode_t ec = bd_large_inode_read(changer->fs, number, &inode);

	if (!ec) {
		put_owner(&inode, uid < 0 ? inode_uid(inode) : (uint32_t)uid,
			  gid < 0 ? inode_gid(inode) : (uint32_t)gid);
		if (!S_ISDIR(inode.i_mode) && (inode.i_mode & 0111))
			inode.i_mode &= (uint16_t) ~(S_ISUID | (inode.i_mode & S_IXGRP ? S_ISGID : 0));
		bd_large_inode_put_changed(changer, &inode);
		ec = bd_large_inode_write(changer->fs, number, &inode);
	}
	return ec ? bd_fail_ext2(err, ec, "cannot write its inode") : drop_capabilities(changer->fs, number, err);
}
