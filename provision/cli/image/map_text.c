/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws strips of characters, and what they mean. */
#include "cli/image/map_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/image/map_model.h"
#include "cli/image/words.h"
#include "cli/wrap.h"

#define COLUMNS_ELSEWHERE 80
#define INDENT 2
#define KEY_COLUMN (INDENT + 3) /* behind a letter and two blanks */
#define ROWS_MAX 4 /* of a filesystem */

/* ECMA-48, SGR. The text on a coloured background is black, which is readable on all of them. */
enum colour {
	PLAIN,
	FAINT,
	GREEN,
	YELLOW,
	RED,
	BLUE,
	MAGENTA,
	CYAN,
	ON_GREEN,
	ON_YELLOW,
	ON_RED,
	ON_BLUE,
	ON_MAGENTA,
	ON_CYAN
};

struct drawing {
	size_t columns; /* of the terminal; of a strip: columns - INDENT */
	bool coloured, blocks; /* blocks: of Unicode */
};

static bool is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < 3; i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

static void set_colour(const struct drawing *drawing, enum colour colour)
{
	static const char *const sequences[] = { "\033[0m",	"\033[2m",     "\033[32m",    "\033[33m",
						 "\033[31m",	"\033[34m",    "\033[35m",    "\033[36m",
						 "\033[30;42m", "\033[30;43m", "\033[30;41m", "\033[30;44m",
						 "\033[30;45m", "\033[30;46m" };

	if (drawing->coloured)
		fputs(sequences[colour], stdout);
}

/* Rounded up: something is never shown as nothing. */
static unsigned level_of(double share, unsigned levels)
{
	unsigned level = share <= 0 ? 0 : (unsigned)(share * levels);

	if (level < share * levels)
		level++;
	return level > levels ? levels : level;
}

static void put_level(const struct drawing *drawing, double share)
{
	static const char *const bars[] = { "·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const tenths[] = { ".", "1", "2", "3", "4", "5", "6", "7", "8", "9", "#" };

	if (drawing->blocks)
		fputs(bars[level_of(share, 8)], stdout);
	else
		fputs(share >= 1 ? "#" : tenths[level_of(share, 10) > 9 ? 9 : level_of(share, 10)], stdout);
}

static void indent(void)
{
	bd_print(stdout, "%*s", INDENT, "");
}

/* Text, and a newline, where the cursor is in that column already; further lines begin there, too. */
__attribute__((format(printf, 3, 0))) static void put_wrapped(const struct drawing *drawing, size_t column,
							      const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	BD_FREE char *raw = text, *clean = text ? bd_printable(text) : NULL;
	bd_put_wrapped(stdout, clean ? clean : "(out of memory)", column, column, drawing->columns);
}

__attribute__((format(printf, 3, 4))) static void put_text(const struct drawing *drawing, size_t column,
							   const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_wrapped(drawing, column, format, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3))) static void put_line(const struct drawing *drawing, const char *format, ...)
{
	va_list args;

	indent();
	va_start(args, format);
	put_wrapped(drawing, INDENT, format, args);
	va_end(args);
}

static void heading(bool begins)
{
	fputs(bd_style(stdout, begins ? BD_STYLE_BOLD : BD_STYLE_PLAIN), stdout);
}

static void put_key(const struct drawing *drawing, enum colour colour, char letter)
{
	indent();
	set_colour(drawing, colour);
	bd_print(stdout, "%c", letter);
	set_colour(drawing, PLAIN);
	bd_print(stdout, "  ");
}

/* --- the disk ----------------------------------------------------------------------------------------------------- */

static enum colour region_colour(const struct bd_survey_region *region)
{
	switch (region->kind) {
	case BD_SURVEY_BOOT_RECORD:
		return ON_RED;
	case BD_SURVEY_BOOT_LOADER:
	case BD_SURVEY_GPT_HEADER:
	case BD_SURVEY_GPT_BACKUP:
		return ON_YELLOW;
	case BD_SURVEY_SWAP:
		return ON_MAGENTA;
	case BD_SURVEY_UNUSED:
		return FAINT;
	default:
		return region->number % 2 ? ON_GREEN : ON_CYAN;
	}
}

static char region_letter(const struct bd_survey_region *region)
{
	switch (region->kind) {
	case BD_SURVEY_BOOT_RECORD:
		return 'M';
	case BD_SURVEY_BOOT_LOADER:
		return 'B';
	case BD_SURVEY_GPT_HEADER:
	case BD_SURVEY_GPT_BACKUP:
		return 'G';
	case BD_SURVEY_UNUSED:
		return '.';
	case BD_SURVEY_WHOLE:
		return 'W';
	default:
		return region->number < 10 ? (char)('0' + region->number) : '+';
	}
}

/* A region in so many columns: its letter, and its title where there are colours and room. */
static void put_region(const struct drawing *drawing, const struct bd_survey *survey,
		       const struct bd_survey_region *region, size_t columns)
{
	char title[IMAGE_WORDS_SIZE], size[32], label[IMAGE_WORDS_SIZE + 64];
	size_t length, before;

	image_region_title(survey, region, title);
	image_size_text(region->size_bytes, size);
	snprintf(label, sizeof(label), "%s, %s", title, size);
	if (strlen(label) + 2 > columns)
		snprintf(label, sizeof(label), "%s", title);
	if (strlen(label) + 2 > columns && region->kind == BD_SURVEY_SWAP)
		snprintf(label, sizeof(label), "swap");
	length = strlen(label);
	if (!drawing->coloured || length + 2 > columns || region->kind == BD_SURVEY_UNUSED)
		length = 0;
	before = (columns - length) / 2;
	set_colour(drawing, region_colour(region));
	for (size_t i = 0; i < columns; i++) {
		if (i >= before && i < before + length)
			bd_print(stdout, "%c", label[i - before]);
		else
			bd_print(stdout, "%c", length ? ' ' : region_letter(region));
	}
	set_colour(drawing, PLAIN);
}

static void put_strip(const struct drawing *drawing, const struct bd_survey *survey, const struct map_strip *strip)
{
	indent();
	for (size_t i = 0; i < strip->count; i++) {
		const struct map_span *span = &strip->spans[i];
		size_t begin = (size_t)(span->at + 0.5), end = (size_t)(span->at + span->width + 0.5);
		if (end > begin)
			put_region(drawing, survey, span->region, end - begin);
	}
	bd_print(stdout, "\n");
}

static void put_host(const struct drawing *drawing, const struct image_info *info, const struct map_strip *strip)
{
	size_t columns = (size_t)(strip->width + 0.5);

	indent();
	for (size_t i = 0; i < columns; i++) {
		uint64_t begin = map_strip_bytes(strip, (double)i), end = map_strip_bytes(strip, (double)(i + 1));
		double share = map_data_share(info, begin, end);
		bool is_gone = begin >= info->survey.size_bytes;
		set_colour(drawing, is_gone ? RED : share > 0 ? CYAN : FAINT);
		if (is_gone)
			fputc('!', stdout);
		else
			put_level(drawing, share);
		set_colour(drawing, PLAIN);
	}
	bd_print(stdout, "\n");
}

static void put_legend_of_regions(const struct drawing *drawing, const struct bd_survey *survey)
{
	uint64_t unused_bytes = 0, unused = 0;
	char size[32];

	for (size_t i = 0; i < survey->region_count; i++) {
		const struct bd_survey_region *region = &survey->regions[i];
		char title[IMAGE_WORDS_SIZE], content[IMAGE_WORDS_SIZE];
		if (region->kind == BD_SURVEY_UNUSED) {
			unused++;
			unused_bytes += region->size_bytes;
			continue;
		}
		image_region_title(survey, region, title);
		image_region_content(survey, region, content);
		image_size_text(region->size_bytes, size);
		put_key(drawing, region_colour(region), region_letter(region));
		put_text(drawing, KEY_COLUMN, "%s: %s%s%s", title, size, *content ? ", " : "", content);
	}
	image_size_text(unused_bytes, size);
	if (!unused)
		return;
	put_key(drawing, FAINT, '.');
	put_text(drawing, KEY_COLUMN, "unused: %s in %" PRIu64 " place%s", size, unused, unused == 1 ? "" : "s");
}

static int put_disk(const struct drawing *drawing, const struct image_info *info, struct bd_error *err)
{
	BD_DISPOSE(map_strip_dispose) struct map_strip strip = { 0 };
	const struct bd_survey *survey = &info->survey;
	char size[32], allocated[32], holes[32], column[32];
	uint64_t cylinders = survey->size_bytes / BD_SECTOR_BYTES / BD_CYLINDER_SECTORS;
	size_t columns = drawing->columns - INDENT;

	if (map_strip_make(survey, (double)columns, 1, &strip, err) != 0)
		return -1;
	image_size_text(survey->size_bytes, size);
	image_size_text(info->allocated_bytes, allocated);
	image_size_text(info->data.hole_bytes, holes);
	image_size_text(strip.size_bytes / columns, column);
	heading(true);
	put_text(drawing, 0, "%s: %s, %" PRIu64 " cylinder%s", info->guest ? info->guest : info->image, size,
		 cylinders, cylinders == 1 ? "" : "s");
	heading(false);
	if (!strip.count)
		return 0;
	put_strip(drawing, survey, &strip);
	if (info->data.is_known)
		put_host(drawing, info, &strip);
	put_line(drawing, "first line: the regions, %s a column; smaller ones have one, too", column);
	if (info->data.is_known)
		put_line(drawing,
			 "second line: what of it the host has allocated, %s (%u%%); %" PRIu64 " hole%s of %s",
			 allocated, image_percent(info->allocated_bytes, survey->size_bytes), info->data.hole_count,
			 info->data.hole_count == 1 ? "" : "s", holes);
	put_legend_of_regions(drawing, survey);
	return 0;
}

/* --- a filesystem ------------------------------------------------------------------------------------------------- */

static void put_cell(const struct drawing *drawing, const struct map_cell *cell)
{
	static const enum colour colours[] = { [MAP_NOTHING] = PLAIN, [MAP_UNREADABLE] = RED, [MAP_JOURNAL] = MAGENTA,
					       [MAP_METADATA] = BLUE, [MAP_FREE] = FAINT,     [MAP_USED] = GREEN };
	enum colour colour = colours[cell->use];

	if (cell->use == MAP_USED && cell->fill > 0.75)
		colour = cell->fill > 0.95 ? RED : YELLOW;
	set_colour(drawing, colour);
	if (cell->use == MAP_NOTHING)
		fputc(' ', stdout);
	else if (cell->use == MAP_UNREADABLE)
		fputc('?', stdout);
	else if (!drawing->blocks && cell->use == MAP_JOURNAL)
		fputc('J', stdout);
	else if (!drawing->blocks && cell->use == MAP_METADATA)
		fputc('T', stdout);
	else
		put_level(drawing, cell->fill);
	set_colour(drawing, PLAIN);
}

/* Few groups have several columns each; of many, several share one. */
static void put_groups(const struct drawing *drawing, const struct bd_survey_filesystem *filesystem)
{
	size_t columns = drawing->columns - INDENT, groups = filesystem->group_count, parts = 1, together = 1;
	char size[32];

	if (groups <= columns)
		parts = columns / groups < filesystem->slices_per_group ? columns / groups
									: filesystem->slices_per_group;
	else
		together = (groups + columns * ROWS_MAX - 1) / (columns * ROWS_MAX);
	size_t cells = (groups * parts + together - 1) / together;
	for (size_t i = 0; i < cells; i++) {
		struct map_cell cell = map_cell_of(filesystem, i / parts * together, together, i % parts, parts);
		if (i % columns == 0)
			indent();
		put_cell(drawing, &cell);
		if ((i + 1) % columns == 0 || i + 1 == cells)
			bd_print(stdout, "\n");
	}
	image_size_text((uint64_t)filesystem->blocks_per_group * filesystem->block_bytes, size);
	if (groups == 1)
		put_line(drawing, "1 block group in %zu columns", parts);
	else if (together > 1)
		put_line(drawing, "%zu block groups of %s, %zu in a column", groups, size, together);
	else
		put_line(drawing, "%zu block groups of %s, %zu column%s each", groups, size, parts,
			 parts == 1 ? "" : "s");
}

static void put_filesystem(const struct drawing *drawing, const struct bd_survey_filesystem *filesystem)
{
	char used[32], size[32], where[32] = "whole disk";

	image_size_text(filesystem->used_blocks * filesystem->block_bytes, used);
	image_size_text(image_filesystem_bytes(filesystem), size);
	if (filesystem->partition)
		snprintf(where, sizeof(where), "partition %d", filesystem->partition);
	bd_print(stdout, "\n");
	heading(true);
	put_text(drawing, 0, "%s: %s%s%s%s, %s of %s used (%u%%)", where, filesystem->type,
		 *filesystem->label ? " \"" : "", filesystem->label, *filesystem->label ? "\"" : "", used, size,
		 image_percent(filesystem->used_blocks, filesystem->blocks));
	heading(false);
	put_groups(drawing, filesystem);
	if (image_filesystem_bytes(filesystem) > filesystem->room_bytes)
		put_line(drawing, "it is larger than its place: the superblock or the partition table is lying");
}

/* In colours the bars are their own legend. */
static void put_legend(const struct drawing *drawing)
{
	bd_print(stdout, "\n");
	if (!drawing->coloured) {
		put_line(drawing, ". nothing, 1-9 tenths in use, # full, J journal, T inode tables and bitmaps,");
		put_line(drawing, "? unreadable, ! behind the end of the disk");
		return;
	}
	if (drawing->columns < 60)
		return;
	static const struct {
		enum map_use use;
		double fill;
		const char *text;
	} keys[] = { { MAP_FREE, 0, "nothing" }, { MAP_USED, 0.5, "half" },	{ MAP_USED, 0.9, "nearly full" },
		     { MAP_USED, 1, "full" },	 { MAP_JOURNAL, 1, "journal" }, { MAP_METADATA, 1, "inode tables" } };
	indent();
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct map_cell cell = { keys[i].use, keys[i].fill };
		bd_print(stdout, "%s", i ? "  " : "");
		put_cell(drawing, &cell);
		bd_print(stdout, " %s", keys[i].text);
	}
	bd_print(stdout, "\n");
}

int map_print_text(const struct image_info *info, struct bd_error *err)
{
	struct drawing drawing = { .columns = bd_terminal_columns(stdout),
				   .coloured = *bd_style(stdout, BD_STYLE_BOLD) };
	bool any = info->data.is_known;

	drawing.blocks = drawing.coloured && is_utf8();
	if (!drawing.columns)
		drawing.columns = COLUMNS_ELSEWHERE;
	/* Narrower than that nothing can be drawn. */
	if (drawing.columns < 8)
		drawing.columns = 8;
	if (put_disk(&drawing, info, err) != 0)
		return -1;
	for (size_t i = 0; i < info->survey.filesystem_count; i++)
		if (!info->survey.filesystems[i].problem.code) {
			put_filesystem(&drawing, &info->survey.filesystems[i]);
			any = true;
		}
	if (any && info->survey.size_bytes)
		put_legend(&drawing);
	return 0;
}
