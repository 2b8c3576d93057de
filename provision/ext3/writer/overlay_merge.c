/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the paths of a tree in a template. */
#include "ext3/writer/overlay_merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "ext3/writer/inode.h"
#include "rootfs/file_type.h"

#define ROOT_INO 2
#define LOST_AND_FOUND "/lost+found"

void bd_overlay_merge_dispose(struct bd_overlay_merge *join)
{
	free(join->changes);
	free(join->unlinked);
	*join = (struct bd_overlay_merge){ 0 };
}

uint32_t bd_overlay_merge_ino(const struct bd_overlay_merge *join, uint32_t index)
{
	if (index == 0)
		return ROOT_INO;
	if (index == join->lost_and_found)
		return join->first_ino;
	return join->first_ino + index - (join->lost_and_found != BD_SEALED_NONE && index > join->lost_and_found);
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

const struct bd_change *bd_overlay_merge_changes(const struct bd_overlay_merge *join, uint32_t dir, size_t *count_out)
{
	size_t low = 0, high = join->change_count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (join->changes[middle].dir < dir)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < join->change_count && join->changes[end].dir == dir; end++)
		;
	*count_out = end - low;
	return join->changes + low;
}

uint32_t bd_overlay_merge_links(const struct bd_overlay_merge *join, uint32_t index, uint32_t links)
{
	struct bd_unlinked key = { .index = index };
	const struct bd_unlinked *found =
		join->unlinked_count ? bsearch(&key, join->unlinked, join->unlinked_count, sizeof(key), by_index)
				     : NULL;

	return found ? links - found->names : links;
}

/* One more name of the inode goes away. */
static uint32_t unlink_name(struct bd_overlay_merge *join, uint32_t index)
{
	for (size_t i = 0; i < join->unlinked_count; i++)
		if (join->unlinked[i].index == index)
			return ++join->unlinked[i].names;
	join->unlinked[join->unlinked_count++] = (struct bd_unlinked){ index, 1 };
	return 1;
}

static void change_name(struct bd_overlay_merge *join, uint32_t dir, const struct bd_inode_entry *spot)
{
	const char *name = bd_inode_entry_name(spot);

	join->changes[join->change_count++] = (struct bd_change){
		.dir = dir,
		.ino = spot->ino,
		.name = name,
		.name_size = (uint8_t)strlen(name),
		.type = spot->ino ? bd_file_type(spot->node ? spot->node->mode : S_IFDIR) : 0,
	};
}

/* The template's directory that the spot lies in, or BD_SEALED_NONE when that is a new one. */
static uint32_t template_parent(const struct bd_inode_table *spots, const struct bd_inode_entry *spot)
{
	return spot->parent == BD_NO_SPOT ? BD_SEALED_NONE : spots->spots[spot->parent].base;
}

static int check_kinds(const struct bd_inode_entry *spot, const struct bd_sealed_inode *there, struct bd_error *err)
{
	if (S_ISDIR(there->mode) && !bd_inode_entry_is_dir(spot))
		return bd_fail(err, EISDIR, "%s is a directory in the template, and stays one", spot->path);
	if (!S_ISDIR(there->mode) && bd_inode_entry_is_dir(spot))
		return bd_fail(err, ENOTDIR, "%s is no directory in the template", spot->path);
	return 0;
}

/* Whiteouts are not linked to a parent by bd_inode_table_make. */
static int find_whiteout_parent(const struct bd_sealed *sealed, const struct bd_inode_entry *spot, uint32_t *dir_out,
				struct bd_error *err)
{
	size_t length = (size_t)(strrchr(spot->path, '/') - spot->path);
	BD_FREE char *parent = strndup(spot->path, length ? length : 1);

	if (!parent)
		return bd_no_memory(err);
	return bd_sealed_find(sealed, parent, false, dir_out, err);
}

static int join_spot(struct bd_overlay_merge *join, struct bd_inode_table *spots, struct bd_inode_entry *spot,
		     struct bd_sealed_reader *reader, struct bd_error *err)
{
	struct bd_sealed_inode there;
	uint32_t index, dir = template_parent(spots, spot);

	if (bd_sealed_find(join->sealed, spot->path, false, &index, err) != 0)
		return -1;
	if (index == BD_SEALED_NONE) {
		if (bd_inode_entry_is_whiteout(spot))
			return 0;
		spot->ino = join->first_ino + join->ino_count++;
		if (dir != BD_SEALED_NONE)
			change_name(join, dir, spot);
		return 0;
	}
	if (bd_sealed_read_inode(reader, index, &there, err) != 0 || check_kinds(spot, &there, err) != 0)
		return -1;
	if (bd_inode_entry_is_dir(spot)) {
		spot->base = index;
		spot->ino = bd_overlay_merge_ino(join, index);
		return 0;
	}
	if (bd_inode_entry_is_whiteout(spot) && find_whiteout_parent(join->sealed, spot, &dir, err) != 0)
		return -1;
	bool last = unlink_name(join, index) == there.links;
	if (!bd_inode_entry_is_whiteout(spot))
		spot->ino = last ? bd_overlay_merge_ino(join, index) : join->first_ino + join->ino_count++;
	change_name(join, dir, spot);
	return 0;
}

static int join_all(struct bd_overlay_merge *join, struct bd_inode_table *spots, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader;

	bd_sealed_reader_init(&reader, join->sealed);
	spots->spots[spots->root].base = 0;
	spots->spots[spots->root].ino = ROOT_INO;
	for (size_t i = 0; i < spots->count; i++) {
		struct bd_inode_entry *spot = &spots->spots[i];
		if (i == spots->root)
			continue;
		if (i == spots->lost_and_found) {
			spot->base = join->lost_and_found;
			spot->ino = join->first_ino;
			if (spot->base == BD_SEALED_NONE)
				change_name(join, 0, spot);
			continue;
		}
		if (join_spot(join, spots, spot, &reader, err) != 0)
			return -1;
	}
	return 0;
}

int bd_overlay_merge_make(struct bd_overlay_merge *join_out, const struct bd_sealed *sealed,
			  struct bd_inode_table *spots, uint32_t first_ino, struct bd_error *err)
{
	BD_DISPOSE(bd_overlay_merge_dispose)
	struct bd_overlay_merge join = { .sealed = sealed, .first_ino = first_ino };

	join.changes = calloc(spots->count, sizeof(*join.changes));
	join.unlinked = calloc(spots->count, sizeof(*join.unlinked));
	if (!join.changes || !join.unlinked)
		return bd_no_memory(err);
	if (bd_sealed_find(sealed, LOST_AND_FOUND, false, &join.lost_and_found, err) != 0)
		return -1;
	if (join.lost_and_found != BD_SEALED_NONE && join.lost_and_found >= sealed->dir_count)
		return bd_fail(err, ENOTDIR, LOST_AND_FOUND " has to be a directory in an ext3 filesystem");
	join.ino_count = sealed->inode_count - (join.lost_and_found != BD_SEALED_NONE);
	if (join_all(&join, spots, err) != 0)
		return -1;
	qsort(join.changes, join.change_count, sizeof(*join.changes), by_directory);
	qsort(join.unlinked, join.unlinked_count, sizeof(*join.unlinked), by_index);
	*join_out = join;
	join.changes = NULL;
	join.unlinked = NULL;
	return 0;
}
