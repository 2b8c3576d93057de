/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads recipes. */
#include "recipes/recipe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "recipes/embedded.h"

void bd_recipe_dispose(struct bd_recipe *recipe)
{
	bd_json_tree_dispose(&recipe->document);
}

int bd_recipe_parse(const char *what, const char *text, struct bd_recipe *recipe_out, struct bd_error *err)
{
	return bd_json_parse(text, strlen(text), what, &recipe_out->document, err) == 0
		       ? 0
		       : bd_wrap(err, "cannot read the recipe");
}

/* part, or part.key, of this type. NULL: not there, or of another type. */
static const struct bd_json_node *get(const struct bd_recipe *recipe, const char *part, const char *key,
				      const char *inner, enum bd_json_type type)
{
	const struct bd_json_node *node = bd_json_member(recipe->document.root, part);

	if (node && inner)
		node = bd_json_member(node, key);
	return node ? bd_json_member_of(node, inner ? inner : key, type) : NULL;
}

static size_t count_of(const struct bd_json_node *list)
{
	return list ? list->child_count : 0;
}

/* "0755"; anything else is a mistake in the recipe. */
static int parse_mode(const struct bd_json_node *value, const char *path, mode_t *mode_out, struct bd_error *err)
{
	const char *text = bd_json_text(value);
	char *end = NULL;
	unsigned long mode = text ? strtoul(text, &end, 8) : 0;
	if (!text || !*text || *end || mode > 07777)
		return bd_fail(err, EINVAL, "the recipe's mode of %s is not an octal number in quotes", path);
	*mode_out = (mode_t)mode;
	return 0;
}

static int add_file(struct bd_tree *tree, const struct bd_json_node *value, struct bd_error *err)
{
	const char *path = value->key;
	mode_t mode;
	if (value->type != BD_JSON_ARRAY || value->child_count != 2)
		return bd_fail(err, EINVAL, "the recipe's file %s is not [MODE, NAME]", path);
	if (parse_mode(&value->children[0], path, &mode, err) != 0)
		return -1;
	const char *name = bd_json_text(&value->children[1]);
	const char *text = name ? bd_embedded_text(name) : NULL;
	if (!text)
		return bd_fail(err, ENOENT, "the recipe's file %s refers to '%s', which does not exist", path,
			       name ? name : "");
	return bd_tree_add_text(tree, path, mode, text, err);
}

int bd_recipe_add_files(const struct bd_recipe *recipe, const char *part, struct bd_tree *tree, struct bd_error *err)
{
	const struct bd_json_node *folders = get(recipe, part, "folders", NULL, BD_JSON_OBJECT);
	const struct bd_json_node *files = get(recipe, part, "files", NULL, BD_JSON_OBJECT);
	const struct bd_json_node *symlinks = get(recipe, part, "symlinks", NULL, BD_JSON_OBJECT);

	for (size_t i = 0; i < count_of(folders); i++) {
		const struct bd_json_node *folder = &folders->children[i];
		mode_t mode;
		if (parse_mode(folder, folder->key, &mode, err) != 0 ||
		    bd_tree_add_dir(tree, folder->key, mode, err) != 0)
			return -1;
	}
	for (size_t i = 0; i < count_of(files); i++)
		if (add_file(tree, &files->children[i], err) != 0)
			return -1;
	for (size_t i = 0; i < count_of(symlinks); i++) {
		const struct bd_json_node *symlink = &symlinks->children[i];
		if (!bd_json_text(symlink))
			return bd_fail(err, EINVAL, "the recipe's symlink %s has no target", symlink->key);
		if (bd_tree_add_symlink(tree, symlink->key, symlink->text, err) != 0)
			return -1;
	}
	return 0;
}

static int add_modules(const struct bd_json_node *names, bool required, const struct bd_module_index *index,
		       struct bd_module_list *list, struct bd_error *err)
{
	for (size_t i = 0; i < count_of(names); i++) {
		const char *name = bd_json_text(&names->children[i]);
		enum bd_module_state state;
		if (!name)
			return bd_fail(err, EINVAL, "the recipe's list of modules has an entry that is not a string");
		if (bd_module_list_add(list, index, name, &state, err) != 0)
			return -1;
		if (state == BD_MODULE_ABSENT && required)
			return bd_fail(err, ENOENT,
				       "the kernel has no module %s (looked in %s), without which a Xen guest "
				       "cannot mount its root; use a kernel of the distribution",
				       name, index->folder);
		if (state == BD_MODULE_ABSENT)
			bd_debug("the kernel has no module %s (looked in %s)", name, index->folder);
	}
	return 0;
}

int bd_recipe_add_modules(const struct bd_recipe *recipe, const char *part, const struct bd_module_index *index,
			  struct bd_module_list *list, struct bd_error *err)
{
	if (add_modules(get(recipe, part, "modules", "required", BD_JSON_ARRAY), true, index, list, err) != 0)
		return -1;
	return add_modules(get(recipe, part, "modules", "optional", BD_JSON_ARRAY), false, index, list, err);
}

bool bd_recipe_lists(const struct bd_recipe *recipe, const char *part, const char *list, const char *name)
{
	const struct bd_json_node *names = get(recipe, part, list, NULL, BD_JSON_ARRAY);
	for (size_t i = 0; i < count_of(names); i++) {
		const char *listed = bd_json_text(&names->children[i]);
		if (listed && strcmp(listed, name) == 0)
			return true;
	}
	return false;
}
