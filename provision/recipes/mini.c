/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds a mini guest's root and initramfs from the recipe templates/mini.json. */
#include "recipes/mini.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "recipes/busybox.h"
#include "recipes/embedded.h"
#include "recipes/initramfs.h"
#include "recipes/modules.h"
#include "recipes/recipe.h"

/* A text that grows by lines: modules.dep, the initramfs' load order. */
struct lines {
	char *text;
	size_t size;
	FILE *stream;
};

static void lines_dispose(struct lines *lines)
{
	if (lines->stream)
		fclose(lines->stream);
	free(lines->text);
}

static int lines_open(struct lines *lines, struct bd_error *err)
{
	lines->stream = open_memstream(&lines->text, &lines->size);
	return lines->stream ? 0 : bd_fail_errno(err, "cannot list the modules");
}

static int lines_close(struct lines *lines, struct bd_error *err)
{
	int r = fclose(lines->stream);
	lines->stream = NULL;
	return r == 0 ? 0 : bd_fail_errno(err, "cannot list the modules");
}

/* The module's line of modules.dep, for modules that are no longer compressed. */
static void print_dependencies(FILE *out, const struct bd_module *module)
{
	fprintf(out, "%.*s:", (int)bd_module_plain_length(module->path), module->path);
	const char *need = module->needs + strspn(module->needs, " \t");
	for (size_t length; (length = strcspn(need, " \t")) > 0; need += length + strspn(need + length, " \t")) {
		char path[PATH_MAX];
		snprintf(path, sizeof(path), "%.*s", (int)length, need);
		fprintf(out, " %.*s", (int)bd_module_plain_length(path), path);
	}
	fputc('\n', out);
}

/* Puts the module at folder/its path, and makes the folders on the way. */
static int add_below(struct bd_tree *tree, const char *folder, const char *module_path, const void *data, size_t size,
		     struct bd_error *err)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%.*s", folder, (int)bd_module_plain_length(module_path),
			 module_path);
	if (n < 0 || (size_t)n >= sizeof(path))
		return bd_fail(err, ENAMETOOLONG, "the path of the module %s is too long", module_path);
	for (char *slash = path + strlen(folder); (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		if (bd_tree_add_dir(tree, path, 0755, err) != 0)
			return -1;
		*slash = '/';
	}
	return bd_tree_add_data(tree, path, 0644, data, size, err);
}

struct module_plan {
	struct bd_module_index index;
	struct bd_module_list list;
	size_t boot_count; /* so many, from the front, are in the initramfs as well */
};

static void module_plan_dispose(struct module_plan *plan)
{
	bd_module_list_dispose(&plan->list);
	bd_module_index_dispose(&plan->index);
}

static int plan_modules(const struct bd_kernel *kernel, const struct bd_recipe *recipe, struct module_plan *plan,
			struct bd_error *err)
{
	if (bd_module_index_open(kernel->modules_path, &plan->index, err) != 0 ||
	    bd_recipe_add_modules(recipe, "initramfs", &plan->index, &plan->list, err) != 0)
		return -1;
	plan->boot_count = plan->list.count;
	return bd_recipe_add_modules(recipe, "root", &plan->index, &plan->list, err);
}

/* Each module is read once; its place in the list is the order in which the initramfs loads it. */
static int add_modules(const struct module_plan *plan, const char *folder, struct bd_tree *root,
		       struct bd_tree *initramfs, struct bd_error *err)
{
	BD_DISPOSE(lines_dispose) struct lines dependencies = { 0 };
	BD_DISPOSE(lines_dispose) struct lines order = { 0 };
	char path[NAME_MAX + 64];

	if (lines_open(&dependencies, err) != 0 || lines_open(&order, err) != 0)
		return -1;
	if (bd_tree_add_dir(root, folder, 0755, err) != 0)
		return -1;
	for (size_t i = 0; i < plan->list.count; i++) {
		const struct bd_module *module = plan->list.modules[i];
		const char *slash = strrchr(module->path, '/');
		const char *name = slash ? slash + 1 : module->path;
		BD_FREE void *data = NULL;
		size_t size;
		if (bd_module_read(&plan->index, module, &data, &size, err) != 0 ||
		    add_below(root, folder, module->path, data, size, err) != 0)
			return -1;
		print_dependencies(dependencies.stream, module);
		if (i >= plan->boot_count)
			continue;
		if (add_below(initramfs, "/modules", name, data, size, err) != 0)
			return -1;
		fprintf(order.stream, "%.*s\n", (int)bd_module_plain_length(name), name);
	}
	if (lines_close(&dependencies, err) != 0 || lines_close(&order, err) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/modules.dep", folder);
	if (bd_tree_add_data(root, path, 0644, dependencies.text, dependencies.size, err) != 0)
		return -1;
	return bd_tree_add_data(initramfs, "/modules/order", 0644, order.text, order.size, err);
}

static bool wanted_in_initramfs(const void *recipe, const char *applet)
{
	return bd_recipe_lists(recipe, "initramfs", "applets", applet);
}

static bool wanted_in_root(const void *recipe, const char *applet)
{
	return !bd_recipe_lists(recipe, "root", "applets_without", applet);
}

static int fill_trees(const struct bd_mini_parts *parts, struct bd_tree *root, struct bd_tree *initramfs,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_recipe_dispose) struct bd_recipe recipe = { NULL };
	BD_DISPOSE(module_plan_dispose) struct module_plan plan = { 0 };
	BD_FREE char *applets = NULL;
	char folder[NAME_MAX + 32];

	if (bd_recipe_parse("mini.json", bd_embedded_text("mini.json"), &recipe, err) != 0 ||
	    bd_recipe_add_files(&recipe, "root", root, err) != 0 ||
	    bd_recipe_add_files(&recipe, "initramfs", initramfs, err) != 0)
		return -1;
	if (bd_busybox_list(parts->busybox_path, &applets, err) != 0 ||
	    bd_busybox_add(root, parts->busybox_path, applets, NULL, wanted_in_root, &recipe, err) != 0 ||
	    bd_busybox_add(initramfs, parts->busybox_path, applets, "/bin", wanted_in_initramfs, &recipe, err) != 0)
		return -1;
	snprintf(folder, sizeof(folder), "/lib/modules/%s", parts->kernel.version);
	if (plan_modules(&parts->kernel, &recipe, &plan, err) != 0)
		return -1;
	return add_modules(&plan, folder, root, initramfs, err);
}

static char *in_boot(const char *prefix, const char *version)
{
	char *path = NULL;
	return asprintf(&path, "/boot/%s-%s", prefix, version) < 0 ? NULL : path;
}

void bd_mini_root_dispose(struct bd_mini_root *root)
{
	free(root->kernel_path);
	free(root->initramfs_path);
	bd_tree_dispose(&root->tree);
	*root = (struct bd_mini_root){ 0 };
}

int bd_mini_build_from(const struct bd_mini_parts *parts, struct bd_mini_root *root_out, struct bd_error *err)
{
	BD_DISPOSE(bd_mini_root_dispose) struct bd_mini_root root = { 0 };
	BD_DISPOSE(bd_tree_dispose) struct bd_tree initramfs = { 0 };
	BD_FREE void *encoded = NULL;
	size_t encoded_size;

	root.kernel_path = in_boot("vmlinuz", parts->kernel.version);
	root.initramfs_path = in_boot("initrd.img", parts->kernel.version);
	if (!root.kernel_path || !root.initramfs_path)
		return bd_no_memory(err);

	if (fill_trees(parts, &root.tree, &initramfs, err) != 0 ||
	    bd_initramfs_encode(&initramfs, &encoded, &encoded_size, err) != 0 ||
	    bd_tree_add_host_file(&root.tree, root.kernel_path, 0644, parts->kernel.image_path, err) != 0 ||
	    bd_tree_add_data(&root.tree, root.initramfs_path, 0644, encoded, encoded_size, err) != 0)
		return -1;
	*root_out = bd_take_struct(root);
	return 0;
}

int bd_mini_build(struct bd_mini_root *root_out, struct bd_error *err)
{
	struct bd_mini_parts parts;
	if (bd_busybox_find(parts.busybox_path, sizeof(parts.busybox_path), err) != 0 ||
	    bd_kernel_find(&parts.kernel, err) != 0 || bd_mini_build_from(&parts, root_out, err) != 0)
		return bd_wrap(err, "cannot build the template mini");
	return 0;
}
