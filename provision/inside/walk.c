/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends what paths and patterns lead to, without a mount. */
#include "inside/walk.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "disk/ext_partition.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/format.h"
#include "ext3/reader/content.h"
#include "ext3/reader/directory.h"
#include "ext3/reader/fd_io.h"
#include "ext3/reader/inode.h"
#include "filestream/entry.h"
#include "filestream/frame.h"
#include "inside/pattern.h"
#include "inside/request.h"

#define BUFFER_BYTES (256u << 10)
#define LEVELS_MAX 4096 /* of directories */

struct walk {
	const struct bd_inside_request *request;
	struct bd_frame_writer writer;
	struct bd_ext_inode inode;
	ext2_filsys fs; /* owned */
	ext2fs_inode_bitmap seen; /* directories below the path that was named, each of which has one name */
	bool incomplete; /* content of the entry at hand could not be read to its end */
	uint64_t file_bytes, used_bytes, done_bytes; /* progress of file_bytes goes by what is done of used_bytes */
	uint8_t *buffer; /* for content */
	struct bd_inside_path path; /* of what is looked at */
};

static void walk_dispose(struct walk *walk)
{
	bd_ext_inode_dispose(&walk->inode);
	if (walk->seen)
		ext2fs_free_inode_bitmap(walk->seen);
	bd_ext_close(&walk->fs);
	free(walk->buffer);
	bd_inside_path_dispose(&walk->path);
}

static int check_clean(ext2_filsys fs, const struct bd_error *not_replayed, struct bd_error *err)
{
	const char *why = not_replayed->message;

	switch (bd_ext_state(fs)) {
	case BD_EXT_NOT_UNMOUNTED:
		return bd_in_use(
			err,
			"the filesystem is in use, or was not unmounted cleanly%s%s: unmount it, or run e2fsck on it",
			*why ? ", and " : "", why);
	case BD_EXT_HAS_ERRORS:
		return bd_fail(err, EIO, "the filesystem is marked as having errors: run e2fsck on it");
	default:
		return 0;
	}
}

static uint64_t used_bytes(ext2_filsys fs)
{
	uint64_t blocks = ext2fs_blocks_count(fs->super), free_blocks = ext2fs_free_blocks_count(fs->super);
	return (free_blocks < blocks ? blocks - free_blocks : blocks) * fs->blocksize;
}

static int walk_init(struct walk *walk, int fd, struct bd_error *err)
{
	struct bd_error not_replayed = BD_ERROR_INIT;
	struct bd_partition partition;

	if (bd_ext_partition_find(fd, walk->request->partition, &partition, &walk->file_bytes, err) != 0)
		return -1;
	if (bd_ext_open_fd_replayed(fd, partition.offset_bytes, walk->file_bytes, &walk->fs, &not_replayed, err) !=
		    0 ||
	    (walk->request->whole && check_clean(walk->fs, &not_replayed, err) != 0))
		return partition.number ? bd_wrap(err, "partition %d", partition.number) : -1;
	walk->used_bytes = used_bytes(walk->fs);
	/* The default, an array, would be sized by what the superblock claims. */
	walk->fs->default_bitmap_type = EXT2FS_BMAP64_RBTREE;
	errcode_t ec = ext2fs_allocate_inode_bitmap(walk->fs, "directories", &walk->seen);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot make a bitmap");
	walk->buffer = malloc(BUFFER_BYTES);
	if (!walk->buffer)
		return bd_no_memory(err);
	return bd_ext_inode_init(&walk->inode, walk->fs, err);
}

static uint32_t notes_of(const struct walk *walk)
{
	uint32_t replayed = bd_ext_fd_journal(walk->fs) ? BD_INSIDE_NOTE_REPLAYED : 0;

	switch (bd_ext_state(walk->fs)) {
	case BD_EXT_NOT_UNMOUNTED:
		return replayed | BD_INSIDE_NOTE_NOT_UNMOUNTED;
	case BD_EXT_HAS_ERRORS:
		return replayed | BD_INSIDE_NOTE_HAS_ERRORS;
	default:
		return replayed;
	}
}

/* The error becomes a problem with the path at hand, and the others go on. */
static void send_problem(struct walk *walk, struct bd_error *err)
{
	bd_wrap_entry(err, "", walk->path.text);
	bd_frame_error(&walk->writer, walk->incomplete ? BD_FRAME_INCOMPLETE : BD_FRAME_PROBLEM, err);
	walk->incomplete = false;
}

/* --- what is sent ------------------------------------------------------------------------------------------------- */

static int send_content(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes,
			struct bd_error *err)
{
	struct walk *walk = context;
	uint64_t block_size = walk->fs->blocksize,
		 of = walk->request->progress.size_bytes ? walk->request->progress.size_bytes : walk->file_bytes;
	(void)err;

	bd_frame_data(&walk->writer, offset_bytes, data, size_bytes);
	walk->done_bytes += (size_bytes + block_size - 1) / block_size * block_size;
	if (walk->request->whole && walk->done_bytes <= walk->used_bytes) {
		bd_frame_begin(&walk->writer, BD_FRAME_PROGRESS);
		bd_frame_put64(&walk->writer,
			       walk->request->progress.begin_bytes +
				       (uint64_t)((double)walk->done_bytes / (double)walk->used_bytes * (double)of));
		bd_frame_end(&walk->writer);
	}
	return 0;
}

/* The inode that was read last, at walk->path. */
static int send_inode(struct walk *walk, struct bd_error *err)
{
	struct ext2_inode *raw = (struct ext2_inode *)walk->inode.raw;
	struct bd_stream_entry entry = {
		.path = walk->path.text,
		.links = raw->i_links_count,
		.inode = walk->inode.number,
		.allocated_bytes = (uint64_t)ext2fs_get_stat_i_blocks(walk->fs, raw) * 512,
	};

	if (bd_ext_inode_meta(&walk->inode, &entry.meta, err) != 0)
		return -1;
	if (S_ISDIR(raw->i_mode))
		entry.meta.size_bytes = EXT2_I_SIZE(raw);
	if (!bd_stream_entry_send(&walk->writer, &entry))
		return bd_fail(err, E2BIG, "its path and attributes are too long");
	if (!walk->request->content || !S_ISREG(raw->i_mode) || !entry.meta.size_bytes)
		return 0;
	uint64_t tail = walk->request->tail_bytes, size = entry.meta.size_bytes;
	struct bd_ext_sink sink = { .take = send_content,
				    .context = walk,
				    .buffer = walk->buffer,
				    .buffer_bytes = BUFFER_BYTES,
				    .begin_bytes = tail && tail < size ? size - tail : 0 };
	walk->incomplete = bd_ext_content_read(walk->fs, walk->inode.number, raw, &sink, err) != 0;
	return walk->incomplete ? -1 : 0;
}

static int send_below(struct walk *walk, ext2_ino_t number, unsigned depth, unsigned level, struct bd_error *err);

/* Where e2fsck puts what it finds: made by mke2fs, and anew for each guest. */
static int is_empty_lost_and_found(const struct walk *walk, ext2_ino_t number, bool *empty_out, struct bd_error *err)
{
	BD_DISPOSE(bd_ext_dir_dispose) struct bd_ext_dir dir = { 0 };

	*empty_out = false;
	if (!walk->request->whole || strcmp(walk->path.text, BD_EXT_LOST_AND_FOUND) != 0)
		return 0;
	if (bd_ext_dir_read(walk->fs, number, &dir, err) != 0)
		return -1;
	*empty_out = dir.count == 0;
	return 0;
}

/* walk->path is the path of the inode. */
static int send_tree(struct walk *walk, ext2_ino_t number, unsigned depth, unsigned level, struct bd_error *err)
{
	if (bd_ext_inode_read(&walk->inode, number, err) != 0)
		return -1;
	bool is_directory = S_ISDIR(walk->inode.raw->i_mode), empty = false;
	if (is_directory && is_empty_lost_and_found(walk, number, &empty, err) != 0)
		return -1;
	if (empty)
		return 0;
	if (send_inode(walk, err) != 0)
		return -1;
	if (!is_directory || !depth)
		return 0;
	if (level >= LEVELS_MAX)
		return bd_fail(err, ELOOP, "its directories are nested too deeply");
	if (ext2fs_test_inode_bitmap2(walk->seen, number))
		return bd_fail(err, EIO, "it is in two directories; check the filesystem with e2fsck");
	ext2fs_mark_inode_bitmap2(walk->seen, number);
	return send_below(walk, number, depth, level, err);
}

static int send_below(struct walk *walk, ext2_ino_t number, unsigned depth, unsigned level, struct bd_error *err)
{
	BD_DISPOSE(bd_ext_dir_dispose) struct bd_ext_dir dir = { 0 };
	size_t path_size = strlen(walk->path.text);

	if (bd_ext_dir_read(walk->fs, number, &dir, err) != 0)
		return -1;
	for (size_t i = 0; i < dir.count; i++) {
		walk->path.text[path_size] = '\0';
		if (bd_inside_path_set(&walk->path, path_size, dir.names + dir.entries[i].name_at, err) != 0 ||
		    send_tree(walk, dir.entries[i].inode, depth == BD_INSIDE_ALL ? depth : depth - 1, level + 1,
			      err) != 0)
			send_problem(walk, err);
	}
	walk->path.text[path_size] = '\0';
	return 0;
}

/* --- paths and patterns ------------------------------------------------------------------------------------------- */

static int take_match(void *context, const struct bd_inside_match *match, struct bd_error *err)
{
	struct walk *walk = context;

	ext2fs_clear_inode_bitmap(walk->seen);
	if (send_tree(walk, match->number, walk->request->depth, 0, err) != 0)
		send_problem(walk, err);
	return 0;
}

static void send_path(struct walk *walk, const char *path)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_inside_pattern pattern = { .fs = walk->fs,
					     .follow = walk->request->follow,
					     .path = &walk->path,
					     .take = take_match,
					     .context = walk };

	if (bd_inside_pattern_expand(&pattern, path, &err) != 0 &&
	    bd_inside_path_set(&walk->path, 0, path, &(struct bd_error)BD_ERROR_INIT) == 0)
		send_problem(walk, &err);
}

void bd_inside_walk(void *context, int input_fd, int output_fd)
{
	BD_DISPOSE(walk_dispose) struct walk walk = { .request = context };
	struct bd_error err = BD_ERROR_INIT;

	if (!bd_frame_writer_init(&walk.writer, output_fd))
		_exit(1);
	if (walk_init(&walk, input_fd, &err) == 0) {
		for (size_t i = 0; i < walk.request->path_count; i++)
			send_path(&walk, walk.request->paths[i]);
		bd_frame_end_stream(&walk.writer, notes_of(&walk));
	} else {
		bd_frame_error(&walk.writer, BD_FRAME_ERROR, &err);
	}
	bd_frame_flush(&walk.writer);
}
