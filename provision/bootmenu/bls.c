/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the files of a directory of entries. */
#include "bootmenu/bls.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/entry.h"
#include "bootmenu/names.h"
#include "bootmenu/words.h"

#define SUFFIX ".conf"
#define PROFILE_MAX 65535
#define FOLDERS_TRIED_MAX 8 /* entries by which it is found out what paths are relative to */

/* An entry that is being read. */
struct reading {
	const struct bd_bls_request *request;
	struct bd_bls_entry *item;
	bool is_hidden, has_options;
};

static const char *no_variable(const void *context, const char *name)
{
	(void)context;
	(void)name;
	return NULL;
}

static const char *variable_of(const struct bd_bls_request *request, const char *name)
{
	return request->variable ? request->variable(request->context, name) : NULL;
}

/* By GRUB's rules with its variables replaced, else the value itself. expanded_out is a buffer for it. False: there is no room. */
static bool expand(const struct bd_bls_request *request, const char *value, char expanded_out[BD_BOOTMENU_TEXT_MAX])
{
	if (request->rules == BD_BLS_GRUB)
		return bd_bls_expand(value, request->variable ? request->variable : no_variable, request->context,
				     expanded_out);
	size_t length = strlen(value);
	if (length >= BD_BOOTMENU_TEXT_MAX)
		return false;
	memcpy(expanded_out, value, length + 1);
	return true;
}

static int take_options(struct reading *reading, const char *value, struct bd_error *err)
{
	char expanded[BD_BOOTMENU_TEXT_MAX];
	struct bd_bootmenu_entry *entry = &reading->item->entry;

	reading->has_options = true;
	if (!expand(reading->request, value, expanded))
		return bd_bootmenu_obstruct(entry, err, "its command line is longer than %d bytes",
					    BD_BOOTMENU_TEXT_MAX - 1);
	return bd_bootmenu_add_arguments(entry, expanded, err);
}

/* GRUB's menu entry is made of text, in which what follows the path are arguments. */
static int take_kernel(struct reading *reading, char *value, struct bd_error *err)
{
	struct bd_bootmenu_entry *entry = &reading->item->entry;
	char *path = value;

	if (reading->request->rules == BD_BLS_GRUB) {
		path = bd_bootmenu_next_word(&value, "");
		if (*value && bd_bootmenu_add_arguments(entry, value, err) != 0)
			return -1;
	}
	return bd_bootmenu_set_kernel(entry, reading->request->device, "/", path, err);
}

/* Several in a line: "initrd /initramfs-4.18.img $tuned_initrd". */
static int take_initrds(struct reading *reading, const char *value, struct bd_error *err)
{
	char expanded[BD_BOOTMENU_TEXT_MAX], *rest = expanded;
	struct bd_bootmenu_entry *entry = &reading->item->entry;

	if (!expand(reading->request, value, expanded))
		return bd_bootmenu_obstruct(entry, err, "the paths of its initrds are longer than %d bytes",
					    BD_BOOTMENU_TEXT_MAX - 1);
	for (char *path; (path = bd_bootmenu_next_word(&rest, ""));)
		if (bd_bootmenu_add_initrd(entry, reading->request->device, "/", path, err) != 0)
			return -1;
	return 0;
}

static int take_program(struct reading *reading, const char *what, const char *value, struct bd_error *err)
{
	return bd_bootmenu_obstruct(&reading->item->entry, err, "it starts %s (%.100s)", what, value);
}

static int take_image(struct reading *reading, const char *value, struct bd_error *err)
{
	reading->item->entry.is_uki = true;
	return bd_bootmenu_set_kernel(&reading->item->entry, reading->request->device, "/", value, err);
}

static int take_profile(struct reading *reading, const char *value)
{
	int number = bd_bootmenu_number(value, PROFILE_MAX);

	reading->item->entry.profile = number > 0 ? (unsigned)number : 0;
	return 0;
}

static int take_line(struct reading *reading, const char *key, char *value, struct bd_error *err)
{
	struct bd_bls_entry *item = reading->item;
	const struct {
		const char *key;
		char **text;
	} texts[] = { { "title", &item->entry.title },
		      { "version", &item->version },
		      { "machine-id", &item->machine_id },
		      { "sort-key", &item->sort_key } };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcmp(key, texts[i].key) == 0)
			return bd_bootmenu_set_text(texts[i].text, value, err);
	if (strcmp(key, "linux") == 0)
		return take_kernel(reading, value, err);
	if (strcmp(key, "initrd") == 0)
		return take_initrds(reading, value, err);
	if (strcmp(key, "options") == 0)
		return take_options(reading, value, err);
	if (strcmp(key, "uki") == 0)
		return take_image(reading, value, err);
	if (strcmp(key, "profile") == 0)
		return take_profile(reading, value);
	if (strcmp(key, "efi") == 0)
		return take_program(reading, "an EFI program", value, err);
	if (strcmp(key, "uki-url") == 0)
		return take_program(reading, "an image from the network", value, err);
	if (strcmp(key, "architecture") == 0)
		reading->is_hidden =
			reading->request->architecture && strcasecmp(value, reading->request->architecture) != 0;
	return 0;
}

/* "microcode.cpio" beside the other initrds, or beside the kernel, and before them. */
static int add_early_initrds(struct reading *reading, const char *names, struct bd_error *err)
{
	struct bd_bootmenu_entry *entry = &reading->item->entry, later = { 0 };
	char folder[PATH_MAX];

	if (!*names || !entry->kernel.path || strlen(names) >= BD_BOOTMENU_TEXT_MAX)
		return 0;
	bd_path_folder(entry->initrd_count ? entry->initrds[0].path : entry->kernel.path, folder);
	memcpy(later.initrds, entry->initrds, sizeof(later.initrds));
	later.initrd_count = entry->initrd_count;
	entry->initrd_count = 0;
	memset(entry->initrds, 0, sizeof(entry->initrds));
	BD_FREE char *copy = strdup(names);
	int rc = copy ? 0 : bd_no_memory(err);
	char *rest = copy;
	for (char *name; rc == 0 && (name = bd_bootmenu_next_word(&rest, ""));)
		rc = bd_bootmenu_add_initrd(entry, reading->request->device, folder, name, err);
	for (size_t i = 0; rc == 0 && i < later.initrd_count; i++)
		rc = bd_bootmenu_add_initrd(entry, later.initrds[i].device, "/", later.initrds[i].path, err);
	bd_bootmenu_clear_initrds(&later);
	return rc;
}

static int add_from_environment(struct reading *reading, struct bd_error *err)
{
	const char *options = variable_of(reading->request, "default_kernelopts");
	const char *early = variable_of(reading->request, "early_initrd");

	if (!reading->has_options && options && take_options(reading, options, err) != 0)
		return -1;
	return early ? add_early_initrds(reading, early, err) : 0;
}

/* GRUB names an entry by its file without ".conf", systemd-boot by all of it but the counter. */
static int set_names(const struct bd_bls_request *request, struct bd_bls_entry *item, const char *file_name,
		     struct bd_error *err)
{
	BD_FREE char *id = NULL;

	if (bd_bls_set_name(item, file_name, err) != 0)
		return -1;
	if (request->rules != BD_BLS_GRUB)
		return bd_bootmenu_set_text(&item->entry.id, item->name, err);
	id = strndup(file_name, strlen(file_name) - strlen(SUFFIX));
	return id ? bd_bootmenu_set_text(&item->entry.id, id, err) : bd_no_memory(err);
}

static int set_file(const struct bd_bls_request *request, struct bd_bls_entry *item, const char *file_name,
		    struct bd_error *err)
{
	char path[BD_BOOTMENU_TEXT_MAX];

	return bd_bootmenu_join_path(request->folder, file_name, path)
		       ? bd_bootmenu_set_path(&item->entry.defined_in, request->device, path, err)
		       : 0;
}

/* What is known of an entry by the name of its file. */
static int begin(const struct bd_bls_request *request, const char *file_name, struct bd_bls_list *list,
		 struct bd_bls_entry **item_out, struct bd_error *err)
{
	if (bd_bls_list_add(list, item_out, err) != 0 || set_names(request, *item_out, file_name, err) != 0)
		return -1;
	return set_file(request, *item_out, file_name, err);
}

static int finish(struct reading *reading, struct bd_error *err)
{
	struct bd_bls_entry *item = reading->item;
	bool is_grub = reading->request->rules == BD_BLS_GRUB;

	if (is_grub && add_from_environment(reading, err) != 0)
		return -1;
	return bd_bootmenu_complete(&item->entry,
				    is_grub && item->entry.kernel.path ? item->entry.kernel.path : item->name, err);
}

int bd_bls_parse(const struct bd_bls_request *request, const char *file_name, char *text, size_t size_bytes,
		 struct bd_bls_list *list, struct bd_error *err)
{
	struct bd_bootmenu_lines lines = { text, text + size_bytes };
	struct reading reading = { .request = request };

	if (!bd_bls_is_entry_name(request->rules, file_name))
		return 0;
	if (begin(request, file_name, list, &reading.item, err) != 0)
		return -1;
	for (char *line; (line = bd_bootmenu_next_line(&lines));) {
		char *value = line, *key = bd_bootmenu_next_word(&value, "");
		if (key && *key != '#' && *value && take_line(&reading, key, value, err) != 0)
			return -1;
	}
	if (reading.is_hidden || (!reading.item->entry.kernel.path && !reading.item->entry.obstacle)) {
		bd_bls_list_drop(list);
		return 0;
	}
	return finish(&reading, err);
}

bool bd_bls_is_entry_name(enum bd_bls_rules rules, const char *file_name)
{
	size_t length = strlen(file_name);

	if (file_name[0] == '.' || length <= strlen(SUFFIX))
		return false;
	const char *end = file_name + length - strlen(SUFFIX);
	if (rules == BD_BLS_GRUB)
		return strcmp(end, SUFFIX) == 0;
	return strcasecmp(end, SUFFIX) == 0 && strncasecmp(file_name, "auto-", 5) != 0;
}

static bool is_wanted(const void *request, const char *name)
{
	return bd_bls_is_entry_name(((const struct bd_bls_request *)request)->rules, name);
}

/* One that is there but cannot be taken keeps its place, so that a list of entries shows it. */
static int add_too_large(const struct bd_bls_request *request, const char *name, struct bd_bls_list *list,
			 struct bd_error *err)
{
	struct bd_bls_entry *item;

	if (begin(request, name, list, &item, err) != 0 ||
	    bd_bootmenu_obstruct(&item->entry, err, "its file is larger than %u KiB", BD_BLS_FILE_MAX >> 10) != 0)
		return -1;
	return bd_bootmenu_complete(&item->entry, name, err);
}

/* *bytes: what the entries so far had. */
static int read_entry(const struct bd_bls_request *request, const char *name, size_t *bytes, struct bd_bls_list *list,
		      struct bd_error *err)
{
	const struct bd_bootmenu_files *files = request->files;
	struct bd_error failure = BD_ERROR_INIT;
	BD_FREE char *path = NULL, *text = NULL;
	size_t size;

	if (bd_text_format(&path, err, "%s/%s", request->folder, name) != 0)
		return -1;
	if (files->read(files->source, request->device, path, BD_BLS_FILE_MAX, &text, &size, &failure) != 0) {
		if (failure.code == EFBIG)
			return add_too_large(request, name, list, err);
		*err = failure;
		return -1;
	}
	if (!text)
		return 0;
	if (size > BD_BLS_BYTES_MAX - *bytes)
		return bd_fail(err, E2BIG, "the entries in %.200s are larger than %u KiB together", request->folder,
			       BD_BLS_BYTES_MAX >> 10);
	*bytes += size;
	return bd_bls_parse(request, name, text, size, list, err) == 0 ? 0 : bd_wrap(err, "%.200s", path);
}

static int put_below_boot(struct bd_bootmenu_path *path, struct bd_error *err)
{
	char joined[BD_BOOTMENU_TEXT_MAX];

	if (!bd_bootmenu_join_path("/boot", path->path + 1, joined))
		return 0;
	return bd_bootmenu_set_text(&path->path, joined, err);
}

static int put_all_below_boot(struct bd_bls_list *list, size_t from, struct bd_error *err)
{
	for (; from < list->count; from++) {
		struct bd_bootmenu_entry *entry = &list->items[from].entry;
		if (entry->kernel.path && put_below_boot(&entry->kernel, err) != 0)
			return -1;
		for (size_t i = 0; i < entry->initrd_count; i++)
			if (put_below_boot(&entry->initrds[i], err) != 0)
				return -1;
	}
	return 0;
}

/* kernel-install(8) has paths relative to /boot, also where that is no filesystem of its own and no boot loader could read it. Fedora
 * has the whole path there, and then nothing is looked at. */
static int settle_paths(const struct bd_bls_request *request, struct bd_bls_list *list, size_t from,
			struct bd_error *err)
{
	bool there = false, below_boot = false;

	if (!bd_text_begins_with(request->folder, "/boot/"))
		return 0;
	for (size_t i = from, tried = 0; i < list->count && tried < FOLDERS_TRIED_MAX; i++, tried++) {
		const char *path = list->items[i].entry.kernel.path;
		char joined[BD_BOOTMENU_TEXT_MAX];
		if (!path || !bd_bootmenu_join_path("/boot", path + 1, joined))
			continue;
		if (bd_text_begins_with(path, "/boot/"))
			return 0;
		if (bd_bootmenu_is_file(request->files, request->device, path, &there, err) != 0)
			return -1;
		if (there)
			return 0;
		if (bd_bootmenu_is_file(request->files, request->device, joined, &below_boot, err) != 0)
			return -1;
		if (below_boot)
			return put_all_below_boot(list, from, err);
	}
	return 0;
}

int bd_bls_read_one(const struct bd_bls_request *request, const char *file_name, struct bd_bls_list *list,
		    struct bd_error *err)
{
	size_t from = list->count, bytes = 0;

	return read_entry(request, file_name, &bytes, list, err) == 0 ? settle_paths(request, list, from, err) : -1;
}

int bd_bls_read(const struct bd_bls_request *request, struct bd_bls_list *list, struct bd_error *err)
{
	BD_DISPOSE(bd_bootmenu_names_dispose) struct bd_bootmenu_names names = { 0 };
	const struct bd_bootmenu_names_request wanted = { .files = request->files,
							  .device = request->device,
							  .folder = request->folder,
							  .is_wanted = is_wanted,
							  .context = request,
							  .limit = BD_BOOTMENU_ENTRIES_MAX };
	size_t from = list->count, bytes = 0;

	if (bd_bootmenu_list_names(&wanted, &names, err) != 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (read_entry(request, names.texts[i], &bytes, list, err) != 0)
			return -1;
	return settle_paths(request, list, from, err);
}

int bd_bls_add_to_menu(const struct bd_bls_request *request, struct bd_bootmenu *menu, struct bd_error *err)
{
	BD_DISPOSE(bd_bls_list_dispose) struct bd_bls_list list = { 0 };

	if (bd_bls_read(request, &list, err) != 0)
		return -1;
	bd_bls_list_sort(&list, request->rules);
	return bd_bls_list_move(&list, menu, err);
}
