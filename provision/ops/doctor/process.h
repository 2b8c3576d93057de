/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc says of other processes. */
#ifndef BD_OPS_DOCTOR_PROCESS_H
#define BD_OPS_DOCTOR_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#define DOCTOR_COMM_SIZE 64

/* The next process: its pid as /proc spells it, which is valid until the next call, and its title, as ps shows it. NULL: that were all.
 * proc: a stream of /proc, as of opendir(3). */
const char *doctor_next_process(void *proc, char comm_out[DOCTOR_COMM_SIZE]);

/* A file of /proc/PID, such as "cmdline", ended by a NUL; at most size - 1 bytes of it. false: it cannot be read. */
bool doctor_read_proc(const char *pid, const char *name, char *text_out, size_t size, size_t *length_out);

/* The program file that the process was started from is no longer there, or another one has its name. Not for a process that this user may
 * not look at. */
bool doctor_program_is_replaced(const char *pid);

#endif
