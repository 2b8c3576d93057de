/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Implements the functions of struct bd_root_reader for a sealed template. */
#include "rootfs/sealed_root.h"
#include "rootfs/sealed_find.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"

static int look(const void *source, const char *path, bool follow, struct bd_root_facts *facts_out,
		struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = source };
	struct bd_sealed_inode inode;
	bool found;

	*facts_out = (struct bd_root_facts){ 0 };
	if (bd_sealed_find_inode(&reader, path, follow, &inode, &found, err) != 0)
		return -1;
	if (found)
		*facts_out = (struct bd_root_facts){
			.mode = inode.mode, .uid = inode.uid, .gid = inode.gid, .size_bytes = inode.size_bytes
		};
	return 0;
}

static int resolve_parents(const void *source, const char *path, char **path_out, struct bd_error *err)
{
	return bd_sealed_resolve_parents(source, path, path_out, err);
}

static int read_file(const void *source, const char *path, size_t limit_bytes, char **data_out,
		     size_t *size_bytes_out, struct bd_error *err)
{
	return bd_sealed_read_file(source, path, limit_bytes, data_out, size_bytes_out, err);
}

static int read_label(const void *source, const char *path, void **value_out, size_t *size_bytes_out,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = source };
	struct bd_sealed_inode inode;
	bool found;

	*value_out = NULL;
	if (bd_sealed_find_inode(&reader, path, false, &inode, &found, err) != 0)
		return -1;
	for (size_t i = 0; found && i < inode.xattr_count; i++) {
		const struct bd_xattr *xattr = &inode.xattrs[i];
		if (strcmp(xattr->name, BD_SELINUX_LABEL) != 0)
			continue;
		*value_out = bd_bytes_copy(xattr->value, xattr->size_bytes);
		*size_bytes_out = xattr->size_bytes;
		return *value_out ? 0 : bd_no_memory(err);
	}
	return 0;
}

static int read_link(const void *source, const char *path, char **target_out, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = source };
	struct bd_sealed_inode inode;
	bool found;

	*target_out = NULL;
	if (bd_sealed_find_inode(&reader, path, false, &inode, &found, err) != 0)
		return -1;
	if (!found || !S_ISLNK(inode.mode))
		return 0;
	*target_out = strndup(inode.target, inode.size_bytes);
	return *target_out ? 0 : bd_no_memory(err);
}

static int list(const void *source, const char *path, bd_root_visit visit, void *context, struct bd_error *err)
{
	return bd_sealed_list(source, path, visit, context, err);
}

struct bd_root_reader bd_sealed_root_reader(const struct bd_sealed *sealed)
{
	return (struct bd_root_reader){ .source = sealed,
					.look = look,
					.resolve_parents = resolve_parents,
					.read_file = read_file,
					.read_label = read_label,
					.read_link = read_link,
					.list = list };
}
