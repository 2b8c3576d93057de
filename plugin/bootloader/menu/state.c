/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keys do. */
#include "bootloader/menu/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "bootloader/menu/layout.h"

#define SECONDS_MAX 1000000000

int bd_menu_init(struct bd_menu *menu, const struct bd_bootmenu *entries, const char *heading, struct bd_error *err)
{
	*menu = (struct bd_menu){ .entries = entries, .heading = heading, .seconds_left = entries->timeout_s };
	if (!entries->count)
		return bd_fail(err, EINVAL, "there is no entry to choose from");
	menu->selected = entries->default_index < entries->count ? entries->default_index : 0;
	if (menu->seconds_left < 0)
		menu->seconds_left = -1;
	if (menu->seconds_left > SECONDS_MAX)
		menu->seconds_left = SECONDS_MAX;
	menu->edited = calloc(entries->count, sizeof(*menu->edited));
	if (!menu->edited)
		return bd_no_memory(err);
	bd_menu_resize(menu, 0, 0);
	return 0;
}

void bd_menu_dispose(struct bd_menu *menu)
{
	for (size_t i = 0; menu->edited && i < menu->entries->count; i++)
		free(menu->edited[i]);
	free(menu->edited);
	menu->edited = NULL;
}

const char *bd_menu_arguments(const struct bd_menu *menu, size_t index)
{
	const char *arguments = menu->edited[index] ? menu->edited[index] : menu->entries->entries[index].arguments;

	return arguments ? arguments : "";
}

/* --- lines of the list -------------------------------------------------------------------------------------------- */

bool bd_menu_has_title(const struct bd_menu *menu, size_t index)
{
	const struct bd_bootmenu_entry *entry = &menu->entries->entries[index];

	return entry->submenu && *entry->submenu &&
	       (index == 0 || !bd_text_is_same(entry->submenu, entry[-1].submenu));
}

/* Lines before the entry's own, among which may be the title of its submenu. */
static size_t lines_before(const struct bd_menu *menu, size_t index)
{
	size_t lines = index;

	for (size_t i = 0; i <= index && i < menu->entries->count; i++)
		lines += bd_menu_has_title(menu, i);
	return lines;
}

size_t bd_menu_line_count(const struct bd_menu *menu)
{
	return lines_before(menu, menu->entries->count);
}

static size_t list_rows(const struct bd_menu *menu)
{
	return bd_layout_make(menu->rows, bd_menu_line_count(menu)).body_rows;
}

/* So that the selected entry is seen, and where there is room, the title above it. */
static void scroll(struct bd_menu *menu)
{
	size_t room = list_rows(menu), last = lines_before(menu, menu->selected), count = bd_menu_line_count(menu);
	size_t first = room > 1 && bd_menu_has_title(menu, menu->selected) ? last - 1 : last;

	if (menu->first_line > first)
		menu->first_line = first;
	if (last >= room && menu->first_line < last - room + 1)
		menu->first_line = last - room + 1;
	if (menu->first_line > count - room)
		menu->first_line = count - room;
}

static size_t clamp(size_t value, size_t otherwise, size_t most)
{
	if (!value)
		return otherwise;
	return value < most ? value : most;
}

void bd_menu_resize(struct bd_menu *menu, size_t rows, size_t columns)
{
	menu->rows = clamp(rows, BD_MENU_ROWS_DEFAULT, BD_MENU_ROWS_MAX);
	menu->columns = clamp(columns, BD_MENU_COLUMNS_DEFAULT, BD_MENU_COLUMNS_MAX);
	scroll(menu);
}

void bd_menu_count_down(struct bd_menu *menu, int seconds_left)
{
	if (menu->seconds_left < 0 || menu->outcome != BD_MENU_OPEN)
		return;
	menu->seconds_left = seconds_left > 0 ? seconds_left : 0;
	if (!menu->seconds_left)
		menu->outcome = BD_MENU_BOOT;
}

/* --- the list ----------------------------------------------------------------------------------------------------- */

static bool refuse(struct bd_menu *menu)
{
	const struct bd_bootmenu_entry *entry = &menu->entries->entries[menu->selected];

	if (!entry->obstacle && !entry->opens)
		return false;
	menu->notice = entry->opens ? "This entry shows another menu." : "This entry cannot be booted here.";
	return true;
}

static void boot(struct bd_menu *menu)
{
	if (menu->entries->entries[menu->selected].opens)
		menu->outcome = BD_MENU_OPENED;
	else if (!refuse(menu))
		menu->outcome = BD_MENU_BOOT;
}

static void edit(struct bd_menu *menu, bool boots_edited)
{
	if (refuse(menu))
		return;
	bd_line_set(&menu->line, bd_menu_arguments(menu, menu->selected));
	menu->view = BD_MENU_EDITING;
	menu->boots_edited = boots_edited;
}

static void select_before(struct bd_menu *menu, size_t count)
{
	menu->selected -= count < menu->selected ? count : menu->selected;
}

static void select_after(struct bd_menu *menu, size_t count)
{
	size_t rest = menu->entries->count - 1 - menu->selected;

	menu->selected += count < rest ? count : rest;
}

/* Numbers are those that the heading shows, from 1 on; a digit that can be added to none begins a new one. */
static void take_digit(struct bd_menu *menu, size_t digit)
{
	size_t number = menu->number * 10 + digit;

	if (number > menu->entries->count)
		number = digit;
	menu->number = number > menu->entries->count ? 0 : number;
	if (menu->number)
		menu->selected = menu->number - 1;
}

static void take_letter(struct bd_menu *menu, char letter)
{
	switch (letter) {
	case 'k':
		select_before(menu, 1);
		break;
	case 'j':
		select_after(menu, 1);
		break;
	case 'g':
		menu->selected = 0;
		break;
	case 'G':
		menu->selected = menu->entries->count - 1;
		break;
	case 'b':
		boot(menu);
		break;
	case 'a':
	case 'e':
		edit(menu, letter == 'a');
		break;
	case 'q':
		menu->outcome = BD_MENU_LEFT;
		break;
	default:
		break;
	}
}

/* Ctrl-A, -E, -N and -P are GRUB's. */
static void take_list_control(struct bd_menu *menu, char letter)
{
	switch (letter) {
	case 'a':
		take_letter(menu, 'g');
		break;
	case 'e':
		take_letter(menu, 'G');
		break;
	case 'p':
		select_before(menu, 1);
		break;
	case 'n':
		select_after(menu, 1);
		break;
	case 'c':
		menu->outcome = BD_MENU_LEFT;
		break;
	default:
		break;
	}
}

static void take_list_key(struct bd_menu *menu, const struct bd_key *key, bool was_counting)
{
	size_t page = list_rows(menu) > 1 ? list_rows(menu) - 1 : 1;

	switch (key->kind) {
	case BD_KEY_CHARACTER:
		take_letter(menu, *key->text);
		break;
	case BD_KEY_CONTROL:
		take_list_control(menu, *key->text);
		break;
	case BD_KEY_ENTER:
		boot(menu);
		break;
	case BD_KEY_ESCAPE:
		/* Who stops the countdown by it, as in GRUB, does not want to be rid of the menu. */
		if (!was_counting)
			menu->outcome = BD_MENU_LEFT;
		break;
	case BD_KEY_UP:
		select_before(menu, 1);
		break;
	case BD_KEY_DOWN:
		select_after(menu, 1);
		break;
	case BD_KEY_PAGE_UP:
		select_before(menu, page);
		break;
	case BD_KEY_PAGE_DOWN:
		select_after(menu, page);
		break;
	case BD_KEY_HOME:
		take_letter(menu, 'g');
		break;
	case BD_KEY_END:
		take_letter(menu, 'G');
		break;
	default:
		break;
	}
}

/* --- editing ------------------------------------------------------------------------------------------------------ */

static int keep_edited(struct bd_menu *menu, struct bd_error *err)
{
	const char *before = menu->entries->entries[menu->selected].arguments;
	char **edited = &menu->edited[menu->selected];

	free(*edited);
	*edited = NULL;
	menu->view = BD_MENU_LIST;
	if (strcmp(menu->line.text, before ? before : "") == 0)
		return 0;
	*edited = strdup(menu->line.text);
	return *edited ? 0 : bd_no_memory(err);
}

static int take_editing_key(struct bd_menu *menu, const struct bd_key *key, struct bd_error *err)
{
	char control = key->kind == BD_KEY_CONTROL ? *key->text : '\0';

	if (key->kind == BD_KEY_ESCAPE || control == 'c') {
		menu->view = BD_MENU_LIST;
		return 0;
	}
	/* Ctrl-X is GRUB's. */
	if (key->kind == BD_KEY_ENTER || control == 'x') {
		if (control == 'x' || menu->boots_edited)
			menu->outcome = BD_MENU_BOOT;
		return keep_edited(menu, err);
	}
	if (!bd_line_take(&menu->line, key))
		menu->notice = "There is no room for more.";
	return 0;
}

int bd_menu_take(struct bd_menu *menu, const struct bd_key *key, struct bd_error *err)
{
	bool was_counting = menu->seconds_left >= 0;
	bool is_digit = key->kind == BD_KEY_CHARACTER && *key->text >= '0' && *key->text <= '9';

	if (menu->outcome != BD_MENU_OPEN || key->kind == BD_KEY_POSITION)
		return 0;
	menu->seconds_left = -1;
	menu->notice = NULL;
	if (menu->view == BD_MENU_EDITING)
		return take_editing_key(menu, key, err);
	if (!is_digit)
		menu->number = 0;
	/* Pasted into the list, it was meant for something else. */
	if (key->is_pasted)
		return 0;
	if (is_digit)
		take_digit(menu, (size_t)(*key->text - '0'));
	else
		take_list_key(menu, key, was_counting);
	scroll(menu);
	return 0;
}
