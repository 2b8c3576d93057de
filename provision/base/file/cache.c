/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds and creates the cache directory. */
#include "base/file/cache.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file/trust.h"

/* The environment's value when it is usable as the start of an absolute path, else NULL. */
static const char *absolute_env(const char *name)
{
	const char *value = secure_getenv(name);
	return value && value[0] == '/' ? value : NULL;
}

static int choose(char *path_out, size_t size, struct bd_error *err)
{
	const char *chosen = secure_getenv("XEN_BIGDISK_CACHE");
	const char *xdg = absolute_env("XDG_CACHE_HOME");
	const char *home = absolute_env("HOME");
	int n;

	if (chosen && *chosen) {
		if (chosen[0] != '/')
			return bd_usage(err, "XEN_BIGDISK_CACHE must be an absolute path, not '%s'", chosen);
		n = snprintf(path_out, size, "%s", chosen);
	} else if (geteuid() == 0) {
		n = snprintf(path_out, size, "%s/cache/xen-bigdisk", BD_LOCALSTATEDIR);
	} else if (xdg) {
		n = snprintf(path_out, size, "%s/xen-bigdisk", xdg);
	} else if (home) {
		n = snprintf(path_out, size, "%s/.cache/xen-bigdisk", home);
	} else {
		return bd_fail(err, EINVAL, "no cache directory: set HOME or XEN_BIGDISK_CACHE");
	}
	if (n < 0 || (size_t)n >= size)
		return bd_fail(err, ENAMETOOLONG, "the path of the cache directory is too long");
	while (n > 1 && path_out[n - 1] == '/')
		path_out[--n] = '\0';
	return 0;
}

/* mkdir -p. path is changed and restored. */
static int make_folders(char *path, struct bd_error *err)
{
	for (char *slash = path + 1;; slash++) {
		slash = strchrnul(slash, '/');
		char kept = *slash;
		*slash = '\0';
		int r = mkdir(path, 0755);
		if (r != 0 && errno != EEXIST)
			return bd_fail_errno(err, "cannot create the cache directory %s", path);
		*slash = kept;
		if (!kept)
			return 0;
	}
}

static int check_owner(const char *path, struct bd_error *err)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return bd_fail_errno(err, "cannot access the cache directory %s", path);
	if (!S_ISDIR(st.st_mode))
		return bd_fail(err, ENOTDIR, "the cache %s is not a directory", path);
	return bd_trust_check(path, &st, "cache directory", err);
}

static int enter(char *path, bool make, struct bd_error *err)
{
	return make && make_folders(path, err) != 0 ? -1 : check_owner(path, err);
}

/* name: of a folder in it; NULL: itself. */
static int find(const char *name, bool make, char *path_out, size_t size, struct bd_error *err)
{
	char path[PATH_MAX];

	if (choose(path, sizeof(path), err) != 0 || enter(path, make, err) != 0)
		return -1;
	size_t length = strlen(path);
	if (name)
		length += (size_t)snprintf(path + length, sizeof(path) - length, "/%s", name);
	if (length >= sizeof(path) || length >= size)
		return bd_fail(err, ENAMETOOLONG, "the path of the cache directory is too long");
	if (name && enter(path, make, err) != 0)
		return -1;
	memcpy(path_out, path, length + 1);
	return 0;
}

int bd_cache_dir(char *path_out, size_t size, struct bd_error *err)
{
	return find(NULL, true, path_out, size, err);
}

int bd_cache_subdir(const char *name, char *path_out, size_t size, struct bd_error *err)
{
	return find(name, true, path_out, size, err);
}

int bd_cache_find_subdir(const char *name, char *path_out, size_t size, struct bd_error *err)
{
	return find(name, false, path_out, size, err);
}
