/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every test has a folder of its own as working directory, and an empty tree. To be included after folder_checks.h. */
#ifndef BD_TESTS_TREE_FOLDER_H
#define BD_TESTS_TREE_FOLDER_H

#include "rootfs/tree.h"

static struct bd_tree tree;

static int enter_with_tree(void **state)
{
	tree = (struct bd_tree){ 0 };
	return enter_folder(state);
}

static int leave_with_tree(void **state)
{
	bd_tree_dispose(&tree);
	return leave_folder(state);
}

#endif
