/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolves paths in a sealed root as a kernel running in it would. */
#include "rootfs/sealed_find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"

#define SYMLINKS_MAX 40 /* as the kernel's */
#define PATH_BYTES_MAX 4096

/* One way through the tree. `left` is what is still to be walked; a symlink's target is put in front of it. */
struct walk {
	struct bd_sealed_reader reader;
	uint32_t at; /* the directory that has been reached */
	char left[2 * PATH_BYTES_MAX];
	char done[2 * PATH_BYTES_MAX]; /* the names that led to `at`: "" for the root, "/etc" */
	int symlinks;
};

static void walk_dispose(struct walk *walk)
{
	bd_sealed_reader_dispose(&walk->reader);
}

static int walk_begin(struct walk *walk, const struct bd_sealed *sealed, const char *path, struct bd_error *err)
{
	walk->reader = (struct bd_sealed_reader){ .sealed = sealed };
	walk->at = 0;
	walk->symlinks = 0;
	walk->done[0] = '\0';
	if (strlen(path) >= PATH_BYTES_MAX)
		return bd_fail(err, ENAMETOOLONG, "the path %.60s... is too long", path);
	strcpy(walk->left, path);
	return 0;
}

/* Takes the next name off `left`. False: there is none. */
static bool next_name(struct walk *walk, char name_out[PATH_BYTES_MAX], bool *last_out)
{
	char *begin = walk->left + strspn(walk->left, "/");
	size_t size = strcspn(begin, "/");

	if (!size)
		return false;
	memcpy(name_out, begin, size);
	name_out[size] = '\0';
	memmove(walk->left, begin + size, strlen(begin + size) + 1);
	*last_out = walk->left[strspn(walk->left, "/")] == '\0';
	return true;
}

static int find_child(struct walk *walk, uint32_t directory, const char *name, uint32_t *child_out,
		      uint32_t *parent_out, struct bd_error *err)
{
	struct bd_sealed_inode inode;
	struct bd_sealed_dir dir;
	struct bd_sealed_entry entry;
	size_t size = strlen(name);

	*child_out = BD_SEALED_NONE;
	if (bd_sealed_read_inode(&walk->reader, directory, &inode, err) != 0 ||
	    bd_sealed_read_dir(&walk->reader, inode.dir_at, &dir, err) != 0)
		return -1;
	*parent_out = dir.parent;
	while (bd_sealed_next_entry(&dir, &entry))
		if (entry.name_size == size && memcmp(entry.name, name, size) == 0) {
			*child_out = entry.inode;
			break;
		}
	return 0;
}

/* Puts the target before what is left, and begins at the root when it is absolute. */
static int follow_symlink(struct walk *walk, const struct bd_sealed_inode *inode, struct bd_error *err)
{
	size_t left = strlen(walk->left);

	if (++walk->symlinks > SYMLINKS_MAX)
		return bd_fail(err, ELOOP, "symbolic link loop in the template at %s", walk->done);
	if (inode->size_bytes + left + 2 > sizeof(walk->left))
		return bd_fail(err, ENAMETOOLONG, "a symbolic link in the template is too long: %s", walk->done);
	memmove(walk->left + inode->size_bytes + 1, walk->left, left + 1);
	memcpy(walk->left, inode->target, inode->size_bytes);
	walk->left[inode->size_bytes] = '/';
	if (walk->left[0] == '/') {
		walk->at = 0;
		walk->done[0] = '\0';
	}
	return 0;
}

static int add_name(struct walk *walk, const char *name, struct bd_error *err)
{
	size_t used = strlen(walk->done);

	if (used + strlen(name) + 2 > sizeof(walk->done))
		return bd_fail(err, ENAMETOOLONG, "the path %.60s... is too long", walk->done);
	walk->done[used] = '/';
	strcpy(walk->done + used + 1, name);
	return 0;
}

static void go_up(struct walk *walk, uint32_t parent)
{
	char *slash = strrchr(walk->done, '/');

	if (slash)
		*slash = '\0';
	walk->at = parent;
}

/* 1: went on. 0: the end is reached; *child_out is there, or BD_SEALED_NONE, and walk->done is the path as far as it
 * is resolved, with the last name. -1: error. */
static int step(struct walk *walk, bool follow, uint32_t *child_out, struct bd_error *err)
{
	char name[PATH_BYTES_MAX];
	uint32_t child, parent;
	bool last;
	struct bd_sealed_inode inode;

	*child_out = walk->at;
	if (!next_name(walk, name, &last))
		return 0;
	if (!strcmp(name, "."))
		return 1;
	if (find_child(walk, walk->at, name, &child, &parent, err) != 0)
		return -1;
	if (!strcmp(name, "..")) {
		go_up(walk, parent);
		return 1;
	}
	if (child != BD_SEALED_NONE && bd_sealed_read_inode(&walk->reader, child, &inode, err) != 0)
		return -1;
	if (child != BD_SEALED_NONE && S_ISLNK(inode.mode) && (!last || follow))
		return follow_symlink(walk, &inode, err) == 0 ? 1 : -1;
	if (add_name(walk, name, err) != 0)
		return -1;
	*child_out = child;
	if (last)
		return 0;
	if (child == BD_SEALED_NONE || !S_ISDIR(inode.mode)) {
		*child_out = BD_SEALED_NONE;
		return 0;
	}
	walk->at = child;
	return 1;
}

int bd_sealed_find(const struct bd_sealed *sealed, const char *path, bool follow, uint32_t *index_out,
		   struct bd_error *err)
{
	BD_DISPOSE(walk_dispose) struct walk walk;
	int more;

	if (walk_begin(&walk, sealed, path, err) != 0)
		return -1;
	while ((more = step(&walk, follow, index_out, err)) > 0)
		;
	return more;
}

int bd_sealed_find_inode(struct bd_sealed_reader *reader, const char *path, bool follow,
			 struct bd_sealed_inode *inode_out, bool *found_out, struct bd_error *err)
{
	uint32_t index;

	if (bd_sealed_find(reader->sealed, path, follow, &index, err) != 0)
		return -1;
	*found_out = index != BD_SEALED_NONE;
	return *found_out ? bd_sealed_read_inode(reader, index, inode_out, err) : 0;
}

/* What is left of the path, without empty components: "/sub/file", or "". */
static void tidy_left(struct walk *walk)
{
	char *to = walk->left;

	for (const char *from = walk->left; *from;) {
		from += strspn(from, "/");
		size_t size = strcspn(from, "/");
		if (size && !(size == 1 && *from == '.')) {
			*to++ = '/';
			memmove(to, from, size);
			to += size;
		}
		from += size;
	}
	*to = '\0';
}

int bd_sealed_resolve_parents(const struct bd_sealed *sealed, const char *path, char **path_out, struct bd_error *err)
{
	BD_DISPOSE(walk_dispose) struct walk walk;
	uint32_t ignored;
	int more;

	if (walk_begin(&walk, sealed, path, err) != 0)
		return -1;
	while ((more = step(&walk, false, &ignored, err)) > 0)
		;
	if (more < 0)
		return -1;
	/* What is left does not exist in the template. */
	tidy_left(&walk);
	char *path_found;
	if (asprintf(&path_found, "%s%s", walk.done[0] ? walk.done : "/", walk.left) < 0)
		return bd_no_memory(err);
	*path_out = path_found;
	return 0;
}

static int read_extents(const struct bd_sealed *sealed, const struct bd_sealed_inode *inode, char *data,
			struct bd_error *err)
{
	for (size_t i = 0; i < inode->extent_count; i++) {
		const struct bd_extent *extent = &inode->extents[i];
		uint64_t at = (uint64_t)extent->logical * BD_SEALED_BLOCK_BYTES;
		uint64_t size = (uint64_t)extent->count * BD_SEALED_BLOCK_BYTES;
		if (at >= inode->size_bytes)
			break;
		if (size > inode->size_bytes - at)
			size = inode->size_bytes - at;
		ssize_t r =
			bd_pread_full(sealed->payload_fd, data + at, size, extent->payload * BD_SEALED_BLOCK_BYTES);
		if (r < 0)
			return bd_fail_errno(err, "cannot read the template's payload");
		if ((uint64_t)r != size)
			return bd_fail(err, EINVAL, "the template's payload is truncated");
	}
	return 0;
}

int bd_sealed_read_file(const struct bd_sealed *sealed, const char *path, size_t limit_bytes, char **data_out,
			size_t *size_bytes_out, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = sealed };
	struct bd_sealed_inode inode;
	bool found;

	if (bd_sealed_find_inode(&reader, path, true, &inode, &found, err) != 0)
		return -1;
	*data_out = NULL;
	if (!found || !S_ISREG(inode.mode))
		return 0;
	if (inode.size_bytes > limit_bytes)
		return bd_fail(err, EFBIG, "%s of the template is larger than %zu bytes", path, limit_bytes);

	BD_FREE char *data = calloc(1, inode.size_bytes + 1);
	if (!data)
		return bd_no_memory(err);
	if (read_extents(sealed, &inode, data, err) != 0)
		return bd_wrap(err, "cannot read %s", path);
	if (size_bytes_out)
		*size_bytes_out = inode.size_bytes;
	*data_out = bd_take_ptr(data);
	return 0;
}

int bd_sealed_list(const struct bd_sealed *sealed, const char *path,
		   int (*visit)(void *context, const char *name, uint8_t type, struct bd_error *err), void *context,
		   struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = sealed };
	struct bd_sealed_inode inode;
	struct bd_sealed_dir dir;
	struct bd_sealed_entry entry;
	uint32_t index;

	if (bd_sealed_find(sealed, path, true, &index, err) != 0)
		return -1;
	if (index == BD_SEALED_NONE || index >= sealed->dir_count)
		return 0;
	if (bd_sealed_read_inode(&reader, index, &inode, err) != 0 ||
	    bd_sealed_read_dir(&reader, inode.dir_at, &dir, err) != 0)
		return -1;
	while (bd_sealed_next_entry(&dir, &entry)) {
		char name[256];
		memcpy(name, entry.name, entry.name_size);
		name[entry.name_size] = '\0';
		if (visit(context, name, entry.type, err) != 0)
			return -1;
	}
	return 0;
}
