/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbering the files of a tree and linking them to their directories. */
#include "ext3/writer/inode_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "rootfs/sealed.h"

#define LOST_AND_FOUND "/lost+found"
#define ROOT_INO 2
/* The kernel's EXT4_LINK_MAX, less "." and the name of the directory itself. */
#define CHILD_DIRS_MAX (65000 - 2)

bool bd_inode_entry_is_dir(const struct bd_inode_entry *spot)
{
	return !spot->node || S_ISDIR(spot->node->mode);
}

bool bd_inode_entry_is_whiteout(const struct bd_inode_entry *spot)
{
	return spot->node && !(spot->node->mode & S_IFMT);
}

const char *bd_inode_entry_name(const struct bd_inode_entry *spot)
{
	return strrchr(spot->path, '/') + 1;
}

void bd_inode_table_dispose(struct bd_inode_table *spots)
{
	free(spots->spots);
	*spots = (struct bd_inode_table){ 0 };
}

static size_t add_spot(struct bd_inode_table *spots, const struct bd_node *node, const char *path)
{
	spots->spots[spots->count] = (struct bd_inode_entry){
		.node = node,
		.path = path,
		.base = BD_SEALED_NONE,
		.parent = BD_NO_SPOT,
		.first_child = BD_NO_SPOT,
		.last_child = BD_NO_SPOT,
		.next_sibling = BD_NO_SPOT,
	};
	return spots->count++;
}

static size_t spot_for(struct bd_inode_table *spots, const char *path)
{
	const struct bd_node *node = bd_tree_find(spots->tree, path);
	return node ? (size_t)(node - spots->tree->nodes) : add_spot(spots, NULL, path);
}

static void add_child(struct bd_inode_table *spots, size_t parent, size_t child)
{
	struct bd_inode_entry *at = &spots->spots[parent];
	spots->spots[child].parent = parent;
	if (at->last_child == BD_NO_SPOT)
		at->first_child = child;
	else
		spots->spots[at->last_child].next_sibling = child;
	at->last_child = child;
	at->child_count++;
	at->child_dir_count += bd_inode_entry_is_dir(&spots->spots[child]);
}

static int link_to_parent(struct bd_inode_table *spots, size_t child, struct bd_error *err)
{
	const char *path = spots->spots[child].path;
	size_t length = (size_t)(strrchr(path, '/') - path);
	if (length == 0) {
		add_child(spots, spots->root, child);
		return 0;
	}
	BD_FREE char *parent_path = strndup(path, length);
	if (!parent_path)
		return bd_no_memory(err);
	const struct bd_node *parent = bd_tree_find(spots->tree, parent_path);
	if (!parent || !S_ISDIR(parent->mode))
		return bd_fail(err, ENOTDIR, "%s has no directory to be in", path);
	add_child(spots, (size_t)(parent - spots->tree->nodes), child);
	return 0;
}

/* mke2fs puts lost+found first into the root. */
static int number_and_link(struct bd_inode_table *spots, uint32_t first_ino, struct bd_error *err)
{
	spots->spots[spots->root].ino = ROOT_INO;
	spots->spots[spots->lost_and_found].ino = first_ino;
	add_child(spots, spots->root, spots->lost_and_found);

	uint32_t next = first_ino + 1;
	for (size_t i = 0; i < spots->count; i++) {
		if (i == spots->root || i == spots->lost_and_found || bd_inode_entry_is_whiteout(&spots->spots[i]))
			continue;
		spots->spots[i].ino = next++;
		if (link_to_parent(spots, i, err) < 0)
			return -1;
	}
	return 0;
}

int bd_inode_table_make(struct bd_inode_table *spots_out, const struct bd_tree *tree, uint32_t first_ino,
			struct bd_error *err)
{
	BD_DISPOSE(bd_inode_table_dispose) struct bd_inode_table spots = { .tree = tree };
	spots.spots = calloc(tree->count + 2, sizeof(*spots.spots));
	if (!spots.spots)
		return bd_no_memory(err);

	for (size_t i = 0; i < tree->count; i++)
		add_spot(&spots, &tree->nodes[i], tree->nodes[i].path);
	spots.root = spot_for(&spots, "/");
	spots.lost_and_found = spot_for(&spots, LOST_AND_FOUND);
	if (!bd_inode_entry_is_dir(&spots.spots[spots.lost_and_found]))
		return bd_fail(err, ENOTDIR, LOST_AND_FOUND " has to be a directory in an ext3 filesystem");
	if (number_and_link(&spots, first_ino, err) < 0)
		return -1;
	for (size_t i = 0; i < spots.count; i++)
		if (spots.spots[i].child_dir_count > CHILD_DIRS_MAX)
			return bd_fail(err, EMLINK, "%s has %u directories in it, ext3 can have %d",
				       spots.spots[i].path, spots.spots[i].child_dir_count, CHILD_DIRS_MAX);
	*spots_out = spots;
	spots.spots = NULL;
	return 0;
}
