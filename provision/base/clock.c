/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monotonic clock. */
#include "base/clock.h"

#include <time.h>

double bd_clock_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
