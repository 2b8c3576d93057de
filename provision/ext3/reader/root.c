/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Implements the functions of struct bd_root_reader for a filesystem that libext2fs has open. */
#include "ext3/reader/root.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ext2fs/ext2fs.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "ext3/error.h"
#include "ext3/filesystem.h"
#include "ext3/reader/content.h"
#include "ext3/reader/directory.h"
#include "ext3/reader/fd_io.h"
#include "ext3/reader/inode.h"
#include "ext3/selinux_label.h"

#define BUFFER_BYTES (64u * 1024)

void bd_ext3_root_dispose(struct bd_ext3_root *root)
{
	bd_ext_close(&root->fs);
	*root = (struct bd_ext3_root){ 0 };
}

static int check_clean(ext2_filsys fs, struct bd_error *err)
{
	switch (bd_ext_state(fs)) {
	case BD_EXT_NOT_UNMOUNTED:
		return bd_in_use(err,
				 "its filesystem was not unmounted cleanly, so what is on the disk is not all of it: "
				 "start the guest and shut it down cleanly, or run e2fsck on the filesystem");
	case BD_EXT_HAS_ERRORS:
		return bd_fail(err, EBUSY, "its filesystem is marked as having errors: run e2fsck on it");
	default:
		return 0;
	}
}

/* It has UUIDs of its own, and who copies the filesystem does not copy it. */
static int check_journal(const struct ext2_super_block *super, struct bd_error *err)
{
	if (super->s_feature_incompat & EXT3_FEATURE_INCOMPAT_JOURNAL_DEV ||
	    (super->s_feature_compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL && !super->s_journal_inum))
		return bd_fail(err, ENOTSUP, "its filesystem has an external journal, which is not supported");
	return 0;
}

int bd_ext3_root_open(int fd, uint64_t offset_bytes, uint64_t size_bytes, struct bd_ext3_root *root_out,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;
	struct bd_error not_replayed = BD_ERROR_INIT;
	uint64_t end_bytes;

	if (__builtin_add_overflow(offset_bytes, size_bytes, &end_bytes))
		return bd_fail(err, EIO, "the partition ends past what a file can hold");
	if (bd_ext_open_fd_replayed(fd, offset_bytes, end_bytes, &fs, &not_replayed, err) != 0 ||
	    check_journal(fs->super, err) != 0 || check_clean(fs, err) != 0)
		return -1;
	*root_out = (struct bd_ext3_root){ 0 };
	memcpy(root_out->uuid, fs->super->s_uuid, sizeof(root_out->uuid));
	memcpy(root_out->label, fs->super->s_volume_name, sizeof(root_out->label) - 1);
	root_out->uuid_in_checksums = bd_ext_uuid_in_checksums(fs);
	root_out->was_replayed = bd_ext_fd_journal(fs) != NULL;
	root_out->fs = bd_take_ptr(fs);
	return 0;
}

/* 0 in *ino_out: it is not there. */
static int find(ext2_filsys fs, const char *path, bool follow, ext2_ino_t *ino_out, struct bd_error *err)
{
	ext2_ino_t ino = 0;
	errcode_t ec = follow ? ext2fs_namei_follow(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, &ino)
			      : ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, &ino);

	if (ec && ec != EXT2_ET_FILE_NOT_FOUND && ec != EXT2_ET_NO_DIRECTORY)
		return bd_fail_ext2(err, ec, "cannot look for %s", path);
	*ino_out = ec ? 0 : ino;
	return 0;
}

/* *ino_out is 0, and the mode too, where there is nothing. */
static int find_inode(ext2_filsys fs, const char *path, bool follow, ext2_ino_t *ino_out,
		      struct ext2_inode *inode_out, struct bd_error *err)
{
	*inode_out = (struct ext2_inode){ 0 };
	if (find(fs, path, follow, ino_out, err) != 0)
		return -1;
	errcode_t ec = *ino_out ? ext2fs_read_inode(fs, *ino_out, inode_out) : 0;
	return ec ? bd_fail_ext2(err, ec, "cannot read the inode of %s", path) : 0;
}

static int look(const void *source, const char *path, bool follow, struct bd_root_facts *facts_out,
		struct bd_error *err)
{
	const struct bd_ext3_root *root = source;
	struct ext2_inode inode;
	ext2_ino_t ino;

	*facts_out = (struct bd_root_facts){ 0 };
	if (find_inode(root->fs, path, follow, &ino, &inode, err) != 0)
		return -1;
	*facts_out = (struct bd_root_facts){ .mode = inode.i_mode,
					     .uid = inode_uid(inode),
					     .gid = inode_gid(inode),
					     .size_bytes = EXT2_I_SIZE(&inode) };
	return 0;
}

/* From the end, the first parent that is there; what is behind it stays as it is. */
static int resolve_parents(const void *source, const char *path, char **path_out, struct bd_error *err)
{
	const struct bd_ext3_root *root = source;
	BD_FREE char *parent = strdup(path), *plain = NULL;
	ext2_ino_t ino = EXT2_ROOT_INO;

	if (!parent)
		return bd_no_memory(err);
	for (char *slash = strrchr(parent, '/'); slash; slash = strrchr(parent, '/')) {
		struct ext2_inode inode;
		*slash = '\0';
		ino = EXT2_ROOT_INO;
		if (slash == parent)
			break;
		if (find_inode(root->fs, parent, true, &ino, &inode, err) != 0)
			return -1;
		if (S_ISDIR(inode.i_mode))
			break;
	}
	if (bd_ext_dir_path(root->fs, ino, &plain, err) != 0)
		return -1;
	char *resolved;
	if (asprintf(&resolved, "%s%s", plain, path + strlen(parent)) < 0)
		return bd_no_memory(err);
	*path_out = resolved;
	return 0;
}

static int take(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes, struct bd_error *err)
{
	(void)err;
	memcpy((char *)context + offset_bytes, data, size_bytes);
	return 0;
}

static int read_file(const void *source, const char *path, size_t limit_bytes, char **data_out,
		     size_t *size_bytes_out, struct bd_error *err)
{
	const struct bd_ext3_root *root = source;
	struct ext2_inode inode;
	ext2_ino_t ino;

	*data_out = NULL;
	if (find_inode(root->fs, path, true, &ino, &inode, err) != 0)
		return -1;
	if (!S_ISREG(inode.i_mode))
		return 0;
	uint64_t size = EXT2_I_SIZE(&inode);
	if (size > limit_bytes)
		return bd_fail(err, EFBIG, "%s in the guest is larger than %zu bytes", path, limit_bytes);
	BD_FREE char *data = calloc(1, size + 1);
	BD_FREE uint8_t *buffer = malloc(BUFFER_BYTES);
	struct bd_ext_sink sink = { .take = take, .context = data, .buffer = buffer, .buffer_bytes = BUFFER_BYTES };
	if (!data || !buffer)
		return bd_no_memory(err);
	if (bd_ext_content_read(root->fs, ino, &inode, &sink, err) != 0)
		return bd_wrap(err, "cannot read %s in the guest", path);
	if (size_bytes_out)
		*size_bytes_out = size;
	*data_out = bd_take_ptr(data);
	return 0;
}

static int read_label(const void *source, const char *path, void **value_out, size_t *size_bytes_out,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_selinux_label_dispose) struct bd_selinux_label label = { 0 };
	const struct bd_ext3_root *root = source;
	ext2_ino_t ino;

	*value_out = NULL;
	if (find(root->fs, path, false, &ino, err) != 0)
		return -1;
	if (ino && bd_selinux_label_read(root->fs, ino, &label, err) != 0)
		return bd_wrap(err, "%s in the guest", path);
	if (!label.value)
		return 0;
	*value_out = bd_bytes_copy(label.value, label.size);
	*size_bytes_out = label.size;
	return *value_out ? 0 : bd_no_memory(err);
}

static int read_link(const void *source, const char *path, char **target_out, struct bd_error *err)
{
	BD_DISPOSE(bd_ext_inode_dispose) struct bd_ext_inode inode = { 0 };
	const struct bd_ext3_root *root = source;
	struct bd_file_meta meta;
	struct ext2_inode there;
	ext2_ino_t ino;

	*target_out = NULL;
	if (find_inode(root->fs, path, false, &ino, &there, err) != 0)
		return -1;
	if (!ino || !S_ISLNK(there.i_mode))
		return 0;
	if (bd_ext_inode_init(&inode, root->fs, err) != 0 || bd_ext_inode_read(&inode, ino, err) != 0 ||
	    bd_ext_inode_meta(&inode, &meta, err) != 0)
		return bd_wrap(err, "%s in the guest", path);
	*target_out = strdup(meta.target);
	return *target_out ? 0 : bd_no_memory(err);
}

static int list(const void *source, const char *path, bd_root_visit visit, void *context, struct bd_error *err)
{
	BD_DISPOSE(bd_ext_dir_dispose) struct bd_ext_dir dir = { 0 };
	const struct bd_ext3_root *root = source;
	struct ext2_inode inode;
	ext2_ino_t ino;

	if (find_inode(root->fs, path, true, &ino, &inode, err) != 0)
		return -1;
	if (!S_ISDIR(inode.i_mode))
		return 0;
	if (bd_ext_dir_read(root->fs, ino, &dir, err) != 0)
		return bd_wrap(err, "%s in the guest", path);
	for (size_t i = 0; i < dir.count; i++)
		if (visit(context, dir.names + dir.entries[i].name_at, dir.entries[i].type, err) != 0)
			return -1;
	return 0;
}

struct bd_root_reader bd_ext3_root_reader(const struct bd_ext3_root *root)
{
	return (struct bd_root_reader){ .source = root,
					.look = look,
					.resolve_parents = resolve_parents,
					.read_file = read_file,
					.read_label = read_label,
					.read_link = read_link,
					.list = list };
}
