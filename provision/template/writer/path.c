/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks the paths of all kinds of sources, and resolves them through the existing directories. */
#include "template/writer/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "template/writer/dirs.h"
#include "template/writer/record.h"
#include "template/writer/symlinks.h"

#define SYMLINKS_MAX 40 /* MAXSYMLINKS of the kernel, on the way to one file */

static int make_implied(struct bd_sealed_writer *writer, uint32_t parent, const char *text, size_t size,
			int64_t mtime_s, uint32_t *name_out, struct bd_error *err)
{
	struct bd_file_meta meta = { .mode = S_IFDIR | 0755, .mtime_s = mtime_s, .atime_s = mtime_s };

	/* What is being encoded belongs to a file that has ended. */
	if (bd_sealed_writer_encode(writer, &meta, err) != 0 ||
	    bd_names_add(&writer->names, parent, text, size, 2, name_out, err) != 0)
		return -1;
	if (bd_sealed_writer_new_dir(writer, *name_out, err) != 0)
		return -1;
	bd_sealed_writer_dir_of(writer, *name_out)->implied = true;
	bd_sealed_writer_append_child(writer, parent, *name_out);
	return 0;
}

/* One name of the path, which may be "..": 1, or 0 at its end. "." and empty ones are passed over. */
static int next_name(const char **rest, const char **text_out, size_t *size_out, struct bd_error *err)
{
	const char *at = *rest;

	for (;;) {
		at += strspn(at, "/");
		size_t size = strcspn(at, "/");
		if (!size)
			return 0;
		*rest = at + size;
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

static bool is_parent(const char *text, size_t size)
{
	return size == 2 && !memcmp(text, "..", 2);
}

static int next_component(const char **rest, const char **text_out, size_t *size_out, struct bd_error *err)
{
	int more = next_name(rest, text_out, size_out, err);

	if (more > 0 && is_parent(*text_out, *size_out))
		return bd_fail(err, EINVAL, "a \"..\" in its path leads out of the archive");
	return more;
}

static int not_a_directory(const struct bd_sealed_writer *writer, uint32_t name, struct bd_error *err)
{
	char path[300];

	bd_names_path(&writer->names, name, path, sizeof(path));
	return bd_fail(err, ENOTDIR, "its parent %s is %s", path,
		       bd_names_type(&writer->names, name) == 7 ? "a symbolic link" : "not a directory");
}

/* The whole path, so that nothing is made for one that leads out further on. */
static int check_path(const struct bd_sealed_writer *writer, const char *path, struct bd_error *err)
{
	const char *text;
	size_t size;
	int more;

	if (path[0] == '/' && !writer->layers)
		return bd_fail(err, EINVAL, "its path is absolute");
	while ((more = next_component(&path, &text, &size, err)) > 0)
		;
	return more;
}

/* What a name on the way leads to: a directory, made when it is missing, or another way from here or from the root. */
static int step(struct bd_sealed_writer *writer, struct bd_sealed_writer_place place, bool make, int64_t mtime_s,
		uint32_t *name_out, struct bd_error *err)
{
	if (is_parent(place.text, place.size)) {
		uint32_t parent = writer->names.names[place.parent].parent;
		*name_out = parent == BD_NO_NAME ? 0 : parent;
		return 0;
	}
	*name_out = bd_names_find(&writer->names, place.parent, place.text, place.size);
	if (*name_out != BD_NO_NAME || !make)
		return 0;
	return make_implied(writer, place.parent, place.text, place.size, mtime_s, name_out, err);
}

/* Follows every name of a way from the root on, and never leaves that: what chroot(2) would see. */
static int follow(struct bd_sealed_writer *writer, const char *way, size_t size, bool make, int64_t mtime_s,
		  uint32_t *name_out, struct bd_error *err)
{
	BD_FREE char *pending = strndup(way, size);
	const char *rest = pending;
	uint32_t at = 0, name = 0;
	int more, symlinks = 0;

	if (!pending)
		return bd_no_memory(err);
	struct bd_sealed_writer_place place = { .parent = 0 };
	while ((more = next_name(&rest, &place.text, &place.size, err)) > 0) {
		place.parent = at;
		if (step(writer, place, make, mtime_s, &name, err) != 0)
			return -1;
		const char *target = name == BD_NO_NAME ? NULL : bd_sealed_writer_symlink_target(writer, name);
		if (target) {
			char *longer;
			if (++symlinks > SYMLINKS_MAX)
				return bd_fail(err, ELOOP, "its path contains a symbolic link loop");
			if (asprintf(&longer, "%s/%s", target, rest) < 0)
				return bd_no_memory(err);
			at = *target == '/' ? 0 : at;
			free(pending);
			rest = pending = longer;
			continue;
		}
		if (name == BD_NO_NAME || !bd_sealed_writer_is_dir(writer, name)) {
			*name_out = BD_NO_NAME;
			return make ? not_a_directory(writer, name, err) : 0;
		}
		if (make)
			writer->names.names[name].layer = writer->names.layer;
		at = name;
	}
	*name_out = at;
	return more;
}

int bd_sealed_writer_find_dir(struct bd_sealed_writer *writer, const char *path, uint32_t *name_out,
			      struct bd_error *err)
{
	if (check_path(writer, path, err) != 0)
		return -1;
	return follow(writer, path, strlen(path), false, 0, name_out, err);
}

/* The last name is what the entry is called; it is not followed. */
static int find_place_of_layer(struct bd_sealed_writer *writer, const char *path, bool make, int64_t mtime_s,
			       struct bd_sealed_writer_place *place_out, struct bd_error *err)
{
	struct bd_sealed_writer_place place = { .parent = BD_NO_NAME, .name = 0, .text = "" };
	const char *rest = path;

	while (next_component(&rest, &place.text, &place.size, err) > 0)
		;
	if (*place.text) {
		place.name = BD_NO_NAME;
		if (follow(writer, path, (size_t)(place.text - path), make, mtime_s, &place.parent, err) != 0)
			return -1;
		if (place.parent != BD_NO_NAME)
			place.name = bd_names_find(&writer->names, place.parent, place.text, place.size);
	}
	*place_out = place;
	return 0;
}

/* make: directories on the way are made when they are missing (else the place has no parent then). */
int bd_sealed_writer_find_place(struct bd_sealed_writer *writer, const char *path, bool make, int64_t mtime_s,
				struct bd_sealed_writer_place *place_out, struct bd_error *err)
{
	struct bd_sealed_writer_place place = { .parent = BD_NO_NAME, .name = 0, .text = "" };
	const char *text = "", *rest = path;
	size_t size = 0;

	if (check_path(writer, path, err) != 0)
		return -1;
	if (writer->layers)
		return find_place_of_layer(writer, path, make, mtime_s, place_out, err);
	while (next_component(&rest, &text, &size, err) > 0) {
		if (place.name == BD_NO_NAME && !make) {
			place.parent = BD_NO_NAME;
			break;
		}
		if (place.name == BD_NO_NAME &&
		    make_implied(writer, place.parent, place.text, place.size, mtime_s, &place.name, err) != 0)
			return -1;
		if (!bd_sealed_writer_is_dir(writer, place.name))
			return not_a_directory(writer, place.name, err);
		if (make)
			writer->names.names[place.name].layer = writer->names.layer;
		place = (struct bd_sealed_writer_place){ place.name,
							 bd_names_find(&writer->names, place.name, text, size), text,
							 size };
	}
	*place_out = place;
	return 0;
}
