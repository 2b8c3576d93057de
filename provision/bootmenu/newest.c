/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds kernels by their names. */
#include "bootmenu/newest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/entry.h"
#include "bootmenu/names.h"
#include "rootfs/kernel_name.h"

#define MODULES "/usr/lib/modules"
#define MODULES_MAX 64 /* versions in there that are looked at */

struct kernel {
	char *path, *initramfs; /* initramfs NULL: there is none; owned */
	char *version; /* "" where its name has none; owned */
};

struct search {
	const struct bd_bootmenu_files *files;
	const char *device;
	struct kernel *kernels; /* owned */
	size_t count;
};

static void search_dispose(struct search *search)
{
	for (size_t i = 0; i < search->count; i++) {
		free(search->kernels[i].path);
		free(search->kernels[i].initramfs);
		free(search->kernels[i].version);
	}
	free(search->kernels);
}

/* What boot loaders expect where nothing has a version. */
static const char *const plain_kernels[] = { "vmlinuz", "bzImage", "kernel", NULL };
static const char *const plain_initramfs[] = { "initrd.img", "initramfs.img", "initrd", "initramfs", NULL };

static bool is_wanted(const void *context, const char *name)
{
	(void)context;
	if (bd_kernel_version_of(name) || bd_text_is_any(name, plain_kernels) ||
	    bd_text_is_any(name, plain_initramfs))
		return true;
	for (size_t i = 0; i < BD_KERNEL_INITRAMFS_NAMES; i++)
		if (bd_text_begins_with(name, bd_kernel_initramfs_names[i].before))
			return true;
	return false;
}

static bool is_directory_name(const void *context, const char *name)
{
	(void)context;
	return name[0] != '.' && !bd_kernel_is_leftover(name);
}

static int list(const struct search *search, const char *folder,
		bool (*is_name)(const void *context, const char *name), struct bd_bootmenu_names *names_out,
		struct bd_error *err)
{
	const struct bd_bootmenu_names_request request = { .files = search->files,
							   .device = search->device,
							   .folder = folder,
							   .is_wanted = is_name,
							   .limit = BD_NEWEST_NAMES_MAX };

	return bd_bootmenu_list_names(&request, names_out, err);
}

/* folder: without a slash at its end. initramfs: the name of one in initramfs_folder, or NULL. */
static int add(struct search *search, const char *path, const char *version, const char *initramfs_folder,
	       const char *initramfs, struct bd_error *err)
{
	if (bd_array_grow(search->kernels, search->count, err) != 0)
		return -1;
	struct kernel *added = &search->kernels[search->count++];
	*added = (struct kernel){ 0 };
	if (bd_text_format(&added->path, err, "%s", path) != 0 ||
	    bd_text_format(&added->version, err, "%s", version) != 0)
		return -1;
	return initramfs ? bd_text_format(&added->initramfs, err, "%s/%s", initramfs_folder, initramfs) : 0;
}

/* The name of the initramfs of a version among the names; "": there is none. */
static int find_initramfs(const struct bd_bootmenu_names *names, const char *version, char **name_out,
			  struct bd_error *err)
{
	for (size_t i = 0; i < BD_KERNEL_INITRAMFS_NAMES; i++) {
		BD_FREE char *name = NULL;
		if (bd_text_format(&name, err, "%s%s%s", bd_kernel_initramfs_names[i].before, version,
				   bd_kernel_initramfs_names[i].behind) != 0)
			return -1;
		if (bd_bootmenu_names_have(names, name)) {
			*name_out = bd_take_ptr(name);
			return 0;
		}
	}
	*name_out = NULL;
	return 0;
}

static int add_version(struct search *search, const char *path, const char *version, const char *initramfs_folder,
		       const struct bd_bootmenu_names *names, struct bd_error *err)
{
	BD_FREE char *initramfs = NULL;

	if (!*version || bd_kernel_is_leftover(version))
		return 0;
	if (find_initramfs(names, version, &initramfs, err) != 0)
		return -1;
	return add(search, path, version, initramfs_folder, initramfs, err);
}

static int search_folder(struct search *search, const char *folder, const struct bd_bootmenu_names *names,
			 struct bd_error *err)
{
	for (size_t i = 0; i < names->count; i++) {
		const char *version = bd_kernel_version_of(names->texts[i]);
		BD_FREE char *path = NULL;
		if (!version)
			continue;
		if (bd_text_format(&path, err, "%s/%s", folder, names->texts[i]) != 0 ||
		    add_version(search, path, version, folder, names, err) != 0)
			return -1;
	}
	return 0;
}

static bool has_version(const struct search *search, const char *version)
{
	for (size_t i = 0; i < search->count; i++)
		if (strcmp(search->kernels[i].version, version) == 0)
			return true;
	return false;
}

/* The last of the names are looked at, which are not the newest by all means; there are seldom more than three. */
static int search_modules(struct search *search, const struct bd_bootmenu_names *in_boot, struct bd_error *err)
{
	BD_DISPOSE(bd_bootmenu_names_dispose) struct bd_bootmenu_names versions = { 0 };

	if (list(search, MODULES, is_directory_name, &versions, err) != 0)
		return -1;
	size_t from = versions.count > MODULES_MAX ? versions.count - MODULES_MAX : 0;
	for (size_t i = from; i < versions.count; i++) {
		BD_FREE char *path = NULL;
		bool there;
		if (has_version(search, versions.texts[i]))
			continue;
		if (bd_text_format(&path, err, MODULES "/%s/vmlinuz", versions.texts[i]) != 0 ||
		    bd_bootmenu_is_file(search->files, search->device, path, &there, err) != 0)
			return -1;
		if (there && add_version(search, path, versions.texts[i], "/boot", in_boot, err) != 0)
			return -1;
	}
	return 0;
}

/* The first of a list of names that is there. */
static const char *first_of(const struct bd_bootmenu_names *names, const char *const *wanted)
{
	for (; *wanted; wanted++)
		if (bd_bootmenu_names_have(names, *wanted))
			return *wanted;
	return NULL;
}

static int search_plain(struct search *search, const char *folder, const struct bd_bootmenu_names *names,
			struct bd_error *err)
{
	const char *kernel = first_of(names, plain_kernels);
	BD_FREE char *path = NULL;

	if (!kernel)
		return 0;
	return bd_text_format(&path, err, "%s/%s", folder, kernel) == 0
		       ? add(search, path, "", folder, first_of(names, plain_initramfs), err)
		       : -1;
}

static int search_all(struct search *search, struct bd_error *err)
{
	BD_DISPOSE(bd_bootmenu_names_dispose) struct bd_bootmenu_names in_boot = { 0 };
	BD_DISPOSE(bd_bootmenu_names_dispose) struct bd_bootmenu_names in_root = { 0 };

	if (list(search, "/boot", is_wanted, &in_boot, err) != 0 ||
	    search_folder(search, "/boot", &in_boot, err) != 0 || search_modules(search, &in_boot, err) != 0)
		return -1;
	if (search->count)
		return 0;
	if (list(search, "/", is_wanted, &in_root, err) != 0 || search_folder(search, "", &in_root, err) != 0)
		return -1;
	if (!search->count && search_plain(search, "/boot", &in_boot, err) != 0)
		return -1;
	return search->count ? 0 : search_plain(search, "", &in_root, err);
}

static int newest_first(const void *one, const void *other)
{
	const struct kernel *a = one, *b = other;

	if (bd_kernel_is_rescue(a->version) != bd_kernel_is_rescue(b->version))
		return bd_kernel_is_rescue(a->version) - bd_kernel_is_rescue(b->version);
	if (!a->initramfs != !b->initramfs)
		return !a->initramfs - !b->initramfs;
	int order = bd_kernel_is_newer(b->version, a->version) - bd_kernel_is_newer(a->version, b->version);
	return order ? order : strcmp(b->path, a->path);
}

static int add_entry(const struct search *search, const struct kernel *kernel, const char *arguments,
		     struct bd_bootmenu *menu, struct bd_error *err)
{
	struct bd_bootmenu_entry *entry;
	bool has_initramfs = false;
	BD_FREE char *title = NULL;

	if (kernel->initramfs &&
	    bd_bootmenu_is_file(search->files, search->device, kernel->initramfs, &has_initramfs, err) != 0)
		return -1;
	if (bd_bootmenu_add(menu, &entry, err) != 0 ||
	    bd_text_format(&title, err, "Linux%s%s", *kernel->version ? " " : "", kernel->version) != 0 ||
	    bd_bootmenu_set_text(&entry->title, title, err) != 0 ||
	    bd_bootmenu_set_text(&entry->id, kernel->version, err) != 0 ||
	    bd_bootmenu_set_kernel(entry, search->device, "/", kernel->path, err) != 0 ||
	    bd_bootmenu_set_arguments(entry, arguments, err) != 0)
		return -1;
	if (has_initramfs && bd_bootmenu_add_initrd(entry, search->device, "/", kernel->initramfs, err) != 0)
		return -1;
	return bd_bootmenu_complete(entry, title, err);
}

int bd_newest_read(const struct bd_bootmenu_files *files, const char *device, const char *arguments,
		   struct bd_bootmenu *menu_out, struct bd_error *err)
{
	BD_DISPOSE(search_dispose) struct search search = { .files = files, .device = device };
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { .timeout_s = -1 };

	if (search_all(&search, err) != 0)
		return -1;
	if (search.count > 1)
		qsort(search.kernels, search.count, sizeof(*search.kernels), newest_first);
	for (size_t i = 0; i < search.count && i < BD_NEWEST_ENTRIES_MAX; i++) {
		bool there;
		if (bd_bootmenu_is_file(files, device, search.kernels[i].path, &there, err) != 0 ||
		    (there && add_entry(&search, &search.kernels[i], arguments, &menu, err) != 0))
			return -1;
	}
	if (bd_bootmenu_explain(&menu, err, "the newest kernel, as there is no boot configuration") != 0)
		return -1;
	*menu_out = bd_take_struct(menu);
	return 0;
}
