/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions for any root filesystem, built on its reader's functions. */
#include "rootfs/root_reader.h"

#include <errno.h>

int bd_root_exists(const struct bd_root_reader *root, const char *path, bool *there_out, struct bd_error *err)
{
	struct bd_root_facts facts;

	if (root->look(root->source, path, true, &facts, err) == 0) {
		*there_out = facts.mode != 0;
		return 0;
	}
	*there_out = false;
	return err->code == ELOOP ? 0 : -1;
}
