/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes a tree as cpio through libarchive. */
#include "recipes/initramfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/archive_library.h"
#include "base/cleanup.h"
#include "base/file/file.h"

#define FILE_LIMIT_BYTES (64u << 20)

/* Enough for any archive of this tree: a header of 110 bytes, the name and the data, each padded to four bytes. */
static int upper_bound(const struct bd_tree *tree, size_t *size_out, struct bd_error *err)
{
	size_t size = 1024;
	for (size_t i = 0; i < tree->count; i++) {
		const struct bd_node *node = &tree->nodes[i];
		struct stat st = { .st_size = 0 };
		if (!node->data && node->host_path && stat(node->host_path, &st) != 0)
			return bd_fail_errno(err, "cannot read %s", node->host_path);
		if (st.st_size > (off_t)FILE_LIMIT_BYTES)
			return bd_fail(err, EFBIG, "%s is too large for an initramfs", node->host_path);
		size += 128 + strlen(node->path) + node->size_bytes + (size_t)st.st_size;
	}
	*size_out = size;
	return 0;
}

static int write_node(const struct bd_archive_functions *la, struct archive *archive, const struct bd_node *node,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_archive_dispose_entry) struct archive_entry *entry = la->entry_new();
	BD_FREE char *read = NULL;
	const void *data = node->data;
	size_t size = node->size_bytes;

	if (!entry)
		return bd_no_memory(err);
	if (S_ISREG(node->mode) && !data && node->host_path) {
		if (bd_read_file(node->host_path, FILE_LIMIT_BYTES, &read, &size, err) != 0)
			return -1;
		data = read;
	}
	la->entry_set_pathname(entry, node->path + 1);
	la->entry_set_mode(entry, node->mode);
	la->entry_set_uid(entry, node->uid);
	la->entry_set_gid(entry, node->gid);
	la->entry_set_nlink(entry, 1);
	la->entry_set_mtime(entry, 0, 0);
	la->entry_set_size(entry, S_ISREG(node->mode) ? (la_int64_t)size : 0);
	if (S_ISLNK(node->mode))
		la->entry_set_symlink(entry, node->data);
	else if (S_ISCHR(node->mode) || S_ISBLK(node->mode))
		la->entry_set_rdev(entry, node->rdev);

	if (la->write_header(archive, entry) != ARCHIVE_OK)
		return bd_fail(err, EIO, "cannot write the initramfs: %s: %s", node->path, la->error_string(archive));
	if (S_ISREG(node->mode) && size > 0 && la->write_data(archive, data, size) != (la_ssize_t)size)
		return bd_fail(err, EIO, "cannot write the initramfs: %s: %s", node->path, la->error_string(archive));
	return 0;
}

int bd_initramfs_encode(const struct bd_tree *tree, void **data_out, size_t *size_bytes_out, struct bd_error *err)
{
	/* Freeing the archive still writes to these two: they are declared before it, to go after it. */
	BD_FREE void *data = NULL;
	size_t used = 0;
	const struct bd_archive_functions *la;
	if (bd_archive_load(&la, err) != 0)
		return -1;
	BD_DISPOSE(bd_archive_dispose_write) struct archive *archive = la->write_new();
	size_t bound = 0;

	if (upper_bound(tree, &bound, err) != 0)
		return -1;
	data = malloc(bound);
	if (!archive || !data)
		return bd_no_memory(err);
	la->write_set_format_cpio_newc(archive);
	la->write_set_bytes_per_block(archive, 0);
	if (la->write_open_memory(archive, data, bound, &used) != ARCHIVE_OK)
		return bd_fail(err, EIO, "cannot write the initramfs: %s", la->error_string(archive));
	for (size_t i = 0; i < tree->count; i++)
		if (write_node(la, archive, &tree->nodes[i], err) != 0)
			return -1;
	if (la->write_close(archive) != ARCHIVE_OK)
		return bd_fail(err, EIO, "cannot write the initramfs: %s", la->error_string(archive));
	*size_bytes_out = used;
	*data_out = bd_take_ptr(data);
	return 0;
}
