/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds disks of which a change, as by `grow`, was interrupted: what is left to be done is in a log beside the image, or in the cache
 * for a device (disk/redo.h). */
#ifndef BD_OPS_DOCTOR_INTERRUPTED_CHANGE_H
#define BD_OPS_DOCTOR_INTERRUPTED_CHANGE_H

#include "ops/doctor/findings.h"

/* Adds a finding for each such disk that a config names or that lies in the folder of the images; returns how many there are. One
 * that a program is writing to is not meant. */
size_t doctor_report_interrupted_changes(struct doctor *doctor, const char *check);

#endif
