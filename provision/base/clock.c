/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and compares times. */
#include "base/clock.h"

#include <limits.h>

double bd_clock_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int bd_clock_ms_until(double until_s)
{
	double left_ms = (until_s - bd_clock_s()) * 1000;

	return left_ms >= INT_MAX ? INT_MAX : left_ms > 0 ? (int)left_ms + 1 : 0;
}

double bd_cpu_seconds(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
		return 0;
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

int bd_compare_times(const struct timespec *one, const struct timespec *other)
{
	if (one->tv_sec != other->tv_sec)
		return one->tv_sec < other->tv_sec ? -1 : 1;
	return one->tv_nsec == other->tv_nsec ? 0 : one->tv_nsec < other->tv_nsec ? -1 : 1;
}
