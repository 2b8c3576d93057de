/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks an ext filesystem from its root, without mounting it. */
#include "import/disk/source_ext.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/process/cancel.h"
#include "ext3/reader/content.h"
#include "ext3/reader/directory.h"
#include "ext3/reader/error.h"
#include "ext3/reader/inode.h"
#include "import/archive/stream.h"
#include "import/disk/first_names.h"

void bd_ext_close(ext2_filsys *fs)
{
	if (*fs)
		ext2fs_free(*fs);
	*fs = NULL;
}

int bd_ext_open(const char *path, uint64_t offset_bytes, uint64_t limit_bytes, ext2_filsys *fs_out,
		struct bd_error *err)
{
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;
	char options[40];
	snprintf(options, sizeof(options), "offset=%" PRIu64, offset_bytes);
	errcode_t ec = ext2fs_open2(path, options, EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &fs);
	if (ec)
		return bd_ext_fail(err, ec, "cannot open the filesystem at byte %" PRIu64, offset_bytes);

	uint64_t size_bytes, end_bytes;
	if (__builtin_mul_overflow(ext2fs_blocks_count(fs->super), fs->blocksize, &size_bytes) ||
	    __builtin_add_overflow(offset_bytes, size_bytes, &end_bytes) || end_bytes > limit_bytes) {
		char is[32], has[32];
		bd_format_size(size_bytes, is, sizeof(is));
		bd_format_size(limit_bytes - offset_bytes, has, sizeof(has));
		return bd_fail(err, EIO, "the filesystem is cut off: it has %s, of which %s are there", is, has);
	}
	*fs_out = bd_take_ptr(fs);
	return 0;
}

int bd_ext_check_clean(ext2_filsys fs, struct bd_error *err)
{
	if (ext2fs_has_feature_journal_needs_recovery(fs->super) || !(fs->super->s_state & EXT2_VALID_FS))
		return bd_in_use(err, "the filesystem is in use, or was not unmounted cleanly: unmount it, or run "
				      "e2fsck on it");
	if (fs->super->s_state & EXT2_ERROR_FS)
		return bd_fail(err, EIO, "the filesystem says that it has errors: run e2fsck on it");
	return 0;
}

/* A directory on the way from the root to where the walk is. */
struct level {
	struct bd_ext_dir dir;
	size_t next; /* entry */
	size_t path_size; /* of the directory's own path, with a "/" behind it */
};

struct walk {
	struct bd_ext_inode inode;
	struct bd_ext_content content;
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
	free(walk->content.buffer);
}

static int init_walk(struct walk *walk, ext2_filsys fs, struct bd_error *err)
{
	/* The default, an array, would be sized by what the superblock claims. */
	fs->default_bitmap_type = EXT2FS_BMAP64_RBTREE;
	errcode_t ec = ext2fs_allocate_inode_bitmap(fs, "directories", &walk->seen);
	if (ec)
		return bd_ext_fail(err, ec, "cannot make a bitmap");
	walk->path_capacity = 4096;
	walk->path = calloc(1, walk->path_capacity);
	walk->content.buffer = malloc(BD_EXT_PIECE_BYTES);
	if (!walk->path || !walk->content.buffer)
		return bd_no_memory(err);
	return bd_ext_inode_init(&walk->inode, fs, err);
}

/* Goes into the directory whose inode was read last. path_size: its path's, with "/"; 0 for the root. */
static int enter(struct walk *walk, size_t path_size, struct bd_error *err)
{
	ext2_ino_t number = walk->inode.number;
	if (ext2fs_test_inode_bitmap2(walk->seen, number))
		return bd_fail(err, EIO, "it is in a second directory too; check the filesystem with e2fsck");
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

static int add_inode(struct walk *walk, const char *path, struct bd_error *err)
{
	struct bd_file_meta meta;
	if (bd_ext_inode_meta(&walk->inode, &meta, err) < 0 ||
	    bd_sealed_writer_add(walk->content.writer, path, &meta, err) < 0)
		return -1;
	return S_ISREG(meta.mode) && meta.size_bytes ? bd_ext_content_copy(&walk->content, &walk->inode, err) : 0;
}

/* Everything but a directory. */
static int add_file(struct walk *walk, struct bd_error *err)
{
	BD_FREE char *first = NULL;
	uint32_t links = walk->inode.raw->i_links_count;
	if (links > 1 && bd_first_names_visit(&walk->links, walk->inode.number, links, walk->path, &first, err) < 0)
		return -1;
	return first ? bd_sealed_writer_link(walk->content.writer, walk->path, first, err)
		     : add_inode(walk, walk->path, err);
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
		if (visit(walk, entry->inode, err) < 0) {
			char name[BD_ENTRY_NAME_SIZE];
			bd_entry_name(walk->path, name);
			return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "/%s", name);
		}
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
	struct walk walk = { .content = { .fs = fs,
					  .writer = writer,
					  .progress = progress,
					  .source_bytes = source_bytes,
					  .used_bytes = used_bytes(fs) } };

	if (bd_ext_check_clean(fs, err) < 0 || init_walk(&walk, fs, err) < 0)
		return -1;
	return walk_all(&walk, err);
}
