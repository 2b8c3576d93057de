/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names through libext2fs, which keeps hash trees and checksums of directories. */
#include "ext3/change/names.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "ext3/change/large_inode.h"
#include "ext3/error.h"
#include "ext3/format.h"
#include "rootfs/file_type.h"

#define LEVELS_MAX 65536 /* of directories above a directory; more are a circle */

int bd_name_find(struct bd_changer *changer, ext2_ino_t directory, const char *name, ext2_ino_t *number_out,
		 struct bd_error *err)
{
	ext2_filsys fs = changer->fs;
	bool known = false;

	*number_out = 0;
	errcode_t ec = ext2fs_check_directory(fs, directory);
	if (ec == EXT2_ET_NO_DIRECTORY)
		return bd_fail(err, ENOTDIR, "not a directory");
	if (!ec)
		ec = bd_name_index_find(changer->names, directory, name, &known, number_out);
	if (!ec && !known)
		ec = ext2fs_lookup(fs, directory, name, (int)strlen(name), NULL, number_out);
	if (ec == EXT2_ET_FILE_NOT_FOUND) {
		*number_out = 0;
		return 0;
	}
	return ec ? bd_fail_ext2(err, ec, "cannot look it up") : 0;
}

int bd_name_touch(struct bd_changer *changer, ext2_ino_t directory, struct bd_error *err)
{
	struct ext2_inode_large inode;
	errcode_t ec = bd_large_inode_read(changer->fs, directory, &inode);

	if (!ec) {
		bd_large_inode_put_modified(changer, &inode);
		ec = bd_large_inode_write(changer->fs, directory, &inode);
	}
	return ec ? bd_fail_ext2(err, ec, "cannot change the directory") : 0;
}

static errcode_t add_name(struct bd_changer *changer, ext2_ino_t directory, const char *name, ext2_ino_t number,
			  int type)
{
	bool known;
	errcode_t ec = bd_name_index_add(changer->names, directory, name, number, type, &known);

	return ec || known ? ec : bd_directory_link(changer->fs, directory, name, number, type);
}

static errcode_t remove_name(struct bd_changer *changer, ext2_ino_t directory, const char *name, ext2_ino_t number)
{
	bool known;
	errcode_t ec = bd_name_index_remove(changer->names, directory, name, number, &known);

	return ec || known ? ec : ext2fs_unlink(changer->fs, directory, name, number, 0);
}

int bd_name_add(struct bd_changer *changer, ext2_ino_t directory, const char *name, ext2_ino_t number, unsigned mode,
		struct bd_error *err)
{
	if (strlen(name) > EXT2_NAME_LEN)
		return bd_fail(err, ENAMETOOLONG, "its name is too long");
	errcode_t ec = add_name(changer, directory, name, number, bd_file_type(mode));
	return ec ? bd_fail_ext2(err, ec, "cannot add it to the directory") : bd_name_touch(changer, directory, err);
}

int bd_name_link(struct bd_changer *changer, ext2_ino_t directory, const char *name, ext2_ino_t number,
		 struct bd_error *err)
{
	struct ext2_inode_large inode;
	errcode_t ec = bd_large_inode_read(changer->fs, number, &inode);

	if (ec)
		return bd_fail_ext2(err, ec, "cannot read its inode");
	if (S_ISDIR(inode.i_mode))
		return bd_fail(err, EPERM, "a directory cannot have a second name");
	if (inode.i_links_count >= BD_EXT_LINKS_MAX)
		return bd_fail(err, EMLINK, "it has %u names already", inode.i_links_count);
	inode.i_links_count++;
	bd_large_inode_put_changed(changer, &inode);
	ec = bd_large_inode_write(changer->fs, number, &inode);
	return ec ? bd_fail_ext2(err, ec, "cannot write its inode")
		  : bd_name_add(changer, directory, name, number, inode.i_mode, err);
}

/* --- removing ----------------------------------------------------------------------------------------------------- */

static int count_entry(struct ext2_dir_entry *entry, int offset, int block_size, char *buffer, void *context)
{
	int length = ext2fs_dirent_name_len(entry);
	bool *has_entries = context;
	(void)offset, (void)block_size, (void)buffer;

	if ((length == 1 && entry->name[0] == '.') || (length == 2 && memcmp(entry->name, "..", 2) == 0))
		return 0;
	*has_entries = true;
	return DIRENT_ABORT;
}

static int check_empty(ext2_filsys fs, ext2_ino_t directory, struct bd_error *err)
{
	bool has_entries = false;
	errcode_t ec = ext2fs_dir_iterate(fs, directory, 0, NULL, count_entry, &has_entries);

	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the directory");
	return has_entries ? bd_fail(err, ENOTEMPTY, "the directory is not empty") : 0;
}

errcode_t bd_file_release(struct bd_changer *changer, ext2_ino_t number, bool is_directory)
{
	ext2_filsys fs = changer->fs;
	struct ext2_inode_large inode = { 0 };
	errcode_t ec = ext2fs_read_inode_full(fs, number, (struct ext2_inode *)&inode, sizeof(inode));

	if (!ec)
		ec = ext2fs_free_ext_attr(fs, number, &inode);
	if (!ec && ext2fs_inode_has_valid_blocks2(fs, (struct ext2_inode *)&inode))
		ec = ext2fs_punch(fs, number, (struct ext2_inode *)&inode, NULL, 0, ~0ULL);
	if (ec)
		return ec;
	inode.i_links_count = 0;
	inode.i_dtime = (uint32_t)changer->now_s;
	ec = ext2fs_write_inode_full(fs, number, (struct ext2_inode *)&inode, sizeof(inode));
	if (!ec)
		ext2fs_inode_alloc_stats2(fs, number, -1, is_directory);
	if (is_directory)
		bd_name_index_forget(changer->names, number);
	return ec;
}

static errcode_t add_to_links(ext2_filsys fs, ext2_ino_t number, int change)
{
	struct ext2_inode inode;
	errcode_t ec = ext2fs_read_inode(fs, number, &inode);

	/* 1: a directory of more than 65000 others, which are not counted any more (dir_nlink). */
	if (ec || (S_ISDIR(inode.i_mode) && inode.i_links_count == 1))
		return ec;
	inode.i_links_count = (uint16_t)(inode.i_links_count + change);
	return ext2fs_write_inode(fs, number, &inode);
}

int bd_name_remove(struct bd_changer *changer, ext2_ino_t directory, const char *name, ext2_ino_t number,
		   struct bd_error *err)
{
	ext2_filsys fs = changer->fs;
	struct ext2_inode_large inode;
	errcode_t ec = bd_large_inode_read(fs, number, &inode);

	if (ec)
		return bd_fail_ext2(err, ec, "cannot read its inode");
	bool is_directory = S_ISDIR(inode.i_mode);
	if (is_directory && check_empty(fs, number, err) != 0)
		return -1;
	ec = remove_name(changer, directory, name, number);
	if (!ec && is_directory)
		ec = add_to_links(fs, directory, -1);
	if (!ec && !is_directory && inode.i_links_count > 1) {
		inode.i_links_count--;
		bd_large_inode_put_changed(changer, &inode);
		ec = bd_large_inode_write(fs, number, &inode);
	} else if (!ec) {
		ec = bd_file_release(changer, number, is_directory);
	}
	return ec ? bd_fail_ext2(err, ec, "cannot remove it") : bd_name_touch(changer, directory, err);
}

/* --- moving ------------------------------------------------------------------------------------------------------- */

/* Not into itself: is `directory` below `above`? */
static int check_outside(ext2_filsys fs, ext2_ino_t directory, ext2_ino_t above, struct bd_error *err)
{
	for (unsigned level = 0; level < LEVELS_MAX; level++) {
		if (directory == above)
			return bd_fail(err, EINVAL, "a directory cannot be moved into itself");
		if (directory == EXT2_ROOT_INO)
			return 0;
		errcode_t ec = ext2fs_lookup(fs, directory, "..", 2, NULL, &directory);
		if (ec)
			return bd_fail_ext2(err, ec, "cannot look up the parent of a directory");
	}
	return bd_fail(err, EIO, "its directories are a circle; check the filesystem with e2fsck");
}

static int set_parent(struct ext2_dir_entry *entry, int offset, int block_size, char *buffer, void *context)
{
	(void)offset, (void)block_size, (void)buffer;
	if (ext2fs_dirent_name_len(entry) != 2 || memcmp(entry->name, "..", 2) != 0)
		return 0;
	entry->inode = *(ext2_ino_t *)context;
	return DIRENT_CHANGED | DIRENT_ABORT;
}

int bd_name_move(struct bd_changer *changer, ext2_ino_t directory, const char *name, ext2_ino_t number,
		 ext2_ino_t new_directory, const char *new_name, struct bd_error *err)
{
	ext2_filsys fs = changer->fs;
	struct ext2_inode inode;
	errcode_t ec = ext2fs_read_inode(fs, number, &inode);

	if (ec)
		return bd_fail_ext2(err, ec, "cannot read its inode");
	bool changes_parent = S_ISDIR(inode.i_mode) && directory != new_directory;
	if (S_ISDIR(inode.i_mode) && check_outside(fs, new_directory, number, err) != 0)
		return -1;
	if (bd_name_add(changer, new_directory, new_name, number, inode.i_mode, err) != 0)
		return -1;
	ec = remove_name(changer, directory, name, number);
	if (!ec && changes_parent)
		ec = ext2fs_dir_iterate(fs, number, 0, NULL, set_parent, &new_directory);
	if (!ec && changes_parent)
		ec = add_to_links(fs, directory, -1);
	if (!ec && changes_parent)
		ec = add_to_links(fs, new_directory, +1);
	return ec ? bd_fail_ext2(err, ec, "cannot move it") : bd_name_touch(changer, directory, err);
}
