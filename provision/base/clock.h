/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A clock for how long things take. */
#ifndef BD_BASE_CLOCK_H
#define BD_BASE_CLOCK_H

/* Seconds since some moment; it never goes back. */
double bd_clock_s(void);

#endif
