/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tree of files into the filesystem: number the inodes, check the room, write directories, then the rest. */
#include "image/place.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "image/dir_blocks.h"
#include "image/ext2_error.h"
#include "image/place_file.h"
#include "image/spots.h"

/* Longer targets take a block. */
#define FAST_SYMLINK_MAX (sizeof(((struct ext2_inode *)NULL)->i_block) - 1)

struct placing {
	ext2_filsys fs;
	struct bd_free_blocks *blocks;
	struct bd_place_progress progress;
	struct bd_spots spots;
	uint8_t *piece; /* BD_PIECE_BUFFER_BYTES */
	uint8_t *inode; /* s_inode_size bytes */
};

static void placing_dispose(struct placing *placing)
{
	bd_spots_dispose(&placing->spots);
	free(placing->piece);
	free(placing->inode);
	placing->piece = placing->inode = NULL;
}

static int placing_init(struct placing *placing, const struct bd_tree *tree, struct bd_error *err)
{
	placing->piece = malloc(BD_PIECE_BUFFER_BYTES);
	placing->inode = malloc(EXT2_INODE_SIZE(placing->fs->super));
	if (!placing->piece || !placing->inode)
		return bd_fail(err, ENOMEM, "out of memory");
	return bd_spots_make(&placing->spots, tree, EXT2_FIRST_INO(placing->fs->super), err);
}

/* Blocks that the spot takes at least; for a file of the host by what it takes there, or (exact) by its content. */
static int count_blocks(const struct placing *placing, const struct bd_spot *spot, bool exact, uint64_t *blocks_out,
			struct bd_error *err)
{
	uint32_t block_size = placing->fs->blocksize;
	uint64_t blocks = 0;
	if (bd_spot_is_dir(spot)) {
		uint64_t bytes = 2 * bd_dir_entry_size(2);
		for (size_t i = spot->first_child; i != BD_NO_SPOT; i = placing->spots.spots[i].next_sibling)
			bytes += bd_dir_entry_size(strlen(bd_spot_name(&placing->spots.spots[i])));
		blocks = (bytes + block_size - 1) / block_size;
	} else if (S_ISLNK(spot->node->mode)) {
		blocks = spot->node->size_bytes > FAST_SYMLINK_MAX;
	} else if (S_ISREG(spot->node->mode)) {
		BD_DISPOSE(bd_content_dispose) struct bd_content content;
		if (bd_content_open(&content, spot->node, block_size, placing->piece, err) < 0)
			return -1;
		blocks = (content.allocated_bytes + block_size - 1) / block_size;
		if ((exact || content.fd < 0) && bd_content_count_blocks(&content, &blocks, err) < 0)
			return -1;
	}
	*blocks_out = blocks + bd_block_map_overhead(block_size, blocks);
	return 0;
}

static int count_all_blocks(const struct placing *placing, bool exact, uint64_t *blocks_out, struct bd_error *err)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < placing->spots.count; i++) {
		uint64_t blocks;
		if (count_blocks(placing, &placing->spots.spots[i], exact, &blocks, err) < 0)
			return bd_wrap(err, "cannot put %s into the guest's filesystem",
				       placing->spots.spots[i].path);
		sum += blocks;
	}
	/* The root and lost+found have theirs. */
	*blocks_out = sum > 2 ? sum - 2 : 0;
	return 0;
}

static int check_room(const struct placing *placing, struct bd_error *err)
{
	const struct ext2_super_block *super = placing->fs->super;
	if (placing->spots.count - 2 > super->s_free_inodes_count)
		return bd_fail(err, ENOSPC, "the guest has %zu files, its filesystem room for %u: make it larger",
			       placing->spots.count - 2, super->s_free_inodes_count);

	uint64_t need, free_blocks = ext2fs_free_blocks_count(placing->fs->super);
	if (count_all_blocks(placing, false, &need, err) < 0)
		return -1;
	/* The host may have given blocks to what are zeros; only then is it worth the time to look. */
	if (need > free_blocks && count_all_blocks(placing, true, &need, err) < 0)
		return -1;
	if (need <= free_blocks)
		return 0;
	uint64_t kib = placing->fs->blocksize / 1024;
	return bd_fail(
		err, ENOSPC,
		"the guest's files take %llu KiB and its filesystem has room for %llu KiB: %llu KiB are missing",
		(unsigned long long)(need * kib), (unsigned long long)(free_blocks * kib),
		(unsigned long long)((need - free_blocks) * kib));
}

/* Fills placing->inode with what all kinds of file have. */
static struct ext2_inode_large *begin_inode(struct placing *placing, const struct bd_node *node)
{
	struct ext2_inode_large *inode = (struct ext2_inode_large *)(void *)placing->inode;
	memset(placing->inode, 0, EXT2_INODE_SIZE(placing->fs->super));
	int64_t now = placing->fs->now;
	/* Bits 32 and 33 of a time, counted from its low half as a signed number. */
	uint32_t epoch = (uint32_t)((uint64_t)(now - (int32_t)now) >> 32) & 3;
	inode->i_atime = inode->i_ctime = inode->i_mtime = inode->i_crtime = (uint32_t)now;
	inode->i_atime_extra = inode->i_ctime_extra = inode->i_mtime_extra = inode->i_crtime_extra = epoch;
	inode->i_extra_isize = sizeof(*inode) - EXT2_GOOD_OLD_INODE_SIZE;
	inode->i_mode = (uint16_t)(node ? node->mode : S_IFDIR | 0755);
	inode->i_links_count = 1;
	if (node) {
		inode->i_uid = (uint16_t)node->uid;
		inode->i_gid = (uint16_t)node->gid;
		inode->osd2.linux2.l_i_uid_high = (uint16_t)(node->uid >> 16);
		inode->osd2.linux2.l_i_gid_high = (uint16_t)(node->gid >> 16);
	}
	return inode;
}

static errcode_t write_inode(struct placing *placing, const struct bd_spot *spot)
{
	ext2_filsys fs = placing->fs;
	if (spot->ino > EXT2_FIRST_INO(fs->super))
		ext2fs_inode_alloc_stats2(fs, spot->ino, +1, bd_spot_is_dir(spot));
	return ext2fs_write_inode_full(fs, spot->ino, (struct ext2_inode *)(void *)placing->inode,
				       EXT2_INODE_SIZE(fs->super));
}

static void set_map(const struct placing *placing, struct ext2_inode_large *inode, const struct bd_block_map *map,
		    uint64_t size_bytes)
{
	memcpy(inode->i_block, map->i_block, sizeof(inode->i_block));
	inode->i_blocks = (uint32_t)(map->block_count * (placing->fs->blocksize / 512));
	inode->i_size = (uint32_t)size_bytes;
	inode->i_size_high = (uint32_t)(size_bytes >> 32);
}

static uint8_t type_of(const struct bd_spot *spot)
{
	switch (spot->node ? spot->node->mode & S_IFMT : S_IFDIR) {
	case S_IFDIR:
		return EXT2_FT_DIR;
	case S_IFREG:
		return EXT2_FT_REG_FILE;
	case S_IFLNK:
		return EXT2_FT_SYMLINK;
	case S_IFCHR:
		return EXT2_FT_CHRDEV;
	case S_IFBLK:
		return EXT2_FT_BLKDEV;
	case S_IFIFO:
		return EXT2_FT_FIFO;
	default:
		return EXT2_FT_SOCK;
	}
}

static errcode_t make_dir_blocks(const struct placing *placing, const struct bd_spot *spot, size_t min_blocks,
				 struct bd_dir_blocks *blocks_out)
{
	BD_FREE struct bd_dir_entry *entries = malloc((spot->child_count + 1) * sizeof(*entries));
	if (!entries)
		return ENOMEM;
	size_t count = 0;
	for (size_t i = spot->first_child; i != BD_NO_SPOT; i = placing->spots.spots[i].next_sibling) {
		const struct bd_spot *child = &placing->spots.spots[i];
		entries[count++] = (struct bd_dir_entry){
			.name = bd_spot_name(child),
			.ino = child->ino,
			.type = type_of(child),
		};
	}
	ext2_ino_t parent = spot->parent == BD_NO_SPOT ? spot->ino : placing->spots.spots[spot->parent].ino;
	return bd_dir_blocks_make(placing->fs, spot->ino, parent, entries, count, min_blocks, blocks_out);
}

/* The blocks that mke2fs' steps have given to the root or to lost+found; all are direct ones. */
static errcode_t adopt_blocks(const struct placing *placing, const struct bd_spot *spot, struct bd_block_map *map)
{
	if (spot->ino > EXT2_FIRST_INO(placing->fs->super))
		return 0;
	struct ext2_inode inode;
	errcode_t ec = ext2fs_read_inode(placing->fs, spot->ino, &inode);
	if (ec)
		return ec;
	memcpy(map->i_block, inode.i_block, sizeof(map->i_block));
	map->block_count = inode.i_size / placing->fs->blocksize;
	return 0;
}

static errcode_t write_dir_blocks(const struct placing *placing, struct bd_block_map *map,
				  const struct bd_dir_blocks *blocks)
{
	ext2_filsys fs = placing->fs;
	size_t adopted = map->block_count;
	errcode_t ec = 0;
	for (size_t at = 0; !ec && at < blocks->count;) {
		blk64_t first, count = 1;
		if (at < adopted)
			first = map->i_block[at];
		else
			ec = bd_block_map_extend(map, at, blocks->count - at, &first, &count);
		if (!ec)
			ec = io_channel_write_blk64(fs->io, first, (int)count, blocks->bytes + at * fs->blocksize);
		at += count;
	}
	return ec ? ec : bd_block_map_finish(map);
}

static errcode_t place_dir(struct placing *placing, const struct bd_spot *spot)
{
	BD_DISPOSE(bd_block_map_dispose) struct bd_block_map map;
	BD_DISPOSE(bd_dir_blocks_dispose) struct bd_dir_blocks blocks = { 0 };
	bd_block_map_init(&map, placing->blocks);
	errcode_t ec = adopt_blocks(placing, spot, &map);
	if (!ec)
		ec = make_dir_blocks(placing, spot, map.block_count, &blocks);
	if (!ec)
		ec = write_dir_blocks(placing, &map, &blocks);
	if (ec)
		return ec;

	struct ext2_inode_large *inode = begin_inode(placing, spot->node);
	inode->i_links_count = (uint16_t)(2 + spot->child_dir_count);
	set_map(placing, inode, &map, (uint64_t)blocks.count * placing->fs->blocksize);
	if (blocks.indexed)
		inode->i_flags |= EXT2_INDEX_FL;
	return write_inode(placing, spot);
}

static int place_regular(struct placing *placing, const struct bd_spot *spot, struct bd_error *err)
{
	BD_DISPOSE(bd_block_map_dispose) struct bd_block_map map;
	BD_DISPOSE(bd_content_dispose) struct bd_content content = { .fd = -1 };
	bd_block_map_init(&map, placing->blocks);
	if (bd_content_open(&content, spot->node, placing->fs->blocksize, placing->piece, err) < 0 ||
	    bd_place_content(&map, &content, &placing->progress, err) < 0)
		return -1;
	errcode_t ec = bd_block_map_finish(&map);
	if (!ec) {
		struct ext2_inode_large *inode = begin_inode(placing, spot->node);
		set_map(placing, inode, &map, content.size_bytes);
		ec = write_inode(placing, spot);
	}
	return ec ? bd_fail_ext2(err, ec, "cannot write its inode") : 0;
}

/* Targets of up to 59 bytes lie in the inode. */
static errcode_t place_symlink(struct placing *placing, const struct bd_spot *spot)
{
	const struct bd_node *node = spot->node;
	struct ext2_inode_large *inode = begin_inode(placing, node);
	inode->i_size = (uint32_t)node->size_bytes;
	if (node->size_bytes <= FAST_SYMLINK_MAX) {
		memcpy(inode->i_block, node->data, node->size_bytes);
		return write_inode(placing, spot);
	}
	if (node->size_bytes >= placing->fs->blocksize)
		return ENAMETOOLONG;

	blk64_t block, count;
	errcode_t ec = bd_free_blocks_take(placing->blocks, 1, &block, &count);
	if (!ec)
		ec = io_channel_write_blk64(placing->fs->io, block, -(int)node->size_bytes, node->data);
	if (ec)
		return ec;
	inode->i_block[0] = (uint32_t)block;
	inode->i_blocks = placing->fs->blocksize / 512;
	return write_inode(placing, spot);
}

/* The numbers as the kernel's old_encode_dev() and new_encode_dev(). */
static errcode_t place_special(struct placing *placing, const struct bd_spot *spot)
{
	struct ext2_inode_large *inode = begin_inode(placing, spot->node);
	uint32_t major_number = major(spot->node->rdev), minor_number = minor(spot->node->rdev);
	if (!S_ISCHR(spot->node->mode) && !S_ISBLK(spot->node->mode))
		return write_inode(placing, spot);
	if (major_number > 0xfff || minor_number > 0xfffff)
		return EINVAL;
	if (major_number < 256 && minor_number < 256)
		inode->i_block[0] = major_number << 8 | minor_number;
	else
		inode->i_block[1] = (minor_number & 0xff) | major_number << 8 | (minor_number & ~0xffu) << 12;
	return write_inode(placing, spot);
}

static int place_spot(struct placing *placing, const struct bd_spot *spot, struct bd_error *err)
{
	if (!bd_spot_is_dir(spot) && S_ISREG(spot->node->mode))
		return place_regular(placing, spot, err);
	errcode_t ec = bd_spot_is_dir(spot)	   ? place_dir(placing, spot)
		       : S_ISLNK(spot->node->mode) ? place_symlink(placing, spot)
						   : place_special(placing, spot);
	return ec ? bd_fail_ext2(err, ec, "cannot write it") : 0;
}

/* Directories first: they lie together, and so does the content of files. */
static int place_all(struct placing *placing, bool dirs, struct bd_error *err)
{
	for (size_t i = 0; i < placing->spots.count; i++) {
		const struct bd_spot *spot = &placing->spots.spots[i];
		bool untouched = !spot->node && i != placing->spots.root;
		if (bd_spot_is_dir(spot) != dirs || untouched)
			continue;
		if (place_spot(placing, spot, err) < 0)
			return bd_wrap(err, "cannot put %s into the guest's filesystem", spot->path);
	}
	return 0;
}

int bd_place_tree(ext2_filsys fs, const struct bd_tree *tree, struct bd_free_blocks *blocks,
		  void (*progress)(uint64_t bytes_done), struct bd_error *err)
{
	BD_DISPOSE(placing_dispose)
	struct placing placing = {
		.fs = fs,
		.blocks = blocks,
		.progress = { .report = progress },
	};
	if (placing_init(&placing, tree, err) < 0 || check_room(&placing, err) < 0 ||
	    place_all(&placing, true, err) < 0)
		return -1;
	return place_all(&placing, false, err);
}
