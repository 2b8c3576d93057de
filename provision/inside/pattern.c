/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks paths up component by component. */
#include "inside/pattern.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "ext3/error.h"
#include "ext3/reader/directory.h"

#define PATH_BYTES_MAX (1u << 20) /* directories that contain themselves end here at the latest */
#define LEVELS_MAX 4096 /* of a pattern's components */

void bd_inside_path_dispose(struct bd_inside_path *path)
{
	free(path->text);
	*path = (struct bd_inside_path){ 0 };
}

int bd_inside_path_set(struct bd_inside_path *path, size_t parent_size, const char *name, struct bd_error *err)
{
	size_t size = strlen(name), slash = parent_size && path->text[parent_size - 1] != '/';

	if (parent_size + slash + size + 1 > PATH_BYTES_MAX)
		return bd_fail(err, ENAMETOOLONG, "its path is too long");
	if (bd_array_reserve(path->text, path->capacity, parent_size + slash + size + 1, err) != 0)
		return -1;
	if (slash)
		path->text[parent_size] = '/';
	memcpy(path->text + parent_size + slash, name, size + 1);
	return 0;
}

static bool has_wildcard(const char *component)
{
	return strpbrk(component, "*?[") != NULL;
}

int bd_inside_look_up(ext2_filsys fs, ext2_ino_t directory, const char *name, bool follow, ext2_ino_t *number_out,
		      struct bd_error *err)
{
	errcode_t ec = follow ? ext2fs_namei_follow(fs, EXT2_ROOT_INO, directory, name, number_out)
			      : ext2fs_namei(fs, EXT2_ROOT_INO, directory, name, number_out);

	if (ec == EXT2_ET_FILE_NOT_FOUND || ec == EXT2_ET_NO_DIRECTORY)
		return bd_not_found(err, "no such file or directory");
	if (ec == EXT2_ET_SYMLINK_LOOP)
		return bd_fail(err, ELOOP, "too many levels of symbolic links");
	return ec ? bd_fail_ext2(err, ec, "cannot look it up") : 0;
}

static bool is_directory(ext2_filsys fs, ext2_ino_t number)
{
	return ext2fs_check_directory(fs, number) == 0;
}

static int expand(struct bd_inside_pattern *pattern, const struct bd_inside_match *at, const char *rest,
		  unsigned level, struct bd_error *err);

/* What an entry of the directory leads to. It is looked up only where that is not known: libext2fs reads the directory from its
 * beginning. */
static int resolve(const struct bd_inside_pattern *pattern, struct bd_inside_match *match, bool follow,
		   struct bd_error *err)
{
	struct ext2_inode inode;

	if (match->number &&
	    (!follow || ext2fs_read_inode(pattern->fs, match->number, &inode) != 0 || !S_ISLNK(inode.i_mode)))
		return 0;
	return bd_inside_look_up(pattern->fs, match->directory, match->name, follow, &match->number, err);
}

/* An entry of a directory, and what of the text is behind it. */
static int enter(struct bd_inside_pattern *pattern, struct bd_inside_match match, const char *rest, unsigned level,
		 struct bd_error *err)
{
	bool is_last = !rest[strspn(rest, "/")];
	/* A slash behind a name asks for a directory, also for one that a link leads to. */
	bool follow = !is_last || *rest || pattern->follow;
	size_t path_size = strlen(pattern->path->text);

	if (resolve(pattern, &match, follow, err) != 0)
		return -1;
	if (is_last && *rest && !is_directory(pattern->fs, match.number))
		return bd_not_found(err, "not a directory");
	if (bd_inside_path_set(pattern->path, path_size, match.name, err) != 0)
		return -1;
	int r = expand(pattern, &match, rest, level + 1, err);
	if (r == 0)
		pattern->path->text[path_size] = '\0';
	return r;
}

static int expand_wildcard(struct bd_inside_pattern *pattern, ext2_ino_t directory, const char *component,
			   const char *rest, unsigned level, struct bd_error *err)
{
	BD_DISPOSE(bd_ext_dir_dispose) struct bd_ext_dir dir = { 0 };
	size_t path_size = strlen(pattern->path->text);

	errcode_t ec = ext2fs_check_directory(pattern->fs, directory);
	if (ec == EXT2_ET_NO_DIRECTORY)
		return 0;
	if (ec)
		return bd_fail_ext2(err, ec, "cannot look it up");
	if (bd_ext_dir_read(pattern->fs, directory, &dir, err) != 0)
		return -1;
	for (size_t i = 0; i < dir.count; i++) {
		const char *name = dir.names + dir.entries[i].name_at;
		if (fnmatch(component, name, FNM_PERIOD) != 0)
			continue;
		pattern->path->text[path_size] = '\0';
		/* What matches and leads nowhere is no match. */
		const struct bd_inside_match match = { directory, name, dir.entries[i].inode };
		if (enter(pattern, match, rest, level, err) != 0 &&
		    (pattern->ended || (err->kind != BD_KIND_NOT_FOUND && err->code != ELOOP)))
			return -1;
	}
	pattern->path->text[path_size] = '\0';
	return 0;
}

static int expand(struct bd_inside_pattern *pattern, const struct bd_inside_match *at, const char *rest,
		  unsigned level, struct bd_error *err)
{
	rest += strspn(rest, "/");
	if (!*rest) {
		pattern->found++;
		pattern->ended = pattern->take(pattern->context, at, err) != 0;
		return pattern->ended ? -1 : 0;
	}
	if (level >= LEVELS_MAX)
		return bd_fail(err, ENAMETOOLONG, "its path is too long");
	size_t size = strcspn(rest, "/"), path_size = strlen(pattern->path->text);
	BD_FREE char *component = strndup(rest, size);
	if (!component)
		return bd_no_memory(err);
	int r = enter(pattern, (struct bd_inside_match){ .directory = at->number, .name = component }, rest + size,
		      level, err);
	if (r == 0)
		return 0;
	pattern->path->text[path_size] = '\0';
	if (!pattern->ended && err->kind == BD_KIND_NOT_FOUND && has_wildcard(component))
		return expand_wildcard(pattern, at->number, component, rest + size, level, err);
	return -1;
}

int bd_inside_pattern_expand(struct bd_inside_pattern *pattern, const char *text, struct bd_error *err)
{
	const struct bd_inside_match root = { EXT2_ROOT_INO, "/", EXT2_ROOT_INO };

	pattern->found = 0;
	if (bd_inside_path_set(pattern->path, 0, "/", err) != 0 || expand(pattern, &root, text, 0, err) != 0)
		return -1;
	return pattern->found ? 0 : bd_not_found(err, "no such file or directory");
}
