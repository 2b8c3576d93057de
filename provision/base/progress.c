/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The progress line. */
#include "base/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/printable.h"

static struct {
	bool shown, live, line_drawn;
	char stage[64];
	uint64_t total, done;
	double program_start_s, stage_start_s, last_draw_s;
	void (*sink)(void *context, const char *stage, uint64_t done, uint64_t total);
	void *sink_context;
} progress;

void bd_progress_init(enum bd_progress_mode mode)
{
	memset(&progress, 0, sizeof(progress));
	progress.program_start_s = bd_clock_s();
	progress.shown = mode == BD_PROGRESS_AUTO;
	progress.live = progress.shown && isatty(STDERR_FILENO);
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

static void draw(void)
{
	char bar[25];
	const size_t width = sizeof(bar) - 1;

	progress.last_draw_s = bd_clock_s();
	if (progress.sink) {
		progress.sink(progress.sink_context, progress.stage, progress.done, progress.total);
		return;
	}
	progress.line_drawn = true;
	double spent_s = progress.last_draw_s - progress.stage_start_s;
	if (progress.total == 0) {
		fprintf(stderr, "\r\033[K  %s ... %.0f s", progress.stage, spent_s);
		return;
	}
	double share = (double)progress.done / (double)progress.total;
	if (share > 1)
		share = 1;
	size_t filled = (size_t)(share * (double)width);
	memset(bar, '.', width);
	memset(bar, '#', filled);
	bar[width] = '\0';
	fprintf(stderr, "\r\033[K  %s [%s] %3.0f%%", progress.stage, bar, share * 100);
}

void bd_progress_hide(void)
{
	if (!progress.line_drawn)
		return;
	fprintf(stderr, "\r\033[K");
	progress.line_drawn = false;
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
	fprintf(stderr, "  %-36s %s %7.2f s\n", progress.stage, failed ? "failed" : "done  ", spent_s);
	progress.stage[0] = '\0';
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
	if (!progress.live || !progress.stage[0])
		return;
	progress.done = done;
	if (bd_clock_s() - progress.last_draw_s >= 0.1)
		draw();
}
