/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the sealed form. The index is ours, but it comes from a disk: every length is checked before it is used. */
#include "rootfs/sealed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/file/file.h"
#include "rootfs/file_type.h"

#define WINDOW_BYTES_MIN (16u * 1024)
#define WINDOW_BYTES_MAX (256u * 1024)
#define VERSION 1

void bd_sealed_init(struct bd_sealed *sealed)
{
	*sealed = (struct bd_sealed){ .index_fd = -1, .payload_fd = -1 };
}

void bd_sealed_dispose(struct bd_sealed *sealed)
{
	if (sealed->index_fd >= 0)
		close(sealed->index_fd);
	if (sealed->payload_fd >= 0)
		close(sealed->payload_fd);
	bd_sealed_init(sealed);
}

static int damaged(struct bd_error *err, const char *what)
{
	return bd_fail(err, EINVAL, "the template's index is damaged: %s", what);
}

static int read_all(int fd, uint8_t *data, size_t size, uint64_t at, struct bd_error *err)
{
	ssize_t n = bd_pread_full(fd, data, size, at);

	if (n < 0)
		return bd_fail_errno(err, "cannot read the template's index");
	return (size_t)n == size ? 0 : damaged(err, "it is too short");
}

static int check_header(struct bd_sealed *sealed, const uint8_t *header, struct bd_error *err)
{
	struct stat index, payload;

	if (memcmp(header, "XBDTREE", 8) != 0)
		return bd_fail(err, EINVAL, "this is not a template's index");
	if (get_le32(header + 8) != VERSION || get_le32(header + 12) != BD_SEALED_BLOCK_BYTES)
		return bd_fail(
			err, EINVAL,
			"the template's index has version %u with %u-byte blocks, this program reads version %d with %u",
			get_le32(header + 8), get_le32(header + 12), VERSION, BD_SEALED_BLOCK_BYTES);
	sealed->dir_count = get_le32(header + 16);
	sealed->inode_count = get_le32(header + 20);
	sealed->payload_blocks = get_le64(header + 24);
	sealed->inodes_at = get_le64(header + 32);
	sealed->dirs_at = get_le64(header + 40);
	sealed->offsets_at = get_le64(header + 48);
	sealed->end_at = get_le64(header + 56);
	if (fstat(sealed->index_fd, &index) != 0 || fstat(sealed->payload_fd, &payload) != 0)
		return bd_fail_errno(err, "cannot access the template's files");
	if ((uint64_t)index.st_size != sealed->end_at || !sealed->dir_count ||
	    sealed->dir_count > sealed->inode_count || sealed->inodes_at != BD_SEALED_HEADER_BYTES ||
	    sealed->dirs_at < sealed->inodes_at || sealed->offsets_at < sealed->dirs_at ||
	    sealed->end_at < sealed->offsets_at ||
	    sealed->end_at - sealed->offsets_at != (uint64_t)sealed->inode_count * 8)
		return damaged(err, "its sizes do not fit together");
	if (payload.st_size % BD_SEALED_BLOCK_BYTES ||
	    (uint64_t)payload.st_size / BD_SEALED_BLOCK_BYTES != sealed->payload_blocks)
		return bd_fail(err, EINVAL, "the template's payload has %lld bytes, its index says %llu blocks of %u",
			       (long long)payload.st_size, (unsigned long long)sealed->payload_blocks,
			       BD_SEALED_BLOCK_BYTES);
	return 0;
}

int bd_sealed_open(struct bd_sealed *sealed, int index_fd, int payload_fd, struct bd_error *err)
{
	uint8_t header[BD_SEALED_HEADER_BYTES];

	*sealed = (struct bd_sealed){ .index_fd = index_fd, .payload_fd = payload_fd };
	if (read_all(index_fd, header, sizeof(header), 0, err) == 0 && check_header(sealed, header, err) == 0)
		return 0;
	bd_sealed_dispose(sealed);
	return -1;
}

void bd_sealed_reader_dispose(struct bd_sealed_reader *reader)
{
	free(reader->window);
	free(reader->extents);
	free(reader->xattrs);
	*reader = (struct bd_sealed_reader){ .sealed = reader->sealed };
}

/* A path leads to a record here and one there; who reads on behind what was read last gets more and more at a time. */
static size_t next_window(const struct bd_sealed_reader *reader, uint64_t at)
{
	bool reads_on = at >= reader->window_at && at <= reader->window_at + reader->window_size;

	if (!reads_on || reader->window_size < WINDOW_BYTES_MIN / 2)
		return WINDOW_BYTES_MIN;
	return reader->window_size < WINDOW_BYTES_MAX / 2 ? 2 * reader->window_size : WINDOW_BYTES_MAX;
}

/* The bytes at `at` of the index, from the window where they are in it. `end`: of their section. */
static int view(struct bd_sealed_reader *reader, uint64_t at, size_t size, uint64_t end, const uint8_t **bytes_out,
		struct bd_error *err)
{
	if (at > end || size > end - at)
		return damaged(err, "a record reaches over the end of its section");
	if (at < reader->window_at || at + size > reader->window_at + reader->window_size) {
		uint64_t want = next_window(reader, at);
		if (want > end - at)
			want = end - at;
		if (want < size)
			want = size;
		if (bd_array_reserve(reader->window, reader->window_capacity, want, err) != 0)
			return -1;
		reader->window_size = 0;
		if (read_all(reader->sealed->index_fd, reader->window, want, at, err) != 0)
			return -1;
		reader->window_at = at;
		reader->window_size = want;
	}
	*bytes_out = reader->window + (at - reader->window_at);
	return 0;
}

/* A whole record, whose first four bytes are its size. */
static int view_record(struct bd_sealed_reader *reader, uint64_t at, size_t least, uint64_t end,
		       const uint8_t **bytes_out, size_t *size_out, struct bd_error *err)
{
	const uint8_t *bytes;

	if (view(reader, at, least, end, &bytes, err) != 0)
		return -1;
	*size_out = get_le32(bytes);
	if (*size_out < least)
		return damaged(err, "a record is too short");
	return view(reader, at, *size_out, end, bytes_out, err);
}

/* file_blocks: what the file's size allows. */
static int decode_extents(struct bd_sealed_reader *reader, const uint8_t *at, size_t count, uint64_t file_blocks,
			  struct bd_error *err)
{
	if (bd_array_reserve(reader->extents, reader->extent_capacity, count, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++, at += BD_SEALED_EXTENT_BYTES) {
		struct bd_extent extent = { get_le32(at), get_le32(at + 4), get_le64(at + 8) };
		uint64_t blocks = reader->sealed->payload_blocks;
		if ((uint64_t)extent.logical + extent.count > file_blocks)
			return damaged(err, "an extent is behind the end of its file");
		if (!extent.count || extent.payload > blocks || extent.count > blocks - extent.payload ||
		    (i && extent.logical < (uint64_t)reader->extents[i - 1].logical + reader->extents[i - 1].count))
			return damaged(err, "an extent is outside the payload");
		reader->extents[i] = extent;
	}
	return 0;
}

static int decode_xattrs(struct bd_sealed_reader *reader, const uint8_t *at, const uint8_t *end, size_t count,
			 struct bd_error *err)
{
	if (bd_array_reserve(reader->xattrs, reader->xattr_capacity, count, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (end - at < BD_SEALED_XATTR_BYTES)
			return damaged(err, "an xattr is cut off");
		size_t name_size = get_le16(at), value_size = get_le32(at + 4);
		at += BD_SEALED_XATTR_BYTES;
		if (!name_size || (size_t)(end - at) < name_size || (size_t)(end - at) - name_size < value_size ||
		    at[name_size - 1] != 0)
			return damaged(err, "an xattr is cut off");
		reader->xattrs[i] = (struct bd_xattr){ (const char *)at, at + name_size, value_size };
		at += name_size + value_size;
	}
	return 0;
}

/* What the fixed part of an inode can say at all; whoever reads it may rely on that. */
static int check_inode(const struct bd_sealed_inode *inode, struct bd_error *err)
{
	if (!bd_file_type(inode->mode))
		return damaged(err, "an inode has no known type");
	if (S_ISREG(inode->mode) && inode->size_bytes > BD_SEALED_FILE_BYTES_MAX)
		return damaged(err, "a file is too large");
	if (S_ISLNK(inode->mode) && (!inode->size_bytes || inode->size_bytes > BD_SEALED_TARGET_BYTES_MAX))
		return damaged(err, "a symlink's target is empty or too long");
	if (inode->mtime_ns > 999999999 || inode->atime_ns > 999999999)
		return damaged(err, "a time has too many nanoseconds");
	return 0;
}

static int decode_inode(struct bd_sealed_reader *reader, const uint8_t *at, size_t size,
			struct bd_sealed_inode *inode, struct bd_error *err)
{
	const uint8_t *rest = at + BD_SEALED_INODE_BYTES, *end = at + size;
	uint64_t size_bytes = get_le64(at + 24);
	struct bd_sealed_inode found = {
		.mode = get_le16(at + 4),
		.uid = get_le32(at + 8),
		.gid = get_le32(at + 12),
		.links = get_le32(at + 16),
		.size_bytes = size_bytes,
		.mtime_s = (int64_t)get_le64(at + 32),
		.atime_s = (int64_t)get_le64(at + 40),
		.mtime_ns = get_le32(at + 48),
		.atime_ns = get_le32(at + 52),
		.rdev_major = get_le32(at + 56),
		.rdev_minor = get_le32(at + 60),
		.extent_count = get_le32(at + 20),
		.xattr_count = get_le16(at + 6),
	};

	if (check_inode(&found, err) != 0)
		return -1;
	if (found.extent_count > (size_t)(end - rest) / BD_SEALED_EXTENT_BYTES)
		return damaged(err, "an inode is cut off");
	uint64_t blocks = S_ISREG(found.mode) ? (size_bytes + BD_SEALED_BLOCK_BYTES - 1) / BD_SEALED_BLOCK_BYTES : 0;
	if (decode_extents(reader, rest, found.extent_count, blocks, err) != 0)
		return -1;
	rest += found.extent_count * BD_SEALED_EXTENT_BYTES;
	if (S_ISLNK(found.mode)) {
		if (size_bytes > (uint64_t)(end - rest) || memchr(rest, 0, size_bytes))
			return damaged(err, "a symlink's target is cut off");
		found.target = (const char *)rest;
		rest += size_bytes;
	} else if (S_ISDIR(found.mode)) {
		found.dir_at = size_bytes;
		found.size_bytes = 0;
	}
	if (decode_xattrs(reader, rest, end, found.xattr_count, err) != 0)
		return -1;
	found.extents = reader->extents;
	found.xattrs = reader->xattrs;
	*inode = found;
	return 0;
}

static int read_inode_at(struct bd_sealed_reader *reader, uint32_t index, uint64_t at, struct bd_sealed_inode *inode,
			 struct bd_error *err)
{
	struct bd_sealed_inode found;
	const uint8_t *bytes;
	size_t size;

	if (at > reader->sealed->dirs_at - reader->sealed->inodes_at)
		return damaged(err, "an inode is outside its section");
	if (view_record(reader, reader->sealed->inodes_at + at, BD_SEALED_INODE_BYTES, reader->sealed->dirs_at,
			&bytes, &size, err) != 0 ||
	    decode_inode(reader, bytes, size, &found, err) != 0)
		return -1;
	if (S_ISDIR(found.mode) != (index < reader->sealed->dir_count))
		return damaged(err, "a directory is in the wrong place");
	found.index = index;
	found.next_at = at + size;
	*inode = found;
	return 0;
}

int bd_sealed_read_inode(struct bd_sealed_reader *reader, uint32_t index, struct bd_sealed_inode *inode_out,
			 struct bd_error *err)
{
	uint8_t offset[8];

	if (index >= reader->sealed->inode_count)
		return damaged(err, "there is no such inode");
	if (read_all(reader->sealed->index_fd, offset, 8, reader->sealed->offsets_at + (uint64_t)index * 8, err) != 0)
		return -1;
	return read_inode_at(reader, index, get_le64(offset), inode_out, err);
}

int bd_sealed_next_inode(struct bd_sealed_reader *reader, struct bd_sealed_inode *inode, struct bd_error *err)
{
	uint32_t index = inode->next_at ? inode->index + 1 : 0;

	if (index >= reader->sealed->inode_count)
		return 0;
	return read_inode_at(reader, index, inode->next_at, inode, err) == 0 ? 1 : -1;
}

/* All entries, so that who reads them later need not ask: names that a folder can have, inodes that exist. */
static int check_entries(const struct bd_sealed *sealed, struct bd_sealed_dir dir, struct bd_error *err)
{
	struct bd_sealed_entry entry;
	uint32_t count = 0;

	for (; bd_sealed_next_entry(&dir, &entry); count++) {
		if (entry.inode >= sealed->inode_count)
			return damaged(err, "an entry has no inode");
		if (entry.type == BD_TYPE_NONE || entry.type >= BD_TYPE_COUNT ||
		    (entry.type == BD_TYPE_DIRECTORY) != (entry.inode < sealed->dir_count))
			return damaged(err, "an entry has a type that is not its inode's");
		if (memchr(entry.name, '/', entry.name_size) || memchr(entry.name, 0, entry.name_size) ||
		    (entry.name_size <= 2 && memcmp(entry.name, "..", entry.name_size) == 0))
			return damaged(err, "an entry has a name that no file can have");
	}
	return dir.at == dir.end && count == dir.entry_count ? 0 : damaged(err, "an entry is cut off");
}

int bd_sealed_read_dir(struct bd_sealed_reader *reader, uint64_t dir_at, struct bd_sealed_dir *dir_out,
		       struct bd_error *err)
{
	const uint8_t *bytes;
	size_t size;

	if (dir_at > reader->sealed->offsets_at - reader->sealed->dirs_at)
		return damaged(err, "a directory is outside its section");
	if (view_record(reader, reader->sealed->dirs_at + dir_at, BD_SEALED_DIR_BYTES, reader->sealed->offsets_at,
			&bytes, &size, err) != 0)
		return -1;
	struct bd_sealed_dir dir = {
		.parent = get_le32(bytes + 4),
		.entry_count = get_le32(bytes + 8),
		.at = bytes + BD_SEALED_DIR_BYTES,
		.end = bytes + size,
		.next_at = dir_at + size,
	};
	if (dir.parent >= reader->sealed->dir_count)
		return damaged(err, "a directory has no parent");
	if (check_entries(reader->sealed, dir, err) != 0)
		return -1;
	*dir_out = dir;
	return 0;
}

bool bd_sealed_next_entry(struct bd_sealed_dir *dir, struct bd_sealed_entry *entry_out)
{
	size_t left = (size_t)(dir->end - dir->at);

	if (left < BD_SEALED_ENTRY_BYTES || left - BD_SEALED_ENTRY_BYTES < dir->at[5] || !dir->at[5])
		return false;
	*entry_out = (struct bd_sealed_entry){
		.inode = get_le32(dir->at),
		.type = dir->at[4],
		.name_size = dir->at[5],
		.name = (const char *)dir->at + BD_SEALED_ENTRY_BYTES,
	};
	dir->at += BD_SEALED_ENTRY_BYTES + entry_out->name_size;
	return true;
}
