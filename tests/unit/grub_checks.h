/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Menus as text, and the reading of a grub.cfg on hd0,gpt1 of a disk in memory, for the tests of bootmenu/grub/. */
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
#include "bootmenu_fake_disk.h"

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
			fprintf(out, "\tinitrd %s%s%s:%s\n",
				entry->initrds[k].newc_name ? entry->initrds[k].newc_name : "",
				entry->initrds[k].newc_name ? "=" : "", entry->initrds[k].device,
				entry->initrds[k].path);
		if (entry->opens)
			fprintf(out, "\topens %s\n", entry->opens);
		if (entry->obstacle)
			fprintf(out, "\tnot here: %s\n", entry->obstacle);
	}
	fclose(out);
	return text;
}

static inline int read_with(const char *text, struct fake_disk *disk, const struct bd_grub_hooks *hooks,
			    struct bd_bootmenu *menu, struct bd_error *err)
{
	struct bd_bootmenu_files files = fake_files(disk);

	return bd_grub_cfg_read(text, &files, "hd0,gpt1", "/boot/grub", hooks, menu, err);
}

/* On hd0,gpt1, in /boot/grub. */
static inline void assert_menu_with(const char *text, struct fake_disk *disk, const struct bd_grub_hooks *hooks,
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
	static const struct fake_file files[] = { { "(hd0,gpt1)/boot/vmlinuz", "kernel" },
						  { "(hd0,gpt1)/boot/empty", "" },
						  { "(hd0,gpt2)/vmlinuz", "kernel" },
						  { "(hd0,gpt2)/initrd", "i" },
						  { NULL, NULL } };
	static const struct fake_name names[] = { { "1111-AAAA", "ROOT", "hd0,gpt1" },
						  { "2222-BBBB", "BOOT", "hd0,gpt2" },
						  { NULL, NULL, NULL } };
	struct fake_disk disk = { .files = files, .names = names };

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
