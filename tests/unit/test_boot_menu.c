/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootloader/menu: what keys do, and what is on the screen then, for terminals of many sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "bootloader/menu/keys.h"
#include "bootloader/menu/layout.h"
#include "menu_checks.h"

#define UP "\033[A"
#define DOWN "\033[B"
#define RIGHT "\033[C"
#define LEFT "\033[D"
#define HOME "\033[H"
#define END "\033[F"
#define PAGE_UP "\033[5~"
#define PAGE_DOWN "\033[6~"
#define DELETE "\033[3~"
#define BACKSPACE "\x7f"
#define ESCAPE "\033"

static struct bd_menu menu;
static struct bd_screen screen;
static struct bd_key_reader reader;
static locale_t locale;

static int forget(void **state)
{
	(void)state;
	bd_menu_dispose(&menu);
	bd_screen_dispose(&screen);
	return 0;
}

static void open_menu(const struct bd_bootmenu *entries, size_t rows, size_t columns)
{
	forget(NULL);
	reader = (struct bd_key_reader){ .state = BD_KEYS_GROUND };
	assert_int_equal(bd_menu_init(&menu, entries, "xen-bigdisk-boot", &menu_err), 0);
	bd_menu_resize(&menu, rows, columns);
}

/* What it sends, and then nothing for a while. */
static void type(const char *bytes)
{
	struct bd_key key;

	for (; *bytes; bytes++)
		if (bd_key_reader_take(&reader, (unsigned char)*bytes, &key))
			assert_int_equal(bd_menu_take(&menu, &key, &menu_err), 0);
	if (bd_key_reader_give_up(&reader, &key))
		assert_int_equal(bd_menu_take(&menu, &key, &menu_err), 0);
}

static const char *picture(void)
{
	assert_int_equal(bd_screen_draw(&screen, &menu, locale, &menu_err), 0);
	return picture_of(&screen);
}

static size_t columns_of(const char *text)
{
	size_t columns = 0;

	while (*text) {
		struct bd_glyph glyph = bd_glyph_at(locale, text);
		assert_memory_equal(glyph.drawn, text, glyph.bytes); /* what is drawn can be printed as it is */
		columns += glyph.columns;
		text += glyph.bytes;
	}
	return columns;
}

#define SHOWS(text) assert_string_equal(picture(), text)

/* --- the list ----------------------------------------------------------------------------------------------------- */

static void a_menu_of_80_by_24(void **state)
{
	(void)state;
	open_menu(&debian, 0, 0);
	SHOWS("Bxen-bigdisk-boot                                                             1/4\n"
	      " \n"
	      "R* Debian GNU/Linux\n"
	      "B  Advanced options for Debian GNU/Linux:\n"
	      "     Debian GNU/Linux, with Linux 6.1.0-18-amd64\n"
	      "     Debian GNU/Linux, with Linux 6.1.0-18-amd64 (recovery mode)\n"
	      "D  Memory test (memtest86+) (it loads no kernel (linux16 of a ROM))\n"
	      " \n"
	      " Arguments: root=UUID=a6c1 ro quiet\n"
	      " Up/Down: select   Enter: boot   e: edit arguments   a: edit and boot   q: leave\n"
	      " \n \n \n \n \n \n \n \n \n \n \n \n \n \n");
}

static void the_countdown_is_shown_until_a_key(void **state)
{
	static const struct bd_bootmenu counting = { debian_entries, 4, 0, 5, NULL };

	(void)state;
	open_menu(&counting, 4, 60);
	SHOWS("R* Debian GNU/Linux\n"
	      "B  Advanced options for Debian GNU/Linux:\n"
	      " Arguments: root=UUID=a6c1 ro quiet\n"
	      " Boots in 5 seconds; any key stops this.\n");
	bd_menu_count_down(&menu, 1);
	assert_non_null(strstr(picture(), " Boots in 1 second; any key stops this.\n"));
	type(DOWN);
	SHOWS("B  Advanced options for Debian GNU/Linux:\n"
	      "R*   Debian GNU/Linux, with Linux 6.1.0-18-amd64\n"
	      " Arguments: root=UUID=a6c1 ro quiet\n"
	      " \n");
	bd_menu_count_down(&menu, 0);
	assert_int_equal(menu.outcome, BD_MENU_OPEN);
}

static void the_countdown_boots(void **state)
{
	static const struct bd_bootmenu counting = { debian_entries, 4, 2, 5, NULL };

	(void)state;
	open_menu(&counting, 24, 80);
	bd_menu_count_down(&menu, 3);
	assert_int_equal(menu.outcome, BD_MENU_OPEN);
	bd_menu_count_down(&menu, 0);
	assert_int_equal(menu.outcome, BD_MENU_BOOT);
	assert_int_equal(menu.selected, 2);
}

/* Whoever stops a countdown by the key that GRUB takes for it is not thrown out; nor does a key without a meaning do
 * more than stop. */
static void any_key_stops_the_countdown(void **state)
{
	static const char *const keys[] = { ESCAPE, "x", "\033x", "\033[15~", "\t", "\x01", "\033[1;2P", "\033[[A" };
	static const struct bd_bootmenu counting = { debian_entries, 4, 0, 5, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		open_menu(&counting, 24, 80);
		type(keys[i]);
		assert_int_equal(menu.seconds_left, -1);
		assert_int_equal(menu.outcome, BD_MENU_OPEN);
		assert_int_equal(menu.view, BD_MENU_LIST);
	}
	type(ESCAPE);
	assert_int_equal(menu.outcome, BD_MENU_LEFT);
}

static void an_answer_of_the_terminal_is_no_key(void **state)
{
	static const struct bd_bootmenu counting = { debian_entries, 4, 0, 5, NULL };

	(void)state;
	open_menu(&counting, 24, 80);
	type("\033[24;80R");
	assert_int_equal(menu.seconds_left, 5);
}

static void small_terminals_show_what_matters_most(void **state)
{
	static const struct bd_bootmenu counting = { debian_entries, 4, 0, 30, NULL };

	(void)state;
	open_menu(&counting, 1, 1);
	SHOWS("R>\n");
	bd_menu_resize(&menu, 1, 10);
	SHOWS("R* Debian >\n");
	bd_menu_resize(&menu, 2, 20);
	SHOWS("R* Debian GNU/Linux\n"
	      " Boots in 30 seconds>\n");
	bd_menu_resize(&menu, 3, 5);
	SHOWS("R* De>\n"
	      "B  Ad>\n"
	      " Boot>\n");
	bd_menu_resize(&menu, 6, 23);
	SHOWS("Bxen-bigdisk-boot\n"
	      "R* Debian GNU/Linux\n"
	      "B  Advanced options for>\n"
	      "     Debian GNU/Linux, >\n"
	      " Arguments: root=UUID=a>\n"
	      " Boots in 30 seconds; a>\n");
	bd_menu_resize(&menu, 7, 32);
	SHOWS("Bxen-bigdisk-boot             1/4\n"
	      "R* Debian GNU/Linux\n"
	      "B  Advanced options for Debian G>\n"
	      "     Debian GNU/Linux, with Linu>\n"
	      " Arguments: root=UUID=a6c1 ro qu>\n"
	      " Enter: boot  e: edit  q: leave\n"
	      " Boots in 30 seconds; any key st>\n");
}

static void a_terminal_that_grows_shows_more(void **state)
{
	(void)state;
	open_menu(&debian, 4, 40);
	type(END);
	SHOWS("     Debian GNU/Linux, with Linux 6.1.0->\n"
	      "R* Memory test (memtest86+) (it loads no>\n"
	      " Cannot be booted: it loads no kernel (l>\n"
	      " \n");
	bd_menu_resize(&menu, 9, 40);
	SHOWS("Bxen-bigdisk-boot                     4/4\n"
	      "   Debian GNU/Linux\n"
	      "B  Advanced options for Debian GNU/Linux:\n"
	      "     Debian GNU/Linux, with Linux 6.1.0->\n"
	      "     Debian GNU/Linux, with Linux 6.1.0->\n"
	      "R* Memory test (memtest86+) (it loads no>\n"
	      " Cannot be booted: it loads no kernel (l>\n"
	      " Enter: boot  e: edit  q: leave\n"
	      " \n");
}

static void no_size_breaks_it(void **state)
{
	static const char *const keys[] = { "", END, "e", "a\xc3\xa9\xe6\xbc\xa2\x01", PAGE_UP };

	(void)state;
	for (size_t rows = 1; rows <= 30; rows++) {
		for (size_t columns = 1; columns <= 100; columns++) {
			open_menu(&debian, rows, columns);
			for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
				type(keys[i]);
				assert_int_equal(bd_screen_draw(&screen, &menu, locale, &menu_err), 0);
				for (size_t k = 0; k < rows; k++)
					assert_true(columns_of(screen.rows[k].text) <= columns);
				assert_true(screen.cursor_row < rows && screen.cursor_column < columns);
			}
		}
	}
	open_menu(&debian, 100000, 100000);
	picture();
	assert_int_equal(screen.row_count, BD_MENU_ROWS_MAX);
	assert_int_equal(screen.columns, BD_MENU_COLUMNS_MAX);
}

/* --- titles ------------------------------------------------------------------------------------------------------- */

static struct bd_bootmenu_entry strange_entries[] = {
	{ .title = "\033[2J\033]0;mine\007a\tb\nc", .arguments = "" },
	{ .title = "Menü für \xff\xc0\xaf alle", .arguments = "" },
	{ .title = "漢字漢字", .arguments = "" },
	{ .title = "e\xcc\x81 \xe2\x80\xae rtl \xe2\x80\x8b \xc2\x9b"
		   "31m",
	  .arguments = "" },
	{ .title = NULL, .arguments = NULL },
	{ .title = "deep", .submenu = "Old ones>Even older\033[m", .arguments = "" },
	{ .title = "empty submenu", .submenu = "", .arguments = "" },
};
static const struct bd_bootmenu strange = { strange_entries, 7, 4, -1, NULL };

/* Nothing that changes the terminal gets there: neither control characters, nor what is no UTF-8, nor what takes no
 * column. */
static void only_printable_characters_are_drawn(void **state)
{
	(void)state;
	open_menu(&strange, 9, 60);
	SHOWS("Bxen-bigdisk-boot                                         5/7\n"
	      "   \\x1b[2J\\x1b]0;mine\\x07a\\x09b\\x0ac\n"
	      "   Menü für \\xff\\xc0\\xaf alle\n"
	      "   漢字漢字\n"
	      "   e\\xcc\\x81 \\xe2\\x80\\xae rtl \\xe2\\x80\\x8b \\xc2\\x9b31m\n"
	      "R*\n"
	      " Arguments: \n"
	      " Up/Down: select  Enter: boot  e: edit  q: leave\n"
	      " \n");
	type(END);
	assert_non_null(strstr(picture(), "\nB  Old ones > Even older\\x1b[m:\n     deep\nR* empty submenu\n"));
}

static void wide_characters_are_cut_between_two(void **state)
{
	static const struct bd_bootmenu wide = { strange_entries + 2, 1, 0, -1, NULL };

	(void)state;
	open_menu(&wide, 1, 10);
	SHOWS("R* 漢字漢字\n");
	bd_menu_resize(&menu, 1, 9);
	SHOWS("R* 漢字漢>\n");
	bd_menu_resize(&menu, 1, 8);
	SHOWS("R* 漢字 >\n");
	assert_int_equal(columns_of(screen.rows[0].text), 8);
}

static void a_title_may_be_as_long_as_can_be(void **state)
{
	static char title[BD_BOOTMENU_TEXT_MAX];
	static struct bd_bootmenu_entry entry = {
		.title = title, .submenu = title, .arguments = title, .obstacle = title
	};
	static const struct bd_bootmenu longest = { &entry, 1, 0, -1, NULL };

	(void)state;
	memset(title, '>', sizeof(title) - 1);
	open_menu(&longest, 24, 80);
	picture();
	for (size_t i = 0; i < screen.row_count; i++)
		assert_true(columns_of(screen.rows[i].text) <= 80);
	memset(title, '\xff', sizeof(title) - 1);
	bd_menu_resize(&menu, 256, 512);
	picture();
	for (size_t i = 0; i < screen.row_count; i++)
		assert_true(columns_of(screen.rows[i].text) <= 512);
}

/* Without that locale, what is not ASCII is not drawn, and nothing else is different. */
static void a_host_may_have_no_locale(void **state)
{
	(void)state;
	assert_int_equal(bd_glyph_at((locale_t)0, "ü").columns, 8);
	assert_string_equal(bd_glyph_at((locale_t)0, "ü").drawn, "\\xc3\\xbc");
	assert_string_equal(bd_glyph_at((locale_t)0, "u").drawn, "u");
	assert_int_equal(bd_glyph_at((locale_t)0, "").bytes, 0);
}

/* --- moving ------------------------------------------------------------------------------------------------------- */

static struct bd_bootmenu_entry many_entries[BD_BOOTMENU_ENTRIES_MAX];
static char many_titles[BD_BOOTMENU_ENTRIES_MAX][16];
static struct bd_bootmenu many = { many_entries, BD_BOOTMENU_ENTRIES_MAX, 0, -1, NULL };

static void fill_many(void)
{
	for (size_t i = 0; i < BD_BOOTMENU_ENTRIES_MAX; i++) {
		snprintf(many_titles[i], sizeof(many_titles[i]), "entry %zu", i + 1);
		many_entries[i] = (struct bd_bootmenu_entry){ .title = many_titles[i], .arguments = "" };
	}
}

static void keys_move_among_1024_entries(void **state)
{
	static const struct {
		const char *keys;
		size_t selected; /* from 0 on */
	} moves[] = {
		{ UP, 0 },	  { DOWN, 1 },	    { "j", 2 },		 { "k", 1 },	      { "\033OB", 2 },
		{ "\033OA", 1 },  { "\x0e", 2 },    { "\x10", 1 },	 { PAGE_DOWN, 3 },    { "\033[1;5B", 4 },
		{ PAGE_UP, 2 },	  { END, 1023 },    { DOWN, 1023 },	 { PAGE_DOWN, 1023 }, { HOME, 0 },
		{ "G", 1023 },	  { "g", 0 },	    { "\033[4~", 1023 }, { "\033[1~", 0 },    { "\033OF", 1023 },
		{ "\033OH", 0 },  { "\x05", 1023 }, { "\x01", 0 },	 { "7", 6 },	      { "\033[8~", 1023 },
		{ "\033[7~", 0 },
	};

	(void)state;
	fill_many();
	open_menu(&many, 7, 40);
	for (size_t i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		type(moves[i].keys);
		if (menu.selected != moves[i].selected)
			fail_msg("move %zu: entry %zu", i, menu.selected);
		assert_int_equal(menu.outcome, BD_MENU_OPEN);
	}
	type(END UP);
	SHOWS("Bxen-bigdisk-boot               1023/1024\n"
	      "   entry 1022\n"
	      "R* entry 1023\n"
	      "   entry 1024\n"
	      " Arguments: \n"
	      " Enter: boot  e: edit  q: leave\n"
	      " \n");
	type(UP UP);
	assert_non_null(strstr(picture(), "R* entry 1021\n   entry 1022\n   entry 1023\n "));
}

static void numbers_select(void **state)
{
	static const struct {
		const char *keys;
		size_t number;
	} typed[] = {
		{ "1", 1 }, { "10", 10 },   { "102", 102 }, { "1024", 1024 },  { "1025", 5 },
		{ "0", 1 }, { "00003", 3 }, { "9999", 9 },  { "2" UP "3", 3 },
	};

	(void)state;
	fill_many();
	for (size_t i = 0; i < sizeof(typed) / sizeof(*typed); i++) {
		open_menu(&many, 24, 80);
		type(typed[i].keys);
		assert_int_equal(menu.selected + 1, typed[i].number);
	}
}

/* The title of the submenu is on the screen where its first entry is selected, from above and from below. */
static void the_title_of_a_submenu_comes_with_its_first_entry(void **state)
{
	(void)state;
	open_menu(&debian, 4, 60);
	type(END UP UP);
	SHOWS("B  Advanced options for Debian GNU/Linux:\n"
	      "R*   Debian GNU/Linux, with Linux 6.1.0-18-amd64\n"
	      " Arguments: root=UUID=a6c1 ro quiet\n"
	      " \n");
	type(UP);
	assert_non_null(strstr(picture(), "R* Debian GNU/Linux\n"));
	type(END HOME);
	assert_non_null(strstr(picture(), "R* Debian GNU/Linux\n"));
}

static void the_default_is_selected(void **state)
{
	static const struct bd_bootmenu third = { debian_entries, 4, 2, -1, NULL },
					none = { debian_entries, 4, 9, -1, NULL };
	static const struct bd_bootmenu empty = { NULL, 0, 0, -1, NULL };

	(void)state;
	open_menu(&third, 24, 80);
	assert_int_equal(menu.selected, 2);
	open_menu(&none, 24, 80);
	assert_int_equal(menu.selected, 0);
	forget(NULL);
	assert_int_equal(bd_menu_init(&menu, &empty, "", &menu_err), -1);
	assert_int_equal(menu_err.code, EINVAL);
	assert_string_equal(menu_err.message, "there is no entry to choose from");
}

/* --- ends --------------------------------------------------------------------------------------------------------- */

static void keys_end_the_menu(void **state)
{
	static const struct {
		const char *keys;
		enum bd_menu_outcome outcome;
	} ends[] = {
		{ "\r", BD_MENU_BOOT },	  { "\n", BD_MENU_BOOT },	{ "\033OM", BD_MENU_BOOT },
		{ "b", BD_MENU_BOOT },	  { "q", BD_MENU_LEFT },	{ ESCAPE, BD_MENU_LEFT },
		{ "\x03", BD_MENU_LEFT }, { "\033\033", BD_MENU_LEFT }, { "\033[200~q\r\033[201~", BD_MENU_OPEN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		open_menu(&debian, 24, 80);
		type(ends[i].keys);
		assert_int_equal(menu.outcome, ends[i].outcome);
	}
}

static void an_entry_with_an_obstacle_is_not_booted(void **state)
{
	static const char *const keys[] = { "\r", "b", "e", "a" };

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		open_menu(&debian, 4, 80);
		type(END);
		type(keys[i]);
		assert_int_equal(menu.outcome, BD_MENU_OPEN);
		assert_int_equal(menu.view, BD_MENU_LIST);
		SHOWS("     Debian GNU/Linux, with Linux 6.1.0-18-amd64 (recovery mode)\n"
		      "R* Memory test (memtest86+) (it loads no kernel (linux16 of a ROM))\n"
		      " Cannot be booted: it loads no kernel (linux16 of a ROM)\n"
		      "BThis entry cannot be booted here.\n");
		type(UP);
		assert_null(strstr(picture(), "This entry"));
	}
}

/* --- editing ------------------------------------------------------------------------------------------------------ */

static void arguments_are_edited(void **state)
{
	(void)state;
	open_menu(&debian, 12, 60);
	type("e" BACKSPACE BACKSPACE BACKSPACE BACKSPACE BACKSPACE "single");
	SHOWS("Bxen-bigdisk-boot                                         1/4\n"
	      " \n"
	      " > root=UUID=a6c1 ro single\n"
	      " \n"
	      " The arguments of Debian GNU/Linux\n"
	      " Enter: keep   Ctrl-X: boot   Esc: cancel\n"
	      " \n \n \n \n \n \n"
	      "cursor 2,26\n");
	type("\r");
	assert_int_equal(menu.outcome, BD_MENU_OPEN);
	SHOWS("Bxen-bigdisk-boot                                         1/4\n"
	      " \n"
	      "R* Debian GNU/Linux (edited)\n"
	      "B  Advanced options for Debian GNU/Linux:\n"
	      "     Debian GNU/Linux, with Linux 6.1.0-18-amd64\n"
	      "     Debian GNU/Linux, with Linux 6.1.0-18-amd64 (recovery m>\n"
	      "D  Memory test (memtest86+) (it loads no kernel (linux16 of >\n"
	      " \n"
	      " Arguments: root=UUID=a6c1 ro single\n"
	      " Up/Down: select  Enter: boot  e: edit  q: leave\n"
	      " \n \n");
	/* Others are as they were, and it is still there when one comes back. */
	type(DOWN);
	assert_string_equal(bd_menu_arguments(&menu, menu.selected), "root=UUID=a6c1 ro quiet");
	type(UP "e 3\r\r");
	assert_int_equal(menu.outcome, BD_MENU_BOOT);
	assert_string_equal(menu.edited[0], "root=UUID=a6c1 ro single 3");
}

/* It is no entry that cannot be booted, and by itself it is not opened. */
static void an_entry_may_open_another_menu(void **state)
{
	static struct bd_bootmenu_entry entries[] = {
		{ .title = "own", .arguments = "" },
		{ .title = "other",
		  .arguments = "",
		  .opens = (char *)"",
		  .obstacle = (char *)"it shows another menu (configfile)" },
	};
	static const struct bd_bootmenu two = { entries, 2, 1, 5, NULL };

	(void)state;
	open_menu(&two, 12, 60);
	SHOWS("Bxen-bigdisk-boot                                         2/2\n"
	      " \n   own\nR* other (another menu)\n \n Enter shows its menu.\n"
	      " Up/Down: select  Enter: boot  e: edit  q: leave\n"
	      " Boots in 5 seconds; any key stops this.\n \n \n \n \n");
	type("e");
	assert_string_equal(menu.notice, "This entry shows another menu.");
	assert_int_equal(menu.view, BD_MENU_LIST);
	type("\r");
	assert_int_equal(menu.outcome, BD_MENU_OPENED);
	assert_int_equal(menu.selected, 1);
	open_menu(&two, 12, 60);
	bd_menu_count_down(&menu, 0);
	assert_int_equal(menu.outcome, BD_MENU_BOOT);
}

static void an_edit_is_dropped_or_booted_at_once(void **state)
{
	static const struct {
		const char *keys;
		const char *edited;
		enum bd_menu_outcome outcome;
	} edits[] = {
		{ "e 1" ESCAPE, NULL, BD_MENU_OPEN },
		{ "e 1\x03", NULL, BD_MENU_OPEN },
		{ "e 1\x18", "root=UUID=a6c1 ro quiet 1", BD_MENU_BOOT },
		{ "a 1\r", "root=UUID=a6c1 ro quiet 1", BD_MENU_BOOT },
		{ "a 1" ESCAPE, NULL, BD_MENU_OPEN },
		{ "a\r", NULL, BD_MENU_BOOT },
		/* One key, which some send as two bytes, does not boot what was to be kept only. */
		{ "e 1\r\n", "root=UUID=a6c1 ro quiet 1", BD_MENU_OPEN },
		{ "e 1\n\n", "root=UUID=a6c1 ro quiet 1", BD_MENU_BOOT },
		{ "e1\re" BACKSPACE "\r", NULL, BD_MENU_OPEN },
		{ "e\x15\r", "", BD_MENU_OPEN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		open_menu(&debian, 24, 80);
		type(edits[i].keys);
		if (menu.outcome != edits[i].outcome)
			fail_msg("edit %zu: outcome %d", i, menu.outcome);
		assert_int_equal(menu.view, BD_MENU_LIST);
		if (edits[i].edited)
			assert_string_equal(menu.edited[0], edits[i].edited);
		else
			assert_null(menu.edited[0]);
	}
}

static void the_line_is_edited_as_by_readline(void **state)
{
	static struct bd_bootmenu_entry entry = { .title = "t", .arguments = "one tüo three" };
	static const struct bd_bootmenu menu_of_one = { &entry, 1, 0, -1, NULL };
	static const struct {
		const char *keys, *text;
		size_t cursor;
	} edits[] = {
		{ "", "one tüo three", 14 },
		{ LEFT, "one tüo three", 13 },
		{ LEFT LEFT "X", "one tüo thrXee", 13 },
		{ RIGHT, "one tüo three", 14 },
		{ HOME "X", "Xone tüo three", 1 },
		{ HOME LEFT BACKSPACE, "one tüo three", 0 },
		{ HOME DELETE, "ne tüo three", 0 },
		{ HOME END DELETE "X", "one tüo threeX", 15 },
		{ HOME RIGHT RIGHT RIGHT RIGHT RIGHT DELETE, "one to three", 5 },
		{ HOME RIGHT RIGHT RIGHT RIGHT RIGHT RIGHT BACKSPACE, "one to three", 5 },
		{ HOME RIGHT RIGHT RIGHT RIGHT RIGHT RIGHT, "one tüo three", 7 },
		{ HOME RIGHT RIGHT RIGHT RIGHT RIGHT RIGHT LEFT "é", "one téüo three", 7 },
		{ "\x01\x06\x06\x02\x04", "oe tüo three", 1 },
		{ "\x01\x06\x0b", "o", 1 },
		{ LEFT LEFT "\x15", "ee", 0 },
		{ LEFT LEFT "\x15\x05X", "eeX", 3 },
		{ "\x17", "one tüo ", 9 },
		{ "\x17\x17", "one ", 4 },
		{ "\x17\x17\x17\x17", "", 0 },
		{ "\x15\x0b" DELETE BACKSPACE LEFT RIGHT, "", 0 },
		{ "\b\b", "one tüo thr", 12 },
		{ UP DOWN PAGE_UP "\t\033[24~", "one tüo three", 14 },
		/* jkq are letters here; a paste is text, newlines and escapes in it, too. */
		{ "\x15jkqe", "jkqe", 4 },
		{ "\x15\033[200~a\r\nb\tc\x01\033[A\x1bxd\033[201~e", "a b cde", 7 },
		{ "\x15漢字", "漢字", 6 },
		{ "\x15\xff\xc0z", "z", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		open_menu(&menu_of_one, 24, 80);
		type("e");
		type(edits[i].keys);
		if (strcmp(menu.line.text, edits[i].text) != 0 || menu.line.cursor != edits[i].cursor)
			fail_msg("edit %zu: \"%s\", %zu", i, menu.line.text, menu.line.cursor);
		assert_int_equal(menu.line.bytes, strlen(menu.line.text));
		assert_int_equal(menu.outcome, BD_MENU_OPEN);
		assert_int_equal(menu.view, BD_MENU_EDITING);
	}
}

static void a_line_wider_than_the_screen_scrolls(void **state)
{
	static struct bd_bootmenu_entry entry = { .title = "t", .arguments = "0123456789abcdefghijklmnopqrstuvwxyz" };
	static const struct bd_bootmenu menu_of_one = { &entry, 1, 0, -1, NULL };

	(void)state;
	open_menu(&menu_of_one, 2, 22);
	type("e");
	SHOWS(" > <lmnopqrstuvwxyz\n \ncursor 0,18\n");
	type(HOME);
	SHOWS(" > 0123456789abcdefghi>\n \ncursor 0,2\n");
	for (int i = 0; i < 18; i++)
		type(RIGHT);
	SHOWS(" > 0123456789abcdefghi>\n \ncursor 0,20\n");
	type(RIGHT);
	SHOWS(" > <bcdefghijklmnopqrs>\n \ncursor 0,11\n");
	type(LEFT);
	SHOWS(" > 0123456789abcdefghi>\n \ncursor 0,20\n");
	/* One of the same width as the screen does not scroll, nor does one with the cursor in the last column. */
	type("\x15\x0b"
	     "0123456789012345678");
	SHOWS(" > 0123456789012345678\n \ncursor 0,21\n");
	type("9" HOME);
	SHOWS(" > 01234567890123456789\n \ncursor 0,2\n");
}

static void a_line_shows_what_cannot_be_drawn(void **state)
{
	static struct bd_bootmenu_entry entry = { .title = "t", .arguments = "a\033b漢\xff" };
	static const struct bd_bootmenu menu_of_one = { &entry, 1, 0, -1, NULL };

	(void)state;
	open_menu(&menu_of_one, 1, 30);
	type("e");
	SHOWS(" > a\\x1bb漢\\xff\ncursor 0,14\n");
	type(LEFT);
	assert_non_null(strstr(picture(), "cursor 0,10\n"));
	type(LEFT);
	assert_non_null(strstr(picture(), "cursor 0,8\n"));
	type(LEFT LEFT);
	assert_non_null(strstr(picture(), "cursor 0,3\n"));
	type(DELETE);
	SHOWS(" > ab漢\\xff\ncursor 0,3\n");
}

static void a_line_has_an_end(void **state)
{
	static char arguments[BD_BOOTMENU_TEXT_MAX + 100];
	static struct bd_bootmenu_entry entry = { .title = "t", .arguments = arguments };
	static const struct bd_bootmenu menu_of_one = { &entry, 1, 0, -1, NULL };

	(void)state;
	memset(arguments, 'x', BD_LINE_MAX - 1);
	open_menu(&menu_of_one, 3, 40);
	type("eé");
	assert_int_equal(menu.line.bytes, BD_LINE_MAX - 1);
	bd_menu_resize(&menu, 4, 40);
	assert_non_null(strstr(picture(), "BThere is no room for more.\n"));
	type("y");
	assert_null(strstr(picture(), "There is no room"));
	assert_int_equal(menu.line.bytes, BD_LINE_MAX);
	type("y");
	assert_int_equal(menu.line.bytes, BD_LINE_MAX);
	/* Nobody gives more; if it came, it would be cut between two characters. */
	memcpy(arguments + BD_LINE_MAX - 1, "é", 3);
	open_menu(&menu_of_one, 3, 40);
	type("e");
	assert_int_equal(menu.line.bytes, BD_LINE_MAX - 1);
}

/* --- keys --------------------------------------------------------------------------------------------------------- */

static void sequences_end_where_they_should(void **state)
{
	static const struct {
		const char *bytes;
		const char *kinds; /* a letter for each key */
	} inputs[] = {
		/* c: character, C: control, u d l r h e: moving, P N: pages, D: delete, B: backspace, n: Enter, E:
		 * Escape, p: position */
		{ "a\033[Ab", "cuc" },
		{ "\033[1;2A\033[5~\033[6~\033[3;5~", "uPND" },
		{ "\033OA\033O5B\033OM", "udn" },
		{ "\033\033[A", "Eu" },
		{ "\033[24;80R\033[R\033[;R\033[1R\033[1;2;3R", "p????" },
		{ "\033[99999;1R", "?" },
		{ "\033[[A\033[[Bx", "??c" },
		{ "\033[<0;12;34Mx\033[M", "?c?" },
		{ "\033[0000000000000000000000000000005~x", "?c" },
		{ "\033[1\033[Ax", "uc" },
		{ "\033[1\rx", "nc" },
		{ "\033[1\xc3\xa4", "c" },
		{ "\033xq\033O\033", "?cE" },
		{ "\xc3\xa4\xe6\xbc\xa2\xf0\x9f\x90\xa7", "ccc" },
		{ "\xc3x\xe6\xbcx\xf0\x9f\x90x\x80\xbf\xc0\xc1\xf5\xffx", "cccc" },
		{ "\xed\xa0\x80x\xe0\x80\x80x\xf4\x90\x80\x80x", "ccc" },
		{ "\x01\x7f\b\t\x1c", "CBBC?" },
		{ "\r\n\r\r\n\nx\n", "nnnncn" },
		{ "\033[200~a\r\n\x02\033[Ab\033[201~\033[A\r", "cccun" },
		/* A paste that is never ended is ended by Ctrl-C, and by Escape. */
		{ "\033[200~a\x03\033[A", "cCu" },
		{ "\033[200~a\033", "c" },
		{ "\033", "E" },
		{ "\033[", "?" },
	};
	static const char letters[] = {
		[BD_KEY_OTHER] = '?',  [BD_KEY_CHARACTER] = 'c', [BD_KEY_CONTROL] = 'C',   [BD_KEY_ENTER] = 'n',
		[BD_KEY_ESCAPE] = 'E', [BD_KEY_BACKSPACE] = 'B', [BD_KEY_DELETE] = 'D',	   [BD_KEY_UP] = 'u',
		[BD_KEY_DOWN] = 'd',   [BD_KEY_LEFT] = 'l',	 [BD_KEY_RIGHT] = 'r',	   [BD_KEY_HOME] = 'h',
		[BD_KEY_END] = 'e',    [BD_KEY_PAGE_UP] = 'P',	 [BD_KEY_PAGE_DOWN] = 'N', [BD_KEY_POSITION] = 'p'
	};

	(void)state;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
		struct bd_key_reader keys = { .state = BD_KEYS_GROUND };
		struct bd_key key;
		char kinds[64] = "";
		size_t count = 0;
		for (const char *at = inputs[i].bytes; *at; at++)
			if (bd_key_reader_take(&keys, (unsigned char)*at, &key))
				kinds[count++] = letters[key.kind];
		if (bd_key_reader_give_up(&keys, &key))
			kinds[count++] = letters[key.kind];
		if (strcmp(kinds, inputs[i].kinds) != 0)
			fail_msg("input %zu: %s instead of %s", i, kinds, inputs[i].kinds);
		assert_false(bd_key_reader_is_waiting(&keys));
		/* It is in its first state again. */
		assert_true(bd_key_reader_take(&keys, '\001', &key) && key.kind == BD_KEY_CONTROL);
	}
}

static void a_position_has_its_numbers(void **state)
{
	struct bd_key_reader keys = { .state = BD_KEYS_GROUND };
	struct bd_key key;

	(void)state;
	for (const char *at = "\033[52;211"; *at; at++)
		assert_false(bd_key_reader_take(&keys, (unsigned char)*at, &key));
	assert_true(bd_key_reader_is_waiting(&keys));
	assert_true(bd_key_reader_take(&keys, 'R', &key));
	assert_int_equal(key.row, 52);
	assert_int_equal(key.column, 211);
}

/* Whatever is typed, and whatever the size: what is drawn has room, and the cursor is on the screen. */
static void nobody_gets_out_of_the_screen_by_typing(void **state)
{
	static const char *const pieces[] = { UP,      DOWN,	    LEFT,	 RIGHT,	     HOME,    END,
					      DELETE,  BACKSPACE,   PAGE_DOWN,	 "e",	     "a",     "7",
					      "\x0b",  "\x15",	    "\x17",	 "漢",	     "\xff",  "é",
					      "\033[", "\033[200~", "\033[201~", "\xe6\xbc", " word", "\t",
					      "\x01",  "\x05" };
	uint32_t random = 20261130;

	(void)state;
	open_menu(&strange, 24, 80);
	for (size_t i = 0; i < 5000; i++) {
		random = random * 1664525 + 1013904223; /* Numerical Recipes' generator: the same steps each time */
		const char *piece = pieces[(random >> 8) % (sizeof(pieces) / sizeof(*pieces))];
		for (struct bd_key key; *piece; piece++)
			if (bd_key_reader_take(&reader, (unsigned char)*piece, &key))
				assert_int_equal(bd_menu_take(&menu, &key, &menu_err), 0);
		if (random >> 29 == 0)
			bd_menu_resize(&menu, 1 + (random >> 8) % 30, 1 + (random >> 16) % 90);
		if (random >> 26 == 9)
			type("\r");
		if (menu.outcome != BD_MENU_OPEN)
			open_menu(&strange, menu.rows, menu.columns);
		assert_int_equal(bd_screen_draw(&screen, &menu, locale, &menu_err), 0);
		for (size_t k = 0; k < screen.row_count; k++)
			assert_true(columns_of(screen.rows[k].text) <= screen.columns);
		assert_true(screen.cursor_row < screen.row_count && screen.cursor_column < screen.columns);
		assert_int_equal(menu.line.bytes, strlen(menu.line.text));
		assert_true(menu.line.cursor <= menu.line.bytes && menu.selected < strange.count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_menu_of_80_by_24, forget),
		cmocka_unit_test_teardown(the_countdown_is_shown_until_a_key, forget),
		cmocka_unit_test_teardown(the_countdown_boots, forget),
		cmocka_unit_test_teardown(any_key_stops_the_countdown, forget),
		cmocka_unit_test_teardown(an_answer_of_the_terminal_is_no_key, forget),
		cmocka_unit_test_teardown(small_terminals_show_what_matters_most, forget),
		cmocka_unit_test_teardown(a_terminal_that_grows_shows_more, forget),
		cmocka_unit_test_teardown(no_size_breaks_it, forget),
		cmocka_unit_test_teardown(only_printable_characters_are_drawn, forget),
		cmocka_unit_test_teardown(wide_characters_are_cut_between_two, forget),
		cmocka_unit_test_teardown(a_title_may_be_as_long_as_can_be, forget),
		cmocka_unit_test_teardown(a_host_may_have_no_locale, forget),
		cmocka_unit_test_teardown(keys_move_among_1024_entries, forget),
		cmocka_unit_test_teardown(numbers_select, forget),
		cmocka_unit_test_teardown(the_title_of_a_submenu_comes_with_its_first_entry, forget),
		cmocka_unit_test_teardown(the_default_is_selected, forget),
		cmocka_unit_test_teardown(keys_end_the_menu, forget),
		cmocka_unit_test_teardown(an_entry_with_an_obstacle_is_not_booted, forget),
		cmocka_unit_test_teardown(arguments_are_edited, forget),
		cmocka_unit_test_teardown(an_entry_may_open_another_menu, forget),
		cmocka_unit_test_teardown(an_edit_is_dropped_or_booted_at_once, forget),
		cmocka_unit_test_teardown(the_line_is_edited_as_by_readline, forget),
		cmocka_unit_test_teardown(a_line_wider_than_the_screen_scrolls, forget),
		cmocka_unit_test_teardown(a_line_shows_what_cannot_be_drawn, forget),
		cmocka_unit_test_teardown(a_line_has_an_end, forget),
		cmocka_unit_test_teardown(sequences_end_where_they_should, forget),
		cmocka_unit_test_teardown(a_position_has_its_numbers, forget),
		cmocka_unit_test_teardown(nobody_gets_out_of_the_screen_by_typing, forget),
	};

	locale = bd_glyph_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
