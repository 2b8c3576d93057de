/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recognises whiteouts and keeps them away from what their own layer has brought. */
#include "template/whiteout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"

#define PREFIX ".wh."
#define PREFIX_SIZE 4
#define OPAQUE ".wh..wh..opq"
#define AUFS_PREFIX ".wh..wh." /* of aufs' own files, which mean nothing to others */

void bd_whiteouts_init(struct bd_whiteouts *whiteouts)
{
	*whiteouts = (struct bd_whiteouts){ 0 };
}

void bd_whiteouts_dispose(struct bd_whiteouts *whiteouts)
{
	free(whiteouts->own);
	bd_whiteouts_init(whiteouts);
}

static bool find(const struct bd_whiteouts *whiteouts, uint64_t hash, size_t *place_out)
{
	size_t place = (size_t)hash & (whiteouts->size - 1);

	while (whiteouts->own[place] && whiteouts->own[place] != hash)
		place = (place + 1) & (whiteouts->size - 1);
	*place_out = place;
	return whiteouts->own[place] == hash;
}

static bool is_own(const struct bd_whiteouts *whiteouts, uint64_t hash)
{
	size_t place;

	return whiteouts->size && find(whiteouts, hash, &place);
}

static int grow(struct bd_whiteouts *whiteouts, struct bd_error *err)
{
	struct bd_whiteouts grown = { .size = whiteouts->size ? whiteouts->size * 2 : 1024 };

	grown.own = calloc(grown.size, sizeof(*grown.own));
	if (!grown.own)
		return bd_fail(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < whiteouts->size; i++) {
		size_t place;
		if (whiteouts->own[i] && !find(&grown, whiteouts->own[i], &place)) {
			grown.own[place] = whiteouts->own[i];
			grown.count++;
		}
	}
	free(whiteouts->own);
	*whiteouts = grown;
	return 0;
}

static int remember(struct bd_whiteouts *whiteouts, uint64_t hash, struct bd_error *err)
{
	size_t place;

	if (whiteouts->count * 2 >= whiteouts->size && grow(whiteouts, err) != 0)
		return -1;
	if (!find(whiteouts, hash, &place)) {
		whiteouts->own[place] = hash;
		whiteouts->count++;
	}
	return 0;
}

/* The next name of a path, without "." and empty ones; false at its end. */
static bool next_name(const char **rest, const char **name_out, size_t *size_out)
{
	do {
		*name_out = *rest + strspn(*rest, "/");
		*size_out = strcspn(*name_out, "/");
		*rest = *name_out + *size_out;
	} while (*size_out == 1 && **name_out == '.');
	return *size_out > 0;
}

/* The same for "./etc//passwd" and "etc/passwd"; never 0. */
static uint64_t step(uint64_t hash, const char *name, size_t size)
{
	hash = bd_hash(bd_hash(hash, "/", 1), name, size);
	return hash ? hash : 1;
}

static uint64_t hash_of(const char *path)
{
	uint64_t hash = BD_HASH_INIT;
	const char *name;
	size_t size;

	while (next_name(&path, &name, &size))
		hash = step(hash, name, size);
	return hash;
}

/* No name has a slash in it, so this is nobody's path. */
static uint64_t has_children(uint64_t directory)
{
	return step(directory, "/", 1);
}

static int remember_path(struct bd_whiteouts *whiteouts, const char *path, struct bd_error *err)
{
	uint64_t hash = BD_HASH_INIT;
	const char *name;
	size_t size;

	while (next_name(&path, &name, &size)) {
		if (remember(whiteouts, has_children(hash), err) != 0)
			return -1;
		hash = step(hash, name, size);
		if (remember(whiteouts, hash, err) != 0)
			return -1;
	}
	return 0;
}

/* directory: with its slash, or "". */
static int apply(const struct bd_whiteouts *whiteouts, char *directory, const char *name, struct bd_seal *seal,
		 struct bd_error *err)
{
	BD_FREE char *path = NULL;

	if (!strcmp(name, OPAQUE)) {
		if (is_own(whiteouts, has_children(hash_of(directory))))
			return bd_fail(err, ENOTSUP, "it makes a directory opaque behind entries of that directory");
		return bd_seal_remove(seal, *directory ? directory : ".", true, err);
	}
	name += PREFIX_SIZE;
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return bd_fail(err, EINVAL, "it is a whiteout of nothing");
	path = malloc(strlen(directory) + strlen(name) + 1);
	if (!path)
		return bd_fail(err, ENOMEM, "out of memory");
	strcpy(stpcpy(path, directory), name);
	return is_own(whiteouts, hash_of(path)) ? 0 : bd_seal_remove(seal, path, false, err);
}

/* The last name, without slashes behind it; whether aufs' own files are in the path. */
static char *last_name(const char *path, const char **start_out, bool *is_aufs_out)
{
	const char *name, *start = path;
	size_t size, last = 0;

	*is_aufs_out = false;
	while (next_name(&path, &name, &size)) {
		start = name;
		last = size;
		if (!strncmp(name, AUFS_PREFIX, strlen(AUFS_PREFIX)) &&
		    (size != strlen(OPAQUE) || strncmp(name, OPAQUE, size) != 0))
			*is_aufs_out = true;
	}
	*start_out = start;
	return strndup(start, last);
}

int bd_whiteouts_take(struct bd_whiteouts *whiteouts, const char *path, struct bd_seal *seal, struct bd_error *err)
{
	const char *start;
	bool is_aufs;
	BD_FREE char *name = last_name(path, &start, &is_aufs);
	BD_FREE char *directory = strndup(path, (size_t)(start - path));

	if (!name || !directory)
		return bd_fail(err, ENOMEM, "out of memory");
	if (is_aufs)
		return 1;
	if (strncmp(name, PREFIX, PREFIX_SIZE) != 0)
		return remember_path(whiteouts, path, err);
	return apply(whiteouts, directory, name, seal, err) == 0 ? 1 : -1;
}
