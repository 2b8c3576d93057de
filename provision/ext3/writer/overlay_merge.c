/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks up the paths of a tree in a template, and assigns their inode numbers. */
#include "ext3/writer/overlay_merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "ext3/format.h"
#include "rootfs/file_type.h"
#include "rootfs/sealed_find.h"

void bd_overlay_merge_dispose(struct bd_overlay_merge *merge)
{
	free(merge->changes);
	free(merge->unlinked);
	free(merge->changed_dirs);
	*merge = (struct bd_overlay_merge){ 0 };
}

uint32_t bd_overlay_merge_ino(const struct bd_overlay_merge *merge, uint32_t index)
{
	if (index == 0)
		return BD_EXT_ROOT_INO;
	if (index == merge->lost_and_found)
		return merge->first_ino;
	return merge->first_ino + index - (merge->lost_and_found != BD_SEALED_NONE && index > merge->lost_and_found);
}

static int by_directory(const void *left, const void *right)
{
	const struct bd_change *a = left, *b = right;
	size_t size = a->name_size < b->name_size ? a->name_size : b->name_size;

	if (a->dir != b->dir)
		return a->dir < b->dir ? -1 : 1;
	/* Then in one order everywhere: qsort need not keep the one that is there. */
	int order = memcmp(a->name, b->name, size);
	return order ? order : a->name_size - b->name_size;
}

static int by_index(const void *left, const void *right)
{
	const struct bd_unlinked *a = left, *b = right;
	return (a->index > b->index) - (a->index < b->index);
}

const struct bd_change *bd_overlay_merge_changes(const struct bd_overlay_merge *merge, uint32_t dir,
						 size_t *count_out)
{
	size_t low = 0, high = merge->change_count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (merge->changes[middle].dir < dir)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < merge->change_count && merge->changes[end].dir == dir; end++)
		;
	*count_out = end - low;
	return merge->changes + low;
}

uint32_t bd_overlay_merge_links(const struct bd_overlay_merge *merge, uint32_t index, uint32_t links)
{
	struct bd_unlinked key = { .index = index };
	const struct bd_unlinked *found =
		merge->unlinked_count ? bsearch(&key, merge->unlinked, merge->unlinked_count, sizeof(key), by_index)
				      : NULL;

	return found ? links - found->names : links;
}

const struct bd_node *bd_overlay_merge_changed_dir(const struct bd_overlay_merge *merge, uint32_t index)
{
	for (size_t i = 0; i < merge->changed_dir_count; i++)
		if (merge->changed_dirs[i].index == index)
			return merge->changed_dirs[i].node;
	return NULL;
}

static void take_dir(struct bd_overlay_merge *merge, const struct bd_inode_entry *entry)
{
	if (entry->node && entry->node->changes_dir)
		merge->changed_dirs[merge->changed_dir_count++] = (struct bd_changed_dir){ entry->base, entry->node };
}

/* One more name of the inode goes away. */
static uint32_t unlink_name(struct bd_overlay_merge *merge, uint32_t index)
{
	for (size_t i = 0; i < merge->unlinked_count; i++)
		if (merge->unlinked[i].index == index)
			return ++merge->unlinked[i].names;
	merge->unlinked[merge->unlinked_count++] = (struct bd_unlinked){ index, 1 };
	return 1;
}

static void change_name(struct bd_overlay_merge *merge, uint32_t dir, const struct bd_inode_entry *entry)
{
	const char *name = bd_inode_entry_name(entry);

	merge->changes[merge->change_count++] = (struct bd_change){
		.dir = dir,
		.ino = entry->ino,
		.name = name,
		.name_size = (uint8_t)strlen(name),
		.type = entry->ino ? bd_file_type(entry->node ? entry->node->mode : S_IFDIR) : 0,
	};
}

/* The template's directory that the entry lies in, or BD_SEALED_NONE when that is a new one. */
static uint32_t template_parent(const struct bd_inode_table *table, const struct bd_inode_entry *entry)
{
	return entry->parent == BD_NO_ENTRY ? BD_SEALED_NONE : table->entries[entry->parent].base;
}

static int check_kinds(const struct bd_inode_entry *entry, const struct bd_sealed_inode *there, struct bd_error *err)
{
	if (S_ISDIR(there->mode) && !bd_inode_entry_is_dir(entry))
		return bd_fail(err, EISDIR, "%s is a directory in the template and cannot be replaced", entry->path);
	if (!S_ISDIR(there->mode) && bd_inode_entry_is_dir(entry))
		return bd_fail(err, ENOTDIR, "%s is not a directory in the template", entry->path);
	return 0;
}

/* Whiteouts are not linked to a parent by bd_inode_table_make. */
static int find_whiteout_parent(const struct bd_sealed *sealed, const struct bd_inode_entry *entry, uint32_t *dir_out,
				struct bd_error *err)
{
	size_t length = (size_t)(strrchr(entry->path, '/') - entry->path);
	BD_FREE char *parent = strndup(entry->path, length ? length : 1);

	if (!parent)
		return bd_no_memory(err);
	return bd_sealed_find(sealed, parent, false, dir_out, err);
}

static int merge_entry(struct bd_overlay_merge *merge, struct bd_inode_table *table, struct bd_inode_entry *entry,
		       struct bd_sealed_reader *reader, struct bd_error *err)
{
	struct bd_sealed_inode there;
	uint32_t index, dir = template_parent(table, entry);

	if (bd_sealed_find(merge->sealed, entry->path, false, &index, err) != 0)
		return -1;
	if (index == BD_SEALED_NONE) {
		if (bd_inode_entry_is_whiteout(entry))
			return 0;
		entry->ino = merge->first_ino + merge->ino_count++;
		if (dir != BD_SEALED_NONE)
			change_name(merge, dir, entry);
		return 0;
	}
	if (bd_sealed_read_inode(reader, index, &there, err) != 0 || check_kinds(entry, &there, err) != 0)
		return -1;
	if (bd_inode_entry_is_dir(entry)) {
		entry->base = index;
		entry->ino = bd_overlay_merge_ino(merge, index);
		take_dir(merge, entry);
		return 0;
	}
	if (bd_inode_entry_is_whiteout(entry) && find_whiteout_parent(merge->sealed, entry, &dir, err) != 0)
		return -1;
	bool last = unlink_name(merge, index) == there.links;
	if (!bd_inode_entry_is_whiteout(entry))
		entry->ino = last ? bd_overlay_merge_ino(merge, index) : merge->first_ino + merge->ino_count++;
	change_name(merge, dir, entry);
	return 0;
}

static int merge_all(struct bd_overlay_merge *merge, struct bd_inode_table *table, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = merge->sealed };

	table->entries[table->root].base = 0;
	table->entries[table->root].ino = BD_EXT_ROOT_INO;
	take_dir(merge, &table->entries[table->root]);
	for (size_t i = 0; i < table->count; i++) {
		struct bd_inode_entry *entry = &table->entries[i];
		if (i == table->root)
			continue;
		if (i == table->lost_and_found) {
			entry->base = merge->lost_and_found;
			entry->ino = merge->first_ino;
			if (entry->base == BD_SEALED_NONE)
				change_name(merge, 0, entry);
			continue;
		}
		if (merge_entry(merge, table, entry, &reader, err) != 0)
			return -1;
	}
	return 0;
}

int bd_overlay_merge_make(struct bd_overlay_merge *merge_out, const struct bd_sealed *sealed,
			  struct bd_inode_table *table, uint32_t first_ino, struct bd_error *err)
{
	BD_DISPOSE(bd_overlay_merge_dispose)
	struct bd_overlay_merge merge = { .sealed = sealed, .first_ino = first_ino };

	merge.changes = calloc(table->count, sizeof(*merge.changes));
	merge.unlinked = calloc(table->count, sizeof(*merge.unlinked));
	merge.changed_dirs = calloc(table->count, sizeof(*merge.changed_dirs));
	if (!merge.changes || !merge.unlinked || !merge.changed_dirs)
		return bd_no_memory(err);
	if (bd_sealed_find(sealed, BD_EXT_LOST_AND_FOUND, false, &merge.lost_and_found, err) != 0)
		return -1;
	if (merge.lost_and_found != BD_SEALED_NONE && merge.lost_and_found >= sealed->dir_count)
		return bd_fail(err, ENOTDIR, BD_EXT_LOST_AND_FOUND " must be a directory in an ext3 filesystem");
	merge.ino_count = sealed->inode_count - (merge.lost_and_found != BD_SEALED_NONE);
	if (merge_all(&merge, table, err) != 0)
		return -1;
	qsort(merge.changes, merge.change_count, sizeof(*merge.changes), by_directory);
	qsort(merge.unlinked, merge.unlinked_count, sizeof(*merge.unlinked), by_index);
	*merge_out = merge;
	merge.changes = NULL;
	merge.unlinked = NULL;
	merge.changed_dirs = NULL;
	return 0;
}
