/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk that is a table, and menus as text, for the tests of bootmenu/grub/. */
#ifndef BD_TESTS_GRUB_CHECKS_H
#define BD_TESTS_GRUB_CHECKS_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "bootmenu/grub/cfg.h"

struct disk_file {
	const char *device, *path; /* the device of the configuration is "" or what it is called */
	const char *text; /* NULL: a directory */
};

struct disk_name {
	const char *uuid, *label, *device;
};

struct disk {
	const struct disk_file *files; /* up to one without a path */
	const struct disk_name *names; /* up to one without a device; NULL: none */
	unsigned lookups;
	bool fails; /* as a disk that cannot be read */
};

static inline const struct disk_file *disk_find(const struct disk *disk, const char *device, const char *path)
{
	if (strcmp(device, "hd0,gpt1") == 0)
		device = "";
	for (const struct disk_file *file = disk->files; file && file->path; file++)
		if (strcmp(file->device, device) == 0 && strcmp(file->path, path) == 0)
			return file;
	return NULL;
}

static inline int disk_read(void *source, const char *device, const char *path, size_t limit_bytes, char **text_out,
			    size_t *size_out, struct bd_error *err)
{
	struct disk *disk = source;
	const struct disk_file *file = disk_find(disk, device, path);

	disk->lookups++;
	if (disk->fails)
		return bd_fail(err, EIO, "cannot read %s", path);
	*text_out = NULL;
	if (!file || !file->text)
		return 0;
	*size_out = strlen(file->text);
	if (*size_out > limit_bytes)
		return bd_fail(err, EFBIG, "%s is too large", path);
	*text_out = strdup(file->text);
	return *text_out ? 0 : bd_no_memory(err);
}

static inline int disk_look(void *source, const char *device, const char *path, char *type_out, struct bd_error *err)
{
	struct disk *disk = source;
	const struct disk_file *file = disk_find(disk, device, path);

	disk->lookups++;
	if (disk->fails)
		return bd_fail(err, EIO, "cannot look at %s", path);
	*type_out = !file ? '\0' : file->text ? 'f' : 'd';
	return 0;
}

static inline int disk_list(void *source, const char *device, const char *path,
			    int (*visit)(void *context, const char *name, struct bd_error *err), void *context,
			    struct bd_error *err)
{
	(void)source;
	(void)device;
	(void)path;
	(void)visit;
	(void)context;
	(void)err;
	fail_msg("nothing is listed here");
	return 0;
}

static inline int disk_search(void *source, enum bd_bootmenu_search by, const char *what,
			      char device_out[BD_BOOTMENU_DEVICE_SIZE], bool *found_out, struct bd_error *err)
{
	struct disk *disk = source;

	(void)err;
	disk->lookups++;
	*found_out = false;
	for (const struct disk_name *name = disk->names; name && name->device; name++) {
		bool is = by == BD_BOOTMENU_SEARCH_UUID	   ? name->uuid && strcasecmp(name->uuid, what) == 0
			  : by == BD_BOOTMENU_SEARCH_LABEL ? name->label && strcmp(name->label, what) == 0
							   : disk_find(disk, name->device, what) != NULL;
		if (!is)
			continue;
		snprintf(device_out, BD_BOOTMENU_DEVICE_SIZE, "%s", name->device);
		*found_out = true;
		return 0;
	}
	return 0;
}

static inline struct bd_bootmenu_files disk_files(struct disk *disk)
{
	return (struct bd_bootmenu_files){
		.source = disk, .read = disk_read, .look = disk_look, .list = disk_list, .search = disk_search
	};
}

/* A line an item: "0* TITLE [ID] in SUBMENU", and what belongs to it behind a tab. The caller frees. */
static inline char *menu_text(const struct bd_bootmenu *menu)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fprintf(out, "timeout %d\n", menu->timeout_s);
	for (size_t i = 0; i < menu->count; i++) {
		const struct bd_bootmenu_entry *entry = &menu->entries[i];
		fprintf(out, "%zu%s %s", i, i == menu->default_index ? "*" : "", entry->title);
		if (entry->id)
			fprintf(out, " [%s]", entry->id);
		if (entry->submenu)
			fprintf(out, " in %s", entry->submenu);
		fputc('\n', out);
		if (entry->kernel.path)
			fprintf(out, "\t%s %s:%s %s\n", entry->is_uki ? "uki" : "linux", entry->kernel.device,
				entry->kernel.path, entry->arguments);
		for (size_t k = 0; k < entry->initrd_count; k++)
			fprintf(out, "\tinitrd %s:%s\n", entry->initrds[k].device, entry->initrds[k].path);
		if (entry->obstacle)
			fprintf(out, "\tnot here: %s\n", entry->obstacle);
	}
	fclose(out);
	return text;
}

static inline int read_with(const char *text, struct disk *disk, const struct bd_grub_hooks *hooks,
			    struct bd_bootmenu *menu, struct bd_error *err)
{
	struct bd_bootmenu_files files = disk_files(disk);

	return bd_grub_cfg_read(text, &files, "hd0,gpt1", "/boot/grub", hooks, menu, err);
}

/* On hd0,gpt1, in /boot/grub. */
static inline void assert_menu_with(const char *text, struct disk *disk, const struct bd_grub_hooks *hooks,
				    const char *expected)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_bootmenu menu = { 0 };

	if (read_with(text, disk, hooks, &menu, &err) != 0)
		fail_msg("%s, in:\n%s", err.message, text);
	char *is = menu_text(&menu);
	if (strcmp(is, expected) != 0)
		fail_msg("\nis:\n%s\nexpected:\n%s\nin:\n%s", is, expected, text);
	free(is);
	bd_bootmenu_dispose(&menu);
}

static inline void assert_menu(const char *text, const char *expected)
{
	static const struct disk_file files[] = {
		{ "", "/boot", NULL },		{ "", "/boot/vmlinuz", "kernel" },
		{ "", "/boot/empty", "" },	{ "hd0,gpt2", "/vmlinuz", "kernel" },
		{ "hd0,gpt2", "/initrd", "i" }, { NULL, NULL, NULL }
	};
	static const struct disk_name names[] = { { "1111-AAAA", "ROOT", "hd0,gpt1" },
						  { "2222-BBBB", "BOOT", "hd0,gpt2" },
						  { NULL, NULL, NULL } };
	struct disk disk = { .files = files, .names = names };

	assert_menu_with(text, &disk, NULL, expected);
}

/* What the script makes of words, by way of a kernel's arguments: `linux /k ...` of the last line. */
static inline void assert_arguments(const char *script, const char *expected)
{
	char text[4096], menu[4096];

	snprintf(text, sizeof(text), "menuentry t {\n%s\n}\n", script);
	snprintf(menu, sizeof(menu), "timeout -1\n0* t\n\tlinux :/k %s\n", expected);
	assert_menu(text, menu);
}

#endif
