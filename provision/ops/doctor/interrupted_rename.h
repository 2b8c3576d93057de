/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detects an interrupted rename: two configs have one uuid (or none, and the same time and MAC addresses), and
 * files of one of them are missing. The files are then the guest's under its other name, and removing either guest
 * may lose them. */
#ifndef BD_OPS_DOCTOR_INTERRUPTED_RENAME_H
#define BD_OPS_DOCTOR_INTERRUPTED_RENAME_H

#include "ops/doctor/findings.h"

/* The two configs are those of an interrupted rename. */
bool doctor_is_interrupted_rename(const struct bd_cfg *one, const struct bd_cfg *other);
/* The config is one of such a pair. */
bool doctor_is_in_interrupted_rename(const struct doctor *doctor, const struct bd_cfg *cfg);
/* Adds a finding for each such pair; returns how many there are. */
size_t doctor_report_interrupted_renames(struct doctor *doctor, const char *check);

#endif
