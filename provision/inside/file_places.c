/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks paths up, and turns blocks into ranges of the disk. */
#include "inside/file_places.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ext3/filesystem.h"
#include "ext3/reader/content.h"
#include "ext3/reader/directory.h"
#include "ext3/reader/fd_io.h"
#include "ext3/reader/inode.h"
#include "inside/pattern.h"

#define BUFFER_BYTES (256u << 10)

struct bd_places_fs {
	ext2_filsys fs; /* owned */
	int fd; /* of the disk, borrowed */
	uint64_t begin_bytes; /* of the filesystem in the disk */
	struct bd_ext_inode inode; /* of what was found last */
	bool is_found;
	uint8_t *buffer; /* owned */
	/* Of the content that is on its way. */
	const struct bd_places_sink *sink;
	uint64_t told_bytes;
};

void bd_places_close(struct bd_places_fs **fs)
{
	if (!*fs)
		return;
	bd_ext_inode_dispose(&(*fs)->inode);
	bd_ext_close(&(*fs)->fs);
	free((*fs)->buffer);
	free(*fs);
	*fs = NULL;
}

int bd_places_open(int fd, uint64_t offset_bytes, uint64_t disk_bytes, struct bd_places_fs **fs_out,
		   bool *may_be_old_out, struct bd_error *err)
{
	BD_DISPOSE(bd_places_close) struct bd_places_fs *fs = calloc(1, sizeof(*fs));
	struct bd_error not_replayed = BD_ERROR_INIT;

	if (!fs || !(fs->buffer = malloc(BUFFER_BYTES)))
		return bd_no_memory(err);
	fs->fd = fd;
	fs->begin_bytes = offset_bytes;
	if (bd_ext_open_fd_replayed(fd, offset_bytes, disk_bytes, &fs->fs, &not_replayed, err) != 0 ||
	    bd_ext_inode_init(&fs->inode, fs->fs, err) != 0)
		return -1;
	*may_be_old_out = not_replayed.code != 0;
	*fs_out = bd_take_ptr(fs);
	return 0;
}

/* Component by component, each no longer than a name may be. */
static int look_up(ext2_filsys fs, const char *path, ext2_ino_t *number_out, struct bd_error *err)
{
	ext2_ino_t at = EXT2_ROOT_INO;

	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		char name[EXT2_NAME_LEN + 1];
		size_t size = strcspn(path, "/");
		if (size > EXT2_NAME_LEN)
			return bd_not_found(err, "no such file or directory");
		memcpy(name, path, size);
		name[size] = '\0';
		if (bd_inside_look_up(fs, at, name, true, &at, err) != 0)
			return -1;
		path += size;
	}
	*number_out = at;
	return 0;
}

int bd_places_find(struct bd_places_fs *fs, const char *path, uint64_t *size_bytes_out, struct bd_error *err)
{
	char type;

	if (bd_places_look(fs, path, &type, err) != 0)
		return -1;
	if (type != 'f')
		return bd_fail(err, EINVAL, "not a regular file");
	fs->is_found = true;
	*size_bytes_out = EXT2_I_SIZE(fs->inode.raw);
	return 0;
}

/* What the file has no blocks for reads as zeros. */
static int fill_up_to(struct bd_places_fs *fs, uint64_t offset_bytes, struct bd_error *err)
{
	uint64_t missing = offset_bytes - fs->told_bytes;

	fs->told_bytes = offset_bytes;
	return missing ? fs->sink->zeros(fs->sink->context, missing, err) : 0;
}

static int take_data(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes, struct bd_error *err)
{
	struct bd_places_fs *fs = context;

	if (fill_up_to(fs, offset_bytes, err) != 0)
		return -1;
	fs->told_bytes += size_bytes;
	return fs->sink->data(fs->sink->context, offset_bytes, data, size_bytes, err);
}

static int take_range(void *context, uint64_t offset_bytes, uint64_t place_bytes, uint64_t size_bytes,
		      struct bd_error *err)
{
	struct bd_places_fs *fs = context;

	if (fill_up_to(fs, offset_bytes, err) != 0)
		return -1;
	fs->told_bytes += size_bytes;
	return fs->sink->range(fs->sink->context, fs->begin_bytes + place_bytes, size_bytes, err);
}

int bd_places_look(struct bd_places_fs *fs, const char *path, char *type_out, struct bd_error *err)
{
	ext2_ino_t number;

	fs->is_found = false;
	*type_out = '\0';
	if (look_up(fs->fs, path, &number, err) != 0 || bd_ext_inode_read(&fs->inode, number, err) != 0)
		return -1;
	if (S_ISREG(fs->inode.raw->i_mode))
		*type_out = 'f';
	else if (S_ISDIR(fs->inode.raw->i_mode))
		*type_out = 'd';
	return 0;
}

int bd_places_list(struct bd_places_fs *fs, const char *path,
		   int (*visit)(void *context, const char *name, struct bd_error *err), void *context,
		   struct bd_error *err)
{
	BD_DISPOSE(bd_ext_dir_dispose) struct bd_ext_dir dir = { .entries = NULL };
	ext2_ino_t number;

	fs->is_found = false;
	if (look_up(fs->fs, path, &number, err) != 0 || bd_ext_inode_read(&fs->inode, number, err) != 0)
		return -1;
	if (!S_ISDIR(fs->inode.raw->i_mode))
		return bd_fail(err, ENOTDIR, "not a directory");
	if (bd_ext_dir_read(fs->fs, number, &dir, err) != 0)
		return -1;
	for (size_t i = 0; i < dir.count; i++)
		if (visit(context, dir.names + dir.entries[i].name_at, err) != 0)
			return -1;
	return 0;
}

void bd_places_identity(const struct bd_places_fs *fs, char uuid_out[BD_UUID_TEXT_SIZE], char label_out[17])
{
	bd_format_uuid(fs->fs->super->s_uuid, uuid_out);
	memcpy(label_out, fs->fs->super->s_volume_name, 16);
	label_out[16] = '\0';
}

static int read_whole(struct bd_places_fs *fs, const struct bd_places_sink *sink, struct bd_error *err)
{
	struct ext2_inode *raw = (struct ext2_inode *)fs->inode.raw;
	const struct bd_ext_sink content = { .take = take_data,
					     .context = fs,
					     .buffer = fs->buffer,
					     .buffer_bytes = BUFFER_BYTES,
					     .take_range = bd_ext_fd_journal(fs->fs) ? NULL : take_range };

	if (!fs->is_found)
		return bd_fail(err, EINVAL, "internal error: no file was found");
	fs->sink = sink;
	fs->told_bytes = 0;
	if (bd_ext_content_read(fs->fs, fs->inode.number, raw, &content, err) != 0)
		return -1;
	return fill_up_to(fs, EXT2_I_SIZE(raw), err);
}

/* What is passed on of a content that is told from its beginning. */
struct part {
	const struct bd_places_sink *sink;
	uint64_t begin_bytes, end_bytes;
	uint64_t at_bytes; /* how much has been told */
};

/* *skipped_out: how many of the next size_bytes are before the part. Returns how many are in it behind those. */
static uint64_t clip(struct part *part, uint64_t size_bytes, uint64_t *skipped_out)
{
	uint64_t begin = part->at_bytes, end = begin + size_bytes;

	part->at_bytes = end;
	if (begin < part->begin_bytes)
		begin = part->begin_bytes < end ? part->begin_bytes : end;
	if (end > part->end_bytes)
		end = part->end_bytes;
	*skipped_out = begin - (part->at_bytes - size_bytes);
	return end > begin ? end - begin : 0;
}

/* -1 with ECANCELED ends the content's reading once there is nothing more to pass on. */
static int go_on(const struct part *part, int r, struct bd_error *err)
{
	if (r != 0 || part->at_bytes < part->end_bytes)
		return r;
	return bd_fail(err, ECANCELED, "internal error: there is no more to read");
}

static int part_range(void *context, uint64_t disk_bytes, uint64_t size_bytes, struct bd_error *err)
{
	struct part *part = context;
	uint64_t skipped, size = clip(part, size_bytes, &skipped);

	return go_on(part, size ? part->sink->range(part->sink->context, disk_bytes + skipped, size, err) : 0, err);
}

static int part_zeros(void *context, uint64_t size_bytes, struct bd_error *err)
{
	struct part *part = context;
	uint64_t skipped, size = clip(part, size_bytes, &skipped);

	return go_on(part, size ? part->sink->zeros(part->sink->context, size, err) : 0, err);
}

static int part_data(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes, struct bd_error *err)
{
	struct part *part = context;
	uint64_t skipped, size = clip(part, size_bytes, &skipped);
	const uint8_t *at = (const uint8_t *)data + skipped;

	return go_on(part,
		     size ? part->sink->data(part->sink->context, offset_bytes + skipped, at, (size_t)size, err) : 0,
		     err);
}

int bd_places_read_part(struct bd_places_fs *fs, uint64_t begin_bytes, uint64_t size_bytes,
			const struct bd_places_sink *sink, struct bd_error *err)
{
	struct part part = { .sink = sink, .begin_bytes = begin_bytes, .end_bytes = begin_bytes + size_bytes };
	const struct bd_places_sink clipped = {
		.range = part_range, .zeros = part_zeros, .data = part_data, .context = &part
	};

	if (!size_bytes)
		return 0;
	if (read_whole(fs, &clipped, err) == 0)
		return part.at_bytes < part.end_bytes ? bd_fail(err, EINVAL, "the file ends before") : 0;
	if (part.at_bytes < part.end_bytes || err->code != ECANCELED)
		return -1;
	*err = (struct bd_error)BD_ERROR_INIT;
	return 0;
}

struct bytes {
	int fd;
	char *at; /* where the next ones go */
};

static int copy_range(void *context, uint64_t disk_bytes, uint64_t size_bytes, struct bd_error *err)
{
	struct bytes *bytes = context;

	if (lseek(bytes->fd, (off_t)disk_bytes, SEEK_SET) < 0)
		return bd_fail_errno(err, "the disk cannot be read");
	while (size_bytes) {
		ssize_t r = TEMP_FAILURE_RETRY(read(bytes->fd, bytes->at, (size_t)size_bytes));
		if (r <= 0)
			return bd_fail(err, EIO, "the disk cannot be read");
		bytes->at += r;
		size_bytes -= (uint64_t)r;
	}
	return 0;
}

static int copy_zeros(void *context, uint64_t size_bytes, struct bd_error *err)
{
	struct bytes *bytes = context;
	(void)err;

	memset(bytes->at, 0, (size_t)size_bytes);
	bytes->at += size_bytes;
	return 0;
}

static int copy_data(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes, struct bd_error *err)
{
	struct bytes *bytes = context;
	(void)offset_bytes;
	(void)err;

	memcpy(bytes->at, data, size_bytes);
	bytes->at += size_bytes;
	return 0;
}

int bd_places_read_bytes(struct bd_places_fs *fs, uint64_t begin_bytes, size_t size_bytes, void *data_out,
			 struct bd_error *err)
{
	struct bytes bytes = { .fd = fs->fd, .at = data_out };
	const struct bd_places_sink sink = {
		.range = copy_range, .zeros = copy_zeros, .data = copy_data, .context = &bytes
	};

	return bd_places_read_part(fs, begin_bytes, size_bytes, &sink, err);
}
