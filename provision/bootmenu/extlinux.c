/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the configuration of SYSLINUX. */
#include "bootmenu/extlinux.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/entry.h"
#include "bootmenu/words.h"

#define TENTHS_MAX 100000000 /* of a second: more than any timeout */

/* A file that is being read; those that include it are below it on the stack. */
struct source {
	char *text, *path; /* owned */
	struct bd_bootmenu_lines lines;
};

struct reading {
	const struct bd_bootmenu_files *files;
	const char *device;
	char folder[PATH_MAX]; /* that paths are relative to: that of the first file */
	struct source stack[BD_EXTLINUX_DEPTH_MAX];
	size_t depth, files_read, bytes_read;
	struct bd_bootmenu menu;
	/* The label at hand, which is put into the menu when the next begins. */
	struct bd_bootmenu_entry label;
	char *append; /* of the label; NULL: none is said; owned */
	bool has_label, has_initrd, is_mboot, is_menu_default;
	char *global_append, *default_label; /* NULL: none is said; owned */
	bool is_global_append_long; /* too long for an entry */
	bool is_ontimeout; /* the keyword of default_label */
	bool has_menu_default; /* the menu's default_index is one */
	char *menu_titles[BD_EXTLINUX_MENUS_MAX]; /* of the menus that the line at hand is in; owned */
	size_t menu_depth;
	bool is_help; /* between TEXT HELP and ENDTEXT */
};

/* Takes the top one off the stack. */
static void close_source(struct reading *reading)
{
	struct source *top = &reading->stack[--reading->depth];

	free(top->text);
	free(top->path);
}

static void reading_dispose(struct reading *reading)
{
	while (reading->depth > 0)
		close_source(reading);
	while (reading->menu_depth > 0)
		free(reading->menu_titles[--reading->menu_depth]);
	bd_bootmenu_dispose(&reading->menu);
	bd_bootmenu_entry_dispose(&reading->label);
	free(reading->append);
	free(reading->global_append);
	free(reading->default_label);
}

/* Puts a file on the stack. */
static int open_source(struct reading *reading, const char *name, bool *there_out, struct bd_error *err)
{
	char path[BD_BOOTMENU_TEXT_MAX];
	BD_FREE char *text = NULL;
	size_t size = 0;

	*there_out = false;
	if (!bd_bootmenu_join_path(reading->folder, name, path))
		return 0;
	if (reading->depth == BD_EXTLINUX_DEPTH_MAX)
		return bd_fail(err, ELOOP, "%.200s is included by more than %d files, one in the other", path,
			       BD_EXTLINUX_DEPTH_MAX - 1);
	/* Those that are not there count, too: looking for them is what takes time. */
	if (reading->files_read++ == BD_EXTLINUX_FILES_MAX)
		return bd_fail(err, E2BIG, "more than %d files are included", BD_EXTLINUX_FILES_MAX);
	if (reading->files->read(reading->files->source, reading->device, path, BD_EXTLINUX_FILE_MAX, &text, &size,
				 err) != 0)
		return -1;
	if (!text)
		return 0;
	if (size > BD_EXTLINUX_FILE_MAX - reading->bytes_read)
		return bd_fail(err, E2BIG, "the files that are included are larger than %u KiB together",
			       BD_EXTLINUX_FILE_MAX >> 10);
	reading->bytes_read += size;
	BD_FREE char *copy = strdup(path);
	if (!copy)
		return bd_no_memory(err);
	reading->stack[reading->depth++] = (struct source){ text, bd_take_ptr(copy), { text, text + size } };
	bd_take_ptr(text);
	*there_out = true;
	return 0;
}

/* The titles of the menus around it, the main one's aside. */
static int set_submenu(struct reading *reading, struct bd_bootmenu_entry *entry, struct bd_error *err)
{
	for (size_t i = 0; i < reading->menu_depth; i++) {
		BD_FREE char *joined = NULL;
		const char *title = reading->menu_titles[i] ? reading->menu_titles[i] : "";
		if (bd_text_format(&joined, err, "%s%s%s", entry->submenu ? entry->submenu : "",
				   entry->submenu ? ">" : "", title) != 0 ||
		    bd_bootmenu_set_text(&entry->submenu, joined, err) != 0)
			return -1;
	}
	return 0;
}

/* The initrd= that syslinux looks for in a command line itself; there may be several files in it. */
static int take_initrd_argument(struct reading *reading, char *files, struct bd_error *err)
{
	if (reading->has_initrd)
		return 0;
	bd_bootmenu_clear_initrds(&reading->label);
	for (char *rest = files, *name; (name = bd_bootmenu_next_word(&rest, ","));)
		if (*name &&
		    bd_bootmenu_add_initrd(&reading->label, reading->device, reading->folder, name, err) != 0)
			return -1;
	return 0;
}

/* Takes initrd= out, and adds what is left as it is: there may be quotes in it. */
static int add_arguments(struct reading *reading, char *text, struct bd_error *err)
{
	char *out = text;

	for (char *at = text; *at;) {
		size_t blanks = strspn(at, " \t"), size = blanks + strcspn(at + blanks, " \t");
		char *word = at + blanks, *end = at + size, behind = *end;
		if (strncasecmp(word, "initrd=", 7) == 0) {
			*end = '\0';
			if (take_initrd_argument(reading, word + 7, err) != 0)
				return -1;
			*end = behind;
		} else {
			memmove(out, at, size);
			out += size;
		}
		at = end;
	}
	while (out > text && (out[-1] == ' ' || out[-1] == '\t'))
		out--;
	*out = '\0';
	return bd_bootmenu_add_arguments(&reading->label, text + strspn(text, " \t"), err);
}

static int take_kernel(struct reading *reading, char *value, struct bd_error *err)
{
	struct bd_bootmenu_entry *label = &reading->label;
	char *name = bd_bootmenu_next_word(&value, "");

	reading->is_mboot = strcasecmp(bd_path_last(name), "mboot.c32") == 0;
	if (reading->is_mboot)
		return 0;
	if (bd_text_ends_in(name, ".c32") || bd_text_ends_in(name, ".com") || bd_text_ends_in(name, ".cbt"))
		return bd_bootmenu_obstruct(label, err, "it starts a program of SYSLINUX (%.100s)", name);
	if (bd_bootmenu_set_kernel(label, reading->device, reading->folder, name, err) != 0)
		return -1;
	return add_arguments(reading, value, err);
}

/* "xen.gz dom0_mem=1G --- vmlinuz root=... --- initramfs": the kernel that Xen would start as dom0. */
static int take_mboot(struct reading *reading, char *text, struct bd_error *err)
{
	struct bd_bootmenu_entry *label = &reading->label;
	char *kernel = strstr(text, "---");

	if (!kernel)
		return bd_bootmenu_obstruct(label, err, "it starts %.100s by multiboot", text);
	kernel += strspn(kernel, "-");
	char *initrd = strstr(kernel, "---");
	if (initrd) {
		*initrd++ = '\0';
		initrd += strspn(initrd, "-");
	}
	char *name = bd_bootmenu_next_word(&kernel, "");
	if (!name)
		return 0;
	if (bd_bootmenu_set_kernel(label, reading->device, reading->folder, name, err) != 0 ||
	    add_arguments(reading, kernel, err) != 0)
		return -1;
	name = initrd ? bd_bootmenu_next_word(&initrd, "") : NULL;
	return name ? bd_bootmenu_add_initrd(label, reading->device, reading->folder, name, err) : 0;
}

static int obstruct_long(struct reading *reading, struct bd_error *err)
{
	return bd_bootmenu_obstruct(&reading->label, err, "its command line is longer than %d bytes",
				    BD_BOOTMENU_TEXT_MAX - 1);
}

/* Only the last APPEND of a label counts, and it may come before the KERNEL. */
static int finish_arguments(struct reading *reading, struct bd_error *err)
{
	const char *append = reading->append ? reading->append : reading->global_append;

	if (!append || strcmp(append, "-") == 0)
		return 0;
	if (!reading->append && reading->is_global_append_long)
		return obstruct_long(reading, err);
	BD_FREE char *copy = strdup(append);
	if (!copy)
		return bd_no_memory(err);
	return reading->is_mboot ? take_mboot(reading, copy, err) : add_arguments(reading, copy, err);
}

static int add_label(struct reading *reading, struct bd_error *err)
{
	struct bd_bootmenu_entry *label = &reading->label, *entry;

	if (set_submenu(reading, label, err) != 0 || bd_bootmenu_complete(label, label->id, err) != 0 ||
	    bd_bootmenu_add(&reading->menu, &entry, err) != 0)
		return -1;
	*entry = bd_take_struct(*label);
	if (reading->is_menu_default && !reading->has_menu_default) {
		reading->menu.default_index = reading->menu.count - 1;
		reading->has_menu_default = true;
	}
	return 0;
}

static int finish_label(struct reading *reading, struct bd_error *err)
{
	if (!reading->has_label)
		return 0;
	if (finish_arguments(reading, err) != 0)
		return -1;
	if ((reading->label.kernel.path || reading->label.obstacle) && add_label(reading, err) != 0)
		return -1;
	bd_bootmenu_entry_dispose(&reading->label);
	free(reading->append);
	reading->append = NULL;
	reading->has_label = reading->has_initrd = reading->is_mboot = reading->is_menu_default = false;
	return 0;
}

static int take_label(struct reading *reading, char *value, struct bd_error *err)
{
	if (finish_label(reading, err) != 0)
		return -1;
	reading->has_label = true;
	if (bd_bootmenu_set_path(&reading->label.defined_in, reading->device, reading->stack[reading->depth - 1].path,
				 err) != 0)
		return -1;
	return bd_bootmenu_set_text(&reading->label.id, value, err);
}

static int take_kernel_line(struct reading *reading, char *value, struct bd_error *err)
{
	return reading->has_label && *value ? take_kernel(reading, value, err) : 0;
}

static int take_initrd(struct reading *reading, char *value, struct bd_error *err)
{
	if (!reading->has_label)
		return 0;
	reading->has_initrd = false;
	int rc = take_initrd_argument(reading, value, err);
	reading->has_initrd = true;
	return rc;
}

static int take_append(struct reading *reading, char *value, struct bd_error *err)
{
	bool is_long = strlen(value) >= BD_BOOTMENU_TEXT_MAX;

	if (reading->has_label)
		return is_long ? obstruct_long(reading, err) : bd_bootmenu_set_text(&reading->append, value, err);
	reading->is_global_append_long = is_long;
	return bd_bootmenu_set_text(&reading->global_append, value, err);
}

static int take_default(struct reading *reading, char *value, struct bd_error *err)
{
	reading->is_ontimeout = false;
	return bd_bootmenu_set_text(&reading->default_label, value, err);
}

static int take_ontimeout(struct reading *reading, char *value, struct bd_error *err)
{
	reading->is_ontimeout = true;
	return bd_bootmenu_set_text(&reading->default_label, value, err);
}

static int take_timeout(struct reading *reading, char *value, struct bd_error *err)
{
	int tenths = bd_bootmenu_number(value, TENTHS_MAX);

	(void)err;
	reading->menu.timeout_s = tenths > 0 ? (tenths + 9) / 10 : -1;
	return 0;
}

static int take_include(struct reading *reading, char *value, struct bd_error *err)
{
	bool there;
	char *name = bd_bootmenu_next_word(&value, "");

	return name ? open_source(reading, name, &there, err) : 0;
}

static int take_localboot(struct reading *reading, char *value, struct bd_error *err)
{
	(void)value;
	return reading->has_label
		       ? bd_bootmenu_obstruct(&reading->label, err, "it starts what the firmware would (LOCALBOOT)")
		       : 0;
}

static int take_program(struct reading *reading, char *value, struct bd_error *err)
{
	return reading->has_label
		       ? bd_bootmenu_obstruct(&reading->label, err, "it starts a program of SYSLINUX (%.100s)", value)
		       : 0;
}

static int take_config(struct reading *reading, char *value, struct bd_error *err)
{
	return reading->has_label ? bd_bootmenu_obstruct(&reading->label, err,
							 "it goes to another configuration (%.100s)", value)
				  : 0;
}

static int take_help(struct reading *reading, char *value, struct bd_error *err)
{
	(void)err;
	reading->is_help = strcasecmp(value, "help") == 0;
	return 0;
}

/* A caret is before the letter that chooses the entry. */
static int take_menu_label(struct reading *reading, char *value, struct bd_error *err)
{
	char *caret = strchr(value, '^');

	if (!reading->has_label || !*value)
		return 0;
	if (caret)
		memmove(caret, caret + 1, strlen(caret));
	return bd_bootmenu_set_text(&reading->label.title, value, err);
}

static int take_menu_default(struct reading *reading, char *value, struct bd_error *err)
{
	(void)value;
	(void)err;
	reading->is_menu_default = reading->has_label;
	return 0;
}

static int take_menu_title(struct reading *reading, char *value, struct bd_error *err)
{
	return reading->menu_depth ? bd_bootmenu_set_text(&reading->menu_titles[reading->menu_depth - 1], value, err)
				   : 0;
}

static int take_menu_begin(struct reading *reading, char *value, struct bd_error *err)
{
	if (finish_label(reading, err) != 0)
		return -1;
	if (reading->menu_depth == BD_EXTLINUX_MENUS_MAX)
		return bd_fail(err, E2BIG, "there are more than %d menus, one in the other", BD_EXTLINUX_MENUS_MAX);
	reading->menu_titles[reading->menu_depth++] = NULL;
	return take_menu_title(reading, value, err);
}

static int take_menu_end(struct reading *reading, char *value, struct bd_error *err)
{
	(void)value;
	if (finish_label(reading, err) != 0)
		return -1;
	if (reading->menu_depth > 0)
		free(reading->menu_titles[--reading->menu_depth]);
	return 0;
}

struct keyword {
	const char *name;
	int (*take)(struct reading *reading, char *value, struct bd_error *err);
};

static int take_by(const struct keyword *keywords, struct reading *reading, char *line, struct bd_error *err)
{
	char *value = line, *word = bd_bootmenu_next_word(&value, "");

	for (; word && keywords->name; keywords++)
		if (strcasecmp(word, keywords->name) == 0)
			return keywords->take(reading, value, err);
	return 0;
}

static int take_menu(struct reading *reading, char *value, struct bd_error *err)
{
	static const struct keyword keywords[] = { { "label", take_menu_label },
						   { "default", take_menu_default },
						   { "title", take_menu_title },
						   { "begin", take_menu_begin },
						   { "end", take_menu_end },
						   { "include", take_include },
						   { NULL, NULL } };

	return take_by(keywords, reading, value, err);
}

static int take_line(struct reading *reading, char *line, struct bd_error *err)
{
	static const struct keyword keywords[] = {
		{ "label", take_label },	 { "kernel", take_kernel_line }, { "linux", take_kernel_line },
		{ "initrd", take_initrd },	 { "append", take_append },	 { "default", take_default },
		{ "ontimeout", take_ontimeout }, { "timeout", take_timeout },	 { "include", take_include },
		{ "localboot", take_localboot }, { "com32", take_program },	 { "boot", take_program },
		{ "bss", take_program },	 { "pxe", take_program },	 { "config", take_config },
		{ "text", take_help },		 { "menu", take_menu },		 { NULL, NULL },
	};

	if (reading->is_help) {
		reading->is_help = strcasecmp(line, "endtext") != 0;
		return 0;
	}
	return *line == '#' ? 0 : take_by(keywords, reading, line, err);
}

static int read_all(struct reading *reading, struct bd_error *err)
{
	while (reading->depth > 0) {
		struct source *top = &reading->stack[reading->depth - 1];
		char *line = bd_bootmenu_next_line(&top->lines);
		if (!line)
			close_source(reading);
		else if (take_line(reading, line, err) != 0)
			return -1;
	}
	return finish_label(reading, err);
}

static int choose_default(struct reading *reading, struct bd_error *err)
{
	struct bd_bootmenu *menu = &reading->menu;
	char *rest = reading->default_label, *label = rest ? bd_bootmenu_next_word(&rest, "") : NULL;
	const char *keyword = reading->is_ontimeout ? "ONTIMEOUT" : "DEFAULT";
	size_t first = 0;

	for (size_t i = 0; label && i < menu->count; i++) {
		if (strcmp(menu->entries[i].id, label) != 0)
			continue;
		menu->default_index = i;
		return bd_bootmenu_explain(menu, err, "%s %.200s", keyword, label);
	}
	if (reading->has_menu_default)
		return bd_bootmenu_explain(menu, err, "MENU DEFAULT");
	while (first < menu->count && menu->entries[first].obstacle)
		first++;
	menu->default_index = first < menu->count ? first : 0;
	return label ? bd_bootmenu_explain(menu, err,
					   "%s %.200s, which there is not: the first entry that can be booted",
					   keyword, label)
		     : bd_bootmenu_explain(menu, err, "no default is set: the first entry that can be booted");
}

int bd_extlinux_read(const struct bd_bootmenu_files *files, const char *device, const char *path,
		     struct bd_bootmenu *menu_out, struct bd_error *err)
{
	BD_DISPOSE(reading_dispose)
	struct reading reading = { .files = files, .device = device, .menu.timeout_s = -1 };
	bool there;

	bd_path_folder(path, reading.folder);
	if (open_source(&reading, path, &there, err) != 0)
		return bd_wrap(err, "cannot read %.200s", path);
	if (!there)
		return bd_fail(err, ENOENT, "there is no %.200s", path);
	if (read_all(&reading, err) != 0)
		return bd_wrap(err, "%.200s", path);
	if (choose_default(&reading, err) != 0)
		return -1;
	*menu_out = bd_take_struct(reading.menu);
	return 0;
}
