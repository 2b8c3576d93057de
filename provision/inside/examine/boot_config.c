/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through the lines of a boot loader's config. */
#include "inside/examine/boot_config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char *const bd_boot_config_paths[] = {
	"/boot/grub/grub.cfg",
	"/grub/grub.cfg",
	"/boot/grub2/grub.cfg",
	"/grub2/grub.cfg",
	"/boot/isolinux/isolinux.cfg",
	"/boot/extlinux/extlinux.conf",
	"/boot/extlinux.conf",
	"/extlinux/extlinux.conf",
	"/extlinux.conf",
	"/boot/grub/menu.lst",
	"/boot/grub/grub.conf",
	"/grub/menu.lst",
	"/grub/grub.conf",
	NULL,
};

#define BLANKS " \t\r"

struct reading {
	struct bd_examine_entry *entries;
	size_t count;
	size_t number; /* of the entry at hand, counted from 1; 0: before the first one */
	size_t of_last; /* the number that the last of `entries` has */
	size_t wanted; /* the default, counted from 0 */
};

static char *unquote(char *text)
{
	size_t length = strlen(text);

	if (length >= 2 && (text[0] == '"' || text[0] == '\'') && text[length - 1] == text[0]) {
		text[length - 1] = '\0';
		text++;
	}
	return text;
}

/* "(hd0,msdos1)/vmlinuz", "($root)/vmlinuz": pygrub looks in the filesystem at hand, whatever is in the brackets. */
static void take_path(char *out, char *word)
{
	word = unquote(word);
	if (*word == '(' && strchr(word, ')'))
		word = strchr(word, ')') + 1;
	snprintf(out, BD_EXAMINE_PATH_SIZE, "%s%s", *word == '/' || !*word ? "" : "/", word);
}

static struct bd_examine_entry *entry_at_hand(struct reading *reading)
{
	return reading->count && reading->of_last == reading->number ? &reading->entries[reading->count - 1] : NULL;
}

static void add_argument(struct bd_examine_entry *entry, const char *word)
{
	size_t used = strlen(entry->arguments), left = sizeof(entry->arguments) - used;
	int length = snprintf(entry->arguments + used, left, "%s%s", used ? " " : "", word);

	if ((size_t)length < left)
		return;
	entry->arguments[used] = '\0';
	entry->is_cut = true;
}

static void take_arguments(struct bd_examine_entry *entry, char *rest)
{
	char *state = NULL;

	for (char *word = strtok_r(rest, BLANKS, &state); word; word = strtok_r(NULL, BLANKS, &state)) {
		add_argument(entry, word);
		if (strncmp(word, "root=", 5) == 0)
			snprintf(entry->root, sizeof(entry->root), "%s", unquote(word + 5));
	}
}

static void take_kernel(struct reading *reading, char *rest)
{
	char *state = NULL, *path = strtok_r(rest, BLANKS, &state);

	/* Options of the boot loader's own. */
	while (path && strncmp(path, "--", 2) == 0)
		path = strtok_r(NULL, BLANKS, &state);
	if (!path || reading->count >= BD_EXAMINE_ENTRIES_MAX || entry_at_hand(reading))
		return;
	struct bd_examine_entry *entry = &reading->entries[reading->count++];
	*entry = (struct bd_examine_entry){ 0 };
	reading->of_last = reading->number;
	take_path(entry->kernel, path);
	entry->is_default = reading->number == reading->wanted + 1;
	if (state)
		take_arguments(entry, state);
}

static void take_initramfs(struct reading *reading, char *rest)
{
	struct bd_examine_entry *entry = entry_at_hand(reading);
	char *state = NULL, *path = strtok_r(rest, BLANKS ",", &state);

	if (entry && path && !*entry->initramfs)
		take_path(entry->initramfs, path);
}

static void take_default(struct reading *reading, char *value)
{
	value = unquote(value);
	if (*value >= '0' && *value <= '9')
		reading->wanted = strtoul(value, NULL, 10);
}

/* A hypervisor is no kernel that pygrub could start: "kernel /boot/xen.gz". */
static bool is_hypervisor(const char *rest)
{
	const char *end = rest + strcspn(rest, BLANKS), *name = end;

	while (name > rest && name[-1] != '/')
		name--;
	return strncmp(name, "xen", 3) == 0;
}

static void take_line(struct reading *reading, char *line)
{
	static const char *const begins[] = { "menuentry", "title", "label", NULL };
	static const char *const kernels[] = { "linux", "linux16", "linuxefi", "kernel", NULL };
	static const char *const initramfses[] = { "initrd", "initrd16", "initrdefi", NULL };
	static const char *const modules[] = { "module", "module2", NULL };
	char *word = line + strspn(line, BLANKS), *rest = word + strcspn(word, BLANKS "=");
	bool is_set = *rest == '=';

	if (*rest)
		*rest++ = '\0';
	rest += strspn(rest, BLANKS);
	for (char *at = word; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at + 'a' - 'A');
	if (bd_text_is_any(word, begins)) {
		reading->number++;
	} else if (strcmp(word, "set") == 0 && strncmp(rest, "default=", 8) == 0) {
		take_default(reading, rest + 8);
	} else if (strcmp(word, "default") == 0) {
		take_default(reading, rest);
	} else if (is_set || !reading->number) {
		return;
	} else if (bd_text_is_any(word, kernels) && !is_hypervisor(rest)) {
		take_kernel(reading, rest);
	} else if (bd_text_is_any(word, initramfses)) {
		take_initramfs(reading, rest);
	} else if (bd_text_is_any(word, modules)) {
		if (entry_at_hand(reading))
			take_initramfs(reading, rest);
		else
			take_kernel(reading, rest);
	} else if (strcmp(word, "append") == 0 && entry_at_hand(reading)) {
		take_arguments(entry_at_hand(reading), rest);
	}
}

size_t bd_boot_config_read(char *text, struct bd_examine_entry entries_out[BD_EXAMINE_ENTRIES_MAX])
{
	struct reading reading = { .entries = entries_out };
	char *state = NULL;

	for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
		take_line(&reading, line);
	/* "saved" and the like, or a number that there is not: the first one. */
	bool has_default = false;
	for (size_t i = 0; i < reading.count; i++)
		has_default |= entries_out[i].is_default;
	if (reading.count && !has_default)
		entries_out[0].is_default = true;
	return reading.count;
}
