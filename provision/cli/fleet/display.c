/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The crew's display: live lines, plain lines, or JSON events. */
#include "cli/fleet/display.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/printable.h"
#include "base/terminal.h"

#define REFRESH_S 0.1
#define BAR_WIDTH 24
#define NAME_WIDTH 20

struct line {
	bool used;
	size_t index;
	char stage[64];
	uint64_t done, total;
	double begin_s;
};

struct fleet_display {
	const struct worker_pool *pool;
	bool live, quiet;
	struct line *lines; /* one for each slot */
	unsigned drawn; /* live lines on the screen now, the cursor is below them */
	size_t ended, failed;
	double begin_s, drawn_s;
};

static const char *name_of(const struct fleet_display *display, size_t index)
{
	return display->pool->name(display->pool->context, index);
}

struct fleet_display *fleet_display_new(const struct worker_pool *pool)
{
	struct fleet_display *display = calloc(1, sizeof(*display));

	if (display)
		display->lines = calloc(pool->jobs, sizeof(*display->lines));
	if (!display || !display->lines) {
		free(display);
		return NULL;
	}
	display->pool = pool;
	display->quiet = bd_log_level() < BD_LOG_INFO;
	display->live = !display->quiet && !pool->events && bd_terminal_can_redraw(stderr);
	display->begin_s = bd_clock_s();
	return display;
}

/* --- live lines ------------------------------------------------------------------------------------------------ */

static void hide(struct fleet_display *display)
{
	if (display->drawn)
		fprintf(stderr, "\033[%uA\r\033[J", display->drawn);
	display->drawn = 0;
}

void fleet_display_free(struct fleet_display **display)
{
	if (!*display)
		return;
	hide(*display);
	free((*display)->lines);
	free(*display);
	*display = NULL;
}

static void size_of_screen(unsigned *rows_out, unsigned *columns_out)
{
	struct winsize size;

	*rows_out = 24;
	*columns_out = 80;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col) {
		*rows_out = size.ws_row;
		*columns_out = size.ws_col;
	}
}

/* One line of the screen and no more, or going back up would miss it. */
static void put_line(const char *text, unsigned columns)
{
	bd_print(stderr, "%.*s\n", (int)(columns > 1 ? columns - 1 : 1), text);
}

static void draw_guest(const struct fleet_display *display, const struct line *line, unsigned columns)
{
	char text[256], share[32] = "";

	if (line->total)
		snprintf(share, sizeof(share), " %3.0f%%",
			 100 * (line->done > line->total ? 1 : (double)line->done / (double)line->total));
	else
		snprintf(share, sizeof(share), " %.0f s", bd_clock_s() - line->begin_s);
	snprintf(text, sizeof(text), "  %-*s %s%s", NAME_WIDTH, name_of(display, line->index), line->stage, share);
	put_line(text, columns);
}

/* From how long the ones that are finished took, as they went side by side. */
static void format_estimate(const struct fleet_display *display, char *text, size_t size)
{
	size_t count = display->pool->count;
	double spent_s = bd_clock_s() - display->begin_s;

	text[0] = '\0';
	if (!display->ended || display->ended == count || spent_s < 1)
		return;
	double left_s = spent_s / (double)display->ended * (double)(count - display->ended);
	if (left_s < 120)
		snprintf(text, size, ", about %.0f s left", left_s);
	else
		snprintf(text, size, ", about %.0f min left", left_s / 60);
}

static void draw_total(const struct fleet_display *display, unsigned columns)
{
	size_t count = display->pool->count;
	size_t filled = count ? display->ended * BAR_WIDTH / count : BAR_WIDTH;
	char text[256], bar[BAR_WIDTH + 1], estimate[48], failed[48] = "";

	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', filled);
	bar[BAR_WIDTH] = '\0';
	format_estimate(display, estimate, sizeof(estimate));
	if (display->failed)
		snprintf(failed, sizeof(failed), ", %zu failed", display->failed);
	snprintf(text, sizeof(text), "  [%s] %zu of %zu%s%s", bar, display->ended, count, failed, estimate);
	put_line(text, columns);
}

static void draw(struct fleet_display *display)
{
	unsigned rows, columns, shown = 0;

	hide(display);
	size_of_screen(&rows, &columns);
	for (unsigned slot = 0; slot < display->pool->jobs && shown + 3 < rows; slot++)
		if (display->lines[slot].used) {
			draw_guest(display, &display->lines[slot], columns);
			shown++;
		}
	draw_total(display, columns);
	display->drawn = shown + 1;
	display->drawn_s = bd_clock_s();
}

void fleet_display_refresh(struct fleet_display *display)
{
	if (display->live && bd_clock_s() - display->drawn_s >= REFRESH_S)
		draw(display);
}

/* --- events ---------------------------------------------------------------------------------------------------- */

/* More members may follow; put_event closes the object. NULL: out of memory, and nobody is told. */
static struct bd_json *open_event(const struct fleet_display *display, const char *event, const struct line *line)
{
	struct bd_json *json = bd_json_new_line();

	if (!json)
		return NULL;
	bd_json_open_object(json, NULL);
	bd_json_string(json, "event", event);
	if (line)
		bd_json_string(json, "name", name_of(display, line->index));
	return json;
}

static void put_event(struct bd_json *json)
{
	struct bd_error ignored; /* main sees that stdout failed */

	if (!json)
		return;
	bd_json_close_object(json);
	bd_json_print(json, stdout, &ignored);
	fflush(stdout);
	bd_json_free(&json);
}

static void put_end_event(const struct fleet_display *display, const struct line *line,
			  const struct worker_result *result, const struct bd_error *err)
{
	struct bd_json *json = open_event(display, err->code ? "failed" : "done", line);

	if (!json)
		return;
	if (err->code)
		bd_json_string(json, "error", err->message);
	else
		bd_json_string(json, "what", result->what);
	if (result->note[0])
		bd_json_string(json, "note", result->note);
	if (result->has_domid) {
		bd_json_uint(json, "domid", result->domid);
		bd_json_bool(json, "ready", result->ready);
	}
	bd_json_double(json, "seconds", result->seconds);
	put_event(json);
}

/* --- what happens ---------------------------------------------------------------------------------------------- */

void fleet_display_begin(struct fleet_display *display, unsigned slot, size_t index)
{
	display->lines[slot] = (struct line){ .used = true, .index = index, .begin_s = bd_clock_s() };
	if (display->pool->events)
		put_event(open_event(display, "begin", &display->lines[slot]));
}

void fleet_display_stage(struct fleet_display *display, unsigned slot, const char *stage, uint64_t done,
			 uint64_t total)
{
	struct line *line = &display->lines[slot];

	line->done = done;
	line->total = total;
	if (strncmp(line->stage, stage, sizeof(line->stage) - 1) == 0)
		return;
	snprintf(line->stage, sizeof(line->stage), "%s", stage);
	line->begin_s = bd_clock_s();
	if (display->pool->events) {
		struct bd_json *json = open_event(display, "stage", line);
		if (json)
			bd_json_string(json, "stage", stage);
		put_event(json);
	}
}

void fleet_display_log(struct fleet_display *display, unsigned slot, enum bd_log_level level, const char *text)
{
	hide(display);
	bd_log(level, "%s: %s", name_of(display, display->lines[slot].index), text);
}

static void put_ended(const struct fleet_display *display, const struct line *line,
		      const struct worker_result *result)
{
	char domain[32] = "";

	if (result->has_domid)
		snprintf(domain, sizeof(domain), ", domain %u", result->domid);
	bd_print(stderr, "  %-*s %s%s%s%s %6.1f s\n", NAME_WIDTH, name_of(display, line->index), result->what, domain,
		 result->note[0] ? ", " : "", result->note, result->seconds);
}

void fleet_display_end(struct fleet_display *display, unsigned slot, const struct worker_result *result,
		       const struct bd_error *err)
{
	struct line *line = &display->lines[slot];

	display->ended++;
	display->failed += err->code != 0;
	hide(display);
	if (err->code)
		bd_log(BD_LOG_ERROR, "%s: %s", name_of(display, line->index), err->message);
	if (display->pool->events)
		put_end_event(display, line, result, err);
	else if (!err->code && !display->quiet)
		put_ended(display, line, result);
	line->used = false;
}

static void put_summary_event(const struct fleet_display *display, const struct worker_summary *summary)
{
	struct bd_json *json = open_event(display, "summary", NULL);

	if (!json)
		return;
	bd_json_uint(json, "done", summary->done);
	bd_json_uint(json, "failed", summary->failed);
	bd_json_uint(json, "left", summary->left);
	bd_json_double(json, "seconds", summary->seconds);
	put_event(json);
}

void fleet_display_summary(struct fleet_display *display, const struct worker_summary *summary)
{
	hide(display);
	display->live = false;
	if (display->pool->events) {
		put_summary_event(display, summary);
		return;
	}
	if (display->quiet)
		return;
	printf("%zu %s", summary->done, display->pool->verb);
	if (summary->failed)
		printf(", %zu failed", summary->failed);
	if (summary->left)
		printf(", %zu not begun", summary->left);
	printf(" in %.1f s\n", summary->seconds);
}
