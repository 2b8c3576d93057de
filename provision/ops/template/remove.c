/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The template first: from then on nobody makes a prepared image of it. */
#include "ops/template/remove.h"

#include <stdio.h>

#include "base/checksum.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "volume/change.h"
#include "volume/find.h"
#include "volume/lvm.h"

/* tree: the checksum of its tree. */
static int remove_prepared(const char *tree, struct bd_error *err)
{
	BD_DISPOSE(bd_volumes_dispose) struct bd_volumes prepared = { 0 };
	char selection[256];

	snprintf(selection, sizeof(selection), "tags=\"" BD_VOLUME_TAG_TREE "%s\"", tree);
	if (bd_volumes_find(selection, &prepared, err) != 0)
		return -1;
	for (size_t i = 0; i < prepared.count; i++)
		if (bd_volume_remove(prepared.items[i].group, prepared.items[i].name, err) != 0)
			return -1;
	return 0;
}

/* Of one that is damaged, nothing is known; its images are the oldest in their pool one day. */
static void read_tree(const struct bd_store *store, const char *name, char tree_out[BD_CHECKSUM_SIZE])
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	struct bd_error damaged;

	bd_stored_init(&stored);
	tree_out[0] = '\0';
	if (bd_lvm_is_usable() && bd_store_get(store, name, &stored, &damaged) == 0 &&
	    stored.manifest.kind == BD_TEMPLATE_ROOT)
		snprintf(tree_out, BD_CHECKSUM_SIZE, "%s", stored.manifest.tree.blake2b);
}

int bd_template_remove(const struct bd_store *store, const char *name, struct bd_error *err)
{
	char tree[BD_CHECKSUM_SIZE];
	struct bd_error failure;

	read_tree(store, name, tree);
	if (bd_store_remove(store, name, err) != 0)
		return -1;
	if (bd_checksum_is_text(tree) && remove_prepared(tree, &failure) != 0)
		bd_warn("prepared images of %s in thin pools were not removed: %s", name, failure.message);
	return 0;
}
