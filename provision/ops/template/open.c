/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens templates by name. */
#include "ops/template/open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "kernel/needs.h"
#include "recipes/mini.h"
#include "rootfs/root_reader.h"
#include "rootfs/sealed_find.h"
#include "rootfs/sealed_root.h"
#include "template/store_verify.h"

void bd_template_init(struct bd_template *template)
{
	*template = (struct bd_template){ 0 };
	bd_stored_init(&template->stored);
}

void bd_template_dispose(struct bd_template *template)
{
	free(template->name);
	free(template->kernel_path);
	free(template->initramfs_path);
	bd_tree_dispose(&template->tree);
	bd_stored_dispose(&template->stored);
	bd_template_init(template);
}

static int open_built_in(const char *name, struct bd_template *template_out, struct bd_error *err)
{
	BD_DISPOSE(bd_mini_root_dispose) struct bd_mini_root root = { 0 };

	if (strcmp(name, BD_TEMPLATE_MINI) == 0 && bd_mini_build(&root, err) != 0)
		return -1;
	char *own_name = strdup(name);
	if (!own_name)
		return bd_no_memory(err);
	bd_template_init(template_out);
	template_out->name = own_name;
	template_out->tree = root.tree;
	template_out->kernel_path = root.kernel_path;
	template_out->initramfs_path = root.initramfs_path;
	root = (struct bd_mini_root){ 0 };
	return 0;
}

static int open_sealed(const char *name, const char *store_path, struct bd_template *template_out,
		       struct bd_error *err)
{
	BD_DISPOSE(bd_template_dispose) struct bd_template template;
	struct bd_store store;

	bd_template_init(&template);
	if (bd_store_open(store_path, &store, err) != 0 || bd_store_get(&store, name, &template.stored, err) != 0)
		return -1;
	if (template.stored.manifest.kind == BD_TEMPLATE_DISK)
		return bd_fail(err, ENOTSUP, "the template %s is a whole disk, whose files cannot be read", name);
	if (bd_stored_check(&template.stored, err) != 0)
		return -1;
	const struct bd_system *system = &template.stored.manifest.system;
	template.name = strdup(name);
	if (system->kernel_path[0])
		template.kernel_path = strdup(system->kernel_path);
	if (system->initramfs_path[0])
		template.initramfs_path = strdup(system->initramfs_path);
	if (!template.name || (system->kernel_path[0] && !template.kernel_path) ||
	    (system->initramfs_path[0] && !template.initramfs_path))
		return bd_no_memory(err);
	*template_out = template;
	bd_template_init(&template);
	return 0;
}

int bd_template_open(const char *name, const char *store_path, struct bd_template *template_out, struct bd_error *err)
{
	if (bd_template_is_built_in(name))
		return open_built_in(name, template_out, err);
	return open_sealed(name, store_path, template_out, err);
}

const struct bd_sealed *bd_template_pack(const struct bd_template *template)
{
	return template->stored.sealed.index_fd >= 0 ? &template->stored.sealed : NULL;
}

const struct bd_system *bd_template_system(const struct bd_template *template)
{
	return template->stored.sealed.index_fd >= 0 ? &template->stored.manifest.system : NULL;
}

uint64_t bd_template_content_bytes(const struct bd_template *template)
{
	const struct bd_tree *tree = &template->tree;
	uint64_t bytes = bd_template_pack(template) ? template->stored.manifest.payload_bytes : 0;

	for (size_t i = 0; i < tree->count; i++) {
		struct stat there;
		if (tree->nodes[i].host_path && stat(tree->nodes[i].host_path, &there) == 0)
			bytes += (uint64_t)there.st_size;
		else
			bytes += tree->nodes[i].size_bytes;
	}
	return bytes;
}

static int sealed_memory(const struct bd_template *template, uint64_t *bytes_out, struct bd_error *err)
{
	const struct bd_sealed *sealed = bd_template_pack(template);
	const struct bd_root_reader root = bd_sealed_root_reader(sealed);
	struct bd_root_facts initramfs = { 0 };
	BD_FREE char *kernel = NULL;
	size_t size;

	if (bd_sealed_read_file(sealed, template->kernel_path, BD_KERNEL_LIMIT_BYTES, &kernel, &size, err) != 0 ||
	    (template->initramfs_path &&
	     root.look(root.source, template->initramfs_path, true, &initramfs, err) != 0))
		return -1;
	*bytes_out = kernel ? bd_kernel_memory_bytes(kernel, size) + initramfs.size_bytes : 0;
	return 0;
}

static int built_memory(const struct bd_template *template, uint64_t *bytes_out, struct bd_error *err)
{
	const struct bd_node *kernel = bd_tree_find(&template->tree, template->kernel_path);
	const struct bd_node *initramfs =
		template->initramfs_path ? bd_tree_find(&template->tree, template->initramfs_path) : NULL;

	*bytes_out = 0;
	if (!kernel || !kernel->host_path)
		return 0;
	if (bd_kernel_file_memory_bytes(kernel->host_path, bytes_out, err) != 0)
		return -1;
	*bytes_out += initramfs ? initramfs->size_bytes : 0;
	return 0;
}

int bd_template_memory_bytes(const struct bd_template *template, uint64_t *bytes_out, struct bd_error *err)
{
	*bytes_out = 0;
	if (!template->kernel_path)
		return 0;
	return bd_template_pack(template) ? sealed_memory(template, bytes_out, err)
					  : built_memory(template, bytes_out, err);
}

int bd_template_check_pv_grub(const struct bd_template *template, struct bd_error *err)
{
	BD_FREE char *kernel = NULL;
	size_t size;

	if (!template->kernel_path)
		return 0;
	if (!bd_template_pack(template)) {
		const struct bd_node *node = bd_tree_find(&template->tree, template->kernel_path);
		return node && node->host_path ? bd_kernel_check_pv_grub(node->host_path, err) : 0;
	}
	if (bd_sealed_read_file(bd_template_pack(template), template->kernel_path, BD_KERNEL_LIMIT_BYTES, &kernel,
				&size, err) != 0)
		return -1;
	return kernel ? bd_kernel_check_pv_grub_data(kernel, size, err) : 0;
}
