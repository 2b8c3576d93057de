/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `new` is doing now: a live line with a bar on a terminal, plain lines otherwise, nothing when quiet.
 *
 * There is one terminal, so there is one progress; its state is the file's own.
 */
#ifndef BD_BASE_PROGRESS_H
#define BD_BASE_PROGRESS_H

#include <stdint.h>

enum bd_progress_mode { BD_PROGRESS_AUTO, BD_PROGRESS_OFF };

void bd_progress_init(enum bd_progress_mode mode);

/* Tells somebody else instead of showing it, for a process that works for another one. NULL: nobody. */
void bd_progress_set_sink(void (*sink)(void *context, const char *stage, uint64_t done, uint64_t total),
			  void *context);

/* Begins a stage ("writing the ext3 filesystem"); ends the one before. total: in units of the stage, 0: unknown. */
void bd_progress_stage(const char *name, uint64_t total);
void bd_progress_update(uint64_t done);
/* Ends the last stage. failed: the line says so. */
void bd_progress_end(int failed);

/* Clears the live line so that something else can be printed; the next update shows it again. */
void bd_progress_hide(void);

/* Seconds since bd_progress_init. */
double bd_progress_elapsed_s(void);

#endif
