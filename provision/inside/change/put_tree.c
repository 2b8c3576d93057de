/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From nodes to changes. */
#include "inside/change/put_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/file/mode.h"
#include "inside/change/change.h"

/* What the changes borrow. */
struct putting {
	struct bd_change *changes;
	struct bd_file_meta *metas;
	struct bd_change_range *ranges;
	char **texts; /* targets, and patterns */
	struct bd_mode_change *modes; /* of directories that are changed */
	size_t count, mode_count;
};

static void putting_dispose(struct putting *putting)
{
	for (size_t i = 0; putting->texts && i < putting->count; i++)
		free(putting->texts[i]);
	free(putting->changes);
	free(putting->metas);
	free(putting->ranges);
	free((void *)putting->texts);
	free(putting->modes);
}

static size_t count_changed_dirs(const struct bd_tree *tree)
{
	size_t count = 0;

	for (size_t i = 0; i < tree->count; i++)
		count += tree->nodes[i].changes_dir;
	return count;
}

static int putting_init(struct putting *putting, const struct bd_tree *tree, struct bd_error *err)
{
	size_t mode_count = count_changed_dirs(tree), count = tree->count + 2 * mode_count;

	putting->count = count;
	putting->changes = calloc(count + 1, sizeof(*putting->changes));
	putting->metas = calloc(count + 1, sizeof(*putting->metas));
	putting->ranges = calloc(count + 1, sizeof(*putting->ranges));
	putting->texts = (char **)calloc(count + 1, sizeof(*putting->texts));
	putting->modes = calloc(mode_count + 1, sizeof(*putting->modes));
	return putting->changes && putting->metas && putting->ranges && putting->texts && putting->modes
		       ? 0
		       : bd_no_memory(err);
}

/* A pattern that the path alone matches. */
static char *quote(const char *path)
{
	char *text = malloc(2 * strlen(path) + 1), *at = text;

	for (; text && *path; path++) {
		if (strchr("*?[\\", *path))
			*at++ = '\\';
		*at++ = *path;
	}
	if (text)
		*at = '\0';
	return text;
}

static int take_file(struct bd_change *change, const struct bd_node *node, struct bd_file_meta *meta,
		     struct bd_change_range *range, struct bd_error *err)
{
	struct stat there;

	meta->size_bytes = node->size_bytes;
	change->data = node->data;
	change->data_bytes = node->size_bytes;
	if (node->data || !node->host_path)
		return 0;
	if (stat(node->host_path, &there) != 0)
		return bd_fail_errno(err, "cannot read %s", node->host_path);
	meta->size_bytes = range->size_bytes = (uint64_t)there.st_size;
	change->host_path = node->host_path;
	change->ranges = range;
	change->range_count = 1;
	return 0;
}

static int take_node(struct putting *putting, size_t at, const struct bd_node *node, int64_t now,
		     struct bd_error *err)
{
	struct bd_change *change = &putting->changes[at];
	struct bd_file_meta *meta = &putting->metas[at];
	bool is_link = S_ISLNK(node->mode);

	*change = (struct bd_change){ .kind = BD_CHANGE_PUT, .path = node->path, .meta = meta };
	*meta = (struct bd_file_meta){ .mode = node->mode,
				       .uid = node->uid,
				       .gid = node->gid,
				       .mtime_s = now,
				       .atime_s = now,
				       .rdev_major = major(node->rdev),
				       .rdev_minor = minor(node->rdev),
				       .xattrs = &node->label,
				       .xattr_count = node->label.value != NULL };
	change->parents = S_ISDIR(node->mode);
	if (is_link || !node->mode) {
		putting->texts[at] = is_link ? strndup(node->data, node->size_bytes) : quote(node->path);
		if (!putting->texts[at])
			return bd_no_memory(err);
		meta->target = putting->texts[at];
	}
	if (!node->mode)
		*change = (struct bd_change){ .kind = BD_CHANGE_REMOVE, .path = putting->texts[at], .force = true };
	return S_ISREG(node->mode) ? take_file(change, node, meta, &putting->ranges[at], err) : 0;
}

/* Behind all that is put: owner before mode, as for chown(2), which takes set-user-ID away. */
static int change_dir(struct putting *putting, size_t at, const struct bd_node *node, struct bd_error *err)
{
	struct bd_mode_change *mode = &putting->modes[putting->mode_count++];
	char octal[16];

	putting->texts[at] = quote(node->path);
	if (!putting->texts[at])
		return bd_no_memory(err);
	snprintf(octal, sizeof(octal), "%05o", node->mode & 07777);
	if (bd_mode_parse(octal, mode, err) != 0)
		return -1;
	putting->changes[at] = (struct bd_change){
		.kind = BD_CHANGE_OWNER, .path = putting->texts[at], .uid = node->uid, .gid = node->gid
	};
	putting->changes[at + 1] =
		(struct bd_change){ .kind = BD_CHANGE_MODE, .path = putting->texts[at], .mode = mode };
	return 0;
}

int bd_inside_put_tree(int fd, const struct bd_tree *tree, const struct bd_change_request *request,
		       struct bd_error *err)
{
	BD_DISPOSE(putting_dispose) struct putting putting = { 0 };
	struct bd_change_request whole = *request;

	if (putting_init(&putting, tree, err) != 0)
		return -1;
	whole.count = tree->count;
	for (size_t i = 0; i < tree->count; i++)
		if (take_node(&putting, i, &tree->nodes[i], request->now, err) != 0)
			return -1;
	for (size_t i = 0; i < tree->count; i++) {
		if (!tree->nodes[i].changes_dir)
			continue;
		if (change_dir(&putting, whole.count, &tree->nodes[i], err) != 0)
			return -1;
		whole.count += 2;
	}
	whole.changes = putting.changes;
	return bd_inside_change(fd, &whole, NULL, err);
}
