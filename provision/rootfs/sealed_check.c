/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks that the records of a sealed root are consistent; the functions of sealed.c look at one at a time. */
#include "rootfs/sealed_check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/process/cancel.h"
#include "rootfs/file_type.h"

#define OFFSETS_AT_ONCE 1024

struct check {
	const struct bd_sealed *sealed;
	uint32_t *links; /* of each inode: how many names have still to be found */
	uint32_t *parents; /* of each directory: the one that has its name */
	uint8_t *types;
	uint8_t offsets[OFFSETS_AT_ONCE * 8];
	const uint8_t **names; /* of one directory: the sizes of the names, which follow them */
	size_t name_capacity;
};

static void check_dispose(struct check *check)
{
	free(check->links);
	free(check->parents);
	free(check->types);
	free(check->names);
}

static int damaged(struct bd_error *err, uint32_t inode, const char *what)
{
	return bd_fail(err, EINVAL, "the template's index is damaged: inode %" PRIu32 " %s", inode, what);
}

/* The table says where the records are that lie one behind the other. */
static int check_offset(struct check *check, uint32_t index, uint64_t expected, struct bd_error *err)
{
	const struct bd_sealed *sealed = check->sealed;
	uint32_t place = index % OFFSETS_AT_ONCE;
	size_t count = sealed->inode_count - index < OFFSETS_AT_ONCE ? sealed->inode_count - index : OFFSETS_AT_ONCE;

	if (place == 0) {
		ssize_t n = bd_pread_full(sealed->index_fd, check->offsets, count * 8,
					  sealed->offsets_at + (uint64_t)index * 8);
		if (n < 0)
			return bd_fail_errno(err, "cannot read the template's index");
		if ((size_t)n != count * 8)
			return damaged(err, index, "is not in the table of offsets");
	}
	return get_le64(check->offsets + (size_t)place * 8) == expected
		       ? 0
		       : damaged(err, index, "is not where the table of offsets has it");
}

static int check_inode(struct check *check, const struct bd_sealed_inode *inode, struct bd_error *err)
{
	uint8_t type = bd_file_type(inode->mode);

	check->types[inode->index] = type;
	/* A directory's links are counted by who makes the filesystem; the root has no name. */
	check->links[inode->index] = type == BD_TYPE_DIRECTORY ? inode->index != 0 : inode->links;
	return type != 1 && inode->extent_count ? damaged(err, inode->index, "has content, but is no file") : 0;
}

static int check_inodes(struct check *check, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = check->sealed };
	const struct bd_sealed *sealed = check->sealed;
	struct bd_sealed_inode inode = { 0 };
	uint64_t at = 0;
	int more;

	while ((more = bd_sealed_next_inode(&reader, &inode, err)) > 0) {
		if ((inode.index % OFFSETS_AT_ONCE == 0 && bd_cancel_check(err) != 0) ||
		    check_offset(check, inode.index, at, err) != 0 || check_inode(check, &inode, err) != 0)
			return -1;
		at = inode.next_at;
	}
	if (more == 0 && at != sealed->dirs_at - sealed->inodes_at)
		return bd_fail(err, EINVAL, "the template's index is damaged: trailing data after the last inode");
	return more;
}

static int compare_names(const void *left, const void *right)
{
	const uint8_t *a = *(const uint8_t *const *)left, *b = *(const uint8_t *const *)right;
	int order = memcmp(a + 1, b + 1, *a < *b ? *a : *b);

	return order ? order : *a - *b;
}

static int check_names_differ(struct check *check, uint32_t index, size_t count, struct bd_error *err)
{
	if (count < 2)
		return 0;
	qsort(check->names, count, sizeof(*check->names), compare_names);
	for (size_t i = 1; i < count; i++)
		if (compare_names(&check->names[i - 1], &check->names[i]) == 0)
			return bd_fail(err, EINVAL,
				       "the template's index is damaged: inode %" PRIu32
				       " has the name \"%.*s\" twice",
				       index, check->names[i][0], (const char *)check->names[i] + 1);
	return 0;
}

/* bd_sealed_read_dir has looked at the name, and that the inode exists. */
static int check_entry(struct check *check, uint32_t dir, const struct bd_sealed_entry *entry, struct bd_error *err)
{
	if (entry->type != check->types[entry->inode])
		return damaged(err, entry->inode, "is of another type than its name says");
	/* Every directory but the root comes behind its parent, so that none can be its own ancestor. */
	if (entry->type == BD_TYPE_DIRECTORY && entry->inode <= dir)
		return damaged(err, entry->inode, "is a directory in the wrong place");
	if (check->links[entry->inode]-- == 0)
		return damaged(err, entry->inode, "has another number of names than of links");
	if (entry->type == BD_TYPE_DIRECTORY)
		check->parents[entry->inode] = dir;
	return 0;
}

static int check_dir(struct check *check, uint32_t index, struct bd_sealed_dir *dir, struct bd_error *err)
{
	struct bd_sealed_entry entry;
	size_t count = 0;

	if (dir->parent != check->parents[index] || (index && check->links[index]))
		return damaged(err, index, "is a directory in the wrong place");
	if (bd_array_reserve(check->names, check->name_capacity, dir->entry_count, err) != 0)
		return -1;
	while (bd_sealed_next_entry(dir, &entry)) {
		if (check_entry(check, index, &entry, err) != 0)
			return -1;
		check->names[count++] = (const uint8_t *)entry.name - 1;
	}
	return check_names_differ(check, index, count, err);
}

static int check_dirs(struct check *check, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader inodes = { .sealed = check->sealed };
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader dirs = { .sealed = check->sealed };
	const struct bd_sealed *sealed = check->sealed;
	struct bd_sealed_inode inode = { 0 };
	struct bd_sealed_dir dir = { .next_at = 0 };

	for (uint32_t i = 0; i < sealed->dir_count; i++) {
		if (bd_sealed_next_inode(&inodes, &inode, err) <= 0)
			return -1;
		if (inode.dir_at != dir.next_at)
			return damaged(err, i, "is a directory in the wrong place");
		if ((i % OFFSETS_AT_ONCE == 0 && bd_cancel_check(err) != 0) ||
		    bd_sealed_read_dir(&dirs, inode.dir_at, &dir, err) != 0 || check_dir(check, i, &dir, err) != 0)
			return -1;
	}
	if (dir.next_at != sealed->offsets_at - sealed->dirs_at)
		return bd_fail(err, EINVAL,
			       "the template's index is damaged: trailing data after the last directory");
	return 0;
}

int bd_sealed_check(const struct bd_sealed *sealed, struct bd_error *err)
{
	size_t count = sealed->inode_count;
	BD_DISPOSE(check_dispose) struct check check = { .sealed = sealed };

	check.links = calloc(count, sizeof(*check.links));
	check.types = calloc(count, sizeof(*check.types));
	check.parents = calloc(sealed->dir_count, sizeof(*check.parents));
	if (!check.links || !check.types || !check.parents)
		return bd_no_memory(err);
	if (check_inodes(&check, err) != 0 || check_dirs(&check, err) != 0)
		return -1;
	for (uint32_t i = 0; i < count; i++)
		if (check.links[i])
			return damaged(err, i, "has another number of names than of links");
	return 0;
}
