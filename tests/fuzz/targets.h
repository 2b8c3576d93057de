/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parsers of what somebody else has put on a disk, each as a function of any bytes. What they promise is asserted here; that they
 * stay within their memory is for the sanitizers to see. `make fuzz` gives them to libFuzzer (fuzzer.c), and tests/unit/test_fuzz_corpus.c
 * runs them over the corpus and what comes of it by a fixed seed. */
#ifndef BD_TESTS_FUZZ_TARGETS_H
#define BD_TESTS_FUZZ_TARGETS_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/bls.h"
#include "bootmenu/entry.h"
#include "bootmenu/extlinux.h"
#include "bootmenu/find.h"
#include "bootmenu/glob.h"
#include "bootmenu/grub/cfg.h"
#include "bootmenu/grub/entry_path.h"
#include "bootmenu/grub_menu.h"
#include "bootmenu/grubenv.h"
#include "bootmenu/loader_conf.h"
#include "bootmenu/menu_lst.h"
#include "bootmenu/newest.h"
#include "bootmenu/version.h"
#include "kernel/bzimage.h"
#include "kernel/env_text.h"
#include "kernel/uki.h"
#include "kernel/xen_notes.h"

#define PROMISED(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* --- a disk ------------------------------------------------------------------------------------------------------- */

/* Either one file, which is at every path but those of folders, or many: "==> PATH" before each, as in tests/unit/data/boot. */
struct fuzz_disk {
	const char *text;
	size_t size;
	bool has_many;
	unsigned
		reads; /* of the one file: there are not more than FUZZ_READS_MAX, as one that reads itself takes long */
};

#define FUZZ_READS_MAX 4

static inline bool fuzz_begins(const struct fuzz_disk *disk, const char *at)
{
	return disk->text + disk->size - at >= 4 && memcmp(at, "==> ", 4) == 0;
}

/* The line behind at, or the end. */
static inline const char *fuzz_next_line(const struct fuzz_disk *disk, const char *at)
{
	const char *end = disk->text + disk->size, *newline = memchr(at, '\n', (size_t)(end - at));

	return newline ? newline + 1 : end;
}

/* visit gets each file's path and content; 1: it is the one. */
static inline int fuzz_each(const struct fuzz_disk *disk,
			    int (*visit)(void *context, const char *path, const char *text, size_t size),
			    void *context)
{
	const char *end = disk->text + disk->size;

	for (const char *at = disk->text; at < end;) {
		const char *text = fuzz_next_line(disk, at), *next = text;
		char path[512];
		while (next < end && !fuzz_begins(disk, next))
			next = fuzz_next_line(disk, next);
		if (fuzz_begins(disk, at)) {
			snprintf(path, sizeof(path), "%.*s", (int)(text - at - 4 < 500 ? text - at - 4 : 500),
				 at + 4);
			path[strcspn(path, "\n")] = '\0';
			int r = visit(context, path, text, (size_t)(next - text));
			if (r)
				return r;
		}
		at = next;
	}
	return 0;
}

struct fuzz_file {
	const char *path;
	const char *text; /* NULL: it is not there */
	size_t size;
	bool is_folder; /* there is one below it */
};

static inline int fuzz_compare(void *context, const char *path, const char *text, size_t size)
{
	struct fuzz_file *file = context;
	size_t length = strlen(file->path);

	if (strcmp(path, file->path) == 0) {
		file->text = text;
		file->size = size;
		return 1;
	}
	file->is_folder = file->is_folder || (strncmp(path, file->path, length) == 0 && path[length] == '/');
	return 0;
}

static inline struct fuzz_file fuzz_find(const struct fuzz_disk *disk, const char *path)
{
	struct fuzz_file file = { .path = path };

	if (disk->has_many)
		fuzz_each(disk, fuzz_compare, &file);
	else if (strchr(path, '.') || strstr(path, "env"))
		file = (struct fuzz_file){ path, disk->text, disk->size, false };
	else
		file.is_folder = strlen(path) % 2;
	return file;
}

static inline int fuzz_read(void *source, const char *device, const char *path, size_t limit_bytes, char **text_out,
			    size_t *size_out, struct bd_error *err)
{
	struct fuzz_disk *disk = source;
	struct fuzz_file file = fuzz_find(disk, path);

	(void)device;
	PROMISED(*path == '/');
	if (!disk->has_many && disk->reads++ >= FUZZ_READS_MAX)
		file.text = NULL;
	*text_out = NULL;
	*size_out = 0;
	if (!file.text)
		return 0;
	if (file.size > limit_bytes)
		return bd_fail(err, EFBIG, "it is too large");
	*text_out = bd_bytes_copy(file.text, file.size);
	*size_out = file.size;
	return *text_out ? 0 : bd_no_memory(err);
}

static inline int fuzz_look(void *source, const char *device, const char *path, char *type_out, struct bd_error *err)
{
	struct fuzz_file file = fuzz_find(source, path);

	(void)device;
	(void)err;
	PROMISED(*path == '/');
	*type_out = file.text ? 'f' : file.is_folder ? 'd' : '\0';
	return 0;
}

struct fuzz_listing {
	const char *folder;
	int (*visit)(void *context, const char *name, struct bd_error *err);
	void *context;
	struct bd_error *err;
};

static inline int fuzz_list_one(void *context, const char *path, const char *text, size_t size)
{
	struct fuzz_listing *listing = context;
	size_t length = strcmp(listing->folder, "/") == 0 ? 0 : strlen(listing->folder);
	char name[512];

	(void)text;
	(void)size;
	if (strncmp(path, listing->folder, length) != 0 || path[length] != '/')
		return 0;
	snprintf(name, sizeof(name), "%s", path + length + 1);
	name[strcspn(name, "/")] = '\0';
	return listing->visit(listing->context, name, listing->err) == 0 ? 0 : -1;
}

static inline int fuzz_list(void *source, const char *device, const char *path,
			    int (*visit)(void *context, const char *name, struct bd_error *err), void *context,
			    struct bd_error *err)
{
	static const char *const names[] = { "a.conf", "b+3-1.conf", "vmlinuz-6.1", "initrd.img-6.1", "7" };
	struct fuzz_listing listing = { path, visit, context, err };
	const struct fuzz_disk *disk = source;

	(void)device;
	PROMISED(*path == '/' && (!path[1] || path[strlen(path) - 1] != '/'));
	if (disk->has_many)
		return fuzz_each(disk, fuzz_list_one, &listing);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (visit(context, names[i], err) != 0)
			return -1;
	return 0;
}

static inline int fuzz_search(void *source, enum bd_bootmenu_search by, const char *what,
			      char device_out[BD_BOOTMENU_DEVICE_SIZE], bool *found_out, struct bd_error *err)
{
	(void)source;
	(void)err;
	PROMISED(by != BD_BOOTMENU_SEARCH_FILE || *what == '/');
	*found_out = strlen(what) % 3 != 0;
	snprintf(device_out, BD_BOOTMENU_DEVICE_SIZE, "hd0,gpt%zu", strlen(what) % 4);
	return 0;
}

static inline int fuzz_describe(void *source, const char *device, enum bd_bootmenu_search what,
				char text_out[BD_BOOTMENU_NAME_SIZE], bool *known_out, struct bd_error *err)
{
	(void)source;
	(void)err;
	*known_out = *device && what != BD_BOOTMENU_SEARCH_FILE;
	snprintf(text_out, BD_BOOTMENU_NAME_SIZE, "0a1b-2c3d");
	return 0;
}

static inline struct bd_bootmenu_files fuzz_files(struct fuzz_disk *disk)
{
	return (struct bd_bootmenu_files){ .source = disk,
					   .read = fuzz_read,
					   .look = fuzz_look,
					   .list = fuzz_list,
					   .search = fuzz_search,
					   .describe = fuzz_describe };
}

/* --- menus -------------------------------------------------------------------------------------------------------- */

static inline void fuzz_check_path(const struct bd_bootmenu_path *path)
{
	PROMISED(path->device && path->path);
	PROMISED(*path->path == '/' && strlen(path->path) < BD_BOOTMENU_TEXT_MAX);
	PROMISED(strlen(path->device) < BD_BOOTMENU_DEVICE_SIZE);
	PROMISED(!path->newc_name || strlen(path->newc_name) <= BD_BOOTMENU_NEWC_NAME_MAX);
}

static inline void fuzz_check_entry(const struct bd_bootmenu_entry *entry)
{
	PROMISED(entry->title && strlen(entry->title) < BD_BOOTMENU_TEXT_MAX);
	PROMISED(!entry->id || strlen(entry->id) < BD_BOOTMENU_TEXT_MAX);
	PROMISED(!entry->submenu || strlen(entry->submenu) < BD_BOOTMENU_TEXT_MAX);
	PROMISED(entry->kernel.path || entry->obstacle);
	PROMISED(entry->initrd_count <= BD_BOOTMENU_INITRDS_MAX);
	PROMISED(!entry->opens || entry->obstacle);
	if (entry->defined_in.path)
		fuzz_check_path(&entry->defined_in);
	if (entry->obstacle)
		return;
	PROMISED(entry->arguments && strlen(entry->arguments) < BD_BOOTMENU_TEXT_MAX);
	fuzz_check_path(&entry->kernel);
	for (size_t i = 0; i < entry->initrd_count; i++)
		fuzz_check_path(&entry->initrds[i]);
}

static inline void fuzz_check_menu(const struct bd_bootmenu *menu)
{
	PROMISED(menu->count <= BD_BOOTMENU_ENTRIES_MAX);
	PROMISED(menu->count ? menu->default_index < menu->count : menu->default_index == 0);
	PROMISED(menu->timeout_s >= -1);
	PROMISED(!menu->chosen_by || strlen(menu->chosen_by) < BD_BOOTMENU_REASON_MAX);
	for (size_t i = 0; i < menu->count; i++)
		fuzz_check_entry(&menu->entries[i]);
}

static inline void fuzz_check_failure(const struct bd_error *err)
{
	PROMISED(*err->message && err->code);
	/* ELOOP: files that include each other. */
	PROMISED(err->code == EINVAL || err->code == E2BIG || err->code == EFBIG || err->code == ENOENT ||
		 err->code == ELOOP);
}

typedef int fuzz_reader(const struct bd_bootmenu_files *files, const char *device, const char *path,
			struct bd_bootmenu *menu_out, struct bd_error *err);

static inline void fuzz_read_menu(const uint8_t *data, size_t size, fuzz_reader *read, const char *path)
{
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };
	struct fuzz_disk disk = { .text = (const char *)data, .size = size };
	struct bd_bootmenu_files files = fuzz_files(&disk);
	struct bd_error err = BD_ERROR_INIT;

	if (read(&files, "", path, &menu, &err) == 0)
		fuzz_check_menu(&menu);
	else
		fuzz_check_failure(&err);
}

/* --- the targets -------------------------------------------------------------------------------------------------- */

static inline int fuzz_grub(const struct bd_bootmenu_files *files, const char *device, const char *path,
			    struct bd_bootmenu *menu_out, struct bd_error *err)
{
	struct bd_bootmenu_grub grub = { .files = files };

	return bd_bootmenu_read_grub_cfg(&grub, device, path, menu_out, err);
}

/* The same with the menu of an entry of the last one in it. */
static inline void fuzz_open(const struct bd_bootmenu_files *files, const char *path, const struct bd_bootmenu *menu)
{
	for (size_t i = 0; i < menu->count; i++) {
		BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu opened = { 0 };
		const char *const wanted[] = { menu->entries[i].opens };
		struct bd_bootmenu_grub grub = { .files = files, .opened = wanted, .opened_count = 1 };
		struct bd_error err = BD_ERROR_INIT;
		if (!*wanted)
			continue;
		if (bd_bootmenu_read_grub_cfg(&grub, "", path, &opened, &err) == 0)
			fuzz_check_menu(&opened);
		else
			fuzz_check_failure(&err);
		return;
	}
}

static inline void fuzz_cfg(const uint8_t *data, size_t size)
{
	static const char path[] = "/@/.snapshots/1/snapshot/boot/grub2/grub.cfg";
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };
	struct fuzz_disk disk = { .text = (const char *)data, .size = size };
	struct bd_bootmenu_files files = fuzz_files(&disk);
	struct bd_error err = BD_ERROR_INIT;

	fuzz_read_menu(data, size, fuzz_grub, path);
	if (fuzz_grub(&files, "", path, &menu, &err) == 0)
		fuzz_open(&files, path, &menu);
}

static inline void fuzz_extlinux(const uint8_t *data, size_t size)
{
	fuzz_read_menu(data, size, bd_extlinux_read, "/boot/extlinux.conf");
}

static inline void fuzz_menu_lst(const uint8_t *data, size_t size)
{
	fuzz_read_menu(data, size, bd_menu_lst_read, "/boot/grub/menu.lst");
}

static inline int fuzz_systemd_boot(const struct bd_bootmenu_files *files, const char *device, const char *path,
				    struct bd_bootmenu *menu_out, struct bd_error *err)
{
	const struct bd_loader_place place = { device, "" };
	const struct bd_loader_request request = {
		.files = files, .places = &place, .place_count = 1, .architecture = "x64"
	};

	(void)path;
	return bd_loader_read(&request, menu_out, err);
}

static inline void fuzz_loader_conf(const uint8_t *data, size_t size)
{
	BD_DISPOSE(bd_loader_conf_dispose) struct bd_loader_conf conf = { .timeout_s = -1 };
	BD_FREE char *text = bd_bytes_copy(data, size);
	struct bd_error err = BD_ERROR_INIT;

	PROMISED(text && bd_loader_conf_parse(text, size, &conf, &err) == 0);
	PROMISED(conf.timeout_s >= -1 && conf.timeout_s <= BD_LOADER_TIMEOUT_MAX_S);
	/* With entries of the same text. */
	fuzz_read_menu(data, size, fuzz_systemd_boot, "");
}

static inline const char *fuzz_variable(const void *context, const char *name)
{
	(void)context;
	return strlen(name) % 2 ? "one two" : strchr(name, '_') ? "" : NULL;
}

static inline void fuzz_bls(const uint8_t *data, size_t size)
{
	for (int rules = BD_BLS_SPECIFICATION; rules <= BD_BLS_GRUB; rules++) {
		BD_DISPOSE(bd_bls_list_dispose) struct bd_bls_list list = { 0 };
		BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };
		BD_FREE char *text = bd_bytes_copy(data, size);
		struct bd_error err = BD_ERROR_INIT;
		const struct bd_bls_request request = { .device = "",
							.folder = "/loader/entries",
							.rules = (enum bd_bls_rules)rules,
							.architecture = "x64",
							.variable = fuzz_variable };
		PROMISED(text && bd_bls_parse(&request, "a-6.1+2-1.conf", text, size, &list, &err) == 0);
		PROMISED(list.count <= 1);
		PROMISED(bd_bls_list_move(&list, &menu, &err) == 0);
		fuzz_check_menu(&menu);
	}
}

static inline void fuzz_grubenv(const uint8_t *data, size_t size)
{
	BD_DISPOSE(bd_grubenv_dispose) struct bd_grubenv env = { 0 };
	struct bd_error err = BD_ERROR_INIT;

	if (bd_grubenv_parse((const char *)data, size, &env, &err) != 0) {
		fuzz_check_failure(&err);
		PROMISED(env.count == 0);
	}
	for (size_t i = 0; i < env.count; i++)
		PROMISED(bd_grubenv_get(&env, env.variables[i].name));
}

/* All of a disk. */
static inline void fuzz_disk(const uint8_t *data, size_t size)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu newest = { 0 };
	struct fuzz_disk disk = { .text = (const char *)data, .size = size, .has_many = true };
	struct bd_bootmenu_files files = fuzz_files(&disk);
	struct bd_bootmenu_grub grub = { .files = &files, .architecture = "x64" };
	struct bd_error err = BD_ERROR_INIT;
	const struct bd_bootmenu_find_request request = { .files = &files,
							  .device = "hd0,gpt1",
							  .architecture = "x64",
							  .read_grub_cfg = bd_bootmenu_read_grub_cfg,
							  .grub_context = &grub };

	PROMISED(bd_bootmenu_find(&request, &found, &err) == 0);
	fuzz_check_menu(&found.menu);
	if (bd_newest_read(&files, "hd0,gpt1", "ro", &newest, &err) == 0)
		fuzz_check_menu(&newest);
	else
		fuzz_check_failure(&err);
}

/* Two texts with a newline between them: neither order contradicts the other. */
static inline void fuzz_version(const uint8_t *data, size_t size)
{
	BD_FREE char *one = bd_bytes_copy(data, size);
	char *other = one ? strchr(one, '\n') : NULL;
	const char *rest;
	size_t number;

	PROMISED(one);
	if (!other)
		return;
	*other++ = '\0';
	int order = bd_version_compare(one, other), back = bd_version_compare(other, one);
	PROMISED((order > 0) == (back < 0) && (order < 0) == (back > 0));
	order = bd_version_compare_blscfg(one, other);
	back = bd_version_compare_blscfg(other, one);
	PROMISED((order > 0) == (back < 0) && (order < 0) == (back > 0));
	PROMISED(bd_version_compare(one, one) == 0 && bd_version_compare_blscfg(one, one) == 0);
	/* "[!a]" is neither "a" nor, where the case does not matter, "A". */
	PROMISED(!bd_glob_match_exactly(one, other) || bd_glob_match(one, other) || strchr(one, '['));
	size_t length = bd_grub_path_part(one, &rest);
	PROMISED(length <= strlen(one) && (!rest || rest > one));
	PROMISED(!bd_grub_path_number(one, length, 5, &number) || number < 5);
	(void)bd_grub_path_names(one, length, other);
}

/* --- kernels ------------------------------------------------------------------------------------------------------ */

struct fuzz_bytes {
	const uint8_t *data;
	size_t size;
};

static inline int fuzz_read_bytes(const struct bd_kernel_source *source, uint64_t at, void *data_out, size_t size,
				  size_t *got_out, struct bd_error *err)
{
	const struct fuzz_bytes *bytes = source->context;

	(void)err;
	PROMISED(size > 0 && at < bytes->size);
	*got_out = size < bytes->size - at ? size : bytes->size - (size_t)at;
	memcpy(data_out, bytes->data + at, *got_out);
	return 0;
}

static inline struct bd_kernel_source fuzz_source(struct fuzz_bytes *bytes)
{
	return (struct bd_kernel_source){
		.size_bytes = bytes->size, .read = fuzz_read_bytes, .context = bytes, .fd = -1
	};
}

static inline void fuzz_check_profile(const struct bd_kernel_source *source, const struct bd_uki *uki, size_t profile)
{
	BD_DISPOSE(bd_uki_texts_dispose) struct bd_uki_texts texts = { 0 };
	struct bd_error err = BD_ERROR_INIT;

	PROMISED(uki->profiles[profile].parts[BD_UKI_LINUX].is_there);
	for (size_t i = 0; i < BD_UKI_PARTS; i++) {
		const struct bd_uki_section *part = &uki->profiles[profile].parts[i];
		PROMISED(!part->is_there || !part->size_bytes ||
			 (part->offset_bytes <= source->size_bytes &&
			  part->size_bytes <= source->size_bytes - part->offset_bytes));
	}
	if (bd_uki_texts_read(source, uki, profile, &texts, &err) != 0) {
		fuzz_check_failure(&err);
		return;
	}
	const char *const all[] = { texts.title, texts.version, texts.sort_key, texts.uname, texts.cmdline };
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		for (const char *at = all[i]; at && *at; at++)
			PROMISED((unsigned char)*at >= ' ' && *at != 127);
}

static inline void fuzz_uki(const uint8_t *data, size_t size)
{
	struct fuzz_bytes bytes = { data, size };
	struct bd_kernel_source source = fuzz_source(&bytes);
	struct bd_error err = BD_ERROR_INIT;
	struct bd_uki uki;

	if (bd_uki_read(&source, &uki, &err) != 0) {
		PROMISED(err.code == ENOEXEC || err.code == EINVAL || err.code == ENOTSUP);
		return;
	}
	PROMISED(uki.profile_count > 0 && uki.profile_count <= BD_PE_SECTIONS_MAX);
	for (size_t i = 0; i < uki.profile_count; i++)
		fuzz_check_profile(&source, &uki, i);
}

static inline void fuzz_bzimage(const uint8_t *data, size_t size)
{
	struct fuzz_bytes bytes = { data, size };
	struct bd_kernel_source source = fuzz_source(&bytes);
	struct bd_error err = BD_ERROR_INIT;
	struct bd_bzimage image;

	if (bd_bzimage_read(&source, &image, &err) != 0) {
		PROMISED(err.code == ENOEXEC || err.code == EINVAL || err.code == ENOTSUP);
		return;
	}
	PROMISED(image.payload_offset_bytes <= size && image.payload_size_bytes <= size - image.payload_offset_bytes);
	for (const char *at = image.version; *at; at++)
		PROMISED(*at >= ' ' && *at < 127);
	PROMISED(strncmp(image.version, image.release, strlen(image.release)) == 0);
}

/* In pieces, as an unpacked kernel comes. */
static inline void fuzz_xen_notes(const uint8_t *data, size_t size)
{
	struct bd_xen_notes_reader *reader = calloc(1, sizeof(*reader));
	struct bd_error err = BD_ERROR_INIT;
	struct bd_xen_notes notes;
	size_t piece = size ? 1 + data[size - 1] * 17u : 1;
	int r = 0;

	PROMISED(reader);
	for (size_t at = 0; r == 0 && at < size; at += piece)
		r = bd_xen_notes_take(reader, data + at, piece < size - at ? piece : size - at, &err);
	if (r == 0)
		r = bd_xen_notes_finish(reader, &notes, &err);
	PROMISED(r == 0 || err.code == ENOEXEC || err.code == EINVAL);
	bd_xen_notes_dispose(reader);
	free(reader);
}

static const struct fuzz_target {
	const char *name; /* of its folder in corpus/ */
	void (*run)(const uint8_t *data, size_t size);
} fuzz_targets[] = {
	{ "bls", fuzz_bls },
	{ "bzimage", fuzz_bzimage },
	{ "cfg", fuzz_cfg },
	{ "disk", fuzz_disk },
	{ "extlinux", fuzz_extlinux },
	{ "grubenv", fuzz_grubenv },
	{ "loader_conf", fuzz_loader_conf },
	{ "menu_lst", fuzz_menu_lst },
	{ "uki", fuzz_uki },
	{ "version", fuzz_version },
	{ "xen_notes", fuzz_xen_notes },
};

#endif
