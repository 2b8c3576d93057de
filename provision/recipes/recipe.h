/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template's recipe: its directories, files, symlinks, modules and applets. templates/README.md describes the
 * format. A recipe has parts ("initramfs", "root"), each of which becomes a tree. */
#ifndef BD_RECIPES_RECIPE_H
#define BD_RECIPES_RECIPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json_tree.h"
#include "recipes/modules.h"
#include "rootfs/tree.h"

struct bd_recipe {
	struct bd_json_tree document;
};

void bd_recipe_dispose(struct bd_recipe *recipe); /* idempotent */

/* what: names the recipe in messages. EINVAL: it is no JSON object. */
int bd_recipe_parse(const char *what, const char *text, struct bd_recipe *recipe_out, struct bd_error *err);

/* Adds the part's folders, then its files (whose contents are embedded, see embedded.h) and symlinks. */
int bd_recipe_add_files(const struct bd_recipe *recipe, const char *part, struct bd_tree *tree, struct bd_error *err);

/* Adds the part's modules and what they need to the list. ENOENT: the kernel has not one that is required; one that
 * is optional is passed over. */
int bd_recipe_add_modules(const struct bd_recipe *recipe, const char *part, const struct bd_module_index *index,
			  struct bd_module_list *list, struct bd_error *err);

/* Whether the name stands in the part's list called list ("applets", "applets_without"). */
bool bd_recipe_lists(const struct bd_recipe *recipe, const char *part, const char *list, const char *name);

#endif
