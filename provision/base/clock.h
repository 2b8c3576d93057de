/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A monotonic clock for durations, and the comparison of two points in time. */
#ifndef BD_BASE_CLOCK_H
#define BD_BASE_CLOCK_H

#include <time.h>

/* Seconds since some moment; it never goes back. */
double bd_clock_s(void);

/* -1: one is earlier; 0: they are the same; 1: one is later. */
int bd_compare_times(const struct timespec *one, const struct timespec *other);

#endif
