/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds, checks and installs busybox. */
#include "recipes/busybox.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/process/run.h"

#define LIST_SIZE_BYTES 32768

int bd_busybox_check_static(const char *path, struct bd_error *err)
{
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr header;
	if (fd < 0)
		return bd_fail_errno(err, "cannot read %s", path);
	if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64)
		return bd_fail(err, ENOEXEC, "%s is not a 64-bit ELF program", path);

	for (unsigned i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr segment;
		off_t at = (off_t)(header.e_phoff + (uint64_t)i * header.e_phentsize);
		if (pread(fd, &segment, sizeof(segment), at) != (ssize_t)sizeof(segment))
			return bd_fail(err, ENOEXEC, "%s is truncated", path);
		if (segment.p_type == PT_INTERP)
			return bd_fail(err, ENOEXEC, "%s is not static: install busybox-static", path);
	}
	return 0;
}

int bd_busybox_find(char *path_out, size_t size, struct bd_error *err)
{
	char path[PATH_MAX];
	if (bd_find_program("busybox", path, sizeof(path), err) != 0)
		return bd_fail(err, ENOPKG,
			       "busybox, which the template mini needs, is not installed: install busybox-static");
	if (bd_busybox_check_static(path, err) != 0)
		return -1;
	if (strlen(path) >= size)
		return bd_fail(err, ENAMETOOLONG, "the path %s is too long", path);
	strcpy(path_out, path);
	return 0;
}

int bd_busybox_list(const char *path, char **text_out, struct bd_error *err)
{
	BD_FREE char *text = malloc(LIST_SIZE_BYTES);
	const char *argv[] = { path, "--list-full", NULL };
	if (!text)
		return bd_no_memory(err);
	if (bd_run(&(struct bd_run){ .argv = argv, .output = text, .output_size = LIST_SIZE_BYTES }, err) != 0)
		return bd_wrap(err, "cannot list busybox' applets");
	*text_out = bd_take_ptr(text);
	return 0;
}

/* The symlink "/usr/bin/env", and its folder where that is new. */
static int add_applet(struct bd_tree *tree, const char *folder, size_t folder_length, const char *applet,
		      struct bd_error *err)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%.*s", (int)folder_length, folder);
	if (n < 0 || (size_t)n + 1 + strlen(applet) >= sizeof(path))
		return bd_fail(err, ENAMETOOLONG, "an applet name of busybox is too long");
	if (bd_tree_add_dir(tree, path, 0755, err) != 0)
		return -1;
	path[n] = '/';
	strcpy(path + n + 1, applet);
	return bd_tree_find(tree, path) ? 0 : bd_tree_add_symlink(tree, path, "/bin/busybox", err);
}

int bd_busybox_add(struct bd_tree *tree, const char *path, const char *list, const char *folder,
		   bool (*wanted)(const void *context, const char *applet), const void *context, struct bd_error *err)
{
	BD_FREE char *copy = strdup(list);
	char line[PATH_MAX], *rest = NULL;
	if (!copy)
		return bd_no_memory(err);
	if (bd_tree_add_host_file(tree, "/bin/busybox", 0755, path, err) != 0)
		return -1;

	for (const char *at = strtok_r(copy, "\n", &rest); at; at = strtok_r(NULL, "\n", &rest)) {
		if ((size_t)snprintf(line, sizeof(line), "/%s", at) >= sizeof(line))
			return bd_fail(err, ENAMETOOLONG, "an applet name of busybox is too long");
		const char *applet = strrchr(line, '/') + 1;
		size_t length = (size_t)(applet - line - 1);
		if (!*applet || length == 0 || !wanted(context, applet))
			continue;
		if (add_applet(tree, folder ? folder : line, folder ? strlen(folder) : length, applet, err) != 0)
			return -1;
	}
	return 0;
}
