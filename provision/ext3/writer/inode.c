/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes inodes of 256 bytes, with their extended attributes in the inode or in a block. */
#include "ext3/writer/inode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/sector.h"
#include "ext3/error.h"
#include "ext3/format.h"
#include "ext3/inode_fields.h"
#include "ext3/writer/file_blocks.h"
#include "ext3/writer/xattr.h"

#define XATTR_ROOM(inode_size) ((inode_size) - sizeof(struct ext2_inode_large))

int bd_inode_writer_init(struct bd_inode_writer *writer, ext2_filsys fs, struct bd_free_blocks *blocks,
			 struct bd_error *err)
{
	*writer = (struct bd_inode_writer){ fs, blocks, malloc(EXT2_INODE_SIZE(fs->super)), fs->now };
	return writer->bytes ? 0 : bd_no_memory(err);
}

void bd_inode_writer_dispose(struct bd_inode_writer *writer)
{
	free(writer->bytes);
	writer->bytes = NULL;
}

struct bd_sealed_inode bd_inode_facts(const struct bd_node *node, int64_t now)
{
	struct bd_sealed_inode facts = { .mode = S_IFDIR | 0755, .links = 1, .mtime_s = now, .atime_s = now };

	if (!node)
		return facts;
	facts.mode = node->mode;
	facts.uid = node->uid;
	facts.gid = node->gid;
	facts.rdev_major = major(node->rdev);
	facts.rdev_minor = minor(node->rdev);
	facts.xattrs = &node->label;
	facts.xattr_count = node->label.value != NULL;
	if (S_ISLNK(node->mode)) {
		facts.target = node->data;
		facts.size_bytes = node->size_bytes;
	}
	return facts;
}

struct ext2_inode_large *bd_inode_bytes(struct bd_inode_writer *writer)
{
	return (struct ext2_inode_large *)(void *)writer->bytes;
}

static int put_xattr_block(struct bd_inode_writer *writer, const struct bd_xattr *xattrs, size_t xattr_count,
			   struct bd_error *err)
{
	ext2_filsys fs = writer->fs;
	struct ext2_inode_large *inode = bd_inode_bytes(writer);
	BD_FREE uint8_t *block = calloc(1, fs->blocksize);
	blk64_t number, count;

	if (!block)
		return bd_no_memory(err);
	if (bd_xattr_put_in_block(xattrs, xattr_count, block, fs->blocksize, err) != 0)
		return -1;
	errcode_t ec = bd_free_blocks_take(writer->blocks, 1, &number, &count);
	if (!ec)
		ec = ext2fs_ext_attr_block_csum_set(fs, 0, number, (struct ext2_ext_attr_header *)(void *)block);
	if (!ec)
		ec = io_channel_write_blk64(fs->io, number, 1, block);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot write its extended attributes");
	inode->i_file_acl = (uint32_t)number;
	inode->i_blocks += fs->blocksize / BD_SECTOR_BYTES;
	return 0;
}

/* As many as fit go into the inode, the others into a block: a copy of them in that order, which the caller frees. */
static int split_xattrs(const struct bd_sealed_inode *facts, size_t room, struct bd_xattr **xattrs_out,
			size_t *inside_out, struct bd_error *err)
{
	size_t count = facts->xattr_count, inside = 0;
	struct bd_xattr *xattrs = malloc(count * sizeof(*xattrs));

	if (!xattrs)
		return bd_no_memory(err);
	memcpy(xattrs, facts->xattrs, count * sizeof(*xattrs));
	for (size_t i = 0; i < count; i++) {
		struct bd_xattr next = xattrs[i];
		xattrs[i] = xattrs[inside];
		xattrs[inside] = next;
		inside += bd_xattr_inode_bytes(xattrs, inside + 1) <= room;
	}
	*xattrs_out = xattrs;
	*inside_out = inside;
	return 0;
}

static int put_xattrs(struct bd_inode_writer *writer, const struct bd_sealed_inode *facts, struct bd_error *err)
{
	BD_FREE struct bd_xattr *xattrs = NULL;
	size_t room = XATTR_ROOM(EXT2_INODE_SIZE(writer->fs->super)), count = facts->xattr_count, inside = 0;

	if (!count)
		return 0;
	if (split_xattrs(facts, room, &xattrs, &inside, err) != 0)
		return -1;
	if (inside &&
	    bd_xattr_put_in_inode(xattrs, inside, writer->bytes + sizeof(struct ext2_inode_large), room, err) != 0)
		return -1;
	return inside < count ? put_xattr_block(writer, xattrs + inside, count - inside, err) : 0;
}

static int check_links(const struct bd_sealed_inode *facts, struct bd_error *err)
{
	if (facts->links > BD_EXT_LINKS_MAX)
		return bd_fail(err, EMLINK, "it has %u links, ext3 allows %d", facts->links, BD_EXT_LINKS_MAX);
	return 0;
}

static int check_xattrs(const struct bd_sealed_inode *facts, uint32_t block_size, uint32_t inode_size,
			struct bd_error *err)
{
	BD_FREE struct bd_xattr *xattrs = NULL;
	size_t inside = 0;

	if (!facts->xattr_count)
		return 0;
	if (split_xattrs(facts, XATTR_ROOM(inode_size), &xattrs, &inside, err) != 0)
		return -1;
	return bd_xattr_check_block(xattrs + inside, facts->xattr_count - inside, block_size, err);
}

static int check_target(const struct bd_sealed_inode *facts, uint32_t block_size, struct bd_error *err)
{
	if (facts->size_bytes >= block_size)
		return bd_fail(err, ENAMETOOLONG, "its target has %llu bytes, this filesystem takes %u",
			       (unsigned long long)facts->size_bytes, block_size - 1);
	return 0;
}

/* The numbers as the kernel's old_encode_dev() and new_encode_dev(). */
int bd_inode_check(ext2_filsys fs, const struct bd_sealed_inode *facts, struct bd_error *err)
{
	if (!S_ISDIR(facts->mode) && check_links(facts, err) != 0)
		return -1;
	if (S_ISREG(facts->mode) && bd_file_size_check(facts->size_bytes, fs, err) != 0)
		return -1;
	if (S_ISLNK(facts->mode) && check_target(facts, fs->blocksize, err) != 0)
		return -1;
	if ((S_ISCHR(facts->mode) || S_ISBLK(facts->mode)) &&
	    bd_ext_check_device(facts->rdev_major, facts->rdev_minor, err) != 0)
		return -1;
	return check_xattrs(facts, fs->blocksize, EXT2_INODE_SIZE(fs->super), err);
}

int bd_inode_begin(struct bd_inode_writer *writer, const struct bd_sealed_inode *facts, struct bd_error *err)
{
	struct ext2_inode_large *inode = bd_inode_bytes(writer);

	if (check_links(facts, err) != 0)
		return -1;
	memset(writer->bytes, 0, EXT2_INODE_SIZE(writer->fs->super));
	bd_ext_put_time(&inode->i_atime, &inode->i_atime_extra, facts->atime_s, facts->atime_ns);
	bd_ext_put_time(&inode->i_mtime, &inode->i_mtime_extra, facts->mtime_s, facts->mtime_ns);
	bd_ext_put_time(&inode->i_ctime, &inode->i_ctime_extra, writer->change_time_s, 0);
	bd_ext_put_time(&inode->i_crtime, &inode->i_crtime_extra, writer->change_time_s, 0);
	inode->i_extra_isize = sizeof(*inode) - EXT2_GOOD_OLD_INODE_SIZE;
	inode->i_mode = (uint16_t)facts->mode;
	inode->i_links_count = (uint16_t)facts->links;
	inode->i_uid = (uint16_t)facts->uid;
	inode->i_gid = (uint16_t)facts->gid;
	inode->osd2.linux2.l_i_uid_high = (uint16_t)(facts->uid >> 16);
	inode->osd2.linux2.l_i_gid_high = (uint16_t)(facts->gid >> 16);
	return put_xattrs(writer, facts, err);
}

void bd_inode_set_map(struct bd_inode_writer *writer, const struct bd_block_map *map, uint64_t size_bytes)
{
	struct ext2_inode_large *inode = bd_inode_bytes(writer);

	memcpy(inode->i_block, map->i_block, sizeof(inode->i_block));
	if (map->has_extents)
		inode->i_flags |= EXT4_EXTENTS_FL;
	inode->i_blocks += (uint32_t)(map->block_count * (writer->fs->blocksize / BD_SECTOR_BYTES));
	inode->i_size = (uint32_t)size_bytes;
	inode->i_size_high = (uint32_t)(size_bytes >> 32);
}

static int put_target_in_block(struct bd_inode_writer *writer, const struct bd_sealed_inode *facts,
			       struct bd_error *err)
{
	BD_DISPOSE(bd_block_map_dispose) struct bd_block_map map;
	ext2_filsys fs = writer->fs;
	blk64_t block, count;

	bd_block_map_init_file(&map, writer->blocks, 0); /* one block needs no tree, and so no checksum */
	if (check_target(facts, fs->blocksize, err) != 0)
		return -1;
	errcode_t ec = bd_block_map_extend(&map, 0, 1, &block, &count);
	if (!ec)
		ec = io_channel_write_blk64(fs->io, block, -(int)facts->size_bytes, facts->target);
	if (!ec)
		ec = bd_block_map_finish(&map);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot write it");
	bd_inode_set_map(writer, &map, facts->size_bytes);
	return 0;
}

static int set_symlink(struct bd_inode_writer *writer, const struct bd_sealed_inode *facts, struct bd_error *err)
{
	struct ext2_inode_large *inode = bd_inode_bytes(writer);

	if (facts->size_bytes > BD_FAST_SYMLINK_MAX)
		return put_target_in_block(writer, facts, err);
	inode->i_size = (uint32_t)facts->size_bytes;
	memcpy(inode->i_block, facts->target, facts->size_bytes);
	return 0;
}

int bd_inode_set_special(struct bd_inode_writer *writer, const struct bd_sealed_inode *facts, struct bd_error *err)
{
	if (S_ISLNK(facts->mode))
		return set_symlink(writer, facts, err);
	if (!S_ISCHR(facts->mode) && !S_ISBLK(facts->mode))
		return 0;
	if (bd_ext_check_device(facts->rdev_major, facts->rdev_minor, err) != 0)
		return -1;
	bd_ext_put_device(bd_inode_bytes(writer)->i_block, facts->rdev_major, facts->rdev_minor);
	return 0;
}

static int write_bytes(struct bd_inode_writer *writer, uint32_t ino, struct bd_error *err)
{
	errcode_t ec = ext2fs_write_inode_full(writer->fs, ino, (struct ext2_inode *)(void *)writer->bytes,
					       EXT2_INODE_SIZE(writer->fs->super));
	return ec ? bd_fail_ext2(err, ec, "cannot write its inode") : 0;
}

int bd_inode_write(struct bd_inode_writer *writer, uint32_t ino, struct bd_error *err)
{
	ext2_filsys fs = writer->fs;

	if (ino > EXT2_FIRST_INO(fs->super))
		ext2fs_inode_alloc_stats2(fs, ino, +1, S_ISDIR(bd_inode_bytes(writer)->i_mode));
	return write_bytes(writer, ino, err);
}

int bd_inode_clear(struct bd_inode_writer *writer, uint32_t ino, struct bd_error *err)
{
	memset(writer->bytes, 0, EXT2_INODE_SIZE(writer->fs->super));
	return write_bytes(writer, ino, err);
}

uint64_t bd_inode_extra_blocks(const struct bd_sealed_inode *facts, uint32_t inode_size)
{
	uint64_t blocks = S_ISLNK(facts->mode) && facts->size_bytes > BD_FAST_SYMLINK_MAX;

	return blocks + (bd_xattr_inode_bytes(facts->xattrs, facts->xattr_count) > XATTR_ROOM(inode_size));
}
