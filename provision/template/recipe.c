/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads recipes through yajl. */
#include "template/recipe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#include "base/log.h"
#include "template/embedded.h"

void bd_recipe_init(struct bd_recipe *recipe)
{
	recipe->document = NULL;
}

void bd_recipe_dispose(struct bd_recipe *recipe)
{
	yajl_tree_free(recipe->document);
	bd_recipe_init(recipe);
}

int bd_recipe_parse(const char *what, const char *text, struct bd_recipe *recipe_out, struct bd_error *err)
{
	char problem[512];
	yajl_val document = yajl_tree_parse(text, problem, sizeof(problem));
	if (!document)
		return bd_fail(err, EINVAL, "the recipe %s is not JSON: %s", what, problem);
	recipe_out->document = document;
	return 0;
}

/* NULL: not there, or of another type. */
static yajl_val get(const struct bd_recipe *recipe, const char *part, const char *key, const char *inner,
		    yajl_type type)
{
	const char *path[] = { part, key, inner, NULL };
	return yajl_tree_get(recipe->document, path, type);
}

/* "0755"; anything else is a mistake in the recipe. */
static int parse_mode(yajl_val value, const char *path, mode_t *mode_out, struct bd_error *err)
{
	const char *text = YAJL_GET_STRING(value);
	char *end = NULL;
	unsigned long mode = text ? strtoul(text, &end, 8) : 0;
	if (!text || !*text || *end || mode > 07777)
		return bd_fail(err, EINVAL, "the recipe's mode of %s is not an octal number in quotes", path);
	*mode_out = (mode_t)mode;
	return 0;
}

static int add_file(struct bd_tree *tree, const char *path, yajl_val value, struct bd_error *err)
{
	mode_t mode;
	if (!YAJL_IS_ARRAY(value) || value->u.array.len != 2)
		return bd_fail(err, EINVAL, "the recipe's file %s is not [MODE, NAME]", path);
	if (parse_mode(value->u.array.values[0], path, &mode, err) != 0)
		return -1;
	const char *name = YAJL_GET_STRING(value->u.array.values[1]);
	const char *text = name ? bd_embedded_text(name) : NULL;
	if (!text)
		return bd_fail(err, ENOENT, "the recipe's file %s comes from '%s', which there is not", path,
			       name ? name : "");
	return bd_tree_add_text(tree, path, mode, text, err);
}

int bd_recipe_add_files(const struct bd_recipe *recipe, const char *part, struct bd_tree *tree, struct bd_error *err)
{
	yajl_val folders = get(recipe, part, "folders", NULL, yajl_t_object);
	yajl_val files = get(recipe, part, "files", NULL, yajl_t_object);
	yajl_val symlinks = get(recipe, part, "symlinks", NULL, yajl_t_object);

	for (size_t i = 0; folders && i < folders->u.object.len; i++) {
		const char *path = folders->u.object.keys[i];
		mode_t mode;
		if (parse_mode(folders->u.object.values[i], path, &mode, err) != 0 ||
		    bd_tree_add_dir(tree, path, mode, err) != 0)
			return -1;
	}
	for (size_t i = 0; files && i < files->u.object.len; i++)
		if (add_file(tree, files->u.object.keys[i], files->u.object.values[i], err) != 0)
			return -1;
	for (size_t i = 0; symlinks && i < symlinks->u.object.len; i++) {
		const char *target = YAJL_GET_STRING(symlinks->u.object.values[i]);
		const char *path = symlinks->u.object.keys[i];
		if (!target)
			return bd_fail(err, EINVAL, "the recipe's symlink %s has no target", path);
		if (bd_tree_add_symlink(tree, path, target, err) != 0)
			return -1;
	}
	return 0;
}

static int add_modules(yajl_val names, bool required, const struct bd_module_index *index,
		       struct bd_module_list *list, struct bd_error *err)
{
	for (size_t i = 0; names && i < names->u.array.len; i++) {
		const char *name = YAJL_GET_STRING(names->u.array.values[i]);
		enum bd_module_state state;
		if (!name)
			return bd_fail(err, EINVAL, "the recipe's list of modules has something that is no string");
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
	if (add_modules(get(recipe, part, "modules", "required", yajl_t_array), true, index, list, err) != 0)
		return -1;
	return add_modules(get(recipe, part, "modules", "optional", yajl_t_array), false, index, list, err);
}

bool bd_recipe_lists(const struct bd_recipe *recipe, const char *part, const char *list, const char *name)
{
	yajl_val names = get(recipe, part, list, NULL, yajl_t_array);
	for (size_t i = 0; names && i < names->u.array.len; i++) {
		const char *listed = YAJL_GET_STRING(names->u.array.values[i]);
		if (listed && strcmp(listed, name) == 0)
			return true;
	}
	return false;
}
