/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a tree, a UUID or a label into an existing filesystem, file by file through libext2fs. */
#include "ext3/edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ext2fs/ext2fs.h>

#include "base/cleanup.h"
#include "base/process/cancel.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/selinux_label.h"
#include "rootfs/content.h"

/* What is done to one node. */
struct step {
	ext2_filsys fs;
	const struct bd_node *node;
	const char *name; /* the last part of its path */
	ext2_ino_t parent, there; /* there: what is at its path; 0: nothing */
	struct ext2_inode inode; /* of what is there */
	struct bd_selinux_label label; /* of what was there */
};

static void dispose_step(struct step *step)
{
	bd_selinux_label_dispose(&step->label);
}

static uint32_t now_of(ext2_filsys fs)
{
	return (uint32_t)(fs->now ? fs->now : time(NULL));
}

static int find_node(struct step *step, struct bd_error *err)
{
	const char *path = step->node->path, *slash = strrchr(path, '/');
	BD_FREE char *parent = strndup(path, slash == path ? 1 : (size_t)(slash - path));

	if (!parent)
		return bd_no_memory(err);
	step->name = slash + 1;
	errcode_t ec = ext2fs_namei(step->fs, EXT2_ROOT_INO, EXT2_ROOT_INO, parent, &step->parent);
	if (!ec)
		ec = ext2fs_check_directory(step->fs, step->parent);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot use the directory %s", parent);
	ec = ext2fs_lookup(step->fs, step->parent, step->name, (int)strlen(step->name), NULL, &step->there);
	if (ec == EXT2_ET_FILE_NOT_FOUND) {
		step->there = 0;
		return 0;
	}
	if (!ec)
		ec = ext2fs_read_inode(step->fs, step->there, &step->inode);
	return ec ? bd_fail_ext2(err, ec, "cannot access it") : 0;
}

/* The last name of an inode went away. */
static errcode_t release(struct step *step)
{
	ext2_filsys fs = step->fs;
	struct ext2_inode_large inode = { 0 };
	errcode_t ec = ext2fs_read_inode_full(fs, step->there, (struct ext2_inode *)&inode, sizeof(inode));

	if (!ec)
		ec = ext2fs_free_ext_attr(fs, step->there, &inode);
	if (!ec && ext2fs_inode_has_valid_blocks2(fs, (struct ext2_inode *)&inode))
		ec = ext2fs_punch(fs, step->there, (struct ext2_inode *)&inode, NULL, 0, ~0ULL);
	if (ec)
		return ec;
	inode.i_links_count = 0;
	inode.i_dtime = now_of(fs);
	ec = ext2fs_write_inode_full(fs, step->there, (struct ext2_inode *)&inode, sizeof(inode));
	if (!ec)
		ext2fs_inode_alloc_stats2(fs, step->there, -1, 0);
	return ec;
}

/* Whatever is at the node's path is there no more. */
static int make_way(struct step *step, struct bd_error *err)
{
	if (!step->there)
		return 0;
	if (S_ISDIR(step->inode.i_mode))
		return bd_fail(err, EISDIR, "it is a directory");
	if (S_ISREG(step->node->mode) && S_ISREG(step->inode.i_mode) &&
	    bd_selinux_label_read(step->fs, step->there, &step->label, err) != 0)
		return -1;
	errcode_t ec = ext2fs_unlink(step->fs, step->parent, step->name, step->there, 0);
	if (!ec && step->inode.i_links_count > 1) {
		step->inode.i_links_count--;
		step->inode.i_ctime = now_of(step->fs);
		ec = ext2fs_write_inode(step->fs, step->there, &step->inode);
	} else if (!ec) {
		ec = release(step);
	}
	return ec ? bd_fail_ext2(err, ec, "cannot remove what is there") : 0;
}

/* Once more where the directory had to grow first. */
static errcode_t link_node(struct step *step, ext2_ino_t ino, int type)
{
	errcode_t ec = ext2fs_link(step->fs, step->parent, step->name, ino, type);

	if (ec == EXT2_ET_DIR_NO_SPACE) {
		ec = ext2fs_expand_dir(step->fs, step->parent);
		if (!ec)
			ec = ext2fs_link(step->fs, step->parent, step->name, ino, type);
	}
	return ec;
}

static void set_owner_and_times(const struct step *step, struct ext2_inode *inode)
{
	inode->i_mode = (uint16_t)step->node->mode;
	inode->i_uid = (uint16_t)step->node->uid;
	ext2fs_set_i_uid_high(*inode, (uint16_t)(step->node->uid >> 16));
	inode->i_gid = (uint16_t)step->node->gid;
	ext2fs_set_i_gid_high(*inode, (uint16_t)(step->node->gid >> 16));
	inode->i_atime = inode->i_ctime = inode->i_mtime = now_of(step->fs);
}

/* An empty file that has a name. */
static errcode_t make_file(struct step *step, ext2_ino_t *ino_out)
{
	ext2_filsys fs = step->fs;
	struct ext2_inode inode = { .i_links_count = 1 };
	ext2_ino_t ino;
	errcode_t ec = ext2fs_new_inode(fs, step->parent, step->node->mode, NULL, &ino);

	if (ec)
		return ec;
	set_owner_and_times(step, &inode);
	if (ext2fs_has_feature_extents(fs->super)) {
		ext2_extent_handle_t handle;
		ec = ext2fs_extent_open2(fs, ino, &inode, &handle);
		if (ec)
			return ec;
		ext2fs_extent_free(handle);
	}
	ext2fs_inode_alloc_stats2(fs, ino, +1, 0);
	ec = ext2fs_write_new_inode(fs, ino, &inode);
	if (!ec)
		ec = link_node(step, ino, EXT2_FT_REG_FILE);
	*ino_out = ino;
	return ec;
}

static errcode_t write_piece(ext2_file_t file, uint64_t begin, const uint8_t *data, size_t size)
{
	errcode_t ec = ext2fs_file_llseek(file, begin, EXT2_SEEK_SET, NULL);

	while (!ec && size) {
		unsigned int written = 0;
		ec = ext2fs_file_write(file, data, (unsigned int)size, &written);
		data += written;
		size -= written;
	}
	return ec;
}

static int write_pieces(ext2_file_t file, struct bd_content *content, struct bd_error *err)
{
	uint64_t begin;
	size_t size;
	int more;

	while ((more = bd_content_next(content, &begin, &size, err)) > 0) {
		/* What a piece is filled up with is not the file's. */
		if (size > content->size_bytes - begin)
			size = (size_t)(content->size_bytes - begin);
		errcode_t ec = write_piece(file, begin, content->buffer, size);
		if (ec)
			return bd_fail_ext2(err, ec, "cannot write it");
	}
	if (more < 0)
		return -1;
	errcode_t ec = ext2fs_file_set_size2(file, (ext2_off64_t)content->size_bytes);
	return ec ? bd_fail_ext2(err, ec, "cannot set its size") : 0;
}

static int write_content(struct step *step, ext2_ino_t ino, struct bd_error *err)
{
	BD_DISPOSE(bd_content_dispose) struct bd_content content = { .fd = -1 };
	BD_FREE uint8_t *buffer = malloc(BD_PIECE_BUFFER_BYTES);
	ext2_file_t file;

	if (!buffer)
		return bd_no_memory(err);
	if (bd_content_open(&content, step->node, step->fs->blocksize, buffer, err) != 0)
		return -1;
	errcode_t ec = ext2fs_file_open(step->fs, ino, EXT2_FILE_WRITE, &file);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot open it");
	int r = write_pieces(file, &content, err);
	ec = ext2fs_file_close(file);
	return r == 0 && ec ? bd_fail_ext2(err, ec, "cannot write it") : r;
}

static int put_file(struct step *step, struct bd_error *err)
{
	ext2_ino_t ino;

	if (make_way(step, err) != 0)
		return -1;
	errcode_t ec = make_file(step, &ino);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot make it");
	return write_content(step, ino, err) != 0 ? -1 : bd_selinux_label_write(step->fs, ino, &step->label, err);
}

static errcode_t set_meta(struct step *step)
{
	struct ext2_inode inode;
	ext2_ino_t ino;
	errcode_t ec = ext2fs_lookup(step->fs, step->parent, step->name, (int)strlen(step->name), NULL, &ino);

	if (!ec)
		ec = ext2fs_read_inode(step->fs, ino, &inode);
	if (ec)
		return ec;
	set_owner_and_times(step, &inode);
	return ext2fs_write_inode(step->fs, ino, &inode);
}

static int put_dir(struct step *step, struct bd_error *err)
{
	if (step->there && S_ISDIR(step->inode.i_mode))
		return 0;
	if (step->there)
		return bd_fail(err, ENOTDIR, "its parent is not a directory");
	errcode_t ec = ext2fs_mkdir(step->fs, step->parent, 0, step->name);
	if (ec == EXT2_ET_DIR_NO_SPACE) {
		ec = ext2fs_expand_dir(step->fs, step->parent);
		if (!ec)
			ec = ext2fs_mkdir(step->fs, step->parent, 0, step->name);
	}
	if (!ec)
		ec = set_meta(step);
	return ec ? bd_fail_ext2(err, ec, "cannot make the directory") : 0;
}

static int put_symlink(struct step *step, struct bd_error *err)
{
	BD_FREE char *target = strndup(step->node->data, step->node->size_bytes);

	if (!target)
		return bd_no_memory(err);
	if (make_way(step, err) != 0)
		return -1;
	errcode_t ec = ext2fs_symlink(step->fs, step->parent, 0, step->name, target);
	if (ec == EXT2_ET_DIR_NO_SPACE) {
		ec = ext2fs_expand_dir(step->fs, step->parent);
		if (!ec)
			ec = ext2fs_symlink(step->fs, step->parent, 0, step->name, target);
	}
	if (!ec)
		ec = set_meta(step);
	return ec ? bd_fail_ext2(err, ec, "cannot make the symbolic link") : 0;
}

static int put_node(ext2_filsys fs, const struct bd_node *node, struct bd_error *err)
{
	BD_DISPOSE(dispose_step) struct step step = { .fs = fs, .node = node };

	if (strcmp(node->path, "/") == 0)
		return 0;
	if (bd_cancel_check(err) != 0 || find_node(&step, err) != 0)
		return -1;
	switch (node->mode & S_IFMT) {
	case 0:
		return make_way(&step, err);
	case S_IFDIR:
		return put_dir(&step, err);
	case S_IFREG:
		return put_file(&step, err);
	case S_IFLNK:
		return put_symlink(&step, err);
	default:
		return bd_fail(err, ENOTSUP, "only files, directories and symbolic links can be added");
	}
}

/* Group checksums of ext4 without metadata_csum begin with the UUID. */
static int set_uuid(ext2_filsys fs, const uint8_t uuid[16], struct bd_error *err)
{
	if (bd_ext_uuid_in_checksums(fs))
		return bd_fail(err, ENOTSUP, "the filesystem's checksums depend on its UUID");
	memcpy(fs->super->s_uuid, uuid, sizeof(fs->super->s_uuid));
	ext2fs_init_csum_seed(fs);
	for (dgrp_t group = 0; group < fs->group_desc_count; group++)
		ext2fs_group_desc_csum_set(fs, group);
	ext2fs_mark_super_dirty(fs);
	return 0;
}

static void set_label(ext2_filsys fs, const char *label)
{
	char *volume_name = (char *)fs->super->s_volume_name;
	size_t size = strnlen(label, sizeof(fs->super->s_volume_name));

	memset(volume_name, 0, sizeof(fs->super->s_volume_name));
	memcpy(volume_name, label, size);
	ext2fs_mark_super_dirty(fs);
}

static void forget_mounts(ext2_filsys fs)
{
	fs->super->s_mtime = 0;
	fs->super->s_mtime_hi = 0;
	fs->super->s_mnt_count = 0;
	ext2fs_mark_super_dirty(fs);
}

static int apply(ext2_filsys fs, const struct bd_ext3_edit *edit, struct bd_error *err)
{
	for (size_t i = 0; edit->tree && i < edit->tree->count; i++)
		if (put_node(fs, &edit->tree->nodes[i], err) != 0)
			return bd_wrap(err, "%s", edit->tree->nodes[i].path);
	if (edit->label)
		set_label(fs, edit->label);
	if (edit->never_mounted)
		forget_mounts(fs);
	return edit->uuid ? set_uuid(fs, edit->uuid, err) : 0;
}

int bd_ext3_edit(const char *path, uint64_t offset_bytes, const struct bd_ext3_edit *edit, struct bd_error *err)
{
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;

	if (bd_ext_open(path, offset_bytes, UINT64_MAX, EXT2_FLAG_RW, &fs, err) != 0)
		return -1;
	errcode_t ec = ext2fs_read_bitmaps(fs);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the bitmaps of the filesystem");
	fs->now = (time_t)edit->now;
	/* The copies of the superblock have the UUID too. */
	fs->flags &= ~(EXT2_FLAG_SUPER_ONLY | EXT2_FLAG_MASTER_SB_ONLY);
	if (apply(fs, edit, err) != 0)
		return -1;
	ec = ext2fs_flush2(fs, 0);
	if (!ec)
		ec = ext2fs_close_free(&fs);
	return ec ? bd_fail_ext2(err, ec, "cannot write the filesystem") : 0;
}
