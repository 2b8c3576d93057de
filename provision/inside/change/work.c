/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes changes one after the other in a filesystem whose blocks are kept in memory. */
#include "inside/change/work.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/printable.h"
#include "base/text.h"
#include "disk/ext_partition.h"
#include "ext3/change/block_overlay.h"
#include "ext3/change/changer.h"
#include "ext3/change/content.h"
#include "ext3/change/create.h"
#include "ext3/change/names.h"
#include "ext3/change/orphans.h"
#include "ext3/change/replay.h"
#include "ext3/change/transaction.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/reader/directory.h"
#include "ext3/reader/fd_io.h"
#include "ext3/selinux_label.h"
#include "filestream/frame.h"
#include "inside/change/new_labels.h"
#include "inside/change/request.h"
#include "inside/pattern.h"

#define LEVELS_MAX 4096 /* of directories */
#define CONTENT_STEP_BYTES (1u << 20)

struct work {
	const struct bd_change_request *request;
	struct bd_frame_writer writer;
	uint64_t partition_bytes; /* where the filesystem begins */
	ext2_filsys fs; /* owned */
	struct bd_block_overlay *overlay; /* fs's */
	struct bd_changer changer;
	ext2fs_inode_bitmap placed; /* the files that were put somewhere or moved; owned */
	const struct bd_change *change; /* the one at hand */
	struct bd_inside_path path; /* what the change at hand is about, for its error */
	/* The last path of which it was found whether it is a directory: what is put there does not count. */
	const char *base;
	bool base_is_directory;
	struct put_directory {
		ext2_ino_t number;
		const struct bd_file_meta *meta;
	} * directories; /* owned; what is put into them changes their times, which are set again at the end */
	size_t directory_count, directory_capacity;
	struct bd_new_labels labels;
	ext2fs_inode_bitmap seen; /* owned; directories below the one that was named, each of which has one name */
};

static void work_dispose(struct work *work)
{
	bd_changer_dispose(&work->changer);
	if (work->placed)
		ext2fs_free_inode_bitmap(work->placed);
	bd_ext_close(&work->fs);
	bd_inside_path_dispose(&work->path);
	free(work->directories);
	bd_new_labels_dispose(&work->labels);
	if (work->seen)
		ext2fs_free_inode_bitmap(work->seen);
}

static void send_write(void *context, blk64_t block, const void *data, size_t size_bytes);
static void send_apply(void *context);

/* The content of new files goes to blocks that are free after that. */
static int replay(struct work *work, const struct bd_error *not_replayed, struct bd_error *err)
{
	const struct bd_block_sink sink = { send_write, send_apply, work };

	if (ext2fs_has_feature_journal_needs_recovery(work->fs->super))
		return bd_fail(
			err, EIO,
			"its journal has to be replayed first, which is not possible here: %s; run e2fsck on it",
			not_replayed->message);
	return bd_replay_write(work->fs, &sink, err);
}

/* A link may be put into directories that are made for it. */
static bool makes_files(const struct bd_change_request *request)
{
	for (size_t i = 0; i < request->count; i++)
		if (request->changes[i].kind == BD_CHANGE_PUT || request->changes[i].parents)
			return true;
	return false;
}

static int work_init(struct work *work, int fd, struct bd_error *err)
{
	struct bd_error not_replayed = BD_ERROR_INIT;
	struct bd_partition partition;
	uint64_t file_bytes;
	int64_t now = work->request->now ? work->request->now : (int64_t)time(NULL);

	if (bd_ext_partition_find(fd, work->request->partition, &partition, &file_bytes, err) != 0)
		return -1;
	work->partition_bytes = partition.offset_bytes;
	if (bd_ext_open_fd_replayed(fd, partition.offset_bytes, file_bytes, &work->fs, &not_replayed, err) != 0 ||
	    bd_ext_partition_check_own(&partition, bd_ext_bytes(work->fs), err) != 0 ||
	    bd_changer_check(work->fs, err) != 0 || replay(work, &not_replayed, err) != 0 ||
	    bd_block_overlay_start(work->fs, &work->overlay, err) != 0 ||
	    (!work->request->is_draft && bd_transaction_check(work->fs, work->overlay, err) != 0) ||
	    bd_changer_init(&work->changer, work->fs, now, work->request->is_draft, err) != 0)
		return -1;
	errcode_t ec = ext2fs_allocate_inode_bitmap(work->fs, "files", &work->placed);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot make a bitmap");
	if (bd_orphans_finish(&work->changer, err) != 0)
		return -1;
	return makes_files(work->request) && work->request->labels_for
		       ? bd_new_labels_start(&work->labels, work->fs, err)
		       : 0;
}

/* --- where a change is made --------------------------------------------------------------------------------------- */

struct target {
	ext2_ino_t directory, number; /* number: what has the name now; 0: nothing */
	char *name; /* owned */
};

static void target_dispose(struct target *target)
{
	free(target->name);
	target->name = NULL;
}

static bool is_directory(ext2_filsys fs, ext2_ino_t number)
{
	return ext2fs_check_directory(fs, number) == 0;
}

static int find_base(struct work *work, struct bd_error *err)
{
	const char *path = work->change->path;
	struct bd_error none = BD_ERROR_INIT;
	ext2_ino_t number;

	if (!work->base || strcmp(work->base, path) != 0) {
		work->base = path;
		work->base_is_directory =
			bd_inside_look_up(work->fs, EXT2_ROOT_INO, path, true, &number, &none) == 0 &&
			is_directory(work->fs, number);
	}
	if (work->change->must_be_directory && !work->base_is_directory)
		return bd_fail(err, ENOTDIR, "not a directory");
	return 0;
}

/* The path that is meant, for a name relative to the change's; NULL: the path itself. */
static int set_path(struct work *work, const char *relative, struct bd_error *err)
{
	const char *path = work->change->path;

	if (bd_inside_path_set(&work->path, 0, path, err) != 0)
		return -1;
	if (!relative)
		return 0;
	if (find_base(work, err) != 0)
		return -1;
	if (!work->base_is_directory) {
		relative += strcspn(relative, "/");
		relative += strspn(relative, "/");
	}
	return *relative ? bd_inside_path_set(&work->path, strlen(path), relative, err) : 0;
}

static int make_parents(struct work *work, const char *path, ext2_ino_t *directory_out, struct bd_error *err);

static int find_directory(struct work *work, const char *path, ext2_ino_t *directory_out, struct bd_error *err)
{
	if (bd_inside_look_up(work->fs, EXT2_ROOT_INO, *path ? path : "/", true, directory_out, err) == 0) {
		if (is_directory(work->fs, *directory_out))
			return 0;
		return bd_fail(err, ENOTDIR, "%s is not a directory", path);
	}
	if (err->kind != BD_KIND_NOT_FOUND)
		return -1;
	if (work->change->parents)
		return make_parents(work, path, directory_out, err);
	return bd_not_found(err, "there is no directory %s", path);
}

/* Of the last component of the path, which may have slashes behind it. */
static int split(const char *path, char **parent_out, char **name_out, struct bd_error *err)
{
	size_t length;
	const char *name = bd_path_component(path, &length);

	*name_out = strndup(name, length);
	*parent_out = strndup(path, (size_t)(name - path));
	if (!*name_out || !*parent_out)
		return bd_no_memory(err);
	if (!**name_out)
		return bd_exists(err, "it is the root directory");
	if (strcmp(*name_out, ".") == 0 || strcmp(*name_out, "..") == 0)
		return bd_fail(err, EINVAL, "\"%s\" is no name for a file", *name_out);
	if (strlen(*name_out) > EXT2_NAME_LEN)
		return bd_fail(err, ENAMETOOLONG, "its name is too long");
	return 0;
}

/* for_directory: one is to have the name. Only then may there be a slash behind it. */
static int find_target(struct work *work, const char *path, bool for_directory, struct target *target,
		       struct bd_error *err)
{
	BD_FREE char *parent = NULL;

	if (split(path, &parent, &target->name, err) != 0 ||
	    find_directory(work, parent, &target->directory, err) != 0 ||
	    bd_name_find(&work->changer, target->directory, target->name, &target->number, err) != 0)
		return -1;
	if (for_directory || path[strlen(path) - 1] != '/')
		return 0;
	return target->number ? bd_fail(err, ENOTDIR, "not a directory")
			      : bd_not_found(err, "there is no directory %s", path);
}

/* As Linux does with new files (BSD's group semantics). */
static int inherit(struct work *work, ext2_ino_t directory, struct bd_file_meta *meta, struct bd_error *err)
{
	struct ext2_inode inode;
	errcode_t ec = ext2fs_read_inode(work->fs, directory, &inode);

	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the directory");
	if (!(inode.i_mode & S_ISGID))
		return 0;
	meta->gid = inode_gid(inode);
	if (S_ISDIR(meta->mode))
		meta->mode |= S_ISGID;
	return 0;
}

static int make_parents(struct work *work, const char *path, ext2_ino_t *directory_out, struct bd_error *err)
{
	BD_DISPOSE(target_dispose) struct target target = { 0 };
	struct bd_file_meta meta = { .mode = S_IFDIR | 0755,
				     .mtime_s = work->changer.now_s,
				     .atime_s = work->changer.now_s };

	if (find_target(work, path, true, &target, err) != 0)
		return -1;
	if (target.number)
		return bd_fail(err, ENOTDIR, "%s is not a directory", path);
	if (inherit(work, target.directory, &meta, err) != 0)
		return -1;
	if (bd_file_create(&work->changer, target.directory, target.name, &meta, directory_out, err) != 0)
		return -1;
	return bd_new_labels_add(&work->labels, target.directory, target.name, *directory_out, meta.mode, err);
}

/* Two files of one name that are to go into one directory: as cp(1) and mv(1), which would lose one of them. */
static int check_not_placed(const struct work *work, ext2_ino_t number, struct bd_error *err)
{
	return number && ext2fs_test_inode_bitmap2(work->placed, number)
		       ? bd_exists(err, "another file of this command already has that name")
		       : 0;
}

/* --- putting ------------------------------------------------------------------------------------------------------ */

static int send_place(void *context, uint64_t file_bytes, uint64_t at_bytes, uint64_t size_bytes,
		      struct bd_error *err)
{
	struct work *work = context;
	uint32_t block_size = work->fs->blocksize;
	(void)err;

	/* They may have been a directory's that these changes removed. */
	bd_block_overlay_forget(work->overlay, at_bytes / block_size, size_bytes / block_size);
	bd_frame_begin(&work->writer, BD_FRAME_COPY);
	bd_frame_put64(&work->writer, (uint64_t)(work->change - work->request->changes));
	bd_frame_put64(&work->writer, file_bytes);
	bd_frame_put64(&work->writer, work->partition_bytes + at_bytes);
	bd_frame_put64(&work->writer, size_bytes);
	bd_frame_end(&work->writer);
	return 0;
}

static int put_content(struct work *work, ext2_ino_t number, struct bd_error *err)
{
	BD_DISPOSE(bd_content_map_dispose) struct bd_content_map map = { 0 };
	const struct bd_change *change = work->change;

	if (bd_content_map_begin(&map, &work->changer, number, change->meta->size_bytes, send_place, work, err) != 0)
		return -1;
	if (change->data && bd_content_map_add(&map, 0, change->data_bytes, err) != 0)
		return -1;
	for (size_t i = 0; !change->data && i < change->range_count; i++)
		if (bd_content_map_add(&map, change->ranges[i].offset_bytes, change->ranges[i].size_bytes, err) != 0)
			return -1;
	return bd_content_map_finish(&map, change->meta->size_bytes, err);
}

static bool has_label(const struct bd_file_meta *meta)
{
	for (size_t i = 0; i < meta->xattr_count; i++)
		if (strcmp(meta->xattrs[i].name, BD_SELINUX_LABEL) == 0)
			return true;
	return false;
}

/* What a file is put with. */
struct putting {
	struct bd_file_meta meta;
	struct bd_xattr *xattrs; /* owned; NULL: the meta's are the change's */
	struct bd_selinux_label label; /* of what was there, which stays; owned */
	bool has_label; /* its own, or that one */
};

static void putting_dispose(struct putting *putting)
{
	free(putting->xattrs);
	bd_selinux_label_dispose(&putting->label);
}

/* Where the policy decides, a label that comes with a file is that of where it comes from. */
static int drop_label(struct putting *putting, struct bd_error *err)
{
	struct bd_file_meta *meta = &putting->meta;
	size_t count = 0;

	putting->xattrs = calloc(meta->xattr_count, sizeof(*putting->xattrs));
	if (!putting->xattrs)
		return bd_no_memory(err);
	for (size_t i = 0; i < meta->xattr_count; i++)
		if (strcmp(meta->xattrs[i].name, BD_SELINUX_LABEL) != 0)
			putting->xattrs[count++] = meta->xattrs[i];
	meta->xattrs = putting->xattrs;
	meta->xattr_count = count;
	return 0;
}

/* there: what has the name already; 0: nothing. */
static int putting_init(struct putting *putting, struct work *work, ext2_ino_t there, mode_t there_mode,
			struct bd_error *err)
{
	putting->meta = *work->change->meta;
	putting->has_label = has_label(&putting->meta);
	if (putting->has_label && work->labels.active && !work->request->keeps_labels) {
		putting->has_label = false;
		if (drop_label(putting, err) != 0)
			return -1;
	}
	if (!there || putting->has_label || (putting->meta.mode & S_IFMT) != (there_mode & S_IFMT))
		return 0;
	if (bd_selinux_label_read(work->fs, there, &putting->label, err) != 0)
		return -1;
	putting->has_label = putting->label.value != NULL;
	return 0;
}

static int note_directory(struct work *work, ext2_ino_t number, struct bd_error *err)
{
	if (bd_array_reserve(work->directories, work->directory_capacity, work->directory_count + 1, err) != 0)
		return -1;
	work->directories[work->directory_count++] = (struct put_directory){ number, work->change->meta };
	return 0;
}

static int merge_directory(struct work *work, ext2_ino_t number, struct bd_error *err)
{
	BD_DISPOSE(putting_dispose) struct putting putting = { 0 };

	if (putting_init(&putting, work, number, S_IFDIR, err) != 0 ||
	    bd_file_set_meta(&work->changer, number, &putting.meta, err) != 0 ||
	    bd_selinux_label_write(work->fs, number, &putting.label, err) != 0)
		return -1;
	return note_directory(work, number, err);
}

static int put_file(struct work *work, const struct target *target, struct putting *putting, struct bd_error *err)
{
	struct bd_file_meta *meta = &putting->meta;
	ext2_ino_t number;

	if ((work->change->inherit && inherit(work, target->directory, meta, err) != 0) ||
	    bd_file_create(&work->changer, target->directory, target->name, meta, &number, err) != 0 ||
	    bd_selinux_label_write(work->fs, number, &putting->label, err) != 0)
		return -1;
	if (!putting->has_label &&
	    bd_new_labels_add(&work->labels, target->directory, target->name, number, meta->mode, err) != 0)
		return -1;
	ext2fs_mark_inode_bitmap2(work->placed, number);
	if (S_ISDIR(meta->mode) && work->change->merge)
		return note_directory(work, number, err);
	return S_ISREG(meta->mode) && meta->size_bytes ? put_content(work, number, err) : 0;
}

/* The file that has the name loses it. */
static int remove_target(struct work *work, const struct target *target, struct bd_error *err)
{
	if (bd_name_remove(&work->changer, target->directory, target->name, target->number, err) != 0)
		return -1;
	if (ext2fs_test_inode_bitmap2(work->placed, target->number) &&
	    !ext2fs_test_inode_bitmap2(work->fs->inode_map, target->number))
		bd_new_labels_forget(&work->labels, target->number);
	return 0;
}

/* Instead of what has the name, whose mode is there_mode, or where nothing has it. */
static int put_at(struct work *work, const struct target *target, mode_t there_mode, struct bd_error *err)
{
	BD_DISPOSE(putting_dispose) struct putting putting = { 0 };

	if (work->change->once && check_not_placed(work, target->number, err) != 0)
		return -1;
	if (putting_init(&putting, work, target->number, there_mode, err) != 0 ||
	    (target->number && remove_target(work, target, err) != 0))
		return -1;
	return put_file(work, target, &putting, err);
}

static int put(struct work *work, struct bd_error *err)
{
	BD_DISPOSE(target_dispose) struct target target = { 0 };
	const struct bd_change *change = work->change;
	bool puts_directory = S_ISDIR(change->meta->mode);
	struct ext2_inode there;

	if (set_path(work, change->name_in_directory, err) != 0)
		return -1;
	/* A whole filesystem may be put over another one's root directory. */
	if (puts_directory && !work->path.text[strspn(work->path.text, "/")])
		return change->merge	 ? merge_directory(work, EXT2_ROOT_INO, err)
		       : change->parents ? 0
					 : bd_exists(err, "already exists");
	if (find_target(work, work->path.text, puts_directory, &target, err) != 0)
		return -1;
	if (!target.number)
		return put_at(work, &target, 0, err);
	errcode_t ec = ext2fs_read_inode(work->fs, target.number, &there);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read its inode");
	if (change->fresh)
		return bd_exists(err, "already exists");
	if (!puts_directory)
		return S_ISDIR(there.i_mode) ? bd_fail(err, EISDIR, "it is a directory")
					     : put_at(work, &target, there.i_mode, err);
	if (change->parents && S_ISLNK(there.i_mode) &&
	    bd_inside_look_up(work->fs, target.directory, target.name, true, &target.number, err) == 0 &&
	    is_directory(work->fs, target.number))
		return 0;
	if (!S_ISDIR(there.i_mode) || (!change->parents && !change->merge))
		return bd_exists(err, "already exists");
	return change->merge ? merge_directory(work, target.number, err) : 0;
}

/* --- other content ------------------------------------------------------------------------------------------------ */

static errcode_t write_content(ext2_filsys fs, ext2_ino_t number, const uint8_t *data, size_t size)
{
	ext2_file_t file;
	errcode_t ec = ext2fs_file_open(fs, number, EXT2_FILE_WRITE, &file);

	if (ec)
		return ec;
	ec = ext2fs_file_set_size2(file, 0);
	while (!ec && size) {
		unsigned written = 0, part = size < CONTENT_STEP_BYTES ? (unsigned)size : CONTENT_STEP_BYTES;
		ec = ext2fs_file_write(file, data, part, &written);
		data += written;
		size -= written;
	}
	errcode_t close_ec = ext2fs_file_close(file);
	return ec ? ec : close_ec;
}

static int set_content(struct work *work, struct bd_error *err)
{
	const struct bd_change *change = work->change;
	const struct bd_file_meta times = { .mtime_s = work->changer.now_s, .atime_s = work->changer.now_s };
	struct ext2_inode inode;
	ext2_ino_t number;

	if (bd_inside_path_set(&work->path, 0, change->path, err) != 0 ||
	    bd_inside_look_up(work->fs, EXT2_ROOT_INO, change->path, true, &number, err) != 0)
		return -1;
	errcode_t ec = ext2fs_read_inode(work->fs, number, &inode);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read its inode");
	if (!S_ISREG(inode.i_mode))
		return bd_fail(err, S_ISDIR(inode.i_mode) ? EISDIR : EINVAL, "it is not a regular file");
	ec = write_content(work->fs, number, change->data, change->data_bytes);
	return ec ? bd_fail_ext2(err, ec, "cannot write it") : bd_file_set_times(&work->changer, number, &times, err);
}

/* --- links and moves ---------------------------------------------------------------------------------------------- */

/* Only the name of a directory may have a slash behind it. */
static int check_slash(const struct work *work, const char *path, ext2_ino_t number, struct bd_error *err)
{
	return path[strlen(path) - 1] != '/' || is_directory(work->fs, number)
		       ? 0
		       : bd_fail(err, ENOTDIR, "not a directory");
}

static int make_link(struct work *work, struct bd_error *err)
{
	BD_DISPOSE(target_dispose) struct target target = { 0 };
	const struct bd_change *change = work->change;
	bool is_relative = change->source[0] != '/';
	ext2_ino_t number;

	if (set_path(work, is_relative ? change->source : NULL, err) != 0 ||
	    (!is_relative && bd_inside_path_set(&work->path, 0, change->source, err) != 0) ||
	    bd_inside_look_up(work->fs, EXT2_ROOT_INO, work->path.text, false, &number, err) != 0 ||
	    check_slash(work, work->path.text, number, err) != 0 ||
	    set_path(work, change->name_in_directory, err) != 0 ||
	    find_target(work, work->path.text, false, &target, err) != 0)
		return -1;
	if (target.number == number)
		return change->force ? 0 : bd_exists(err, "already is that file");
	if (target.number && !change->force)
		return bd_exists(err, "already exists");
	if (change->once && check_not_placed(work, target.number, err) != 0)
		return -1;
	if (target.number && is_directory(work->fs, target.number))
		return bd_fail(err, EISDIR, "it is a directory");
	if (target.number && remove_target(work, &target, err) != 0)
		return -1;
	return bd_name_link(&work->changer, target.directory, target.name, number, err);
}

/* What a pattern matched, before anything is changed. */
struct matches {
	struct match {
		ext2_ino_t directory, number;
		char *name, *path;
	} * items;
	size_t count, capacity;
};

static void matches_dispose(struct matches *matches)
{
	for (size_t i = 0; i < matches->count; i++) {
		free(matches->items[i].name);
		free(matches->items[i].path);
	}
	free(matches->items);
}

struct matching {
	struct matches *matches;
	const struct bd_inside_path *path;
};

static int note_match(void *context, const struct bd_inside_match *match, struct bd_error *err)
{
	struct matching *matching = context;
	struct matches *matches = matching->matches;

	if (bd_array_reserve(matches->items, matches->capacity, matches->count + 1, err) != 0)
		return -1;
	struct match *item = &matches->items[matches->count++];
	*item = (struct match){ match->directory, match->number, strdup(match->name), strdup(matching->path->text) };
	return item->name && item->path ? 0 : bd_no_memory(err);
}

static int find_matches(struct work *work, const char *text, bool follow, struct matches *matches,
			struct bd_error *err)
{
	struct matching matching = { matches, &work->path };
	struct bd_inside_pattern pattern = {
		.fs = work->fs, .follow = follow, .path = &work->path, .take = note_match, .context = &matching
	};

	if (bd_inside_pattern_expand(&pattern, text, err) == 0)
		return 0;
	bd_inside_path_set(&work->path, 0, text, &(struct bd_error)BD_ERROR_INIT);
	return -1;
}

/* What has the name is what was matched, and not what a symbolic link of that name leads to. */
static int check_name(struct work *work, const struct match *match, struct bd_error *err)
{
	ext2_ino_t number;

	if (match->number == EXT2_ROOT_INO)
		return 0;
	if (bd_name_find(&work->changer, match->directory, match->name, &number, err) != 0)
		return -1;
	return number == match->number
		       ? 0
		       : bd_fail(err, ENOTDIR, "it is a symbolic link; leave out the slash behind its name");
}

/* Over a file goes a file, over an empty directory a directory. */
static int make_way(struct work *work, const struct match *match, const struct target *target, struct bd_error *err)
{
	bool moves_directory = is_directory(work->fs, match->number),
	     is_there_directory = is_directory(work->fs, target->number);

	if (moves_directory != is_there_directory)
		return is_there_directory ? bd_fail(err, EISDIR, "it is a directory")
					  : bd_fail(err, ENOTDIR, "it is not a directory");
	return bd_name_remove(&work->changer, target->directory, target->name, target->number, err);
}

/* Also where one is a symbolic link to the other: as mv(1), which would leave a link to itself, or remove the file. */
static bool is_same_file(struct work *work, const struct match *match, const struct target *target)
{
	struct bd_error none = BD_ERROR_INIT;
	ext2_ino_t one, other;

	if (target->number == match->number)
		return true;
	return bd_inside_look_up(work->fs, match->directory, match->name, true, &one, &none) == 0 &&
	       bd_inside_look_up(work->fs, target->directory, target->name, true, &other, &none) == 0 && one == other;
}

static int move_one(struct work *work, const struct match *match, struct bd_error *err)
{
	BD_DISPOSE(target_dispose) struct target target = { 0 };

	if (match->number == EXT2_ROOT_INO)
		return bd_fail(err, EINVAL, "the root directory cannot be moved");
	if (bd_inside_path_set(&work->path, 0, match->path, err) != 0 || check_name(work, match, err) != 0 ||
	    set_path(work, match->name, err) != 0 ||
	    find_target(work, work->path.text, is_directory(work->fs, match->number), &target, err) != 0)
		return -1;
	if (target.number && is_same_file(work, match, &target))
		return bd_fail(err, EINVAL, "%s is the same file", match->path);
	if (check_not_placed(work, target.number, err) != 0 ||
	    (target.number && make_way(work, match, &target, err) != 0))
		return -1;
	ext2fs_mark_inode_bitmap2(work->placed, match->number);
	return bd_name_move(&work->changer, match->directory, match->name, match->number, target.directory,
			    target.name, err);
}

static int move(struct work *work, struct bd_error *err)
{
	BD_DISPOSE(matches_dispose) struct matches matches = { 0 };

	if (find_matches(work, work->change->source, false, &matches, err) != 0)
		return -1;
	if (set_path(work, "x", err) != 0)
		return -1;
	if (matches.count > 1 && !work->base_is_directory)
		return bd_fail(err, ENOTDIR, "several files can only be moved to a directory that exists");
	for (size_t i = 0; i < matches.count; i++)
		if (move_one(work, &matches.items[i], err) != 0)
			return -1;
	return 0;
}

/* --- changes to what matches a pattern ---------------------------------------------------------------------------- */

typedef int change_file(struct work *work, ext2_ino_t directory, const char *name, ext2_ino_t number,
			struct bd_error *err);

/* work->path is that of the directory. */
static int change_below(struct work *work, ext2_ino_t directory, change_file *change, unsigned level,
			struct bd_error *err);

static int change_tree(struct work *work, ext2_ino_t directory, const char *name, ext2_ino_t number,
		       change_file *change, unsigned level, struct bd_error *err)
{
	if (level > LEVELS_MAX)
		return bd_fail(err, ELOOP, "its directories are nested too deeply");
	if (!work->change->recursive || !is_directory(work->fs, number))
		return change(work, directory, name, number, err);
	if (ext2fs_test_inode_bitmap2(work->seen, number))
		return bd_fail(err, EIO, "it is in two directories; check the filesystem with e2fsck");
	ext2fs_mark_inode_bitmap2(work->seen, number);
	if (change_below(work, number, change, level, err) != 0)
		return -1;
	return change(work, directory, name, number, err);
}

static int change_below(struct work *work, ext2_ino_t directory, change_file *change, unsigned level,
			struct bd_error *err)
{
	BD_DISPOSE(bd_ext_dir_dispose) struct bd_ext_dir dir = { 0 };
	size_t path_size = strlen(work->path.text);

	if (bd_ext_dir_read(work->fs, directory, &dir, err) != 0)
		return -1;
	for (size_t i = 0; i < dir.count; i++) {
		const char *name = dir.names + dir.entries[i].name_at;
		if (bd_inside_path_set(&work->path, path_size, name, err) != 0 ||
		    change_tree(work, directory, name, dir.entries[i].inode, change, level + 1, err) != 0)
			return -1;
		work->path.text[path_size] = '\0';
	}
	return 0;
}

static int change_matches(struct work *work, bool follow, change_file *change, struct bd_error *err)
{
	BD_DISPOSE(matches_dispose) struct matches matches = { 0 };

	if (find_matches(work, work->change->path, follow, &matches, err) != 0)
		return -1;
	errcode_t ec = work->seen ? 0 : ext2fs_allocate_inode_bitmap(work->fs, "directories", &work->seen);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot make a bitmap");
	for (size_t i = 0; i < matches.count; i++) {
		const struct match *match = &matches.items[i];
		ext2fs_clear_inode_bitmap(work->seen);
		if (bd_inside_path_set(&work->path, 0, match->path, err) != 0 ||
		    (!follow && check_name(work, match, err) != 0) ||
		    change_tree(work, match->directory, match->name, match->number, change, 0, err) != 0)
			return -1;
	}
	return 0;
}

static int remove_file(struct work *work, ext2_ino_t directory, const char *name, ext2_ino_t number,
		       struct bd_error *err)
{
	if (number == EXT2_ROOT_INO || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return bd_fail(err, EINVAL, "it cannot be removed");
	if (!work->change->recursive && is_directory(work->fs, number))
		return bd_fail(err, EISDIR, "it is a directory");
	return bd_name_remove(&work->changer, directory, name, number, err);
}

static int set_mode(struct work *work, ext2_ino_t directory, const char *name, ext2_ino_t number,
		    struct bd_error *err)
{
	struct ext2_inode inode;
	(void)directory, (void)name;

	errcode_t ec = ext2fs_read_inode(work->fs, number, &inode);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read its inode");
	if (S_ISLNK(inode.i_mode)) /* below a directory that was named; has no mode of its own */
		return 0;
	unsigned mode = bd_mode_change(work->change->mode, inode.i_mode, S_ISDIR(inode.i_mode));
	return bd_file_set_mode(&work->changer, number, mode, err);
}

static int set_owner(struct work *work, ext2_ino_t directory, const char *name, ext2_ino_t number,
		     struct bd_error *err)
{
	(void)directory, (void)name;
	return bd_file_set_owner(&work->changer, number, work->change->uid, work->change->gid, err);
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static int make_change(struct work *work, struct bd_error *err)
{
	switch (work->change->kind) {
	case BD_CHANGE_PUT:
		return put(work, err);
	case BD_CHANGE_CONTENT:
		return set_content(work, err);
	case BD_CHANGE_LINK:
		return make_link(work, err);
	case BD_CHANGE_MOVE:
		return move(work, err);
	case BD_CHANGE_REMOVE:
		if (change_matches(work, false, remove_file, err) == 0)
			return 0;
		return work->change->force && err->kind == BD_KIND_NOT_FOUND ? 0 : -1;
	case BD_CHANGE_MODE:
		return change_matches(work, true, set_mode, err);
	case BD_CHANGE_OWNER:
		return change_matches(work, true, set_owner, err);
	}
	return bd_fail(err, EINVAL, "internal error: an unknown change");
}

static void send_write(void *context, blk64_t block, const void *data, size_t size_bytes)
{
	struct work *work = context;

	bd_frame_begin(&work->writer, BD_FRAME_WRITE);
	bd_frame_put64(&work->writer, work->partition_bytes + block * work->fs->blocksize);
	bd_frame_put_bytes(&work->writer, data, size_bytes);
	bd_frame_end(&work->writer);
}

static void send_flush(void *context)
{
	struct work *work = context;

	bd_frame_begin(&work->writer, BD_FRAME_FLUSH);
	bd_frame_end(&work->writer);
}

static void send_apply(void *context)
{
	struct work *work = context;

	bd_frame_begin(&work->writer, BD_FRAME_APPLY);
	bd_frame_end(&work->writer);
}

static int send_block(void *context, blk64_t block, uint8_t *data, struct bd_error *err)
{
	struct work *work = context;
	(void)err;

	send_write(work, block, data, work->fs->blocksize);
	return 0;
}

static int send_changes(struct work *work, uint32_t *notes_out, struct bd_error *err)
{
	const struct bd_block_sink sink = { send_write, send_flush, work };

	*notes_out = 0;
	if (work->request->identity && bd_ext_identity_set(work->fs, work->request->identity, err) != 0)
		return -1;
	errcode_t ec = ext2fs_flush2(work->fs, 0);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot bring the changes together");
	if (work->request->is_draft)
		return bd_block_overlay_each(work->overlay, send_block, work, err);
	if (bd_transaction_write(work->fs, work->overlay, work->changer.now_s, &sink, err) == 0)
		return 0;
	if ((err->code != E2BIG && err->code != ENOTSUP) || !work->request->image)
		return -1;
	*notes_out = BD_CHANGE_NOTE_LOG;
	return bd_block_overlay_each(work->overlay, send_block, work, err);
}

static int make_changes(struct work *work, int fd, uint32_t *notes_out, struct bd_error *err)
{
	if (work_init(work, fd, err) != 0)
		return -1;
	for (size_t i = 0; i < work->request->count; i++) {
		work->change = &work->request->changes[i];
		if (make_change(work, err) != 0)
			return work->path.text ? bd_wrap_entry(err, "", work->path.text) : -1;
	}
	for (size_t i = 0; i < work->directory_count; i++)
		if (bd_file_set_times(&work->changer, work->directories[i].number, work->directories[i].meta, err) !=
		    0)
			return -1;
	if (bd_new_labels_finish(&work->labels, &work->changer, &work->writer, err) != 0)
		return -1;
	return send_changes(work, notes_out, err);
}

void bd_inside_change_work(void *context, int input_fd, int output_fd)
{
	BD_DISPOSE(work_dispose) struct work work = { .request = context };
	struct bd_error err = BD_ERROR_INIT;
	uint32_t notes = 0;

	if (!bd_frame_writer_init(&work.writer, output_fd))
		_exit(1);
	if (make_changes(&work, input_fd, &notes, &err) == 0)
		bd_frame_end_stream(&work.writer, notes);
	else
		bd_frame_error(&work.writer, BD_FRAME_ERROR, &err);
	bd_frame_flush(&work.writer);
}
