/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All checks of a host, as `doctor` runs them. */
#ifndef BD_OPS_DOCTOR_DOCTOR_H
#define BD_OPS_DOCTOR_DOCTOR_H

#include "ops/doctor/findings.h"

/* Runs every check. The caller zeroes *doctor and sets what to look at: the members up to limits. What is wrong with the
 * host is in the findings, in the order of the checks, and is no failure; this fails only without memory. Dispose of it
 * also then. */
int doctor_run(struct doctor *doctor, struct bd_error *err);
void doctor_dispose(struct doctor *doctor); /* idempotent */

size_t doctor_count(const struct doctor *doctor, enum doctor_state state);
/* Of problem, warning and ok. */
enum doctor_state doctor_worst(const struct doctor *doctor);

#endif
