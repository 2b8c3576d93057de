/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes a template's files without touching the template. */
#include "rootfs/overlay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"

#define TEXT_BYTES_MAX ((size_t)1 << 20) /* of a configuration file that is read */

static int resolve(const struct bd_overlay *overlay, const char *path, char **path_out, struct bd_error *err)
{
	if (overlay->root)
		return overlay->root->resolve_parents(overlay->root->source, path, path_out, err);
	*path_out = strdup(path);
	return *path_out ? 0 : bd_no_memory(err);
}

/* Mode and owner of what is there already, without following; mode 0: nothing. */
static int look(const struct bd_overlay *overlay, const char *path, struct bd_node *node_out, struct bd_error *err)
{
	struct bd_root_facts facts = { 0 };

	if (overlay->root && overlay->root->look(overlay->root->source, path, false, &facts, err) != 0)
		return -1;
	*node_out = (struct bd_node){ .mode = facts.mode, .uid = facts.uid, .gid = facts.gid };
	return 0;
}

int bd_overlay_mode(const struct bd_overlay *overlay, const char *path, mode_t *mode_out, struct bd_error *err)
{
	BD_FREE char *resolved = NULL;
	struct bd_node there;

	if (resolve(overlay, path, &resolved, err) != 0)
		return -1;
	const struct bd_node *node = bd_tree_find(overlay->tree, resolved);
	if (!node && look(overlay, resolved, &there, err) != 0)
		return -1;
	*mode_out = node ? node->mode : there.mode;
	return 0;
}

int bd_overlay_exists(const struct bd_overlay *overlay, const char *path, bool *there_out, struct bd_error *err)
{
	mode_t mode;

	if (bd_overlay_mode(overlay, path, &mode, err) != 0)
		return -1;
	*there_out = mode != 0;
	return 0;
}

int bd_overlay_has_any(const struct bd_overlay *overlay, const char *const *paths, bool *there_out,
		       struct bd_error *err)
{
	bool there = false;

	for (; *paths && !there; paths++)
		if (bd_overlay_exists(overlay, *paths, &there, err) != 0)
			return -1;
	*there_out = there;
	return 0;
}

int bd_overlay_read(const struct bd_overlay *overlay, const char *path, char **text_out, struct bd_error *err)
{
	size_t size;

	return bd_overlay_read_data(overlay, path, text_out, &size, err);
}

int bd_overlay_read_data(const struct bd_overlay *overlay, const char *path, char **data_out, size_t *size_bytes_out,
			 struct bd_error *err)
{
	BD_FREE char *resolved = NULL;

	*data_out = NULL;
	if (resolve(overlay, path, &resolved, err) != 0)
		return -1;
	const struct bd_node *node = bd_tree_find(overlay->tree, resolved);
	if (!node)
		return overlay->root ? overlay->root->read_file(overlay->root->source, resolved, TEXT_BYTES_MAX,
								data_out, size_bytes_out, err)
				     : 0;
	if (!S_ISREG(node->mode) || !node->data)
		return 0;
	*data_out = bd_bytes_copy(node->data, node->size_bytes);
	*size_bytes_out = node->size_bytes;
	return *data_out ? 0 : bd_no_memory(err);
}

/* The nearest parent that the template has must be a directory. */
static int check_parents(const struct bd_overlay *overlay, const char *resolved, const char *path,
			 struct bd_error *err)
{
	BD_FREE char *parent = strdup(resolved);
	struct bd_node there;

	if (!parent)
		return bd_no_memory(err);
	for (char *slash = strrchr(parent, '/'); slash && slash != parent; slash = strrchr(parent, '/')) {
		*slash = '\0';
		if (look(overlay, parent, &there, err) != 0)
			return -1;
		if (there.mode && !S_ISDIR(there.mode))
			return bd_fail(err, ENOTDIR, "%s cannot be created: %s is not a directory in the template",
				       path, parent);
		if (there.mode)
			break;
	}
	return 0;
}

/* Where a file is going to be: the path resolved, its parents there, what was at it gone. */
static int make_way(const struct bd_overlay *overlay, const char *path, char **resolved_out, struct bd_error *err)
{
	struct bd_node there;

	if (resolve(overlay, path, resolved_out, err) != 0 || look(overlay, *resolved_out, &there, err) != 0)
		return -1;
	const struct bd_node *node = bd_tree_find(overlay->tree, *resolved_out);
	if (S_ISDIR(there.mode) || (node && S_ISDIR(node->mode)))
		return bd_fail(err, EISDIR, "%s is a directory in the template", path);
	if (check_parents(overlay, *resolved_out, path, err) != 0 ||
	    bd_tree_add_parents(overlay->tree, *resolved_out, err) != 0)
		return -1;
	return node ? bd_tree_add_whiteout(overlay->tree, *resolved_out, err) : 0;
}

int bd_overlay_put(const struct bd_overlay *overlay, const char *path, mode_t permissions, const void *data,
		   size_t size_bytes, struct bd_error *err)
{
	BD_FREE char *resolved = NULL;

	if (make_way(overlay, path, &resolved, err) != 0)
		return -1;
	return bd_tree_add_data(overlay->tree, resolved, permissions, data, size_bytes, err);
}

int bd_overlay_put_text(const struct bd_overlay *overlay, const char *path, mode_t permissions, const char *text,
			struct bd_error *err)
{
	return bd_overlay_put(overlay, path, permissions, text, strlen(text), err);
}

int bd_overlay_put_host_file(const struct bd_overlay *overlay, const char *path, mode_t permissions,
			     const char *host_path, struct bd_error *err)
{
	BD_FREE char *resolved = NULL;

	if (make_way(overlay, path, &resolved, err) != 0)
		return -1;
	return bd_tree_add_host_file(overlay->tree, resolved, permissions, host_path, err);
}

int bd_overlay_put_symlink(const struct bd_overlay *overlay, const char *path, const char *target,
			   struct bd_error *err)
{
	BD_FREE char *resolved = NULL;

	if (make_way(overlay, path, &resolved, err) != 0)
		return -1;
	return bd_tree_add_symlink(overlay->tree, resolved, target, err);
}

int bd_overlay_rewrite(const struct bd_overlay *overlay, const char *path, mode_t permissions, const char *text,
		       struct bd_error *err)
{
	BD_FREE char *resolved = NULL;
	struct bd_node there;

	if (resolve(overlay, path, &resolved, err) != 0 || look(overlay, resolved, &there, err) != 0)
		return -1;
	const struct bd_node *node = bd_tree_find(overlay->tree, resolved);
	if (node)
		there = *node;
	if (!S_ISREG(there.mode))
		there = (struct bd_node){ .mode = permissions };
	if (bd_overlay_put_text(overlay, resolved, there.mode, text, err) != 0)
		return -1;
	return bd_tree_set_owner(overlay->tree, resolved, there.uid, there.gid, err);
}

int bd_overlay_put_dir(const struct bd_overlay *overlay, const char *path, mode_t permissions, struct bd_error *err)
{
	BD_FREE char *resolved = NULL;
	struct bd_node there;

	/* A symlink to a directory counts as one: whatever is put into it goes where it leads to. */
	if (resolve(overlay, path, &resolved, err) != 0 || look(overlay, resolved, &there, err) != 0)
		return -1;
	if (S_ISLNK(there.mode))
		return 0;
	if (there.mode && !S_ISDIR(there.mode))
		return bd_fail(err, ENOTDIR, "%s is not a directory in the template", path);
	if (bd_tree_add_parents(overlay->tree, resolved, err) != 0)
		return -1;
	return bd_tree_add_dir(overlay->tree, resolved, permissions, err);
}

int bd_overlay_set_owner(const struct bd_overlay *overlay, const char *path, uint32_t uid, uint32_t gid,
			 struct bd_error *err)
{
	BD_FREE char *resolved = NULL;

	if (resolve(overlay, path, &resolved, err) != 0)
		return -1;
	return bd_tree_set_owner(overlay->tree, resolved, uid, gid, err);
}

/* Symbolic links in the last component, too. */
static int resolve_dir(const struct bd_overlay *overlay, const char *path, char **resolved_out, struct bd_error *err)
{
	BD_FREE char *entry = NULL;

	if (bd_text_format(&entry, err, "%s/x", strcmp(path, "/") == 0 ? "" : path) != 0 ||
	    resolve(overlay, entry, resolved_out, err) != 0)
		return -1;
	char *slash = strrchr(*resolved_out, '/');
	slash[slash == *resolved_out] = '\0';
	return 0;
}

int bd_overlay_change_dir(const struct bd_overlay *overlay, const char *path, mode_t permissions, uint32_t uid,
			  uint32_t gid, struct bd_error *err)
{
	BD_FREE char *resolved = NULL;

	if (resolve_dir(overlay, path, &resolved, err) != 0 || bd_tree_add_parents(overlay->tree, resolved, err) != 0)
		return -1;
	return bd_tree_change_dir(overlay->tree, resolved, permissions, uid, gid, err);
}

int bd_overlay_remove(const struct bd_overlay *overlay, const char *path, struct bd_error *err)
{
	BD_FREE char *resolved = NULL;
	struct bd_node there;

	if (!overlay->root)
		return 0;
	if (resolve(overlay, path, &resolved, err) != 0 || look(overlay, resolved, &there, err) != 0)
		return -1;
	if (!there.mode || bd_tree_find(overlay->tree, resolved))
		return 0;
	if (bd_tree_add_parents(overlay->tree, resolved, err) != 0)
		return -1;
	return bd_tree_add_whiteout(overlay->tree, resolved, err);
}

struct removal {
	const struct bd_overlay *overlay;
	const char *folder;
	bool (*wanted)(const char *name);
};

static int remove_entry(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	const struct removal *removal = context;
	BD_FREE char *path = NULL;

	(void)type;
	if (!removal->wanted(name))
		return 0;
	if (asprintf(&path, "%s/%s", removal->folder, name) < 0) {
		path = NULL;
		return bd_no_memory(err);
	}
	return bd_overlay_remove(removal->overlay, path, err);
}

int bd_overlay_remove_all(const struct bd_overlay *overlay, const char *folder, bool (*wanted)(const char *name),
			  struct bd_error *err)
{
	struct removal removal = { .overlay = overlay, .folder = folder, .wanted = wanted };

	return overlay->root ? overlay->root->list(overlay->root->source, folder, remove_entry, &removal, err) : 0;
}
