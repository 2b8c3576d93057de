/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers the files of a tree, and links them to their directories. */
#include "ext3/writer/inode_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "ext3/format.h"
#include "rootfs/sealed.h"

bool bd_inode_entry_is_dir(const struct bd_inode_entry *entry)
{
	return !entry->node || S_ISDIR(entry->node->mode);
}

bool bd_inode_entry_is_whiteout(const struct bd_inode_entry *entry)
{
	return entry->node && !(entry->node->mode & S_IFMT);
}

const char *bd_inode_entry_name(const struct bd_inode_entry *entry)
{
	return strrchr(entry->path, '/') + 1;
}

void bd_inode_table_dispose(struct bd_inode_table *table)
{
	free(table->entries);
	*table = (struct bd_inode_table){ 0 };
}

static size_t add_entry(struct bd_inode_table *table, const struct bd_node *node, const char *path)
{
	table->entries[table->count] = (struct bd_inode_entry){
		.node = node,
		.path = path,
		.base = BD_SEALED_NONE,
		.parent = BD_NO_ENTRY,
		.first_child = BD_NO_ENTRY,
		.last_child = BD_NO_ENTRY,
		.next_sibling = BD_NO_ENTRY,
	};
	return table->count++;
}

static size_t entry_for(struct bd_inode_table *table, const char *path)
{
	const struct bd_node *node = bd_tree_find(table->tree, path);
	return node ? (size_t)(node - table->tree->nodes) : add_entry(table, NULL, path);
}

static void add_child(struct bd_inode_table *table, size_t parent, size_t child)
{
	struct bd_inode_entry *at = &table->entries[parent];
	table->entries[child].parent = parent;
	if (at->last_child == BD_NO_ENTRY)
		at->first_child = child;
	else
		table->entries[at->last_child].next_sibling = child;
	at->last_child = child;
	at->child_count++;
	at->child_dir_count += bd_inode_entry_is_dir(&table->entries[child]);
}

static int link_to_parent(struct bd_inode_table *table, size_t child, struct bd_error *err)
{
	const char *path = table->entries[child].path;
	size_t length = (size_t)(strrchr(path, '/') - path);
	if (length == 0) {
		add_child(table, table->root, child);
		return 0;
	}
	BD_FREE char *parent_path = strndup(path, length);
	if (!parent_path)
		return bd_no_memory(err);
	const struct bd_node *parent = bd_tree_find(table->tree, parent_path);
	if (!parent || !S_ISDIR(parent->mode))
		return bd_fail(err, ENOTDIR, "%s has no parent directory", path);
	add_child(table, (size_t)(parent - table->tree->nodes), child);
	return 0;
}

/* mke2fs puts lost+found first into the root. */
static int number_and_link(struct bd_inode_table *table, uint32_t first_ino, struct bd_error *err)
{
	table->entries[table->root].ino = BD_EXT_ROOT_INO;
	table->entries[table->lost_and_found].ino = first_ino;
	add_child(table, table->root, table->lost_and_found);

	uint32_t next = first_ino + 1;
	for (size_t i = 0; i < table->count; i++) {
		if (i == table->root || i == table->lost_and_found || bd_inode_entry_is_whiteout(&table->entries[i]))
			continue;
		table->entries[i].ino = next++;
		if (link_to_parent(table, i, err) < 0)
			return -1;
	}
	return 0;
}

int bd_inode_table_make(struct bd_inode_table *table_out, const struct bd_tree *tree, uint32_t first_ino,
			struct bd_error *err)
{
	BD_DISPOSE(bd_inode_table_dispose) struct bd_inode_table table = { .tree = tree };
	table.entries = calloc(tree->count + 2, sizeof(*table.entries));
	if (!table.entries)
		return bd_no_memory(err);

	for (size_t i = 0; i < tree->count; i++)
		add_entry(&table, &tree->nodes[i], tree->nodes[i].path);
	table.root = entry_for(&table, "/");
	table.lost_and_found = entry_for(&table, BD_EXT_LOST_AND_FOUND);
	if (!bd_inode_entry_is_dir(&table.entries[table.lost_and_found]))
		return bd_fail(err, ENOTDIR, BD_EXT_LOST_AND_FOUND " must be a directory in an ext3 filesystem");
	if (number_and_link(&table, first_ino, err) < 0)
		return -1;
	for (size_t i = 0; i < table.count; i++)
		if (table.entries[i].child_dir_count > BD_EXT_CHILD_DIRS_MAX)
			return bd_fail(err, EMLINK, "%s has %u subdirectories, ext3 allows %d", table.entries[i].path,
				       table.entries[i].child_dir_count, BD_EXT_CHILD_DIRS_MAX);
	*table_out = table;
	table.entries = NULL;
	return 0;
}
