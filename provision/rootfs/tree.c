/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tree of files for a guest: nodes in the order of insertion, found by path through a hash table. */
#include "rootfs/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/text.h"

#define NAME_BYTES_MAX 255
#define PATH_BYTES_MAX 4095

static void dispose_node(struct bd_node *node)
{
	free(node->path);
	free(node->host_path);
	free(node->data);
	free((void *)node->label.value);
}

void bd_tree_dispose(struct bd_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		dispose_node(&tree->nodes[i]);
	free(tree->nodes);
	free(tree->index);
	*tree = (struct bd_tree){ 0 };
}

static uint64_t hash_of(const char *path, size_t length)
{
	uint64_t hash = bd_hash(BD_HASH_INIT, path, length);
	return hash ^ hash >> 32;
}

/* The path's place in the index, or the empty place where it would go. The index is never full. */
static uint32_t *index_place(const struct bd_tree *tree, const char *path, size_t length)
{
	size_t mask = tree->index_size - 1;
	for (size_t at = hash_of(path, length) & mask;; at = (at + 1) & mask) {
		uint32_t *place = &tree->index[at];
		if (!*place)
			return place;
		const char *there = tree->nodes[*place - 1].path;
		if (strncmp(there, path, length) == 0 && !there[length])
			return place;
	}
}

static struct bd_node *find(const struct bd_tree *tree, const char *path, size_t length)
{
	if (!tree->index_size)
		return NULL;
	uint32_t place = *index_place(tree, path, length);
	return place ? &tree->nodes[place - 1] : NULL;
}

const struct bd_node *bd_tree_find(const struct bd_tree *tree, const char *path)
{
	return find(tree, path, strlen(path));
}

static void fill_index(struct bd_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		const char *path = tree->nodes[i].path;
		*index_place(tree, path, strlen(path)) = (uint32_t)i + 1;
	}
}

static int grow_index(struct bd_tree *tree, struct bd_error *err)
{
	size_t size = tree->index_size ? tree->index_size * 2 : 256;
	uint32_t *index = calloc(size, sizeof(*index));
	if (!index)
		return bd_no_memory(err);
	free(tree->index);
	tree->index = index;
	tree->index_size = size;
	fill_index(tree);
	return 0;
}

static int make_room(struct bd_tree *tree, struct bd_error *err)
{
	if (tree->count == UINT32_MAX / 2)
		return bd_fail(err, EFBIG, "too many files");
	if (bd_array_grow(tree->nodes, tree->count, err) != 0)
		return -1;
	return (tree->count + 1) * 2 > tree->index_size ? grow_index(tree, err) : 0;
}

static int check_form(const char *path, struct bd_error *err)
{
	size_t length = strlen(path);
	if (path[0] != '/' || (length > 1 && path[length - 1] == '/'))
		return bd_fail(err, EINVAL, "\"%s\" is not an absolute path without a slash at its end", path);
	if (length > PATH_BYTES_MAX)
		return bd_fail(err, ENAMETOOLONG, "a path of %zu bytes is too long: %.60s...", length, path);
	if (length == 1)
		return 0;

	for (const char *name = path + 1, *end;; name = end + 1) {
		end = strchrnul(name, '/');
		size_t size = (size_t)(end - name);
		if (size == 0 || (size == 1 && name[0] == '.') || (size == 2 && !memcmp(name, "..", 2)))
			return bd_fail(err, EINVAL, "\"%s\" has an empty, \".\" or \"..\" component", path);
		if (size > NAME_BYTES_MAX)
			return bd_fail(err, ENAMETOOLONG, "\"%s\" has a name of more than %d bytes", path,
				       NAME_BYTES_MAX);
		if (!*end)
			return 0;
	}
}

static int check_parent(const struct bd_tree *tree, const char *path, struct bd_error *err)
{
	size_t length = (size_t)(strrchr(path, '/') - path);
	if (length == 0)
		return 0;
	const struct bd_node *parent = find(tree, path, length);
	if (!parent)
		return bd_fail(err, ENOENT, "\"%s\" has no parent directory", path);
	if (!S_ISDIR(parent->mode))
		return bd_fail(err, ENOTDIR, "\"%s\" cannot be put into \"%s\", which is not a directory", path,
			       parent->path);
	return 0;
}

/* Takes over what *node owns, whether it fails or not. */
static int add(struct bd_tree *tree, const char *path, struct bd_node *node, struct bd_error *err)
{
	struct bd_node *there = find(tree, path, strlen(path));
	int r = check_form(path, err);
	if (r == 0)
		r = check_parent(tree, path, err);
	if (r == 0 && ((there && there->mode) || (!path[1] && !S_ISDIR(node->mode))))
		r = bd_fail(err, EEXIST, "\"%s\" already exists", path);
	if (r == 0 && !there)
		r = make_room(tree, err);
	if (r == 0) {
		node->path = there ? there->path : strdup(path);
		if (!node->path)
			r = bd_no_memory(err);
	}
	if (r < 0) {
		dispose_node(node);
		return -1;
	}
	if (there) {
		*there = *node; /* which was a whiteout */
		return 0;
	}
	*index_place(tree, path, strlen(path)) = (uint32_t)tree->count + 1;
	tree->nodes[tree->count++] = *node;
	return 0;
}

static mode_t permission_bits(mode_t mode)
{
	return mode & 07777;
}

int bd_tree_add_dir(struct bd_tree *tree, const char *path, mode_t permissions, struct bd_error *err)
{
	const struct bd_node *there = bd_tree_find(tree, path);
	if (there && S_ISDIR(there->mode))
		return 0;
	struct bd_node node = { .mode = S_IFDIR | permission_bits(permissions) };
	return add(tree, path, &node, err);
}

static int add_with_data(struct bd_tree *tree, const char *path, mode_t mode, const void *data, size_t size_bytes,
			 struct bd_error *err)
{
	struct bd_node node = { .mode = mode, .size_bytes = size_bytes, .data = bd_bytes_copy(data, size_bytes) };
	if (!node.data)
		return bd_fail(err, ENOMEM, "out of memory for the %zu bytes of \"%s\"", size_bytes, path);
	return add(tree, path, &node, err);
}

int bd_tree_add_data(struct bd_tree *tree, const char *path, mode_t permissions, const void *data, size_t size_bytes,
		     struct bd_error *err)
{
	return add_with_data(tree, path, S_IFREG | permission_bits(permissions), data, size_bytes, err);
}

int bd_tree_add_text(struct bd_tree *tree, const char *path, mode_t permissions, const char *text,
		     struct bd_error *err)
{
	return bd_tree_add_data(tree, path, permissions, text, strlen(text), err);
}

int bd_tree_add_host_file(struct bd_tree *tree, const char *path, mode_t permissions, const char *host_path,
			  struct bd_error *err)
{
	struct bd_node node = { .mode = S_IFREG | permission_bits(permissions), .host_path = strdup(host_path) };
	if (!node.host_path)
		return bd_no_memory(err);
	return add(tree, path, &node, err);
}

int bd_tree_add_symlink(struct bd_tree *tree, const char *path, const char *target, struct bd_error *err)
{
	if (!*target)
		return bd_fail(err, EINVAL, "the symbolic link \"%s\" has no target", path);
	return add_with_data(tree, path, S_IFLNK | 0777, target, strlen(target), err);
}

int bd_tree_add_device(struct bd_tree *tree, const char *path, mode_t mode, dev_t rdev, struct bd_error *err)
{
	if (!S_ISCHR(mode) && !S_ISBLK(mode) && !S_ISFIFO(mode) && !S_ISSOCK(mode))
		return bd_fail(err, EINVAL, "\"%s\": mode %o is not a device's", path, (unsigned)mode);
	struct bd_node node = { .mode = mode & (S_IFMT | 07777) };
	if (S_ISCHR(mode) || S_ISBLK(mode))
		node.rdev = rdev;
	return add(tree, path, &node, err);
}

int bd_tree_add_parents(struct bd_tree *tree, const char *path, struct bd_error *err)
{
	char parent[PATH_BYTES_MAX + 1];

	if (check_form(path, err) != 0)
		return -1;
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		memcpy(parent, path, (size_t)(slash - path));
		parent[slash - path] = '\0';
		if (!bd_tree_find(tree, parent) && bd_tree_add_dir(tree, parent, 0755, err) != 0)
			return -1;
	}
	return 0;
}

int bd_tree_add_whiteout(struct bd_tree *tree, const char *path, struct bd_error *err)
{
	struct bd_node node = { .mode = 0 }, *there = find(tree, path, strlen(path));

	if (!path[1] || (there && S_ISDIR(there->mode)))
		return bd_fail(err, EISDIR, "\"%s\" is a directory", path);
	if (there) {
		free(there->host_path);
		free(there->data);
		free((void *)there->label.value);
		*there = (struct bd_node){ .path = there->path };
		return 0;
	}
	return add(tree, path, &node, err);
}

int bd_tree_set_owner(struct bd_tree *tree, const char *path, uint32_t uid, uint32_t gid, struct bd_error *err)
{
	struct bd_node *node = find(tree, path, strlen(path));

	if (!node)
		return bd_fail(err, ENOENT, "\"%s\" does not exist", path);
	node->uid = uid;
	node->gid = gid;
	return 0;
}

int bd_tree_change_dir(struct bd_tree *tree, const char *path, mode_t permissions, uint32_t uid, uint32_t gid,
		       struct bd_error *err)
{
	struct bd_node *node = find(tree, path, strlen(path));

	if (node && node->mode && !S_ISDIR(node->mode))
		return bd_fail(err, ENOTDIR, "\"%s\" is not a directory", path);
	if (bd_tree_add_dir(tree, path, permissions, err) != 0)
		return -1;
	node = find(tree, path, strlen(path));
	node->mode = S_IFDIR | permission_bits(permissions);
	node->uid = uid;
	node->gid = gid;
	node->changes_dir = true;
	return 0;
}

int bd_tree_set_label(struct bd_tree *tree, const char *path, const void *value, size_t size_bytes,
		      struct bd_error *err)
{
	struct bd_node *node = find(tree, path, strlen(path));

	if (!node)
		return bd_fail(err, ENOENT, "\"%s\" does not exist", path);
	void *copy = bd_bytes_copy(value, size_bytes);
	if (!copy)
		return bd_no_memory(err);
	free((void *)node->label.value);
	node->label = (struct bd_xattr){ BD_SELINUX_LABEL, copy, size_bytes };
	return 0;
}

/* The directory itself is in both. */
static int add_top(struct bd_tree *below, const struct bd_node *top, struct bd_error *err)
{
	if (!top)
		return 0;
	if (bd_tree_add_dir(below, "/", top->mode, err) != 0 ||
	    bd_tree_set_owner(below, "/", top->uid, top->gid, err) != 0)
		return -1;
	below->nodes[0].changes_dir = top->changes_dir;
	return top->label.value ? bd_tree_set_label(below, "/", top->label.value, top->label.size_bytes, err) : 0;
}

/* The nodes of `below` own nothing but their paths until all of them are there. */
static int list_below(const struct bd_tree *tree, const char *path, struct bd_tree *below, struct bd_error *err)
{
	for (size_t i = 0; i < tree->count; i++) {
		struct bd_node node = tree->nodes[i];
		if (!bd_path_is_below(node.path, path))
			continue;
		if (make_room(below, err) != 0)
			return -1;
		node.path = strdup(node.path + strlen(path));
		if (!node.path)
			return bd_no_memory(err);
		*index_place(below, node.path, strlen(node.path)) = (uint32_t)below->count + 1;
		below->nodes[below->count++] = node;
	}
	return 0;
}

static void drop_below(struct bd_tree *tree, const char *path)
{
	size_t left = 0;

	for (size_t i = 0; i < tree->count; i++) {
		if (bd_path_is_below(tree->nodes[i].path, path))
			free(tree->nodes[i].path);
		else
			tree->nodes[left++] = tree->nodes[i];
	}
	tree->count = left;
	if (tree->index)
		memset(tree->index, 0, tree->index_size * sizeof(*tree->index));
	fill_index(tree);
}

int bd_tree_take_below(struct bd_tree *tree, const char *path, struct bd_tree *below_out, struct bd_error *err)
{
	struct bd_tree below = { 0 };

	if (add_top(&below, bd_tree_find(tree, path), err) != 0) {
		bd_tree_dispose(&below);
		return -1;
	}
	size_t own = below.count;
	if (list_below(tree, path, &below, err) != 0) {
		for (size_t i = own; i < below.count; i++)
			below.nodes[i] = (struct bd_node){ .path = below.nodes[i].path };
		bd_tree_dispose(&below);
		return -1;
	}
	drop_below(tree, path);
	*below_out = below;
	return 0;
}
