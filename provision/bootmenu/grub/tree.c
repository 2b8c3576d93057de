/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of a parsed script. */
#include "bootmenu/grub/tree.h"

#include <errno.h>
#include <string.h>

#include "bootmenu/grub/limits.h"

void *grub_tree_take(struct grub_tree *tree, size_t size_bytes, struct bd_error *err)
{
	if (size_bytes > GRUB_TREE_MAX - tree->bytes) {
		bd_fail(err, E2BIG, "it has more commands than can be read");
		return NULL;
	}
	void *taken = bd_arena_take(&tree->arena, 1, size_bytes);
	if (!taken) {
		bd_no_memory(err);
		return NULL;
	}
	tree->bytes += size_bytes;
	return taken;
}

char *grub_tree_text(struct grub_tree *tree, const char *text, size_t length, struct bd_error *err)
{
	char *copy = grub_tree_take(tree, length + 1, err);

	if (copy && length)
		memcpy(copy, text, length);
	return copy;
}

void grub_tree_dispose(struct grub_tree *tree)
{
	bd_arena_dispose(&tree->arena);
	*tree = (struct grub_tree){ 0 };
}
