/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Populates the filesystem: numbers the inodes, checks that there is room, writes directories, then everything else;
 * first from the sealed template, then from our own tree.
 */
#include "ext3/writer/populate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "ext3/error.h"
#include "ext3/writer/populate_dir.h"
#include "ext3/writer/populate_sealed.h"
#include "ext3/writer/populate_state.h"
#include "ext3/writer/room.h"
#include "rootfs/file_type.h"

#define EXTENT_LEVELS_USED 3 /* of the largest files: 4 * 340 * 340 * 340 extents of 4-KiB blocks */

static void populate_dispose(struct bd_populate *populate)
{
	bd_inode_table_dispose(&populate->table);
	bd_overlay_merge_dispose(&populate->merge);
	bd_inode_writer_dispose(&populate->inode);
	bd_range_copy_dispose(&populate->copy);
	free(populate->late.dirs);
	free(populate->piece);
	populate->late.dirs = NULL;
	populate->piece = NULL;
}

static int populate_init(struct bd_populate *populate, uint64_t offset_bytes, struct bd_error *err)
{
	static const struct bd_tree no_tree;
	const struct bd_ext3_files *files = populate->files;
	uint32_t first_ino = EXT2_FIRST_INO(populate->fs->super);

	populate->piece = malloc(BD_PIECE_BUFFER_BYTES);
	if (!populate->piece)
		return bd_no_memory(err);
	if (bd_inode_writer_init(&populate->inode, populate->fs, populate->blocks, err) != 0 ||
	    bd_inode_table_make(&populate->table, files->tree ? files->tree : &no_tree, first_ino, err) != 0)
		return -1;
	if (!populate->base)
		return 0;
	bd_range_copy_init(&populate->copy, populate->base->payload_fd, files->fd, offset_bytes);
	populate->copy.progress = populate->progress.report;
	populate->copy.there_already = files->is_clone;
	return bd_overlay_merge_make(&populate->merge, populate->base, &populate->table, first_ino, err);
}

/* The entries that are ours to write: neither whiteouts, nor what the template or mke2fs' steps have made already. */
static bool is_ours(const struct bd_populate *populate, size_t i)
{
	const struct bd_inode_entry *entry = &populate->table.entries[i];

	return entry->ino && entry->base == BD_SEALED_NONE && (entry->node || i == populate->table.root);
}

/* Blocks that the entry takes at most; for a file of the host by what it takes there, or (exact) by its content. */
static int count_blocks(const struct bd_populate *populate, const struct bd_inode_entry *entry, bool exact,
			uint64_t *blocks_out, struct bd_error *err)
{
	uint32_t block_size = populate->fs->blocksize;
	const struct bd_sealed_inode facts = bd_inode_facts(entry->node, populate->fs->now);
	uint64_t extra = bd_inode_extra_blocks(&facts, EXT2_INODE_SIZE(populate->fs->super)), blocks = 0, runs = 0;
	if (bd_inode_entry_is_dir(entry)) {
		struct bd_dir_sum sum = { 0 };
		for (size_t i = entry->first_child; i != BD_NO_ENTRY; i = populate->table.entries[i].next_sibling)
			bd_dir_sum_add(&sum, strlen(bd_inode_entry_name(&populate->table.entries[i])));
		*blocks_out = bd_populate_dir_blocks(populate->fs, &sum) + extra;
		return 0;
	}
	if (S_ISREG(entry->node->mode)) {
		BD_DISPOSE(bd_content_dispose) struct bd_content content;
		if (bd_content_open(&content, entry->node, block_size, populate->piece, err) < 0)
			return -1;
		blocks = runs = (content.allocated_bytes + block_size - 1) / block_size;
		if ((exact || content.fd < 0) && bd_content_count_blocks(&content, &blocks, &runs, err) < 0)
			return -1;
	}
	*blocks_out = blocks + bd_block_map_overhead(populate->fs, blocks, runs) + extra;
	return 0;
}

static int count_all_blocks(const struct bd_populate *populate, bool exact, uint64_t *blocks_out,
			    struct bd_error *err)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < populate->table.count; i++) {
		uint64_t blocks;
		if (!is_ours(populate, i))
			continue;
		if (count_blocks(populate, &populate->table.entries[i], exact, &blocks, err) < 0)
			return bd_wrap(err, "cannot write %s into the guest's filesystem",
				       populate->table.entries[i].path);
		sum += blocks;
	}
	/* The root has its block. */
	*blocks_out = sum ? sum - !populate->base : 0;
	return 0;
}

/* An extent ends where a run of free blocks does: one file more may need a leaf then, and with it one block on each level. Up to
 * four extents fit into the inode; but those of the base take their leaves from what is set aside for them. */
static int count_split_blocks(const struct bd_populate *populate, uint64_t *blocks_out, struct bd_error *err)
{
	uint64_t runs = 0;
	errcode_t ec = ext2fs_has_feature_extents(populate->fs->super)
			       ? bd_free_blocks_count_runs(populate->blocks, &runs)
			       : 0;

	if (ec)
		return bd_fail_ext2(err, ec, "cannot count the free blocks");
	*blocks_out = populate->base || runs > BD_EXTENTS_IN_INODE ? runs * EXTENT_LEVELS_USED : 0;
	return 0;
}

static uint64_t count_inodes(const struct bd_populate *populate)
{
	uint64_t inodes = 0;

	if (populate->base)
		return populate->merge.ino_count - 1; /* lost+found has its inode */
	for (size_t i = 0; i < populate->table.count; i++)
		inodes += populate->table.entries[i].ino > EXT2_FIRST_INO(populate->fs->super);
	return inodes;
}

/* What is missing is how much larger the disk has to be, tables and all. */
static int no_room(const struct bd_populate *populate, uint64_t need, uint64_t inodes, struct bd_error *err)
{
	const struct ext2_super_block *super = populate->fs->super;
	uint64_t kib = populate->fs->blocksize / 1024, missing;

	if (bd_ext3_missing_bytes(populate->fs, need, inodes, &missing, err) != 0)
		return bd_wrap(err, "the guest's files need %llu KiB", (unsigned long long)(need * kib));
	if (inodes > super->s_free_inodes_count)
		return bd_no_room(
			err, "the guest has %llu files and its filesystem room for %u: %llu KiB are missing",
			(unsigned long long)inodes, super->s_free_inodes_count, (unsigned long long)(missing / 1024));
	return bd_no_room(
		err,
		"the guest's files need %llu KiB and its filesystem has room for %llu KiB: with its tables, %llu KiB are missing",
		(unsigned long long)(need * kib),
		(unsigned long long)(ext2fs_free_blocks_count((struct ext2_super_block *)super) * kib),
		(unsigned long long)(missing / 1024));
}

static int check_room(struct bd_populate *populate, struct bd_base_needs *needs_out, struct bd_error *err)
{
	const struct ext2_super_block *super = populate->fs->super;
	uint64_t need, inodes = count_inodes(populate), free_blocks = ext2fs_free_blocks_count(populate->fs->super);
	struct bd_base_needs base = { 0 };
	uint64_t split_blocks = 0;

	if ((populate->base && bd_populate_sealed_needs(populate, &base, err) != 0) ||
	    count_split_blocks(populate, &split_blocks, err) != 0 ||
	    count_all_blocks(populate, false, &need, err) < 0)
		return -1;
	base.index_blocks += split_blocks;
	base.blocks += split_blocks;
	/* The host may have given blocks to what are zeros; only then is it worth the time to look. */
	if (!populate->files->any_size && base.blocks + need > free_blocks &&
	    count_all_blocks(populate, true, &need, err) < 0)
		return -1;
	*needs_out = base;
	if (populate->files->any_size)
		return base.blocks + need > UINT32_MAX
			       ? bd_fail(err, EFBIG, "its files need %llu GiB, more than ext3 allows",
					 (unsigned long long)((base.blocks + need) * populate->fs->blocksize >> 30))
			       : 0;
	if (base.blocks + need > free_blocks || inodes > super->s_free_inodes_count)
		return no_room(populate, base.blocks + need, inodes, err);
	return 0;
}

static int write_dir(struct bd_populate *populate, const struct bd_inode_entry *entry, struct bd_error *err)
{
	BD_FREE struct bd_dir_entry *entries = malloc((entry->child_count + 1) * sizeof(*entries));
	struct bd_sealed_inode facts = bd_inode_facts(entry->node, populate->fs->now);
	size_t count = 0;

	if (!entries)
		return bd_no_memory(err);
	for (size_t i = entry->first_child; i != BD_NO_ENTRY; i = populate->table.entries[i].next_sibling) {
		const struct bd_inode_entry *child = &populate->table.entries[i];
		const char *name = bd_inode_entry_name(child);
		entries[count++] = (struct bd_dir_entry){
			.name = name,
			.name_size = (uint8_t)strlen(name),
			.ino = child->ino,
			.type = bd_file_type(child->node ? child->node->mode : S_IFDIR),
		};
	}
	struct bd_new_dir new_dir = { .ino = entry->ino };
	new_dir.parent_ino = entry->parent == BD_NO_ENTRY ? entry->ino : populate->table.entries[entry->parent].ino;
	return bd_populate_dir(populate, &new_dir, &facts, entries, count, err);
}

static int write_regular(struct bd_populate *populate, const struct bd_inode_entry *entry, struct bd_error *err)
{
	BD_DISPOSE(bd_block_map_dispose) struct bd_block_map map;
	BD_DISPOSE(bd_content_dispose) struct bd_content content = { .fd = -1 };
	bd_block_map_init_file(&map, populate->blocks, entry->ino);
	if (bd_content_open(&content, entry->node, populate->fs->blocksize, populate->piece, err) < 0 ||
	    bd_populate_content(&map, &content, &populate->progress, err) < 0)
		return -1;
	errcode_t ec = bd_block_map_finish(&map);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot write its block map");
	bd_inode_set_map(&populate->inode, &map, content.size_bytes);
	return 0;
}

static int write_entry(struct bd_populate *populate, const struct bd_inode_entry *entry, struct bd_error *err)
{
	if (bd_inode_entry_is_dir(entry))
		return write_dir(populate, entry, err);
	struct bd_sealed_inode facts = bd_inode_facts(entry->node, populate->fs->now);
	if (bd_inode_begin(&populate->inode, &facts, err) != 0)
		return -1;
	if (S_ISREG(facts.mode) ? write_regular(populate, entry, err) != 0
				: bd_inode_set_special(&populate->inode, &facts, err) != 0)
		return -1;
	return bd_inode_write(&populate->inode, entry->ino, err);
}

/* Directories first: they lie together, and so does the content of files. */
static int write_all(struct bd_populate *populate, bool dirs, struct bd_error *err)
{
	for (size_t i = 0; i < populate->table.count; i++) {
		const struct bd_inode_entry *entry = &populate->table.entries[i];
		if (!is_ours(populate, i) || bd_inode_entry_is_dir(entry) != dirs)
			continue;
		if (write_entry(populate, entry, err) < 0)
			return bd_wrap(err, "cannot write %s into the guest's filesystem", entry->path);
	}
	return 0;
}

/* All that does not depend on what is laid over the template comes first, so that it lies where it lies in every guest of
 * this size. */
static int write_template(struct bd_populate *populate, const struct bd_base_needs *needs, struct bd_error *err)
{
	populate->inode.change_time_s = populate->files->base_time;
	if (bd_populate_sealed_dirs(populate, err) != 0)
		return -1;
	errcode_t ec = bd_free_blocks_reserve(populate->blocks, needs->index_blocks, &populate->index_blocks);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot set blocks aside");
	if (bd_populate_sealed_files(populate, err) != 0)
		return -1;
	populate->layout.places = bd_range_copy_places(&populate->copy);
	populate->layout.end_bytes = populate->blocks->begin * populate->fs->blocksize;
	if (bd_populate_late_dirs(populate, err) != 0)
		return -1;
	populate->progress.bytes_done = populate->copy.done_bytes;
	populate->inode.change_time_s = populate->fs->now;
	return 0;
}

int bd_populate_files(ext2_filsys fs, const struct bd_ext3_files *files, uint64_t offset_bytes,
		      struct bd_free_blocks *blocks, void (*progress)(uint64_t bytes_done),
		      struct bd_base_layout *layout_out, struct bd_error *err)
{
	BD_DISPOSE(populate_dispose)
	struct bd_populate populate = {
		.fs = fs,
		.blocks = blocks,
		.progress = { .report = progress },
		.files = files,
		.base = files->base,
	};
	struct bd_base_needs needs = { 0 };

	if (populate_init(&populate, offset_bytes, err) != 0 || check_room(&populate, &needs, err) != 0)
		return -1;
	if (files->only_check)
		return 0;
	if (populate.base && write_template(&populate, &needs, err) != 0)
		return -1;
	*layout_out = populate.layout;
	if (write_all(&populate, true, err) != 0)
		return -1;
	return write_all(&populate, false, err);
}
