/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files come in the order of their numbers; each is preceded by the directories and links that must come before it.

 */
#include "template/export/order.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

void bd_export_order_dispose(struct bd_export_order *order)
{
	free(order->names);
	free(order->dirs);
	free(order->first);
	free(order->done);
	free(order->texts);
	*order = (struct bd_export_order){ 0 };
}

static int make_room(struct bd_export_order *order, size_t text_size, struct bd_error *err)
{
	if (bd_array_grow(order->names, order->name_count, err) != 0)
		return -1;
	if (order->text_size + text_size >= UINT32_MAX)
		return bd_fail(err, EFBIG, "too many files");
	return bd_array_reserve(order->texts, order->text_capacity, order->text_size + text_size + 1, err);
}

static int add_name(struct bd_export_order *order, uint32_t dir, const struct bd_sealed_entry *entry,
		    struct bd_error *err)
{
	uint32_t name = (uint32_t)order->name_count;
	bool is_dir = entry->inode < order->dir_count;

	if (entry->inode >= order->inode_count || (is_dir && entry->inode <= dir) ||
	    (is_dir && order->first[entry->inode] != BD_SEALED_NONE))
		return bd_fail(err, EINVAL, "the template's index is damaged: its directories do not form a tree");
	if (make_room(order, entry->name_size, err) < 0)
		return -1;
	order->names[order->name_count++] = (struct bd_export_name){
		.inode = entry->inode,
		.dir = dir,
		.text = (uint32_t)order->text_size,
		.other = order->first[entry->inode],
	};
	memcpy(order->texts + order->text_size, entry->name, entry->name_size);
	order->texts[order->text_size + entry->name_size] = '\0';
	order->text_size += (size_t)entry->name_size + 1;
	order->first[entry->inode] = name;
	if (is_dir)
		order->dirs[entry->inode].name = name;
	return 0;
}

static int read_names(struct bd_export_order *order, const struct bd_sealed *sealed, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = sealed };
	uint64_t dir_at = 0;

	for (uint32_t dir = 0; dir < order->dir_count; dir++) {
		struct bd_sealed_dir record;
		struct bd_sealed_entry entry;
		if (bd_sealed_read_dir(&reader, dir_at, &record, err) < 0)
			return -1;
		dir_at = record.next_at;
		order->dirs[dir].next = (uint32_t)order->name_count;
		while (bd_sealed_next_entry(&record, &entry))
			if (add_name(order, dir, &entry, err) < 0)
				return -1;
		order->dirs[dir].end = (uint32_t)order->name_count;
		if (dir && order->dirs[dir].name == BD_SEALED_NONE)
			return bd_fail(err, EINVAL, "the template's index is damaged: a directory has no name");
	}
	return 0;
}

int bd_export_order_init(struct bd_export_order *order_out, const struct bd_sealed *sealed, struct bd_error *err)
{
	struct bd_export_order *order = order_out;

	*order = (struct bd_export_order){ .dir_count = sealed->dir_count, .inode_count = sealed->inode_count };
	order->dirs = calloc((size_t)sealed->dir_count + 1, sizeof(*order->dirs));
	order->first = malloc(((size_t)sealed->inode_count + 1) * sizeof(*order->first));
	order->done = calloc((size_t)sealed->inode_count + 1, 1);
	if (!order->dirs || !order->first || !order->done)
		return bd_no_memory(err);
	memset(order->first, 0xff, ((size_t)sealed->inode_count + 1) * sizeof(*order->first));
	for (uint32_t i = 0; i < sealed->dir_count; i++)
		order->dirs[i].name = BD_SEALED_NONE;
	order->next_dir = 1;
	return read_names(order, sealed, err);
}

struct walk {
	struct bd_export_order *order;
	bd_export_visit visit;
	void *context;
	struct bd_error *err;
};

/* The next name of a directory comes. */
static int pass(struct walk *walk, uint32_t dir)
{
	struct bd_export_order *order = walk->order;
	uint32_t name = order->dirs[dir].next++, inode = order->names[name].inode, first = BD_SEALED_NONE;

	if (order->done[inode])
		first = order->first[inode];
	else
		order->first[inode] = name;
	order->done[inode] = 1;
	return walk->visit(walk->context, name, first, walk->err);
}

/* All directories up to this one come, in their order; a parent has a lower number than what is in it. */
static int reach_dir(struct walk *walk, uint32_t dir)
{
	struct bd_export_order *order = walk->order;
	for (; order->next_dir <= dir; order->next_dir++) {
		uint32_t own = order->dirs[order->next_dir].name, parent = order->names[own].dir;
		while (order->dirs[parent].next <= own)
			if (pass(walk, parent) < 0)
				return -1;
	}
	return 0;
}

/* The name comes, and before it what stands before it in its directory. */
static int reach_name(struct walk *walk, uint32_t name)
{
	struct bd_export_order *order = walk->order;
	uint32_t dir = order->names[name].dir;

	if (reach_dir(walk, dir) < 0)
		return -1;
	while (order->dirs[dir].next <= name) {
		uint32_t inode = order->names[order->dirs[dir].next].inode;
		/* A directory brings those with lower numbers along. */
		if (inode < order->dir_count && inode >= order->next_dir ? reach_dir(walk, inode) < 0
									 : pass(walk, dir) < 0)
			return -1;
	}
	return 0;
}

/* Whether nothing would come along too early: a file with a higher number. */
static bool can_be_first(const struct bd_export_order *order, uint32_t name)
{
	uint32_t inode = order->names[name].inode;
	for (;;) {
		const struct bd_export_dir *dir = &order->dirs[order->names[name].dir];
		for (uint32_t before = dir->next; before < name; before++) {
			uint32_t other = order->names[before].inode;
			if (other >= order->dir_count && other != inode && !order->done[other])
				return false;
		}
		name = dir->name;
		if (name == BD_SEALED_NONE || order->names[name].inode < order->next_dir)
			return true;
	}
}

int bd_export_order_walk(struct bd_export_order *order, bd_export_visit visit, void *context, struct bd_error *err)
{
	struct walk walk = { .order = order, .visit = visit, .context = context, .err = err };

	for (uint32_t inode = order->dir_count; inode < order->inode_count; inode++) {
		if (order->done[inode] || order->first[inode] == BD_SEALED_NONE)
			continue;
		uint32_t name = order->first[inode];
		while (name != BD_SEALED_NONE && !can_be_first(order, name))
			name = order->names[name].other;
		if (reach_name(&walk, name == BD_SEALED_NONE ? order->first[inode] : name) < 0)
			return -1;
	}
	if (order->dir_count && reach_dir(&walk, order->dir_count - 1) < 0)
		return -1;
	for (uint32_t dir = 0; dir < order->dir_count; dir++)
		while (order->dirs[dir].next < order->dirs[dir].end)
			if (pass(&walk, dir) < 0)
				return -1;
	return 0;
}

char *bd_export_path(const struct bd_export_order *order, uint32_t name)
{
	size_t size = 0;
	for (uint32_t at = name; at != BD_SEALED_NONE; at = order->dirs[order->names[at].dir].name)
		size += strlen(order->texts + order->names[at].text) + 1;
	char *path = malloc(size), *end = path + size;
	if (!path)
		return NULL;
	for (uint32_t at = name; at != BD_SEALED_NONE; at = order->dirs[order->names[at].dir].name) {
		size_t length = strlen(order->texts + order->names[at].text);
		*--end = at == name ? '\0' : '/';
		end -= length;
		memcpy(end, order->texts + order->names[at].text, length);
	}
	return path;
}
