/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shows what a command is doing: on a terminal as a live line with bytes, rate and time left if known; elsewhere,
 * and on a dumb terminal, as a line for each completed stage, with its time, bytes and average rate; not at all
 * when quiet.
 *
 * There is one terminal and therefore one progress, whose state is private to progress.c. */
#ifndef BD_BASE_PROGRESS_H
#define BD_BASE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

enum bd_progress_mode { BD_PROGRESS_AUTO, BD_PROGRESS_OFF };

void bd_progress_init(enum bd_progress_mode mode);

/* Passes progress to the sink instead of showing it, in a worker process. NULL: neither. */
void bd_progress_set_sink(void (*sink)(void *context, const char *stage, uint64_t done, uint64_t total),
			  void *context);

/* What a long-running read or write calls with the bytes that are done, so that it need not know who shows them.
 * May be NULL wherever it is a parameter: nobody wants to know. */
typedef void (*bd_progress_report)(uint64_t bytes_done);

/* From now on a stage that took less than a second leaves no line behind: for commands that are silent when all is well. */
void bd_progress_only_long(void);

/* Begins a stage ("writing the ext3 filesystem"); ends the one before. total: in bytes, 0: unknown. */
void bd_progress_stage(const char *name, uint64_t total);
/* done: bytes of the stage so far. */
void bd_progress_update(uint64_t done);
/* Ends the last stage. failed: the line says so, or that it was stopped if a signal has come. */
void bd_progress_end(int failed);

/* Clears the live line so that something else can be printed; the next update shows it again. */
void bd_progress_hide(void);

#define BD_PROGRESS_LINE_SIZE 256

struct bd_progress_facts {
	const char *stage;
	uint64_t done, total; /* bytes; total 0: unknown */
	double spent_s;
};

/* The live line: the stage, and of share, time left, rate, bytes and bar, in this order, what columns have room
 * for. */
void bd_progress_line(const struct bd_progress_facts *facts, size_t columns, char line[BD_PROGRESS_LINE_SIZE]);

/* Seconds since bd_progress_init. */
double bd_progress_elapsed_s(void);

#endif
