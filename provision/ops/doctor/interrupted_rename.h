/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detects an interrupted rename: two configs are its halves (xlcfg/rename_halves.h), and files of one of them are missing.
 * The files are then the guest's under its other name, and removing either guest may lose them. */
#ifndef BD_OPS_DOCTOR_INTERRUPTED_RENAME_H
#define BD_OPS_DOCTOR_INTERRUPTED_RENAME_H

#include "ops/doctor/findings.h"

/* The two configs are those of an interrupted rename. */
bool doctor_is_interrupted_rename(const struct bd_cfg *one, const struct bd_cfg *other);
/* Adds a finding for each such pair, and sets renamed, which has an item for each of the doctor's configs, of both; returns how
 * many pairs there are. */
size_t doctor_report_interrupted_renames(struct doctor *doctor, const char *check, bool *renamed);

#endif
