/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a sealed template into the filesystem, in the order of its index: nothing of it is kept in memory.
 *
 * Content lies in the payload in the order in which blocks are given out here, and block maps lie elsewhere, so that
 * it is copied in runs as long as a block group.
 */
#include "ext3/writer/populate_sealed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/process/cancel.h"
#include "base/zeros.h"
#include "ext3/error.h"
#include "ext3/writer/populate_dir.h"
#include "ext3/writer/populate_path.h"
#include "rootfs/file_type.h"

static bool has_extents(const struct bd_populate *populate)
{
	return ext2fs_has_feature_extents(populate->fs->super);
}

/* Blocks of one inode apart from those of a directory. */
static void add_needs(const struct bd_populate *populate, const struct bd_sealed_inode *inode,
		      struct bd_base_needs *needs)
{
	uint32_t block_size = populate->fs->blocksize;
	struct bd_map_count count = { .has_extents = has_extents(populate) };

	if (S_ISREG(inode->mode))
		for (size_t i = 0; i < inode->extent_count; i++)
			bd_map_count_add(&count, block_size, inode->extents[i].logical, inode->extents[i].count);
	needs->content_blocks += count.blocks;
	needs->index_blocks += count.index_blocks;
	needs->blocks += count.blocks + count.index_blocks +
			 bd_inode_extra_blocks(inode, EXT2_INODE_SIZE(populate->fs->super));
}

/* Directories are never taken away, and never replace anything else (bd_overlay_merge_make). */
static uint32_t sum_up(const struct bd_populate *populate, uint32_t index, struct bd_sealed_dir dir,
		       struct bd_dir_sum *sum_out)
{
	size_t change_count;
	const struct bd_change *changes = bd_overlay_merge_changes(&populate->merge, index, &change_count);
	struct bd_sealed_entry entry;
	uint32_t dirs = 0;

	*sum_out = (struct bd_dir_sum){ 0 };
	while (bd_sealed_next_entry(&dir, &entry)) {
		bd_dir_sum_add(sum_out, entry.name_size);
		dirs += entry.type == BD_TYPE_DIRECTORY;
	}
	for (size_t i = 0; i < change_count; i++)
		if (changes[i].ino) {
			bd_dir_sum_add(sum_out, changes[i].name_size);
			dirs += changes[i].type == BD_TYPE_DIRECTORY;
		}
	return dirs;
}

/* What the tree takes away from a directory is counted as if it stayed. */
static int dir_needs(struct bd_populate *populate, struct bd_base_needs *needs, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = populate->base };
	uint64_t at = 0;

	for (uint32_t i = 0; i < populate->base->dir_count; i++) {
		struct bd_sealed_dir dir;
		struct bd_dir_sum sum;
		if (bd_sealed_read_dir(&reader, at, &dir, err) != 0)
			return -1;
		uint32_t dirs = sum_up(populate, i, dir, &sum);
		if (bd_populate_check_dir(populate->fs, dirs, &sum, err) != 0)
			return bd_wrap_base_path(populate->base, i, err);
		at = dir.next_at;
		needs->blocks += bd_populate_dir_blocks(populate->fs, &sum);
	}
	needs->blocks--; /* the root has its first block */
	return 0;
}

/* As the guest has it: some names may be gone. */
static int check_inode(const struct bd_populate *populate, const struct bd_sealed_inode *inode, struct bd_error *err)
{
	struct bd_sealed_inode left = *inode;

	left.links = bd_overlay_merge_links(&populate->merge, inode->index, inode->links);
	if (!left.links)
		return 0;
	return bd_inode_check(populate->fs, &left, err);
}

int bd_populate_sealed_needs(struct bd_populate *populate, struct bd_base_needs *needs_out, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = populate->base };
	struct bd_base_needs needs = { 0 };
	struct bd_sealed_inode inode = { 0 };
	int more;

	while ((more = bd_sealed_next_inode(&reader, &inode, err)) > 0) {
		if (bd_cancel_check(err) != 0)
			return -1;
		if (check_inode(populate, &inode, err) != 0)
			return bd_wrap_base_path(populate->base, inode.index, err);
		add_needs(populate, &inode, &needs);
	}
	if (more < 0 || dir_needs(populate, &needs, err) != 0)
		return -1;
	*needs_out = needs;
	return 0;
}

struct entry_list {
	struct bd_dir_entry *entries;
	size_t count, capacity;
};

static void entry_list_dispose(struct entry_list *list)
{
	free(list->entries);
}

static int make_room(struct entry_list *list, size_t count, struct bd_error *err)
{
	return bd_array_reserve(list->entries, list->capacity, count, err);
}

static const struct bd_change *find_change(const struct bd_change *changes, size_t count,
					   const struct bd_sealed_entry *entry)
{
	for (size_t i = 0; i < count; i++)
		if (changes[i].name_size == entry->name_size &&
		    memcmp(changes[i].name, entry->name, entry->name_size) == 0)
			return &changes[i];
	return NULL;
}

static void append(struct entry_list *list, uint32_t ino, const char *name, uint8_t name_size, uint8_t type)
{
	list->entries[list->count++] =
		(struct bd_dir_entry){ .name = name, .ino = ino, .name_size = name_size, .type = type };
}

/* The template's entries as they are changed by the tree, then those that are new. */
static int merge_entries(const struct bd_populate *populate, uint32_t index, struct bd_sealed_dir *dir,
			 struct entry_list *list, struct bd_error *err)
{
	size_t change_count;
	const struct bd_change *changes = bd_overlay_merge_changes(&populate->merge, index, &change_count);
	struct bd_sealed_entry entry;

	list->count = 0;
	if (make_room(list, (size_t)dir->entry_count + change_count + 1, err) != 0)
		return -1;
	while (bd_sealed_next_entry(dir, &entry)) {
		const struct bd_change *change = find_change(changes, change_count, &entry);
		if (!change)
			append(list, bd_overlay_merge_ino(&populate->merge, entry.inode), entry.name, entry.name_size,
			       entry.type);
		else if (change->ino)
			append(list, change->ino, entry.name, entry.name_size, change->type);
	}
	for (size_t i = 0, old = list->count; i < change_count; i++) {
		bool listed = !changes[i].ino;
		for (size_t j = 0; j < old && !listed; j++)
			listed = list->entries[j].ino == changes[i].ino &&
				 list->entries[j].name_size == changes[i].name_size &&
				 memcmp(list->entries[j].name, changes[i].name, changes[i].name_size) == 0;
		if (!listed)
			append(list, changes[i].ino, changes[i].name, changes[i].name_size, changes[i].type);
	}
	return 0;
}

static bool fits_one_block(const struct bd_populate *populate, uint64_t entry_bytes)
{
	return 2 * bd_dir_entry_size(2) + entry_bytes <= bd_dir_block_room(populate->fs);
}

static uint64_t bytes_of(const struct entry_list *list)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < list->count; i++)
		bytes += bd_dir_entry_size(list->entries[i].name_size);
	return bytes;
}

static int put_off(struct bd_late_dirs *late, uint32_t index, blk64_t first_block, struct bd_error *err)
{
	if (bd_array_grow(late->dirs, late->count, err) != 0)
		return -1;
	late->dirs[late->count++] = (struct bd_late_dir){ index, first_block };
	return 0;
}

/* A directory of the template that fits into one block has its block here, whatever the guest adds to it. */
static int take_first_block(struct bd_populate *populate, struct bd_sealed_dir dir, uint32_t ino, bool *one_block_out,
			    blk64_t *block_out, struct bd_error *err)
{
	struct bd_sealed_entry entry;
	uint64_t bytes = 0;
	blk64_t count;

	*block_out = 0;
	while (bd_sealed_next_entry(&dir, &entry))
		bytes += bd_dir_entry_size(entry.name_size);
	*one_block_out = fits_one_block(populate, bytes);
	if (!*one_block_out || ino <= EXT2_FIRST_INO(populate->fs->super))
		return 0;
	errcode_t ec = bd_free_blocks_take(populate->blocks, 1, block_out, &count);
	return ec ? bd_fail_ext2(err, ec, "cannot give a directory its block") : 0;
}

static int write_template_dir(struct bd_populate *populate, struct bd_sealed_inode *inode,
			      const struct bd_sealed_dir *dir, struct entry_list *list, blk64_t first_block,
			      struct bd_error *err)
{
	struct bd_new_dir new_dir = {
		.ino = bd_overlay_merge_ino(&populate->merge, inode->index),
		.parent_ino = bd_overlay_merge_ino(&populate->merge, dir->parent),
		.first_block = first_block,
	};
	const struct bd_node *node = bd_overlay_merge_changed_dir(&populate->merge, inode->index);

	if (node) {
		inode->mode = node->mode;
		inode->uid = node->uid;
		inode->gid = node->gid;
	}
	if (bd_populate_dir(populate, &new_dir, inode, list->entries, list->count, err) != 0)
		return bd_wrap_base_path(populate->base, inode->index, err);
	return 0;
}

int bd_populate_sealed_dirs(struct bd_populate *populate, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader inodes = { .sealed = populate->base };
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader dirs = { .sealed = populate->base };
	BD_DISPOSE(entry_list_dispose) struct entry_list list = { 0 };
	struct bd_sealed_inode inode = { 0 };

	for (uint32_t i = 0; i < populate->base->dir_count; i++) {
		struct bd_sealed_dir dir;
		bool one_block;
		blk64_t first_block;
		if (bd_cancel_check(err) != 0 || bd_sealed_next_inode(&inodes, &inode, err) < 0 ||
		    bd_sealed_read_dir(&dirs, inode.dir_at, &dir, err) != 0 ||
		    take_first_block(populate, dir, bd_overlay_merge_ino(&populate->merge, i), &one_block,
				     &first_block, err) != 0 ||
		    merge_entries(populate, i, &dir, &list, err) != 0)
			return -1;
		if (one_block && fits_one_block(populate, bytes_of(&list))
			    ? write_template_dir(populate, &inode, &dir, &list, first_block, err) != 0
			    : put_off(&populate->late, i, first_block, err) != 0)
			return -1;
	}
	return 0;
}

int bd_populate_late_dirs(struct bd_populate *populate, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader inodes = { .sealed = populate->base };
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader dirs = { .sealed = populate->base };
	BD_DISPOSE(entry_list_dispose) struct entry_list list = { 0 };

	for (size_t i = 0; i < populate->late.count; i++) {
		const struct bd_late_dir *late = &populate->late.dirs[i];
		struct bd_sealed_inode inode;
		struct bd_sealed_dir dir;
		if (bd_cancel_check(err) != 0 || bd_sealed_read_inode(&inodes, late->index, &inode, err) != 0 ||
		    bd_sealed_read_dir(&dirs, inode.dir_at, &dir, err) != 0 ||
		    merge_entries(populate, late->index, &dir, &list, err) != 0 ||
		    write_template_dir(populate, &inode, &dir, &list, late->first_block, err) != 0)
			return -1;
	}
	return 0;
}

static int write_extent(struct bd_populate *populate, struct bd_block_map *map, const struct bd_extent *extent,
			struct bd_error *err)
{
	uint32_t block_size = populate->fs->blocksize;

	for (uint64_t done = 0; done < extent->count;) {
		blk64_t first, count;
		errcode_t ec = bd_block_map_extend(map, extent->logical + done, extent->count - done, &first, &count);
		if (ec)
			return bd_fail_ext2(err, ec, "cannot give it blocks");
		if (bd_range_copy_add(&populate->copy, (extent->payload + done) * BD_SEALED_BLOCK_BYTES,
				      first * block_size, count * block_size, err) != 0)
			return -1;
		done += count;
	}
	return 0;
}

static int write_content(struct bd_populate *populate, const struct bd_sealed_inode *inode, struct bd_error *err)
{
	BD_DISPOSE(bd_block_map_dispose) struct bd_block_map map;

	bd_block_map_init_file(&map, populate->blocks, bd_overlay_merge_ino(&populate->merge, inode->index));
	map.index_blocks = &populate->index_blocks;
	for (size_t i = 0; i < inode->extent_count; i++)
		if (write_extent(populate, &map, &inode->extents[i], err) != 0)
			return -1;
	errcode_t ec = bd_block_map_finish(&map);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot write its block map");
	bd_inode_set_map(&populate->inode, &map, inode->size_bytes);
	return 0;
}

/* In a clone they hold what the template has there. */
static errcode_t wipe(ext2_filsys fs, blk64_t first, blk64_t count)
{
	_Static_assert(BD_SEALED_BLOCK_BYTES <= BD_ZEROS_BYTES, "a block is more than the zeros there are");
	errcode_t ec = 0;

	for (blk64_t i = 0; !ec && i < count; i++)
		ec = io_channel_write_blk64(fs->io, first + i, 1, bd_zeros);
	return ec;
}

static errcode_t take_and_give_back(const struct bd_populate *populate, struct bd_free_blocks *blocks, uint64_t count)
{
	errcode_t ec = 0;

	while (!ec && count) {
		blk64_t first, got;
		ec = bd_free_blocks_take(blocks, count, &first, &got);
		if (ec)
			break;
		ext2fs_block_alloc_stats_range(populate->fs, first, (blk_t)got, -1);
		if (populate->files->is_clone)
			ec = wipe(populate->fs, first, got);
		count -= got;
	}
	return ec;
}

/* tree: counts what the file's extents would have been. */
static int skip_extent(struct bd_populate *populate, const struct bd_extent *extent, struct bd_extent_tree *tree,
		       struct bd_error *err)
{
	uint32_t block_size = populate->fs->blocksize;

	for (uint64_t done = 0; done < extent->count;) {
		blk64_t first, count;
		errcode_t ec = bd_free_blocks_take(populate->blocks, extent->count - done, &first, &count);
		if (ec)
			return bd_fail_ext2(err, ec, "cannot set blocks aside");
		ext2fs_block_alloc_stats_range(populate->fs, first, (blk_t)count, -1);
		ec = bd_extent_tree_add(tree, &populate->index_blocks, extent->logical + done, first, count);
		if (ec)
			return bd_fail_ext2(err, ec, "cannot set blocks aside");
		if (bd_range_copy_skip(&populate->copy, (extent->payload + done) * BD_SEALED_BLOCK_BYTES,
				       first * block_size, count * block_size, err) != 0)
			return -1;
		done += count;
	}
	return 0;
}

/* A file whose names are all gone: what it would have taken stays free, so that everything else lies where it lies in
 * every guest. */
static int skip_file(struct bd_populate *populate, const struct bd_sealed_inode *inode, struct bd_error *err)
{
	struct bd_base_needs needs = { 0 };
	struct bd_extent_tree tree = { .only_count = true };

	add_needs(populate, inode, &needs);
	uint64_t extra = needs.blocks - needs.content_blocks - needs.index_blocks;
	errcode_t ec = take_and_give_back(populate, populate->blocks, extra);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot set blocks aside");
	for (size_t i = 0; S_ISREG(inode->mode) && i < inode->extent_count; i++)
		if (skip_extent(populate, &inode->extents[i], &tree, err) != 0)
			return -1;
	uint64_t extents = tree.extent_count + (tree.count != 0); /* the last one, too */
	ec = take_and_give_back(populate, &populate->index_blocks,
				has_extents(populate) ? bd_extent_tree_blocks(populate->fs->blocksize, extents)
						      : needs.index_blocks);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot set blocks aside");
	return bd_inode_clear(&populate->inode, bd_overlay_merge_ino(&populate->merge, inode->index), err);
}

static int write_file(struct bd_populate *populate, struct bd_sealed_inode *inode, struct bd_error *err)
{
	inode->links = bd_overlay_merge_links(&populate->merge, inode->index, inode->links);
	if (!inode->links)
		return skip_file(populate, inode, err);
	if (bd_inode_begin(&populate->inode, inode, err) != 0)
		return -1;
	if (S_ISREG(inode->mode) ? write_content(populate, inode, err) != 0
				 : bd_inode_set_special(&populate->inode, inode, err) != 0)
		return -1;
	return bd_inode_write(&populate->inode, bd_overlay_merge_ino(&populate->merge, inode->index), err);
}

int bd_populate_sealed_files(struct bd_populate *populate, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = populate->base };
	struct bd_sealed_inode inode = { 0 };
	int more;

	while ((more = bd_sealed_next_inode(&reader, &inode, err)) > 0) {
		if (inode.index < populate->base->dir_count)
			continue;
		if (bd_cancel_check(err) != 0)
			return -1;
		if (write_file(populate, &inode, err) != 0)
			return bd_wrap_base_path(populate->base, inode.index, err);
	}
	return more < 0 ? -1 : bd_range_copy_finish(&populate->copy, err);
}
