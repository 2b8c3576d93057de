/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints live lines, plain lines, or JSON events. */
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
#include "base/log.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "base/terminal.h"
#include "cli/guest/advice.h"
#include "cli/stages_json.h"
#include "cli/wrap.h"
#include "events/event.h"

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

struct display {
	const struct fleet_work *work;
	unsigned jobs;
	bool live, quiet, json;
	struct line *lines; /* one for each slot */
	unsigned drawn; /* live lines on the screen now, the cursor is below them */
	size_t ended, failed;
	double begin_s, drawn_s;
};

static const char *name_of(const struct display *display, size_t index)
{
	return display->work->todo[index]->guest->name;
}

/* --- live lines ------------------------------------------------------------------------------------------------ */

static void hide(struct display *display)
{
	if (display->drawn)
		fprintf(stderr, "\033[%uA\r\033[J", display->drawn);
	display->drawn = 0;
}

static unsigned rows_of_screen(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row : 24;
}

/* One line of the screen and no more, or going back up would miss it. columns: 0: no terminal. */
static void put_line(const char *text, size_t columns)
{
	bd_print(stderr, "%.*s\n", columns ? (int)(columns > 1 ? columns - 1 : 1) : (int)strlen(text), text);
}

/* Names take no more than a third of a narrow terminal. columns: 0: no terminal. */
static int name_width(size_t columns)
{
	return columns && columns < 3 * NAME_WIDTH ? (int)(columns / 3) : NAME_WIDTH;
}

/* What a narrow terminal has no room for is the end of the stage's name, not how far it is. */
static void draw_guest(const struct display *display, const struct line *line, size_t columns)
{
	int width = name_width(columns), room = (int)columns - width - 12;
	char text[256], share[32];

	if (line->total)
		snprintf(share, sizeof(share), "%3.0f%%",
			 100 * (line->done > line->total ? 1 : (double)line->done / (double)line->total));
	else
		snprintf(share, sizeof(share), "%.0f s", bd_clock_s() - line->begin_s);
	snprintf(text, sizeof(text), "  %-*.*s %.*s %s", width, width, name_of(display, line->index),
		 room > 0 ? room : 0, line->stage, share);
	put_line(text, columns);
}

/* From how long the ones that are finished took, as they went side by side. */
static void format_estimate(const struct display *display, char *text, size_t size)
{
	size_t count = display->work->count;
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

/* The estimate goes first where there is no room, then the bar. */
static void draw_total(const struct display *display, size_t columns)
{
	size_t count = display->work->count;
	size_t filled = count ? display->ended * BAR_WIDTH / count : BAR_WIDTH;
	char bar[BAR_WIDTH + 4] = "[........................] ", counts[96], estimate[48], text[256];

	memset(bar + 1, '#', filled);
	format_estimate(display, estimate, sizeof(estimate));
	int length = snprintf(counts, sizeof(counts), "%zu of %zu", display->ended, count);
	if (display->failed)
		length += snprintf(counts + length, sizeof(counts) - (size_t)length, ", %zu failed", display->failed);
	bool has_bar = 2 + strlen(bar) + (size_t)length < columns;
	bool has_estimate = 2 + strlen(bar) + (size_t)length + strlen(estimate) < columns;
	snprintf(text, sizeof(text), "  %s%s%s", has_bar ? bar : "", counts, has_estimate ? estimate : "");
	put_line(text, columns);
}

static void draw(struct display *display)
{
	unsigned rows = rows_of_screen(), shown = 0;
	size_t columns = bd_terminal_columns(stderr);

	hide(display);
	for (unsigned slot = 0; slot < display->jobs && shown + 3 < rows; slot++)
		if (display->lines[slot].used) {
			draw_guest(display, &display->lines[slot], columns);
			shown++;
		}
	draw_total(display, columns);
	display->drawn = shown + 1;
	display->drawn_s = bd_clock_s();
}

static void on_tick(void *context)
{
	struct display *display = context;

	if (display->live && bd_clock_s() - display->drawn_s >= REFRESH_S)
		draw(display);
}

/* --- events ---------------------------------------------------------------------------------------------------- */

/* More members may follow; put_event closes the object. Without memory for it nobody is told. */
static struct bd_json *open_event(const struct display *display, const char *event, const struct line *line)
{
	struct bd_json *json = bd_json_begin_line();

	bd_json_string(json, "event", event);
	if (line)
		bd_json_string(json, "name", name_of(display, line->index));
	return json;
}

static void put_event(struct bd_json *json)
{
	struct bd_error ignored; /* main sees that stdout failed */

	bd_json_finish(json, &ignored);
	bd_json_free(&json);
}

static void put_end_event(const struct display *display, const struct line *line, const struct fleet_result *result,
			  double seconds, const struct bd_error *err)
{
	struct bd_json *json = open_event(display,
					  !err->code		  ? "done"
					  : bd_cancel_caused(err) ? "stopped"
								  : "failed",
					  line);

	if (!json)
		return;
	if (err->code)
		bd_json_error(json, "error", err);
	if (!err->code || result->what[0])
		bd_json_string(json, "what", result->what);
	if (result->note[0])
		bd_json_string(json, "note", result->note);
	if (result->has_domid) {
		bd_json_uint(json, "domid", result->domid);
		bd_json_bool(json, "ready", result->ready);
	}
	if (!err->code)
		stages_json(json, result->stage_seconds);
	bd_json_double(json, "seconds", seconds);
	put_event(json);
}

/* --- what happens ---------------------------------------------------------------------------------------------- */

static void on_begin(void *context, unsigned slot, size_t index)
{
	struct display *display = context;

	display->lines[slot] = (struct line){ .used = true, .index = index, .begin_s = bd_clock_s() };
	if (display->json)
		put_event(open_event(display, "begin", &display->lines[slot]));
}

static void on_stage(void *context, unsigned slot, const char *stage, uint64_t done, uint64_t total)
{
	struct display *display = context;
	struct line *line = &display->lines[slot];

	line->done = done;
	line->total = total;
	if (strncmp(line->stage, stage, sizeof(line->stage) - 1) == 0)
		return;
	snprintf(line->stage, sizeof(line->stage), "%s", stage);
	line->begin_s = bd_clock_s();
	if (display->json) {
		struct bd_json *json = open_event(display, "stage", line);
		if (json)
			bd_json_string(json, "stage", stage);
		put_event(json);
	}
}

/* Where a line begins with the guest's name, it is not said again. */
static bool names(const char *text, const char *name)
{
	size_t length = strlen(name);

	return strncmp(text, name, length) == 0 && (text[length] == ' ' || text[length] == ':');
}

static void put_log(const struct display *display, const struct line *line, enum bd_log_level level, const char *text)
{
	const char *name = name_of(display, line->index);
	bool named = names(text, name);

	bd_log(level, "%s%s%s", named ? "" : name, named ? "" : ": ", text);
}

static void on_log(void *context, unsigned slot, enum bd_log_level level, const char *text)
{
	struct display *display = context;

	hide(display);
	put_log(display, &display->lines[slot], level, text);
}

/* What a narrow terminal has no room for is the note, which stands in the next line if it fits there, then the domain, then
 * the end of the name. */
static void put_ended(const struct display *display, const struct line *line, const struct fleet_result *result,
		      double seconds)
{
	size_t columns = bd_terminal_columns(stderr);
	const char *name = name_of(display, line->index);
	char text[512], domain[24] = "", took[24];
	int width = name_width(columns), length = (int)strlen(name), note = (int)strlen(result->note);

	if (result->has_domid)
		snprintf(domain, sizeof(domain), ", domain %u", result->domid);
	/* What is left for the name: "  NAME WHAT, DOMAIN, NOTE TOOK". */
	int room = (columns ? (int)columns - 1 : (int)sizeof(text)) - 3 - (int)strlen(result->what) -
		   snprintf(took, sizeof(took), " %6.1f s", seconds);
	if (room - (int)strlen(domain) < width)
		domain[0] = '\0';
	room -= (int)strlen(domain);
	bool fits = note && room - note - 2 >= (length > width ? length : width);
	snprintf(text, sizeof(text), "  %-*.*s %s%s%s%s%s", width < room ? width : 0, room > 0 ? room : 0, name,
		 result->what, domain, fits ? ", " : "", fits ? result->note : "", took);
	put_line(text, columns);
	if (note && !fits && note + 4 < (int)columns)
		bd_print(stderr, "    %s\n", result->note);
}

/* What Ctrl-C has stopped says so as a whole, at the end. Of a guest that failed there may be something that was done before. */
static void on_end(void *context, unsigned slot, const void *result, double seconds, const struct bd_error *err)
{
	const struct fleet_result *done = result;
	struct display *display = context;
	struct line *line = &display->lines[slot];
	const struct fleet_item *item = display->work->todo[line->index];
	struct bd_error failure = *err;
	bool stopped = err->code && bd_cancel_caused(err);

	display->ended += !stopped;
	display->failed += err->code && !stopped;
	hide(display);
	if (err->code && item->facts)
		guest_advise(item->facts->cfg->path, &failure);
	if (err->code && !stopped)
		put_log(display, line, BD_LOG_ERROR, failure.message);
	if (display->json)
		put_end_event(display, line, done, seconds, &failure);
	else if ((!err->code || done->what[0]) && !display->quiet)
		put_ended(display, line, done, seconds);
	line->used = false;
}

static void put_summary_event(const struct display *display, const struct bd_worker_summary *summary)
{
	struct bd_json *json = open_event(display, "summary", NULL);

	if (!json)
		return;
	bd_json_uint(json, "done", summary->done);
	bd_json_uint(json, "failed", summary->failed);
	bd_json_uint(json, "stopped", summary->stopped);
	bd_json_uint(json, "left", summary->left);
	bd_json_double(json, "seconds", summary->seconds);
	put_event(json);
}

static void put_summary(const struct display *display, const struct bd_worker_summary *summary)
{
	if (display->json) {
		put_summary_event(display, summary);
		return;
	}
	if (display->quiet)
		return;
	char failed[40] = "", stopped[40] = "", left[40] = "";
	if (summary->failed)
		snprintf(failed, sizeof(failed), ", %zu failed", summary->failed);
	if (summary->stopped)
		snprintf(stopped, sizeof(stopped), ", %zu stopped", summary->stopped);
	if (summary->left)
		snprintf(left, sizeof(left), ", %zu not started", summary->left);
	bd_print_wrapped(stdout, "%zu done%s%s%s in %.1f s", summary->done, failed, stopped, left, summary->seconds);
}

/* Where one guest only failed, the error says nothing that was not said of it. */
static void tell(const struct fleet_work *work, const struct bd_worker_summary *summary, int r,
		 const struct bd_error *err)
{
	const struct bd_event event = { .kind = "fleet",
					.fleet = work->view->fleet.name,
					.failure = r == 0	   ? NULL
						   : *err->message ? err
								   : &summary->first };

	bd_event(&event, "fleet %s: %zu guests done, %zu failed, %zu not begun", work->view->fleet.name,
		 summary->done, summary->failed, summary->stopped + summary->left);
}

int fleet_display_run(struct fleet_work *work, const struct fleet_task *task, unsigned jobs, const char *nothing,
		      bool json, struct bd_error *err)
{
	BD_FREE struct line *lines = calloc(jobs, sizeof(*lines));
	struct display display = {
		.work = work, .jobs = jobs, .json = json, .lines = lines, .begin_s = bd_clock_s()
	};
	const struct bd_worker_events events = { .begin = on_begin,
						 .stage = on_stage,
						 .log = on_log,
						 .end = on_end,
						 .tick = on_tick,
						 .context = &display };
	struct bd_worker_summary summary = { 0 };

	if (!lines)
		return bd_no_memory(err);
	display.quiet = bd_log_level() < BD_LOG_INFO;
	display.live = !display.quiet && !json && bd_terminal_can_redraw(stderr);
	if (!work->count && !json) {
		if (!display.quiet)
			bd_print_wrapped(stdout, "Nothing to do: %s", nothing);
		tell(work, &summary, 0, err);
		return 0;
	}
	int r = fleet_work_run(work, task, jobs, &events, &summary, err);
	hide(&display);
	put_summary(&display, &summary);
	tell(work, &summary, r, err);
	return r;
}
