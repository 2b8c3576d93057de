/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws the progress line. */
#include "base/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "base/terminal.h"

#define LINE_SIZE BD_PROGRESS_LINE_SIZE
#define BAR_SIZE 23

static struct {
	bool shown, live, line_drawn;
	char stage[64];
	uint64_t total, done;
	double program_start_s, stage_start_s, last_draw_s;
	double noteworthy_s; /* a stage that ended sooner leaves no line */
	void (*sink)(void *context, const char *stage, uint64_t done, uint64_t total);
	void *sink_context;
} progress;

void bd_progress_init(enum bd_progress_mode mode)
{
	memset(&progress, 0, sizeof(progress));
	progress.program_start_s = bd_clock_s();
	progress.shown = mode == BD_PROGRESS_AUTO;
	progress.live = progress.shown && bd_terminal_can_redraw(stderr);
}

void bd_progress_set_sink(void (*sink)(void *context, const char *stage, uint64_t done, uint64_t total),
			  void *context)
{
	progress.sink = sink;
	progress.sink_context = context;
	progress.shown = progress.live = sink != NULL;
	progress.stage[0] = '\0';
}

double bd_progress_elapsed_s(void)
{
	return bd_clock_s() - progress.program_start_s;
}

/* "4.0G", "950M": to be read at a glance. */
static void short_size(double bytes, char text_out[16])
{
	static const char units[] = "BKMGT";
	int unit = 0;

	for (; bytes >= 1000 && unit < 4; unit++)
		bytes /= 1024;
	snprintf(text_out, 16, "%.*f%c", unit && bytes < 10 ? 1 : 0, bytes, units[unit]);
}

/* "205M/s" */
static void average_rate(uint64_t bytes, double seconds, char text_out[24])
{
	short_size(seconds > 0 ? (double)bytes / seconds : 0, text_out);
	strcat(text_out, "/s");
}

/* "0:42", "1:02:03" */
static void clock_time(double seconds, char text_out[32])
{
	unsigned long whole = (unsigned long)seconds;

	if (whole >= 3600)
		snprintf(text_out, 32, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
	else
		snprintf(text_out, 32, "%lu:%02lu", whole / 60, whole % 60);
}

/* Adds a part to the line if there is room for it. */
static void add_part(char line[LINE_SIZE], size_t columns, const char *part)
{
	if (*part && strlen(line) + 2 + strlen(part) <= columns)
		sprintf(line + strlen(line), "  %s", part);
}

static void put_bar(char bar[BAR_SIZE], double share)
{
	const size_t width = BAR_SIZE - 3;
	size_t filled = (size_t)(share * (double)width);

	memset(bar + 1, '.', width);
	memset(bar + 1, '#', filled);
	bar[0] = '[';
	bar[width + 1] = ']';
	bar[width + 2] = '\0';
}

void bd_progress_line(const struct bd_progress_facts *facts, size_t columns, char line[LINE_SIZE])
{
	char share[16] = "", left[48] = "", rate[24] = "", amount[48] = "", bar[BAR_SIZE] = "", of[16];
	double spent_s = facts->spent_s;
	uint64_t done = facts->total && facts->done > facts->total ? facts->total : facts->done;
	double per_s = spent_s > 0 ? (double)done / spent_s : 0;

	if (columns >= LINE_SIZE)
		columns = LINE_SIZE - 1;
	short_size((double)done, amount);
	average_rate(done, spent_s, rate);
	if (facts->total) {
		double part = (double)done / (double)facts->total;
		snprintf(share, sizeof(share), "%3.0f%%", part * 100);
		put_bar(bar, part);
		short_size((double)facts->total, of);
		strcat(strcat(amount, " of "), of);
		clock_time(per_s > 0 ? (double)(facts->total - done) / per_s : 0, left);
		strcat(left, " left");
	} else {
		snprintf(share, sizeof(share), "%.0f s", spent_s);
	}
	/* Before something can be said of how fast it goes. */
	if (!done || spent_s < 1)
		*left = *rate = '\0';
	if (!done)
		*amount = '\0';
	snprintf(line, LINE_SIZE, "  %.*s", (int)(columns > 8 ? columns - 8 : 0), facts->stage);
	add_part(line, columns, share);
	add_part(line, columns, left);
	add_part(line, columns, rate);
	add_part(line, columns, amount);
	add_part(line, columns, bar);
}

static void draw(void)
{
	char line[LINE_SIZE];

	progress.last_draw_s = bd_clock_s();
	if (progress.sink) {
		progress.sink(progress.sink_context, progress.stage, progress.done, progress.total);
		return;
	}
	progress.line_drawn = true;
	/* In the last column some terminals wrap already. */
	bd_progress_line(&(struct bd_progress_facts){ progress.stage, progress.done, progress.total,
						      progress.last_draw_s - progress.stage_start_s },
			 bd_terminal_columns(stderr) - 1, line);
	fprintf(stderr, "\r\033[K%s", line);
}

void bd_progress_hide(void)
{
	if (!progress.line_drawn)
		return;
	fprintf(stderr, "\r\033[K");
	progress.line_drawn = false;
}

/* What a stage that is done has read or written, as far as room columns do. Of moments there is no rate. */
static void add_bytes(double spent_s, size_t room, char line[LINE_SIZE])
{
	char amount[16], rate[24];

	if (!progress.done)
		return;
	short_size((double)progress.done, amount);
	add_part(line, room, amount);
	average_rate(progress.done, spent_s, rate);
	if (spent_s >= 0.1)
		add_part(line, room, rate);
}

void bd_progress_end(int failed)
{
	if (!progress.shown || !progress.stage[0])
		return;
	if (progress.sink) {
		progress.stage[0] = '\0';
		return;
	}
	bd_progress_hide();
	double spent_s = bd_clock_s() - progress.stage_start_s;
	if (spent_s < progress.noteworthy_s) {
		progress.stage[0] = '\0';
		return;
	}
	const char *outcome = !failed ? "done  " : bd_cancel_signal() ? "stopped" : "failed";
	enum bd_style style = !failed ? BD_STYLE_PLAIN : bd_cancel_signal() ? BD_STYLE_WARNING : BD_STYLE_BAD;
	size_t columns = bd_terminal_columns(stderr);
	char bytes[LINE_SIZE] = "";
	/* "  STAGE outcome 1234.56 s  BYTES  RATE" */
	int width = columns && columns < 57 ? (int)(columns > 25 ? columns - 21 : 4) : 36;
	if (!failed)
		add_bytes(spent_s, !columns ? LINE_SIZE - 1 : columns > 57 ? columns - 57 : 0, bytes);
	fprintf(stderr, "  %-*.*s %s%s%s %7.2f s%s\n", width, columns ? width : (int)sizeof(progress.stage),
		progress.stage, failed ? bd_style(stderr, style) : "", outcome,
		failed ? bd_style(stderr, BD_STYLE_PLAIN) : "", spent_s, bytes);
	progress.stage[0] = '\0';
}

void bd_progress_only_long(void)
{
	progress.noteworthy_s = 1;
}

void bd_progress_stage(const char *name, uint64_t total)
{
	if (!progress.shown)
		return;
	bd_progress_end(0);
	char *clean = bd_printable(name);
	snprintf(progress.stage, sizeof(progress.stage), "%s", clean ? clean : "");
	free(clean);
	progress.total = total;
	progress.done = 0;
	progress.stage_start_s = bd_clock_s();
	progress.last_draw_s = 0;
	if (progress.live)
		draw();
}

void bd_progress_update(uint64_t done)
{
	if (!progress.shown || !progress.stage[0])
		return;
	progress.done = done;
	if (progress.live && bd_clock_s() - progress.last_draw_s >= 0.1)
		draw();
}
