/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk in memory for the readers of boot configurations: struct bd_bootmenu_files over a list of files. Included behind cmocka.h. */
#ifndef BD_TESTS_BOOTMENU_FAKE_DISK_H
#define BD_TESTS_BOOTMENU_FAKE_DISK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "bootmenu/files.h"

/* path: absolute, on the device "" or, as "(hd0,gpt1)/loader", on another; the folders above it are there, too. */
struct fake_file {
	const char *path, *text;
};

/* A filesystem that is found by its UUID (in any case) or label. */
struct fake_name {
	const char *uuid, *label, *device;
};

#define FAKE_FILES(...) ((const struct fake_file[]){ __VA_ARGS__, { NULL, NULL } })

struct fake_disk {
	const struct fake_file *files; /* ends with one without a path */
	unsigned generated; /* as many names 0.conf, 1.conf ... in every folder that is listed */
	const struct fake_name *names; /* ends with one without a device; NULL: none */
	bool fails; /* as a disk that cannot be read */
	unsigned reads, looks;
};

/* The path of a file that is on the device; NULL: it is on another. */
static inline const char *fake_path(const struct fake_file *file, const char *device)
{
	size_t length = strlen(device);

	if (!*device || *file->path == '/')
		return !*device && *file->path == '/' ? file->path : NULL;
	return strncmp(file->path + 1, device, length) == 0 && file->path[length + 1] == ')' ? file->path + length + 2
											     : NULL;
}

static inline const struct fake_file *fake_find(const struct fake_disk *disk, const char *device, const char *path)
{
	for (const struct fake_file *file = disk->files; file && file->path; file++) {
		const char *its = fake_path(file, device);
		if (its && strcmp(its, path) == 0)
			return file;
	}
	return NULL;
}

static inline int fake_read(void *source, const char *device, const char *path, size_t limit_bytes, char **text_out,
			    size_t *size_out, struct bd_error *err)
{
	struct fake_disk *disk = source;
	const struct fake_file *file = fake_find(disk, device, path);

	disk->reads++;
	assert_int_equal(*path, '/'); /* as bootmenu/files.h has it */
	*text_out = NULL;
	*size_out = 0;
	if (disk->fails)
		return bd_fail(err, EIO, "cannot read %s", path);
	if (!file || !file->text)
		return 0;
	size_t size = strlen(file->text);
	if (size > limit_bytes)
		return bd_fail(err, EFBIG, "%s is too large", path);
	*text_out = bd_bytes_copy(file->text, size);
	*size_out = size;
	return *text_out ? 0 : bd_no_memory(err);
}

static inline int fake_look(void *source, const char *device, const char *path, char *type_out, struct bd_error *err)
{
	struct fake_disk *disk = source;
	size_t length = strlen(path);

	disk->looks++;
	assert_int_equal(*path, '/');
	if (disk->fails)
		return bd_fail(err, EIO, "cannot look at %s", path);
	*type_out = fake_find(disk, device, path) ? 'f' : '\0';
	for (const struct fake_file *file = disk->files; !*type_out && file && file->path; file++) {
		const char *its = fake_path(file, device);
		if (its && strncmp(its, path, length) == 0 && its[length] == '/')
			*type_out = 'd';
	}
	return 0;
}

/* The component of a file's path that is in the folder; NULL: the file is elsewhere. The caller frees. */
static inline char *fake_component(const struct fake_file *file, const char *device, const char *folder)
{
	size_t length = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
	const char *path = fake_path(file, device);

	if (!path || strncmp(path, folder, length) != 0 || path[length] != '/')
		return NULL;
	return strndup(path + length + 1, strcspn(path + length + 1, "/"));
}

static inline int fake_list(void *source, const char *device, const char *path,
			    int (*visit)(void *context, const char *name, struct bd_error *err), void *context,
			    struct bd_error *err)
{
	struct fake_disk *disk = source;
	int rc = 0;

	for (const struct fake_file *file = disk->files; rc == 0 && file && file->path; file++) {
		char *name = fake_component(file, device, path);
		bool is_repeated = false;
		for (const struct fake_file *other = disk->files; name && other != file; other++) {
			char *earlier = fake_component(other, device, path);
			is_repeated |= earlier && strcmp(earlier, name) == 0;
			free(earlier);
		}
		if (name && !is_repeated)
			rc = visit(context, name, err);
		free(name);
	}
	for (unsigned i = 0; rc == 0 && i < disk->generated; i++) {
		char name[32];
		snprintf(name, sizeof(name), "%u.conf", i);
		rc = visit(context, name, err);
	}
	return rc;
}

static inline int fake_search(void *source, enum bd_bootmenu_search by, const char *what,
			      char device_out[BD_BOOTMENU_DEVICE_SIZE], bool *found_out, struct bd_error *err)
{
	const struct fake_disk *disk = source;

	(void)err;
	assert_true(by != BD_BOOTMENU_SEARCH_FILE || *what == '/');
	*found_out = false;
	for (const struct fake_name *name = disk->names; !*found_out && name && name->device; name++) {
		const char *its = by == BD_BOOTMENU_SEARCH_UUID ? name->uuid : name->label;
		if (by == BD_BOOTMENU_SEARCH_FILE || !its || strcasecmp(its, what) != 0)
			continue;
		snprintf(device_out, BD_BOOTMENU_DEVICE_SIZE, "%s", name->device);
		*found_out = true;
	}
	for (const struct fake_file *file = disk->files; by == BD_BOOTMENU_SEARCH_FILE && file && file->path;
	     file++) {
		const char *path = *file->path == '(' ? strchr(file->path, ')') + 1 : file->path;
		if (*found_out || strcmp(path, what) != 0)
			continue;
		snprintf(device_out, BD_BOOTMENU_DEVICE_SIZE, "%.*s",
			 path == file->path ? 0 : (int)(path - file->path - 2), file->path + 1);
		*found_out = true;
	}
	return 0;
}

static inline int fake_describe(void *source, const char *device, enum bd_bootmenu_search what,
				char text_out[BD_BOOTMENU_NAME_SIZE], bool *known_out, struct bd_error *err)
{
	const struct fake_disk *disk = source;

	(void)err;
	*known_out = false;
	for (const struct fake_name *name = disk->names; !*known_out && name && name->device; name++) {
		const char *its = what == BD_BOOTMENU_SEARCH_UUID ? name->uuid : name->label;
		if (!its || strcmp(name->device, device) != 0)
			continue;
		snprintf(text_out, BD_BOOTMENU_NAME_SIZE, "%s", its);
		*known_out = true;
	}
	return 0;
}

static inline struct bd_bootmenu_files fake_files(struct fake_disk *disk)
{
	return (struct bd_bootmenu_files){ .source = disk,
					   .read = fake_read,
					   .look = fake_look,
					   .list = fake_list,
					   .search = fake_search,
					   .describe = fake_describe };
}

#endif
