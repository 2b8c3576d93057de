/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locates, opens, lists and removes templates. */
#include "template/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/trust.h"
#include "template/store_folder.h"

#define SYSTEM_PATH BD_LOCALSTATEDIR "/lib/xen-bigdisk/templates"

static const char *absolute_env(const char *name)
{
	const char *value = secure_getenv(name);
	return value && value[0] == '/' ? value : NULL;
}

/* An absolute path, so that messages and JSON tell where the template is, whoever reads them. */
static int set_chosen(const char *chosen, const char *what, char path_out[PATH_MAX], struct bd_error *err)
{
	BD_FREE char *here = NULL;
	int n;

	if (!*chosen)
		return bd_usage(err, "%s is empty", what);
	if (chosen[0] != '/') {
		here = getcwd(NULL, 0);
		if (!here)
			return bd_fail_errno(err, "cannot find the current directory");
	}
	n = snprintf(path_out, PATH_MAX, "%s%s%s", here ? here : "", here ? "/" : "", chosen);
	if (n >= PATH_MAX - 256)
		return bd_fail(err, ENAMETOOLONG, "the path of the template directory is too long");
	while (n > 1 && path_out[n - 1] == '/')
		path_out[--n] = '\0';
	return 0;
}

static int set_default(struct bd_store *store, struct bd_error *err)
{
	const char *xdg = absolute_env("XDG_DATA_HOME"), *home = absolute_env("HOME");
	char path[2 * PATH_MAX];

	if (geteuid() == 0 || (!xdg && !home))
		return set_chosen(SYSTEM_PATH, "the template directory", store->path, err);
	strcpy(store->fallback_path, SYSTEM_PATH);
	if (xdg)
		snprintf(path, sizeof(path), "%.*s/xen-bigdisk/templates", PATH_MAX, xdg);
	else
		snprintf(path, sizeof(path), "%.*s/.local/share/xen-bigdisk/templates", PATH_MAX, home);
	return set_chosen(path, "the template directory", store->path, err);
}

int bd_store_open(const char *chosen_path, struct bd_store *store_out, struct bd_error *err)
{
	struct bd_store store = { .path = "" };
	const char *environment = secure_getenv("XEN_BIGDISK_TEMPLATES");
	int r;

	if (chosen_path)
		r = set_chosen(chosen_path, "the path of the template directory", store.path, err);
	else if (environment && *environment)
		r = set_chosen(environment, "XEN_BIGDISK_TEMPLATES", store.path, err);
	else
		r = set_default(&store, err);
	store.is_named = chosen_path != NULL;
	if (r == 0)
		*store_out = store;
	return r;
}

int bd_store_check_trust(const struct bd_store *store, int fd, const char *path, const char *what,
			 struct bd_error *err)
{
	struct stat there;

	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot access %s", path);
	if (store->is_named && !(there.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	return bd_trust_check(path, &there, what, err);
}

bool bd_template_is_built_in(const char *name)
{
	return strcmp(name, BD_TEMPLATE_NONE) == 0 || strcmp(name, BD_TEMPLATE_MINI) == 0;
}

int bd_store_check_name(const char *name, struct bd_error *err)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char others[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t length = strlen(name);

	if (length == 0 || length >= BD_TEMPLATE_NAME_SIZE || !strchr(first, name[0]) ||
	    strspn(name, others) != length)
		return bd_usage(
			err,
			"\"%.80s\" is not a template name: use 1 to %d lower-case letters, digits, \".\", \"_\" and \"-\", beginning with a letter or digit",
			name, BD_TEMPLATE_NAME_SIZE - 1);
	if (bd_template_is_built_in(name))
		return bd_usage(err, "the template %s is built in; choose another name", name);
	return 0;
}

/* The name of one that is looked for. */
int bd_store_check_lookup(const char *name, struct bd_error *err)
{
	if (bd_template_is_built_in(name))
		return bd_usage(err, "the template %s is built in: it cannot be verified, exported or removed", name);
	return bd_store_check_name(name, err);
}

void bd_stored_init(struct bd_stored *stored)
{
	*stored = (struct bd_stored){ .disk_fd = -1, .sums_fd = -1 };
	bd_sealed_init(&stored->sealed);
}

void bd_stored_dispose(struct bd_stored *stored)
{
	bd_sealed_dispose(&stored->sealed);
	bd_cleanup_close(&stored->disk_fd);
	bd_cleanup_close(&stored->sums_fd);
	bd_stored_init(stored);
}

void bd_store_names_dispose(struct bd_store_names *names)
{
	free(names->names);
	*names = (struct bd_store_names){ 0 };
}

static int add_name(struct bd_store_names *names, const char *name, struct bd_error *err)
{
	if (bd_array_grow(names->names, names->count, err) != 0)
		return -1;
	strcpy(names->names[names->count++], name);
	return 0;
}

/* Another user's template, which we may not look into, is one too. */
static bool is_template(int store_fd, const char *name)
{
	char path[NAME_MAX + sizeof("/" BD_STORE_MANIFEST)];

	snprintf(path, sizeof(path), "%s/" BD_STORE_MANIFEST, name);
	return faccessat(store_fd, path, F_OK, 0) == 0 || errno == EACCES;
}

static int list_folder(const char *path, struct bd_store_names *names, struct bd_error *err)
{
	BD_CLOSEDIR DIR *folder = opendir(path);
	struct bd_error unusable;

	if (!folder && errno == ENOENT)
		return 0;
	if (!folder)
		return bd_fail_errno(err, "cannot read the template directory %s", path);
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry)
			return errno ? bd_fail_errno(err, "cannot read the template directory %s", path) : 0;
		if (bd_store_check_name(entry->d_name, &unusable) == 0 && is_template(dirfd(folder), entry->d_name) &&
		    add_name(names, entry->d_name, err) != 0)
			return -1;
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

int bd_store_list(const struct bd_store *store, struct bd_store_names *names_out, struct bd_error *err)
{
	BD_DISPOSE(bd_store_names_dispose) struct bd_store_names names = { 0 };
	size_t kept = 0;

	if (list_folder(store->path, &names, err) != 0 ||
	    (*store->fallback_path && list_folder(store->fallback_path, &names, err) != 0))
		return -1;
	if (names.count)
		qsort(names.names, names.count, sizeof(*names.names), compare_names);
	for (size_t i = 0; i < names.count; i++)
		if (kept == 0 || strcmp(names.names[i], names.names[kept - 1]) != 0)
			memmove(names.names[kept++], names.names[i], sizeof(*names.names));
	names.count = kept;
	*names_out = names;
	names = (struct bd_store_names){ 0 };
	return 0;
}

/* ENOENT with the names that there are. */
static int fail_missing(const struct bd_store *store, const char *name, struct bd_error *err)
{
	BD_DISPOSE(bd_store_names_dispose) struct bd_store_names names = { 0 };
	struct bd_error unreadable;
	char list[300] = BD_TEMPLATE_NONE ", " BD_TEMPLATE_MINI;

	bd_store_list(store, &names, &unreadable);
	for (size_t i = 0; i < names.count; i++) {
		size_t used = strlen(list);
		if (used + strlen(names.names[i]) + sizeof(", , ...") > sizeof(list)) {
			strcat(list, ", ...");
			break;
		}
		snprintf(list + used, sizeof(list) - used, ", %s", names.names[i]);
	}
	return bd_not_found(err, "there is no template called '%.80s' in %.300s; there are: %s", name, store->path,
			    list);
}

/* 1: opened. 0: not there. */
static int open_folder(const struct bd_store *store, const char *store_path, const char *name,
		       struct bd_stored *stored, int *folder_fd_out, struct bd_error *err)
{
	BD_CLOSE int store_fd = open(store_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int n = snprintf(stored->path, sizeof(stored->path), "%s/%s", store_path, name);

	if (n < 0 || (size_t)n >= sizeof(stored->path))
		return bd_fail(err, ENAMETOOLONG, "the path of the template %s is too long", name);
	if (store_fd >= 0 && bd_store_check_trust(store, store_fd, store_path, "template directory", err) != 0)
		return -1;
	*folder_fd_out = open(stored->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*folder_fd_out >= 0)
		return bd_store_check_trust(store, *folder_fd_out, stored->path, "template", err) == 0 ? 1 : -1;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	return bd_fail_errno(err, "cannot open the template %s", stored->path);
}

/* 1: opened. 0: the file is not there. */
static int open_file(const struct bd_store *store, int folder_fd, const char *folder, const char *name, int *fd_out,
		     struct bd_error *err)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	*fd_out = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd_out >= 0)
		return bd_store_check_trust(store, *fd_out, path, "template's file", err) == 0 ? 1 : -1;
	if (errno == ENOENT)
		return 0;
	return bd_fail_errno(err, "cannot open %s/%s", folder, name);
}

static int read_manifest(int fd, struct bd_stored *stored, struct bd_error *err)
{
	char here[64], what[PATH_MAX + 32];
	BD_FREE char *text = NULL;
	size_t size;

	snprintf(here, sizeof(here), "/proc/self/fd/%d", fd);
	snprintf(what, sizeof(what), "%s/" BD_STORE_MANIFEST, stored->path);
	if (bd_read_file(here, BD_MANIFEST_LIMIT_BYTES, &text, &size, err) != 0)
		return bd_wrap(err, "%s", what);
	return bd_manifest_parse(what, text, size, &stored->manifest, err);
}

static int check_size(int fd, const char *folder, const char *name, uint64_t size_bytes, struct bd_error *err)
{
	struct stat there;

	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot access %s/%s", folder, name);
	if (!S_ISREG(there.st_mode) || (uint64_t)there.st_size != size_bytes)
		return bd_fail(err, EINVAL, "the template is damaged: %s/%s has %lld bytes, its manifest says %llu",
			       folder, name, (long long)there.st_size, (unsigned long long)size_bytes);
	return 0;
}

/* Something of it is missing: it is being removed at this moment, or it is damaged. */
static int judge_missing(const struct bd_store *store, const char *name, int folder_fd, const char *folder,
			 struct bd_error *err)
{
	struct stat opened, named;

	if (fstat(folder_fd, &opened) == 0 && stat(folder, &named) == 0 && opened.st_dev == named.st_dev &&
	    opened.st_ino == named.st_ino)
		return bd_fail(err, EINVAL,
			       "the template %s is damaged: it needs " BD_STORE_MANIFEST ", " BD_STORE_TREE
			       " and " BD_STORE_PAYLOAD,
			       folder);
	return fail_missing(store, name, err);
}

static int open_parts(const struct bd_store *store, const char *name, int folder_fd, struct bd_stored *stored,
		      struct bd_error *err)
{
	BD_CLOSE int manifest_fd = -1;
	BD_CLOSE int tree_fd = -1;
	BD_CLOSE int payload_fd = -1;
	int r = open_file(store, folder_fd, stored->path, BD_STORE_MANIFEST, &manifest_fd, err);

	if (r > 0)
		r = open_file(store, folder_fd, stored->path, BD_STORE_TREE, &tree_fd, err);
	if (r > 0)
		r = open_file(store, folder_fd, stored->path, BD_STORE_PAYLOAD, &payload_fd, err);
	if (r == 0)
		return judge_missing(store, name, folder_fd, stored->path, err);
	if (r < 0 || read_manifest(manifest_fd, stored, err) != 0)
		return -1;
	/* Its folder may have been renamed since, or copied from elsewhere. */
	strcpy(stored->manifest.name, name);
	if (check_size(tree_fd, stored->path, BD_STORE_TREE, stored->manifest.tree.size_bytes, err) != 0 ||
	    check_size(payload_fd, stored->path, BD_STORE_PAYLOAD, stored->manifest.payload.size_bytes, err) != 0)
		return -1;
	if (stored->manifest.kind == BD_TEMPLATE_DISK) {
		stored->sums_fd = bd_take_fd(&tree_fd);
		stored->disk_fd = bd_take_fd(&payload_fd);
		return 0;
	}
	if (bd_sealed_open(&stored->sealed, bd_take_fd(&tree_fd), bd_take_fd(&payload_fd), err) != 0)
		return bd_wrap(err, "cannot open the template %s", stored->path);
	return 0;
}

int bd_store_get(const struct bd_store *store, const char *name, struct bd_stored *stored_out, struct bd_error *err)
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	BD_CLOSE int folder_fd = -1;

	bd_stored_init(&stored);
	if (bd_store_check_lookup(name, err) != 0)
		return -1;
	int r = open_folder(store, store->path, name, &stored, &folder_fd, err);
	if (r == 0 && *store->fallback_path)
		r = open_folder(store, store->fallback_path, name, &stored, &folder_fd, err);
	if (r == 0)
		return fail_missing(store, name, err);
	if (r < 0 || open_parts(store, name, folder_fd, &stored, err) != 0)
		return -1;
	*stored_out = stored;
	bd_stored_init(&stored);
	return 0;
}

/* act: 1: done. 0: it is not there. */
static int on_folder(const struct bd_store *store, const char *name,
		     int (*act)(int store_fd, const char *store_path, const char *name, struct bd_error *err),
		     struct bd_error *err)
{
	BD_CLOSE int store_fd = -1;

	if (bd_store_check_lookup(name, err) != 0)
		return -1;
	store_fd = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store_fd < 0 && errno != ENOENT)
		return bd_fail_errno(err, "cannot open the template directory %s", store->path);
	int r = store_fd < 0 ? 0 : act(store_fd, store->path, name, err);
	return r == 0 ? fail_missing(store, name, err) : r < 0 ? -1 : 0;
}

int bd_store_remove(const struct bd_store *store, const char *name, struct bd_error *err)
{
	return on_folder(store, name, bd_store_folder_remove, err);
}

int bd_store_check_remove(const struct bd_store *store, const char *name, char path_out[PATH_MAX],
			  struct bd_error *err)
{
	if (snprintf(path_out, PATH_MAX, "%s/%s", store->path, name) >= PATH_MAX)
		return bd_fail(err, ENAMETOOLONG, "the path of the template %s is too long", name);
	return on_folder(store, name, bd_store_folder_check_remove, err);
}
