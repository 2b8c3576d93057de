/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decodes owner, times, device numbers, symlinks and attributes of an inode. */
#include "ext3/reader/inode.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "ext3/error.h"
#include "ext3/reader/content.h"
#include "rootfs/posix_acl.h"

/* The longest target that Linux knows is 4095 bytes. */
#define TARGET_LIMIT 4096u

int bd_ext_inode_init(struct bd_ext_inode *inode, ext2_filsys fs, struct bd_error *err)
{
	size_t size = EXT2_INODE_SIZE(fs->super);
	*inode = (struct bd_ext_inode){ .fs = fs };
	inode->raw = calloc(1, size > sizeof(*inode->raw) ? size : sizeof(*inode->raw));
	return inode->raw ? 0 : bd_no_memory(err);
}

static void forget(struct bd_ext_inode *inode)
{
	if (inode->attributes)
		ext2fs_xattrs_close(&inode->attributes);
	inode->attributes = NULL;
	for (size_t i = 0; i < inode->value_count; i++)
		free(inode->values[i]);
	free(inode->values);
	inode->values = NULL;
	inode->value_count = inode->xattr_count = 0;
	free(inode->target);
	inode->target = NULL;
}

void bd_ext_inode_dispose(struct bd_ext_inode *inode)
{
	forget(inode);
	free(inode->xattrs);
	free(inode->raw);
	*inode = (struct bd_ext_inode){ 0 };
}

int bd_ext_inode_read(struct bd_ext_inode *inode, ext2_ino_t number, struct bd_error *err)
{
	forget(inode);
	inode->number = number;
	errcode_t ec = ext2fs_read_inode_full(inode->fs, number, (struct ext2_inode *)inode->raw,
					      EXT2_INODE_SIZE(inode->fs->super));
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read inode %u", number);
	if (inode->raw->i_links_count == 0 || inode->raw->i_mode == 0)
		return bd_fail(err, EIO, "inode %u is not in use; check the filesystem with e2fsck", number);
	if (inode->raw->i_flags & EXT4_ENCRYPT_FL)
		return bd_fail(err, ENOTSUP, "it is encrypted (fscrypt)");
	return 0;
}

/* Whether the inode is large enough for a field, and says that it uses it. */
#define HAS_FIELD(raw, inode_size, field) \
	(offsetof(struct ext2_inode_large, field) + sizeof((raw)->field) <= (inode_size) && \
	 offsetof(struct ext2_inode_large, field) + sizeof((raw)->field) <= \
		 EXT2_GOOD_OLD_INODE_SIZE + (size_t)(raw)->i_extra_isize)

/* extra: nanoseconds, and in the lowest two bits 2^32 seconds each (kernel: fs/ext4/ext4.h, ext4_decode_extra_time). */
static void decode_time(uint32_t seconds, uint32_t extra, int64_t *seconds_out, uint32_t *nanoseconds_out)
{
	*seconds_out = (int64_t)(int32_t)seconds + ((int64_t)(extra & 3) << 32);
	*nanoseconds_out = extra >> 2 < 1000000000 ? extra >> 2 : 0;
}

/* Linux' two encodings: 8 and 8 bits in the first word, or 12 and 20 bits in the second. */
static void decode_device(const struct ext2_inode_large *raw, struct bd_file_meta *meta)
{
	uint32_t old = raw->i_block[0], new = raw->i_block[1];
	meta->rdev_major = old ? (old >> 8) & 0xff : (new >> 8) & 0xfff;
	meta->rdev_minor = old ? old & 0xff : (new & 0xff) | ((new >> 12) & 0xfff00);
}

/* What a hole leaves is a NUL, which no target has. */
static int take_target(void *context, uint64_t offset, const void *data, size_t size, struct bd_error *err)
{
	(void)err;
	memcpy((char *)context + offset, data, size);
	return 0;
}

static int read_long_target(struct bd_ext_inode *inode, struct bd_error *err)
{
	size_t block_size = inode->fs->blocksize;
	BD_FREE uint8_t *block = malloc(block_size);
	struct bd_ext_sink sink = {
		.take = take_target, .context = inode->target, .buffer = block, .buffer_bytes = block_size
	};

	if (!block)
		return bd_no_memory(err);
	return bd_ext_content_read(inode->fs, inode->number, (struct ext2_inode *)inode->raw, &sink, err) == 0
		       ? 0
		       : bd_wrap(err, "cannot read where the symlink points to");
}

static int read_target(struct bd_ext_inode *inode, struct bd_error *err)
{
	uint64_t size = EXT2_I_SIZE(inode->raw);
	if (size == 0 || size >= TARGET_LIMIT)
		return bd_fail(err, EIO, "a symlink's target cannot have %llu bytes", (unsigned long long)size);
	inode->target = calloc(1, size + 1);
	if (!inode->target)
		return bd_no_memory(err);
	if (size < sizeof(inode->raw->i_block))
		memcpy(inode->target, inode->raw->i_block, size);
	else if (read_long_target(inode, err) < 0)
		return -1;
	return strlen(inode->target) == size
		       ? 0
		       : bd_fail(err, EIO, "the symlink's target is truncated, or has a NUL in it");
}

struct collect {
	struct bd_ext_inode *inode;
	struct bd_error *err;
	int r;
};

/* ACLs are kept in a denser form than getxattr(2) gives. */
static int convert_acl(struct bd_ext_inode *inode, struct bd_xattr *xattr, struct bd_error *err)
{
	void *value;
	if (bd_array_grow(inode->values, inode->value_count, err) != 0)
		return -1;
	if (bd_posix_acl_from_ext(xattr->value, xattr->size_bytes, &value, &xattr->size_bytes, err) < 0)
		return -1;
	xattr->value = inode->values[inode->value_count++] = value;
	return 0;
}

static int collect_one(struct bd_ext_inode *inode, const struct bd_xattr *xattr, struct bd_error *err)
{
	/* system.data is where inline_data keeps what does not fit into the inode's 60 bytes. A name without a dot is of
	 * a kind that libext2fs does not know. */
	if (strcmp(xattr->name, "system.data") == 0)
		return 0;
	if (!strchr(xattr->name, '.'))
		return bd_fail(err, ENOTSUP, "its extended attribute '%s' is of an unknown kind", xattr->name);
	if (bd_array_grow(inode->xattrs, inode->xattr_count, err) != 0)
		return -1;
	inode->xattrs[inode->xattr_count] = *xattr;
	if (bd_xattr_is_acl(xattr->name) && convert_acl(inode, &inode->xattrs[inode->xattr_count], err) < 0)
		return bd_wrap(err, "%s", xattr->name);
	inode->xattr_count++;
	return 0;
}

static int collect_attribute(char *name, char *value, size_t size, void *data)
{
	struct collect *collect = data;
	struct bd_xattr xattr = { .name = name, .value = value, .size_bytes = size };
	collect->r = collect_one(collect->inode, &xattr, collect->err);
	return collect->r < 0 ? XATTR_ABORT : 0;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(((const struct bd_xattr *)left)->name, ((const struct bd_xattr *)right)->name);
}

static int read_attributes(struct bd_ext_inode *inode, struct bd_error *err)
{
	struct collect collect = { .inode = inode, .err = err };
	if (!ext2fs_has_feature_xattr(inode->fs->super) && !ext2fs_has_feature_inline_data(inode->fs->super))
		return 0;
	errcode_t ec = ext2fs_xattrs_open(inode->fs, inode->number, &inode->attributes);
	if (!ec)
		ec = ext2fs_xattrs_read_inode(inode->attributes, inode->raw);
	if (!ec)
		ec = ext2fs_xattrs_iterate(inode->attributes, collect_attribute, &collect);
	if (ec)
		return bd_fail_ext2(err, ec, "cannot read the extended attributes");
	if (collect.r < 0)
		return -1;
	if (inode->xattr_count > 1)
		qsort(inode->xattrs, inode->xattr_count, sizeof(*inode->xattrs), compare_names);
	return 0;
}

int bd_ext_inode_meta(struct bd_ext_inode *inode, struct bd_file_meta *meta_out, struct bd_error *err)
{
	const struct ext2_inode_large *raw = inode->raw;
	size_t inode_size = EXT2_INODE_SIZE(inode->fs->super);
	struct bd_file_meta meta = { .mode = raw->i_mode, .uid = inode_uid(*raw), .gid = inode_gid(*raw) };

	decode_time(raw->i_mtime, HAS_FIELD(raw, inode_size, i_mtime_extra) ? raw->i_mtime_extra : 0, &meta.mtime_s,
		    &meta.mtime_ns);
	decode_time(raw->i_atime, HAS_FIELD(raw, inode_size, i_atime_extra) ? raw->i_atime_extra : 0, &meta.atime_s,
		    &meta.atime_ns);
	if (S_ISREG(raw->i_mode) && bd_ext_content_check_size(inode->fs, (const struct ext2_inode *)raw, err) != 0)
		return -1;
	if (S_ISREG(raw->i_mode))
		meta.size_bytes = EXT2_I_SIZE(raw);
	else if (S_ISCHR(raw->i_mode) || S_ISBLK(raw->i_mode))
		decode_device(raw, &meta);
	else if (S_ISLNK(raw->i_mode) && read_target(inode, err) < 0)
		return -1;
	else if (!S_ISDIR(raw->i_mode) && !S_ISLNK(raw->i_mode) && !S_ISFIFO(raw->i_mode) && !S_ISSOCK(raw->i_mode))
		return bd_fail(err, EIO, "inode %u has mode %#o, which is not a valid file type", inode->number,
			       raw->i_mode);
	if (read_attributes(inode, err) < 0)
		return -1;
	meta.target = inode->target;
	meta.xattrs = inode->xattrs;
	meta.xattr_count = inode->xattr_count;
	*meta_out = meta;
	return 0;
}
