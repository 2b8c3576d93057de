/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks an ext2, ext3 or ext4 filesystem from its root, without mounting it. */
#include "import/disk/source_ext.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/process/cancel.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/reader/content.h"
#include "ext3/reader/directory.h"
#include "ext3/reader/inode.h"
#include "base/printable.h"
#include "import/first_names.h"

static int check_clean(ext2_filsys fs, struct bd_error *err)
{
	switch (bd_ext_state(fs)) {
	case BD_EXT_NOT_UNMOUNTED:
		return bd_in_use(err, "the filesystem is in use, or was not unmounted cleanly: unmount it, or run "
				      "e2fsck on it");
	case BD_EXT_HAS_ERRORS:
		return bd_fail(err, EIO, "the filesystem is marked as having errors: run e2fsck on it");
	default:
		return 0;
	}
}

#define BUFFER_BYTES (1u << 20)

/* A directory on the way from the root to where the walk is. */
struct level {
	struct bd_ext_dir dir;
	size_t next; /* entry */
	size_t path_size; /* of the directory's own path, with a "/" behind it */
};

struct walk {
	struct bd_ext_inode inode;
	ext2_filsys fs; /* borrowed, as the writer is */
	struct bd_sealed_writer *writer;
	uint8_t *buffer; /* for content */
	bd_progress_report progress; /* NULL: nobody asks */
	uint64_t source_bytes, used_bytes,
		done_bytes; /* the progress of source_bytes goes by what is done of used_bytes */
	struct bd_first_names links;
	ext2fs_inode_bitmap seen; /* directories */
	struct level *levels;
	size_t depth;
	char *path;
	size_t path_capacity;
};

static void dispose_walk(struct walk *walk)
{
	bd_ext_inode_dispose(&walk->inode);
	bd_first_names_dispose(&walk->links);
	if (walk->seen)
		ext2fs_free_inode_bitmap(walk->seen);
	for (size_t i = 0; i < walk->depth; i++)
		bd_ext_dir_dispose(&walk->levels[i].dir);
	free(walk->levels);
	free(walk->path);
	free(walk->buffer);
}

static int init_walk(struct walk *walk, ext2_filsys fs, struct bd_error *err)
{
	/* The default, an array, would be sized by what the superblock claims. */
	fs->default_bitmap_type = EXT2FS_BMAP64_RBTREE;
	errcode_t ec = ext2fs_allocate_inode_bitmap(fs, "directories", &walk->seen);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot make a bitmap");
	walk->path_capacity = 4096;
	walk->path = calloc(1, walk->path_capacity);
	walk->buffer = malloc(BUFFER_BYTES);
	if (!walk->path || !walk->buffer)
		return bd_no_memory(err);
	return bd_ext_inode_init(&walk->inode, fs, err);
}

/* Goes into the directory whose inode was read last. path_size: its path's, with "/"; 0 for the root. */
static int enter(struct walk *walk, size_t path_size, struct bd_error *err)
{
	ext2_ino_t number = walk->inode.number;
	if (ext2fs_test_inode_bitmap2(walk->seen, number))
		return bd_fail(err, EIO, "it is in two directories; check the filesystem with e2fsck");
	ext2fs_mark_inode_bitmap2(walk->seen, number);
	if (bd_array_grow(walk->levels, walk->depth, err) != 0)
		return -1;
	struct level *level = &walk->levels[walk->depth++];
	*level = (struct level){ .path_size = path_size };
	return bd_ext_dir_read(walk->inode.fs, number, &level->dir, err);
}

static int set_path(struct walk *walk, size_t parent_size, const char *name, struct bd_error *err)
{
	/* Room for the "/" and the NUL. */
	size_t needed = parent_size + strlen(name) + 2;
	if (bd_array_reserve(walk->path, walk->path_capacity, needed, err) != 0)
		return -1;
	strcpy(walk->path + parent_size, name);
	return 0;
}

static int take_content(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes,
			struct bd_error *err)
{
	struct walk *walk = context;
	uint64_t block_size = walk->fs->blocksize;

	if (bd_sealed_writer_data(walk->writer, offset_bytes, data, size_bytes, err) < 0)
		return -1;
	walk->done_bytes += (size_bytes + block_size - 1) / block_size * block_size;
	if (walk->progress && walk->done_bytes <= walk->used_bytes)
		walk->progress(
			(uint64_t)((double)walk->done_bytes / (double)walk->used_bytes * (double)walk->source_bytes));
	return 0;
}

static int add_inode(struct walk *walk, const char *path, struct bd_error *err)
{
	struct bd_ext_sink sink = { take_content, walk, walk->buffer, BUFFER_BYTES, 0 };
	struct bd_file_meta meta;

	if (bd_ext_inode_meta(&walk->inode, &meta, err) < 0 ||
	    bd_sealed_writer_add(walk->writer, path, &meta, err) < 0)
		return -1;
	if (!S_ISREG(meta.mode) || !meta.size_bytes)
		return 0;
	return bd_ext_content_read(walk->fs, walk->inode.number, (struct ext2_inode *)walk->inode.raw, &sink, err);
}

/* Everything but a directory. */
static int add_file(struct walk *walk, struct bd_error *err)
{
	BD_FREE char *first = NULL;
	uint32_t links = walk->inode.raw->i_links_count;
	if (links > 1 &&
	    bd_first_names_visit(&walk->links, 0, walk->inode.number, links, walk->path, &first, err) < 0)
		return -1;
	return first ? bd_sealed_writer_link(walk->writer, walk->path, first, err) : add_inode(walk, walk->path, err);
}

/* Where fsck puts what it finds; made by mke2fs, and made again for each guest. */
static bool is_empty_lost_and_found(const struct walk *walk)
{
	return walk->depth == 2 && strcmp(walk->path, "lost+found/") == 0 && walk->levels[1].dir.count == 0;
}

static void leave(struct walk *walk)
{
	bd_ext_dir_dispose(&walk->levels[--walk->depth].dir);
}

/* walk->path is the entry's path. */
static int visit(struct walk *walk, ext2_ino_t number, struct bd_error *err)
{
	if (bd_ext_inode_read(&walk->inode, number, err) < 0)
		return -1;
	if (!S_ISDIR(walk->inode.raw->i_mode))
		return add_file(walk, err);
	size_t size = strlen(walk->path);
	strcpy(walk->path + size, "/");
	if (enter(walk, size + 1, err) < 0)
		return -1;
	if (!is_empty_lost_and_found(walk))
		return add_inode(walk, walk->path, err);
	leave(walk);
	return 0;
}

static int walk_all(struct walk *walk, struct bd_error *err)
{
	if (bd_ext_inode_read(&walk->inode, EXT2_ROOT_INO, err) < 0 || add_inode(walk, ".", err) < 0 ||
	    enter(walk, 0, err) < 0)
		return bd_wrap(err, "/");
	while (walk->depth > 0) {
		struct level *level = &walk->levels[walk->depth - 1];
		if (level->next == level->dir.count) {
			leave(walk);
			continue;
		}
		const struct bd_ext_entry *entry = &level->dir.entries[level->next++];
		if (bd_cancel_check(err) < 0 ||
		    set_path(walk, level->path_size, level->dir.names + entry->name_at, err) < 0)
			return -1;
		if (visit(walk, entry->inode, err) < 0)
			return bd_wrap_entry(err, "/", walk->path);
	}
	return 0;
}

static uint64_t used_bytes(ext2_filsys fs)
{
	uint64_t blocks = ext2fs_blocks_count(fs->super), free_blocks = ext2fs_free_blocks_count(fs->super);
	return (free_blocks < blocks ? blocks - free_blocks : blocks) * fs->blocksize;
}

int bd_source_ext(ext2_filsys fs, uint64_t source_bytes, bd_progress_report progress, struct bd_sealed_writer *writer,
		  struct bd_error *err)
{
	BD_DISPOSE(dispose_walk)
	struct walk walk = { .fs = fs,
			     .writer = writer,
			     .progress = progress,
			     .source_bytes = source_bytes,
			     .used_bytes = used_bytes(fs) };

	if (check_clean(fs, err) < 0 || init_walk(&walk, fs, err) < 0)
		return -1;
	return walk_all(&walk, err);
}
