/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The paths of a source: checked here, once for all kinds of source, and followed to their place. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "template/seal_parts.h"

static int make_implied(struct bd_seal *seal, uint32_t parent, const char *text, size_t size, int64_t mtime_s,
			uint32_t *name_out, struct bd_error *err)
{
	struct bd_seal_meta meta = { .mode = S_IFDIR | 0755, .mtime_s = mtime_s, .atime_s = mtime_s };

	/* What is being encoded belongs to a file that has ended. */
	if (bd_seal_encode(seal, &meta, err) != 0 ||
	    bd_names_add(&seal->names, parent, text, size, 2, name_out, err) != 0)
		return -1;
	if (bd_seal_new_dir(seal, *name_out, err) != 0)
		return -1;
	bd_seal_dir_of(seal, *name_out)->implied = true;
	bd_seal_append_child(seal, parent, *name_out);
	return 0;
}

/* One name of the path, checked: 1, or 0 at its end. "." and empty ones are passed over. */
static int next_component(const char **rest, const char **text_out, size_t *size_out, struct bd_error *err)
{
	const char *at = *rest;

	for (;;) {
		at += strspn(at, "/");
		size_t size = strcspn(at, "/");
		if (!size)
			return 0;
		*rest = at + size;
		if (size == 2 && !memcmp(at, "..", 2))
			return bd_fail(err, EINVAL, "\"..\" in a path leads out of the archive");
		if (size > 255)
			return bd_fail(err, ENAMETOOLONG, "a name has more than 255 bytes: %.60s...", at);
		if (size != 1 || at[0] != '.') {
			*text_out = at;
			*size_out = size;
			return 1;
		}
		at += size;
	}
}

static int not_a_directory(const struct bd_seal *seal, uint32_t name, struct bd_error *err)
{
	char path[300];

	bd_names_path(&seal->names, name, path, sizeof(path));
	return bd_fail(err, ENOTDIR, "it would lie below %s, which is %s", path,
		       bd_names_type(&seal->names, name) == 7 ? "a symbolic link" : "no directory");
}

/* The whole path, so that nothing is made for one that leads out further on. */
static int check_path(const char *path, struct bd_error *err)
{
	const char *text;
	size_t size;
	int more;

	if (path[0] == '/')
		return bd_fail(err, EINVAL, "its path is absolute");
	while ((more = next_component(&path, &text, &size, err)) > 0)
		;
	return more;
}

/* make: directories on the way are made when they are missing (else the place has no parent then). */
int bd_seal_find_place(struct bd_seal *seal, const char *path, bool make, int64_t mtime_s,
		       struct bd_seal_place *place_out, struct bd_error *err)
{
	struct bd_seal_place place = { .parent = BD_NO_NAME, .name = 0, .text = "" };
	const char *text = "", *rest = path;
	size_t size = 0;

	if (check_path(path, err) != 0)
		return -1;
	while (next_component(&rest, &text, &size, err) > 0) {
		if (place.name == BD_NO_NAME && !make) {
			place.parent = BD_NO_NAME;
			break;
		}
		if (place.name == BD_NO_NAME &&
		    make_implied(seal, place.parent, place.text, place.size, mtime_s, &place.name, err) != 0)
			return -1;
		if (!bd_seal_is_dir(seal, place.name))
			return not_a_directory(seal, place.name, err);
		if (make)
			seal->names.names[place.name].layer = seal->names.layer;
		place = (struct bd_seal_place){ place.name, bd_names_find(&seal->names, place.name, text, size), text,
						size };
	}
	*place_out = place;
	return 0;
}
