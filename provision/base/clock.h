/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clocks for durations, of the world and of a process, and the comparison of two points in time. */
#ifndef BD_BASE_CLOCK_H
#define BD_BASE_CLOCK_H

#include <sys/types.h>
#include <time.h>

/* Seconds since some moment; it never goes back. */
double bd_clock_s(void);

/* The milliseconds from now until then, for poll(2), which is not to return just before; 0 where it has passed. */
int bd_clock_ms_until(double until_s);

/* The CPU time that a process has used; 0 where that cannot be told. */
double bd_cpu_seconds(pid_t pid);

/* -1: one is earlier; 0: they are the same; 1: one is later. */
int bd_compare_times(const struct timespec *one, const struct timespec *other);

#endif
