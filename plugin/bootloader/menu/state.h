/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The menu as such: what is selected, what has been edited, what each key does. It does no input or output; screen.h
 * says how it looks, terminal.h shows it. */
#ifndef BD_BOOTLOADER_MENU_STATE_H
#define BD_BOOTLOADER_MENU_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bootloader/menu/keys.h"
#include "bootloader/menu/line.h"
#include "bootmenu/menu.h"

#define BD_MENU_ROWS_MAX 256 /* what a terminal has beyond these is left empty */
#define BD_MENU_COLUMNS_MAX 512
#define BD_MENU_ROWS_DEFAULT 24 /* of a terminal that does not say, as libxl's */
#define BD_MENU_COLUMNS_DEFAULT 80

enum bd_menu_view { BD_MENU_LIST, BD_MENU_EDITING };
enum bd_menu_outcome {
	BD_MENU_OPEN,
	BD_MENU_BOOT, /* the selected entry; after a countdown it may be one with an obstacle */
	BD_MENU_OPENED, /* the menu that the selected entry shows; by a key only */
	BD_MENU_LEFT, /* none */
};

/* To be read by anybody, and changed by the functions here. */
struct bd_menu {
	const struct bd_bootmenu *entries; /* borrowed; it has one at least */
	const char *heading; /* borrowed */
	char **edited; /* the arguments of each entry; NULL: they are as they were; owned */
	enum bd_menu_view view;
	enum bd_menu_outcome outcome;
	size_t selected;
	int seconds_left; /* until the selected entry is booted; -1: until somebody says so */
	size_t rows, columns; /* of the screen, at least one */
	size_t first_line; /* of the list, that is shown: entries, and the submenus' titles between them */
	size_t number; /* that is being typed; 0: none */
	struct bd_line line; /* that is being edited */
	bool boots_edited; /* as soon as that is done */
	const char *notice; /* of the last key; NULL: none */
};

/* entries->timeout_s is where it counts down from. EINVAL: there is no entry. */
int bd_menu_init(struct bd_menu *menu, const struct bd_bootmenu *entries, const char *heading, struct bd_error *err);
void bd_menu_dispose(struct bd_menu *menu); /* idempotent */

/* 0 is for what is not known. */
void bd_menu_resize(struct bd_menu *menu, size_t rows, size_t columns);

/* At 0 it is decided. Nothing happens where nothing is counted. */
void bd_menu_count_down(struct bd_menu *menu, int seconds_left);

/* Any key ends the countdown. Fails for lack of memory only. */
int bd_menu_take(struct bd_menu *menu, const struct bd_key *key, struct bd_error *err);

/* As the entry has them, or as they were edited. */
const char *bd_menu_arguments(const struct bd_menu *menu, size_t index);
/* The title of a submenu goes before the entry. */
bool bd_menu_has_title(const struct bd_menu *menu, size_t index);
/* Of the list, with the titles of submenus. */
size_t bd_menu_line_count(const struct bd_menu *menu);

#endif
