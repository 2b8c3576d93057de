/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects and sorts directory entries. */
#include "ext3/reader/directory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "ext3/error.h"

void bd_ext_dir_dispose(struct bd_ext_dir *dir)
{
	free(dir->entries);
	free(dir->names);
	*dir = (struct bd_ext_dir){ 0 };
}

struct collect {
	ext2_filsys fs;
	struct bd_ext_dir *dir;
	uint64_t blocks; /* so far */
	struct bd_error *err;
	int r;
};

static int make_room(struct bd_ext_dir *dir, size_t name_size, struct bd_error *err)
{
	if (bd_array_grow(dir->entries, dir->count, err) != 0)
		return -1;
	if (dir->names_size + name_size >= UINT32_MAX)
		return bd_fail(err, EFBIG, "a directory is too large");
	return bd_array_reserve(dir->names, dir->names_capacity, dir->names_size + name_size + 1, err);
}

static int add_entry(struct bd_ext_dir *dir, const struct ext2_dir_entry *entry, size_t size, struct bd_error *err)
{
	const char *name = entry->name;

	if (size == 0 || memchr(name, '/', size) || memchr(name, '\0', size))
		return bd_fail(err, EIO, "it has an entry with an invalid name; check the filesystem with e2fsck");
	if (make_room(dir, size, err) < 0)
		return -1;
	dir->entries[dir->count++] = (struct bd_ext_entry){
		.inode = entry->inode,
		.name_at = (uint32_t)dir->names_size,
		.type = (uint8_t)(ext2fs_dirent_file_type((struct ext2_dir_entry *)entry)),
	};
	memcpy(dir->names + dir->names_size, name, size);
	dir->names[dir->names_size + size] = '\0';
	dir->names_size += size + 1;
	return 0;
}

static int visit_entry(ext2_ino_t number, int position, struct ext2_dir_entry *entry, int offset, int block_size,
		       char *block, void *data)
{
	struct collect *collect = data;
	size_t size = (size_t)ext2fs_dirent_name_len(entry);
	(void)number, (void)block_size, (void)block;

	/* Else a few blocks could pretend to be millions of entries. */
	if (offset == 0 && ++collect->blocks > ext2fs_blocks_count(collect->fs->super)) {
		collect->r =
			bd_fail(collect->err, EIO, "it has blocks several times; check the filesystem with e2fsck");
		return DIRENT_ABORT;
	}
	if (!entry->inode)
		return 0;
	if (position == DIRENT_DOT_FILE || position == DIRENT_DOT_DOT_FILE ||
	    (size <= 2 && !memcmp(entry->name, "..", size ? size : 1)))
		return 0;
	collect->r = add_entry(collect->dir, entry, size, collect->err);
	return collect->r < 0 ? DIRENT_ABORT : 0;
}

static int compare_entries(const void *left, const void *right, void *names)
{
	const struct bd_ext_entry *one = left, *other = right;
	return strcmp((const char *)names + one->name_at, (const char *)names + other->name_at);
}

int bd_ext_dir_read(ext2_filsys fs, ext2_ino_t number, struct bd_ext_dir *dir_out, struct bd_error *err)
{
	struct collect collect = { .fs = fs, .dir = dir_out, .err = err };

	*dir_out = (struct bd_ext_dir){ 0 };
	errcode_t ec = ext2fs_dir_iterate2(fs, number, DIRENT_FLAG_INCLUDE_EMPTY, NULL, visit_entry, &collect);
	if (collect.r < 0)
		return -1;
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the directory");
	if (dir_out->count > 1)
		qsort_r(dir_out->entries, dir_out->count, sizeof(*dir_out->entries), compare_entries, dir_out->names);
	return 0;
}

int bd_ext_dir_path(ext2_filsys fs, ext2_ino_t number, char **path_out, struct bd_error *err)
{
	char *name;

	if (number == EXT2_ROOT_INO) {
		*path_out = strdup("");
		return *path_out ? 0 : bd_no_memory(err);
	}
	errcode_t ec = ext2fs_get_pathname(fs, number, 0, &name);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot find the path of a directory");
	*path_out = strdup(name);
	ext2fs_free_mem(&name);
	return *path_out ? 0 : bd_no_memory(err);
}
