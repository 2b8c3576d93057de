/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds incomplete files left by processes that were killed. */
#ifndef BD_OPS_DOCTOR_LEFTOVERS_H
#define BD_OPS_DOCTOR_LEFTOVERS_H

#include "ops/doctor/findings.h"

/* Adds a finding for each hidden name in the folder that an atomic file, or a template that was being made, has left behind
 * when its process was killed; returns how many there are. */
size_t doctor_look_for_leftovers(struct doctor *doctor, const char *check, const char *folder);

/* EBUSY: a program of this host has the file open for writing, as far as that can be found out (disk/use/in_use.h), and which.
 * What cannot be opened is in nobody's use. */
int doctor_check_in_use(int folder_fd, const char *name, struct bd_error *err);

#endif
